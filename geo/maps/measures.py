"""Colour the municipalities by a measure: palette, values, legend, flags."""

from __future__ import annotations

import numpy as np

from geo.data.dataset import Dataset
from geo.data.memory import kept
from geo.data.vocabulary import CLASSES
from geo.maps.colours import (
    BIVARIATE,
    CLASS_COLOURS,
    NEED_SCALE,
    OUTLINE,
    RELATIVE_SCALE,
    SCALE,
    UNKNOWN,
)
from geo.maps.view import BivariateKey, LegendEntry, MapView
from geo.methods.analysis import Analysis
from geo.methods.basis import flag_words, range_label
from geo.methods.need import YEARS
from geo.methods.scarcity import thirds

MEASURES = {
    "scarcity": "不足度",
    "class": "分野の充足区分",
    "relative": "分野の行きやすさ",
    "missing": "地域内にない分野の数",
    "need": "必要度",
    "both": "必要度 × 不足度",
}
MEASURES_OF_A_FIELD = frozenset({"class", "relative"})

KEPT_FILTERS = 64  # answers kept: many people in one meeting look at the same few

SCARCITY_EDGES = (20, 40, 60, 80)
NEED_EDGES = (20, 40, 60, 80)
# The five ranks that planners know from the 介護力 map: 1.0 is the Hokkaido mean.
RELATIVE_EDGES = (0.4, 0.6, 0.8, 1.2)
RELATIVE_LABELS = (
    "0.4未満",
    "0.4〜0.6",
    "0.6〜0.8",
    "0.8〜1.2(平均なみ)",
    "1.2以上",
)
CANDIDATE_OUTLINE = LegendEntry(OUTLINE, "候補地域: どちらも上位3分の1", outline=True)
FLAG_OUTLINE = LegendEntry(OUTLINE, "資源少数区域(太い線)", outline=True)


def measure_view(
    analysis: Analysis, measure: str, field: str, year: int, **options: object
) -> MapView:
    """Return the map of a measure; `options` are further settings of MapView.

    measure: a key of MEASURES. field: for the measures of a field. year: for need.
    Raises KeyError for an unknown measure.
    """
    parts = {
        "scarcity": lambda: _scarcity(analysis),
        "class": lambda: _class(analysis, field),
        "relative": lambda: _relative(analysis, field),
        "missing": lambda: _missing(analysis),
        "need": lambda: _need(analysis, year),
        "both": lambda: _both(analysis, year),
    }[measure]()
    return MapView(**{**parts, **options})  # type: ignore[arg-type]


def _scarcity(analysis: Analysis) -> dict[str, object]:
    values, known = analysis.scarcity, np.isfinite(analysis.scarcity)
    robust = np.where(analysis.robust, "・頑健", "")
    judged, fields = analysis.entered.sum(axis=1), len(analysis.arrays.fields)
    return {
        "title": "社会資源の不足度",
        "measure": "不足度",
        "unit": "0〜100。高いほど不足",
        "palette": (*SCALE, UNKNOWN),
        "colours": np.where(known, np.digitize(values, SCARCITY_EDGES), len(SCALE)),
        "values": [f"{v:.1f}" if k else "未確認" for v, k in zip(values, known, strict=True)],
        "details": [
            f"{words}{mark}({range_label(analysis)}、判定に入った分野 {n}/{fields})"
            for words, mark, n in zip(flag_words(analysis), robust, judged, strict=True)
        ],
        "hatched": ~known,
        "outlined": analysis.flag == "few",
        "legend": (*_steps(SCALE, SCARCITY_EDGES, 0, 100), *_unknown(known), FLAG_OUTLINE),
    }


def _class(analysis: Analysis, field: str) -> dict[str, object]:
    column = list(analysis.arrays.fields).index(field)
    klass, known = analysis.klass[:, column], analysis.arrays.surveyed[:, column]
    name = analysis.dataset.fields.at[field, "name"]
    names = list(CLASSES)
    provisional = (klass != "local") & ~known
    return {
        "title": f"{name}の充足区分",
        "measure": f"{name}: 充足区分",
        "unit": "",
        "palette": tuple(CLASS_COLOURS.values()),
        "colours": [names.index(k) for k in klass],
        "values": [
            CLASSES[k] + ("(暫定)" if p and k != "unknown" else "")
            for k, p in zip(klass, provisional, strict=True)
        ],
        "details": [_minutes_text(minutes) for minutes in analysis.nearest[:, column]],
        "hatched": klass == "unknown",
        "legend": tuple(
            LegendEntry(
                CLASS_COLOURS[key],
                f"{label} {int(((klass == key) & analysis.compared).sum())}市町村",
                hatched=key == "unknown",
            )
            for key, label in CLASSES.items()
        ),
    }


def _relative(analysis: Analysis, field: str) -> dict[str, object]:
    column = list(analysis.arrays.fields).index(field)
    values, known = analysis.relative[:, column], analysis.entered[:, column]
    name = analysis.dataset.fields.at[field, "name"]
    return {
        "title": f"{name}の行きやすさ",
        "measure": f"{name}: 行きやすさ",
        "unit": f"{range_label(analysis)}の平均=1.0",
        "palette": (*RELATIVE_SCALE, UNKNOWN),
        "colours": np.where(known, np.digitize(values, RELATIVE_EDGES), len(RELATIVE_SCALE)),
        "values": [
            f"{v:.1f}" if k else f"{v:.1f}(台帳が未完成)"
            for v, k in zip(values, known, strict=True)
        ],
        "hatched": ~known,
        "legend": (
            *(LegendEntry(c, t) for c, t in zip(RELATIVE_SCALE, RELATIVE_LABELS, strict=True)),
            LegendEntry(UNKNOWN, "台帳が未完成で判定しない", hatched=True),
        ),
    }


