import io
import re
from importlib.metadata import version

import pytest
from docx import Document

from geo.documents import word_xml
from geo.maps.colours import HEAD_RULE, RULE, TABLE_HEAD, rrggbb
from tests import ROOT

PRIVATE = re.compile(r"\._(?:element|tc|tbl|tr|r|p|rPr|pPr|sldIdLst)\b")
INSIDE = {"word_xml.py", "slide_xml.py"}


@pytest.fixture
def document():
    made = Document()
    made.add_table(rows=2, cols=2)
    made.add_paragraph("1")
    return made


def saved(document) -> str:
    """Return the XML of the body after it was written and read again."""
    stream = io.BytesIO()
    document.save(stream)
    return Document(io.BytesIO(stream.getvalue())).element.body.xml


def test_private_parts_of_office_libraries_are_touched_in_one_file_each():
    touching = {
        path.name
        for path in (ROOT / "geo").rglob("*.py")
        if PRIVATE.search(path.read_text(encoding="utf-8"))
    }
    assert touching == INSIDE


def test_seen_in_the_version_that_is_installed():
    assert f"python-docx ({version('python-docx')})" in word_xml.__doc__


def test_cell_is_shaded_and_ruled(document):
    cell = document.tables[0].cell(0, 0)
    word_xml.shade(cell)
    word_xml.rule_below(cell)
    xml = saved(document)
    assert f'<w:shd w:val="clear" w:fill="{rrggbb(TABLE_HEAD)}"/>' in xml
    assert f'<w:bottom w:val="single" w:sz="4" w:color="{rrggbb(RULE)}"/>' in xml


def test_rows_are_ruled_repeated_and_kept_whole(document):
    table = document.tables[0]
    word_xml.rule_rows(table, HEAD_RULE)
    word_xml.unpad(table)
    word_xml.repeat(table.rows[0])
    word_xml.keep_whole(table.rows[1])
    xml = saved(document)
    for side in ("top", "bottom", "insideH"):
        assert f'<w:{side} w:val="single" w:sz="4" w:color="{rrggbb(HEAD_RULE)}"/>' in xml
    assert xml.count('w:w="0" w:type="dxa"/>') == 2
    assert xml.count("<w:tblHeader/>") == xml.count("<w:cantSplit/>") == 1


def test_face_is_also_that_of_japanese_characters(document):
    run = document.paragraphs[0].add_run("漢字")
    word_xml.set_run_face(run)
    assert f'w:eastAsia="{word_xml.FACE}"' in saved(document)
    style = document.styles["Heading 1"]
    word_xml.set_style_face(style)
    assert f'w:eastAsia="{word_xml.FACE}"' in style.element.xml
    assert "Theme=" not in style.element.xml.split("<w:rFonts")[1].split("/>")[0]


def test_number_of_the_page_is_computed_by_word(document):
    paragraph = document.paragraphs[0]
    word_xml.compute(paragraph, paragraph.runs[0], "PAGE")
    xml = saved(document)
    assert re.search(r'<w:fldSimple w:instr="PAGE">\s*<w:r>\s*<w:t>1</w:t>', xml)
