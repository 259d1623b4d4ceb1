import io
import zipfile
from importlib.metadata import version

import pytest
from pptx import Presentation
from pptx.util import Inches

from geo.documents import slide_xml
from geo.documents.links import qr_png
from geo.maps.colours import ACCENT, HEAD_RULE, rrggbb

PLACE = (Inches(1), Inches(1), Inches(4), Inches(2))


@pytest.fixture
def deck():
    made = Presentation()
    made.slides.add_slide(made.slide_layouts[5])
    return made


@pytest.fixture
def slide(deck):
    return deck.slides[0]


def written(deck) -> dict[str, str]:
    """Return the XML of each slide in the file."""
    stream = io.BytesIO()
    deck.save(stream)
    with zipfile.ZipFile(stream) as archive:
        names = [name for name in archive.namelist() if name.startswith("ppt/slides/slide")]
        return {name: archive.read(name).decode() for name in names}


def test_seen_in_the_version_that_is_installed():
    assert f"python-pptx ({version('python-pptx')})" in slide_xml.__doc__


def test_slides_that_are_dropped_are_not_in_the_file(deck):
    deck.slides.add_slide(deck.slide_layouts[0])
    assert len(written(deck)) == 2
    slide_xml.drop_slides(deck)
    assert len(deck.slides) == 0
    assert written(deck) == {}


def test_shape_is_taken_off(slide):
    (title,) = slide.placeholders
    slide_xml.remove(title)
    assert list(slide.placeholders) == []


def test_picture_is_described(deck, slide):
    image = io.BytesIO(qr_png("https://shigen.example.jp"))
    slide_xml.describe(slide.shapes.add_picture(image, *PLACE), "北海道の地図")
    (xml,) = written(deck).values()
    assert 'descr="北海道の地図"' in xml


def test_table_has_no_grid_but_lines_below_its_cells(deck, slide):
    frame = slide.shapes.add_table(1, 1, *PLACE)
    slide_xml.ungrid(frame)
    slide_xml.rule_below(frame.table.cell(0, 0), HEAD_RULE)
    (xml,) = written(deck).values()
    assert f"<a:tableStyleId>{slide_xml.NO_GRID}</a:tableStyleId>" in xml
    assert f'<a:lnB w="6350"><a:solidFill><a:srgbClr val="{rrggbb(HEAD_RULE)}"/>' in xml


def test_face_is_also_that_of_japanese_characters(deck, slide):
    frame = slide.shapes.title.text_frame
    frame.text = "漢字"
    (run,) = frame.paragraphs[0].runs
    slide_xml.set_face(run, "Meiryo")
    run.font.color.rgb = slide_xml.rgb(ACCENT)
    (xml,) = written(deck).values()
    assert '<a:latin typeface="Meiryo"/><a:ea typeface="Meiryo"/>' in xml
    assert f'<a:srgbClr val="{rrggbb(ACCENT)}"/>' in xml
