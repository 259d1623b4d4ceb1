"""Set text and tables in a Word document, in a Japanese face, the same bytes every time."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime
from typing import Any

from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from geo.data.spreadsheet import writable
from geo.documents.word_xml import compute, keep_whole, repeat, rule_rows, set_style_face, shade
from geo.maps.colours import HEAD_RULE, INK, SECONDARY, rrggbb
from geo.plans.plan import MEASURED_LATER, TODAYS_VALUE, Cell, Plan, Table

BODY_POINTS, TABLE_POINTS, NOTE_POINTS = 10.5, 8.5, 8.5
NOTHING = "この計画では選んでいません。"
FILLED_LATER = (MEASURED_LATER, "単価(円)", "金額(円)")  # columns that stay, to be written in
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that a ZIP can hold


def set_up(document: Any, plan: Plan) -> None:
    """Give a document its face, page, styles, date and page numbers."""
    properties = document.core_properties
    properties.title, properties.author, properties.language = clean(plan.title), "", "ja-JP"
    properties.comments = f"データ版 {plan.data_version}"
    if plan.made_on:
        made = datetime.combine(date.fromisoformat(plan.made_on), datetime.min.time())
        properties.created = properties.modified = made
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.left_margin = section.right_margin = Mm(20)
    section.top_margin, section.bottom_margin = Mm(18), Mm(18)
    for name, points in (("Normal", BODY_POINTS), ("Heading 1", 13.5), ("Heading 2", 11)):
        style = document.styles[name]
        set_style_face(style)
        style.font.size = Pt(points)
        style.font.color.rgb = RGBColor.from_string(rrggbb(INK))
    normal = document.styles["Normal"].paragraph_format
    normal.space_after, normal.line_spacing = Pt(4), 1.25
    for name, before in (("Heading 1", 14), ("Heading 2", 9)):
        style = document.styles[name].paragraph_format
        style.space_before, style.space_after, style.keep_with_next = Pt(before), Pt(4), True
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    add_run(footer, f"{plan.title}　データ版 {plan.data_version}　", 8, SECONDARY)
    _page_number(footer)


def settled(content: bytes, made_on: str) -> bytes:
    """Return an Office file with the plan's date for every date in it."""
    stamp = f"{made_on}T00:00:00Z".encode() if made_on else b"2000-01-01T00:00:00Z"
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            part = source.read(name)
            if name == "docProps/core.xml":
                part = re.sub(rb"(<dcterms:(created|modified)[^>]*>)[^<]*", rb"\g<1>" + stamp, part)
            entry = zipfile.ZipInfo(name, ZIP_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, part)
    return stream.getvalue()


def add_heading(document: Any, words: str, level: int = 1) -> None:
    """Add a heading of level 1 or 2."""
    document.add_heading(words, level)


def add_text(
    document: Any, words: str, points: float = BODY_POINTS, colour: str = INK
) -> Paragraph:
    """Add a paragraph."""
    paragraph: Paragraph = document.add_paragraph()
    add_run(paragraph, words, points, colour)
    result: Paragraph = paragraph
    return result


def add_run(
    paragraph: Paragraph, words: str, points: float = BODY_POINTS, colour: str = INK
) -> Run:
    """Add words to a paragraph."""
    run = paragraph.add_run(clean(words))
    run.font.size, run.font.color.rgb = Pt(points), RGBColor.from_string(rrggbb(colour))
    return run


def add_table(document: Any, table: Table | None, widths: dict[str, int]) -> None:
    """Add the columns of a table that have a width, numbers to the right, the header repeated."""
    if table is None or not table.rows:
        add_text(document, NOTHING)
        return
    # A column of notes that nobody wrote leaves its room to the others.
    empty = {
        name
        for name in widths
        if name not in FILLED_LATER
        and all(row[table.columns.index(name)] in (None, "") for row in table.rows)
    }
    kept = {name: width for name, width in widths.items() if name not in empty} or dict(widths)
    widest = max(kept, key=kept.__getitem__)
    kept[widest] += sum(widths[name] for name in empty if name in widths and kept != widths)
    places = [table.columns.index(name) for name in kept]
    shape = document.add_table(rows=1, cols=len(kept))
    shape.alignment, shape.autofit = WD_TABLE_ALIGNMENT.LEFT, False
    rule_rows(shape, HEAD_RULE)
    numeric = [all(_is_number(row[p]) for row in table.rows) for p in places]
    decimals = [max(_decimals(row[p]) for row in table.rows) for p in places]
    header = shape.rows[0]
    repeat(header)
    for cell, name, right in zip(header.cells, kept, numeric, strict=True):
        _fill(cell, name, right, bold=True)
    for row in table.rows:
        line = shape.add_row()
        keep_whole(line)
        for cell, place, right, digits in zip(line.cells, places, numeric, decimals, strict=True):
            value = row[place]
            # Indicators stand in one column, each with its own unit.
            own = not right or table.columns[place] == TODAYS_VALUE
            _fill(
                cell,
                _shown(value, _decimals(value) if own else digits),
                right or isinstance(value, (int, float)),
            )
    for column, width in zip(shape.columns, kept.values(), strict=True):
        column.width = Mm(width)
        for cell in column.cells:
            cell.width = Mm(width)
    document.add_paragraph().paragraph_format.space_after = Pt(2)


def _is_number(value: Cell) -> bool:
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))


def _decimals(value: Cell) -> int:
    return int(isinstance(value, float) and not value.is_integer())


def _fill(cell: Any, words: str, right: bool, *, bold: bool = False) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after, paragraph.paragraph_format.line_spacing = Pt(1), 1.1
    if right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    add_run(paragraph, words, TABLE_POINTS).bold = bold
    if bold:
        shade(cell)


def _page_number(paragraph: Paragraph) -> None:
    for field, after in (("PAGE", " / "), ("NUMPAGES", "")):
        compute(paragraph, add_run(paragraph, "1", 8, SECONDARY), field)
        add_run(paragraph, after, 8, SECONDARY)


def _shown(value: Cell, decimals: int) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "○" if value else ""
    return value if isinstance(value, str) else f"{value:,.{decimals}f}"


def clean(words: str) -> str:
    """Return a text that XML can hold."""
    return writable(words)
