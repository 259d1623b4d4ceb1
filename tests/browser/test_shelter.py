"""A shelter's location is planted in the data; no byte that leaves may hold it."""

import gzip
import io
import json
import re
import struct
import zipfile
from collections.abc import Iterable
from datetime import date

import pandas as pd
import pytest
from pypdf import PdfReader

from geo.commands import main
from geo.data.dataset import load
from geo.data.spreadsheet import to_csv, to_excel, to_json
from geo.documents.certificate_pdf import certificate_pdf
from geo.documents.handout import handout
from geo.documents.karte_pdf import karte_pdf
from geo.documents.karte_word import karte_word
from geo.documents.mailing import letters
from geo.documents.meeting import TITLES, screens
from geo.documents.pack import pack
from geo.documents.plan import to_docx, to_xlsx
from geo.documents.projector import payload
from geo.documents.sheet import compose
from geo.documents.slides import slides
from geo.maps import folium_maps
from geo.maps.colours import RULE
from geo.maps.geopackage import geopackage
from geo.maps.measures import measure_view
from geo.maps.picture import picture
from geo.maps.product_layers import Choice, overlays
from geo.maps.view import MapView
from geo.methods.analysis import analyse
from geo.parameters import Parameters
from geo.plans.figures import computed
from geo.plans.maps import plan_picture
from geo.plans.plan import Area, Contact, Plan
from geo.records.directory import records
from geo.store.rounds import Round
from geo.ui.tables import record_columns
from tests.processes import serving

NAME = "生成シェルター"
ADDRESS = "生成町秘密通9丁目8番7号"
LAT, LON = 43.98765, 143.12345
ESCAPES = ("backslashreplace", "xmlcharrefreplace")
TOWN = "015628"  # 西興部村; no other record of the field stands there
ROUND = Round(
    "0123abcd", "生成の調査回", date(2026, 1, 1), date(2026, 2, 1), "", (TOWN,), ("women",), "生成"
)


@pytest.fixture
def planted(copied):
    organisation = {
        "organisation": "generated-shelter",
        "name": NAME,
        "municipality_code": TOWN,
        "address": ADDRESS,
        "lat": str(LAT),
        "lon": str(LON),
        "precision": "point",
        "location_public": "no",
        "layer": "other",
        "source": "生成",
        "source_date": "2026-01-01",
        "checked_on": "2026-01-01",
        "confidence": "A",
    }
    service = {
        "service": "generated-shelter-women",
        "organisation": "generated-shelter",
        "field": "women",
        "approaches": "3",
        "modes": "place;phone",
        "service_area": "prefecture",
        "source": "生成",
        "source_date": "2026-01-01",
        "confidence": "A",
    }
    for table, row in (("organisations", organisation), ("services", service)):
        path = copied / f"{table}.csv"
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        pd.concat([frame, pd.DataFrame([row])]).fillna("").to_csv(path, index=False)
    return copied


