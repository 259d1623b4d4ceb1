"""Open a table by what is in it, not by its name: CSV, workbook, GeoJSON, JSON, or one in a ZIP.

Every cell comes out as text. Nothing in a file is run, expanded or fetched; a file that would
cost too much to open is refused with its reason.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geo.errors import DataError
from geo.imports.reading import envelopes, hsds, table, workbook
from geo.imports.reading.table import MAX_COLUMNS, Note, Table, columns, refusal

MAX_BYTES = 100_000_000
MAX_UNPACKED = 400_000_000  # bytes in all parts of a ZIP or a workbook
MAX_RATIO = 250  # unpacked : packed; real workbooks stay below 30
MAX_PARTS = 2_000
MAX_DEPTH = 60
# Escapes of JSON: a backslash, a pair, and half a pair.
ESCAPE_RE = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
UNGIVEN = r"\ufffe"  # no character: geo.imports.reading.table.clean takes it out and says so
LONG_RECORD = 60  # lines: a record as long as this means a quote that never closes

SAMPLE = 20_000  # characters in which the delimiter is looked for
DELIMITERS = (",", "\t", ";", "|")
SUFFIXES = (".csv", ".xlsx", ".ods", ".json", ".geojson", ".jsonl", ".ndjson", ".tsv", ".txt")
XML_KINDS = {
    "excel.sheet": "古い XML 形式の Excel です。Excel で「.xlsx」として保存し直してください",
    "<kml": "地図の KML です",
    "<gml": "地図の GML です",
    "<rdf": "RDF です",
}
NOT_TABLES = (
    (b"%PDF", "PDF です。表(CSV または Excel)をお使いください"),
    (b"\xd0\xcf\x11\xe0", "古い形式の Excel(.xls)か、パスワード付きのファイルです。"
     "パスワードを外し、Excel で「.xlsx」として保存し直してください"),
    (b"\x89PNG", "画像です。表(CSV または Excel)をお使いください"),
    (b"\xff\xd8\xff", "画像です。表(CSV または Excel)をお使いください"),
    (b"GIF8", "画像です。表(CSV または Excel)をお使いください"),
    (b"Rar!", "RAR です。中の表を取り出してください"),
    (b"7z\xbc\xaf", "7z です。中の表を取り出してください"),
    (b"\x1f\x8b", "gzip です。中の表を取り出してください"),
    (b"SQLite format 3", "データベースです。表(CSV または Excel)をお使いください"),
)  # fmt: skip


def open_tables(source: Path | str | bytes, name: str = "") -> list[Table]:
    """Return the tables of a file: one, or one for each sheet of a workbook, hidden ones marked.

    Raises DataError when the file cannot be read as a table or exceeds a limit.
    """
    if isinstance(source, bytes):
        blob = source
    else:
        path = Path(source)
        name = name or path.name
        try:
            size = path.stat().st_size
            if size > MAX_BYTES:
                raise refusal(name, _too_large(size))
            blob = path.read_bytes()
        except OSError as error:
            raise refusal(name, f"開けません: {error.strerror}") from None
    name = name or "名前のないファイル"
    if len(blob) > MAX_BYTES:
        raise refusal(name, _too_large(len(blob)))
    if not blob.strip():
        raise refusal(name, "空のファイルです")
    digest = hashlib.sha256(blob).hexdigest()
    tables = list(_by_content(blob, name, digest))
    if not any(len(table.frame) or hsds.is_hsds(table.document) for table in tables):
        raise refusal(name, "表に行がありません")
    return tables


def _too_large(size: int) -> str:
    return f"{size / 1e6:,.0f} MB あります。{MAX_BYTES / 1e6:,.0f} MB までの表を読みます"


def _by_content(blob: bytes, name: str, digest: str) -> Iterator[Table]:
    for magic, reason in NOT_TABLES:
        if blob.startswith(magic):
            raise refusal(name, reason)
    if blob.startswith(b"PK"):
        yield from _archive(blob, name, digest)
        return
    text = decode(blob, name)
    start = text.lstrip()[:200].lower()
    if start.startswith(("<!doctype html", "<html", "<head", "<body")):
        raise refusal(name, "HTML のページです。表(CSV または Excel)をダウンロードしてください")
    if start.startswith("<"):
        kind = next((words for sign, words in XML_KINDS.items() if sign in start), "XML です")
        raise refusal(name, f"{kind}。表(CSV または Excel)をお使いください")
    if start.startswith(("{", "[")):
        yield _json(text, name, digest)
    else:
        yield _csv(text, name, digest)


def decode(blob: bytes, name: str) -> str:
    """Return the text of a file in UTF-8, UTF-16 or CP932, told apart by its bytes."""
    if blob.startswith(codecs.BOM_UTF8):
        encodings = ["utf-8-sig"]
    elif blob.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        head = np.frombuffer(blob[:4000], dtype=np.uint8)
        nulls = [float(np.mean(head[start::2] == 0)) if head.size > 1 else 0.0 for start in (0, 1)]
        # Commas, digits and line ends of UTF-16 carry a zero byte; those of the others never do.
        if max(nulls) > 0.1 and abs(nulls[0] - nulls[1]) > 0.1:
            encodings = ["utf-16-be" if nulls[0] > nulls[1] else "utf-16-le"]
        else:
            encodings = ["utf-8", "cp932"]
    places = []
    for encoding in encodings:
        try:
            return blob.decode(encoding)
        except UnicodeDecodeError as error:
            places.append(f"{encoding}では{error.start + 1:,}バイト目")
    reason = f"文字コードが読めません({'、'.join(places)}で止まる)。UTF-8 か Shift_JIS で保存し直してください"
    raise refusal(name, reason)


def _csv(text: str, name: str, digest: str) -> Table:
    csv.field_size_limit(MAX_BYTES)
    delimiter = _delimiter(text)
    try:
        frame = columns(_records(text, name, delimiter, strict=True), name)
    except csv.Error:
        frame = columns(_records(text, name, delimiter, strict=False), name)
    return Table(name, "csv", "", frame, np.arange(1, len(frame) + 1), digest)


def _delimiter(text: str) -> str:
    """Return the sign that cuts the rows into the same number of cells, the most often.

    A sign that stands in the cells cuts every row elsewhere. Of two that do equally well the one
    that makes more columns is right, then the comma.
    """
    sample = text[:SAMPLE]
    if len(text) > SAMPLE:  # the last row may be cut
        sample = sample[: sample.rfind("\n") + 1] or sample

    def even(mark: str) -> tuple[float, int, bool]:
        try:
            rows = csv.reader(io.StringIO(sample, newline=""), delimiter=mark)
            widths = Counter(len(row) for row in rows if row)
        except csv.Error:
            return 0.0, 0, False
        width, count = max(
            ((width, count) for width, count in widths.items() if width > 1),
            key=lambda each: (each[1], each[0]),
            default=(0, 0),
        )
        return round(count / max(sum(widths.values()), 1), 3), width, mark == ","

    return max(DELIMITERS, key=even)


def _records(text: str, name: str, delimiter: str, *, strict: bool) -> Iterator[list[str]]:
    """Yield the records; a quote that never closes is an error, not a swallowed rest."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)
    row, line = 0, 0
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end" in str(error):
                raise _open_quote(name, row + 1) from None
            raise
        row += 1
        if not strict and reader.line_num - line > LONG_RECORD:
            raise _open_quote(name, row)
        line = reader.line_num
        yield record


