"""A flag is never printed without the range compared, the fields that entered, and its type."""

import io
import json
import re
import sqlite3
import zipfile
from contextlib import closing

import pandas as pd
import pytest
from pypdf import PdfReader

from geo.commands.main import main
from geo.data.vocabulary import FLAGS
from geo.documents.handout import handout
from geo.documents.karte_pdf import karte_pdf
from geo.documents.karte_word import karte_word
from geo.documents.meeting import TITLES, screens
from geo.documents.plan import to_docx
from geo.documents.projector import payload as projected
from geo.documents.slides import slides
from geo.maps import folium_maps
from geo.maps.geopackage import geopackage
from geo.maps.product_layers import Choice, overlays
from geo.methods.analysis import analyse
from geo.methods.basis import compared, range_label
from geo.methods.judged import ENTERED, STATES
from geo.methods.origin import ORIGINS
from geo.parameters import Parameters
from geo.plans.figures import computed
from geo.records.open_data import municipalities
from tests.plans.hidaka import DAY, hidaka_plan
from tests.ui.opened import open_page

RANGE = "振興局:日高"
BARE = re.compile(r"[\s\u3000]")


@pytest.fixture(scope="module")
def analysis(shipped):
    return analyse(shipped, Parameters(within=RANGE))


def xml_of(body: bytes) -> str:
    """Return all text of a document that is a ZIP of XML."""
    with zipfile.ZipFile(io.BytesIO(body)) as parts:
        xml = [parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml")]
    return re.sub(r"<[^>]+>", "", "".join(xml))


def pdf_of(body: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)


def planned(analysis):
    return computed(hidaka_plan(analysis), analysis, DAY)


MADE = {
    "karte.pdf": lambda a: pdf_of(karte_pdf(a, ["016080"], base="")),
    "karte.docx": lambda a: xml_of(karte_word(a, "016080")),
    "slides.pptx": lambda a: xml_of(slides(a.dataset, screens(a))),
    "handout.html": lambda a: re.sub(r"<[^>]+>", "", handout(a).decode()),
    "plan.docx": lambda a: xml_of(to_docx(planned(a))),
    "screens": lambda a: json.dumps(
        projected(a, tuple(TITLES), None, "016080", ""), ensure_ascii=False
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MADE)
def test_every_document_that_prints_a_flag_says_what_it_compares(analysis, name):
    text = BARE.sub("", MADE[name](analysis))
    assert any(flag in text for flag in FLAGS.values()), "prints no flag"
    assert BARE.sub("", range_label(analysis)) in text
    for field in analysis.fields_entered:
        assert BARE.sub("", analysis.dataset.fields.at[field, "name"]) in text, field
    assert any(kind in text for kind in ORIGINS.values())


def described(body: bytes, folder) -> str:
    """Return what a GeoPackage says of its layers."""
    path = folder / "layers.gpkg"
    path.write_bytes(body)
    with closing(sqlite3.connect(path)) as store:
        return "".join(told for (told,) in store.execute("SELECT description FROM gpkg_contents"))


MAPS = {
    "layers.html": lambda a, _: folium_maps.html(a, overlays(a, Choice())).decode(),
    "layers.pdf": lambda a, _: pdf_of(folium_maps.drawn(a, overlays(a, Choice()), "pdf")),
    "layers.gpkg": lambda a, folder: described(geopackage(a, overlays(a, Choice())), folder),
    "municipalities.geojson": lambda a, _: municipalities(a, DAY).decode(),
}


@pytest.mark.parametrize("name", MAPS)
def test_every_map_to_take_away_says_what_it_compares_and_why_fields_did_not_enter(
    analysis, name, tmp_path
):
    text = BARE.sub("", MAPS[name](analysis, tmp_path))
    assert BARE.sub("", range_label(analysis)) in text
    reasons = {STATES[field.state] for field in analysis.judged if field.state != ENTERED}
    assert reasons
    for words in [*reasons, *analysis.dataset.fields["name"]]:
        assert BARE.sub("", words) in text, words


@pytest.mark.slow
def test_every_picture_by_command_says_it_too(analysis, tmp_path):
    for report in ("map", "layers"):
        path = tmp_path / f"{report}.pdf"
        assert main(["report", report, "--within", RANGE, "-o", str(path)]) == 0
        text = BARE.sub("", pdf_of(path.read_bytes()))
        for line in compared(analysis):
            assert BARE.sub("", line) in text, (report, line)


def test_a_flag_in_open_data_never_stands_without_where_the_support_comes_from(analysis):
    told = [one["properties"] for one in json.loads(municipalities(analysis, DAY))["features"]]
    flagged = [one for one in told if one["flag"]]
    assert len(flagged) == analysis.compared.sum()
    assert {one["origin"] for one in flagged} <= set(ORIGINS.values())
    assert not [one for one in told if not one["flag"] and one.get("origin")]


def drawn(app) -> str:
    """Return every text that a page draws, its tables too."""
    texts = [one.proto.body for one in app.get("html")]
    texts += [
        str(one.value) for kind in ("markdown", "caption", "info") for one in getattr(app, kind)
    ]
    texts += [one.value.to_csv() for one in app.dataframe]
    return re.sub(r"<[^>]+>", "", "".join(texts))


@pytest.mark.parametrize("page", ["overview", "gaps", "karte", "plan"])
def test_every_page_that_shows_a_flag_says_what_it_compares(analysis, page):
    text = BARE.sub("", drawn(open_page(page, range=RANGE, town="016080")))
    assert any(flag in text for flag in FLAGS.values()), "shows no flag"
    assert BARE.sub("", range_label(analysis)) in text
    for field in analysis.fields_entered:
        assert BARE.sub("", analysis.dataset.fields.at[field, "name"]) in text, field


def test_every_table_of_flags_by_command_names_range_fields_and_type(capsys):
    main(["scarcity", "--within", "日高"])
    table = pd.read_csv(io.StringIO(capsys.readouterr().out))
    flagged = table[table["flag"] != "outside"]
    assert len(flagged)
    for column in ("range", "fields", "origin"):
        assert flagged[column].notna().all()
