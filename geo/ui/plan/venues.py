"""Show step 3 of a study plan: how many venues, where, and who stays out of reach."""

from __future__ import annotations

import streamlit as st

from geo.data.dataset import Dataset
from geo.methods.analysis import Analysis
from geo.methods.venues import COUNTED, VenueError
from geo.parameters import CATCHMENT_CHOICES, CATCHMENT_MINUTES, VENUE_MOST
from geo.plans.figures import curve_table, served_table, venue_rows, venue_sentence, venues_of
from geo.plans.maps import venues_view
from geo.plans.plan import Plan, VenueAsk
from geo.ui import controls, frame
from geo.ui.charts import venue_curve
from geo.ui.components import hokkaido_map

FEWEST = 0  # the option that stands for as few venues as reach all


def show(data: Dataset, analysis: Analysis, plan: Plan) -> None:
    """Show the settings, the venues found, and the curve."""
    if not plan.codes:
        st.info("先に「1 候補地域」で対象地域を選んでください。左の「対象地域」からも選べます。")
        st.session_state["plan_ask"] = None
        return
    ask, included = _settings(data)
    kept = ask if included else None
    if kept != st.session_state["plan_ask"]:
        st.session_state["plan_ask"] = kept
        st.rerun()
    try:
        with st.spinner("会場を計算しています"):
            found = venues_of(plan, ask, analysis)
            curve = curve_table(plan, ask, analysis)
    except VenueError as error:
        st.error(f"{error}。会場の数か時間、会場にできる場所を変えてください。")
        return
    if ask.k is not None and ask.k > len(found.sites):
        st.caption(f"会場にできる役場は{len(found.sites)}か所なので、その数で計算しました。")
    rows = venue_rows(analysis, found).frame()
    served, table = served_table(analysis, found).frame(), curve.frame()
    st.markdown(f"#### {venue_sentence(analysis, found)}")
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.markdown("**会場の数と、届く割合(%)**")
        st.altair_chart(venue_curve(table, "割合(%)", len(found.sites)), width="stretch")
        frame.table(table, rows=6, thousands=True)
    with right:
        hokkaido_map(
            analysis.dataset, venues_view(analysis, found), key="plan_venues", height="34rem"
        )
    st.markdown("**会場**")
    kept = rows.drop(columns=["市町村コード"] if ask.fixed else ["市町村コード", "固定"])
    frame.table(kept, thousands=True)
    st.markdown("**市町村ごとの、会場までの時間**")
    frame.table(served, rows=10, thousands=True)
    frame.downloads(
        {"会場": rows, "会場までの時間": served, "会場の数と届く範囲": table},
        "会場",
        data,
        analysis.parameters,
    )
    st.caption(
        "最大被覆問題・集合被覆問題の最適解です(近似ではありません)。会場は役場の位置で計算し、"
        "施設の空きや設備は含みません。"
    )


def _settings(data: Dataset) -> tuple[VenueAsk, bool]:
    one, two, three, four = st.columns(4)
    with one:
        k = controls.select(
            "会場の数",
            [*range(1, int(VENUE_MOST) + 1), FEWEST],
            "k",
            default=2,
            format_func=lambda number: f"{number}か所" if number else "全市町村が入る最少の数",
        )
    with two:
        within = controls.select(
            "何分以内",
            CATCHMENT_CHOICES,
            "within",
            default=int(CATCHMENT_MINUTES),
            format_func=lambda minutes: f"{minutes}分",
        )
    with three:
        counted = controls.select(
            "多くするもの",
            list(COUNTED),
            "counted",
            default="people",
            format_func=COUNTED.__getitem__,
        )
    with four:
        fixed = controls.towns(data, "fixed", "すでに決まっている会場", placeholder="なし")
    left, right = st.columns(2)
    with left:
        everywhere = controls.toggle(
            "対象地域の外の役場も会場にできる", "everywhere", help="隣の市町村に集まる場合。"
        )
    with right:
        st.session_state.setdefault("venues_in", True)
        included = st.toggle("計画書に入れる", key="venues_in", persist_state="session")
    fewest = k == FEWEST
    return VenueAsk(None if fewest else k, float(within), counted, everywhere, fixed), included