def _open_quote(name: str, row: int) -> DataError:
    return refusal(name, '引用符(")が閉じていません。ここから後が1つのセルになっています', row)


def _archive(blob: bytes, name: str, digest: str) -> Iterator[Table]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(blob))
        parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError):
        raise refusal(name, "ZIP または Excel として壊れています") from None
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED:
        reason = f"広げると{unpacked / 1e6:,.0f} MB になります。{MAX_UNPACKED / 1e6:,.0f} MB まで読みます"
        raise refusal(name, reason)
    for part in parts:
        if swells(part):
            raise refusal(name, "圧縮の率が異常です。開かずに止めました")
        if part.flag_bits & 1:
            raise refusal(name, "パスワード付きです。パスワードを外してください")
    names = [part.filename for part in parts]
    if words := workbook.other_document(names):
        raise refusal(name, words)
    if "[Content_Types].xml" in names:
        yield from workbook.sheets(archive, blob, name, digest)
        return
    if "mimetype" in names and "content.xml" in names:
        yield from workbook.opendocument(archive, blob, name, digest)
        return
    tables = [part for part in parts if _is_table(part.filename)]
    if len(tables) != 1:
        told = "、".join(part.filename.rpartition("/")[2][:40] for part in tables[:5])
        reason = (
            f"ZIP の中に表が{len(tables)}つあります{f'({told})' if told else ''}。"
            "1つだけの ZIP か、取り出した表をお使いください"
        )
        raise refusal(name, reason)
    try:
        inside = archive.read(tables[0])
    except Exception as error:  # zlib and lzma have error types of their own
        raise refusal(name, "ZIP として壊れています") from error
    if inside.startswith(b"PK") and not tables[0].filename.lower().endswith((".xlsx", ".ods")):
        raise refusal(name, "ZIP の中に ZIP があります。表を取り出してください")
    yield from _by_content(inside, name, digest)


