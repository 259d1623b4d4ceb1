"""The pages データの取り込み and データの状態, and how the other pages follow the store."""

import pytest
from streamlit.testing.v1 import AppTest

from geo.data import dataset
from geo.imports import importing
from geo.maps import payload, served
from geo.people import history
from geo.store import queries, snapshot, tables
from geo.store.database import reading
from geo.ui.frame import plain
from tests.generated import WRITER, incoming, office
from tests.generated_files import care_list, csv_of, rows_of
from tests.ui.opened import html, open_page

PLANTED = "<img src=x onerror=alert(1)> {{ 7*7 }}"


@pytest.fixture
def kaigo(shipped):
    return care_list(shipped.municipalities)


def drop(name: str, content: bytes) -> AppTest:
    app = open_page("imports")
    app.file_uploader(key="files").set_value([(name, content, "text/csv")])
    return app.run()


def held(engine, table):
    with reading(engine) as connection:
        return queries.rows(connection, table)


def test_everybody_sees_a_preview_and_nobody_can_write_by_default(engine, kaigo, monkeypatch):
    monkeypatch.delenv("SHIGEN_WRITE")
    app = drop("list.csv", kaigo)
    assert not app.exception
    assert any("共有の台帳は閲覧のみ" in one.value for one in app.markdown)
    assert "179" in html(app)
    button = next(one for one in app.button if one.label == "台帳に取り込む")
    assert button.disabled
    assert snapshot.current().version == dataset.load().version


def test_a_file_is_brought_in_and_the_map_follows_without_a_restart(engine, kaigo):
    old = payload.of(snapshot.current())
    served.offer(old)
    app = drop("list.csv", kaigo)
    app.text_input(key="by").set_value("試験者").run()
    next(one for one in app.button if one.label == "台帳に取り込む").click().run()
    assert not app.exception
    assert "取り込みました(変更の番号 2)" in app.success[0].value
    assert held(engine, tables.changes).loc[2, "by_whom"] == "試験者"
    new = payload.of(snapshot.current())
    assert new is payload.of(snapshot.current())
    assert len(new.organisations) == len(old.organisations) + 179
    served.offer(new)
    assert new.version != old.version
    # A browser that was told of the old version a moment ago still gets it.
    assert {old.version, new.version} <= served.files.keys()


