"""Write the screens of a meeting as PowerPoint: editable text, native tables and charts."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, cast
from zipfile import BadZipFile

import pandas as pd
from lxml import etree
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.exc import PackageNotFoundError
from pptx.presentation import Presentation as Deck
from pptx.shapes.graphfrm import GraphicFrame
from pptx.slide import Slide, SlideLayout
from pptx.text.text import TextFrame
from pptx.util import Inches, Length, Pt

from geo.data.dataset import Dataset
from geo.data.vocabulary import CLASSES
from geo.documents.links import qr_png
from geo.documents.meeting import ROWS_SHOWN, Screen, shortened
from geo.documents.sheet import Figure
from geo.documents.slide_xml import (
    Run,
    describe,
    drop_slides,
    remove,
    rgb,
    rule_below,
    set_face,
    ungrid,
)
from geo.errors import DataError, GeoError, Problem
from geo.maps.colours import ACCENT, CLASS_COLOURS, HEAD_RULE, INK, SECONDARY, ink_on
from geo.maps.picture import picture
from geo.maps.typeface import ELLIPSIS, typeface

# A face that every Windows and Mac office has; a slide cannot carry one inside.
FONT = "Meiryo"
SIZE = (13.333, 7.5)  # inches, 16:9; a template of another size is filled in proportion
PICTURE_DPI = 170
BODY, LARGE = 18.0, 32.0  # points: read from the back of a room; only the source's line is smaller
LINE = 1.2 / 72  # inches of a line for each point of its type
WIDEST = 24  # ems of a column: one absurd name leaves room to the others


class Maker:
    """Draws on the slides of one deck, in inches of a 13.333 × 7.5 page."""

    def __init__(self, deck: Deck, *, own: bool) -> None:
        self.deck = deck
        self.font = None if own else FONT
        self.across = (deck.slide_width or Inches(SIZE[0])) / Inches(SIZE[0])
        self.down = (deck.slide_height or Inches(SIZE[1])) / Inches(SIZE[1])
        self.scale = min(self.across, self.down)
        self.layout = _layout(deck)

    def place(
        self, x: float, y: float, width: float, height: float
    ) -> tuple[Length, Length, Length, Length]:
        """Return a rectangle of the design on this deck's page."""
        return (
            Length(int(Inches(x) * self.across)),
            Length(int(Inches(y) * self.down)),
            Length(int(Inches(width) * self.across)),
            Length(int(Inches(height) * self.down)),
        )

    def write(
        self,
        slide: Slide,
        box: tuple[float, float, float, float],
        words: str,
        size: float,
        *,
        colour: str = INK,
        bold: bool = False,
        rows: int = 1,
        smallest: float | None = None,
        align: PP_ALIGN = PP_ALIGN.LEFT,
    ) -> None:
        """Write text into a box, smaller and then shortened where it would not fit."""
        frame = slide.shapes.add_textbox(*self.place(*box)).text_frame
        self.fill(
            frame, words, size, box[2], colour=colour, bold=bold, rows=rows, smallest=smallest
        )
        frame.paragraphs[0].alignment = align

    def fill(
        self,
        frame: TextFrame,
        words: str,
        size: float,
        width: float,
        *,
        colour: str = INK,
        bold: bool = False,
        rows: int = 1,
        smallest: float | None = None,
    ) -> None:
        """Put one paragraph into a frame of a width in inches."""
        # A tenth in hand: the viewer's face is wider than the one that measures.
        room, least = width * 72 * 0.9, smallest or size * 0.6
        one = least if rows == 1 else max(least, size * 0.75)
        lines, points = typeface().fit(words, size, room, smallest=one)
        if rows > 1 and lines[0].endswith(ELLIPSIS):
            lines, points = typeface().fit(words, size, room, smallest=least, rows=rows)
        zero = Length(0)
        frame.word_wrap = True
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = zero
        frame.text = "".join(lines)
        for run in frame.paragraphs[0].runs:
            self.style(run, points, colour, bold=bold)

    def style(self, run: Run, size: float, colour: str, *, bold: bool) -> None:
        """Give a run its size, colour and, without a template, its face."""
        run.font.size = Pt(round(size * self.scale, 1))
        run.font.bold = bold
        run.font.color.rgb = rgb(colour)
        if self.font:
            set_face(run, self.font)


