import json
import re
from dataclasses import replace

import pytest

from geo.documents.handout import handout
from geo.documents.sheet import compose
from geo.methods.analysis import Analysis, analyse
from geo.parameters import Parameters

MOST = 3_000_000  # bytes that a handout may have


@pytest.fixture(scope="module")
def steps() -> list[tuple[int, int]]:
    return []


@pytest.fixture(scope="module")
def page(analysis: Analysis, steps) -> str:
    return handout(analysis, progress=lambda *step: steps.append(step)).decode()


def content(page: str) -> dict:
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])


def test_one_file_is_small_and_names_no_other(page):
    assert len(page.encode()) < MOST
    assert not re.search(r"<(link|script|img)[^>]*(src|href)=", page)
    assert "default-src 'none'" in page


def test_sheets_are_those_of_the_pages(analysis: Analysis, page, steps):
    data = content(page)
    assert len(data["sheets"]) == 179
    assert steps[-1] == (179, 179)
    position = analysis.dataset.municipalities.index.get_loc("012301")
    sheet, made = compose(analysis, "012301"), data["sheets"][position]
    assert made["finding"] == sheet.finding
    assert made["figures"] == [[f.label, f.number, f.of] for f in sheet.figures]
    assert [row[2] for row in made["rows"]] == sheet.rows["count"].tolist()
    assert data["order"] == analysis.ranking.tolist()
    assert data["flags"][position][0] == f"{analysis.scarcity[position]:.1f}"


def test_records_that_do_not_count_and_hidden_places_are_not_in_the_file(analysis: Analysis, page):
    organisations = analysis.dataset.organisations
    inside = set(content(page)["organisations"]["id"])
    counted = set(
        analysis.dataset.services.loc[
            analysis.dataset.services["confidence"].isin(["A", "B"]), "organisation"
        ]
    )
    assert inside
    assert inside <= counted
    assert not inside & set(organisations.index[~organisations["location_public"]])


def test_markup_in_a_name_stays_text(shipped):
    organisations = shipped.organisations.copy()
    organisations["name"] = "</script><!--<script>alert(1)</script>"
    analysis = analyse(replace(shipped, organisations=organisations), Parameters())
    page = handout(analysis).decode()
    assert page.count("alert(1)") > 0
    assert "<script>alert" not in page
    assert "</script><!--" not in page
    assert content(page)["organisations"]["name"][0] == organisations["name"].iloc[0]
