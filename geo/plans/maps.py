"""Draw a study on the map: its areas, its venues, what a change would bring."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geo.data.dataset import Dataset
from geo.data.sources import map_note
from geo.maps.colours import (
    ANSWER_COLOURS,
    GAIN_SCALE,
    LEFT_OUT,
    NEAR_SCALE,
    OUTLINE,
    OUTSIDE,
    SCALE,
    UNKNOWN,
)
from geo.maps.measures import SCARCITY_EDGES, measure_view
from geo.maps.picture import picture
from geo.maps.view import LegendEntry, MapView
from geo.methods.analysis import Analysis
from geo.methods.need import TODAY
from geo.methods.venues import Venues
from geo.plans.plan import Plan
from geo.store.rounds import STATES

GAIN_EDGES = (-10.0, -5.0, -0.05, 0.05)  # points of scarcity; the last step is more scarcity
GAIN_LABELS = ("10点以上減る", "5〜10点減る", "5点未満減る", "変わらない", "増える(分け合う分)")
PICTURE_INCHES, PICTURE_DPI = (9.0, 5.0), 150
MARGIN = 0.15  # degrees around the areas


def areas_view(analysis: Analysis, codes: tuple[str, ...]) -> MapView:
    """Return the map of scarcity with a study's areas outlined."""
    chosen = np.isin(analysis.arrays.codes, codes)
    entry = LegendEntry(OUTLINE, "この計画の対象地域(太い線)", outline=True)
    plain = measure_view(analysis, "scarcity", "", TODAY)
    steps = tuple(one for one in plain.legend if not one.outline)
    return measure_view(
        analysis,
        "scarcity",
        "",
        TODAY,
        outlined=chosen,
        legend=(*steps, entry),
        show_points=False,
        focus=_around(analysis, codes),
        note=map_note(analysis.dataset),
    )


def venues_view(analysis: Analysis, found: Venues) -> MapView:
    """Return the map of minutes to the nearest venue, the venues outlined."""
    names = analysis.dataset.municipalities["name"]
    size, steps = len(names), len(NEAR_SCALE)
    colours = np.full(size, steps + 1)
    quarter = np.ceil(found.minutes / found.limit * steps).clip(1, steps + 1)
    colours[found.towns] = np.where(found.covered, quarter - 1, steps).astype(int)
    values = ["対象地域の外"] * size
    for town, nearest, minutes in zip(found.towns, found.nearest, found.minutes, strict=True):
        where = names.iloc[found.sites[nearest]]
        values[town] = (
            ("会場" if minutes == 0 else f"{where}まで{minutes:.0f}分")
            if np.isfinite(minutes)
            else "行ける会場なし"
        )
    outlined = np.zeros(size, dtype=bool)
    outlined[found.sites] = True
    bounds = [round(found.limit * step / steps) for step in range(steps + 1)]
    legend = [
        LegendEntry(shade, f"{bounds[i]}〜{bounds[i + 1]}分") for i, shade in enumerate(NEAR_SCALE)
    ]
    codes = tuple(analysis.arrays.codes[np.union1d(found.towns, found.sites)])
    return MapView(
        title="会場と、会場までの時間",
        measure="最寄りの会場まで",
        unit="分(役場から役場)",
        palette=(*NEAR_SCALE, LEFT_OUT, OUTSIDE),
        colours=colours,
        values=values,
        legend=(
            *legend,
            LegendEntry(LEFT_OUT, f"{found.limit:g}分では届かない"),
            LegendEntry(OUTSIDE, "対象地域の外"),
            LegendEntry(OUTLINE, "会場(太い線)", outline=True),
        ),
        outlined=outlined,
        show_points=False,
        focus=_around(analysis, codes),
        note=map_note(analysis.dataset),
    )


def change_view(before: Analysis, then: Analysis, codes: tuple[str, ...]) -> MapView:
    """Return the map of what a change brings in points of scarcity, changed classes outlined."""
    change = then.scarcity - before.scarcity
    known = np.isfinite(change)
    classes = (before.klass != then.klass).any(axis=1)
    return MapView(
        title="仮定による不足度の変化",
        measure="不足度の差",
        unit="点(今との差)",
        palette=(*GAIN_SCALE, UNKNOWN),
        colours=np.where(known, np.digitize(change, GAIN_EDGES), len(GAIN_SCALE)),
        values=[
            f"{value:+.1f}点" if ok else "未確認" for value, ok in zip(change, known, strict=True)
        ],
        details=[
            f"不足度 {a:.1f} → {b:.1f}" if ok else ""
            for a, b, ok in zip(before.scarcity, then.scarcity, known, strict=True)
        ],
        legend=(
            *(LegendEntry(*one) for one in zip(GAIN_SCALE, GAIN_LABELS, strict=True)),
            LegendEntry(OUTLINE, "充足区分が変わる(太い線)", outline=True),
        ),
        outlined=classes,
        hatched=~known,
        show_points=False,
        focus=_around(before, codes),
        note=map_note(before.dataset),
    )


