"""Show step 1 of a study plan: which municipalities, and why."""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd
import streamlit as st

from geo.data.dataset import Dataset, position_of
from geo.data.vocabulary import APPROACHES, CLASSES, FLAGS, YES
from geo.methods.analysis import Analysis
from geo.methods.basis import flag_words, level_sentence
from geo.methods.candidates import candidates, reason, to_dig
from geo.methods.clusters import cluster_sentence, inequality_sentence
from geo.methods.explain import change_sentence, flag_change, scarcity_parts
from geo.methods.need import TODAY
from geo.methods.origin import ORIGINS, origin
from geo.parameters import ROBUST_SHARE
from geo.plans.maps import areas_view
from geo.plans.plan import Plan
from geo.ui import controls, frame
from geo.ui.charts import part_bars
from geo.ui.components import hokkaido_map
from geo.ui.plan import draft

LISTS = {"candidates": "候補地域", "all": "条件に合う市町村すべて", "dig": "掘り起こし対象"}


def show(data: Dataset, analysis: Analysis, plan: Plan) -> None:
    """Show the proposals, the map, the areas of the plan and the explanation of one."""
    towns = data.municipalities
    filters = st.columns(4)
    with filters[0]:
        subprefectures = controls.areas(data, "subprefecture")
    with filters[1]:
        medical = controls.areas(data, "area")
    with filters[2]:
        field = controls.field(
            data, "lacking", "窓口がない分野", default="", also={"": "指定しない"}
        )
    with filters[3]:
        approach = controls.select(
            "窓口がないアプローチ",
            ["", *APPROACHES],
            "approach",
            default="",
            format_func=lambda key: f"{key} {APPROACHES[key]}" if key else "指定しない",
        )
    tables = {
        key: candidates(
            analysis,
            subprefectures=subprefectures,
            medical_areas=medical,
            field=field or None,
            approach=approach or None,
            everyone=everyone,
        )
        for key, everyone in (("candidates", False), ("all", True))
    }
    tables["dig"] = to_dig(
        analysis, subprefectures=subprefectures, medical_areas=medical, field=field or None
    )
    left, right = st.columns([3, 2], gap="large")
    with left:
        which = controls.select(
            "一覧",
            list(LISTS),
            "list",
            default="candidates",
            format_func=lambda key: f"{LISTS[key]}({len(tables[key])}市町村)",
        )
        shown, marked = _proposals(analysis, tables[which], which)
    with right:
        event = hokkaido_map(
            analysis.dataset, areas_view(analysis, plan.codes), key="plan_areas", height="36rem"
        )
    _add_buttons(tables[which], marked)
    _map_choice(towns, event.municipality or event.open_municipality, plan)
    if len(shown):
        frame.downloads({LISTS[which]: shown}, LISTS[which], data, analysis.parameters)
    for code in marked:
        st.markdown(
            f"**{towns.at[code, 'name']}** {level_sentence(analysis, code)}{reason(analysis, code)}。"
        )
    among = np.ones(len(towns), dtype=bool)
    if subprefectures:
        among &= towns["subprefecture"].isin(subprefectures).to_numpy()
    if medical:
        among &= towns["secondary_medical_area"].isin(medical).to_numpy()
    narrowed = among if among.any() and not among.all() else None
    st.markdown(f"{cluster_sentence(analysis)} {inequality_sentence(analysis, among=narrowed)}")
    _own_areas(data, analysis, plan)
    _explanation(data, analysis, plan, tables[which])


def _proposals(
    analysis: Analysis, table: pd.DataFrame, which: str
) -> tuple[pd.DataFrame, list[str]]:
    """Show a list; return it as it is shown, and the codes that were marked in it."""
    st.caption(
        {
            "candidates": "必要度も不足度も比べる範囲の上位3分の1に入る市町村。頑健なものが先です。",
            "all": "左上の条件に合う市町村。候補地域が先、次に不足度の高い順です。",
            "dig": "必要度が高く、まだ調べていない分野がある市町村。空白とは分けて示します。",
        }[which]
    )
    if table.empty:
        st.info(
            "条件に合う市町村がありません。振興局や分野の条件を減らすか、"
            "一覧を「条件に合う市町村すべて」に替えてください。"
        )
        return table, []
    kinds = dict(zip(analysis.arrays.codes, origin(analysis).kind, strict=True))
    shown = pd.DataFrame(
        {
            "市町村": table["name"],
            "振興局": table["subprefecture"],
            "人口(人)": table["population"],
            "不足度": table["scarcity"],
            "必要度": table["need"],
            "支えの出どころ": [ORIGINS.get(kinds[code], "") for code in table["code"]],
            "頑健": table["robust"].map(YES),
            "候補": table["candidate"].map(YES),
            "未確認(分野)": table["unknown"],
            "集まり": table["cluster"],
            "理由": table["reason"],
        }
    )
    rows = frame.table(
        shown,
        height=470,
        columns=frame.scores(shown) | {"理由": st.column_config.TextColumn(width="large")},
        pick="multi-row",
        key=f"plan_list_{which}",
    )
    st.caption("左端に印を付けると、その市町村の理由の全文が表の下に出ます。")
    return shown, table["code"].iloc[rows].tolist()


