"""Text is data: what comes in at any door leaves by every exit as text, or is left out of it."""

import ast
import dataclasses
import io
import json
from pathlib import Path

import markdown_it
import openpyxl
import pandas as pd
import pytest
from docx import Document
from pptx import Presentation

from geo.data.sources import footer_lines
from geo.data.spreadsheet import FORMULA_STARTS, UNWRITABLE_RE, to_csv, to_excel, to_json
from geo.documents.handout import handout
from geo.documents.karte_pdf import karte_pdf
from geo.documents.karte_word import karte_word
from geo.documents.links import checked
from geo.documents.meeting import screens
from geo.documents.slides import slides
from geo.errors import DataError
from geo.imports.reading.files import open_tables
from geo.imports.reading.table import INVISIBLE_RE, clean
from geo.maps.colours import RULE
from geo.maps.measures import measure_view
from geo.maps.picture import PICTURES, picture
from geo.methods.analysis import analyse
from geo.parameters import Parameters
from geo.ui.frame import plain
from tests import ROOT
from tests.generated_files import csv_of, excel_of

HOSTILE = (
    *(
        "$\\frac{a}$",
        "$x$",
        "$",
        "$$",
        "$\\undefined$",
        "100$から200$まで",
        "\\",
        "\\n",
        "%s{0}{x}",
    ),
    *("<script>alert(1)</script>", "</script><!--", "<img src=x onerror=alert(1)>", "&lt;b&gt;"),
    *("]]>", "<!ENTITY a 'a'>", "&a;", "&#0;", "<b>太字</b>", "'\"><svg onload=alert(1)>"),
    *("[押す](javascript:alert(1))", "![絵](https://evil.example/x.png)", "**太字**", "# 見出し"),
    *("<https://evil.example>", "https://evil.example", "www.evil.example", "a@evil.example"),
    *(":red[赤]", ":material/lock:", "`code`", "| a | b |", "---", "1. 一", "> 引用", "~~消~~"),
    *("=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1", "\u200b=1", "\ufffe=1"),
    *(
        "\ud800",
        "a\udfffb",
        "\ufffe",
        "\uffff",
        "\ufdd0",
        "\U0001fffe",
        "\U0010ffff",
        "\x00",
        "\x0b",
    ),
    *(
        "\x1b[31m",
        "\x85",
        "\u2028",
        "\u202e逆",
        "e\u0301",
        "👩‍👩‍👧",
        "𠮷",
        "㍿",
        "か\u3099" * 30,
        " " * 50,
    ),
)
# pandas' own texts are UTF-8 and hold no half of a pair; it comes in by JSON alone.
HELD = tuple(text for text in HOSTILE if not any(0xD800 <= ord(sign) < 0xE000 for sign in text))
TEXTS = pd.DataFrame(
    {
        "名称": pd.Series(HOSTILE, dtype=object),
        "値": pd.array([pd.NA, *range(1, len(HOSTILE))], dtype="Int64"),
    }
)
EVIL = ("<script>alert(1)", "<img src=x", "<svg onload")


def writable(text):
    return UNWRITABLE_RE.sub("", text)


