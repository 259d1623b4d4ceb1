"""Set the sheets of municipalities as A4 pages of a PDF, with the typeface embedded."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import date
from typing import Any

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from geo.documents.links import qr_rows
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
from geo.maps.colours import ACCENT, CLASS_COLOURS, HEAD_RULE, INK, RULE, SECONDARY, ink_on
from geo.maps.picture import picture
from geo.maps.typeface import ELLIPSIS, MISSING_NOTE, Typeface, typeface
from geo.methods.analysis import Analysis

Progress = Callable[[int, int], None]

LEFT, RIGHT, WIDTH = 13.0, 197.0, 184.0  # millimetres, as everything here
TOP, FIGURES, MIDDLE, FIELDS = 11.0, 48.5, 65.0, 124.5
ROW, PARTNER, LINE = 4.55, 6.2, 3.8
CLOSEST = 5.0  # between two partners, where there are many
QR = 21.0
MAP = (92.0, 57.0)
MAP_DPI = 180
FOOT = 291.0
TWO_ROWS = 1.85  # between the two rows of a long name
BOLD = 0.028  # of the size, the stroke that makes the one weight bold
COLUMNS = (
    ("分野", 31),
    ("区分", 27),
    ("地域内", 13),
    ("来所できる最寄り", 55),
    ("地元以外の最寄り・同じ隣", 46),
    ("遠隔", 12),
)


class Page:
    """A page to write on, measured in millimetres from the top left."""

    def __init__(self, canvas: Canvas, face: Typeface, font: str) -> None:
        self.canvas = canvas
        self.face = face
        self.font = font

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float,
        *,
        colour: str = INK,
        bold: bool = False,
        width: float | None = None,
        align: str = "left",
        smallest: float | None = None,
    ) -> None:
        """Write one line with its baseline at y; too long for a width, it shrinks, then ends in ….

        size, smallest: points of type.
        """
        if width is None:
            words = self.face.printable(words)
        else:
            lines, size = self.face.fit(words, size, width * mm, smallest=smallest or size)
            words = lines[0]
        long = self.face.width(words, size) / mm
        x -= {"left": 0.0, "right": long, "centre": long / 2}[align]
        self.canvas.saveState()
        line = self.canvas.beginText(x * mm, A4[1] - y * mm)
        line.setFont(self.font, size)
        line.setFillColor(HexColor(colour))
        if bold:
            line.setTextRenderMode(2)
            line.setStrokeColor(HexColor(colour))
            self.canvas.setLineWidth(size * BOLD)
        line.textOut(words)
        self.canvas.drawText(line)
        self.canvas.restoreState()

    def block(
        self,
        x: float,
        y: float,
        words: str,
        size: float,
        *,
        width: float,
        rows: int,
        smallest: float,
        colour: str = INK,
        leading: float = 1.45,
    ) -> float:
        """Write at most some lines, smaller where they do not fit; return the last baseline."""
        lines, size = self.face.fit(words, size, width * mm, smallest=smallest, rows=rows)
        for number, line in enumerate(lines):
            self.text(x, y + number * size * leading / mm, line, size, colour=colour)
        last: float = y + (len(lines) - 1) * size * leading / mm
        return last

    def rule(self, y: float, colour: str = RULE, x: float = LEFT, to: float = RIGHT) -> None:
        """Draw a thin line across."""
        self.canvas.setStrokeColor(HexColor(colour))
        self.canvas.setLineWidth(0.5)
        self.canvas.line(x * mm, A4[1] - y * mm, to * mm, A4[1] - y * mm)

    def box(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """Fill a rectangle whose top left is (x, y)."""
        self.canvas.setFillColor(HexColor(colour))
        self.canvas.rect(
            x * mm, A4[1] - (y + height) * mm, width * mm, height * mm, stroke=0, fill=1
        )

    def hatch(self, x: float, y: float, width: float, height: float) -> None:
        """Draw light diagonals over a rectangle: provisional, or not known."""
        self.canvas.saveState()
        clip = self.canvas.beginPath()
        clip.rect(x * mm, A4[1] - (y + height) * mm, width * mm, height * mm)
        self.canvas.clipPath(clip, stroke=0, fill=0)
        self.canvas.setStrokeColor(Color(1, 1, 1, alpha=0.5))
        self.canvas.setLineWidth(0.6)
        step = -height
        while step < width:
            foot, head = A4[1] - (y + height) * mm, A4[1] - y * mm
            self.canvas.line((x + step) * mm, foot, (x + step + height) * mm, head)
            step += 1.3
        self.canvas.restoreState()


def karte_pdf(
    analysis: Analysis,
    codes: Sequence[str],
    *,
    base: str = "",
    made_on: date | None = None,
    progress: Progress | None = None,
) -> bytes:
    """Return one PDF with a page for each municipality.

    progress: called with (pages done, pages in all). Raises UnknownCodeError for an unknown code.
    """
    face, font = typeface(), register(typeface())
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4, pageCompression=1, invariant=1, initialFontName=font)
    canvas.setTitle("市町村カルテ")
    canvas.setAuthor("ほっかいどう社会資源マップ")
    for number, code in enumerate(codes):
        sheet = compose(analysis, code, base=base, made_on=made_on)
        canvas.bookmarkPage(code)
        canvas.addOutlineEntry(face.printable(sheet.name), code)
        _page(Page(canvas, face, font), sheet, analysis)
        canvas.showPage()
        if progress:
            progress(number + 1, len(codes))
    canvas.save()
    return stream.getvalue()


def zipped(
    make: Callable[[str], bytes], names: dict[str, str], progress: Progress | None = None
) -> bytes:
    """Return a zip of one document a municipality. names: file name by code."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (code, name) in enumerate(names.items()):
            archive.writestr(name, make(code))
            if progress:
                progress(number + 1, len(names))
    return stream.getvalue()