def _is_table(name: str) -> bool:
    """Tell whether a part of a ZIP is a table, and none of what a Mac puts beside each."""
    last = name.rpartition("/")[2]
    beside = name.startswith("__MACOSX/") or last.startswith((".", "~$"))
    return not beside and last.lower().endswith(SUFFIXES)


def swells(part: zipfile.ZipInfo) -> bool:
    """Tell whether a part of a ZIP grows as no table does when it is unpacked."""
    return part.file_size > 1_000_000 and part.file_size > MAX_RATIO * max(part.compress_size, 1)


def _json(text: str, name: str, digest: str) -> Table:
    document = _document(ESCAPE_RE.sub(_whole, text), name)
    if _depth(document) > MAX_DEPTH:
        raise refusal(name, "JSON の入れ子が深すぎます")
    services = hsds.is_hsds(document)
    found = envelopes.opened(document)
    objects = [] if services and not isinstance(document, list) else found.objects
    if services and not objects:
        rows = np.array([], dtype=int)
        return Table(name, "json", "", pd.DataFrame(), rows, digest, document, remarks=found.remarks)  # fmt: skip
    if found.problem:
        raise refusal(name, found.problem)
    if len(objects) > table.MAX_ROWS:
        raise refusal(name, f"大きすぎます。{table.MAX_ROWS:,}行までの表を読みます")
    names: dict[str, None] = {}
    for item in objects:
        if isinstance(item, dict):
            names.update(dict.fromkeys(str(key) for key in item))
        if len(names) > MAX_COLUMNS:
            raise refusal(name, f"項目が多すぎます。{MAX_COLUMNS}まで読みます")
    records = [list(names)]
    for item in objects:
        cells = {str(key): cell for key, cell in item.items()} if isinstance(item, dict) else {}
        records.append([_plain(cells.get(key)) for key in names])
    frame = columns(iter(records), name) if names else pd.DataFrame()
    at = list(names).index("緯度") if "緯度" in names else 0
    notes = tuple(Note(number + 1, at, words) for number, words in found.notes)
    rows = np.arange(len(frame))
    return Table(
        name, found.kind, "", frame, rows, digest, document, notes=notes, remarks=found.remarks
    )


def _document(text: str, name: str) -> Any:
    """Return what a JSON text says; one object a line is a list of them."""
    try:
        return _parsed(text)
    except RecursionError:
        raise refusal(name, "JSON の入れ子が深すぎます") from None
    except ValueError as error:
        line = getattr(error, "lineno", None)
        lines = [(number, one.strip(" \x1e\r\t")) for number, one in enumerate(text.split("\n"), 1)]
        lines = [(number, one) for number, one in lines if one]
        objects: list[Any] = []
        for number, one in lines if len(lines) > 1 else ():
            try:
                objects.append(_parsed(one))
            except (ValueError, RecursionError):
                if not objects:  # not written line by line
                    break
                reason = "JSON として読めません(1行に1つの形とみました)"
                raise refusal(name, reason, number) from None
        if objects:
            return objects
        raise refusal(name, "JSON として読めません", line) from None


def _parsed(text: str) -> Any:
    return json.loads(text, parse_int=str, parse_float=str, parse_constant=lambda _: "")


def _whole(escape: re.Match[str]) -> str:
    """Return an escape, or in place of half a pair, which is no text, a sign that is mended."""
    return UNGIVEN if escape[1] else escape[0]


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ";".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _depth(document: Any) -> int:
    level, depth = [document], 0
    while level and depth <= MAX_DEPTH:
        level = [
            child
            for item in level
            if isinstance(item, (dict, list))
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        depth += 1
    return depth
