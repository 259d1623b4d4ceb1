"""Set a municipality's sheet as one A4 page of Word, to be edited before it is printed."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.table import WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table
from docx.text.paragraph import Paragraph

from geo.documents.karte_pdf import MAP, map_picture
from geo.documents.links import qr_png
from geo.documents.sheet import (
    CLOSE_IN_SIZE,
    NOT_FOUND,
    PROVISIONAL,
    Sheet,
    class_words,
    compose,
    place_text,
    shared_text,
)
from geo.documents.word_xml import Cell, Row, rule_below, set_run_face, shade, unpad
from geo.maps.colours import ACCENT, CLASS_COLOURS, HEAD_RULE, INK, SECONDARY, ink_on, rrggbb
from geo.maps.typeface import typeface
from geo.methods.analysis import Analysis

WIDTH = 186.0  # millimetres, as everything here
MARGIN = 12.0
ROW, LINE = 4.55, 3.9
QR = 20.0
SPARE = 0.9  # of a width, filled with text: the reader's face is wider than the one that measures
FIELD_WIDTHS = (31.0, 27.0, 13.0, 56.0, 46.0, 13.0)
PARTNER_WIDTHS = (25.0, 68.0)
PARTNER = 6.6
SMALL, TWO_ROWS = 5.4, 4.3  # points: of a long name in one row, and in two


def karte_word(
    analysis: Analysis, code: str, *, base: str = "", made_on: date | None = None
) -> bytes:
    """Return the sheet of a municipality as .docx; raise UnknownCodeError for an unknown code."""
    sheet = compose(analysis, code, base=base, made_on=made_on)
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(MARGIN)
    section.top_margin, section.bottom_margin = Mm(10), Mm(9)
    section.header_distance = section.footer_distance = Mm(5)
    document.core_properties.title = typeface().printable(f"{sheet.name} 市町村カルテ")
    document.core_properties.author = "ほっかいどう社会資源マップ"
    _head(document, sheet)
    _figures(document, sheet)
    _middle(document, sheet, map_picture(analysis, sheet))
    _fields(document, sheet)
    _partners(document, sheet)
    for note in sheet.sources:
        _write(document.add_paragraph(), note, 5.8, colour=SECONDARY)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _write(
    paragraph: Paragraph,
    words: str,
    size: float,
    *,
    colour: str = INK,
    bold: bool = False,
    width: float | None = None,
    rows: int = 1,
    smallest: float | None = None,
    right: bool = False,
) -> Paragraph:
    """Add a run to a paragraph of fixed line height; with a width, it shrinks or ends in …."""
    words = typeface().printable(words)
    if width is not None:
        room = width * SPARE * 72 / 25.4
        lines, size = typeface().fit(words, size, room, smallest=smallest or size, rows=rows)
        words = "".join(lines)
    run = paragraph.add_run(words)
    set_run_face(run)
    run.font.size, run.font.bold = Pt(size), bold
    run.font.color.rgb = RGBColor.from_string(rrggbb(colour))
    shape = paragraph.paragraph_format
    shape.space_before = shape.space_after = Pt(0)
    shape.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    shape.line_spacing = max(shape.line_spacing or Pt(0), Pt(size * 1.35))
    if right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    return paragraph


def _table(place: Any, rows: int, widths: tuple[float, ...]) -> Table:
    """Add a table of fixed column widths in millimetres, its cells without padding."""
    table: Table = place.add_table(rows, len(widths))
    table.alignment = WD_TABLE_ALIGNMENT.LEFT
    table.autofit = False
    unpad(table)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
        for cell in column.cells:
            cell.width = Mm(width)
    return table


def _fix(row: Row, height: float) -> None:
    """Give a row a height that no text can stretch."""
    row.height_rule, row.height = WD_ROW_HEIGHT_RULE.EXACTLY, Mm(height)


def _gap(document: WordDocument, points: float) -> None:
    """Keep two tables apart by an empty line."""
    _write(document.add_paragraph(), "", points)
    shape = document.paragraphs[-1].paragraph_format
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(points)


def _head(document: WordDocument, sheet: Sheet) -> None:
    table = _table(document, 1, (WIDTH - QR - 4, QR + 4))
    _fix(table.rows[0], 30)
    left, right = table.rows[0].cells
    width = WIDTH - QR - 8
    first = _write(left.paragraphs[0], "市町村カルテ", 9, colour=ACCENT, bold=True)
    _write(first, "  ほっかいどう社会資源マップ", 8, colour=SECONDARY)
    name = _write(left.add_paragraph(), sheet.name, 22, bold=True, width=width / 2, smallest=12)
    _write(name, f"  {sheet.kana}  {sheet.area}", 8, colour=SECONDARY, width=width / 2, smallest=5)
    said = f"{sheet.level}{sheet.finding}"
    _write(left.add_paragraph(), said, 8.5, width=width, rows=3, smallest=6)
    call = _write(left.add_paragraph(), "まず電話  ", 8, colour=ACCENT, bold=True)
    _write(call, sheet.call, 8, bold=True, width=width - 14, smallest=4.8)
    if sheet.address:
        paragraph = right.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        paragraph.add_run().add_picture(io.BytesIO(qr_png(sheet.address)), Mm(QR))
        _write(right.add_paragraph(), "この町のページ", 6.5, colour=SECONDARY, right=True)


def _figures(document: WordDocument, sheet: Sheet) -> None:
    each = WIDTH / len(sheet.figures)
    table = _table(document, 1, (each,) * len(sheet.figures))
    _fix(table.rows[0], 14.5)
    for cell, figure in zip(table.rows[0].cells, sheet.figures, strict=True):
        _write(cell.paragraphs[0], figure.label, 7.5, colour=SECONDARY, width=each, smallest=6)
        _write(cell.add_paragraph(), figure.number, 15, bold=True, width=each * 0.85, smallest=9)
        _write(cell.add_paragraph(), figure.of, 6.8, colour=SECONDARY, width=each, smallest=3.6)
    _gap(document, 3)


def _middle(document: WordDocument, sheet: Sheet, image: bytes) -> None:
    left_width = MAP[0] + 4
    table = _table(document, 1, (left_width, WIDTH - left_width))
    _fix(table.rows[0], MAP[1] + 1.5)
    left, right = table.rows[0].cells
    left.paragraphs[0].add_run().add_picture(io.BytesIO(image), Mm(MAP[0]))
    _write(right.paragraphs[0], "ほかの地域と比べる", 9, bold=True)
    _write(right.paragraphs[0], f"  {CLOSE_IN_SIZE}", 6.5, colour=SECONDARY)
    first = 29.0
    columns = len(sheet.compared[0]) - 1
    each = (WIDTH - left_width - first) / columns
    grid = _table(right, len(sheet.compared), (first,) + (each,) * columns)
    for number, (row, texts) in enumerate(zip(grid.rows, sheet.compared, strict=True)):
        _fix(row, LINE)
        for column, (cell, words) in enumerate(zip(row.cells, texts, strict=True)):
            _write(
                cell.paragraphs[0],
                words,
                7.2 if column == 0 else 6.2 if number == 0 else 7.5,
                colour=SECONDARY if number == 0 or column == 0 else INK,
                bold=column == 1 and number > 0,
                width=first if column == 0 else each,
                smallest=4.0,
                right=column > 0,
            )
            rule_below(cell)
    # A table in a cell is followed by an empty paragraph: it takes the words.
    _write(right.paragraphs[-1], "不足度の理由", 7.8, bold=True)
    _write(right.add_paragraph(), sheet.reason, 7.2, width=WIDTH - left_width, rows=3, smallest=5.4)


def _fields(document: WordDocument, sheet: Sheet) -> None:
    title = _write(document.add_paragraph(), "分野ごとに、ここにあるもの・ないもの", 9, bold=True)
    _write(title, f"  {PROVISIONAL.removeprefix('斜線と')}", 6.5, colour=SECONDARY)
    table = _table(document, len(sheet.rows) + 1, FIELD_WIDTHS)
    heads = ("分野", "区分", "地域内", "来所できる最寄り", "地元以外の最寄り・同じ隣", "遠隔")
    for cell, words in zip(table.rows[0].cells, heads, strict=True):
        _write(cell.paragraphs[0], words, 6.8, colour=SECONDARY)
        rule_below(cell, HEAD_RULE)
    _fix(table.rows[0], ROW)
    for row, field in zip(list(table.rows)[1:], sheet.rows.to_dict("records"), strict=True):
        _fix(row, ROW)
        name, klass, count, nearest, outside, remote = row.cells
        _write(name.paragraphs[0], field["name"], 7.8, width=FIELD_WIDTHS[0], smallest=5.5)
        ink = ink_on(field["class"])
        _write(klass.paragraphs[0], f" {class_words(field)}", 7, colour=ink, width=FIELD_WIDTHS[1])
        shade(klass, CLASS_COLOURS[field["class"]])
        _write(count.paragraphs[0], f" {field['count']}件", 7.5)
        same = field["nearest"] == field["outside"]
        for cell, kind, width in (
            (nearest, "nearest", FIELD_WIDTHS[3]),
            (outside, "outside", FIELD_WIDTHS[4]),
        ):
            if kind == "outside" and same:
                near = sheet.shared.get(field["field"], ())
                words = shared_text(near, found=bool(field["outside"]))
                _write(cell.paragraphs[0], words, 7, colour=SECONDARY, width=width, smallest=4.2)
                continue
            minutes = field["minutes" if kind == "nearest" else "outside_minutes"]
            _named(cell, field[kind], field[f"{kind}_municipality"], minutes, sheet.name, width)
        _write(remote.paragraphs[0], f"{field['remote']}件", 7.5, right=True)
        for cell in row.cells:
            rule_below(cell)


def _named(
    cell: Cell, name: str, municipality: str, minutes: float, home: str, width: float
) -> None:
    """Write a service and where it is; the name gives way, the place does not."""
    paragraph = cell.paragraphs[0]
    if not name:
        _write(paragraph, NOT_FOUND, 6.8, colour=SECONDARY)
        return
    place = place_text(municipality, minutes, home)
    taken = typeface().width(place, 6.2) * 25.4 / 72 / SPARE
    if typeface().width(name, SMALL) * 25.4 / 72 / SPARE > width - 1 - taken:
        _write(paragraph, name, TWO_ROWS, width=2 * width - taken - 4, smallest=TWO_ROWS)
        _write(paragraph, place, TWO_ROWS, colour=SECONDARY)
        return
    _write(paragraph, name, 7, width=width - 1 - taken, smallest=SMALL)
    _write(paragraph, place, 6.2, colour=SECONDARY)


def _partners(document: WordDocument, sheet: Sheet) -> None:
    _write(document.add_paragraph(), "地域にない分野は、まず誰と組めるか", 9, bold=True)
    if not sheet.partners:
        _write(document.add_paragraph(), "全分野の窓口が地域内にあります。", 8)
        return
    rows = (len(sheet.partners) + 1) // 2
    table = _table(document, rows, PARTNER_WIDTHS * 2)
    for number, partner in enumerate(sheet.partners):
        field, whom = table.rows[number // 2].cells[number % 2 * 2 : number % 2 * 2 + 2]
        first, second = (width - 2 for width in PARTNER_WIDTHS)
        _write(field.paragraphs[0], partner.field, 7, colour=ACCENT, width=first, smallest=5.5)
        _write(whom.paragraphs[0], partner.name, 7, width=second, smallest=4.5)
        _write(
            whom.add_paragraph(), partner.detail, 5.8, colour=SECONDARY, width=second, smallest=4.8
        )
        for cell in (field, whom):
            rule_below(cell)
    for row in table.rows:
        _fix(row, PARTNER)
    _gap(document, 3)