def map_picture(analysis: Analysis, sheet: Sheet) -> bytes:
    """Return the sheet's map of the municipality and its neighbours as PNG."""
    size = (MAP[0] / 25.4, MAP[1] / 25.4)
    return picture(analysis.dataset, sheet.view, size=size, dpi=MAP_DPI, text=6.5, title="")


def register(face: Typeface) -> str:
    """Make the face known to the PDF; without one, use a viewer's own Japanese face."""
    name = "Japanese" if face.embedded else "HeiseiKakuGo-W5"
    if name not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(
            TTFont(name, str(face.path)) if face.embedded else UnicodeCIDFont(name)
        )
    return name


def _page(page: Page, sheet: Sheet, analysis: Analysis) -> None:
    _head(page, sheet)
    _figures(page, sheet)
    page.canvas.drawImage(
        ImageReader(io.BytesIO(map_picture(analysis, sheet))),
        LEFT * mm,
        A4[1] - (MIDDLE + MAP[1]) * mm,
        MAP[0] * mm,
        MAP[1] * mm,
    )
    _compared(page, sheet)
    bottom = _fields(page, sheet)
    foot = _sources(page, sheet)
    _partners(page, sheet, bottom, foot)


def _head(page: Page, sheet: Sheet) -> None:
    width = WIDTH - QR - 6
    page.text(LEFT, TOP + 2.5, "市町村カルテ", 9, colour=ACCENT, bold=True)
    page.text(LEFT + 24, TOP + 2.5, "ほっかいどう社会資源マップ", 8, colour=SECONDARY)
    name, size = page.face.fit(sheet.name, 25, width * 0.5 * mm, smallest=14)
    page.text(LEFT, TOP + 13.5, name[0], size, bold=True)
    after = LEFT + page.face.width(name[0], size) / mm + 4
    page.text(
        after, TOP + 9.6, sheet.kana, 7.5, colour=SECONDARY, width=LEFT + width - after, smallest=6
    )
    page.text(
        after, TOP + 13.5, sheet.area, 9, colour=SECONDARY, width=LEFT + width - after, smallest=6.5
    )
    said = f"{sheet.level}{sheet.finding}"
    page.block(LEFT, TOP + 19.5, said, 9, width=width, rows=3, smallest=6.8)
    page.text(LEFT, TOP + 34.5, "まず電話", 8.5, colour=ACCENT, bold=True)
    page.text(LEFT + 16, TOP + 34.5, sheet.call, 9, bold=True, width=WIDTH - 16, smallest=5.5)
    if sheet.address:
        _qr(page, sheet.address)