def slides(data: Dataset, screens: Sequence[Screen], template: bytes | None = None) -> bytes:
    """Return the screens as a PowerPoint file, one slide each, with speaker notes.

    template: a .pptx whose master, fonts and page size are used; its own slides are left out.
    Raises DataError for a template that cannot be read.
    """
    if template is None:
        return _made(data, screens, None)
    try:
        return _made(data, screens, template)
    except (GeoError, MemoryError):
        raise
    except Exception as error:  # a broken template fails anywhere in ZIP, XML or python-pptx
        reason = f"PowerPoint のテンプレートとして使えません({type(error).__name__})"
        raise DataError([Problem("テンプレート", None, None, reason)]) from error


def _made(data: Dataset, screens: Sequence[Screen], template: bytes | None) -> bytes:
    deck = _opened(template)
    maker = Maker(deck, own=template is not None)
    for number, screen in enumerate(screens, start=1):
        _slide(maker, data, screen, number)
    stream = io.BytesIO()
    deck.save(stream)
    return stream.getvalue()


def _opened(template: bytes | None) -> Deck:
    if template is None:
        deck = Presentation()
        deck.slide_width, deck.slide_height = Inches(SIZE[0]), Inches(SIZE[1])
        return deck
    try:
        deck = Presentation(io.BytesIO(template))
    except (PackageNotFoundError, BadZipFile, ValueError, KeyError, etree.XMLSyntaxError) as error:
        reason = "PowerPoint(.pptx)として読めません。.potx は .pptx で保存し直してください"
        raise DataError([Problem("テンプレート", None, None, reason)]) from error
    drop_slides(deck)
    if not list(deck.slide_layouts):
        reason = "スライドレイアウトが一つもありません"
        raise DataError([Problem("テンプレート", None, None, reason)])
    return deck


def _layout(deck: Deck) -> SlideLayout:
    """Return the layout with a title and the least else."""

    def extras(layout: SlideLayout) -> tuple[bool, int]:
        kinds = [holder.placeholder_format.idx for holder in layout.placeholders]  # type: ignore[misc]
        return 0 not in kinds, len(kinds)

    return min(deck.slide_layouts, key=extras)


def _slide(maker: Maker, data: Dataset, screen: Screen, number: int) -> None:
    slide = maker.deck.slides.add_slide(maker.layout)
    for holder in list(slide.placeholders):
        if holder.placeholder_format.idx != 0:
            remove(holder)
    _title(maker, slide, screen)
    if screen.view is not None and screen.table is not None:
        _map(maker, slide, data, screen, (0.6, 1.75, 7.0, 5.05))
        words = "   ".join(f"{f.label} {f.number} {f.of}" for f in screen.figures)
        maker.write(slide, (7.8, 1.75, 5.0, 0.7), words, BODY, rows=2, smallest=BODY)
        _table(maker, slide, screen.table, (7.8, 2.6, 5.0, 4.2))
    elif screen.view is not None:
        said = len(screen.points) > 0
        _figures(maker, slide, screen.figures, (0.6, 1.75, 3.9, 5.05))
        _map(maker, slide, data, screen, (4.6, 1.75, 8.2, 3.95 if said else 5.05))
        if said:
            words = "".join(screen.points)
            box = (4.6, 5.8, 8.2, 1.0)
            maker.write(slide, box, words, BODY, bold=True, rows=3, smallest=BODY)
    elif screen.bars is not None:
        _figures(maker, slide, screen.figures, (0.6, 1.75, 3.9, 5.05))
        _bars(maker, slide, screen.bars, (4.6, 1.75, 8.2, 5.05))
    elif screen.table is not None:
        _table(maker, slide, screen.table, (0.6, 1.85, 12.2, 4.9))
    else:
        _ask(maker, slide, screen)
    foot = (0.6, 6.95, 11.0, 0.4)
    maker.write(slide, foot, screen.source, 10, colour=SECONDARY, rows=2, smallest=7)
    maker.write(
        slide, (11.8, 7.05, 1.0, 0.25), str(number), 10, colour=SECONDARY, align=PP_ALIGN.RIGHT
    )
    slide.notes_slide.notes_text_frame.text = typeface().printable(screen.notes)


