"""Hold what one file brings: organisations, services, and an account of every row.

The contract between reading and the store: a row is refused at most once, or kept, and what was
mended in it is said.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from geo.data.schema import ORGANISATION_COLUMNS, SERVICE_COLUMNS

SHOWN = 100  # characters of a cell in a report
# Beside the columns of data/organisations.csv and data/services.csv.
SERVICE_EXTRA = ("file_row", "sheet", "status")
FRAME_COLUMNS = {
    "organisations": [
        *[c for c in ORGANISATION_COLUMNS if c != "organisation"],
        "file_row",
        "sheet",
    ],
    "services": [*[c for c in SERVICE_COLUMNS if c != "service"], *SERVICE_EXTRA],
}


@dataclass(frozen=True)
class Refusal:
    """One cell that was refused or mended: file, spreadsheet row, column, value, reason.

    row: as a spreadsheet shows it (1 = the first line), None for the file as a whole. sheet: of a
    workbook, else ''.
    """

    file: str
    row: int | None
    column: str
    value: str
    reason: str
    sheet: str = ""


@dataclass(frozen=True)
class LeftOut:
    """Rows that are no records, and why: count of them from first to last on a sheet."""

    sheet: str
    first: int
    last: int
    count: int
    reason: str


@dataclass(frozen=True)
class Unused:
    """A column that was not used: filled of so many rows; proposal: the role that it might have."""

    sheet: str
    label: str
    filled: int
    rows: int
    proposal: str


@dataclass(frozen=True)
class Incoming:
    """What a reader made of one file.

    format: its key in geo.imports.reading.headers. source: publisher and title. licence: as the
    publisher names it, '' when unknown. edition: date of the data as ISO, '' when unknown.
    sha256: of the file's bytes. rows_read: data rows of the file, so that rows_read = rows kept +
    rows refused.
    organisations: ORGANISATION_COLUMNS, index `organisation`, `file_row` and `sheet`. The index is a key of
    the source, from which the store finds its own id; own_ids: it is that id.
    services: SERVICE_COLUMNS, index `service`, `file_row`, `sheet` and `status` (a key of STATUSES; what
    is suspended or closed is not supply). Cells are typed as in geo.data.dataset.Dataset.
    A row is refused at most once; one that was mended may be listed several times.
    left_out: all other rows of the file, so that rows in the file = taken + refused + left out; a
    reader that knows of none has read them all. unused: columns of which nothing was taken.
    headers: where each sheet's header was found, in words. part: what of the source's list the file
    is, where it is published in parts, '' for the whole.
    """

    format: str
    source: str
    licence: str
    edition: str
    file: str
    sha256: str
    rows_read: int
    organisations: pd.DataFrame
    services: pd.DataFrame
    refused: tuple[Refusal, ...]
    repaired: tuple[Refusal, ...]
    own_ids: bool = False
    left_out: tuple[LeftOut, ...] = ()
    unused: tuple[Unused, ...] = ()
    headers: tuple[str, ...] = ()
    part: str = ""

    @property
    def rows_left_out(self) -> int:
        """Return how many rows of the file are no records."""
        return sum(one.count for one in self.left_out)

    @property
    def rows_in_file(self) -> int:
        """Return how many rows the file has, over all of its sheets."""
        return self.rows_read + self.rows_left_out

    @property
    def rows_taken(self) -> int:
        """Return how many rows came through."""
        return self.rows_read - len(self.refused)


@dataclass(eq=False)
class Account:
    """The rows of a file and what became of them.

    file: its name. rows: spreadsheet rows. labels: role to the header as the file writes it.
    sheets: the sheet of each row, '' for a file without.
    """

    file: str
    rows: np.ndarray
    labels: dict[str, str]
    sheets: np.ndarray | None = None
    kept: np.ndarray = field(init=False)
    secret: np.ndarray = field(init=False)  # rows whose cells must not appear in a report
    _refused: list[tuple[int, Refusal]] = field(default_factory=list)
    _mended: list[tuple[int, str, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.kept = np.ones(len(self.rows), dtype=bool)
        self.secret = np.zeros(len(self.rows), dtype=bool)

    def refuse(
        self, which: np.ndarray, role: str, cells: pd.Series, reasons: str | pd.Series
    ) -> None:
        """Refuse the rows of a mask that are not refused yet."""
        for position in (which & self.kept).nonzero()[0]:
            reason = reasons if isinstance(reasons, str) else reasons.iloc[position]
            refusal = self._refusal(position, role, cells.iloc[position], reason)
            self._refused.append((position, refusal))
        self.kept &= ~which

    def mend(
        self, which: np.ndarray, role: str, cells: pd.Series, reasons: str | pd.Series
    ) -> None:
        """Note what was mended in rows that are kept."""
        for position in (which & self.kept).nonzero()[0]:
            reason = reasons if isinstance(reasons, str) else reasons.iloc[position]
            self._mended.append((position, role, cells.iloc[position], reason))

    def refused(self) -> tuple[Refusal, ...]:
        """Return the refused rows, in the order of the file."""
        return tuple(refusal for _, refusal in sorted(self._refused, key=lambda each: each[0]))

    def mended(self) -> tuple[Refusal, ...]:
        """Return what was mended in the rows that came through, in the order of the file."""
        return tuple(
            self._refusal(position, role, cell, reason)
            for position, role, cell, reason in sorted(self._mended, key=lambda each: each[0])
            if self.kept[position]
        )

    def _refusal(self, position: int, role: str, cell: str, reason: str) -> Refusal:
        value = "(非公開)" if self.secret[position] else cell[:SHOWN]
        label = self.labels.get(role, role)
        return Refusal(
            self.file, int(self.rows[position]), label, value, reason, self.sheet(position)
        )

    def sheet(self, position: int) -> str:
        """Return the sheet on which a row stands."""
        return "" if self.sheets is None else str(self.sheets[position])
