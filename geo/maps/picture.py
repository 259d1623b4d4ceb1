"""Draw a map as a picture: PNG, SVG or PDF with title, legend, scale bar and sources."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import shapely
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from PIL import Image
from scipy.spatial import KDTree

from geo.data.dataset import Dataset, position_of
from geo.maps.colours import ACCENT, INK, NORTHERN, SEA, SECONDARY, WHITE
from geo.maps.legend import HATCH, INCH, draw_legend, handle_of, points_handle
from geo.maps.outlines import MAP_PLANE, Shapes, lay, outlines
from geo.maps.overlay import Features, Overlay
from geo.maps.typeface import MISSING_NOTE, typeface
from geo.maps.view import MapView

PICTURES = ("png", "svg", "pdf")
SIMPLIFIED = 350.0  # metres, under a third of a pixel of a map of all Hokkaido on a projector
CLOSE_UP = 80_000.0  # metres, the least width of a map of one municipality
MARGIN = 0.55  # of a municipality's own width, shown around it
LONGEST_NAME = 0.35  # of the map's width
POINT_AREA = 0.045  # of an organisation, in squares of the type's size
# Where a name may stand, in its own widths and heights: on its town, else beside it.
PLACES = ((0.0, 0.0), (0.7, 0.0), (-0.7, 0.0), (0.0, 1.2), (0.0, -1.2))
COLOURS = 256  # of a PNG: the map's own and their mixtures along the edges
OUTLINE = re.compile(r'(?<= d=")[^"]*')
NUMBER = re.compile(r"-?\d+\.\d+")

# Text in a PDF stays text, in an embedded subset; in an SVG it becomes outlines, whole anywhere.
mpl.rcParams["pdf.fonttype"] = 42
mpl.rcParams["svg.fonttype"] = "path"
mpl.rcParams["svg.hashsalt"] = "hokkaido"
mpl.rcParams["hatch.linewidth"] = 0.7
# A publisher's $ is money, and no formula.
mpl.rcParams["text.parse_math"] = False


def picture(
    data: Dataset,
    view: MapView,
    kind: str = "png",
    *,
    size: tuple[float, float] = (11.0, 7.4),
    dpi: int = 200,
    text: float = 9.0,
    title: str | None = None,
    sources: Sequence[str] = (),
    labels: Sequence[str] = (),
    over: Sequence[Overlay] = (),
) -> bytes:
    """Return a view as a picture of a kind (png, svg, pdf).

    size: inches. text: points, the size of the legend. title: None for the view's own, '' for
    none. sources: lines below the map. labels: codes of municipalities to name; in a close-up
    (view.focus) all that fit are named. over: layers of shapes, drawn over it, the lowest first.
    Raises ValueError for an unknown kind.
    """
    if kind not in PICTURES:
        message = f"not a kind of picture: {kind!r}; choose from {', '.join(PICTURES)}"
        raise ValueError(message)
    face = typeface()
    font = FontProperties(family=face.family, size=text)
    title = view.title if title is None else title
    figure = Figure(figsize=size, dpi=dpi, facecolor=WHITE)
    FigureCanvasAgg(figure)  # measures text, whatever the kind
    width = size[0] * INCH
    lines = [
        row
        for line in (*sources, *(() if face.embedded else (MISSING_NOTE,)))
        for row in face.lines(line, text * 0.75, width)
    ]
    step = text * 1.2 / INCH / size[1]
    below = step * (len(lines) + 0.6) if lines else 0.0
    above = step * 3.4 if title else 0.0
    if title:
        words, points = face.fit(title, text * 2, width, smallest=text, rows=1)
        figure.text(
            0, 1 - step * 0.4, words[0], va="top", color=INK, font=font.copy(), fontsize=points
        )
    for number, line in enumerate(lines):
        figure.text(
            0,
            below - step * (number + 0.8),
            line,
            va="top",
            color=SECONDARY,
            font=font.copy(),
            fontsize=text * 0.75,
        )
    axes = figure.add_axes((0, below, 1, 1 - below - above), facecolor=SEA)
    _draw(axes, data, view, font, labels, over)
    stream = io.BytesIO()
    figure.savefig(stream, format=kind, dpi=dpi, metadata=_metadata(kind, title or view.title))
    drawn = stream.getvalue()
    if kind == "png":
        return _few_colours(drawn, [*view.palette, *(entry.colour for entry in view.legend)])
    return _few_digits(drawn) if kind == "svg" else drawn


def _few_colours(png: bytes, kept: list[str]) -> bytes:
    """Return a PNG with a palette: a third of the size, and no difference to the eye.

    kept: colours that stay exactly as they are, however little of them is drawn.
    """
    with Image.open(io.BytesIO(png)) as image:
        flat, dots = np.asarray(image.convert("RGB")), image.info.get("dpi", (96, 96))
    packed = flat.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    used, place, count = np.unique(packed.ravel(), return_inverse=True, return_counts=True)
    fixed = [int(colour.removeprefix("#"), 16) for colour in kept]
    common = [int(colour) for colour in used[np.argsort(-count, kind="stable")]]
    colours = _channels(np.array(list(dict.fromkeys([*fixed, *common]))[:COLOURS]))
    nearest = KDTree(colours).query(_channels(used))[1].astype(np.uint8)
    few = Image.fromarray(nearest[place].reshape(packed.shape))
    few.putpalette(colours.astype(np.uint8).tobytes())
    stream = io.BytesIO()
    few.save(stream, "PNG", dpi=dots)
    return stream.getvalue()


def _channels(packed: np.ndarray) -> np.ndarray:
    return np.column_stack([packed >> 16 & 255, packed >> 8 & 255, packed & 255])


def _few_digits(svg: bytes) -> bytes:
    """Return an SVG whose outlines are rounded to a tenth of a point: half of the size."""
    text = svg.decode()
    return OUTLINE.sub(
        lambda outline: " ".join(
            NUMBER.sub(
                lambda number: f"{float(number[0]):.1f}".removesuffix(".0"), outline[0]
            ).split()
        ),
        text,
    ).encode()


def _metadata(kind: str, title: str) -> dict[str, str | None]:
    # No time of making, so that the same data gives the same file.
    if kind == "pdf":
        return {"Title": title, "CreationDate": None, "Producer": None, "Creator": None}
    return {"Title": title, **({"Date": None, "Creator": None} if kind == "svg" else {})}


def _draw(
    axes: Axes,
    data: Dataset,
    view: MapView,
    font: FontProperties,
    labels: Sequence[str],
    over: Sequence[Overlay],
) -> None:
    near = view.focus is not None
    layers = [one.content for one in over if isinstance(one.content, Features)]
    entries = [entry for one in layers for entry in one.legend]
    handles: list[Patch | Line2D] = [handle_of(entry) for entry in (*view.legend, *entries)]
    if view.show_points:
        handles.append(points_handle())
    shapes = outlines(data, 0.0 if near else SIMPLIFIED)
    position = data.municipalities.index.get_indexer
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    if not near:
        _turn_to(axes, _frame(axes, shapes, view, data))
    legend = draw_legend(axes, view, handles, font, below=near)
    if not near and _covers(axes, legend, shapes):
        for part in legend:
            part.remove()
        legend = draw_legend(axes, view, handles, font, below=True)
    frame = _frame(axes, shapes, view, data)
    _turn_to(axes, frame)
    inside = _inside(shapes.bounds, frame)
    colours = np.array(view.palette)[np.asarray(view.colours, int)]
    hatched = _flags(view.hatched, len(colours))
    _fill(axes, [shapes.northern], [NORTHERN])
    for part in (inside & ~hatched, inside & hatched):
        chosen = np.flatnonzero(part)
        fill = _fill(axes, [shapes.towns[i] for i in chosen], list(colours[chosen]))
        if len(chosen) and hatched[chosen[0]]:
            fill.set_hatch(HATCH)
    axes.add_collection(
        LineCollection(shapes.lines, colors=INK, alpha=0.35, linewidths=0.8), autolim=False
    )
    outlined = np.flatnonzero(_flags(view.outlined, len(colours)) & inside)
    _stroke(axes, [shapes.towns[i] for i in outlined], INK, 1.3)
    if view.highlighted is not None:
        chosen = position([view.highlighted])
        _stroke(axes, [shapes.towns[i] for i in chosen], WHITE, 4.5)
        _stroke(axes, [shapes.towns[i] for i in chosen], ACCENT, 2.4)
    for layer in over:
        lay(axes, layer)
    if view.show_points:
        _points(axes, data, view, shapes, font.get_size())
    wanted = list(position(list(labels)))
    if near:
        first = list(position([view.highlighted])) if view.highlighted else []
        by_size = np.argsort(-np.prod(shapes.bounds[:, 2:] - shapes.bounds[:, :2], axis=1))
        wanted = [i for i in dict.fromkeys([*first, *wanted, *by_size]) if inside[i] or i in first]
    _scale_bar(axes, frame, font, top=not near)
    _names(axes, data, shapes, wanted, font, legend, strong=view.highlighted, near=near)


def _turn_to(axes: Axes, frame: tuple[float, float, float, float]) -> None:
    axes.set_xlim(frame[0], frame[2])
    axes.set_ylim(frame[1], frame[3])


def _covers(axes: Axes, legend: list[Any], shapes: Shapes) -> bool:
    """Tell whether a legend lies over land."""
    renderer = axes.figure.canvas.get_renderer()  # type: ignore[attr-defined]
    land = np.concatenate([outline.vertices for outline in shapes.towns])
    for part in legend:
        (left, bottom), (right, top) = axes.transData.inverted().transform(
            part.get_window_extent(renderer).get_points()
        )
        x, y = land.T
        if ((left < x) & (x < right) & (bottom < y) & (y < top)).any():
            return True
    return False


def _fill(axes: Axes, paths: list[Outline], colours: list[str]) -> PathCollection:
    # The edge colour is also the hatch's.
    fill = PathCollection(paths, facecolors=colours, edgecolors=WHITE, linewidths=0.6)
    axes.add_collection(fill, autolim=False)
    return fill


def _stroke(axes: Axes, paths: list[Outline], colour: str, width: float) -> None:
    lines = PathCollection(
        paths, facecolors="none", edgecolors=colour, linewidths=width, joinstyle="round"
    )
    axes.add_collection(lines, autolim=False)


def _points(axes: Axes, data: Dataset, view: MapView, shapes: Shapes, text: float) -> None:
    """Draw one circle a municipality for its visible organisations, at the office.

    text: points of type of the legend; the larger it is, the farther away somebody reads.
    """
    towns = data.organisations["municipality_code"]
    shown = np.ones(len(towns), bool) if view.visible is None else np.asarray(view.visible, bool)
    shown = shown & data.organisations["location_public"].to_numpy(bool)
    count = towns[shown].value_counts().reindex(data.municipalities.index, fill_value=0).to_numpy()
    have = count > 0
    axes.scatter(
        shapes.offices[have, 0],
        shapes.offices[have, 1],
        s=POINT_AREA * text**2 * count[have],
        facecolor=f"{WHITE}D9",
        edgecolor=INK,
        linewidth=0.08 * text,
        zorder=5,
    )


def _scale_bar(
    axes: Axes, frame: tuple[float, float, float, float], font: FontProperties, *, top: bool
) -> None:
    """Draw a bar of 1, 2 or 5 times a power of ten km, about a sixth of the map's width."""
    width = frame[2] - frame[0]
    power = 10 ** math.floor(math.log10(width / 6))
    length = max(step * power for step in (1, 2, 5) if step * power <= width / 6)
    left, bottom = frame[0] + width * 0.02, frame[1] + width * 0.02
    if top:  # of Hokkaido, the corner that is sea
        bottom = frame[3] - width * 0.045
    for colour, thick in ((WHITE, 4.0), (INK, 1.6)):
        axes.plot(
            [left, left + length],
            [bottom, bottom],
            color=colour,
            linewidth=thick,
            solid_capstyle="butt",
            zorder=8,
        )
    label = axes.text(
        left,
        bottom + width * 0.006,
        f"{length / 1000:g} km",
        font=font.copy(),
        color=INK,
        va="bottom",
        zorder=8,
    )
    label.set_path_effects([withStroke(linewidth=2.5, foreground=WHITE)])


