"""Open a table by what is in it, not by its name: CSV, Excel, GeoJSON, JSON, or one in a ZIP.

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
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd

from geo.errors import DataError
from geo.imports.reading.table import MAX_COLUMNS, Table, columns, refusal

MAX_BYTES = 100_000_000
MAX_UNPACKED = 400_000_000  # bytes in all parts of a ZIP or a workbook
MAX_RATIO = 250  # unpacked : packed; real workbooks stay below 30
MAX_PARTS = 2_000
MAX_DEPTH = 60
LONG_RECORD = 60  # lines: a record as long as this means a quote that never closes

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
    """Return the tables of a file: one, or one for each visible sheet of a workbook.

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
    if not any(len(table.frame) for table in tables):
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
        raise refusal(name, "XML です。表(CSV または Excel)をお使いください")
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
    sample = text[:20_000]
    delimiter = max(",\t;", key=lambda mark: (sample.count(mark), mark == ","))
    csv.field_size_limit(MAX_BYTES)
    try:
        frame = columns(_records(text, name, delimiter, strict=True), name)
    except csv.Error:
        frame = columns(_records(text, name, delimiter, strict=False), name)
    return Table(name, "csv", "", frame, np.arange(1, len(frame) + 1), digest)


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
        if part.file_size > 1_000_000 and part.file_size > MAX_RATIO * max(part.compress_size, 1):
            raise refusal(name, "圧縮の率が異常です。開かずに止めました")
        if part.flag_bits & 1:
            raise refusal(name, "パスワード付きです。パスワードを外してください")
    names = [part.filename for part in parts]
    if "[Content_Types].xml" in names:
        yield from _workbook(archive, blob, name, digest)
        return
    tables = [part for part in parts if part.filename.lower().endswith((".csv", ".xlsx", ".json", ".geojson", ".tsv", ".txt"))]  # fmt: skip
    if len(tables) != 1:
        reason = (
            f"ZIP の中に表が{len(tables)}つあります。1つだけの ZIP か、取り出した表をお使いください"
        )
        raise refusal(name, reason)
    try:
        inside = archive.read(tables[0])
    except Exception as error:  # zlib and lzma have error types of their own
        raise refusal(name, "ZIP として壊れています") from error
    if inside.startswith(b"PK") and not tables[0].filename.lower().endswith(".xlsx"):
        raise refusal(name, "ZIP の中に ZIP があります。表を取り出してください")
    yield from _by_content(inside, name, digest)


def _workbook(archive: zipfile.ZipFile, blob: bytes, name: str, digest: str) -> Iterator[Table]:
    try:
        for part in archive.namelist():
            if part.lower().endswith((".xml", ".rels")) and _declares_type(archive, part):
                raise refusal(name, "Excel の中に文書型の宣言があります。開かずに止めました")
        book = openpyxl.load_workbook(
            io.BytesIO(blob), read_only=True, data_only=True, keep_links=False
        )
        found = False
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                continue
            sheet.reset_dimensions()
            frame = columns(_sheet_records(sheet), name)
            if len(frame):
                found = True
                rows = np.arange(1, len(frame) + 1)
                yield Table(name, "xlsx", sheet.title, frame, rows, digest)
        if not found:
            raise refusal(name, "表のあるシートがありません")
    except DataError:
        raise
    except MemoryError:
        raise refusal(name, "大きすぎて開けません") from None
    except Exception as error:  # a broken workbook fails anywhere in zlib, XML or openpyxl
        kind = type(error).__name__
        raise refusal(name, f"Excel として壊れています({kind})") from error


def _declares_type(archive: zipfile.ZipFile, part: str) -> bool:
    """Tell whether a part has a document type, which an entity that grows or reads a file needs.

    No workbook has one. Zero bytes are dropped, so that UTF-16 hides nothing.
    """
    tail = b""
    with archive.open(part) as stream:
        while chunk := stream.read(1 << 20):
            text = tail + chunk.replace(b"\0", b"")
            if re.search(rb"<!(?:DOCTYPE|ENTITY)", text, re.IGNORECASE):
                return True
            tail = text[-16:]
    return False


def _sheet_records(sheet: Any) -> Iterator[list[str]]:
    for row in sheet.iter_rows(values_only=True):
        yield ["" if value is None else _text(value) for value in row]


def _text(value: Any) -> str:
    """Return what a spreadsheet's cell says: 12301.0 is 12301, a date is ISO."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(" ") if value.time() != time(0) else value.date().isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value)


def _json(text: str, name: str, digest: str) -> Table:
    try:
        document = json.loads(text, parse_int=str, parse_float=str, parse_constant=lambda _: "")
    except RecursionError:
        raise refusal(name, "JSON の入れ子が深すぎます") from None
    except ValueError as error:
        line = getattr(error, "lineno", None)
        raise refusal(name, "JSON として読めません", line) from None
    if _depth(document) > MAX_DEPTH:
        raise refusal(name, "JSON の入れ子が深すぎます")
    kind, objects = "json", document
    if isinstance(document, dict) and document.get("type") == "FeatureCollection":
        kind, objects = "geojson", [_flat(item) for item in _listed(document.get("features"))]
    if not isinstance(objects, list):
        return Table(name, kind, "", pd.DataFrame(), np.array([], dtype=int), digest, document)
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
    return Table(name, kind, "", frame, np.arange(len(frame)), digest, document)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _flat(feature: Any) -> dict[str, Any]:
    """Return a feature's properties, with the point of its geometry as 緯度 and 経度."""
    if not isinstance(feature, dict):
        return {}
    properties = feature.get("properties")
    cells = dict(properties) if isinstance(properties, dict) else {}
    geometry = feature.get("geometry")
    if isinstance(geometry, dict) and geometry.get("type") == "Point":
        point = _listed(geometry.get("coordinates"))
        if len(point) >= 2 and not (cells.get("緯度") and cells.get("経度")):
            cells["緯度"], cells["経度"] = point[1], point[0]
    return cells


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
