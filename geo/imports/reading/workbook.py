"""Open a workbook sheet by sheet as text: Open XML, also in its strict form, and OpenDocument."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import python_calamine

from geo.errors import DataError
from geo.imports.reading import table
from geo.imports.reading.table import Note, Table, columns, refusal

SPREADSHEET = ".opendocument.spreadsheet"
OTHER_DOCUMENTS = {
    "xl/workbook.bin": "Excel のバイナリ形式(.xlsb)です。Excel で「.xlsx」として保存し直してください",
    "word/document.xml": "Word の文書です。表を Excel に貼り付け、「.xlsx」として保存してください",
    "ppt/presentation.xml": "PowerPoint の文書です。表を Excel に貼り付け、「.xlsx」として保存してください",
    "Index/Document.iwa": "Numbers か Pages の文書です。「Excel」か「CSV」に書き出してください",
    "doc.kml": "地図の KMZ です。CSV か GeoJSON に変えてお使いください",
}
# ISO/IEC 29500 writes its strict form with other names for the same things.
STRICT = b"http://purl.oclc.org/ooxml/"
TRANSITIONAL = {
    b"http://purl.oclc.org/ooxml/spreadsheetml/main": b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    b"http://purl.oclc.org/ooxml/officeDocument/": b"http://schemas.openxmlformats.org/officeDocument/2006/",
    b"http://purl.oclc.org/ooxml/drawingml/": b"http://schemas.openxmlformats.org/drawingml/2006/",
}  # fmt: skip
MERGED_RE = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
# A formula that no program has calculated has no value beside it.
UNCALCULATED_RE = re.compile(
    rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]+)(\d+)"[^>]*>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)'
    rb"\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
MOST_MARKS = 100_000  # merged ranges or formulas of one sheet that are looked at
FILLED = "結合されたセルの値を補った"
UNCALCULATED = "計算されていない式。値がないので空欄とした。Excel で開いて保存し直すと読めます"


def other_document(names: list[str]) -> str:
    """Return what a ZIP is that is no workbook we read, and how to save it; '' for none of those."""
    return next((words for part, words in OTHER_DOCUMENTS.items() if part in names), "")


def sheets(archive: zipfile.ZipFile, blob: bytes, name: str, digest: str) -> Iterator[Table]:
    """Yield every sheet of an Open XML workbook that holds a row, the hidden ones marked."""
    try:
        for part in archive.namelist():
            if "/media/" not in part and _declares_type(archive, part):
                raise refusal(name, "Excel の中に文書型の宣言があります。開かずに止めました")
        if STRICT in archive.read("xl/workbook.xml"):
            blob = _transitional(archive)
            archive = zipfile.ZipFile(io.BytesIO(blob))
        book = openpyxl.load_workbook(
            io.BytesIO(blob), read_only=True, data_only=True, keep_links=False
        )
        cells = 0
        for sheet in book.worksheets:
            sheet.reset_dimensions()
            frame = columns(_records(sheet), name, sheet.title)
            cells += frame.size
            if cells > table.MAX_CELLS:
                raise refusal(name, f"シートを合わせて{table.MAX_CELLS:,}セルまでの表を読みます")
            if len(frame):
                # openpyxl tells the part of a sheet nowhere else (seen in 3.1.5).
                merged, formulas = _marks(archive, sheet._worksheet_path)
                notes = [*_fill_down(frame, merged), *_notes_of(formulas, frame)]
                yield Table(
                    name, "xlsx", sheet.title, frame, np.arange(1, len(frame) + 1), digest,
                    hidden=sheet.sheet_state != "visible", merged=tuple(merged), notes=tuple(notes),
                )  # fmt: skip
        if not cells:
            raise refusal(name, "表のあるシートがありません")
    except DataError:
        raise
    except MemoryError:
        raise refusal(name, "大きすぎて開けません") from None
    except Exception as error:  # a broken workbook fails anywhere in zlib, XML or openpyxl
        kind = type(error).__name__
        raise refusal(name, f"Excel として壊れています({kind})") from error


def opendocument(archive: zipfile.ZipFile, blob: bytes, name: str, digest: str) -> Iterator[Table]:
    """Yield every sheet of an OpenDocument spreadsheet that holds a row, the hidden ones marked."""
    advice = "表計算ソフトで「.xlsx」か CSV として保存し直してください"
    try:
        if SPREADSHEET.encode() not in archive.read("mimetype"):
            raise refusal(name, f"OpenDocument の表ではありません。{advice}")
        if any(
            _declares_type(archive, part) for part in archive.namelist() if part.endswith(".xml")
        ):
            raise refusal(name, "OpenDocument の中に文書型の宣言があります。開かずに止めました")
        book = python_calamine.load_workbook(io.BytesIO(blob))
        cells = 0
        for about in book.sheets_metadata:
            if about.typ != python_calamine.SheetTypeEnum.WorkSheet:
                continue
            read = book.get_sheet_by_name(about.name)
            records = read.to_python(skip_empty_area=False)
            frame = columns(
                iter([[_text(cell) for cell in row] for row in records]), name, about.name
            )
            cells += frame.size
            if cells > table.MAX_CELLS:
                raise refusal(name, f"シートを合わせて{table.MAX_CELLS:,}セルまでの表を読みます")
            if len(frame):
                hidden = about.visible != python_calamine.SheetVisibleEnum.Visible
                rows = np.arange(1, len(frame) + 1)
                yield Table(name, "ods", about.name, frame, rows, digest, hidden=hidden)
        if not cells:
            raise refusal(name, f"OpenDocument(.ods)ですが、表のあるシートがありません。{advice}")
    except DataError:
        raise
    except MemoryError:
        raise refusal(name, "大きすぎて開けません") from None
    except Exception as error:  # a broken one fails anywhere in zlib, XML or calamine
        raise refusal(name, f"OpenDocument(.ods)として壊れています。{advice}") from error


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


def _transitional(archive: zipfile.ZipFile) -> bytes:
    """Return a strict workbook in the form that every program writes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as out:
        for part in archive.infolist():
            text = archive.read(part)
            if part.filename.endswith((".xml", ".rels")):
                for strict, usual in TRANSITIONAL.items():
                    text = text.replace(strict, usual)
            out.writestr(part.filename, text)
    return stream.getvalue()


