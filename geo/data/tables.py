"""Read a CSV as text and turn it into typed columns, or say what is wrong where."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geo.data.codes import is_code
from geo.errors import DataError, Problem

FIRST_ROW = 2  # row 1 of a spreadsheet is the header


@dataclass(frozen=True)
class Column:
    """How to read one column: a parser of its cells, and whether a cell may be blank.

    label: what pages and reports call it, in Japanese. unit: of its numbers. header: what the files
    that we give back call it, by default its label. words: what they write for its words.
    """

    parse: Callable[[str], Any]
    required: bool = True
    blank: Any = ""
    label: str = ""
    unit: str = ""
    header: str = ""
    words: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "header", self.header or self.label)

    @property
    def asked(self) -> str:
        """Return what a form calls it: its label with its unit."""
        return f"{self.label}({self.unit})" if self.unit else self.label

    def written(self, value: Any) -> str:
        """Return a value as the files that we give back write it, so that it reads back the same."""
        cell = _cell(value)
        return self.words.get(cell, cell) if cell else ""

    def read_back(self, cell: str) -> Any:
        """Return the value of a cell that `written` wrote; raise ValueError for any other."""
        if self.words and cell:
            cell = next((word for word, said in self.words.items() if said == cell), cell)
        if not cell:
            if self.required:
                msg = f"{self.header}: 空欄です"
                raise ValueError(msg)
            return self.blank
        return self.parse(cell)


def _cell(value: Any) -> str:
    """Return a typed value as the shortest cell of a table that reads back as the same."""
    if isinstance(value, tuple):
        return ";".join(value)
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        return str(int(value)) if value == int(value) else repr(float(value))
    return str(value)


def text(cell: str) -> str:
    """Return the cell without surrounding white space."""
    return cell


def whole(cell: str) -> int:
    """Parse a whole number of at least 0."""
    if not (cell.isascii() and cell.isdigit()):
        msg = f"0以上の整数ではありません: {cell!r}"
        raise ValueError(msg)
    return int(cell)


def number(cell: str) -> float:
    """Parse a finite decimal number."""
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        msg = f"数ではありません: {cell!r}"
        raise ValueError(msg)
    return value


def between(low: float, high: float) -> Callable[[str], float]:
    """Make a parser of decimal numbers within a closed range."""

    def parse(cell: str) -> float:
        value = number(cell)
        if not low <= value <= high:
            msg = f"{low:g}から{high:g}までの数ではありません: {cell!r}"
            raise ValueError(msg)
        return value

    return parse


def code(cell: str) -> str:
    """Check a 6-digit local government code."""
    if not is_code(cell):
        msg = f"6桁の全国地方公共団体コードではありません(検査数字を含む): {cell!r}"
        raise ValueError(msg)
    return cell


def day(cell: str) -> date:
    """Parse an ISO date such as 2026-11-23."""
    try:
        return date.fromisoformat(cell)
    except ValueError:
        msg = f"日付(YYYY-MM-DD)ではありません: {cell!r}"
        raise ValueError(msg) from None


def yes(cell: str) -> bool:
    """Parse yes or no."""
    return choice({"yes": "", "no": ""})(cell) == "yes"


def choice(words: dict[str, str]) -> Callable[[str], str]:
    """Make a parser that lets through only the keys of a word list."""

    def parse(cell: str) -> str:
        if cell not in words:
            msg = f"{'・'.join(word for word in words if word)}のどれでもありません: {cell!r}"
            raise ValueError(msg)
        return cell

    return parse


def several(one: Callable[[str], Any]) -> Callable[[str], tuple[Any, ...]]:
    """Make a parser of `;`-separated cells."""

    def parse(cell: str) -> tuple[Any, ...]:
        return tuple(one(part.strip()) for part in cell.split(";") if part.strip())

    return parse


def spreadsheet_row(position: int) -> int:
    """Return the row a spreadsheet shows for the frame's row at a position."""
    return position + FIRST_ROW


def read_table(
    path: Path, columns: dict[str, Column], *, index: str | None = None
) -> tuple[pd.DataFrame, list[Problem]]:
    """Read a UTF-8 CSV; return its typed columns and every problem found in it.

    Columns that the caller does not name are left out; rows keep their order, so that row i of
    the frame is row i + 2 in a spreadsheet.
    Raises DataError at once when the file cannot be read as a table with these columns.
    """
    try:
        raw = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except FileNotFoundError:
        raise DataError([Problem(path.name, None, None, "ファイルがありません")]) from None
    except UnicodeDecodeError as error:
        reason = f"UTF-8 ではありません({error.start + 1}バイト目)"
        raise DataError([Problem(path.name, None, None, reason)]) from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError([Problem(path.name, None, None, f"表として読めません: {error}")]) from None
    missing = [name for name in columns if name not in raw.columns]
    if missing:
        raise DataError([Problem(path.name, 1, name, "列がありません") for name in missing])

    problems: list[Problem] = []
    typed: dict[str, list[Any]] = {}
    for name, column in columns.items():
        cells = []
        for row, cell in enumerate(raw[name].str.strip(), start=FIRST_ROW):
            value = column.blank
            if cell:
                try:
                    value = column.parse(cell)
                except ValueError as error:
                    problems.append(Problem(path.name, row, name, str(error)))
            elif column.required:
                problems.append(Problem(path.name, row, name, "空欄です"))
            cells.append(value)
        typed[name] = cells
    frame = pd.DataFrame(typed)
    if index is not None:
        for row, key in frame.loc[frame[index].duplicated(), index].items():
            reason = f"重複しています: {key!r}"
            problems.append(Problem(path.name, spreadsheet_row(row), index, reason))
        frame = frame.set_index(index)
    return frame, problems
