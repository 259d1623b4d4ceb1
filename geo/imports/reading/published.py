"""Read a published table into organisations and services, with an account of every row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from geo.data.dataset import Dataset
from geo.data.dates import read_date
from geo.errors import DataError, Problem
from geo.imports.places.gazetteer import town_name
from geo.imports.places.points import ground
from geo.imports.places.town_blocks import Blocks
from geo.imports.reading import hsds
from geo.imports.reading.disclosure import hide_rows
from geo.imports.reading.headers import ROLES, Format
from geo.imports.reading.heading import Chosen, likely
from geo.imports.reading.incoming import Account, Incoming, Refusal
from geo.imports.reading.keys import Rows
from geo.imports.reading.kinds import find_kinds, refuse_kindless
from geo.imports.reading.location import CellsByRole, place_rows, publisher_codes
from geo.imports.reading.matching import format_of_match, propose
from geo.imports.reading.parts import OUR_SHEETS, Extract, extract, unread
from geo.imports.reading.recognise import (
    Layout,
    Sight,
    UnknownFormatError,
    matched,
    other_set,
    recognise,
    titled,
)
from geo.imports.reading.records import gather
from geo.imports.reading.service_types import service_types
from geo.imports.reading.table import LOST, PRIVATE_RE, SHOWN_FOR_PRIVATE, Table, clean

SEEN_ROWS = 15  # rows of a table that a person is shown before its header is settled
DITTO = ("〃", "々", "同上", "″", "”", '"')
OTHER_LABELS = {
    "closed_on": "廃止の日",
    "suspended_on": "休止の日",
    "reopened_on": "再開の日",
    "said_elsewhere": "ほかの列",
    "datum": "測地系",
}


def read(
    tables: list[Table],
    dataset: Dataset,
    *,
    match: Mapping[str, Any] | None = None,
    noted: Mapping[str, str] | None = None,
    blocks: Blocks | None = None,
    on: date | None = None,
    chosen: Chosen | None = None,
) -> Incoming:
    """Read the tables of a file, recognised by their content, or by a match that was kept.

    dataset: the municipalities, fields and layers that cells may name. noted: source, licence and
    edition as they were said when the file was fetched. on: the day it is read, for what carries
    no date of its own; default today. chosen: the sheet and the header that a person names.
    Raises DataError when the file as a whole is refused, UnknownFormatError when nothing says
    what its columns mean.
    """
    file, noted = tables[0].file, noted or {}
    parts = _layouts(tables, match, chosen)
    read_sheets = {table.sheet for table, _ in parts}
    hidden_apart = [table for table in tables if table.sheet not in read_sheets]
    if match is None:
        parts = [(table, _proposing(table, layout)) for table, layout in parts]
    extracts = [extract(table, layout) for table, layout in parts]
    kind = parts[0][1].format
    frame = pd.concat([each.frame for each in extracts], ignore_index=True)
    count = len(frame)
    if not count:
        raise DataError(
            [Problem(file, None, None, "見出しの下に行がありません", parts[0][0].sheet)]
        )
    labels = parts[0][1].labels
    for each in extracts:
        labels = each.labels | labels
    account = Account(
        file, frame["file_row"].to_numpy(), ROLES | OTHER_LABELS | labels, frame["sheet"].to_numpy()
    )
    cells = _cleaned(frame, account)
    _refuse_nameless(cells, account, labels)
    kinds = find_kinds(cells, kind, service_types(dataset))
    hide_rows(cells, kinds, kind, account)
    _say_what_opening_did(extracts, cells, account)
    places = place_rows(cells, kind, account, ground(dataset.boundaries), blocks)
    refuse_kindless(kinds, account)
    part = _part(cells, kind)
    whole = titled(kind, _publisher(cells, places, kind), "")
    kind = titled(kind, whole.publisher, part)
    edition = _edition(cells, kind, file, noted)
    publisher = whole.publisher or "公表者不明"
    rows = Rows(
        dataset=dataset,
        cells=cells,
        places=places,
        kinds=kinds,
        format=kind,
        source=noted.get("source") or f"{publisher}「{kind.title}」",
        edition=edition,
        on=on or date.today(),
        key_source=noted.get("source")
        or f"{publisher}「{(kind if _in_parts(kind) else whole).title}」",
    )
    organisations, services = gather(rows, account)
    if not account.kept.any():
        raise _nothing_left(account, file, count)
    return Incoming(
        format=kind.key,
        source=rows.source,
        licence=noted.get("licence") or kind.licence,
        edition=edition,
        file=file,
        sha256=tables[0].sha256,
        rows_read=count,
        organisations=organisations,
        services=services,
        refused=account.refused(),
        repaired=(*_remarks(tables, hidden_apart), *account.mended()),
        left_out=tuple(
            [one for each in extracts for one in each.left] + [unread(one) for one in hidden_apart]
        ),
        unused=tuple(one for each in extracts for one in each.unused),
        headers=_headers(parts),
        part="" if noted.get("source") else part,
    )


def _layouts(
    tables: list[Table], match: Mapping[str, Any] | None, chosen: Chosen | None
) -> list[tuple[Table, Layout]]:
    """Return the tables that share the first recognised form, each with its layout."""
    if hsds.is_hsds(tables[0].document):
        return [hsds.as_table(tables[0])]
    open_to_all = [one for one in tables if not one.hidden and len(one.frame)]
    if chosen is not None and chosen.sheet:
        open_to_all = [one for one in tables if one.sheet == chosen.sheet]
        if not open_to_all:
            there = "、".join(one.sheet for one in tables)
            reason = f"シート「{chosen.sheet}」がありません。あるのは: {there}"
            raise DataError([Problem(tables[0].file, None, None, reason)])
    if not open_to_all:
        raise DataError(
            [Problem(tables[0].file, None, None, "表示されているシートに表がありません")]
        )
    if match is None:
        by_hand = chosen is not None and chosen.by_hand
        found = [(one, None if by_hand else recognise(one, chosen=chosen)) for one in open_to_all]
    else:
        kind, none = format_of_match(match), bool(match.get("none"))
        found = [(one, matched(one, kind, chosen, none=none)) for one in open_to_all]
    known = [(table, layout) for table, layout in found if layout is not None]
    if known:
        first = known[0][1].format
        return [(table, layout) for table, layout in known if layout.format is first]
    file = tables[0].file
    if match is not None:
        reason = "列の対応にある見出しが、このファイルにありません"
        raise DataError([Problem(file, None, None, reason)])
    for table, _ in found:
        if sign := other_set(table):
            reason = f"支援の台帳ではない標準データセットです(「{sign}」の列がある)"
            raise DataError([Problem(file, None, sign, reason, table.sheet)])
    best = max((table for table, _ in found), key=lambda each: each.frame.size)
    raise _unknown(best, tables, chosen)


def _unknown(table: Table, tables: list[Table], chosen: Chosen | None) -> DataError:
    head = likely(table, chosen)
    if head is None:
        said = chosen is not None and chosen.rows is not None
        reason = "その行は、見出しにできません" if said else "見出しの行が見つかりません。2列以上の表をお使いください"  # fmt: skip
        return DataError([Problem(table.file, None, None, reason, table.sheet)])
    below = table.frame.iloc[head.below :]
    first = table.frame.head(SEEN_ROWS).copy()
    first.index = pd.Index(table.rows[: len(first)])
    above = [cell for cell in table.frame.iloc[: head.top].to_numpy().ravel().tolist() if cell]
    sight = Sight(
        table.sheet,
        tuple(one.sheet for one in tables),
        head,
        first,
        " ".join([table.sheet if len(tables) > 1 else "", *above[:3]]).strip(),
    )
    return UnknownFormatError(
        table.file,
        head.labels,
        int(table.rows[head.top]),
        below.head(20).reset_index(drop=True),
        propose(list(head.labels), below),
        sight,
    )


def _headers(parts: list[tuple[Table, Layout]]) -> tuple[str, ...]:
    """Say where the header of each sheet was found."""
    found = []
    for table, layout in parts:
        if table.kind in ("json", "geojson"):
            continue
        sheet = f"シート「{table.sheet}」: " if table.sheet else ""
        first = int(table.rows[layout.header])
        last = int(table.rows[max(layout.below - 1, layout.header)])
        rows = f"{first}行目" if first == last else f"{first}〜{last}行目"
        found.append(f"{sheet}{rows}を見出しとした" if layout.tiers else f"{sheet}見出しなしとして読んだ")  # fmt: skip
    return tuple(found)


def _cleaned(frame: pd.DataFrame, account: Account) -> CellsByRole:
    cells = CellsByRole(len(frame))
    for role in frame.columns.drop(["file_row", "sheet"]):
        text, mended, long = clean(frame[role].fillna("").astype("str"))
        cells[role] = text
        if long.any():
            account.refuse(long, role, text, "セルが長すぎます")
        if mended.any():
            account.mend(mended & ~long, role, text, "見えない文字を除いた")
        private = text.str.contains(PRIVATE_RE, regex=True).to_numpy(dtype=bool)
        if private.any():
            cells[role] = text = text.str.replace(PRIVATE_RE, SHOWN_FOR_PRIVATE, regex=True)
            account.mend(
                private, role, text, "外字(この文字を作った機械でしか表示できない)を〓とした"
            )
        lost = text.str.contains(LOST, regex=False).to_numpy(dtype=bool)
        if lost.any():
            account.mend(lost, role, text, "文字化けした文字(�)が入っている")
        ditto = text.isin(DITTO).to_numpy(dtype=bool)
        if ditto.any():
            cells[role] = text = text.mask(ditto).ffill().fillna("")
            account.mend(ditto, role, text, "「〃」を上の行の値とした")
    return cells


def _refuse_nameless(cells: CellsByRole, account: Account, labels: dict[str, str]) -> None:
    name = cells["name"]
    account.refuse((name == "").to_numpy(), "name", name, "名称が空欄です")
    repeated = (name == labels.get("name", "")).to_numpy()
    account.refuse(repeated, "name", name, "見出しの繰り返しです")


def _publisher(cells: CellsByRole, places: pd.DataFrame, kind: Format) -> str:
    """Return the name of who publishes the rows, where all rows name the same."""
    if kind.key == "template":
        towns = set(places["code"]) - {""}
        return town_name(towns.pop()) if len(towns) == 1 else "複数の市町村"
    codes = set(publisher_codes(cells).unique()) - {""}
    if len(codes) == 1:
        return town_name(codes.pop())
    names = set(cells["publisher"].unique()) - {""}
    return names.pop() if len(names) == 1 else ""


def _in_parts(kind: Format) -> bool:
    """Tell whether a publisher issues one file a kind, so that every one is a source of its own."""
    return kind.key in ("kaigo", "wamnet")


def _part(cells: CellsByRole, kind: Format) -> str:
    """Return the kind of service that a file lists, where it lists no other, '' for all."""
    if not (
        _in_parts(kind) or (kind.key.startswith("standard") and kind.key != "standard_program")
    ):
        return ""
    kinds = cells["kind"].unique()
    return str(kinds[0]) if len(kinds) == 1 else ""


def _proposing(table: Table, layout: Layout) -> Layout:
    """Return a layout with what the columns that it does not use might be."""
    taken = set(layout.positions.values())
    proposed = propose(list(layout.named), table.frame.iloc[layout.below :]) if layout.named else {}
    found = {layout.named.index(label): role for role, label in proposed.items()}
    return replace(
        layout, proposals={column: role for column, role in found.items() if column not in taken and role not in layout.positions}
    )  # fmt: skip


def _say_what_opening_did(extracts: list[Extract], cells: CellsByRole, account: Account) -> None:
    """Note on each row what was done to its cells when the file was opened."""
    start = 0
    by_words: dict[tuple[str, str], list[int]] = {}
    for each in extracts:
        for row, role, words in each.notes:
            by_words.setdefault((role, words), []).append(start + row)
        start += len(each.frame)
    for (role, words), rows in by_words.items():
        which = np.zeros(len(account.rows), dtype=bool)
        which[rows] = True
        account.mend(which, role, cells[role], words)


def _remarks(tables: list[Table], apart: list[Table]) -> list[Refusal]:
    """Say what is to be said of a file as a whole, and which of its sheets were not read."""
    file = tables[0].file
    said = [
        Refusal(file, None, "ファイル", "", words)
        for words in dict.fromkeys(words for one in tables for words in one.remarks)
    ]
    return said + [
        Refusal(file, None, "シート", one.sheet, f"読まなかった({len(one.frame):,}行)。{unread(one).reason}", one.sheet)
        for one in apart
        if one.sheet not in OUR_SHEETS
    ]  # fmt: skip


def _edition(cells: CellsByRole, kind: Format, file: str, noted: Mapping[str, str]) -> str:
    """Return the date of the data as ISO: as fetched, as all rows say, or as the file's name."""
    if noted.get("edition"):
        return noted["edition"]
    days = [found for cell in cells["updated"].unique() if (found := read_date(cell))]
    if kind.key.startswith(("standard", "hokkaido")) and len(days) == 1:
        return max(days).isoformat()
    return edition_of_name(file)


