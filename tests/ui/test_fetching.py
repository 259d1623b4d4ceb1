"""The button that brings every official list, and the page to take where there is a network."""

import pytest

from geo.errors import DataError, Problem
from geo.imports.catalogue import SOURCES
from geo.imports.fetch import Fetched
from geo.ui import fetching
from geo.ui.fetching import CAME, FAILED, sources_table
from tests.ui.opened import html, open_page


@pytest.fixture
def publishers(monkeypatch, tmp_path):
    """Let one publisher answer and all others refuse; tell how each was asked."""
    asked = []

    def answer(source, directory, *, progress):
        asked.append(source.key)
        if source.key != "kaigo":
            raise DataError([Problem(source.title, None, "", "生成の理由で取れません")])
        progress("生成.csv", 5_000_000, 10_000_000)
        path = directory / source.key / "生成.csv"
        return [Fetched(source.key, path, source.page, 10_000_000, "2026-06-30", fresh=True)]

    monkeypatch.setattr(fetching, "fetch", answer)
    return asked


def test_the_page_to_take_along_names_every_source_with_address_and_terms():
    table = sources_table()
    assert len(table) == len(SOURCES)
    assert table["ありか"].str.startswith("https://").all()
    assert (table["ライセンス"] != "").all()


def test_one_button_brings_what_can_be_had_and_says_what_could_not(engine, publishers):
    app = open_page("status")
    app.button(key="fetch_all").click().run()
    assert not app.exception
    assert publishers == list(SOURCES)
    [report] = [one.value for one in app.dataframe if "結果" in one.value and "版" in one.value]
    assert (report["結果"] == CAME).sum() == 1
    failed = report[report["結果"] == FAILED]
    assert len(failed) == len(SOURCES) - 1
    assert failed["説明"].str.contains("生成の理由").all()
    assert any("取れませんでした" in one.value for one in app.warning)


def test_who_may_not_write_sees_the_list_and_no_button(engine, monkeypatch, publishers):
    monkeypatch.setenv("SHIGEN_WRITE", "0")
    app = open_page("status")
    assert not [one for one in app.button if one.key == "fetch_all"]
    assert publishers == []
    assert any("公表者" in one.value for one in app.dataframe)


def test_the_board_says_what_to_read_where_how_long_and_what_for(engine):
    page = html(open_page("status"))
    assert "次にすること" in page
    assert 'href="https://www.mhlw.go.jp/stf/kaigo-kouhyou_opendata.html"' in page
    assert "約10分" in page
    assert "高齢・介護が全道で判定できる" in page