def _title(maker: Maker, slide: Slide, screen: Screen) -> None:
    maker.write(slide, (0.6, 0.28, 8, 0.34), screen.title, BODY, colour=ACCENT, bold=True)
    box = (0.6, 0.68, 12.2, 1.0)
    if slide.shapes.title is None:
        maker.write(slide, box, screen.headline, 30, bold=True, rows=2, smallest=20)
        return
    title = slide.shapes.title
    title.left, title.top, title.width, title.height = maker.place(*box)
    frame = title.text_frame
    frame.vertical_anchor = MSO_ANCHOR.TOP
    maker.fill(frame, screen.headline, 30, box[2], bold=True, rows=2, smallest=20)
    frame.paragraphs[0].alignment = PP_ALIGN.LEFT


def _figures(
    maker: Maker, slide: Slide, figures: Sequence[Figure], box: tuple[float, float, float, float]
) -> None:
    """Write large numbers below one another, each with what it is and what it is out of."""
    x, y, width, height = box
    room = width * 72 * 0.9
    high = [
        [len(typeface().lines(words, BODY, room)) * BODY * LINE for words in (one.label, one.of)]
        for one in figures
    ]
    number = LARGE * LINE
    left = height - sum(above + number + below for above, below in high)
    gap = max(0.0, min(0.3, left / max(1, len(figures) - 1)))
    for figure, (above, below) in zip(figures, high, strict=True):
        for words, tall, size, colour in (
            (figure.label, above, BODY, SECONDARY),
            (figure.number, number, LARGE, INK),
            (figure.of, below, BODY, SECONDARY),
        ):
            lines = max(1, round(tall / (size * LINE)))
            maker.write(
                slide,
                (x, y, width, tall),
                words,
                size,
                colour=colour,
                bold=size == LARGE,
                rows=lines,
                smallest=BODY if size == BODY else 28,
            )
            y += tall
        y += gap


def _map(
    maker: Maker,
    slide: Slide,
    data: Dataset,
    screen: Screen,
    box: tuple[float, float, float, float],
) -> None:
    assert screen.view is not None
    left, top, width, height = maker.place(*box)
    image = picture(
        data,
        screen.view,
        size=(width / Inches(1), height / Inches(1)),
        dpi=PICTURE_DPI,
        text=BODY * maker.scale,
        title="",
        labels=screen.labels,
    )
    shape = slide.shapes.add_picture(io.BytesIO(image), left, top, width, height)
    describe(shape, screen.view.title)


