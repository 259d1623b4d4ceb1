"""Hold one sheet as text, within the limits that a file must keep to be read at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np
import pandas as pd

from geo.data.spreadsheet import UNWRITABLE_RE
from geo.errors import DataError, Problem
from geo.parameters import READ_CELLS

MAX_ROWS = 300_000
MAX_COLUMNS = 300
MAX_CELLS = int(READ_CELLS)
MAX_CELL = 20_000  # characters; a longer one refuses its row, see `clean`
BLOCK = 10_000  # rows turned into columns at a time, to keep memory low

# Signs that are not seen but change what is: control characters, bidi marks, zero-width signs.
INVISIBLE = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
# With them what Unicode gives to nobody, and halves of pairs, which no file can hold.
INVISIBLE_RE = re.compile(f"[{INVISIBLE}\ufff9-\ufffb]|{UNWRITABLE_RE.pattern}")
LINE_ENDS_RE = re.compile("[\r\n\u2028\u2029]+")
# Signs of one office's own, which no other machine can show; 〓 stands for them, as in print.
PRIVATE_RE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010fffd]")
SHOWN_FOR_PRIVATE = "〓"
LOST = "\ufffd"  # what another program could not read and overwrote
FORMULA_ERRORS = {"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"}


@dataclass(frozen=True)
class Note:
    """What was done to a cell when its file was opened; row and column count from 0 in the frame."""

    row: int
    column: int
    words: str


@dataclass(frozen=True, eq=False)
class Table:
    """One sheet as text: cells without a header, and the row each stands on.

    frame: str columns 0..n-1, blank cells ''. rows: row numbers as a spreadsheet shows them
    (for JSON the number of the object, and 0 for the row of names). document: the parsed JSON,
    where the file is one. merged: (top, left, bottom, right) of merged cells, from 0. notes: what
    was done to single cells. remarks: what is to be said of the file as a whole.
    """

    file: str
    kind: str
    sheet: str
    frame: pd.DataFrame
    rows: np.ndarray
    sha256: str
    document: Any = None
    hidden: bool = False
    merged: tuple[tuple[int, int, int, int], ...] = ()
    notes: tuple[Note, ...] = ()
    remarks: tuple[str, ...] = ()


def refusal(file: str, reason: str, row: int | None = None, sheet: str = "") -> DataError:
    """Return the error that refuses a whole file."""
    return DataError([Problem(file, row, None, reason, sheet)])


def columns(records: Iterator[list[str]], name: str, sheet: str = "") -> pd.DataFrame:
    """Gather records of any length into one frame of text columns."""
    blocks: list[pd.DataFrame] = []
    block: list[list[str]] = []
    cells = 0
    for count, record in enumerate(records, start=1):
        if len(record) > MAX_COLUMNS:
            while record and not record[-1]:
                record.pop()
            if len(record) > MAX_COLUMNS:
                reason = f"列が{len(record):,}あります。{MAX_COLUMNS}列までの表を読みます"
                raise refusal(name, reason, count, sheet)
        cells += len(record)
        if count > MAX_ROWS or cells > MAX_CELLS:
            raise refusal(name, f"大きすぎます。{MAX_ROWS:,}行までの表を読みます", count, sheet)
        block.append(record)
        if len(block) == BLOCK:
            blocks.append(_block(block))
            block = []
    if block:
        blocks.append(_block(block))
    if not blocks:
        return pd.DataFrame()
    frame = pd.concat(blocks, ignore_index=True).fillna("")
    # Blank rows at the end are the spreadsheet's, not the table's.
    filled = (frame != "").any(axis=1).to_numpy().nonzero()[0]
    return frame.iloc[: filled[-1] + 1] if filled.size else frame.iloc[:0]


def _block(records: list[list[str]]) -> pd.DataFrame:
    """Return records as columns, the short ones filled up with blanks."""
    columns = list(zip_longest(*records, fillvalue=""))
    return pd.DataFrame(dict(enumerate(columns)), index=range(len(records)), dtype="str")


def _in_one_line(cell: str) -> str:
    # A pattern with blanks on both sides of the break would try every blank of a long cell.
    return " ".join(filter(None, map(str.strip, LINE_ENDS_RE.split(cell))))


def clean(cells: pd.Series) -> tuple[pd.Series, np.ndarray, np.ndarray]:
    """Return the cells without invisible signs, where some were taken out, and which are too long.

    Line breaks within a cell become one space; spreadsheet error values become blank.
    """
    long = cells.str.len().to_numpy(dtype=int) > MAX_CELL
    if long.any():
        cells = cells.where(~long, cells.str.slice(0, 80))
    text = cells.str.replace(INVISIBLE_RE, "", regex=True)
    mended = (text != cells).to_numpy(dtype=bool)
    broken = text.str.contains(LINE_ENDS_RE, regex=True)
    text = text.where(~broken, text[broken].map(_in_one_line)) if broken.any() else text
    text = text.str.replace("\t", " ", regex=False).str.strip()
    text = text.where(~text.isin(FORMULA_ERRORS), "")
    return text, mended, long
