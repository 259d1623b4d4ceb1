"""Read what a municipality sent back of a survey round, in whatever state it comes.

Every row carries a key and what it said when it was sent, in columns that are hidden: so that a
file may be renamed, sorted, saved as CSV or lose a sheet. What was printed and typed has no keys;
there the words tell, the file's name among them.
"""

from __future__ import annotations

import io
import json
import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from geo.data.dataset import Dataset
from geo.data.schema import ORGANISATION_COLUMNS, SERVICE_COLUMNS
from geo.errors import DataError
from geo.imports.reading import published
from geo.imports.reading.files import MAX_BYTES, MAX_PARTS, MAX_UNPACKED, open_tables, swells
from geo.imports.reading.headers import TEMPLATE_HEADERS, plain_header
from geo.imports.reading.incoming import Incoming, Refusal
from geo.imports.reading.table import Table, clean, refusal

FORMAT = "answer"  # of the sources that answers of a round belong to
KEY, BASE = "鍵(消さない)", "元の値(消さない)"
# What is checked of a record: the column of the store, and what the sheet calls it.
_ASKED = ("name", "operator", "address", "phone", "hours", "url")
ORGANISATION = {column: ORGANISATION_COLUMNS[column].label for column in _ASKED}
SERVICE = {"target": SERVICE_COLUMNS["target"].label}
EDITED = ORGANISATION | SERVICE
VERDICT, FIELD, REMARK = "確認", "分野", "連絡欄"
SAME, MENDED, STOPPED = "この通り", "直す", "やめた"
RESULT, ON, BY, SOURCE = "結果", "調べた日", "調べた人", "根拠"
THERE, ABSENT, UNASKED = "ある", "調べたが無い", "調べていない"
CHECK_HEADERS = (KEY, BASE, VERDICT, *EDITED.values(), FIELD, REMARK)
FIELD_HEADERS = (KEY, FIELD, RESULT, ON, BY, SOURCE)
NEW_HEADERS = (KEY, *TEMPLATE_HEADERS.values())
KEY_RE = re.compile(r"([0-9a-f]{8})-(\d{6})-(\S+)")
NEW_KEY = "new"
HEADER_ROWS = 30
# The words as people write them, compared without spaces.
SPELT = {
    SAME: ("この通り", "このとおり", "その通り", "変更なし", "変更無し", "ok", "○", "同じ", "はい", "確認済", "確認済み"),
    MENDED: ("直す", "直した", "修正", "修正あり", "変更", "変更あり", "訂正"),
    STOPPED: ("やめた", "辞めた", "廃止", "終了", "閉鎖", "休止", "解散", "なくなった"),
    THERE: ("ある", "あり", "有", "有り", "○", "はい"),
    ABSENT: ("調べたが無い", "調べたがない", "調べたが、無い", "無い", "ない", "なし", "無し", "無", "×"),
    UNASKED: ("調べていない", "未調査", "不明", "わからない", "分からない", "-", "―"),
}  # fmt: skip
VERDICTS, RESULTS = (SAME, MENDED, STOPPED), (THERE, ABSENT, UNASKED)


@dataclass(frozen=True)
class Checked:
    """One row of the sheet that shows the records. service: id, '' where the key is lost.

    base: what the row said when it was sent, None where nobody knows. cells: by column of the store.
    """

    row: int
    service: str
    verdict: str
    base: dict[str, str] | None
    cells: dict[str, str]
    field: str
    remark: str


@dataclass(frozen=True)
class Looked:
    """One row of the sheet of the fields: what somebody found who looked. field: its code."""

    row: int
    field: str
    result: str
    on: str
    by: str
    source: str


@dataclass(frozen=True)
class Answer:
    """What one file says of one municipality. round: its key, '' for none; code: of the municipality.

    added: (row, cell by header) of what is new. lost: what nobody understood.
    """

    file: str
    sha256: str
    round: str
    code: str
    checked: tuple[Checked, ...] = ()
    looked: tuple[Looked, ...] = ()
    added: tuple[tuple[int, dict[str, str]], ...] = ()
    lost: tuple[Refusal, ...] = ()


@dataclass(eq=False)
class _Gathered:
    checked: list[Checked] = field(default_factory=list)
    looked: list[Looked] = field(default_factory=list)
    added: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    lost: list[Refusal] = field(default_factory=list)