def _qr(page: Page, address: str) -> None:
    modules = qr_rows(address)
    side = QR / len(modules)
    x = RIGHT - QR
    for row, line in enumerate(modules):
        for column, dark in enumerate(line):
            if dark:
                page.box(x + column * side, TOP + row * side, side * 1.02, side * 1.02, INK)
    page.text(x + QR / 2, TOP + QR + 3, "この町のページ", 6.5, colour=SECONDARY, align="centre")
    corner = (x * mm, A4[1] - (TOP + QR) * mm, RIGHT * mm, A4[1] - TOP * mm)
    page.canvas.linkURL(address, corner)


def _figures(page: Page, sheet: Sheet) -> None:
    page.rule(FIGURES - 1.5, HEAD_RULE)
    step = WIDTH / len(sheet.figures)
    for number, figure in enumerate(sheet.figures):
        x, width = LEFT + number * step, step - 2
        page.text(x, FIGURES + 2.8, figure.label, 7.5, colour=SECONDARY, width=width, smallest=6)
        page.text(x, FIGURES + 9.6, figure.number, 17, bold=True, width=width, smallest=10)
        page.text(x, FIGURES + 13.4, figure.of, 7, colour=SECONDARY, width=width, smallest=4)


def _compared(page: Page, sheet: Sheet) -> None:
    x = LEFT + MAP[0] + 6
    width = RIGHT - x
    page.text(x, MIDDLE + 3, "ほかの地域と比べる", 9.5, bold=True)
    page.text(RIGHT, MIDDLE + 3, CLOSE_IN_SIZE, 6.8, colour=SECONDARY, align="right")
    first = 27.0
    step = (width - first) / (len(sheet.compared[0]) - 1)
    for number, line in enumerate(sheet.compared):
        y = MIDDLE + 8 + number * LINE
        page.text(x, y, line[0], 7.5, colour=SECONDARY, width=first - 1, smallest=6)
        for column, cell in enumerate(line[1:]):
            page.text(
                x + first + (column + 1) * step,
                y,
                cell,
                6.5 if number == 0 else 8,
                colour=SECONDARY if number == 0 else ACCENT if column == 0 else INK,
                bold=number > 0 and column == 0,
                width=step - 1,
                smallest=4.5,
                align="right",
            )
        page.rule(y + 1.2, HEAD_RULE if number == 0 else RULE, x, RIGHT)
    y = MIDDLE + 8 + len(sheet.compared) * LINE + 1.2
    page.text(x, y, "不足度の理由", 7.5, bold=True)
    page.block(x, y + 3.4, sheet.reason, 7, width=width, rows=3, smallest=5.4)


def _fields(page: Page, sheet: Sheet) -> float:
    """Draw the table of the fields; return where it ends."""
    page.text(LEFT, FIELDS + 3, "分野ごとに、ここにあるもの・ないもの", 9.5, bold=True)
    page.text(RIGHT, FIELDS + 3, PROVISIONAL, 6.8, colour=SECONDARY, align="right")
    y = FIELDS + 8.2
    x = LEFT
    for title, width in COLUMNS:
        page.text(x, y, title, 6.8, colour=SECONDARY)
        x += width
    page.rule(y + 1.4, HEAD_RULE)
    for row in sheet.rows.to_dict("records"):
        y += ROW
        _field(page, row, y, sheet)
        page.rule(y + 1.4)
    return y + 1.4


