"""Reach into the XML of a Word document, for what python-docx (1.2.0) has no words for.

Only here are its private parts (`_tc`, `_tbl`, `_tr`, `_r`, `_p`, `_Cell`, `_Row`) touched.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.styles.style import ParagraphStyle
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from geo.maps.colours import RULE, TABLE_HEAD, rrggbb

FACE = "Yu Gothic"  # on every Windows and Mac office; a Word file carries no face inside
Cell: TypeAlias = _Cell
Row: TypeAlias = _Row


def set_style_face(style: ParagraphStyle) -> None:
    """Set a style in the Japanese face, for every script, in place of the theme's."""
    style.font.name = FACE
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for kind in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{kind}"), None)
    for kind in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{kind}"), FACE)


def set_run_face(run: Run) -> None:
    """Set a run in the Japanese face, its Japanese characters too."""
    run.font.name = FACE
    run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), FACE)


def shade(cell: Cell, colour: str = TABLE_HEAD) -> None:
    """Fill a cell with a colour."""
    cell._tc.get_or_add_tcPr().append(_element("shd", val="clear", fill=rrggbb(colour)))


def rule_below(cell: Cell, colour: str = RULE) -> None:
    """Draw a thin line below a cell."""
    borders = _element("tcBorders")
    borders.append(_line("bottom", colour))
    cell._tc.get_or_add_tcPr().append(borders)


def rule_rows(table: Table, colour: str) -> None:
    """Draw thin lines above, below and between the rows of a table, and no others."""
    borders = _element("tblBorders")
    for side in ("top", "bottom", "insideH"):
        borders.append(_line(side, colour))
    table._tbl.tblPr.append(borders)


def unpad(table: Table) -> None:
    """Take the padding from the cells of a table."""
    margins = _element("tblCellMar")
    for side in ("left", "right"):
        margins.append(_element(side, w="0", type="dxa"))
    table._tbl.tblPr.append(margins)


def repeat(row: Row) -> None:
    """Repeat a row at the head of every page that its table reaches."""
    row._tr.get_or_add_trPr().append(_element("tblHeader"))


def keep_whole(row: Row) -> None:
    """Let no page end inside a row."""
    row._tr.get_or_add_trPr().append(_element("cantSplit"))


def compute(paragraph: Paragraph, run: Run, field: str) -> None:
    """Let Word put what a field says (PAGE, NUMPAGES) in the place of a run of a paragraph."""
    simple = _element("fldSimple", instr=field)
    paragraph._p.replace(run._r, simple)
    simple.append(run._r)


def merge(paragraph: Paragraph, run: Run, column: str) -> None:
    """Let Word put a column of a mail merge in the place of a run."""
    field = _element("fldSimple", instr=f' MERGEFIELD "{column}" ')
    field.append(run._r)
    paragraph._p.append(field)


def _line(side: str, colour: str) -> Any:
    return _element(side, val="single", sz="4", color=rrggbb(colour))


def _element(tag: str, **attributes: str) -> Any:
    element = OxmlElement(f"w:{tag}")
    for name, value in attributes.items():
        element.set(qn(f"w:{name}"), value)
    return element
