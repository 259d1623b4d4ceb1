import io
import re
import zipfile
from datetime import date
from itertools import pairwise

import pytest
from docx import Document
from openpyxl import load_workbook
from pptx import Presentation

from geo.data.inventory import surveyed
from geo.documents.meeting import TITLES
from geo.documents.pack import LENGTH, RUNNING_ORDER, areas, pack, survey_state
from geo.errors import DataError
from geo.methods.analysis import analyse
from geo.methods.findings import headline
from geo.parameters import Parameters

AREA = "二次医療圏:西胆振"
DAY = date(2026, 11, 25)


@pytest.fixture(scope="module")
def inside(shipped):
    return analyse(shipped, Parameters(within=AREA))


@pytest.fixture(scope="module")
def files(shipped):
    steps = []
    body = pack(shipped, Parameters(), AREA, made_on=DAY, progress=lambda *step: steps.append(step))
    assert [done for done, _ in steps] == list(range(1, steps[-1][1] + 1))
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_pack_can_be_made_for_every_subprefecture_and_medical_area(shipped):
    assert len(areas(shipped)) == 14 + 21


@pytest.mark.slow
def test_a_pack_holds_what_a_meeting_needs_and_a_sheet_for_each_town(shipped, inside, files):
    towns = shipped.municipalities.index[inside.compared]
    sheets = {name.split("/")[1][:6] for name in files if name.startswith("2_")}
    assert sheets == set(towns)
    kinds = {name.rsplit(".", 1)[1] for name in files}
    assert kinds == {"pptx", "docx", "pdf", "html", "xlsx"}
    for name, body in files.items():
        assert body.startswith(b"%PDF") == name.endswith(".pdf")


@pytest.mark.slow
def test_the_slides_say_the_findings_of_the_area(inside, files):
    deck = Presentation(io.BytesIO(files["1_スライド.pptx"]))
    titles = [slide.shapes.title.text_frame.text for slide in deck.slides]
    assert len(titles) == len(TITLES)
    assert titles[1].startswith(f"{headline(inside).few}市町村が資源少数区域")


@pytest.mark.slow
def test_the_running_order_lasts_ninety_minutes_and_names_every_slide(files):
    assert LENGTH == 90
    assert {key for item in RUNNING_ORDER for key in item.screens} == set(TITLES)
    document = Document(io.BytesIO(files["0_進行表(90分).docx"]))
    rows = [[cell.text for cell in row.cells] for row in document.tables[0].rows][1:]
    spans = [tuple(map(int, re.findall(r"\d+", row[0]))) for row in rows]
    assert spans[0][0] == 0
    assert spans[-1][1] == 90
    assert all(end == begin for (_, end), (begin, _) in pairwise(spans))


@pytest.mark.slow
def test_the_state_of_the_survey_counts_what_is_still_unasked(shipped, inside, files):
    book = load_workbook(io.BytesIO(files["4_調査の状況.xlsx"]))
    state = survey_state(inside)
    unasked = int((~surveyed(shipped)[inside.compared]).sum())
    assert state["未調査(分野)"].sum() == unasked
    assert survey_state(inside, by_field=True)["未調査(市町村)"].sum() == unasked
    assert book["町ごと"].max_row == len(state) + 1


@pytest.mark.slow
def test_the_same_input_gives_the_same_running_order(shipped, files):
    again = pack(shipped, Parameters(), AREA, made_on=DAY)
    with zipfile.ZipFile(io.BytesIO(again)) as archive:
        for name in ("0_進行表(90分).docx", "3_配布資料.html"):
            assert archive.read(name) == files[name]


def test_an_area_that_is_none_is_refused(shipped):
    with pytest.raises(DataError, match="という地域はありません"):
        pack(shipped, Parameters(), "")
