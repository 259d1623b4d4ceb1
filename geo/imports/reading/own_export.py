"""Read back what geo.records.open_data wrote, cell by cell, so that nothing is lost on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from geo.data.schema import RECORD_COLUMNS
from geo.data.spreadsheet import FORMULA_STARTS
from geo.data.tables import Column
from geo.imports.reading.headers import EXPORTED, OWN, SHIGEN_HEADERS
from geo.imports.reading.incoming import FRAME_COLUMNS, Incoming, LeftOut, Refusal
from geo.imports.reading.parts import BLANK, HEADER, runs, unread
from geo.imports.reading.table import INVISIBLE_RE, MAX_CELL, Table

FORMAT = "shigen"
SOURCE = "ほっかいどう社会資源マップの書き出し"
LICENCE = "ライセンス"
MADE_ON = "作成日"
KEYS = {kind: next(iter(columns.values())).header for kind, columns in RECORD_COLUMNS.items()}
NEEDED = {*SHIGEN_HEADERS.values(), *(RECORD_COLUMNS[kind][name].header for kind, name in EXPORTED)}


def read(tables: list[Table]) -> Incoming | None:
    """Return the records of an export of ours, None when it is none or somebody has spoilt cells.

    A spoilt one is left to the reader that mends and refuses row by row.
    """
    for table in tables:
        rows = _rows(table)
        if rows is not None:
            try:
                cleaned, mended = _cleaned(table.file, rows)
                found = _incoming(table, cleaned)
                return replace(found, repaired=mended, left_out=_left_out(table, tables, rows))
            except (ValueError, KeyError):
                return None
    return None


def _left_out(table: Table, tables: list[Table], rows: pd.DataFrame) -> tuple[LeftOut, ...]:
    """Return the rows of an export that hold no record: its header, blank rows, other sheets."""
    left = []
    if not isinstance(table.document, list):
        reasons = np.full(len(table.frame), BLANK, dtype=object)
        reasons[np.isin(table.rows, rows["file_row"])] = ""
        reasons[0] = "-" if table.kind == "geojson" else HEADER
        left += list(runs(table, reasons))
    return (*left, *(unread(one) for one in tables if one is not table))


def _rows(table: Table) -> pd.DataFrame | None:
    """Return the cells by our headers and `file_row`, None when the table is not an export."""
    if isinstance(table.document, list):
        return _of_hsds(table.document)
    header = {} if table.frame.empty else dict(enumerate(table.frame.iloc[0]))
    if not {*header.values()} >= NEEDED:
        return None
    data = table.frame.iloc[1:]
    rows = pd.DataFrame({name: data[column] for column, name in header.items() if name})
    # A quote was put before what a spreadsheet would take for a formula.
    if table.kind in ("csv", "xlsx"):
        rows = rows.map(_unquoted)
    rows["file_row"], rows["sheet"] = table.rows[1:], table.sheet
    return rows[rows[KEYS["organisations"]] != ""].reset_index(drop=True)


def _cleaned(file: str, rows: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Refusal, ...]]:
    """Return the rows without signs that are not seen, and where they were; line breaks stay.

    Raises ValueError for a cell that is too long: the other reader refuses its row.
    """
    mended: list[Refusal] = []
    cleaned = rows.copy()
    for name in rows.columns.drop(["file_row", "sheet"]):
        cells = rows[name].fillna("").astype("str")
        if (cells.str.len() > MAX_CELL).any():
            raise ValueError(name)
        text = cells.str.replace(INVISIBLE_RE, "", regex=True)
        cleaned[name] = text
        changed = (text != cells).to_numpy(dtype=bool)
        mended += [
            Refusal(file, int(row), str(name), "", "見えない文字を除いた", sheet)
            for row, sheet in rows[["file_row", "sheet"]][changed].itertuples(index=False)
        ]
    return cleaned, tuple(mended)


def _of_hsds(document: list[Any]) -> pd.DataFrame | None:
    records = []
    for number, item in enumerate(document, start=1):
        attributes = item.get("attributes", []) if isinstance(item, dict) else []
        cells = {
            str(one["link_type"]).removeprefix(OWN): str(one.get("value", ""))
            for one in attributes
            if isinstance(one, dict) and str(one.get("link_type", "")).startswith(OWN)
        }
        if not cells.keys() >= NEEDED:
            return None
        records.append(cells | {"file_row": number, "sheet": ""})
    return pd.DataFrame(records) if records else None


def _incoming(table: Table, rows: pd.DataFrame) -> Incoming:
    offered = rows[rows[KEYS["services"]] != ""]
    organisations = _frame(rows, RECORD_COLUMNS["organisations"])
    services = _frame(offered, RECORD_COLUMNS["services"])
    first = ~organisations.index.duplicated()
    licences = {*rows.get(LICENCE, [])}
    return Incoming(
        format=FORMAT,
        source=SOURCE,
        licence=licences.pop() if len(licences) == 1 else "記録ごと",
        edition=max(rows[MADE_ON]) if MADE_ON in rows else "",
        file=table.file,
        sha256=table.sha256,
        rows_read=len(rows),
        organisations=organisations[first],
        services=services[FRAME_COLUMNS["services"]],
        refused=(),
        repaired=(),
    )


def _frame(rows: pd.DataFrame, columns: Mapping[str, Column]) -> pd.DataFrame:
    """Return typed columns by the rules of the shipped tables; raise ValueError for a bad cell."""
    typed = {}
    for name, column in columns.items():
        cells = rows[column.header]
        parsed = {cell: column.read_back(cell) for cell in cells.unique()}
        typed[name] = [parsed[cell] for cell in cells]
    frame = pd.DataFrame(typed)
    frame["file_row"], frame["sheet"] = rows["file_row"].to_numpy(), rows["sheet"].to_numpy()
    return frame.set_index(next(iter(columns)))


def _unquoted(cell: Any) -> Any:
    if isinstance(cell, str) and cell[:1] == "'" and cell[1:].startswith(FORMULA_STARTS):
        return cell[1:]
    return cell
