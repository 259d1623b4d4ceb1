"""Draw the charts of the pages, in the colours of the map."""

from __future__ import annotations

import altair as alt
import pandas as pd

from geo.data.vocabulary import CLASSES
from geo.maps.colours import ACCENT, CLASS_COLOURS, INK, MUTED, RULE, SCARCITY, SECONDARY, WHITE
from geo.methods.analysis import Analysis
from geo.parameters import ROBUST_SHARE

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
    return _styled(chart)


def robustness_bars(analysis: Analysis, order: list[int]) -> alt.Chart:
    """Return bars of the share of trials in which the scarcest municipalities are flagged."""
    shown = order[:ROBUSTNESS_ROWS]
    table = pd.DataFrame(
        {
            "市町村": analysis.dataset.municipalities["name"].iloc[shown].to_numpy(),
            "割合": analysis.few_share[shown],
            "頑健": ["頑健" if analysis.robust[p] else "条件しだい" for p in shown],
        }
    )
    bars = (
        alt.Chart(table)
        .mark_bar()
        .encode(
            x=alt.X(
                "割合:Q",
                title="資源少数区域に入った試行の割合",
                axis=alt.Axis(format="%"),
                scale=alt.Scale(domain=[0, 1]),
            ),
            y=alt.Y("市町村:N", sort=None, title=None, axis=alt.Axis(labelOverlap=False)),
            color=alt.Color(
                "頑健:N",
                scale=alt.Scale(domain=["頑健", "条件しだい"], range=[ACCENT, MUTED]),
                legend=alt.Legend(orient="top", title=None),
            ),
            tooltip=["市町村", alt.Tooltip("割合:Q", format=".0%"), "頑健"],
        )
    )
    line = (
        alt.Chart(pd.DataFrame({"割合": [float(ROBUST_SHARE)]}))
        .mark_rule(color=INK, strokeDash=[4, 3])
        .encode(x="割合:Q")
    )
    return _styled((bars + line).properties(height=ROW_HEIGHT * max(len(shown), 1)))


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
    return _styled(bars + labels)


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
    return _styled((whole + part + words).properties(height=ROW_HEIGHT * 1.5 * len(table)))


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
    return _styled((base.mark_line(color=MUTED) + points).properties(height=240))


def _styled(chart: alt.Chart) -> alt.Chart:
    styled: alt.Chart = (
        chart.configure_view(stroke=None)
        .configure_axis(
            gridColor=RULE, domainColor=RULE, tickColor=RULE, labelColor=INK, titleColor=SECONDARY
        )
        .configure_legend(labelColor=INK)
    )
    return styled