def _marks(
    archive: zipfile.ZipFile, part: str
) -> tuple[list[tuple[int, int, int, int]], list[tuple[int, int]]]:
    """Return the merged ranges of a sheet and its formulas without a value, counted from 0."""
    merged: list[tuple[int, int, int, int]] = []
    formulas: list[tuple[int, int]] = []
    tail = b""
    with archive.open(part.lstrip("/")) as stream:
        while chunk := stream.read(1 << 20):
            text = tail + chunk
            # A cell that the chunk cuts is looked at with the next one.
            end = text.rfind(b"<", 0, len(text) - 4096) if len(chunk) == 1 << 20 else len(text)
            cut = text.rfind(b"<c ", 0, end)
            end = cut if len(chunk) == 1 << 20 and cut > 0 else end
            whole, tail = text[:end], text[end:]
            if b"f>" in whole or b"<f" in whole:
                formulas += [
                    (int(row) - 1, _column(letters))
                    for letters, row in UNCALCULATED_RE.findall(whole)
                ]
            merged += [
                (int(top) - 1, _column(left), int(bottom) - 1, _column(right))
                for left, top, right, bottom in MERGED_RE.findall(whole)
            ]
            if len(merged) + len(formulas) > MOST_MARKS:
                break
    return merged[:MOST_MARKS], formulas[:MOST_MARKS]


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _fill_down(frame: pd.DataFrame, merged: list[tuple[int, int, int, int]]) -> Iterator[Note]:
    """Write the value of a cell that is merged downwards into the rows that it stands beside."""
    if not merged:
        return
    own = (frame != "").any(axis=1).to_numpy(dtype=bool)
    height, width = frame.shape
    by_column: dict[int, list[str]] = {}
    for top, left, bottom, _ in sorted(merged):
        if bottom == top or top >= height or left >= width:
            continue
        cells = by_column.setdefault(left, frame.iloc[:, left].tolist())
        for row in range(top + 1, min(bottom, height - 1) + 1) if cells[top] else ():
            if own[row] and not cells[row]:
                cells[row] = cells[top]
                yield Note(row, left, FILLED)
    for left, cells in by_column.items():
        frame[left] = pd.Series(cells, index=frame.index, dtype="str")


def _notes_of(formulas: list[tuple[int, int]], frame: pd.DataFrame) -> Iterator[Note]:
    height, width = frame.shape
    for row, column in formulas:
        if row < height and column < width and frame.iloc[row, column] == "":
            yield Note(row, column, UNCALCULATED)


def _records(sheet: Any) -> Iterator[list[str]]:
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