def _add_buttons(table: pd.DataFrame, codes: list[str]) -> None:
    one, two, _ = st.columns([2, 2, 3])
    one.button(
        f"印を付けた{len(codes)}市町村を加える",
        disabled=not codes,
        on_click=draft.add_areas,
        args=(codes,),
        icon=":material/add:",
        width="stretch",
        key="add_marked",
    )
    two.button(
        f"この一覧の{len(table)}市町村を加える",
        disabled=table.empty,
        on_click=draft.add_areas,
        args=(table["code"].tolist(),),
        icon=":material/playlist_add:",
        width="stretch",
        key="add_listed",
    )


def _map_choice(towns: pd.DataFrame, code: str | None, plan: Plan) -> None:
    if code is None:
        st.caption("地図の市町村を押すと、ここから対象に加えたり外したりできます。")
        return
    name = towns.at[code, "name"]
    if code in plan.codes:
        rest = [one for one in plan.codes if one != code]
        st.button(f"{name}を対象から外す", on_click=draft.set_areas, args=(rest,))
    else:
        st.button(f"{name}を対象に加える", on_click=draft.add_areas, args=([code],))


def _own_areas(data: Dataset, analysis: Analysis, plan: Plan) -> None:
    st.subheader(f"この計画の対象地域({len(plan.codes)}市町村)")
    if not plan.codes:
        st.info("まだありません。上の一覧か地図、または左の「対象地域」から加えてください。")
        return
    left, right = st.columns([7, 2], gap="large")
    with left:
        st.html(_reasons(data, analysis, plan))
    with right:
        table = pd.DataFrame(
            {
                "市町村": data.municipalities["name"].loc[list(plan.codes)].to_numpy(),
                "メモ": [area.note for area in plan.areas],
            }
        )
        version = st.session_state["plan_editor"]
        edited = st.data_editor(
            table,
            hide_index=True,
            disabled=["市町村"],
            height=frame.row_height(table, 20),
            column_config={
                "メモ": st.column_config.TextColumn(
                    "メモ(書き込めます)", width="medium", max_chars=200
                )
            },
            key=f"notes_{version}_{'_'.join(plan.codes)}",
        )
    notes = dict(zip(plan.codes, edited["メモ"].fillna(""), strict=True))
    if notes != {area.code: area.note for area in plan.areas}:
        st.session_state["plan_notes"] = {**st.session_state["plan_notes"], **notes}
        st.rerun()


def _reasons(data: Dataset, analysis: Analysis, plan: Plan) -> str:
    """Return the areas with their whole reasons as HTML, every text escaped."""
    names, words = data.municipalities["name"], flag_words(analysis)
    rows = []
    for code in plan.codes:
        m = position_of(data, code)
        score = analysis.scarcity[m]
        robust = "<br><small>頑健</small>" if analysis.robust[m] else ""
        rows.append(
            f'<tr><td class="line">{escape(names[code])}</td>'
            f'<td class="n">{"未確認" if np.isnan(score) else f"{score:.1f}"}</td>'
            f'<td class="n">{analysis.need[TODAY].iloc[m]:.1f}</td>'
            f'<td class="line">{words[m]}{robust}</td>'
            f"<td>{escape(reason(analysis, code))}。</td></tr>"
        )
    return (
        '<table class="plain"><thead><tr><th>市町村</th><th class="n line">不足度<br>(0〜100)</th>'
        '<th class="n line">必要度<br>(0〜100)</th><th>区分</th><th>選んだ理由</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _explanation(data: Dataset, analysis: Analysis, plan: Plan, table: pd.DataFrame) -> None:
    st.subheader("なぜ、この不足度か")
    towns = data.municipalities
    listed = table["code"].iloc[0] if len(table) else controls.FIRST_TOWN
    first = plan.codes[0] if plan.codes else listed
    code = controls.town(data, "why", default=first, where=True)
    parts, change = scarcity_parts(analysis, code), flag_change(analysis, code)
    st.markdown(
        f"**{towns.at[code, 'name']}** {level_sentence(analysis, code)}{reason(analysis, code)}。"
    )
    flags = "、".join(f"{minutes:g}分なら{FLAGS[flag]}" for minutes, flag in change.by_minutes)
    st.markdown(
        f"{change_sentence(analysis, code)} 到達圏が{flags}。すべての前提を同時に変えた試行の"
        f"{change.few_share:.0%}で資源少数区域({float(ROBUST_SHARE):.0%}以上で頑健)。"
    )
    left, right = st.columns([2, 3], gap="large")
    counted = parts.dropna(subset=["part"])
    with left:
        if counted.empty:
            st.info("この市町村には判定できた分野がありません。まず調査が要ります。")
        else:
            st.altair_chart(part_bars(counted), width="stretch")
    shown = pd.DataFrame(
        {
            "分野": counted["name"],
            "不足度への寄与(点)": counted["part"].round(1),
            "全くない場合(点)": counted["most"].round(1),
            "行きやすさ(全道平均=1)": counted["relative"].round(2),
            "最寄りまで(分)": counted["minutes"].round(0),
            "充足区分": counted["class"].map(CLASSES),
        }
    )
    with right:
        frame.table(shown, thousands=True)
        left_out = parts.loc[~parts["judged"], "name"]
        if len(left_out):
            st.caption(f"未確認のため数えていない分野: {'、'.join(left_out)}。")
    frame.downloads({"内訳": shown}, f"不足度の内訳_{towns.at[code, 'name']}", data)