def unpacked(content: bytes, name: str) -> list[tuple[str, bytes]]:
    """Return the files in a ZIP by their names, or the file itself where it is none.

    Raises DataError for a ZIP that is broken, locked or grows beyond measure.
    """
    if not content.startswith(b"PK"):
        return [(name, content)]
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = [part for part in archive.infolist() if not part.is_dir()]
            if any(part.filename == "[Content_Types].xml" for part in parts):
                return [(name, content)]
            sizes = [part.file_size for part in parts]
            if (
                len(parts) > MAX_PARTS
                or sum(sizes) > MAX_UNPACKED
                or max(sizes, default=0) > MAX_BYTES
            ):
                raise refusal(name, "ZIP の中身が大きすぎます")
            if any(swells(part) for part in parts):
                raise refusal(name, "圧縮の率が異常です。開かずに止めました")
            found = [(_part_name(part), archive.read(part)) for part in parts]
    except DataError:
        raise
    except Exception:  # zlib and lzma have error types of their own
        raise refusal(name, "ZIP が壊れているか、パスワードが付いています") from None
    return [(one, blob) for one, blob in found if not one.startswith((".", "~$"))]


def _part_name(part: zipfile.ZipInfo) -> str:
    name = part.filename
    if not part.flag_bits & 0x800:  # not said to be UTF-8: Windows writes its own
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("cp932")
    return name.replace("\\", "/").rpartition("/")[2]


def read_answer(content: bytes, name: str, dataset: Dataset) -> list[Answer]:
    """Return what a file says, one answer for each municipality that its keys name.

    Raises DataError where the file is no table, no sheet of the letter is in it, or nothing tells
    whose answer it is.
    """
    tables = open_tables(content, name)
    gathered: dict[tuple[str, str], _Gathered] = {}
    words = [name, *(_head(table) for table in tables)]
    owners = Counter((m[1], m[2]) for table in tables for m in _keys(table))
    main = owners.most_common(1)[0][0] if owners else ("", _town_of(words, dataset))
    known = False
    for table in tables:
        for header, labels in _headers(table):
            known = True
            _rows(table, header, labels, main, gathered, dataset)
            break
    if not known:
        raise refusal(name, "調査票の見出し(確認・結果・名称と分野)が見つかりません")
    if not main[1]:
        reason = "どの市町村の回答か分かりません。ファイルの名前に市町村名を入れてください"
        raise refusal(name, reason)
    gathered.setdefault(main, _Gathered())
    return [
        Answer(
            name,
            tables[0].sha256,
            key[0],
            key[1],
            tuple(one.checked),
            tuple(one.looked),
            tuple(one.added),
            tuple(one.lost),
        )
        for key, one in gathered.items()
    ]


def added_records(
    answers: Iterable[Answer], dataset: Dataset, source: str
) -> tuple[Incoming | None, dict[str, int], tuple[tuple[int, Refusal], ...]]:
    """Read all rows of what is new at once, as the form with blanks is read.

    Returns the records (None for no row), by organisation the place of its answer in `answers`, and
    (place, refusal) of every row that was refused.
    """
    headers = list(TEMPLATE_HEADERS.values())
    town = TEMPLATE_HEADERS["town"]
    lines, origin = [headers], [(-1, 1)]
    listed = list(answers)
    for place, answer in enumerate(listed):
        for row, cells in answer.added:
            given = {town: dataset.municipalities.at[answer.code, "name"]}
            given |= {name: cell for name, cell in cells.items() if cell}
            lines.append([given.get(name, "") for name in headers])
            origin.append((place, row))
    if len(lines) == 1:
        return None, {}, ()
    table = Table("調査の回答", "xlsx", "", pd.DataFrame(lines, dtype="str"), np.arange(1, len(lines) + 1), "")  # fmt: skip

    def told(refused: Iterable[Refusal]) -> tuple[tuple[int, Refusal], ...]:
        found = []
        for one in refused:
            place, row = origin[(one.row or 1) - 1]
            if place >= 0:
                found.append((place, replace(one, file=listed[place].file, row=row)))
        return tuple(found)

    try:
        incoming = published.read([table], dataset)
    except DataError as error:
        lost = [
            Refusal(p.file, p.row, p.column or "", "", p.reason) for p in error.problems if p.row
        ]
        if not lost:
            raise
        return None, {}, told(lost)
    places = {
        str(key): origin[int(row) - 1][0] for key, row in incoming.organisations["file_row"].items()
    }
    made = replace(incoming, format=FORMAT, source=source, licence="", edition="")
    return made, places, told(incoming.refused)


def spelt(cell: str, choices: Iterable[str]) -> str:
    """Return which of the choices a cell means; '' for none."""
    plain = re.sub(r"[\s。.、]", "", unicodedata.normalize("NFKC", cell)).casefold()
    return next((one for one in choices if plain in SPELT[one]), "")


def _head(table: Table) -> str:
    return " ".join(table.frame.iloc[:4].to_numpy().ravel()[:60])


