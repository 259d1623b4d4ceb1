import json
import re

from geo.documents.sheet import compose
from geo.methods.analysis import Analysis

MOST = 3_000_000  # bytes that a handout may have


def content(page: str) -> dict:
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])


def test_one_file_is_small_and_names_no_other(handed_out):
    page = handed_out.page
    assert len(page.encode()) < MOST
    assert not re.search(r"<(link|script|img)[^>]*(src|href)=", page)
    assert "default-src 'none'" in page


def test_sheets_are_those_of_the_pages(hostile: Analysis, handed_out):
    data = content(handed_out.page)
    assert len(data["sheets"]) == 179
    assert handed_out.steps == [[done, 179] for done in range(1, 180)]
    position = hostile.dataset.municipalities.index.get_loc("012301")
    sheet, made = compose(hostile, "012301"), data["sheets"][position]
    assert made["finding"] == sheet.finding
    assert made["figures"] == [[f.label, f.number, f.of] for f in sheet.figures]
    assert [row[2] for row in made["rows"]] == sheet.rows["count"].tolist()
    assert data["order"] == hostile.ranking.tolist()
    assert data["flags"][position][0] == f"{hostile.scarcity[position]:.1f}"


def test_records_that_do_not_count_and_hidden_places_are_not_in_the_file(
    hostile: Analysis, handed_out
):
    organisations = hostile.dataset.organisations
    inside = set(content(handed_out.page)["organisations"]["id"])
    counted = set(
        hostile.dataset.services.loc[
            hostile.dataset.services["confidence"].isin(["A", "B"]), "organisation"
        ]
    )
    assert inside
    assert inside <= counted
    assert not inside & set(organisations.index[~organisations["location_public"]])


def test_markup_in_a_name_stays_text(handed_out):
    page = handed_out.page
    names = content(page)["organisations"]["name"]
    assert names[0].endswith("</script><!--<script>alert(1)</script>")
    assert page.count("alert(1)") > len(names)  # the sheets name organisations too
    assert "<script>alert" not in page
    assert "</script><!--" not in page
