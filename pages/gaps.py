"""偏在・空白: ranking, matrix of fields and municipalities, weights, robustness, roll-up."""

from html import escape

import numpy as np
import pandas as pd
import streamlit as st

from geo.data.vocabulary import CLASSES
from geo.methods.analysis import analyse
from geo.methods.basis import alike_rule, range_label, states
from geo.methods.findings import approach_table, headline
from geo.methods.rollup import UNITS
from geo.parameters import ROBUST_SHARE, SMALL_POPULATION
from geo.ui import conditions, controls, frame
from geo.ui.charts import class_bars, rank_intervals
from geo.ui.matrix import class_matrix, matrix_html
from geo.ui.tables import area_columns, beyond_columns, scarcity_columns

data = frame.dataset()
towns = data.municipalities
frame.heading("偏在・空白")

with st.sidebar:
    subprefectures = controls.areas(data, "subprefecture")
    areas = controls.areas(data, "area")
conditions.weights(data)
parameters = conditions.parameters(data, expanded=True)
analysis = analyse(data, parameters)

kept = np.ones(len(towns), dtype=bool)
if subprefectures:
    kept &= towns["subprefecture"].isin(subprefectures).to_numpy()
if areas:
    kept &= towns["secondary_medical_area"].isin(areas).to_numpy()
kept &= analysis.compared
order = [position for position in analysis.ranking if kept[position]]

found = headline(analysis)
frame.finding(
    f"<b>{escape(range_label(analysis))}</b>の{found.municipalities}市町村を、判定に入った"
    f"<b>{len(found.judged_fields)}分野</b>({escape('、'.join(found.judged_fields))})で比べると、"
    f"資源少数区域は<b>{found.few}市町村</b>。必要度も高い候補地域は"
    f"<b>{found.candidates}市町村</b>。"
)
frame.figures(
    [
        ("資源少数区域", f"{found.few}", f"/ {found.municipalities}市町村"),
        ("うち頑健", f"{found.robust}", f"/ {found.few}市町村"),
        ("候補地域(必要度も高い)", f"{found.candidates}", f"/ {found.municipalities}市町村"),
        ("資源少数区域に住む人", f"{found.share_of_people:.1%}", "比べる範囲の人口のうち(2020年)"),
        (f"空白が最も多い分野: {found.emptiest_field}", f"{found.emptiest_count}", "市町村")
        if found.emptiest_count
        else ("空白と言える市町村がある分野", "0", "分野"),
    ]
)
if not order:
    st.info("条件に合う市町村がありません。左の振興局・二次医療圏を減らしてください。")

# Only the open tab is computed and sent.
ranking, matrix, entering, approach, rolled_up, robust, far = st.tabs(
    [
        "順位",
        "分野の一覧表",
        "判定に入る分野",
        "アプローチ別",
        "振興局・医療圏別",
        "頑健さ",
        "到達圏の外",
    ],
    key="tab",
    on_change="rerun",
    bind="query-params",
)
if ranking.open:
    with ranking:
        table = scarcity_columns(analysis).iloc[order]
        first = ["市町村", "不足度(0〜100)", "区分", "理由"]  # seen without scrolling
        frame.table(
            table[[*first, *(name for name in table if name not in first)]],
            height=560,
            columns=frame.scores(table)
            | {
                "市町村コード": None,
                "市町村": st.column_config.TextColumn(width=110),  # px, of five signs
                "理由": st.column_config.TextColumn(width="large"),
            },
        )
        if not np.isfinite(analysis.scarcity[analysis.compared]).any():
            st.warning(
                "判定に入った分野の重みがすべて0のため、不足度を計算できません。"
                "左の「分野の重み」で、どれかを0より大きくしてください。"
            )
        if found.more_than_a_third:
            st.caption(
                f"資源少数区域は下位3分の1({found.third:.0f}市町村)が目安です。境目と同じ不足度の市町村は"
                f"分けずにみな含めるため、この条件では{found.few}市町村になります。"
            )
        st.caption(
            "不足度が同じ市町村は、少数区域になった試行の割合、最寄りまでの平均時間の順に並べています。"
            f"※は人口{int(SMALL_POPULATION):,}人未満(率の読み方に注意)。"
        )
        frame.downloads({"順位": table}, "偏在順位", data, parameters)
if matrix.open:
    with matrix:
        st.html(matrix_html(analysis, order))
        st.caption(
            "内 = 地域内にあり、近 = 近隣にあり、遠 = 遠隔のみ、空 = 空白、? = 未確認。"
            "斜線は暫定(その分野の台帳が完成していない)。●は判定に使った分野。"
        )
        grid = class_matrix(analysis).iloc[order]
        frame.downloads({"充足区分": grid}, "充足区分", data, parameters)
if entering.open:
    with entering:
        st.markdown(
            "比べる範囲のすべての市町村で台帳が完成した分野だけが、不足度に入ります。"
            f"{alike_rule()}。"
        )
        reasons = pd.DataFrame(
            [(name, state, why) for _, name, state, why in states(analysis)],
            columns=["分野", "判定", "理由"],
        )
        frame.table(reasons, height="content")
        frame.downloads({"判定に入る分野": reasons}, "判定に入る分野", data, parameters)
if far.open:
    with far:
        st.markdown(
            f"行きやすさは{parameters.minutes:g}分より先ではどこも0です。どれだけ遠いかは、ここで見ます"
            f"({escape(range_label(analysis))})。"
        )
        people = beyond_columns(analysis)
        frame.table(people, height="content")
        frame.downloads({"到達圏の外": people}, "到達圏の外", data, parameters)
if approach.open:
    with approach:
        by_approach = approach_table(analysis, kept)
        least = by_approach.loc[by_approach[CLASSES["local"]].idxmin()]
        st.markdown(
            f"地域内に窓口が見つかった市町村が最も少ないのは **アプローチ{least['アプローチ']}** "
            f"({least[CLASSES['local']]} / {int(kept.sum())}市町村)。"
        )
        st.altair_chart(class_bars(by_approach, "アプローチ"), width="stretch")
        st.caption(
            "どのアプローチにも完成した台帳がないため、見つからない市町村は空白ではなく未確認です。"
            "掘り起こしの対象と読んでください。"
        )
        frame.table(by_approach)
        frame.downloads({"アプローチ別": by_approach}, "アプローチ別", data, parameters)
if rolled_up.open:
    with rolled_up:
        unit = controls.select(
            "まとめ方", list(UNITS), "unit", default="subprefecture", format_func=UNITS.get
        )
        table = area_columns(analysis, unit, UNITS[unit])
        frame.table(table, height="content")
        st.caption("比べる範囲の値です(左の振興局・二次医療圏の絞り込みは効きません)。")
        frame.downloads({UNITS[unit]: table}, f"偏在_{UNITS[unit]}", data, parameters)
if robust.open:
    with robust:
        joint = analysis.joint
        st.markdown(
            "重み、到達圏、速度、迂回、移動時間の誤差、減り方、計算法、窓口の数え方を、**すべて同時に**"
            f"変えて{joint.trials:,}回計算し直しました。資源少数区域に入った回が"
            f"**{float(ROBUST_SHARE):.0%}以上なら頑健**、"
            f"{1 - float(ROBUST_SHARE):.0%}以下なら少数でない、その間は"
            "**どちらとも言えない**です。点線より左が、少ないほうの3分の1です。"
        )
        st.altair_chart(rank_intervals(analysis, order), width="stretch")
        frame.downloads(
            {"頑健さ": scarcity_columns(analysis).iloc[order]}, "頑健さ", data, parameters
        )
frame.footer(data, parameters)