def parts_of(content: bytes) -> list[bytes]:
    """Return what is in a ZIP, unpacked, and what is in the ZIPs in it."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = [archive.read(name) for name in archive.namelist()]
    return [each for part in parts for each in (parts_of(part) if part[:2] == b"PK" else [part])]


def written(texts: Iterable[str]) -> list[bytes]:
    """Return texts in every coding that a file may hold them in."""
    texts = list(texts)
    found = [text.encode(coding) for text in texts for coding in ("utf-8", "utf-16-le")]
    # JSON in ASCII, and XML in ASCII as a workbook or a slide may hold it.
    return found + [text.encode("ascii", way) for text in texts for way in ESCAPES]


def secrets() -> list[bytes]:
    texts = [ADDRESS, "秘密通", str(LAT), str(LON), f"{LAT:.4f}", f"{LON:.4f}"]
    return written(texts) + [
        struct.pack(f, x) for x in (LAT, LON) for f in ("<d", ">d", "<f", ">f")
    ]


def assert_clean(body: bytes, where: str) -> None:
    _search(body, where, secrets())


def assert_none(body: bytes | str, where: str, texts: Iterable[str]) -> None:
    """Fail where a file, packed or not, holds one of the texts."""
    _search(body.encode() if isinstance(body, str) else body, where, written(texts))


def _search(body: bytes, where: str, secret: list[bytes]) -> None:
    plain = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for name in archive.namelist():
                _search(archive.read(name), f"{where}: {name}", secret)
    if body[:4] == b"%PDF":
        plain = "".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages).encode()
    for one in secret:
        assert one not in plain, where


def test_the_search_itself_would_find_it():
    with pytest.raises(AssertionError):
        assert_clean(f'{{"lat": {LAT}}}'.encode(), "plain")
    with pytest.raises(AssertionError):
        assert_clean(gzip.compress(ADDRESS.encode()), "compressed")
    with pytest.raises(AssertionError):
        assert_clean(to_excel({"t": pd.DataFrame({"a": [ADDRESS]})}, [], head=RULE), "workbook")
    named = MapView(ADDRESS, "", "", ("#FFFFFF",), [0] * 179, [""] * 179, ())
    with pytest.raises(AssertionError):
        assert_clean(picture(load(), named, "pdf"), "document")


def test_no_byte_sent_to_the_browser_holds_it(planted, browser, tmp_path):
    log = tmp_path / "server.log"
    seen: list[tuple[str, bytes]] = []
    with serving(log, SHIGEN_DATA=str(planted)) as address:
        context = browser.new_context(accept_downloads=True)
        page = context.new_page()

        def keep_frames(socket):
            socket.on(
                "framereceived",
                lambda frame: seen.append(
                    (socket.url, frame if isinstance(frame, bytes) else frame.encode())
                ),
            )

        # A body is gone once the page moves on, so every address is asked for again at the end.
        asked = set()
        page.on("response", lambda response: asked.add(response.url))
        page.on("websocket", keep_frames)
        views = ["", "?measure=class&field=women&c=1", "gaps?c=1", f"karte?code={TOWN}&field=women"]
        views += [f"directory?q={NAME}", "directory?id=generated-shelter", "methods"]
        views += [f"meeting?code={TOWN}", f"reports?code={TOWN}"]
        views += ["layers?fields=women&reach=women&c=1&drawn=c44.0000,143.1000,50000"]
        for view in views:
            page.goto(f"{address}/{view}")
            page.wait_for_selector(".source", timeout=30_000)
            page.wait_for_timeout(1500)
            if view.startswith("directory?q"):
                assert NAME in page.inner_text("body")
                assert "所在は公表しない" in page.inner_text("body")
            for label in ("CSV", "Excel(出典つき)"):
                button = page.get_by_role("button", name=label, exact=True)
                if button.count() and button.first.is_visible():
                    with page.expect_download() as download:
                        button.first.evaluate("element => element.click()")
                    seen.append((label, download.value.path().read_bytes()))
        seen += [
            (url, context.request.get(url).body()) for url in sorted(asked) if url[:4] == "http"
        ]
        context.close()
    assert any("organisations.json" in where for where, _ in seen)
    assert sum(where.startswith("ws") for where, _ in seen) > 20
    for where, body in seen:
        assert_clean(body, where)
    assert_clean(log.read_bytes(), "log")


def test_no_document_holds_it_nor_the_name_of_its_town(planted):
    analysis = analyse(load(planted), Parameters(confidence=("A", "B", "C")))
    made = screens(analysis, town=TOWN)
    view = measure_view(analysis, "class", "women", 2020, show_points=True, focus=TOWN)
    sheet = compose(analysis, TOWN)
    assert sheet.rows.set_index("field").at["women", "class"] != "local"
    page = handout(analysis)
    over = overlays(analysis, Choice(("class:women",), reached=("women",), venues=(TOWN,)))
    choice = Plan(
        areas=(Area(TOWN),), contacts=(Contact(TOWN, "women", "generated-shelter-women"),)
    )
    study = computed(choice, analysis, date(2026, 1, 1))
    assert NAME in str(study.tables)
    documents = {
        "karte.pdf": karte_pdf(analysis, [TOWN, "011002"]),
        "certificate.pdf": certificate_pdf(analysis, [TOWN, "011002"]),
        "karte.docx": karte_word(analysis, TOWN),
        "slides.pptx": slides(analysis.dataset, made),
        "handout.html": page,
        "letters.zip": b"".join(parts_of(letters(analysis.dataset, ROUND, date(2026, 1, 1)))),
        "screens": json.dumps(payload(analysis, tuple(TITLES), None, TOWN, "")).encode(),
        **{
            f"layers.{kind}": make(analysis, over)
            for kind, make in (
                ("html", folium_maps.html),
                ("gpkg", geopackage),
                ("pdf", lambda one, layers: folium_maps.drawn(one, layers, "pdf")),
            )
        },
        "plan.docx": to_docx(study, plan_picture(study, analysis.dataset)),
        "plan.xlsx": to_xlsx(study),
        **{f"map.{kind}": picture(analysis.dataset, view, kind) for kind in ("svg", "pdf")},
    }
    area = f"振興局:{analysis.dataset.municipalities.at[TOWN, 'subprefecture']}"
    with zipfile.ZipFile(io.BytesIO(pack(analysis.dataset, analysis.parameters, area))) as files:
        documents |= {name: files.read(name) for name in files.namelist()}
    for where, body in documents.items():
        assert_clean(body, where)
    content = json.loads(re.search(rb'id="data">(.*?)</script>', page, re.DOTALL)[1])
    assert "generated-shelter" not in content["organisations"]["id"]


def test_no_export_holds_it_and_its_town_is_not_told(planted, capsys):
    data = load(planted)
    table = record_columns(data, records(data))
    assert_clean(to_csv(table).encode(), "csv")
    assert_clean(to_json(table).encode(), "json")
    assert table.loc[table["名称"] == NAME, ["市町村", "住所"]].eq("").all(axis=None)
    assert_clean(to_excel({"t": table}, [], head=RULE), "xlsx")
    for command in (["municipalities"], ["coverage"], ["scarcity"], ["travel", "--from", TOWN]):
        assert main.main([*command, "--data", str(planted)]) == 0
        out = capsys.readouterr().out
        assert_clean(out.encode(), command[0])
        if command == ["coverage"]:
            line = next(x for x in out.splitlines() if x.startswith(TOWN) and ",women," in x)
            assert ",local," not in line
