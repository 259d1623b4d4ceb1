"""Read what is closed or suspended, since when, by any column of a row."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geo.data.dates import read_date
from geo.imports.reading import mending
from geo.imports.reading.incoming import Account
from geo.imports.reading.keys import (
    Rows,
)


def status_of(rows: Rows) -> np.ndarray:
    """Return the status of each row: by its own column, a day on which it ended, or its words."""
    cells = rows.cells
    own = cells["status"].map({cell: mending.status(cell) for cell in cells["status"].unique()})
    named = cells["name"].map(
        {cell: mending.status_of_name(cell) for cell in cells["name"].unique()}
    )
    remark = cells["note"]
    said = remark.map({cell: mending.status_of_remark(cell.strip()) for cell in remark.unique()})
    elsewhere = cells["said_elsewhere"]
    other = elsewhere.map(
        {cell: mending.status_of_remark(cell.strip()) for cell in elsewhere.unique()}
    )
    found = own.to_numpy(dtype=object).copy()
    open_now = (cells["status"] != "").to_numpy(dtype=bool) & (found == "active")
    for states in (named, said, other):
        says = (states != "active").to_numpy(dtype=bool) & (found == "active") & ~open_now
        found[says] = states.to_numpy(dtype=object)[says]
    # A day on which it ended is no opinion: it goes before a column that nobody brought up to date.
    for role, state in (("suspended_on", "suspended"), ("closed_on", "closed")):
        over = (
            cells[role]
            .map({cell: mending.ended(cell, rows.on) for cell in cells[role].unique()})
            .to_numpy(dtype=bool)
        )
        if state == "suspended":
            over = over & ~_reopened(rows)
        found[over] = state
    ends = cells["until"].map({cell: read_date(cell) for cell in cells["until"].unique()})
    found[np.array([bool(end) and end < rows.on for end in ends], dtype=bool)] = "closed"
    result: np.ndarray = found
    return result


def with_ends(note: pd.Series, rows: Rows, account: Account) -> pd.Series:
    """Return the notes with what other columns say of an end: the day, the words."""
    for role in ("closed_on", "suspended_on", "reopened_on", "said_elsewhere"):
        cells = rows.cells[role]
        says = ~cells.str.casefold().isin(list(mending.NOT_ENDED))
        label = account.labels.get(role, role)
        words = cells if role == "said_elsewhere" else label + ": " + cells
        between = np.where((note != "") & says, "。", "")
        note = note + between + words.where(says, "")
    return note


def _reopened(rows: Rows) -> np.ndarray:
    """Return which rows name a day, that has come and is not before the stop, of beginning again."""
    stops, again = (rows.cells[role].tolist() for role in ("suspended_on", "reopened_on"))
    days = {cell: read_date(cell) for cell in {*stops, *again}}
    return np.array(
        [
            (day := days[one]) is not None and day <= rows.on and (days[stop] or day) <= day
            for one, stop in zip(again, stops, strict=True)
        ],
        dtype=bool,
    )
