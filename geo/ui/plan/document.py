"""Show step 5 of a study plan: the document; and the plans that are saved."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd
import streamlit as st

from geo.data.dataset import Dataset
from geo.data.dates import in_japan
from geo.documents.plan import to_docx, to_xlsx
from geo.errors import GeoError, ImpossibleError, UnknownCodeError
from geo.methods.analysis import Analysis
from geo.methods.basis import METHOD_EDITION
from geo.plans import saved
from geo.plans.maps import plan_picture
from geo.plans.plan import Plan, PlanError, Step, compare, from_json, to_json
from geo.ui import controls, frame, session
from geo.ui.plan import draft

PARTS = ("対象地域", "聞く相手", "連携ブロック", "会場", "もし…ならの前と後")


def show(data: Dataset, analysis: Analysis, plan: Plan) -> None:
    """Show the words, the indicators, and the document to take away."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.text_input("題名", key="plan_title", persist_state="session", max_chars=120)
        st.text_area("目的", key="plan_aims", persist_state="session", height=110, max_chars=2000)
        one, two = st.columns(2)
        one.text_input("所管(課・係)", key="plan_office", persist_state="session", max_chars=60)
        two.text_input("起案者", key="plan_drafter", persist_state="session", max_chars=60)
        with one:
            _day("起案日", "plan_drafted_on")
        with two:
            _day("着手日(工程の年月をここから数えます)", "plan_begins_on")
    with right:
        st.markdown("**日程**(行を足したり消したりできます)")
        _schedule(plan)
    try:
        with st.spinner("計画書をまとめています"):
            whole = draft.current(plan, analysis)
    except (ImpossibleError, UnknownCodeError) as error:
        st.error(f"{frame.plain(str(error))}。該当する段で直すと、計画書を作れます。")
        return
    _moved(data, analysis, whole)
    _take_away(data, whole)
    st.subheader("計画書の中身")
    if not plan.codes:
        st.info("対象地域がまだありません。「1 候補地域」で選ぶと、理由と指標が入ります。")
    for title in (*PARTS, "聞き取り項目", "概算"):
        table = whole.table(title)
        if table is not None and table.rows:
            st.markdown(f"**{title}**")
            shown = table.frame()
            frame.table(shown, rows=10, thousands=True)
        elif title in ("聞く相手", "会場"):
            st.caption(f"{title}: まだ選んでいません(なくても計画書は作れます)。")
    if whole.sentence("venues"):
        st.markdown(whole.sentence("venues"))
    indicators = whole.table("指標")
    if indicators is not None and indicators.rows:
        st.markdown("**指標(今日の値)** 後で同じ条件で測り直し、効果を見ます。")
        shown = indicators.frame().astype({"今日の値": float})
        frame.table(shown, height="content", thousands=True)
        towns = whole.table("市町村ごとの指標")
        sheets = {"指標": shown}
        if towns is not None:
            sheets["市町村ごとの指標"] = towns.frame()
        frame.downloads(sheets, "指標", data, whole.parameters)


def _day(label: str, key: str) -> None:
    """Ask for a day that the plan keeps as text; blank is allowed."""
    kept: str = st.session_state[key]
    chosen = st.date_input(
        label,
        value=date.fromisoformat(kept) if kept else None,
        format="YYYY/MM/DD",
        key=f"{key}_{st.session_state['plan_editor']}",
    )
    st.session_state[key] = chosen.isoformat() if isinstance(chosen, date) else ""
    if st.session_state[key] != kept:
        st.rerun()


def _schedule(plan: Plan) -> None:
    rows = pd.DataFrame(
        [(step.when, step.what) for step in plan.schedule], columns=["時期", "すること"]
    )
    version = st.session_state["plan_editor"]
    base = st.session_state.setdefault(f"schedule_base_{version}", rows)
    edited = st.data_editor(
        base, hide_index=True, num_rows="dynamic", width="stretch", key=f"schedule_{version}"
    )
    steps: tuple[Step, ...] = draft.steps_of(edited.fillna("").to_dict("records"))
    if steps != plan.schedule:
        st.session_state["plan_schedule"] = steps
        st.rerun()