@pytest.fixture(scope="module")
def hostile(shipped):
    """Return an analysis of a dataset in which every text of a record is hostile."""
    count = len(shipped.organisations)
    texts = (HELD * (count // len(HELD) + 1))[:count]
    words = dict.fromkeys(("name", "operator", "address", "phone", "url", "note", "source"), texts)
    records = shipped.organisations.assign(**words)
    services = shipped.services.assign(
        **dict.fromkeys(
            ("target", "service_area_note", "source"),
            (HELD * (len(shipped.services) // len(HELD) + 1))[: len(shipped.services)],
        )
    )
    made = dataclasses.replace(shipped, version="hostile", organisations=records, services=services)
    return analyse(made, Parameters())


def test_csv_and_json_hold_every_text_and_can_be_written():
    read = pd.read_csv(io.BytesIO(to_csv(TEXTS).encode()), dtype=str, keep_default_na=False)
    assert len(read) == len(HOSTILE)
    assert not read["名称"].str.startswith(FORMULA_STARTS).any()
    rows = json.loads(to_json(TEXTS).encode())
    assert [row["名称"] for row in rows] == [writable(text) for text in HOSTILE]


def test_excel_holds_every_text_and_what_is_missing():
    book = openpyxl.load_workbook(io.BytesIO(to_excel({"表": TEXTS}, list(HOSTILE), head=RULE)))
    cells = list(book["表"].iter_rows(min_row=2))
    assert len(cells) == len(HOSTILE)
    assert cells[0][1].value is None
    assert {cell.data_type for row in cells for cell in row} <= {"s", "n", "inlineStr"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture_shows_every_text_as_it_is(hostile, kind):
    view = measure_view(hostile, "scarcity", "", 2020, show_points=True)
    for text in ("".join(HELD), *HELD[:6]):
        drawn = picture(
            hostile.dataset, view, kind, size=(3, 2), dpi=30, title=text, sources=[text]
        )
        assert len(drawn) > 500


def test_documents_of_hostile_records_are_made_and_can_be_opened(hostile):
    towns = hostile.dataset.organisations["municipality_code"]
    code = towns[towns != ""].value_counts().index[1]
    assert karte_pdf(hostile, [code], base="https://shigen.example.jp").startswith(b"%PDF")
    assert Document(io.BytesIO(karte_word(hostile, code))).tables
    deck = Presentation(io.BytesIO(slides(hostile.dataset, screens(hostile))))
    assert len(deck.slides) > 2


@pytest.mark.slow
def test_the_handout_of_hostile_records_holds_no_markup_of_theirs(hostile):
    page = handout(hostile).decode()
    assert [evil for evil in EVIL if evil in page] == []


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_markdown_finds_nothing_to_do_in_a_plain_text(text):
    rendered = (
        markdown_it.MarkdownIt("commonmark")
        .enable(["table", "strikethrough"])
        .render(f"名 {plain(text)}")
    )
    for tag in (
        "<a ",
        "<img",
        "<strong",
        "<em",
        "<code",
        "<script",
        "<h1",
        "<table",
        "<s>",
        "<svg",
    ):
        assert tag not in rendered, rendered


def caught(tree):
    return {one.name for one in ast.walk(tree) if isinstance(one, ast.ExceptHandler) and one.name}


SINKS = {"error", "warning", "info", "success", "caption", "markdown", "subheader", "spinner"}
OURS = {"geo/ui/session.py", "geo/ui/frame.py", "geo/ui/account.py"}  # no word of a file in them


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in [*(ROOT / "pages").glob("*.py"), *(ROOT / "geo" / "ui").rglob("*.py")]
        if str(path.relative_to(ROOT)) not in OURS
    ],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_no_message_of_an_error_is_shown_as_markdown(path: Path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = caught(tree)
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
            continue
        if call.func.attr not in SINKS or not call.args:
            continue
        safe = {
            id(inner)
            for one in ast.walk(call.args[0])
            if isinstance(one, ast.Call) and ast.unparse(one.func).split(".")[-1] == "plain"
            for inner in ast.walk(one)
        }
        shown = [
            one.id
            for one in ast.walk(call.args[0])
            if isinstance(one, ast.Name) and one.id in names and id(one) not in safe
        ]
        assert shown == [], ast.unparse(call)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "https://a.jp](javascript:alert(1))",
        "https://a.jp/<script>",
        "https://a.jp@evil.example",
        "https://a.jp\\@evil.example",
        "https://[",
        "https://a.jp/?x=1",
        "https://a.jp/#x",
        "https://a .jp",
        "https://a.jp/\ud800",
        "https://" + "a" * 300 + ".jp",
    ],
    ids=ascii,
)
def test_a_base_address_is_an_address_and_no_more(address):
    with pytest.raises(DataError, match="アドレス"):
        checked(address)


@pytest.mark.parametrize("address", ["https://shigen.example.jp", "http://10.0.0.1:8501/map", "http://[::1]:8501", "https://例え.jp"])  # fmt: skip
def test_a_base_address_that_is_one_stays(address):
    assert checked(address + "/") == address


@pytest.mark.parametrize("made", [csv_of, excel_of], ids=["csv", "excel"])
def test_no_text_that_came_in_keeps_a_sign_that_no_file_can_hold(made):
    texts = [writable(text).replace("\x00", "") for text in HOSTILE]
    texts = [openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", text) for text in texts]
    (table,) = open_tables(made([["名称", "住所"], *([text, "登別市"] for text in texts)]), "x")
    cells, _, _ = clean(table.frame[0])
    assert [cell for cell in cells if INVISIBLE_RE.search(cell)] == []


def test_json_brings_no_half_of_a_pair_in():
    rows = json.dumps([{"名称": text, "住所": "登別市"} for text in HOSTILE]).encode()
    (table,) = open_tables(rows, "x.json")
    cells, mended, _ = clean(table.frame[0])
    "".join(cells).encode()
    assert mended.sum() > 10


def test_the_sources_of_hostile_records_can_be_shown(hostile):
    assert footer_lines(hostile.dataset)