def round_view(dataset: Dataset, table: pd.DataFrame) -> MapView:
    """Return the map of who has answered a survey round (of `geo.plans.round.status_table`)."""
    names, codes = list(STATES), tuple(table["code"])
    states = table.set_index("code")["state"].reindex(dataset.municipalities.index)
    labels = table.set_index("code")["label"].reindex(states.index).fillna("調査回の範囲の外")
    counts = table["state"].value_counts()
    return MapView(
        title="調査に回答した市町村",
        measure="回答の状況",
        unit="市町村",
        palette=(*(ANSWER_COLOURS[name] for name in names), OUTSIDE),
        colours=np.array([names.index(s) if s in names else len(names) for s in states]),
        values=list(labels),
        hatched=(states == "unsent").to_numpy(),
        legend=(
            *(
                LegendEntry(
                    ANSWER_COLOURS[name], f"{STATES[name]} {counts.get(name, 0)}", name == "unsent"
                )
                for name in names
            ),
            LegendEntry(OUTSIDE, "調査回の範囲の外"),
        ),
        show_points=False,
        focus=_bounds(dataset, codes) if len(codes) < len(dataset.municipalities) else None,
        note=map_note(dataset),
    )


def _around(analysis: Analysis, codes: tuple[str, ...]) -> tuple[float, float, float, float] | None:
    return _bounds(analysis.dataset, codes) if codes else None


def _bounds(dataset: Dataset, codes: tuple[str, ...]) -> tuple[float, float, float, float]:
    west, south, east, north = dataset.boundaries.loc[list(codes)].total_bounds
    return south - MARGIN, west - MARGIN, north + MARGIN, east + MARGIN


def plan_view(plan: Plan, dataset: Dataset) -> MapView | None:
    """Return the map of a plan's areas and venues by its own figures, None without areas.

    It shows what the plan was made on, whatever the data says now; the data gives the outlines.
    """
    towns = dataset.municipalities
    table = plan.table("対象地域")
    if table is None or not table.rows:
        return None
    scores = {
        str(row["市町村コード"]): row["不足度(0〜100)"] for row in table.frame().to_dict("records")
    }
    codes = tuple(code for code in scores if code in towns.index)
    venues = _venues(plan)
    chosen = towns.index.isin(codes)
    known = np.array([scores.get(code) is not None for code in towns.index])
    numbers = np.array([float(scores.get(code) or 0) for code in towns.index])
    steps = len(SCALE)
    shade = np.select(
        [chosen & known, chosen], [np.digitize(numbers, SCARCITY_EDGES), steps], steps + 1
    )
    bounds = (0, *SCARCITY_EDGES, 100)
    return MapView(
        title="対象地域と会場" if venues else "対象地域",
        measure="不足度",
        unit="0〜100。高いほど不足",
        palette=(*SCALE, UNKNOWN, OUTSIDE),
        colours=shade,
        values=[f"{n:.1f}" if yes else "" for n, yes in zip(numbers, chosen, strict=True)],
        legend=(
            *(
                LegendEntry(colour, f"{bounds[i]}〜{bounds[i + 1]}")
                for i, colour in enumerate(SCALE)
            ),
            LegendEntry(OUTSIDE, "対象地域の外"),
            *((LegendEntry(OUTLINE, "会場(太い線)", outline=True),) if venues else ()),
        ),
        outlined=towns.index.isin(venues),
        show_points=False,
        focus=_bounds(dataset, (*codes, *(code for code in venues if code in towns.index))),
    )


def _venues(plan: Plan) -> tuple[str, ...]:
    found = plan.table("会場")
    return () if found is None else tuple(found.frame()["市町村コード"])


def plan_picture(plan: Plan, dataset: Dataset) -> bytes | None:
    """Return the map of a plan as PNG for its documents, None without areas."""
    view = plan_view(plan, dataset)
    if view is None:
        return None
    return picture(
        dataset,
        view,
        size=PICTURE_INCHES,
        dpi=PICTURE_DPI,
        title="",
        labels=(*_venues(plan), *plan.codes),
    )