def _moved(data: Dataset, analysis: Analysis, whole: Plan) -> None:
    """Say when the data is no longer that of the plan, and offer to compute it again."""
    same_method = not whole.tables or whole.sentence("method") == METHOD_EDITION
    if whole.data_version == data.version and same_method:
        return
    method = (
        ""
        if same_method
        else f"方法も変わりました({METHOD_EDITION}。「方法と出典」に違いがあります)。"
    )
    st.warning(
        f"この計画は{whole.made_on}のデータ版 {whole.data_version} で作りました。"
        f"今のデータ版は {data.version} です。{method}計画書は作ったときの値のままです。"
    )
    try:
        fresh = draft.with_figures(draft.in_session(data, analysis), analysis)
    except (ImpossibleError, UnknownCodeError) as error:
        st.error(f"今のデータでは計算できません: {frame.plain(str(error))}。")
        return
    table = compare(whole, fresh)
    shown = table.rename(columns={"item": "項目", "one": "作ったとき", "other": "今"})
    with st.expander(f"今のデータでの違い({len(shown)}か所)"):
        frame.table(shown)
        frame.downloads({"違い": shown}, "計画の違い", data, whole.parameters)
    if st.button("今のデータで計算し直す", icon=":material/refresh:"):
        st.session_state["plan_refresh"] = True
        st.rerun()


def _take_away(data: Dataset, whole: Plan) -> None:
    stem = f"調査研究計画_{whole.made_on}"
    one, two, three, _ = st.columns([2, 2, 2, 1])
    with one:
        frame.download(
            "Word の伺い(別紙つき)",
            lambda: to_docx(whole, plan_picture(whole, data)),
            f"{stem}.docx",
            icon="description",
            primary=True,
        )
    with two:
        frame.download("Excel の計画書", lambda: to_xlsx(whole), f"{stem}.xlsx", icon="table_view")
    with three:
        frame.download(
            "計画のデータ(JSON)",
            lambda: to_json(whole),
            f"{stem}.json",
            icon="data_object",
            help="コマンド python -m geo plan export でも使えます。",
        )


def show_saved(data: Dataset) -> None:
    """List the saved plans; open, copy, remove and compare them."""
    entries = saved.list_plans(session.store())
    if not entries:
        st.info("保存した計画はまだありません。右上の「保存」を押すと、ここに並びます。")
    for entry in entries:
        name, day, one, two, three = st.columns([6, 3, 1.2, 1.2, 1.2])
        name.markdown(f"**{frame.plain(entry.title)}**")
        moved = "" if entry.data_version == data.version else "・データが更新されています"
        day.caption(f"{in_japan(datetime.fromisoformat(entry.updated_at))}に保存{moved}")
        one.button("開く", key=f"open_{entry.id}", on_click=_open, args=(entry.id,))
        two.button("写す", key=f"copy_{entry.id}", on_click=_copy, args=(entry.id,))
        with three.popover("消す"):
            st.write("この計画を消します。元に戻せません。")
            st.button("消す", key=f"remove_{entry.id}", on_click=_remove, args=(entry.id,))
    if len(entries) > 1:
        _comparison(data, {entry.id: entry.title for entry in entries})
    _bring()


def _comparison(data: Dataset, titles: dict[str, str]) -> None:
    st.subheader("2つの計画を比べる")
    ids = list(titles)
    left, right = st.columns(2)
    words = {key: f"{title}({key[:4]})" for key, title in titles.items()}
    with left:
        one = controls.select("計画A", ids, "one", default=ids[0], format_func=words.__getitem__)
    with right:
        other = controls.select(
            "計画B", ids, "other", default=ids[1], format_func=words.__getitem__
        )
    store = session.store()
    table = compare(saved.open_plan(store, one).plan, saved.open_plan(store, other).plan)
    if table.empty:
        st.success("違いはありません。")
        return
    shown = table.rename(columns={"item": "項目", "one": "計画A", "other": "計画B"})
    frame.table(shown)
    frame.downloads({"違い": shown}, "計画の比較", data)


def _bring() -> None:
    with st.expander("計画のデータ(JSON)を読み込む", icon=":material/upload_file:"):
        file = st.file_uploader("JSON", type="json", key="plan_file", label_visibility="collapsed")
        if file is not None and st.button("新しい計画として開く"):
            try:
                plan = from_json(file.getvalue().decode("utf-8"))
            except (PlanError, UnicodeDecodeError) as error:
                st.error(f"{frame.plain(str(error))}")
                return
            st.session_state["plan_brought"] = saved.with_ids_of_today(session.store(), plan)
            st.rerun()


def _open(key: str) -> None:
    try:
        found = saved.open_plan(session.store(), key)
    except GeoError as error:
        st.session_state["plan_said"] = str(error)
        return
    draft.put(found.plan, draft.Opened(found.id, found.lock, found.plan))
    st.session_state["step"] = "areas"


def _copy(key: str) -> None:
    try:
        saved.copy_plan(session.store(), key, session.person())
    except GeoError as error:
        st.session_state["plan_said"] = str(error)


def _remove(key: str) -> None:
    try:
        saved.remove_plan(session.store(), key, session.person())
    except GeoError as error:
        st.session_state["plan_said"] = str(error)
        return
    opened = st.session_state["plan_opened"]
    if opened is not None and opened.id == key:
        draft.forget()
