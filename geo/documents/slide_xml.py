"""Reach into the XML of a slide, for what python-pptx (1.0.2) has no words for.

Only here are its private parts (`_sldIdLst`, `_element` of a font, `_tc`) touched.
"""

from __future__ import annotations

from typing import Any, TypeAlias, cast

from lxml import etree
from pptx.dml.color import RGBColor
from pptx.oxml.ns import qn
from pptx.presentation import Presentation
from pptx.shapes.base import BaseShape
from pptx.table import _Cell
from pptx.text.text import _Run

from geo.maps.colours import rrggbb

NO_GRID = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # PowerPoint's table style 'No Style, No Grid'
Cell: TypeAlias = _Cell
Run: TypeAlias = _Run


def rgb(colour: str) -> RGBColor:
    """Return a colour as python-pptx takes it."""
    made: RGBColor = cast("Any", RGBColor)(*bytes.fromhex(rrggbb(colour)))
    return made


def set_face(run: Run, face: str) -> None:
    """Set a run in a face, its Japanese characters too."""
    run.font.name = face
    etree.SubElement(run.font._element, qn("a:ea")).set("typeface", face)


def drop_slides(deck: Presentation) -> None:
    """Leave all slides out of a deck, and nothing of them in its file."""
    listed = deck.slides._sldIdLst
    for entry in list(listed):
        deck.part.drop_rel(entry.rId)
        listed.remove(entry)


def remove(shape: BaseShape) -> None:
    """Take a shape off its slide."""
    shape.element.getparent().remove(shape.element)


def describe(shape: BaseShape, words: str) -> None:
    """Say in words what a picture shows, for who cannot see it."""
    shape.element.xpath("./p:nvPicPr/p:cNvPr")[0].set("descr", words)


def ungrid(frame: BaseShape) -> None:
    """Take the grid and the fills from the table in a frame."""
    frame.element.xpath(".//a:tableStyleId")[0].text = NO_GRID


def rule_below(cell: Cell, colour: str) -> None:
    """Draw a thin line below a cell."""
    line = etree.SubElement(cell._tc.get_or_add_tcPr(), qn("a:lnB"), w="6350")
    fill = etree.SubElement(etree.SubElement(line, qn("a:solidFill")), qn("a:srgbClr"))
    fill.set("val", rrggbb(colour))