def _names(
    axes: Axes,
    data: Dataset,
    shapes: Shapes,
    wanted: list[int],
    font: FontProperties,
    taken_by: Sequence[Artist],
    *,
    strong: str | None,
    near: bool,
) -> None:
    """Name municipalities, the first ones first; one that fits nowhere beside others is left out.

    Only on a map that is not `near` may a name stand beside its town.
    """
    renderer = axes.figure.canvas.get_renderer()  # type: ignore[attr-defined]
    taken = [thing.get_window_extent(renderer) for thing in taken_by]
    taken += [text.get_window_extent(renderer) for text in axes.texts]
    edge = axes.get_window_extent(renderer)
    room = edge.width / axes.figure.dpi * INCH * LONGEST_NAME
    for number in wanted:
        first = data.municipalities.index[number] == strong
        size = font.get_size() * (1.35 if first else 1.0)
        label: Text = axes.text(
            shapes.points[number, 0],
            shapes.points[number, 1],
            typeface().shorten(data.municipalities["name"].iloc[number], size, room),
            font=font.copy(),
            fontsize=size,
            color=INK,
            ha="center",
            va="center",
            zorder=9 if first else 7,
        )
        label.set_path_effects([withStroke(linewidth=2.8, foreground=WHITE)])
        for across, up in PLACES if not near or first else PLACES[:1]:
            box = label.get_window_extent(renderer)
            moved = axes.transData.transform(shapes.points[number])
            moved += np.array([across * box.width, up * box.height])
            x, y = axes.transData.inverted().transform(moved)
            label.set_position((x, y))
            box = label.get_window_extent(renderer)
            inside = edge.x0 < box.x0 and box.x1 < edge.x1 and edge.y0 < box.y0 and box.y1 < edge.y1
            if inside and not any(box.overlaps(other) for other in taken):
                taken.append(box)
                break
        else:
            label.set_position(shapes.points[number])
            if not first:  # the one that the map is about is named, whatever it covers
                label.remove()