def _bars(
    maker: Maker, slide: Slide, table: pd.DataFrame, box: tuple[float, float, float, float]
) -> None:
    """Add a native chart of stacked bars, the first row on top."""
    face = typeface()
    turned = table.iloc[::-1]
    content: Any = cast("Any", CategoryChartData)()  # it says nothing of its types
    content.categories = [face.printable(str(name)) for name in turned.iloc[:, 0]]
    for words in table.columns[1:]:
        content.add_series(words, [int(value) for value in turned[words]])
    left, top, width, height = maker.place(*box)
    kind = XL_CHART_TYPE.BAR_STACKED
    frame = slide.shapes.add_chart(kind, left, top, width, height, content)
    chart = cast("GraphicFrame", frame).chart
    chart.font.size = Pt(BODY * maker.scale)
    if maker.font:
        chart.font.name = maker.font
    chart.has_legend = True
    chart.legend.position = XL_LEGEND_POSITION.TOP
    chart.legend.include_in_layout = False
    plot = chart.plots[0]
    plot.gap_width, plot.overlap = 60, 100
    keys = {words: key for key, words in CLASSES.items()}
    for series in plot.series:
        key = keys[series.name]
        series.format.fill.solid()
        series.format.fill.fore_color.rgb = rgb(CLASS_COLOURS[key])
        labels = series.data_labels
        labels.show_value = True
        labels.number_format, labels.number_format_is_linked = "0;;", False
        labels.font.size = Pt(BODY * maker.scale)
        labels.font.color.rgb = rgb(ink_on(key))
    axis = chart.value_axis
    axis.has_major_gridlines = False
    axis.has_title = True
    axis.axis_title.text_frame.text = "市町村の数"
    axis.axis_title.text_frame.paragraphs[0].runs[0].font.size = Pt(BODY * maker.scale)
    most = float(table.iloc[:, 1:].sum(axis=1).max())
    axis.minimum_scale, axis.maximum_scale = 0.0, most
    axis.major_unit = 30.0 if most > 60 else max(1.0, most // 5)


def _table(
    maker: Maker, slide: Slide, table: pd.DataFrame, box: tuple[float, float, float, float]
) -> None:
    """Add a native table of the first rows, and say how many are left out."""
    shown, left = shortened(table, ROWS_SHOWN)
    size = BODY
    x, y, width, height = box
    longest = [
        min(max(typeface().width(str(cell), size) for cell in (name, *shown[name])), WIDEST * size)
        for name in shown
    ]
    widths = [width * value / sum(longest) for value in longest]
    rows = 1 if sum(longest) < width * 72 * 0.85 else 2
    high = min((height - 0.4) / (len(shown) + 1), 0.72 if rows == 2 else 0.52)
    frame = slide.shapes.add_table(
        len(shown) + 1, len(shown.columns), *maker.place(x, y, width, high * (len(shown) + 1))
    )
    grid = frame.table
    ungrid(frame)
    for number, value in enumerate(widths):
        grid.columns[number].width = Length(int(Inches(value) * maker.across))
    for row, cells in enumerate([list(shown.columns), *shown.to_numpy().tolist()]):
        for column, words in enumerate(cells):
            cell = grid.cell(row, column)
            maker.fill(
                cell.text_frame,
                str(words),
                size,
                widths[column] - 0.12,
                colour=SECONDARY if row == 0 else INK,
                rows=rows,
                smallest=size,
            )
            cell.margin_left, cell.margin_right = Inches(0.04), Inches(0.08)
            cell.margin_top = cell.margin_bottom = Inches(0.02)
            cell.vertical_anchor = MSO_ANCHOR.MIDDLE
            rule_below(cell, HEAD_RULE)
    if left:
        below = (x, y + high * (len(shown) + 1) + 0.06, width, 0.34)
        maker.write(slide, below, f"ほか{left}件", BODY, colour=SECONDARY)


def _ask(maker: Maker, slide: Slide, screen: Screen) -> None:
    for number, words in enumerate(screen.points):
        top = 2.0 + number * 1.05
        maker.write(slide, (0.6, top, 0.7, 0.7), str(number + 1), 32, colour=ACCENT, bold=True)
        maker.write(slide, (1.4, top + 0.05, 7.6, 0.7), words, 24, smallest=BODY)
    _figures(maker, slide, screen.figures, (0.6, 5.3, 6.0, 1.5))
    if screen.address:
        left, top, side, _ = maker.place(9.6, 2.0, 2.8, 2.8)
        slide.shapes.add_picture(io.BytesIO(qr_png(screen.address)), left, top, side)
        box = (9.0, 4.9, 3.9, 0.7)
        maker.write(slide, box, screen.address, BODY, rows=2, smallest=BODY, align=PP_ALIGN.CENTER)