def _keys(table: Table) -> Iterator[re.Match[str]]:
    for column in table.frame:
        if table.frame[column].str.contains("-", regex=False).any():
            for cell in table.frame[column]:
                if match := KEY_RE.fullmatch(cell.strip()):
                    yield match


def _town_of(words: Iterable[str], dataset: Dataset) -> str:
    """Return the municipality that the words name, the file's name first; '' for none or several."""
    names = dataset.municipalities["name"]
    longest = sorted(names.index, key=lambda code: -len(names[code]))
    for text in words:
        plain = unicodedata.normalize("NFKC", text)
        found = {code for code in names.index if code in plain}
        for code in longest:
            if names[code] in plain:
                found.add(code)
                plain = plain.replace(names[code], " ")
        if len(found) == 1:
            return str(found.pop())
    return ""


def _headers(table: Table) -> Iterator[tuple[int, dict[str, int]]]:
    """Yield where a header of the letter stands, and the column of each of its labels."""
    wanted = {plain_header(one): one for one in (*CHECK_HEADERS, *FIELD_HEADERS, *NEW_HEADERS)}
    for position in range(min(HEADER_ROWS, len(table.frame))):
        cells = [plain_header(str(cell)) for cell in table.frame.iloc[position]]
        labels = {wanted[cell]: n for n, cell in reversed(list(enumerate(cells))) if cell in wanted}
        if _kind(labels):
            yield position, labels


def _kind(labels: dict[str, int]) -> str:
    if RESULT in labels and FIELD in labels:
        return "looked"
    if VERDICT in labels and ORGANISATION["name"] in labels:
        return "checked"
    if {TEMPLATE_HEADERS["name"], TEMPLATE_HEADERS["field"]} <= labels.keys():
        return "added"
    return ""


def _rows(
    table: Table,
    header: int,
    labels: dict[str, int],
    main: tuple[str, str],
    gathered: dict[tuple[str, str], _Gathered],
    dataset: Dataset,
) -> None:
    kind = _kind(labels)
    below = table.frame.iloc[header + 1 :]
    # All cells at once: to clean small columns one by one takes most of the time of a small file.
    plain = clean(pd.Series(below[list(labels.values())].to_numpy().ravel(), dtype="str"))[0]
    texts = plain.to_numpy().reshape(len(below), len(labels))
    for place, line in enumerate(texts):
        cells = dict(zip(labels, map(str, line), strict=True))
        row = int(table.rows[header + 1 + place])
        match = KEY_RE.fullmatch(cells.pop(KEY, "").strip())
        owner = (match[1], match[2]) if match else main
        if owner[1] not in dataset.municipalities.index and match:
            owner, match = main, None
        into = gathered.setdefault(owner, _Gathered()) if owner[1] else _Gathered()
        if kind == "added":
            _added(into, row, cells)
        elif kind == "looked":
            _looked(into, table, row, match[3] if match else "", cells, dataset)
        else:
            _checked(into, table, row, match[3] if match else "", cells)


def _added(into: _Gathered, row: int, cells: dict[str, str]) -> None:
    preset = {TEMPLATE_HEADERS["town"], TEMPLATE_HEADERS["example"]}
    example = cells.get(TEMPLATE_HEADERS["example"], "")
    if not example and any(cell for label, cell in cells.items() if label not in preset):
        into.added.append((row, cells))


def _looked(
    into: _Gathered, table: Table, row: int, key: str, cells: dict[str, str], dataset: Dataset
) -> None:
    written = cells.get(FIELD, "")
    named = dataset.fields.index[dataset.fields["name"] == written]
    one = key if key in dataset.fields.index else str(named[0]) if len(named) else ""
    result = spelt(cells.get(RESULT, ""), RESULTS)
    if not cells.get(RESULT):
        return
    if not one or not result:
        column, value = (RESULT, cells[RESULT]) if one else (FIELD, written)
        into.lost.append(Refusal(table.file, row, column, value, "選択肢にない言葉です"))
        return
    rest = (cells.get(label, "") for label in (ON, BY, SOURCE))
    into.looked.append(Looked(row, one, result, *rest))


def _checked(into: _Gathered, table: Table, row: int, key: str, cells: dict[str, str]) -> None:
    if not any(cells.values()):
        return
    given = cells.get(VERDICT, "")
    verdict = spelt(given, VERDICTS)
    if given and not verdict:
        into.lost.append(Refusal(table.file, row, VERDICT, given, "選択肢にない言葉です"))
        return
    try:
        base = json.loads(cells.get(BASE, "") or "null")
    except ValueError:
        base = None
    if not isinstance(base, dict):
        base = None
    edited = {name: cells[label] for name, label in EDITED.items() if label in cells}
    into.checked.append(
        Checked(row, key, verdict, base, edited, cells.get(FIELD, ""), cells.get(REMARK, ""))
    )
