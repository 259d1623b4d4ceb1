"""Show step 2 of a study plan: whom to hear, who shares the gap, which blocks help."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from geo.data.dataset import Dataset, column_of, position_of
from geo.data.schema import ORGANISATION_COLUMNS, SERVICE_COLUMNS
from geo.data.vocabulary import CLASSES
from geo.methods.analysis import Analysis
from geo.methods.collaboration import collaboration_blocks, sharing_text
from geo.plans.contacts import missing_fields, nearest_contacts, proposed
from geo.plans.figures import block_columns
from geo.plans.plan import Contact, Plan
from geo.ui import controls, frame

BLOCKS_SHOWN = 20


def show(data: Dataset, analysis: Analysis, plan: Plan) -> None:
    """Show the services to hear for each area, and the collaboration blocks."""
    if not plan.codes:
        st.info("先に「1 候補地域」で対象地域を選んでください。左の「対象地域」からも選べます。")
        return
    towns = data.municipalities["name"]
    asked = st.session_state.pop("plan_fill", None)
    if asked is not None:
        with st.spinner("最も近い支援を探しています"):
            _choose(nearest_contacts(analysis, *asked))
        st.rerun()
    left, right = st.columns([1, 2])
    with left:
        code = controls.town(data, "town", default=plan.codes[0], codes=plan.codes)
    with right:
        fields = controls.fields(
            data, "fields", "分野(計画の全市町村で共通)", placeholder="すべての分野"
        )
    wanted = list(fields) or list(data.fields.index)
    mine = [field for field in missing_fields(analysis, code) if field in wanted]
    st.markdown(
        f"**{towns[code]}** で窓口が地域内に見つからないのは{len(mine)}分野。"
        "通える = 到達圏の中、届く = 電話・オンライン・訪問・配送、"
        "地元以外で相談できる = 町の外で来所できる。"
    )
    one, two, three = st.columns(3)
    one.button(
        f"{towns[code]}: 分野ごとに最も近い1件を選ぶ",
        on_click=_fill,
        args=((code,), wanted),
        icon=":material/person_add:",
        width="stretch",
        key="nearest_here",
    )
    two.button(
        f"全{len(plan.codes)}市町村: 分野ごとに最も近い1件を選ぶ",
        on_click=_fill,
        args=(plan.codes, wanted),
        icon=":material/group_add:",
        width="stretch",
        key="nearest_all",
        help="分野を2〜3に絞ってから使うと、聞く相手が多くなりすぎません。",
    )
    three.button(
        "聞く相手をすべて外す",
        on_click=_clear,
        icon=":material/person_remove:",
        width="stretch",
        disabled=not plan.contacts,
        key="clear_contacts",
    )
    for field in mine:
        _field(data, analysis, plan, code, field)
    _chosen(data, plan)
    _blocks(data, analysis, plan)


def _field(data: Dataset, analysis: Analysis, plan: Plan, code: str, field: str) -> None:
    m = position_of(data, code)
    c = column_of(data, field)
    sure = "" if analysis.arrays.surveyed[m, c] else "・暫定"
    label = f"{data.fields.at[field, 'name']}({CLASSES[analysis.klass[m, c]]}{sure})"
    table = proposed(analysis, code, field)
    chosen = {one.service for one in plan.contacts if (one.code, one.field) == (code, field)}
    if chosen:
        label += f" — 聞く相手 {len(chosen)}件"
    with st.expander(label, icon=f":material/{data.fields.at[field, 'icon']}:"):
        st.markdown(sharing_text(analysis, code, field))
        if table.empty:
            st.info(
                "公表分には、つながれる支援が見つかりません。"
                "役場の福祉担当と社会福祉協議会に尋ねるところから始めてください。"
            )
            return
        shown = pd.DataFrame(
            {
                "聞く": table["service"].isin(chosen),
                "団体": table["name"],
                "つながり方": table["how"],
                "所在": table["municipality"],
                "時間(分)": table["minutes"].round(0),
                "電話": table["phone"],
                SERVICE_COLUMNS["service_area_note"].label: table["service_area_note"],
                SERVICE_COLUMNS["confidence"].label: table["confidence"],
                ORGANISATION_COLUMNS["checked_on"].label: table["checked_on"].astype(str),
                SERVICE_COLUMNS["source"].label: table["source"],
            }
        )
        version = st.session_state["plan_editor"]
        edited = st.data_editor(
            shown,
            hide_index=True,
            disabled=[name for name in shown if name != "聞く"],
            key=f"contacts_{version}_{code}_{field}",
        )
        now = set(table["service"][edited["聞く"].to_numpy(dtype=bool)])
        if now != chosen & set(table["service"]):
            kept = tuple(
                one
                for one in plan.contacts
                if (one.code, one.field) != (code, field) or one.service in now
            )
            have = {one.service for one in kept if (one.code, one.field) == (code, field)}
            new = tuple(Contact(code, field, s) for s in table["service"] if s in now - have)
            st.session_state["plan_contacts"] = kept + new
            st.rerun()


def _chosen(data: Dataset, plan: Plan) -> None:
    services = len({one.service for one in plan.contacts})
    st.subheader(f"聞く相手({services}件)")
    if not plan.contacts:
        st.info("まだありません。上の分野を開いて印を付けるか、ボタンでまとめて選んでください。")
        return
    office = data.services["organisation"].map(data.organisations["name"])
    table = pd.DataFrame(
        {
            "団体": [office[one.service] for one in plan.contacts],
            "分野": [data.fields.at[one.field, "name"] for one in plan.contacts],
            "市町村": [data.municipalities.at[one.code, "name"] for one in plan.contacts],
        }
    )
    grouped = table.groupby(["団体", "分野"], sort=False)["市町村"].agg("、".join).reset_index()
    frame.table(grouped, height="content")
    frame.downloads({"聞く相手": grouped}, "聞く相手", data)


def _blocks(data: Dataset, analysis: Analysis, plan: Plan) -> None:
    st.subheader("連携ブロック")
    table = collaboration_blocks(analysis, list(plan.codes), fields=plan.fields).head(BLOCKS_SHOWN)
    st.caption(
        "隣り合い(離島は航路で)、互いに到達圏の中にあり、合わせると使える分野が増える2〜3市町村の組。"
        "互いに補い合う組が先です。「対象地域の調整が要る」は、今は対象地域の外にある窓口です。"
    )
    if table.empty:
        st.info("到達圏の中に、増える分野のある組はありません。左の到達圏Tを広げてみてください。")
        return
    chosen = {";".join(sorted(block)) for block in plan.blocks}
    keys = [";".join(sorted(codes.split(";"))) for codes in table["codes"]]
    shown = block_columns(table)
    shown.insert(0, "計画に入れる", [key in chosen for key in keys])
    version = st.session_state["plan_editor"]
    edited = st.data_editor(
        shown,
        hide_index=True,
        height=320,
        disabled=[name for name in shown if name != "計画に入れる"],
        column_config={
            **frame.numbers(shown),
            "増える分野": st.column_config.TextColumn(width="large"),
        },
        key=f"blocks_{version}_{'_'.join(plan.codes)}_{'_'.join(plan.fields)}",
    )
    now = {key for key, yes in zip(keys, edited["計画に入れる"], strict=True) if yes}
    if now != chosen & set(keys):
        kept = (chosen - set(keys)) | now
        st.session_state["plan_blocks"] = tuple(tuple(key.split(";")) for key in sorted(kept))
        st.rerun()
    frame.downloads({"連携ブロック": shown}, "連携ブロック", data, analysis.parameters)


def _choose(contacts: tuple[Contact, ...]) -> None:
    have = st.session_state["plan_contacts"]
    known = {(one.code, one.field, one.service) for one in have}
    new = [one for one in contacts if (one.code, one.field, one.service) not in known]
    st.session_state["plan_contacts"] = (*have, *new)
    st.session_state["plan_editor"] += 1


def _fill(codes: tuple[str, ...], fields: list[str]) -> None:
    st.session_state["plan_fill"] = (codes, fields)


def _clear() -> None:
    st.session_state["plan_contacts"] = ()
    st.session_state["plan_editor"] += 1
