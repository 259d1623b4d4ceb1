import io
import zipfile

import pytest
from pptx import Presentation
from pptx.util import Inches

from geo import worker
from geo.data.vocabulary import CLASSES
from geo.documents.meeting import Screen, screens
from geo.documents.slides import slides
from geo.errors import DataError
from geo.methods.analysis import Analysis
from geo.methods.findings import approach_table


@pytest.fixture(scope="module")
def made(analysis: Analysis) -> list[Screen]:
    return screens(analysis, base="https://shigen.example.jp")


@pytest.fixture(scope="module")
def deck(analysis: Analysis, made: list[Screen]):
    return Presentation(io.BytesIO(slides(analysis.dataset, made)))


def template(
    width: float, height: float, *, with_slides: bool = True, titles: bool = True
) -> bytes:
    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(width), Inches(height)
    if not titles:
        for layout in deck.slide_layouts:
            for holder in list(layout.placeholders):
                holder._element.getparent().remove(holder._element)
    if with_slides:
        deck.slides.add_slide(deck.slide_layouts[6])
    stream = io.BytesIO()
    deck.save(stream)
    return stream.getvalue()


def texts(slide) -> str:
    return "\n".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)


def test_every_screen_is_an_editable_slide_with_its_notes(deck, made):
    assert len(deck.slides) == len(made)
    for slide, screen in zip(deck.slides, made, strict=True):
        assert slide.shapes.title.text_frame.text == screen.headline
        assert slide.notes_slide.notes_text_frame.text == screen.notes
        for figure in screen.figures:
            assert figure.number in texts(slide)
        assert screen.source in texts(slide)


def test_chart_is_native_and_has_the_numbers_of_the_page(deck, made, analysis: Analysis):
    (chart,) = [s.chart for slide in deck.slides for s in slide.shapes if s.has_chart]
    table = approach_table(analysis, analysis.flag != "")
    assert list(chart.plots[0].categories)[::-1] == table["アプローチ"].tolist()
    for series in chart.plots[0].series:
        assert list(series.values)[::-1] == table[series.name].tolist()
    assert [series.name for series in chart.plots[0].series] == list(CLASSES.values())


def test_tables_are_native_and_say_what_they_leave_out(deck, made):
    found = {
        screen.key: [s.table for s in slide.shapes if s.has_table]
        for slide, screen in zip(deck.slides, made, strict=True)
    }
    (areas,) = found["areas"]
    screen = next(screen for screen in made if screen.key == "areas")
    shown = [areas.cell(row, 0).text for row in range(1, len(areas.rows))]
    assert shown == screen.table["市町村"].tolist()[: len(shown)]
    slide = deck.slides[[s.key for s in made].index("areas")]
    assert f"ほか{len(screen.table) - len(shown)}件" in texts(slide)


def test_nothing_stands_outside_the_page(deck):
    for slide in deck.slides:
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.top >= 0
            assert shape.left + shape.width <= deck.slide_width
            assert shape.top + shape.height <= deck.slide_height


@pytest.mark.parametrize("size", [(10.0, 7.5), (13.333, 7.5), (7.5, 13.333), (33.1, 46.8)])
@pytest.mark.parametrize("titles", [True, False])
def test_own_template_gives_page_size_and_loses_its_slides(analysis: Analysis, made, size, titles):
    few = [screen for screen in made if screen.key in {"approach", "partners"}]
    body = slides(analysis.dataset, few, template(*size, titles=titles))
    deck = Presentation(io.BytesIO(body))
    assert deck.slide_width == Inches(size[0])
    assert len(deck.slides) == len(few)
    assert few[0].headline in texts(deck.slides[0])
    for shape in deck.slides[0].shapes:
        assert shape.left + shape.width <= deck.slide_width
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        names = archive.namelist()
    assert len(names) == len(set(names))


def test_bad_template_is_named(analysis: Analysis, made):
    broken = io.BytesIO()
    with zipfile.ZipFile(broken, "w") as archive:
        archive.writestr("a.txt", "not slides")
    for body in (b"", b"not a file of PowerPoint", broken.getvalue()):
        with pytest.raises(DataError, match="テンプレート"):
            slides(analysis.dataset, made[:1], body)


def with_parts(own, parts):
    """Return a template with some of its parts replaced, found by the end of their names."""
    book = zipfile.ZipFile(io.BytesIO(own))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in book.namelist():
            archive.writestr(
                name, next((t for end, t in parts.items() if name.endswith(end)), book.read(name))
            )
    return stream.getvalue()


@pytest.mark.slow
def test_a_template_is_used_in_a_process_of_its_own(shipped, made):
    deck = worker.run(slides, shipped, made[:2], template(10, 7.5), file="町.pptx")
    assert len(Presentation(io.BytesIO(deck)).slides) == 2


@pytest.mark.slow
def test_a_template_that_unpacks_to_gigabytes_is_refused_and_named(shipped, made):
    layout = b'<x xmlns="y">' + b"<a/>" * 8_000_000 + b"</x>"
    bomb = with_parts(template(10, 7.5), {"slideLayout1.xml": layout})
    assert len(bomb) < 1_000_000
    with pytest.raises(DataError, match=r"爆弾\.pptx: 読むのに|テンプレート"):
        worker.run(slides, shipped, made[:2], bomb, file="爆弾.pptx", memory=0.3)


@pytest.mark.parametrize("part", ["presentation.xml", "presentation.xml.rels", "slideMaster1.xml"])
@pytest.mark.parametrize("text", [b"", b"<a/>", b"<a", b"\0" * 100])
def test_a_template_with_a_broken_part_is_refused_in_words(shipped, made, part, text):
    with pytest.raises(DataError, match="テンプレート"):
        slides(shipped, made[:1], with_parts(template(10, 7.5), {part: text}))


def test_what_is_read_from_the_back_of_a_room_is_large(deck, made):
    for slide, screen in zip(deck.slides, made, strict=True):
        small = {screen.source, str(len(deck.slides))}
        for shape in slide.shapes:
            cells = (
                [c.text_frame for r in shape.table.rows for c in r.cells] if shape.has_table else []
            )
            for frame in [shape.text_frame] if shape.has_text_frame else cells:
                if frame.text in small or (frame.text.isdigit() and shape.top > Inches(7)):
                    continue
                sizes = [run.font.size.pt for line in frame.paragraphs for run in line.runs]
                assert all(size >= 18 for size in sizes), frame.text
                if any(frame.text == figure.number for figure in screen.figures) and not cells:
                    assert sizes[0] >= 28


def test_no_words_of_a_slide_lie_over_others(deck):
    for slide in deck.slides:
        boxes = [(s.left, s.top, s.left + s.width, s.top + s.height, s) for s in slide.shapes]
        for number, (left, top, right, bottom, one) in enumerate(boxes):
            for other in boxes[number + 1 :]:
                apart = (
                    right <= other[0] + 9525
                    or other[2] <= left + 9525
                    or bottom <= other[1] + 9525
                    or other[3] <= top + 9525
                )
                assert apart, (one.name, other[4].name)
