"""Write tables as CSV, JSON and Excel that carry their source and cannot run a formula."""

from __future__ import annotations

import io
import json
import math
import re

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, NamedStyle, PatternFill
from openpyxl.styles.fonts import DEFAULT_FONT
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
WIDEST_COLUMN = 48
THOUSAND = 1000
LINE_POINTS = 15


# Half of a pair, and what Unicode gives to nobody: no file of text or XML can hold them.
UNWRITABLE_RE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(
        f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
    )
    + "]"
)


def writable(text: str) -> str:
    """Return a text without the signs that no file can hold."""
    return UNWRITABLE_RE.sub("", text)


def harmless(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula: such a text gets a leading quote."""
    if isinstance(cell, (tuple, list)):
        cell = ";".join(str(part) for part in cell)
    if not isinstance(cell, str):
        return cell
    cell = writable(cell)
    # A return alone would end a row of a CSV, and what follows would begin a cell.
    text = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if cell.startswith(FORMULA_STARTS) else text


def to_csv(table: pd.DataFrame, *, for_spreadsheet: bool = False) -> str:
    """Return a CSV with a header and LF line ends; true and false in lower case.

    for_spreadsheet: begin with a byte-order mark, so that Excel reads it as UTF-8.
    """
    text: str = _plain(table).to_csv(index=False, lineterminator="\n")
    return "\ufeff" + text if for_spreadsheet else text


def to_json(table: pd.DataFrame) -> str:
    """Return a JSON array of one object a row, each in a line; what is missing is null."""
    texts = table.select_dtypes(["object", "string"]).columns
    held = table.assign(**{name: table[name].map(_held) for name in texts})
    rows = json.loads(held.to_json(orient="records", force_ascii=False, date_format="iso"))
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]"


def _held(cell: object) -> object:
    return writable(cell) if isinstance(cell, str) else cell


def to_excel(sheets: dict[str, pd.DataFrame], sources: list[str], *, head: str) -> bytes:
    """Return an Excel workbook of one sheet a table, and a last one 出典 with the source lines.

    head: colour of the ground of the headers, #RRGGBB.
    """
    book = Workbook()
    book.remove(book.active)
    _add_styles(book, head)
    for title, table in sheets.items():
        sheet = book.create_sheet(title[:31])
        plain = _plain(table)
        sheet.append([str(name) for name in plain.columns])
        for row in plain.itertuples(index=False):
            sheet.append([_cell(value) for value in row])
        sheet.freeze_panes = "A2"
        sheet.auto_filter.ref = sheet.dimensions
        lines = [1] * sheet.max_row
        for position, column in enumerate(sheet.columns, start=1):
            sizes = [_size(cell.value) for cell in column]
            width = min(max(8, max(sizes) + 2), WIDEST_COLUMN)
            sheet.column_dimensions[get_column_letter(position)].width = width
            for row, (cell, size) in enumerate(zip(column, sizes, strict=True)):
                lines[row] = max(lines[row], math.ceil(size / (width - 2)))
                # A long text is whole in its cell, and a line stays together beside it.
                if row == 0:
                    cell.style = HEAD_LONG if size + 2 > width else HEAD
                elif isinstance(cell.value, (int, float)):
                    cell.style = LARGE if abs(cell.value) >= THOUSAND else SHORT
                else:
                    cell.style = LONG if size + 2 > width else SHORT
        for row, count in enumerate(lines, start=1):
            if count > 1:
                sheet.row_dimensions[row].height = LINE_POINTS * count
        _on_paper(sheet)
    notes = book.create_sheet("出典")
    notes.column_dimensions["A"].width = 120
    for line in sources:
        notes.append([_cell(harmless(line))])
        notes.cell(notes.max_row, 1).alignment = Alignment(wrap_text=True, vertical="top")
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


# A cell is given a style by name: an alignment of its own for each takes most of a workbook's time.
HEAD, HEAD_LONG, SHORT, LONG, LARGE = "見出し", "見出し 折り返し", "上揃え", "折り返し", "桁区切り"


def _add_styles(book: Workbook, head: str) -> None:
    fill = PatternFill("solid", fgColor=head.removeprefix("#"))
    for name in (HEAD, HEAD_LONG, SHORT, LONG, LARGE):
        style = NamedStyle(name)
        style.alignment = Alignment(wrap_text=name in (HEAD_LONG, LONG), vertical="top")
        head_of = name in (HEAD, HEAD_LONG)
        style.font = Font(name=DEFAULT_FONT.name, size=DEFAULT_FONT.size, bold=head_of)
        if head_of:
            style.fill = fill
        if name == LARGE:
            style.number_format = "#,##0"
        book.add_named_style(style)


def _size(value: object) -> int:
    """Return how many half-width signs a cell is wide: all beyond Latin-1 count twice."""
    text = str(value or "")
    return 2 * len(text) - len(text.encode("latin-1", "ignore"))


def _on_paper(sheet: Worksheet) -> None:
    """Set a sheet to print on A4, as wide as the page, with its header on every page."""
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.print_title_rows = "1:1"


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    plain = table.copy()
    for name, column in plain.items():
        if column.dtype == bool:
            plain[name] = column.map({True: "true", False: "false"})
        elif not pd.api.types.is_numeric_dtype(column):
            plain[name] = column.map(harmless)
    return plain


def _cell(value: object) -> object:
    missing = value is None or value is pd.NaT or value is pd.NA
    if missing or (isinstance(value, float) and math.isnan(value)):
        return None
    return writable(value) if isinstance(value, str) else value
