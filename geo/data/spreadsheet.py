"""Write tables as CSV, JSON and Excel that carry their source and cannot run a formula."""

from __future__ import annotations

import io
import json
import math

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
WIDEST_COLUMN = 48
THOUSAND = 1000
LINE_POINTS = 15


def harmless(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula: such a text gets a leading quote."""
    if isinstance(cell, (tuple, list)):
        cell = ";".join(str(part) for part in cell)
    if isinstance(cell, str) and cell.startswith(FORMULA_STARTS):
        return f"'{cell}"
    return cell


def to_csv(table: pd.DataFrame, *, for_spreadsheet: bool = False) -> str:
    """Return a CSV with a header and LF line ends; true and false in lower case.

    for_spreadsheet: begin with a byte-order mark, so that Excel reads it as UTF-8.
    """
    text = _plain(table).to_csv(index=False, lineterminator="\n")
    result: str = "\ufeff" + text if for_spreadsheet else text
    return result


def to_json(table: pd.DataFrame) -> str:
    """Return a JSON array of one object a row; what is missing is null."""
    rows = json.loads(table.to_json(orient="records", force_ascii=False, date_format="iso"))
    return json.dumps(rows, ensure_ascii=False, indent=1)


def to_excel(sheets: dict[str, pd.DataFrame], sources: list[str], *, head: str) -> bytes:
    """Return an Excel workbook of one sheet a table, and a last one 出典 with the source lines.

    head: colour of the ground of the headers, #RRGGBB.
    """
    fill = PatternFill("solid", fgColor=head.removeprefix("#"))
    book = Workbook()
    book.remove(book.active)
    for title, table in sheets.items():
        sheet = book.create_sheet(title[:31])
        plain = _plain(table)
        sheet.append([str(name) for name in plain.columns])
        for row in plain.itertuples(index=False):
            sheet.append([_cell(value) for value in row])
        for cell in sheet[1]:
            cell.font, cell.fill = Font(bold=True), fill
        sheet.freeze_panes = "A2"
        sheet.auto_filter.ref = sheet.dimensions
        lines = [1] * sheet.max_row
        for position, column in enumerate(sheet.columns, start=1):
            sizes = [sum(2 if ord(c) > 255 else 1 for c in str(x.value or "")) for x in column]
            width = min(max(8, max(sizes) + 2), WIDEST_COLUMN)
            sheet.column_dimensions[get_column_letter(position)].width = width
            for row, (cell, size) in enumerate(zip(column, sizes, strict=True)):
                lines[row] = max(lines[row], math.ceil(size / (width - 2)))
                # A long text is whole in its cell, and a line stays together beside it.
                cell.alignment = Alignment(wrap_text=size + 2 > width, vertical="top")
                if isinstance(cell.value, (int, float)) and cell.value >= THOUSAND:
                    cell.number_format = "#,##0"
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
    if value is None or value is pd.NaT or (isinstance(value, float) and pd.isna(value)):
        return None
    return ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value