def edition_of_name(file: str) -> str:
    """Return the date of the data that a file's name carries, '' for none.

    sfkopendata_202503_11 is the end of March 2025; jigyosho_110_all_20260709180342 was put out on
    that day and is of the half-year before; other names carry a day or none.
    """
    if match := re.search(r"sfkopendata_(20\d{2})(\d{2})", file):
        return _month_end(int(match[1]), int(match[2]))
    if match := re.search(r"jigyosho_.*?(20\d{2})(\d{2})\d{2}", file):
        year, month = int(match[1]), int(match[2])
        return _month_end(year, 6) if month > 6 else _month_end(year - 1, 12)
    if match := re.search(r"(?<!\d)(20\d{2})[-_.]?(\d{2})[-_.]?(\d{2})(?!\d)", file):
        found = read_date("-".join(match.groups()))
        return found.isoformat() if found else ""
    return ""


def _month_end(year: int, month: int) -> str:
    if not 1 <= month <= 12:
        return ""
    following = date(year + month // 12, month % 12 + 1, 1)
    return (following - timedelta(days=1)).isoformat()


def _nothing_left(account: Account, file: str, count: int) -> DataError:
    """Return the error of a file of which no row came through, with the commonest reasons."""
    reasons = pd.Series([each.reason for each in account.refused()]).value_counts()
    said = "、".join(f"{reason} {number:,}行" for reason, number in reasons.head(5).items())
    return DataError([Problem(file, None, None, f"{count:,}行すべてが取り込めません: {said}")])
