"""Hold one sheet as text, within the limits that a file must keep to be read at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np
import pandas as pd

from geo.errors import DataError, Problem

MAX_ROWS = 300_000
MAX_COLUMNS = 300
MAX_CELLS = 15_000_000
MAX_CELL = 20_000  # characters; a longer one refuses its row, see `clean`
BLOCK = 10_000  # rows turned into columns at a time, to keep memory low

# Signs that are not seen but change what is: control characters, bidi marks, zero-width signs.
INVISIBLE = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
INVISIBLE_RE = re.compile(f"[{INVISIBLE}\ufff9-\uffff]")
FORMULA_ERRORS = {"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"}


@dataclass(frozen=True, eq=False)
class Table:
    """One sheet as text: cells without a header, and the row each stands on.

    frame: str columns 0..n-1, blank cells ''. rows: row numbers as a spreadsheet shows them
    (for JSON the number of the object, and 0 for the row of names). document: the parsed JSON,
    where the file is one.
    """

    file: str
    kind: str
    sheet: str
    frame: pd.DataFrame
    rows: np.ndarray
    sha256: str
    document: Any = None


def refusal(file: str, reason: str, row: int | None = None) -> DataError:
    """Return the error that refuses a whole file."""
    return DataError([Problem(file, row, None, reason)])


def columns(records: Iterator[list[str]], name: str) -> pd.DataFrame:
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
                raise refusal(name, reason, count)
        cells += len(record)
        if count > MAX_ROWS or cells > MAX_CELLS:
            raise refusal(name, f"大きすぎます。{MAX_ROWS:,}行までの表を読みます", count)
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


def clean(cells: pd.Series) -> tuple[pd.Series, np.ndarray, np.ndarray]:
    """Return the cells without invisible signs, where some were taken out, and which are too long.

    Line breaks within a cell become one space; spreadsheet error values become blank.
    """
    long = cells.str.len().to_numpy(dtype=int) > MAX_CELL
    if long.any():
        cells = cells.where(~long, cells.str.slice(0, 80))
    text = cells.str.replace(INVISIBLE_RE, "", regex=True)
    mended = (text != cells).to_numpy(dtype=bool)
    text = text.str.replace(r"\s*[\r\n\u2028\u2029]+\s*|\t", " ", regex=True).str.strip()
    text = text.where(~text.isin(FORMULA_ERRORS), "")
    return text, mended, long
