"""Draw the legend of a picture: in the sea, or below the map where land would be covered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from geo.maps.colours import INK, RULE, WHITE
from geo.maps.typeface import typeface
from geo.maps.view import BivariateKey, LegendEntry, MapView

HATCH = "////"
INCH = 72.0  # points


def handle_of(entry: LegendEntry) -> Patch:
    """Return the sign of a legend's line: a colour, hatched or not, or an outline."""
    label = entry.label
    if entry.outline:
        return Patch(facecolor=WHITE, edgecolor=entry.colour, linewidth=1.6, label=label)
    hatch = HATCH if entry.hatched else None
    return Patch(facecolor=entry.colour, edgecolor=WHITE, linewidth=0.6, hatch=hatch, label=label)


def points_handle() -> Line2D:
    """Return the sign of the organisations."""
    return Line2D(
        [],
        [],
        linestyle="none",
        marker="o",
        markerfacecolor=WHITE,
        markeredgecolor=INK,
        label="団体(円の面積は件数、公表分)",
    )


def draw_legend(
    axes: Axes, view: MapView, handles: Sequence[Artist], font: FontProperties, *, below: bool
) -> list[Any]:
    """Draw the legend in the corner that is sea on a map of all Hokkaido, or below the map."""
    face, size = typeface(), font.get_size()
    room = axes.figure.bbox.width / axes.figure.dpi * INCH * 0.85
    for handle in handles:
        handle.set_label(face.shorten(str(handle.get_label()), size, room))
    heading = [part for part in (view.measure, view.unit) if part]
    if below:
        heading = ["  ".join(heading)]
    look = {
        "handles": handles,
        "prop": font,
        "title_fontproperties": FontProperties(family=face.family, size=size * 1.1),
        "alignment": "left",
        "facecolor": WHITE,
        "edgecolor": RULE,
        "framealpha": 0.94,
        "fancybox": False,
        "handlelength": 1.7,
        "handleheight": 1.0,
        "labelcolor": INK,
        "title": "\n".join(face.shorten(line, size * 1.1, room) for line in heading),
    }
    if below:
        legend = _legend_below(axes, look, len(handles))
        return [legend, *([_bivariate(axes, view.bivariate, font, None)] if view.bivariate else [])]
    columns = 1 if len(handles) <= 4 or view.bivariate else 2
    legend = axes.legend(loc="lower right", ncols=columns, borderpad=0.7, **look)
    legend.set_zorder(8)
    if view.bivariate is None:
        return [legend]
    return [legend, _bivariate(axes, view.bivariate, font, legend)]


def _legend_below(axes: Axes, look: dict[str, Any], entries: int) -> Legend:
    """Draw the legend of a close-up below it, in as many columns as fit, and raise the axes."""
    figure = axes.figure
    place = axes.get_position()
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    for columns in range(entries, 0, -1):
        legend = figure.legend(
            loc="lower left",
            bbox_to_anchor=(0, place.y0),
            ncols=columns,
            frameon=False,
            borderpad=0,
            borderaxespad=0,
            columnspacing=1.2,
            **look,
        )
        box = legend.get_window_extent(renderer)
        if box.width <= figure.bbox.width or columns == 1:
            break
        legend.remove()
    taken = (box.height + look["prop"].get_size() * 0.6 * figure.dpi / INCH) / figure.bbox.height
    axes.set_position((place.x0, place.y0 + taken, place.width, place.height - taken))
    return legend


def _bivariate(axes: Axes, key: BivariateKey, font: FontProperties, legend: Legend | None) -> Axes:
    """Draw the 3 by 3 key left of the legend, without one in the map's right lower corner."""
    figure = axes.figure
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    right, bottom = axes.get_window_extent(renderer).p1[0], axes.get_window_extent(renderer).y0
    if legend is not None:
        right, bottom = legend.get_window_extent(renderer).p0
    side = font.get_size() * 7.5 * figure.dpi / INCH
    pad = font.get_size() * 2.2 * figure.dpi / INCH
    total = figure.bbox
    inset = figure.add_axes(
        (
            (right - side - pad * 0.4) / total.width,
            (bottom + pad) / total.height,
            side / total.width,
            side / total.height,
        )
    )
    for number, colour in enumerate(key.colours):
        inset.add_patch(
            Rectangle((number % 3, number // 3), 1, 1, facecolor=colour, edgecolor=WHITE)
        )
    inset.set_xlim(0, 3)
    inset.set_ylim(0, 3)
    inset.axis("off")
    inset.set_zorder(9)
    small = font.copy()
    inset.text(1.5, -0.15, f"{key.x_label} →", ha="center", va="top", font=small, color=INK)
    inset.text(
        -0.15, 1.5, f"{key.y_label} →", ha="right", va="center", rotation=90, font=small, color=INK
    )
    return inset