def _missing(analysis: Analysis) -> dict[str, object]:
    missing = ((analysis.klass != "local") & analysis.entered).sum(axis=1)
    judged = analysis.entered.sum(axis=1)
    most = int(max(missing.max(), 1))
    # One shade a number as far as the shades go, else even steps.
    edges = np.unique(
        np.ceil(np.linspace(1, max(most, len(SCALE) - 1), len(SCALE) - 1)).astype(int)
    )
    shades = SCALE[: len(edges) + 1]
    starts = [0, *edges.tolist()]
    ends = [*(edges - 1).tolist(), most]
    return {
        "title": "地域内にない分野の数",
        "measure": "地域内に窓口がない分野",
        "unit": f"判定できた分野のうち、最大{int(judged.max())}",
        "palette": (*shades, UNKNOWN),
        "colours": np.where(judged > 0, np.digitize(missing, edges), len(shades)),
        "values": [f"{m}分野(判定{n}分野中)" for m, n in zip(missing, judged, strict=True)],
        "hatched": judged == 0,
        "legend": tuple(
            LegendEntry(shade, f"{a}分野" if a == b else f"{a}〜{b}分野")
            for shade, a, b in zip(shades, starts, ends, strict=True)
            if a <= b
        ),
    }


def _need(analysis: Analysis, year: int) -> dict[str, object]:
    values = analysis.need[year].to_numpy()
    label = "現在(2020年)" if year == YEARS[0] else f"{year}年(推計)"
    return {
        "title": f"必要度 {label}",
        "measure": f"必要度 {label}",
        "unit": "0〜100。今の全道の中央=50",
        "palette": NEED_SCALE,
        "colours": np.digitize(values, NEED_EDGES),
        "values": [f"{value:.0f}" for value in values],
        "legend": _steps(NEED_SCALE, NEED_EDGES, 0, 100),
    }


def _both(analysis: Analysis, year: int) -> dict[str, object]:
    known = np.isfinite(analysis.scarcity)
    need = analysis.need[year].to_numpy()
    rows, columns = thirds(need) + 1, thirds(analysis.scarcity) + 1
    return {
        "title": "必要度と不足度",
        "measure": "必要度 × 不足度",
        "unit": f"どちらも全道の3分の1ずつ({year}年)",
        "palette": (*BIVARIATE, UNKNOWN),
        "colours": np.where(known, rows * 3 + columns, len(BIVARIATE)),
        "values": [
            f"必要度 {n:.0f}・不足度 {s:.1f}" if k else f"必要度 {n:.0f}・不足度 未確認"
            for n, s, k in zip(need, analysis.scarcity, known, strict=True)
        ],
        "hatched": ~known,
        "outlined": analysis.candidate if year == YEARS[0] else None,
        "legend": (
            *_unknown(known),
            *([CANDIDATE_OUTLINE] if year == YEARS[0] else []),
        ),
        "bivariate": BivariateKey(BIVARIATE, "不足度", "必要度"),
    }


def _steps(
    shades: tuple[str, ...], edges: tuple[int, ...], low: int, high: int
) -> tuple[LegendEntry, ...]:
    bounds = (low, *edges, high)
    return tuple(
        LegendEntry(shade, f"{bounds[i]}〜{bounds[i + 1]}" + ("" if i == len(edges) else "未満"))
        for i, shade in enumerate(shades)
    )


def _unknown(known: np.ndarray) -> tuple[LegendEntry, ...]:
    """Return the legend's line for municipalities in which nothing could be judged, if any."""
    return () if known.all() else (LegendEntry(UNKNOWN, "未確認", hatched=True),)


def _minutes_text(minutes: float) -> str:
    return f"最寄りまで{minutes:.0f}分" if np.isfinite(minutes) else "来所できる窓口なし(公表分)"


@kept(KEPT_FILTERS)
def visible_organisations(
    analysis: Analysis,
    *,
    fields: tuple[str, ...] = (),
    approaches: tuple[str, ...] = (),
    modes: tuple[str, ...] = (),
    subprefectures: tuple[str, ...] = (),
    medical_areas: tuple[str, ...] = (),
    confidence: tuple[str, ...] = ("A", "B"),
) -> np.ndarray:
    """Return, per row of `Dataset.organisations`, whether it has a service that fits every filter.

    An empty filter lets everything through. Areas filter by where an organisation stands.
    The array is shared and must not be changed.
    """
    data = analysis.dataset
    services, organisations = data.services, data.organisations
    keep = services["confidence"].isin(confidence)
    if fields:
        keep &= services["field"].isin(fields)
    for column, wanted in (("approaches", approaches), ("modes", modes)):
        if wanted:
            keep &= services[column].map(lambda cell, w=wanted: not set(w).isdisjoint(cell))
    shown = np.zeros(len(organisations), bool)
    shown[_organisation_rows(data)[keep.to_numpy()]] = True
    towns = organisations["municipality_code"]
    for unit, areas in (
        ("subprefecture", subprefectures),
        ("secondary_medical_area", medical_areas),
    ):
        if areas:
            shown &= towns.map(data.municipalities[unit]).isin(areas).to_numpy()
    return shown


@kept(1)
def _organisation_rows(data: Dataset) -> np.ndarray:
    """Return, per service, the row of its organisation."""
    rows: np.ndarray = data.organisations.index.get_indexer(data.services["organisation"])
    return rows


def bounds_of(analysis: Analysis, codes: list[str]) -> tuple[float, float, float, float]:
    """Return (south, west, north, east) in degrees around some municipalities."""
    west, south, east, north = analysis.dataset.boundaries.loc[codes].total_bounds
    return float(south), float(west), float(north), float(east)
