"""Read a published table into organisations and services, with an account of every row."""

from __future__ import annotations

import re
from collections.abc import Mapping
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
from geo.imports.reading.headers import ROLES, Format
from geo.imports.reading.incoming import Account, Incoming, Refusal
from geo.imports.reading.keys import Kinds, Rows
from geo.imports.reading.location import CellsByRole, place_rows, publisher_codes
from geo.imports.reading.matching import format_of_match, propose
from geo.imports.reading.recognise import (
    Layout,
    UnknownFormatError,
    header_rows,
    other_set,
    recognise,
    titled,
)
from geo.imports.reading.records import gather, hidden_rows
from geo.imports.reading.service_types import match_types, service_types
from geo.imports.reading.table import Table, clean

OUR_SHEETS = frozenset(("書き方", "出典"))  # of the form and of exports; they hold no rows
SPLIT_KINDS_RE = r"\s*[;;、,|\n]\s*"


def read(
    tables: list[Table],
    dataset: Dataset,
    *,
    match: Mapping[str, Any] | None = None,
    noted: Mapping[str, str] | None = None,
    blocks: Blocks | None = None,
    on: date | None = None,
) -> Incoming:
    """Read the tables of a file, recognised by their content, or by a match that was kept.

    dataset: the municipalities, fields and layers that cells may name. noted: source, licence and
    edition as they were said when the file was fetched. on: the day it is read, for what carries
    no date of its own; default today.
    Raises DataError when the file as a whole is refused, UnknownFormatError when nothing says
    what its columns mean.
    """
    file, noted = tables[0].file, noted or {}
    parts = _parts(tables, match)
    extracted = [_extract(table, layout) for table, layout in parts]
    kind = parts[0][1].format
    frame = pd.concat([each for each, _ in extracted], ignore_index=True)
    count = len(frame)
    if not count:
        raise DataError([Problem(file, None, None, "見出しの下に行がありません")])
    labels = parts[0][1].labels
    account = Account(file, frame["file_row"].to_numpy(), ROLES | labels)
    cells = _cleaned(frame, account)
    _refuse_nameless(cells, account, labels)
    kinds = find_kinds(cells, kind, service_types(dataset))
    account.secret = hidden_rows(cells, kinds)
    places = place_rows(cells, kind, account, ground(dataset.boundaries), blocks)
    _refuse_kindless(kinds, account)
    kind = titled(kind, _publisher(cells, places, kind), _only_kind(cells, kind))
    edition = _edition(cells, kind, file, noted)
    rows = Rows(
        dataset=dataset,
        cells=cells,
        places=places,
        kinds=kinds,
        format=kind,
        source=noted.get("source") or f"{kind.publisher or '公表者不明'}「{kind.title}」",
        edition=edition,
        on=on or date.today(),
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
        repaired=(*_unread_sheets(tables, parts), *account.mended()),
    )


def _parts(tables: list[Table], match: Mapping[str, Any] | None) -> list[tuple[Table, Layout]]:
    """Return the tables that share the first recognised form, each with its layout."""
    if hsds.is_hsds(tables[0].document):
        return [hsds.as_table(tables[0])]
    formats = () if match is None else (format_of_match(match),)
    found = [
        (table, recognise(table, formats) if formats else recognise(table))
        for table in tables
        if len(table.frame)
    ]
    known = [(table, layout) for table, layout in found if layout is not None]
    if known:
        first = known[0][1].format
        return [(table, layout) for table, layout in known if layout.format is first]
    file = tables[0].file
    if match is not None:
        reason = "保存された列の対応にある見出しが、このファイルにありません"
        raise DataError([Problem(file, None, None, reason)])
    for table, _ in found:
        if sign := other_set(table):
            reason = f"支援の台帳ではない標準データセットです(「{sign}」の列がある)"
            raise DataError([Problem(file, None, sign, reason)])
    raise _unknown(max((table for table, _ in found), key=lambda each: each.frame.size))


def _unknown(table: Table) -> DataError:
    candidates = list(header_rows(table))
    if not candidates:
        reason = "見出しの行が見つかりません。2列以上の表をお使いください"
        return DataError([Problem(table.file, None, None, reason)])
    header, labels = max(candidates, key=lambda each: len({*each[1]} - {""}))
    below = table.frame.iloc[header + 1 :]
    return UnknownFormatError(
        table.file,
        tuple(labels),
        int(table.rows[header]),
        below.head(20).reset_index(drop=True),
        propose(labels, below),
    )


def _unread_sheets(tables: list[Table], parts: list[tuple[Table, Layout]]) -> list[Refusal]:
    """Name the sheets of a workbook that were not read, so that nothing is left out unsaid."""
    read_sheets = {id(table) for table, _ in parts}
    if tables[0].kind != "xlsx":
        return []
    return [
        Refusal(table.file, None, "シート", table.sheet, "この形式の表ではないので読まなかった")
        for table in tables
        if id(table) not in read_sheets and table.sheet not in OUR_SHEETS
    ]


