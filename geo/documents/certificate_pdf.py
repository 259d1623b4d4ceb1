"""Set certificates of flags as A4 pages of a PDF, with the typeface embedded."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import date
from xml.sax.saxutils import escape

import pandas as pd
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import (
    Flowable,
    LongTable,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    TableStyle,
)

from geo.documents.certificate import Worded, worded
from geo.documents.karte_pdf import register
from geo.maps.colours import ACCENT, INK, RULE, SECONDARY
from geo.maps.typeface import Typeface, typeface
from geo.methods.analysis import Analysis

Progress = Callable[[int, int], None]

MARGIN = 14 * mm
WIDTH = A4[0] - 2 * MARGIN
LABEL = 30 * mm
UNIT_SHARES = (0.2, 0.2, 0.14, 0.12, 0.2, 0.14)
GROUND_SHARES = (0.12, 0.12, 0.19, 0.1, 0.05, 0.27, 0.1, 0.05)


def certificate_pdf(
    analysis: Analysis,
    codes: Sequence[str],
    *,
    made_on: date | None = None,
    progress: Progress | None = None,
) -> bytes:
    """Return one PDF with the certificates of some municipalities, each on a new page.

    progress: called with (done, in all). Raises UnknownCodeError for an unknown code.
    """
    face, font = typeface(), register(typeface())
    story: list[Flowable] = []
    for number, code in enumerate(codes):
        if story:
            story.append(PageBreak())
        story += _certificate(worded(analysis, code, made_on), face, font)
        if progress:
            progress(number + 1, len(codes))
    stream = io.BytesIO()
    SimpleDocTemplate(
        stream,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title="区分の根拠書",
        author="ほっかいどう社会資源マップ",
        invariant=1,
        initialFontName=font,
    ).build(story)
    return stream.getvalue()


def _certificate(words: Worded, face: Typeface, font: str) -> list[Flowable]:
    def style(size: float, colour: str = INK) -> ParagraphStyle:
        return ParagraphStyle(
            f"{size}{colour}",
            fontName=font,
            fontSize=size,
            leading=size * 1.5,
            textColor=HexColor(colour),
            wordWrap="CJK",
        )

    def text(cell: object, form: ParagraphStyle) -> Paragraph:
        # A paragraph reads markup; what records say is text.
        return Paragraph(escape(face.printable(str(cell))), form)

    title, head, body = style(17), style(11, ACCENT), style(9.5)
    small, label, note = style(7), style(9.5, SECONDARY), style(6.5, SECONDARY)
    lines = LongTable(
        [[text(name, label), text(sentence, body)] for name, sentence in words.lines],
        colWidths=[LABEL, WIDTH - LABEL],
        style=_lined(),
    )
    return [
        text(words.title, title),
        Spacer(1, 6),
        lines,
        Spacer(1, 10),
        text("この町のぶん(人口 × 1人あたり。全市町村を足すと全道になる)", head),
        _table(words.units, UNIT_SHARES, text, label, small),
        Spacer(1, 10),
        text("よりどころの記録と統計(到達圏の中。なければ最も近いもの)", head),
        _table(words.grounds, GROUND_SHARES, text, label, small),
        Spacer(1, 10),
        *(text(line, note) for line in words.notes),
    ]


def _table(
    table: pd.DataFrame,
    shares: tuple[float, ...],
    text: Callable[[object, ParagraphStyle], Paragraph],
    head: ParagraphStyle,
    body: ParagraphStyle,
) -> Flowable:
    if table.empty:
        return text("ありません", body)
    small = ParagraphStyle("head", parent=head, fontSize=7, leading=10)
    rows = [[text(name, small) for name in table.columns]]
    rows += [[text(cell, body) for cell in row] for row in table.itertuples(index=False)]
    widths = [WIDTH * share for share in shares]
    return LongTable(rows, colWidths=widths, repeatRows=1, style=_lined())


def _lined() -> TableStyle:
    return TableStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, HexColor(RULE)),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 4),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ]
    )
