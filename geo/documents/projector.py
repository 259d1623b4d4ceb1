"""Turn the screens of a meeting into what a browser shows: texts, numbers and SVG pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from geo.data.memory import kept
from geo.data.vocabulary import CLASSES
from geo.documents.links import qr_svg
from geo.documents.meeting import ROWS_SHOWN, Screen, screens, shortened
from geo.maps.colours import CLASS_COLOURS, DARK
from geo.maps.picture import picture
from geo.methods.analysis import Analysis

# Inches of a picture; a screen of 1920 × 1080 gives a hundred pixels to each.
WIDE, BESIDE_TABLE = (13.0, 8.0), (10.0, 8.0)
LEGEND = 20.0  # points, 28 pixels of 1080: still read from ten metres


@kept(16)
def payload(
    analysis: Analysis,
    keys: tuple[str, ...],
    areas: tuple[str, ...] | None,
    town: str | None,
    base: str,
) -> list[dict[str, Any]]:
    """Return the screens as JSON-able dictionaries, pictures included; arguments as `screens`."""
    made = screens(analysis, keys=keys, areas=areas, town=town, base=base)
    return [shown(analysis, screen) for screen in made]


def shown(analysis: Analysis, screen: Screen) -> dict[str, Any]:
    """Return one screen as a JSON-able dictionary."""
    table, left = (None, 0) if screen.table is None else shortened(screen.table, ROWS_SHOWN)
    return {
        "key": screen.key,
        "title": screen.title,
        "headline": screen.headline,
        "figures": [[figure.label, figure.number, figure.of] for figure in screen.figures],
        "picture": _picture(analysis, screen),
        "pictureTitle": screen.view.title if screen.view else "",
        "bars": None if screen.bars is None else _bars(screen.bars.to_numpy().tolist()),
        "classes": [[CLASSES[key], CLASS_COLOURS[key], key in DARK] for key in CLASSES],
        "table": None if table is None else [list(table.columns), *table.to_numpy().tolist()],
        "left": left,
        "points": list(screen.points),
        "notes": screen.notes,
        "source": screen.source,
        "address": screen.address,
        "qr": qr_svg(screen.address).decode() if screen.address else "",
    }


def _picture(analysis: Analysis, screen: Screen) -> str:
    if screen.view is None:
        return ""
    size = WIDE if screen.table is None else BESIDE_TABLE
    drawn = picture(
        analysis.dataset,
        screen.view,
        "svg",
        size=size,
        text=LEGEND,
        title="",
        labels=screen.labels,
    )
    return drawn.decode()


def _bars(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [[str(name), *(int(value) for value in values)] for name, *values in rows]