def test_a_refused_file_says_why(engine):
    app = drop("picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(50))
    assert not app.exception
    assert plain("picture.csv") in app.error[0].value


def test_hostile_text_comes_out_as_text(engine):
    row = {"事業所名": PLANTED, "法人の名称": "=cmd()"}
    app = drop(
        "list.csv",
        csv_of(rows_of("kaigo", [row, {"住所": "青森県青森市1", "都道府県名": "青森県"}])),
    )
    assert not app.exception
    assert "<img" not in html(app)


@pytest.mark.parametrize(
    ("page", "query", "shown"),
    [
        ("karte", {"code": "012301"}, True),
        ("directory", {"id": "m"}, True),
        ("directory", {"q": "onerror"}, True),
        ("editing", {"town": "012301", "record": "m"}, False),
        ("imports", {}, False),
        ("status", {}, False),
        ("meeting", {}, False),
        ("overview", {"id": "m"}, False),
    ],
)
def test_markup_in_a_record_is_text_on_every_page(engine, shipped, page, query, shown):
    """What a page writes as HTML holds no tag of a record; shown: whether it holds the words."""
    planted = office("m", **dict.fromkeys(("name", "operator", "address", "source"), PLANTED))
    importing.apply(engine, [incoming([planted])], shipped, WRITER)
    app = open_page(page, **query)
    assert not app.exception
    assert "<img" not in html(app)
    assert ("&lt;img" in html(app)) is shown


def test_an_unknown_table_is_matched_by_hand_once(engine):
    text = "だれ,ばしょ,なに\n生成の居場所,登別市中央町6丁目,子ども食堂\n"
    app = drop("list.csv", text.encode())
    assert not app.exception
    names = [one.label for one in app.selectbox]
    assert "名称" in names
    next(one for one in app.selectbox if one.label == "名称").set_value("だれ")
    next(one for one in app.selectbox if one.label.startswith("住所(1列")).set_value("ばしょ")
    next(one for one in app.selectbox if one.label == "種類・種別").set_value("なに")
    next(one for one in app.button if one.label == "この対応で読む").click().run()
    assert not app.exception
    assert "新規の団体" in html(app)
    # Another session, the same headers: of another file it is asked whether it is the same list,
    # and nothing has to be matched again.
    again = drop("other.csv", text.replace("生成の居場所", "生成の別の居場所").encode())
    assert "新規の団体" not in html(again)
    next(one for one in again.button if one.label.startswith("同じ一覧")).click().run()
    assert "新規の団体" in html(again)


def test_a_change_is_taken_back_on_the_page(engine, shipped):
    importing.apply(engine, [incoming([office("x")])], shipped, WRITER)
    app = open_page("imports")
    app.text_input(key="undo_name_imports").set_value("生成の係").run()
    next(one for one in app.button if one.label == "取り消す").click().run()
    assert not app.exception
    assert "x" not in snapshot.current().organisations.index


@pytest.mark.parametrize("check", ["ageing", "old", "links", "nowhere", "unlisted", "duplicates"])
def test_every_check_opens_by_its_address_and_leads_to_the_directory(engine, shipped, check):
    importing.apply(
        engine,
        [
            incoming(
                [
                    office(
                        "a",
                        name="生成会",
                        source_date="2020-11-23",
                    )
                ]
            ),
            incoming([office("b", name="生成会")], source="別の一覧"),
        ],
        shipped,
        WRITER,
    )
    app = open_page("status", check=check)
    assert not app.exception
    assert app.selectbox(key="check").value == check
    listed = open_page("directory", check=check, q="生成会")
    assert not listed.exception
    if check in ("old", "duplicates"):
        assert "生成会" in html(listed)


def test_a_survey_is_recorded_on_the_page(engine):
    app = open_page("status", survey="016942")
    app.multiselect[0].set_value(["food", "place"])
    texts = {one.label: one for one in app.text_input}
    texts["調査した人・部署"].set_value("羅臼町")
    next(one for one in app.button if one.label == "調査済みにする").click().run()
    assert not app.exception
    assert set(held(engine, tables.surveys)["field"]) == {"food", "place"}
    assert set(snapshot.current().surveys["by"]) == {"羅臼町"}


def test_two_records_are_joined_on_the_page(engine, shipped):
    importing.apply(engine, [incoming([office("a", name="生成会")])], shipped, WRITER)
    importing.apply(
        engine, [incoming([office("b", name="生成会")], source="別の一覧")], shipped, WRITER
    )
    app = open_page("status", check="duplicates")
    app.text_input(key="by").set_value("試験者").run()
    next(one for one in app.button if one.label == "同じ団体").click().run()
    assert not app.exception
    assert "b" not in snapshot.current().organisations.index


def test_no_page_of_the_store_writes_without_leave(engine, monkeypatch):
    monkeypatch.delenv("SHIGEN_WRITE")
    app = open_page("status")
    buttons = {one.label: one for one in app.button}
    assert buttons["調査済みにする"].disabled
    assert held(engine, tables.surveys).empty


def test_taking_back_asks_who_says_what_it_does_and_stands_three_presses(engine, shipped):
    importing.apply(engine, [incoming([office("a"), office("b")])], shipped, WRITER)
    before = held(engine, tables.organisations)
    app = open_page("imports")
    assert app.button(key="undo_imports").disabled  # nobody has said who
    assert any("団体2件を取り除く" in one.value for one in app.caption)
    app.text_input(key="undo_name_imports").set_value("生成の係").run()
    for word in ("取り消す", "やり直す", "取り消す"):
        button = app.button(key="undo_imports")
        assert (button.label, button.disabled) == (word, False)
        button.click().run()
        assert not app.exception
        assert any("ました。" in one.value for one in app.success)
    after = held(engine, tables.organisations)
    assert set(before.index) - set(after.index) == {"a", "b"}
    with reading(engine) as connection:
        told = history.recent(connection, WRITER)
    assert told["by_whom"].tolist()[:3] == ["生成の係"] * 3