def _field(page: Page, row: Mapping[Hashable, Any], y: float, sheet: Sheet) -> None:
    home = sheet.name
    starts = [LEFT + sum(width for _, width in COLUMNS[:number]) for number in range(6)]
    page.text(starts[0], y, row["name"], 8.2, width=COLUMNS[0][1] - 1, smallest=6)
    chip = (starts[1], y - 2.9, COLUMNS[1][1] - 2.5, ROW - 1.0)
    page.box(*chip, CLASS_COLOURS[row["class"]])
    if row["provisional"] or row["class"] == "unknown":
        page.hatch(*chip)
    page.text(
        starts[1] + (COLUMNS[1][1] - 2.5) / 2,
        y - 0.15,
        class_words(row),
        7,
        colour=ink_on(row["class"]),
        align="centre",
        width=COLUMNS[1][1] - 3,
        smallest=5.5,
    )
    page.text(starts[2] + 9, y, f"{row['count']}件", 8, align="right")
    outside = row["outside"]
    if row["nearest"] == outside:  # nothing here: the room is for the neighbours that lack it, too
        outside = shared_text(sheet.shared.get(row["field"], ()), found=bool(outside))
    where = row["nearest_municipality"]
    _named(page, starts[3], y, row["nearest"], place_text(where, row["minutes"], home), 54)
    if outside != row["outside"]:
        page.text(starts[4], y, outside, 7, colour=SECONDARY, width=45, smallest=4.6)
    else:
        where = row["outside_municipality"]
        _named(page, starts[4], y, outside, place_text(where, row["outside_minutes"], home), 45)
    page.text(starts[5] + 11, y, f"{row['remote']}件", 8, align="right")


def _named(page: Page, x: float, y: float, name: str, place: str, width: float) -> None:
    """Write a service and where it is; the name gives way, the place does not."""
    if not name:
        page.text(x, y, NOT_FOUND, 7, colour=SECONDARY, width=width)
        return
    place = page.face.printable(place)
    room = width - page.face.width(place, 6.5) / mm - 0.5
    lines, size = page.face.fit(name, 7.5, room * mm, smallest=6.2)
    if lines[0].endswith(ELLIPSIS):  # in two rows, so that a name is whole
        lines, size = page.face.fit(name, 5, room * mm, smallest=4, rows=2)
    for number, line in enumerate(lines):
        lift = (len(lines) - 1 - number) * TWO_ROWS
        page.text(x, y - lift, line, size)
    longest = max(page.face.width(line, size) for line in lines) / mm
    page.text(x + longest + 0.3, y, place, 6.5, colour=SECONDARY)


def _partners(page: Page, sheet: Sheet, top: float, foot: float) -> None:
    """List whom to link with, as many as the page has room for, and say how many are left."""
    page.text(LEFT, top + 6, "地域にない分野は、まず誰と組めるか", 9.5, bold=True)
    if not sheet.partners:
        page.text(LEFT, top + 11, "全分野の窓口が地域内にあります。", 8.5)
        return
    gap = 6.0
    half = (WIDTH - gap) / 2
    room = foot - 1.5 - (top + 7.5)
    pitch = min(PARTNER, max(CLOSEST, room / ((len(sheet.partners) + 1) // 2)))
    rows = max(1, int(room / pitch + 1e-9))
    shown = sheet.partners[: rows * 2]
    left = len(sheet.partners) - len(shown)
    for number, partner in enumerate(shown):
        x = LEFT + (number % 2) * (half + gap)
        y = top + 11 + (number // 2) * pitch
        field, size = page.face.fit(partner.field, 7.5, 27 * mm, smallest=6)
        page.text(x, y, field[0], size, colour=ACCENT)
        page.text(x + 28.5, y, partner.name, 7.5, width=half - 28.5, smallest=4.8)
        at = (x + 28.5, y + 2.5)
        page.text(*at, partner.detail, 6.2, colour=SECONDARY, width=half - 28.5, smallest=4.6)
    if left:
        page.text(
            RIGHT, top + 6, f"ほか{left}分野は画面のカルテで", 7, colour=SECONDARY, align="right"
        )


def _sources(page: Page, sheet: Sheet) -> float:
    """Write caveat and sources upwards from the foot; return where they begin."""
    notes = sheet.sources if page.face.embedded else (*sheet.sources, MISSING_NOTE)
    size, leading = 5.75, 2.65
    lines = [line for note in notes for line in page.face.lines(note, size, WIDTH * mm)]
    top = FOOT - (len(lines) - 1) * leading
    page.rule(top - 3.2, HEAD_RULE)
    for number, line in enumerate(lines):
        page.text(LEFT, top + number * leading, line, size, colour=SECONDARY)
    return top - 3.2
