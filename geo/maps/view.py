"""Hold what one view of the map shows, and what a user chose on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class LegendEntry:
    """One line of the legend: a colour, hatched or not, or an outline without a fill."""

    colour: str
    label: str
    hatched: bool = False
    outline: bool = False


@dataclass(frozen=True)
class BivariateKey:
    """A 3 by 3 key: nine colours, row by row from the lowest y, with the words of its axes."""

    colours: tuple[str, ...]
    x_label: str
    y_label: str

    def __post_init__(self) -> None:
        if len(self.colours) != 9:
            message = f"a 3 by 3 key has 9 colours, not {len(self.colours)}"
            raise ValueError(message)


@dataclass(frozen=True, eq=False)
class MapView:
    """What one run of a page shows; every sequence follows `Dataset.municipalities`.

    title: spoken name of the map. measure, unit: heading of the legend. colours: (179,) indices
    into palette, at most 36. values: (179,) texts, shown as they are ('73.2', '未確認').
    details: (179,) second lines of the card, '' for none. hatched, outlined: (179,) bool.
    highlighted: a municipality's code. visible: bool per row of `Dataset.organisations`,
    None = all. focus: a municipality's code or (south, west, north, east) in degrees, applied
    when it changes. note: source and date, in the map's corner.
    """

    title: str
    measure: str
    unit: str
    palette: tuple[str, ...]
    colours: Sequence[int] | np.ndarray
    values: Sequence[str]
    legend: tuple[LegendEntry, ...]
    details: Sequence[str] | None = None
    hatched: Sequence[bool] | np.ndarray | None = None
    outlined: Sequence[bool] | np.ndarray | None = None
    highlighted: str | None = None
    bivariate: BivariateKey | None = None
    visible: Sequence[bool] | np.ndarray | None = None
    show_points: bool = True
    focus: str | tuple[float, float, float, float] | None = None
    gsi_tiles: bool = False
    note: str = ""


@dataclass(frozen=True)
class MapEvent:
    """What the user asked for in this run: a municipality chosen, or a page to open."""

    municipality: str | None = None
    open_municipality: str | None = None
    open_organisation: str | None = None
