"""Recognise which published form a table has, by its columns and what is in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from geo.errors import DataError, Problem
from geo.imports.reading.headers import FORMATS, MARKS, OTHER_SETS, Format, plain_header
from geo.imports.reading.heading import (
    LONGEST_HEADER,
    Chosen,
    Head,
    header_rows,
    heads,
    of_labels,
    parts_of,
    without_header,
)
from geo.imports.reading.table import Table


@dataclass(frozen=True)
class Layout:
    """Where the columns of a format stand in one table.

    header: position of the header's first row. tiers: how many rows it has, 0 for none. positions:
    role to column. labels: role to the header as the file writes it, for messages. named: the label
    of every column. proposals: by column, the role that a column without one might have.
    """

    format: Format
    header: int
    positions: dict[str, int]
    labels: dict[str, str]
    tiers: int = 1
    named: tuple[str, ...] = ()
    proposals: dict[int, str] = field(default_factory=dict)

    @property
    def below(self) -> int:
        """Return the position of the first row under the header."""
        return self.header + self.tiers

    def label(self, table: Table, column: int) -> str:
        """Return what a column is called."""
        if self.named:
            return self.named[column] if column < len(self.named) else ""
        return " ".join(table.frame.iloc[self.header, column][:LONGEST_HEADER].split())


@dataclass(frozen=True, eq=False)
class Sight:
    """What a person sees of a table before its header and columns are settled.

    sheet: its name. sheets: of the whole workbook, hidden ones too. head: the header as it is
    proposed. first: the first rows as they stand, index their numbers. title: what stands above
    the header.
    """

    sheet: str
    sheets: tuple[str, ...]
    head: Head
    first: pd.DataFrame
    title: str


class UnknownFormatError(DataError):
    """Raised when no form fits; carries what the column page needs to match them by hand.

    header: the labels of the header that is proposed. header_row: its spreadsheet row. sample: up
    to 20 rows below it. proposals: role to header, see geo.imports.reading.matching. sight: the
    table as it stands. kept: a match that was kept for these headers, from another file, which a
    person must see before it is used.
    """

    def __init__(
        self,
        file: str,
        header: tuple[str, ...],
        header_row: int,
        sample: pd.DataFrame,
        proposals: dict[str, str],
        sight: Sight,
        kept: Mapping[str, Any] | None = None,
    ) -> None:
        self.header = header
        self.header_row = header_row
        self.sample = sample
        self.proposals = proposals
        self.sight = sight
        self.kept = kept
        self._given = file, header, header_row, sample, proposals, sight, kept
        reason = "知っている形式の表ではありません。列の対応を決めると取り込めます"
        if kept is not None:
            reason = (
                f"見出しは、前に読んだ「{kept.get('name', '')}」と同じですが、ファイルが違います。"
                "同じ一覧かどうかを確かめてください"
            )
        super().__init__([Problem(file, header_row, None, reason, sight.sheet)])

    def __reduce__(self) -> tuple[Any, ...]:
        """Come whole out of another process."""
        return type(self), self._given

    def with_kept(self, kept: Mapping[str, Any]) -> UnknownFormatError:
        """Return the same with the match that was kept for these headers."""
        return type(self)(*self._given[:-1], kept)


def recognise(
    table: Table, formats: tuple[Format, ...] = FORMATS, chosen: Chosen | None = None
) -> Layout | None:
    """Return the form of a table and where its columns stand, None when no form fits.

    The header is the one, among the first 40 rows, that carries the most columns of one form.
    chosen: where a person says that it stands.
    """
    best: tuple[int, Layout] | None = None
    for head in heads(table, chosen):
        plain = [plain_header(cell) for cell in _as_written(table, head)]
        there = set(plain) - {""}
        for kind in formats:
            if any(plain_header(name) in there for name in kind.never):
                continue
            positions = _positions(kind, plain)
            if not all(_has(role, positions, there) for role in kind.signature):
                continue
            if best is None or len(positions) > best[0]:
                labels = {role: head.labels[column] for role, column in positions.items()}
                best = (
                    len(positions),
                    Layout(kind, head.top, positions, labels, head.tiers, head.labels),
                )
    return None if best is None else best[1]


def _as_written(table: Table, head: Head) -> list[str]:
    """Return the labels of a header as its lowest row has them, of a joined one the lowest parts."""
    if head.tiers == 1:
        row = table.frame.iloc[head.top]
        return [" ".join(cell[:LONGEST_HEADER].split()) for cell in row]
    return [parts_of(label)[1] for label in head.labels]


def matched(table: Table, kind: Format, chosen: Chosen | None, *, none: bool) -> Layout | None:
    """Return where the columns of a match stand in a table, None where it lacks one of them.

    none: the match is of a table without a header, whose columns are numbered.
    """
    wanted = {names[0] for names in kind.headers.values()}
    head = without_header(table) if none and chosen is None else of_labels(table, wanted, chosen)
    if head is None:
        return None
    plain = [plain_header(label) for label in head.labels]
    if not wanted <= set(plain):
        return None
    positions = {role: plain.index(names[0]) for role, names in kind.headers.items()}
    labels = {role: head.labels[column] for role, column in positions.items()}
    return Layout(kind, head.top, positions, labels, head.tiers, head.labels)


def other_set(table: Table) -> str:
    """Return the header that shows a standard table which lists no support, '' for none."""
    never = {plain_header(name): name for name in OTHER_SETS}
    for row in header_rows(table):
        there = [plain_header(cell[:LONGEST_HEADER]) for cell in table.frame.iloc[row]]
        if any(plain_header(name) in there for name in MARKS["head"] + MARKS["place"]):
            for name in there:
                if name in never:
                    return never[name]
    return ""


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
