"""Recognise which published form a table has, by its columns and what is in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pandas as pd

from geo.errors import DataError, Problem
from geo.imports.reading.headers import FORMATS, MARKS, OTHER_SETS, Format, plain_header
from geo.imports.reading.table import Table

HEADER_ROWS = 40  # descriptions, titles and blank rows stand above a header, never more than this
MINIMUM_HEADERS = 2


@dataclass(frozen=True)
class Layout:
    """Where the columns of a format stand in one table.

    header: position of the header row. positions: role to column. labels: role to the header as
    the file writes it, for messages.
    """

    format: Format
    header: int
    positions: dict[str, int]
    labels: dict[str, str]


class UnknownFormatError(DataError):
    """Raised when no form fits; carries what the column page needs to match them by hand.

    header: the headers of the best candidate row. header_row: its spreadsheet row. sample: up to
    20 rows below it. proposals: role to header, see geo.imports.reading.matching.
    """

    def __init__(
        self,
        file: str,
        header: tuple[str, ...],
        header_row: int,
        sample: pd.DataFrame,
        proposals: dict[str, str],
    ) -> None:
        self.header = header
        self.header_row = header_row
        self.sample = sample
        self.proposals = proposals
        reason = "知っている形式の表ではありません。列の対応を決めると取り込めます"
        super().__init__([Problem(file, header_row, None, reason)])


def recognise(table: Table, formats: tuple[Format, ...] = FORMATS) -> Layout | None:
    """Return the form of a table and where its columns stand, None when no form fits.

    The header is the row, among the first 40, that carries the most columns of one form.
    """
    best: tuple[int, Layout] | None = None
    for row, cells in header_rows(table):
        plain = [plain_header(cell) for cell in cells]
        there = set(plain) - {""}
        for kind in formats:
            if any(plain_header(name) in there for name in kind.never):
                continue
            positions = _positions(kind, plain)
            if not all(_has(role, positions, there) for role in kind.signature):
                continue
            if best is None or len(positions) > best[0]:
                labels = {role: cells[column] for role, column in positions.items()}
                best = len(positions), Layout(kind, row, positions, labels)
    return None if best is None else best[1]


def other_set(table: Table) -> str:
    """Return the header that shows a standard table which lists no support, '' for none."""
    never = {plain_header(name): name for name in OTHER_SETS}
    for _, cells in header_rows(table):
        there = [plain_header(cell) for cell in cells]
        if any(plain_header(name) in there for name in MARKS["head"] + MARKS["place"]):
            for name in there:
                if name in never:
                    return never[name]
    return ""


def header_rows(table: Table) -> Iterator[tuple[int, list[str]]]:
    """Yield the position and cells of the rows that could be a header."""
    for row, cells in enumerate(table.frame.head(HEADER_ROWS).itertuples(index=False)):
        filled = sum(1 for cell in cells if cell.strip())
        if filled >= MINIMUM_HEADERS:
            yield row, [" ".join(cell.split()) for cell in cells]


def titled(kind: Format, publisher: str, detail: str) -> Format:
    """Return a format with its publisher filled in, and the kind of service in its title.

    介護公表 and WAM NET publish one file for each kind of service: each is a source of its own, or
    the second file would seem to have dropped the rows of the first.
    """
    title = f"{kind.title}({detail})" if detail else kind.title
    return replace(kind, title=title, publisher=kind.publisher or publisher)


def _positions(kind: Format, plain: list[str]) -> dict[str, int]:
    found = {}
    for role, names in kind.headers.items():
        for name in names:
            if name in plain:
                found[role] = plain.index(name)
                break
    return found


def _has(role: str, positions: dict[str, int], there: set[str]) -> bool:
    marks = MARKS.get(role)
    if marks is None:
        return role in positions
    return any(plain_header(name) in there for name in marks)
