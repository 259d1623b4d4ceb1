"""Hold what is laid over: measures, organisations and shapes, and say it to a browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geo.data.spreadsheet import UNWRITABLE_RE
from geo.maps.payload import MapData, encode
from geo.maps.view import LegendEntry, MapView

DRAWN_VERTICES = (
    20_000  # of one layer in a browser; a finer one is drawn more coarsely, and said so
)
DECIMALS = 5  # of a degree, 1 m
FIRST_TOLERANCE = 0.00005  # degrees, 5 m: where thinning begins
MANY = (
    2_000  # shapes, as in assets/overlays.js: from here on a layer is one canvas that says nothing
)
LAST_TOLERANCE = 0.01  # degrees, 1 km: coarser outlines would say something else
FEWEST_CORNERS = 5  # a shape of no more is left as it is
MARKS_RE = re.compile(r"\{(?=[{%#])")  # what a template would take for its own


@dataclass(frozen=True, eq=False)
class Features:
    """Features with their words.

    frame: EPSG:4326 with the columns label and detail (text) and shade (a place in palette).
    palette: #RRGGBB. legend: what each colour means. fill: how dense areas are, 0 to 1. speaks: whether
    a shape says its words when it is pointed at.
    """

    frame: gpd.GeoDataFrame
    palette: tuple[str, ...]
    legend: tuple[LegendEntry, ...]
    fill: float = 0.45
    speaks: bool = True

    made: tuple[str, float] | None = None  # by `drawn_text`, where somebody keeps it

    @cached_property
    def drawn(self) -> tuple[str, float]:
        """As `drawn_text` says of the frame."""
        return self.made or drawn_text(self.frame)


@dataclass(frozen=True, eq=False)
class Overlay:
    """One layer over the others.

    key: its name for the page and the browser. content: a measure of the municipalities, which
    organisations are shown (one bool each), or shapes. opacity: 0 to 1. labels: whether its names are
    written.
    """

    key: str
    title: str
    content: MapView | np.ndarray | Features
    opacity: float = 0.85
    labels: bool = False

    def encoded(self, data: MapData) -> str:
        """Return the layer as JSON for a browser; `rev` changes with what is drawn."""
        text = json_text(self._body(data))
        if isinstance(self.content, Features):
            text = f'{text[:-1]},"features":{self.content.drawn[0]}}}'
        # Another choice of organisations is taken without drawing them anew.
        drawn = "" if self.is_organisations else text
        head = {
            "key": self.key,
            "title": self.title,
            "opacity": self.opacity,
            "labels": self.labels,
            "rev": hashlib.sha256(drawn.encode()).hexdigest()[:12],
        }
        return f"{json_text(head)[:-1]},{text[1:]}"

    @property
    def is_organisations(self) -> bool:
        """Whether the layer is which organisations are shown."""
        return isinstance(self.content, np.ndarray)

    @property
    def _kind(self) -> str:
        if isinstance(self.content, MapView):
            return "towns"
        return "shapes" if isinstance(self.content, Features) else "organisations"

    def _body(self, data: MapData) -> dict[str, Any]:
        content, common = self.content, {"kind": self._kind, "measure": self.title, "unit": ""}
        if isinstance(content, MapView):
            state = encode(content, data)
            kept = ("palette", "colours", "values", "hatched", "outlined", "legend", "bivariate")
            named = {"measure": content.measure, "unit": content.unit}
            return {**common, **named, **{key: state[key] for key in kept}}
        if isinstance(content, Features):
            lines = [[one.colour, one.label, one.hatched, one.outline] for one in content.legend]
            return {
                **common,
                "palette": list(content.palette),
                "fill": content.fill,
                "speaks": content.speaks,
                "legend": lines,
                "bivariate": None,
            }
        visible = np.packbits(np.asarray(content, bool)[data.rows], bitorder="little")
        return {
            **common,
            "visible": base64.b64encode(visible.tobytes()).decode(),
            "legend": [],
            "bivariate": None,
        }


def drawn_text(frame: gpd.GeoDataFrame) -> tuple[str, float]:
    """Return (JSON of the features, tolerance of their outlines in degrees, 0.0 for as they are).

    frame: as of `Features`; without a shade all have the first.
    """
    geometry, tolerance = thinned(frame.geometry.to_numpy())
    shades = frame["shade"] if "shade" in frame else [0] * len(frame)
    told = zip(geometry, frame["label"], frame["detail"], shades, strict=True)
    features = [
        [kind, coordinates, label, detail, int(shade)]
        for one, label, detail, shade in told
        for kind, coordinates in _parts(one)
    ]
    return json_text(features), tolerance


def state_text(
    overlays: Sequence[Overlay],
    data: MapData,
    *,
    title: str = "",
    note: str = "",
    about: Sequence[str] = (),
    choosing: bool = False,
    drawn: Sequence[Any] = (),
    focus: tuple[float, float, float, float] | None = None,
) -> str:
    """Return what the map shows as JSON, the lowest layer first.

    about: lines for a file that stands alone: what is compared, sources. choosing: whether shapes can
    be drawn to choose by. drawn: those of an address. focus: (south,
    west, north, east) in degrees.
    """
    layers = ",".join(one.encoded(data) for one in overlays)
    rest = {
        "title": title,
        "note": note,
        "about": list(about),
        "choosing": choosing,
        "focus": focus,
    }
    text = f'{json_text({**rest, "drawn": list(drawn)})[:-1]},"layers":[{layers}]'
    revision = hashlib.sha256(text.encode()).hexdigest()[:12]
    return f'{text},"revision":"{revision}"}}'


def json_text(content: Any) -> str:
    """Return JSON in which no text ends a script, begins a template, or cannot be written.

    It may stand in a script, in an element of HTML, and in whatever folium renders.
    """
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return harmless_json(text)


def harmless_json(text: str) -> str:
    """Return JSON as `json_text` does, of JSON that was written elsewhere."""
    text = UNWRITABLE_RE.sub("", text).replace("<", "\\u003c").replace(">", "\\u003e")
    text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").replace("&", "\\u0026")
    return MARKS_RE.sub(r"\\u007b", text)


def thinned(geometry: np.ndarray) -> tuple[np.ndarray, float]:
    """Return shapes of about DRAWN_VERTICES in all, and the tolerance in degrees that it took.

    No shape goes away: where there are many small ones, they take what they need.
    """
    tolerance, made = 0.0, geometry
    count = shapely.get_num_coordinates(geometry)
    while count.sum() > DRAWN_VERTICES and tolerance < LAST_TOLERANCE:
        tolerance = max(FIRST_TOLERANCE, tolerance * 4)
        coarse = count > FEWEST_CORNERS
        made = made.copy()
        made[coarse] = shapely.simplify(geometry[coarse], tolerance)
        count = shapely.get_num_coordinates(made)
    return made, tolerance


def _parts(geometry: shapely.Geometry) -> list[tuple[str, Any]]:
    """Return (kind, coordinates) of a shape's parts: points p, lines l, areas a, as [lat, lon]."""
    found: list[tuple[str, Any]] = []
    lines, areas = [], []
    for part in single_parts(geometry):
        if part.geom_type == "Point":
            found.append(("p", _positions(part)[0]))
        elif part.geom_type in ("LineString", "LinearRing"):
            lines.append(_positions(part))
        elif part.geom_type == "Polygon":
            areas.append([_positions(ring)[:-1] for ring in (part.exterior, *part.interiors)])
    if lines:
        found.append(("l", lines))
    if areas:
        found.append(("a", areas))
    return found


def single_parts(geometry: shapely.Geometry) -> list[shapely.Geometry]:
    """Return the single parts of a shape, of a collection within a collection too."""
    parts = list(shapely.get_parts(geometry))
    return [
        inner
        for part in parts
        for inner in (
            single_parts(part) if part.geom_type.startswith(("Multi", "Geometry")) else [part]
        )
        if not inner.is_empty
    ]


def _positions(line: shapely.Geometry) -> list[list[float]]:
    positions: list[list[float]] = shapely.get_coordinates(line)[:, ::-1].round(DECIMALS).tolist()
    return positions
