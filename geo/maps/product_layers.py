"""Make the layers that the product itself has: measures, organisations, catchments, a study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.data.memory import kept
from geo.maps.catchment import field_catchment, town_catchment
from geo.maps.colours import CATCHMENTS, OUTLINE, VENUE
from geo.maps.measures import MEASURES, MEASURES_OF_A_FIELD, measure_view, visible_organisations
from geo.maps.overlay import Features, Overlay
from geo.maps.view import LegendEntry
from geo.methods.analysis import Analysis
from geo.methods.need import TODAY, YEARS
from geo.parameters import CATCHMENT_MINUTES

CATCHMENT_FILL = 0.12  # so that the measure below keeps its colours
OF = ":"  # between a measure and its field, or the year of need


@dataclass(frozen=True)
class Choice:
    """Which layers of the product are laid over; hashable, so that what it makes can be kept.

    measures: of `measures_of`, the lowest first. organisations: whether they are shown, of fields
    and approaches (none: all). reached: fields whose offices' catchments are shown; reached_from:
    codes of municipalities whose offices' catchment is. minutes: T. areas, venues: codes.
    """

    measures: tuple[str, ...] = ("scarcity",)
    organisations: bool = True
    fields: tuple[str, ...] = ()
    approaches: tuple[str, ...] = ()
    reached: tuple[str, ...] = ()
    reached_from: tuple[str, ...] = ()
    minutes: float = float(CATCHMENT_MINUTES)
    areas: tuple[str, ...] = ()
    venues: tuple[str, ...] = ()


def measures_of(analysis: Analysis) -> dict[str, str]:
    """Return every measure that can be a layer, by key, in words."""
    names = analysis.dataset.fields["name"]
    found: dict[str, str] = {}
    for key, words in MEASURES.items():
        if key in MEASURES_OF_A_FIELD:
            found |= {f"{key}{OF}{field}": f"{words}: {name}" for field, name in names.items()}
        elif key == "need":
            found |= {key: words} | {
                f"{key}{OF}{year}": f"{words} {year}年" for year in YEARS if year != TODAY
            }
        else:
            found[key] = words
    return found


def overlays(analysis: Analysis, choice: Choice) -> list[Overlay]:
    """Return the layers of a choice, the lowest first.

    Raises KeyError for a measure that is none of `measures_of`.
    """
    words = measures_of(analysis)
    made = [_measure(analysis, key, words[key]) for key in choice.measures]
    names = analysis.dataset.fields["name"]
    made += [
        _reached(analysis, field, choice.minutes, CATCHMENTS[place % len(CATCHMENTS)])
        for place, field in enumerate(choice.reached)
    ]
    if choice.reached_from:
        shape = _town_catchment(analysis, choice.reached_from, choice.minutes)
        title = f"到達圏 {choice.minutes:g}分(選んだ市町村の役場から)"
        made.append(_area("reach-towns", title, shape, OUTLINE))
    if choice.areas:
        made.append(_towns(analysis, "areas", "調査の対象地域", choice.areas, OUTLINE))
    if choice.venues:
        made.append(_venues(analysis, choice.venues))
    if choice.organisations:
        shown = visible_organisations(
            analysis,
            fields=choice.fields,
            approaches=choice.approaches,
            confidence=analysis.parameters.confidence,
        )
        wanted = "、".join(names[field] for field in choice.fields)
        title = f"団体({wanted}、公表分)" if wanted else "団体(公表分)"
        made.append(Overlay("organisations", title, shown, opacity=1.0))
    return made


@kept(32)
def _measure(analysis: Analysis, key: str, title: str) -> Overlay:
    measure, _, of = key.partition(OF)
    year = int(of) if measure == "need" and of else TODAY
    field = of if measure in MEASURES_OF_A_FIELD else ""
    view = measure_view(analysis, measure, field, year, show_points=False)
    return Overlay(f"measure-{key.replace(OF, '-')}", title, view, opacity=0.9)


@kept(32)
def _reached(analysis: Analysis, field: str, minutes: float, colour: str) -> Overlay:
    name = analysis.dataset.fields.at[field, "name"]
    shape = field_catchment(analysis, [field], minutes)
    return _area(f"reach-{field}", f"到達圏 {minutes:g}分({name}の窓口から)", shape, colour)


@kept(8)
def _town_catchment(analysis: Analysis, codes: tuple[str, ...], minutes: float) -> shapely.Geometry:
    return town_catchment(analysis, codes, minutes)


def _area(key: str, title: str, shape: shapely.Geometry, colour: str) -> Overlay:
    frame = _frame([shape], [title], ["直線距離と迂回係数による推定"])
    legend = (LegendEntry(colour, f"{title}、推定"),)
    made = Features(frame, (colour,), legend, fill=CATCHMENT_FILL, speaks=False)
    return Overlay(key, title, made, opacity=0.9)


def _towns(analysis: Analysis, key: str, title: str, codes: Sequence[str], colour: str) -> Overlay:
    data = analysis.dataset
    found = [code for code in codes if code in data.municipalities.index]
    rings = [shapely.boundary(one) for one in data.boundaries.geometry.loc[found]]
    frame = _frame(rings, list(data.municipalities.loc[found, "name"]), [title] * len(found))
    legend = (LegendEntry(colour, f"{title}(線)", outline=True),)
    return Overlay(key, title, Features(frame, (colour,), legend), opacity=1.0, labels=True)


def _venues(analysis: Analysis, codes: Sequence[str]) -> Overlay:
    towns = analysis.dataset.municipalities
    rows = towns.loc[[code for code in codes if code in towns.index]]
    points = list(shapely.points(rows["office_lon"], rows["office_lat"]))
    frame = _frame(points, [f"{name}の会場" for name in rows["name"]], ["役場の位置"] * len(rows))
    shapes = Features(frame, (VENUE,), (LegendEntry(VENUE, "会場(役場の位置)"),))
    return Overlay("venues", "会場", shapes, opacity=1.0, labels=True)


def own_layer(
    key: str,
    title: str,
    frame: gpd.GeoDataFrame,
    colour: str,
    *,
    opacity: float = 0.85,
    labels: bool = False,
    fill: float = 0.45,
    made: tuple[str, float] | None = None,
) -> Overlay:
    """Return a layer of one's own in one colour.

    frame: EPSG:4326 with label and detail. fill: how dense areas are, 0 to 1. made: of `geo.maps.overlay.drawn_text`, if it is known.
    """
    legend = (LegendEntry(colour, title),)
    shapes = Features(frame.assign(shade=0), (colour,), legend, fill=fill, made=made)
    return Overlay(key, title, shapes, opacity=opacity, labels=labels)


def _frame(
    shapes: Sequence[shapely.Geometry], labels: Sequence[str], details: Sequence[str]
) -> gpd.GeoDataFrame:
    columns = pd.DataFrame({"label": list(labels), "detail": list(details), "shade": 0})
    return gpd.GeoDataFrame(columns, geometry=np.array(shapes, dtype=object), crs="EPSG:4326")
