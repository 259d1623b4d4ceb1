"""Keep account of every row of a file: refused at most once, or kept, and what was mended."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from geo.imports.reading.incoming import Refusal

SHOWN = 100  # characters of a cell in a report


@dataclass(eq=False)
class Ledger:
    """The rows of a file and what became of them.

    file: its name. rows: spreadsheet rows. labels: role to the header as the file writes it.
    """

    file: str
    rows: np.ndarray
    labels: dict[str, str]
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
        return Refusal(self.file, int(self.rows[position]), label, value, reason)
