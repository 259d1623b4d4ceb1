"""Prepare what the map draws: the public data a browser fetches once, and one view's state."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.data.boundaries import NORTHERN_TERRITORIES
from geo.data.dataset import Dataset
from geo.data.memory import kept
from geo.maps.colours import FAMILY_COLOURS, OTHER_FAMILY_COLOUR
from geo.maps.view import MapView

DECIMALS = 4  # of a degree, 11 m: finer than the boundaries are
PALETTE_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, eq=False)
class MapData:
    """The public data of one version, as the bytes a browser gets.

    codes: the municipalities in order. organisations: the ids on the map, in order. rows: their
    positions in `Dataset.organisations`, of which there are total. files: JSON by file name.
    number: the store's data version. trial: of one visitor's sandbox.
    """

    version: str
    codes: tuple[str, ...]
    organisations: tuple[str, ...]
    rows: np.ndarray
    total: int
    files: dict[str, bytes]
    number: int = 0
    trial: bool = False


@kept(1)
def of(data: Dataset) -> MapData:
    """Return the map data of a dataset, the same object as long as it is the current one."""
    made = build(data)
    if not data.trial:
        return made
    # Whoever knows the address gets the file: one that nobody else can guess.
    return replace(made, version=f"{made.version}-{secrets.token_hex(16)}", trial=True)


def build(data: Dataset) -> MapData:
    """Make the map data of a dataset: boundaries, and the organisations that may be shown."""
    shown = data.organisations[_mappable(data.organisations)]
    files = {
        "boundaries.json": _json(_boundaries(data)),
        "organisations.json": _json(_organisations(data, shown)),
    }
    # Of the content, not of its sources: what is drawn needs no other address for the same.
    version = hashlib.sha256(b"".join(files.values())).hexdigest()[:12]
    return MapData(
        version=version,
        codes=tuple(data.municipalities.index),
        organisations=tuple(shown.index),
        rows=np.flatnonzero(_mappable(data.organisations)),
        total=len(data.organisations),
        files=files,
        number=data.number,
    )


def encode(view: MapView, data: MapData) -> dict[str, Any]:
    """Return a view as a small JSON-able state; raise ValueError when it does not fit the data."""
    colours = _column("colours", view.colours, len(data.codes))
    if len(view.palette) > len(PALETTE_DIGITS):
        message = f"a palette holds at most {len(PALETTE_DIGITS)} colours"
        raise ValueError(message)
    if not all(0 <= int(index) < len(view.palette) for index in colours):
        message = "a colour index lies outside the palette"
        raise ValueError(message)
    for code in (view.highlighted, view.focus):
        if isinstance(code, str) and code not in data.codes:
            message = f"not a municipality: {code!r}"
            raise ValueError(message)
    visible = np.ones(data.total, bool) if view.visible is None else view.visible
    visible = np.asarray(_column("visible", visible, data.total), bool)[data.rows]
    return {
        "title": view.title,
        "measure": view.measure,
        "unit": view.unit,
        "palette": list(view.palette),
        "colours": "".join(PALETTE_DIGITS[int(index)] for index in colours),
        "values": _texts("values", view.values, data),
        "details": _texts("details", view.details, data),
        "hatched": _flags("hatched", view.hatched, data),
        "outlined": _flags("outlined", view.outlined, data),
        "highlighted": None if view.highlighted is None else data.codes.index(view.highlighted),
        "legend": [
            [entry.colour, entry.label, entry.hatched, entry.outline] for entry in view.legend
        ],
        "bivariate": view.bivariate
        and [list(view.bivariate.colours), view.bivariate.x_label, view.bivariate.y_label],
        "visible": base64.b64encode(np.packbits(visible, bitorder="little").tobytes()).decode(),
        "points": view.show_points,
        "focus": view.focus,
        "tiles": view.gsi_tiles,
        "note": view.note,
    }


def revision(state: dict[str, Any]) -> str:
    """Return a short digest of a state, by which a test can wait for it to be drawn."""
    return hashlib.sha256(_json(state)).hexdigest()[:12]


def _mappable(organisations: pd.DataFrame) -> np.ndarray:
    """Return which rows may be drawn and can be: public, and placed in a municipality."""
    public = organisations["location_public"].to_numpy(bool)
    shown: np.ndarray = public & (organisations["municipality_code"] != "").to_numpy(bool)
    return shown


def _boundaries(data: Dataset) -> dict[str, Any]:
    towns = data.municipalities
    names = list(dict.fromkeys(towns["subprefecture"]))
    number = {name: position for position, name in enumerate(names)}
    # On one grid first, so that neighbours keep sharing their vertices.
    shapes = shapely.set_precision(data.boundaries.geometry.to_numpy(), 10.0**-DECIMALS)
    polygons = gpd.GeoSeries(shapes, index=data.boundaries.index)
    areas = [
        shapely.union_all(polygons.loc[towns.index[towns["subprefecture"] == name]].to_numpy())
        for name in names
    ]
    lines = shapely.line_merge(shapely.union_all([shapely.boundary(area) for area in areas]))
    return {
        "towns": [
            {
                "code": town.Index,
                "name": town.name,
                "kana": town.kana,
                "romaji": town.romaji,
                "subprefecture": number[town.subprefecture],
                "medicalArea": town.secondary_medical_area,
                "population": int(town.population_2020),
                "office": [round(town.office_lat, DECIMALS), round(town.office_lon, DECIMALS)],
                "polygons": _polygons(polygons.loc[town.Index]),
            }
            for town in towns.itertuples()
        ],
        "subprefectures": [
            {"name": name, "centre": _centre(area)} for name, area in zip(names, areas, strict=True)
        ],
        "lines": [_positions(line) for line in shapely.get_parts(lines)],
        "northern": _polygons(polygons.loc[NORTHERN_TERRITORIES]),
    }


def _organisations(data: Dataset, shown: pd.DataFrame) -> dict[str, Any]:
    town = {code: position for position, code in enumerate(data.municipalities.index)}
    field = {code: position for position, code in enumerate(data.fields.index)}
    fields: dict[str, list[int]] = {}
    for organisation, code in zip(
        data.services["organisation"], data.services["field"], strict=True
    ):
        listed = fields.setdefault(organisation, [])
        if field[code] not in listed:
            listed.append(field[code])
    return {
        "fields": [
            [row.name, FAMILY_COLOURS.get(row.family, OTHER_FAMILY_COLOUR)]
            for row in data.fields.itertuples()
        ],
        "families": [
            [family, FAMILY_COLOURS.get(family, OTHER_FAMILY_COLOUR)]
            for family in dict.fromkeys(data.fields["family"])
        ],
        "id": list(shown.index),
        "name": shown["name"].tolist(),
        "town": [town[code] for code in shown["municipality_code"]],
        "lat": _degrees(shown["lat"]),
        "lon": _degrees(shown["lon"]),
        "field": [fields.get(organisation, []) for organisation in shown.index],
        "confidence": shown["confidence"].tolist(),
        "checked": [str(day) for day in shown["checked_on"]],
    }


def _degrees(column: pd.Series) -> list[float | None]:
    """Return coordinates to about 1 m, None where a row is known only to its municipality."""
    return [None if np.isnan(value) else round(float(value), 5) for value in column]


def _polygons(geometry: shapely.Geometry) -> list[list[list[list[float]]]]:
    """Return polygons as rings of [lat, lon], the outer ring first, left open at the end."""
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"]
    return [[_positions(ring)[:-1] for ring in (part.exterior, *part.interiors)] for part in parts]


def _positions(line: shapely.Geometry) -> list[list[float]]:
    positions: list[list[float]] = shapely.get_coordinates(line)[:, ::-1].round(DECIMALS).tolist()
    return positions


def _centre(geometry: shapely.Geometry) -> list[float]:
    """Return [lat, lon] of a point well inside the largest part."""
    parts = shapely.get_parts(geometry)
    largest = parts[int(np.argmax(shapely.area(parts)))]
    return _positions(shapely.maximum_inscribed_circle(largest, tolerance=0.01))[0]


def _column(name: str, values: Any, length: int) -> Any:
    if len(values) != length:
        message = f"{name} has {len(values)} entries, not {length}"
        raise ValueError(message)
    return values


def _texts(name: str, texts: Sequence[str] | None, data: MapData) -> list[Any] | None:
    """Return [different texts, index of each municipality's], since most texts repeat."""
    if texts is None:
        return None
    different = dict.fromkeys(_column(name, texts, len(data.codes)))
    position = {text: index for index, text in enumerate(different)}
    return [list(different), [position[text] for text in texts]]


def _flags(name: str, flags: Sequence[bool] | np.ndarray | None, data: MapData) -> str:
    """Return one character per municipality, '1' for true."""
    if flags is None:
        return "0" * len(data.codes)
    return "".join("1" if flag else "0" for flag in _column(name, flags, len(data.codes)))


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