def _extract(table: Table, layout: Layout) -> tuple[pd.DataFrame, Layout]:
    """Return a column for each role, and file_row, of the rows below the header that hold text."""
    data = table.frame.iloc[layout.header + 1 :]
    filled = (data != "").any(axis=1).to_numpy(dtype=bool)
    if "example" in layout.positions:
        example = data.iloc[:, layout.positions["example"]].str.strip()
        # A form has rows that hold only what the drop-downs put there.
        text = data.iloc[:, layout.positions["name"]]
        if "address" in layout.positions:
            text = text + data.iloc[:, layout.positions["address"]]
        filled = filled & ((example == "") & (text.str.strip() != "")).to_numpy(dtype=bool)
    data = data[filled]
    frame = pd.DataFrame(
        {role: data.iloc[:, column] for role, column in layout.positions.items()}
    ).reset_index(drop=True)
    frame["file_row"] = table.rows[layout.header + 1 :][filled]
    return frame, layout


def _cleaned(frame: pd.DataFrame, account: Account) -> CellsByRole:
    cells = CellsByRole(len(frame))
    for role in frame.columns.drop("file_row"):
        text, mended, long = clean(frame[role].fillna("").astype("str"))
        cells[role] = text
        if long.any():
            account.refuse(long, role, text, "セルが長すぎます")
        if mended.any():
            account.mend(mended & ~long, role, text, "見えない文字を除いた")
    return cells


def _refuse_nameless(cells: CellsByRole, account: Account, labels: dict[str, str]) -> None:
    name = cells["name"]
    account.refuse((name == "").to_numpy(), "name", name, "名称が空欄です")
    repeated = (name == labels.get("name", "")).to_numpy()
    account.refuse(repeated, "name", name, "見出しの繰り返しです")


def find_kinds(cells: CellsByRole, kind: Format, table: pd.DataFrame) -> Kinds:
    """Return the services that each row offers, by the table of service types."""
    count = len(cells.blank)
    direct = (cells["field"] != "").to_numpy(dtype=bool)
    if kind.key in ("shigen", "template"):
        direct = np.ones(count, dtype=bool)
    words = cells["kind"]
    if kind.key == "standard_program":
        words = (cells["kind"] + " " + cells["keywords"] + " " + cells["name"]).str.strip()
    elif kind.key == "standard_public":
        words = words.where(match_types(words, kind.scheme, table) >= 0, cells["name"])
    elif kind.kind:
        words = words.where(words != "", kind.kind)
    elif kind.key in ("hsds", "match"):
        words = words.where(words != "", cells["name"])
    parts = pd.DataFrame({"row": range(count), "kind": words})
    if kind.scheme in ("kaigo", "wam"):
        split = words.str.split(SPLIT_KINDS_RE, regex=True)
        parts = parts.assign(kind=split).explode("kind", ignore_index=True)
        parts["kind"] = parts["kind"].fillna("").astype("str")
    parts["type"] = match_types(parts["kind"], kind.scheme, table).to_numpy()
    parts.loc[direct[parts["row"]], "type"] = -1
    fields = table["field"].to_numpy()
    counted = (parts["type"] >= 0).to_numpy() & (fields[parts["type"]] != "")
    found = parts[counted | direct[parts["row"]]].drop_duplicates(["row", "kind"])
    numbers = np.arange(count)
    lost = ~np.isin(numbers, found["row"])
    uncounted = np.isin(numbers, parts["row"][(parts["type"] >= 0) & ~counted])
    unknown = np.isin(numbers, parts["row"][(parts["type"] < 0) & (parts["kind"] != "")])
    if kind.key in ("standard_public", "standard_program"):
        found = found.assign(kind=table["type"].to_numpy()[found["type"]])
    return Kinds(
        found.reset_index(drop=True),
        table,
        words,
        uncounted=lost & uncounted,
        unknown=lost & ~uncounted,
        partly=unknown & ~lost & ~direct,
    )


def _refuse_kindless(kinds: Kinds, account: Account) -> None:
    reason = "支援の分野に数えない種別です(data/service_types.csv)"
    account.refuse(kinds.uncounted, "kind", kinds.words, reason)
    reason = "どの分野か分からない種別です。data/service_types.csv に加えると取り込めます"
    account.refuse(kinds.unknown, "kind", kinds.words, reason)
    account.mend(kinds.partly, "kind", kinds.words, "一部の種別は分野が分からず、使わない")


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


def _only_kind(cells: CellsByRole, kind: Format) -> str:
    if kind.key not in ("kaigo", "wamnet"):
        return ""
    kinds = cells["kind"].unique()
    return str(kinds[0]) if len(kinds) == 1 else ""


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
