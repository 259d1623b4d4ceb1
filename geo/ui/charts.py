"""Draw the charts of the pages, in the colours of the map."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from geo.data.vocabulary import CLASSES
from geo.maps.colours import ACCENT, CLASS_COLOURS, INK, MUTED, RULE, SCARCITY, SECONDARY, WHITE
from geo.methods.analysis import Analysis
from geo.methods.basis import assumption_words
from geo.methods.joint import STANDINGS
from geo.parameters import FLAG_SHARE

ROW_HEIGHT = 22
CLASS_BAR_STEP = 44
ROBUSTNESS_ROWS = 40
LABEL_WIDTH = 260


def class_bars(table: pd.DataFrame, category: str) -> alt.Chart:
    """Return stacked bars of how many municipalities are in each class, one bar a category."""
    words = list(CLASSES.values())
    long = table.melt(category, words, var_name="充足区分", value_name="市町村")
    long["順"] = long["充足区分"].map(words.index)
    chart = (
        alt.Chart(long, height=alt.Step(CLASS_BAR_STEP))
        .mark_bar(stroke=WHITE, strokeWidth=1)
        .encode(
            x=alt.X("市町村:Q", title="市町村の数"),
            y=alt.Y(f"{category}:N", title=None, axis=alt.Axis(labelLimit=LABEL_WIDTH)),
            color=alt.Color(
                "充足区分:N",
                scale=alt.Scale(domain=words, range=list(CLASS_COLOURS.values())),
                legend=alt.Legend(orient="top", title=None),
            ),
            order=alt.Order("順:Q"),
            tooltip=[category, "充足区分", "市町村"],
        )
    )
    return _styled(chart, f"{category}ごとの充足区分別の市町村の数。同じ数字が表にあります")


def rank_intervals(analysis: Analysis, order: list[int]) -> alt.Chart:
    """Return a line for each municipality: where its rank lies in nine of ten joint trials.

    The colour is the answer (頑健, どちらとも言えない, 少数でない), the dot today's rank; ranks to the left of
    the rule are the scarcest third.
    """
    shown = order[:ROBUSTNESS_ROWS]
    joint, count = analysis.joint, int(analysis.compared.sum())
    ranks = np.full(len(analysis.ranking), np.nan)
    ranks[analysis.ranking] = np.arange(1, len(ranks) + 1)
    table = pd.DataFrame(
        {
            "市町村": analysis.dataset.municipalities["name"].iloc[shown].to_numpy(),
            "今の順位": ranks[shown],
            "順位5%": joint.low[shown],
            "順位95%": joint.high[shown],
            "答え": [STANDINGS.get(joint.standing[p], "") for p in shown],
            "少数区域になった試行": joint.few_share[shown],
            "決め手の前提": [assumption_words(analysis, joint.decides[p]) for p in shown],
        }
    )
    answers = list(STANDINGS.values())
    colour = alt.Color(
        "答え:N",
        scale=alt.Scale(domain=answers, range=[ACCENT, SCARCITY, MUTED]),
        legend=alt.Legend(orient="top", title=None),
    )
    base = alt.Chart(table).encode(
        y=alt.Y("市町村:N", sort=None, title=None, axis=alt.Axis(labelOverlap=False)),
        color=colour,
        tooltip=[
            "市町村",
            alt.Tooltip("今の順位:Q", format=".0f"),
            alt.Tooltip("順位5%:Q", format=".0f"),
            alt.Tooltip("順位95%:Q", format=".0f"),
            "答え",
            alt.Tooltip("少数区域になった試行:Q", format=".0%"),
            "決め手の前提",
        ],
    )
    scale = alt.Scale(domain=[1, max(count, 2)])
    title = f"順位(1 = 最も不足、{count}市町村中)。線は10回に9回が収まる幅、点は今の順位"
    lines = base.mark_rule(strokeWidth=7, opacity=0.55).encode(
        x=alt.X("順位5%:Q", title=title, scale=scale), x2="順位95%:Q"
    )
    dots = base.mark_point(filled=True, size=70, opacity=1, shape="diamond").encode(
        x=alt.X("今の順位:Q", scale=scale)
    )
    third = (
        alt.Chart(pd.DataFrame({"順位5%": [count * float(FLAG_SHARE)]}))
        .mark_rule(color=INK, strokeDash=[4, 3])
        .encode(x="順位5%:Q")
    )
    drawn = (lines + dots + third).properties(height=ROW_HEIGHT * max(len(shown), 1))
    return _styled(drawn, f"{title}。{len(shown)}市町村")


def comparison_bars(table: pd.DataFrame, value: str, *, percent: bool = False) -> alt.Chart:
    """Return one bar for each row of a comparison (column `name`), the first one in the accent."""
    title = ".1%" if percent else ",.1f"
    shown = table[["name", value]].assign(first=[True] + [False] * (len(table) - 1))
    base = alt.Chart(shown, height=ROW_HEIGHT * len(table)).encode(
        x=alt.X(f"{value}:Q", title=None, axis=None),
        y=alt.Y("name:N", sort=None, title=None, axis=alt.Axis(labelLimit=LABEL_WIDTH)),
    )
    bars = base.mark_bar().encode(
        color=alt.condition("datum.first", alt.value(ACCENT), alt.value(MUTED))
    )
    labels = base.mark_text(align="left", dx=4, color=INK).encode(
        text=alt.Text(f"{value}:Q", format=title)
    )
    return _styled(bars + labels, f"{value}を{len(table)}か所で比べた棒グラフ")


def part_bars(parts: pd.DataFrame) -> alt.Chart:
    """Return one bar for each judged field: its part of the scarcity, of the most it could be."""
    table = parts[["name", "part", "most"]].round(1)
    axis = alt.Axis(labelLimit=LABEL_WIDTH, labelOverlap=False)
    base = alt.Chart(table).encode(y=alt.Y("name:N", sort=None, title=None, axis=axis))
    whole = base.mark_bar(color=RULE).encode(x=alt.X("most:Q", title="不足度への寄与(点)"))
    part = base.mark_bar(color=SCARCITY).encode(x="part:Q")
    words = base.mark_text(align="left", dx=4, color=INK).encode(
        x="part:Q", text=alt.Text("part:Q", format=".1f")
    )
    drawn = (whole + part + words).properties(height=ROW_HEIGHT * 1.5 * len(table))
    return _styled(drawn, f"{len(table)}分野それぞれの、不足度への寄与(点)")


def venue_curve(curve: pd.DataFrame, value: str, k: int) -> alt.Chart:
    """Return what each number of venues (first column) covers, in `value`; k is marked."""
    first = curve.columns[0]
    table = curve.assign(mark=curve[first] == k)
    base = alt.Chart(table).encode(
        x=alt.X(f"{first}:Q", title=first, axis=alt.Axis(tickMinStep=1, format="d")),
        y=alt.Y(f"{value}:Q", title=value, scale=alt.Scale(domain=[0, 100])),
        tooltip=list(curve.columns),
    )
    points = base.mark_point(filled=True, size=90, opacity=1).encode(
        color=alt.condition("datum.mark", alt.value(ACCENT), alt.value(MUTED))
    )
    drawn = (base.mark_line(color=MUTED) + points).properties(height=240)
    return _styled(drawn, f"会場の数ごとの{value}")


def _styled(chart: alt.Chart, words: str) -> alt.Chart:
    """Return a chart in the page's look; every bar is named, and the whole is said in words."""
    styled: alt.Chart = (
        chart.properties(description=words)
        .configure_view(stroke=None)
        .configure_axisY(labelOverlap=False)
        .configure_axis(
            gridColor=RULE, domainColor=RULE, tickColor=RULE, labelColor=INK, titleColor=SECONDARY
        )
        .configure_legend(labelColor=INK)
    )
    return styled