def _frame(
    axes: Axes, shapes: Shapes, view: MapView, data: Dataset
) -> tuple[float, float, float, float]:
    """Return (left, bottom, right, top) in metres, in the proportions of the axes."""
    if view.focus is None:
        left, bottom, right, top = shapes.everything
        pad = 0.015 * (right - left)
        left, bottom, right, top = left - pad, bottom - pad, right + pad, top + pad
    elif isinstance(view.focus, str):
        box = shapes.bounds[position_of(data, view.focus)]
        side = max(box[2] - box[0], box[3] - box[1])
        pad = max(MARGIN * side, (CLOSE_UP - side) / 2)
        left, bottom, right, top = box + np.array([-pad, -pad, pad, pad])
    else:
        south, west, north, east = view.focus
        corners = gpd.GeoSeries([shapely.box(west, south, east, north)], crs="EPSG:4326")
        box = corners.to_crs(MAP_PLANE).total_bounds
        pad = 0.04 * (box[2] - box[0])
        left, bottom, right, top = box + np.array([-pad, -pad, pad, pad])
    box = axes.get_position()
    whole = axes.figure.bbox
    aspect = box.width * whole.width / (box.height * whole.height)
    width, height = right - left, top - bottom
    more_width = max(0.0, height * aspect - width) / 2
    more_height = max(0.0, width / aspect - height) / 2
    return left - more_width, bottom - more_height, right + more_width, top + more_height


def _inside(bounds: np.ndarray, frame: tuple[float, float, float, float]) -> np.ndarray:
    left, bottom, right, top = frame
    return (
        (bounds[:, 0] < right)
        & (bounds[:, 2] > left)
        & (bounds[:, 1] < top)
        & (bounds[:, 3] > bottom)
    )


def _flags(flags: Sequence[bool] | np.ndarray | None, length: int) -> np.ndarray:
    return np.zeros(length, bool) if flags is None else np.asarray(flags, bool)
