"""Take the list out of a file's sheets, and account for every row and column that it leaves there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
import pandas as pd

from geo.imports.places.points import TOKYO_RE
from geo.imports.reading import mending
from geo.imports.reading.headers import ROLES, plain_header
from geo.imports.reading.heading import is_second_head, known_labels
from geo.imports.reading.incoming import LeftOut, Unused
from geo.imports.reading.recognise import Layout
from geo.imports.reading.table import Table

OUR_SHEETS = frozenset(("書き方", "出典", "選択肢"))  # of the form and of exports; no rows in them
ABOVE, HEADER, BLANK = "見出しより上の行(題名・説明)", "見出しの行", "空の行"
EXAMPLE, UNFILLED = "記入例の行", "様式の、書き込まれていない行"
TOTAL, REMARK = "合計の行", "表の下の注記の行"
SECOND = "2つ目の表の行。別のシートかファイルに分けると読めます"
HIDDEN = "非表示のシート。読むには、表示してから保存するか、シートを選んでください"
OTHER_SHEET = "別の形の表のシート。そのシートを選ぶと読めます"
OUR_SHEET = "様式や書き出しの説明のシート"
TOTALS = frozenset(("合計", "小計", "総計", "計", "総数", "累計", "全体"))
REMARK_RE = re.compile(
    r"\s*(?:※|\*|＊|注\s*[)）\d１-９:：]|[(（]注|注記|[(（]?出典|資料\s*[:：]|備考\s*[:：]|以上\s*$|\[?注意)"
)
# Columns that no role takes, but that tell whether an office is still there, or where it stands.
CLOSED_ON, SUSPENDED_ON, REOPENED_ON = "closed_on", "suspended_on", "reopened_on"
SAID, DATUM = "said_elsewhere", "datum"
DATUM_LABEL_RE = re.compile(r"^(?!.*(?:緯度|経度|lat|lon)).*(?:測地系|座標系|datum)", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Extract:
    """What one sheet gives: a column for each role, file_row, sheet; and what it leaves.

    notes: (row of the frame, role or header, value, words) of what was done when it was opened.
    labels: of the roles that no form names.
    """

    frame: pd.DataFrame
    left: list[LeftOut]
    unused: list[Unused]
    notes: list[tuple[int, str, str]]
    labels: dict[str, str] = field(default_factory=dict)


def is_special(label: str) -> bool:
    """Tell whether a column is read for what it says of an end, whatever form the table has."""
    return bool(_day_role(label) or DATUM_LABEL_RE.search(label))


def extract(table: Table, layout: Layout) -> Extract:
    """Return the rows of a table that hold a record, and every other row with why it is left."""
    head, below = layout.header, layout.below
    reasons = np.full(len(table.frame), "", dtype=object)
    blank = ~(table.frame != "").any(axis=1).to_numpy(dtype=bool)
    reasons[:head], reasons[head:below] = ABOVE, HEADER
    if table.kind in ("json", "geojson"):
        reasons[:below] = "-"  # the names of the properties are no row
    data = table.frame.iloc[below:]
    said = reasons[below:]
    _leave_second_table(data, layout, said)
    _leave_remarks(data, said)
    if "example" in layout.positions:
        example = data.iloc[:, layout.positions["example"]].str.strip()
        # A form has rows that hold only what the drop-downs put there.
        text = data.iloc[:, layout.positions["name"]]
        if "address" in layout.positions:
            text = text + data.iloc[:, layout.positions["address"]]
        said[(example != "").to_numpy(dtype=bool)] = EXAMPLE
        said[(text.str.strip() == "").to_numpy(dtype=bool) & (said == "")] = UNFILLED
    reasons[blank & (reasons != "-")] = BLANK
    kept = reasons == ""
    kept[:below] = False
    chosen = table.frame[kept]
    frame = pd.DataFrame(
        {role: chosen.iloc[:, column] for role, column in layout.positions.items()}
    ).reset_index(drop=True)
    labels = _special(table, layout, chosen, frame)
    frame["file_row"] = table.rows[kept]
    frame["sheet"] = table.sheet
    place = {int(row): number for number, row in enumerate(kept.nonzero()[0])}
    at = {column: role for role, column in layout.positions.items()}
    notes = [
        (place[note.row], at.get(note.column) or layout.label(table, note.column), note.words)
        for note in table.notes
        if note.row in place
    ]
    return Extract(
        frame, list(runs(table, reasons)), _unused(table, layout, chosen, labels), notes, labels
    )


def unread(table: Table) -> LeftOut:
    """Return what is to be said of a sheet of which nothing is read."""
    reason = OUR_SHEET if table.sheet in OUR_SHEETS else HIDDEN if table.hidden else OTHER_SHEET
    return LeftOut(table.sheet, 1, len(table.frame), len(table.frame), reason)


def rows_in(tables: list[Table]) -> int:
    """Return how many rows a file has, down to the last one with a cell; names of JSON are none."""
    return sum(len(one.frame) - (one.kind in ("json", "geojson") and len(one.frame) > 0) for one in tables)  # fmt: skip


def _leave_second_table(data: pd.DataFrame, layout: Layout, said: np.ndarray) -> None:
    """Leave what stands under another header: its columns mean something else."""
    known = known_labels()
    words = {
        cell for column in data for cell in set(data[column].tolist()) if plain_header(cell) in known
    } if len(data) else set()  # fmt: skip
    if not words:
        return
    own = {plain_header(label) for label in layout.labels.values()}
    hits = data.isin(list(words)).sum(axis=1).to_numpy()
    for row in (hits >= 3).nonzero()[0]:
        cells = data.iloc[row].tolist()
        named = {plain_header(cell) for cell in cells if cell.strip()}
        if is_second_head(cells) and len(named & own) < 0.6 * len(named):
            said[row:] = SECOND
            return


def _leave_remarks(data: pd.DataFrame, said: np.ndarray) -> None:
    """Leave rows of totals and foot notes."""
    if data.empty or not data.shape[1]:
        return
    cells = data.to_numpy(dtype=object)
    there = cells != ""
    filled = there.sum(axis=1)
    # Where a row has no cell its first column stands for it, which is blank.
    first = pd.Series(cells[np.arange(len(cells)), there.argmax(axis=1)], data.index, dtype="str")
    first = first.str.strip()
    plain = first.str.replace(r"[\s　]", "", regex=True)
    totals = plain.isin(list(TOTALS)).to_numpy(dtype=bool)
    remarks = (filled <= 2) & first.str.match(REMARK_RE).to_numpy(dtype=bool)
    said[totals & (said == "")] = TOTAL
    said[remarks & (said == "")] = REMARK


def _special(
    table: Table, layout: Layout, chosen: pd.DataFrame, frame: pd.DataFrame
) -> dict[str, str]:
    """Add to a frame the columns that tell an end or a datum; return their labels by role."""
    labels: dict[str, str] = {}
    taken = set(layout.positions.values())
    elsewhere = pd.Series([""] * len(frame), dtype="str")
    for column in range(table.frame.shape[1]):
        label = layout.label(table, column)
        cells = chosen.iloc[:, column].reset_index(drop=True)
        role = _day_role(label)
        if role and column not in taken and role not in frame:
            frame[role], labels[role] = cells, label
        elif DATUM_LABEL_RE.search(label) and DATUM not in frame and column not in taken:
            frame[DATUM], labels[DATUM] = cells, label
        elif column not in taken:
            states = {
                cell: mending.status_of_remark(cell.strip()) != "active" for cell in cells.unique()
            }
            which = cells.map(states).to_numpy(dtype=bool)
            elsewhere = elsewhere.where(~which | (elsewhere != ""), cells)
    if (elsewhere != "").any():
        frame[SAID] = elsewhere
    if DATUM not in frame and {"lat", "lon"} <= set(layout.positions):
        said = " ".join(layout.labels.get(role, "") for role in ("lat", "lon"))
        above = " ".join(table.frame.iloc[: layout.header].to_numpy().ravel().tolist())
        if TOKYO_RE.search(said) or TOKYO_RE.search(above):
            frame[DATUM] = "日本測地系"
    return labels


def _day_role(label: str) -> str:
    """Return the role of a column that says when an office ended, stopped or began again."""
    alone = mending.FLAG_LABEL_RE.fullmatch(label)
    if not (alone or mending.DAY_LABEL_RE.search(label)):
        return ""
    if mending.REOPENED_LABEL_RE.search(label):
        return REOPENED_ON
    if mending.CLOSED_LABEL_RE.search(label):
        return CLOSED_ON
    if mending.SUSPENDED_LABEL_RE.search(label) and not re.search(
        r"(?:休館|休診|休業|休園|休所|休院|定休)日$", label
    ):
        return SUSPENDED_ON
    return ""


def _unused(
    table: Table, layout: Layout, chosen: pd.DataFrame, special: Mapping[str, str]
) -> list[Unused]:
    """Return the columns that are not used, how full they are, and what they might be."""
    taken = set(layout.positions.values())
    found = []
    for column in range(table.frame.shape[1]):
        label = layout.label(table, column)
        filled = int((chosen.iloc[:, column].str.strip() != "").sum())
        if column in taken or label in special.values() or not (label or filled):
            continue
        role = layout.proposals.get(column, "")
        found.append(Unused(table.sheet, label or f"{column + 1}列目", filled, len(chosen), ROLES.get(role, "")))  # fmt: skip
    return found


def runs(table: Table, reasons: np.ndarray) -> Iterator[LeftOut]:
    """Return the rows that are left, those that follow one another for one reason together."""
    for reason, run in groupby(enumerate(reasons), key=lambda each: str(each[1])):
        rows = [number for number, _ in run]
        if reason and reason != "-":
            first, last = int(table.rows[rows[0]]), int(table.rows[rows[-1]])
            yield LeftOut(table.sheet, first, last, len(rows), reason)
