import dataclasses
from dataclasses import replace
from datetime import date
from functools import partial

import pandas as pd
import pytest
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from geo.data.dataset import DIRECTORY_VARIABLE
from geo.imports import importing, seed
from geo.people.hosts import FORWARDED
from geo.people.permissions import VISITOR, local
from geo.records import contacts, drafts, editing
from geo.records.contacts import Contact
from geo.store import queries, snapshot, tables
from geo.store.database import reading
from geo.store.errors import StoreUnreachableError
from tests.generated import SHELTER, WRITER, incoming, member, office
from tests.generated_files import care_list
from tests.ui.opened import html, open_page

TOWN, OTHER = "012301", "012050"
DAY = date(2026, 11, 1)


@pytest.fixture
def records(engine, shipped):
    offices = [
        office("a", name="生成の会<b>太字</b>"),
        office("h", name="生成の家", **SHELTER),
        office("o", municipality_code=OTHER),
    ]
    importing.apply(engine, [incoming(offices)], shipped, WRITER)
    return engine


def press(app: AppTest, label: str) -> AppTest:
    return next(one for one in app.button if one.label == label).click().run()


def opened(record: str = "a", **query: str) -> AppTest:
    app = open_page("editing", town=TOWN, record=record, **query)
    app.text_input(key="by").set_value("生成の課").run()
    return app


def control(app: AppTest, label: str):
    return next(one for one in app.text_input if one.label == label)


def held(engine, table=tables.organisations):
    with reading(engine) as connection:
        return queries.rows(connection, table)


def act_as(monkeypatch, who):
    monkeypatch.setattr("geo.ui.session.person", lambda: who)
    monkeypatch.delenv("SHIGEN_WRITE")


def test_an_edit_goes_by_a_draft_into_the_records(records):
    app = press(opened(), "この団体を編集")
    control(app, "電話番号").set_value("電話").run()
    assert any("電話番号ではありません" in one.value for one in app.markdown)
    assert next(one for one in app.button if one.label == "台帳に反映する").disabled
    control(app, "電話番号").set_value("0143-11-1111").run()
    (draft,) = drafts.mine(records, WRITER)
    assert draft.edit.cells["phone"] == "0143-11-1111"
    assert app.query_params["draft"] == draft.id
    press(app, "台帳に反映する")
    assert not app.exception
    assert "台帳に反映しました" in app.success[0].value
    assert held(records).at["a", "phone"] == "0143-11-1111"
    assert held(records, tables.changes)["by_whom"].iloc[-1] == "生成の課"


def test_a_draft_opens_again_in_another_session(records):
    app = press(opened(), "この団体を編集")
    control(app, "運営者(法人・団体)").set_value("生成の運営者").run()
    again = open_page("editing", draft=app.query_params["draft"])
    assert control(again, "運営者(法人・団体)").value == "生成の運営者"


def test_the_second_editor_sees_both_versions_and_goes_on(records, shipped):
    app = press(opened(), "この団体を編集")
    control(app, "電話番号").set_value("0143-11-1111").run()
    other = editing.open_edit(records, "organisations", "a", WRITER)
    other = dataclasses.replace(other, cells=other.cells | {"phone": "0143-22-2222", "note": "先"})
    editing.save(records, shipped, other, local("別の人"), DAY)
    press(app, "台帳に反映する")
    assert "別の人" in app.error[0].value
    table = app.dataframe[0].value.set_index("項目")
    assert table.loc["電話番号", ["あなた", "いまの台帳", ""]].tolist() == [
        "0143-11-1111",
        "0143-22-2222",
        "両方が変えた",
    ]
    press(app, "いまの台帳にのせて続ける")
    press(app, "台帳に反映する")
    assert not app.exception
    row = held(records).loc["a"]
    assert (row["phone"], row["note"]) == ("0143-11-1111", "先")


def test_the_conflict_of_one_draft_is_not_laid_over_another(records, shipped):
    app = press(opened(), "この団体を編集")
    control(app, "電話番号").set_value("0143-11-1111").run()
    other = editing.open_edit(records, "organisations", "a", WRITER)
    other = dataclasses.replace(other, cells=other.cells | {"name": "生成の別の名"})
    editing.save(records, shipped, other, local("別の人"), DAY)
    press(app, "台帳に反映する")
    assert "別の人" in app.error[0].value
    second = drafts.start(records, editing.open_edit(records, "organisations", "h", WRITER), WRITER)
    app.query_params["draft"] = second.id
    app.run()
    assert not app.error
    assert control(app, "名称").value == "生成の家"
    assert any(one.label == "台帳に反映する" for one in app.button)


def test_a_new_office_and_its_service_are_registered(records):
    app = press(opened(), "新しい団体を登録")
    control(app, "名称").set_value("生成の新しい居場所").run()
    press(app, "台帳に反映する")
    assert "支援を追加" in app.success[0].value
    press(app, "支援を追加")
    next(one for one in app.selectbox if one.label == "分野").set_value("place").run()
    press(app, "台帳に反映する")
    assert not app.exception
    data = snapshot.current()
    made = data.organisations.index[data.organisations["name"] == "生成の新しい居場所"][0]
    assert (data.services["organisation"] == made).sum() == 1


def test_a_change_of_a_record_is_taken_back_on_the_page(records, shipped):
    edit = editing.open_edit(records, "organisations", "a", WRITER)
    changed = dataclasses.replace(edit, cells=edit.cells | {"phone": "0143-11-1111"})
    editing.save(records, shipped, changed, WRITER, DAY)
    app = opened()
    app.text_input(key="undo_name_record").set_value("生成の係").run()
    app = press(app, "取り消す")
    assert not app.exception
    assert held(records).at["a", "phone"] == ""


def test_a_visitor_gets_no_form_and_no_hidden_record(records, monkeypatch):
    monkeypatch.delenv("SHIGEN_WRITE")
    app = open_page("editing", town=TOWN, record="h")
    assert not app.text_input
    assert "生成の家" not in html(app)
    assert any(one.label == "試し書きを始める" for one in app.button)


@pytest.mark.parametrize(
    "headers",
    [
        *({"Host": "localhost:8501", header: "x"} for header in FORWARDED),
        {},
        {"Host": "evil.example"},
        {"Host": "evil.example", "Origin": "http://evil.example"},  # its name leads to 127.0.0.1
        {"Host": "localhost:8501", "Origin": "https://evil.example"},
    ],
    ids=lambda headers: " ".join(headers.values()) + " ".join(headers),
)
def test_who_comes_through_a_proxy_or_by_another_name_is_not_this_machines_user(
    records, monkeypatch, headers
):
    assert opened().text_input
    monkeypatch.setattr(ContextProxy, "headers", headers)
    app = open_page("editing", town=TOWN)
    assert not app.text_input
    assert any(one.label == "試し書きを始める" for one in app.button)


def test_a_visitor_edits_in_a_sandbox_that_nobody_else_sees(records, monkeypatch):
    monkeypatch.delenv("SHIGEN_WRITE")
    app = press(open_page("editing", town=TOWN, record="a"), "試し書きを始める")
    assert any("試し書き中" in one.value for one in app.warning)
    press(app, "この団体を編集")
    control(app, "電話番号").set_value("0143-11-1111").run()
    press(app, "台帳に反映する")
    assert not app.exception
    assert "反映しました" in app.success[0].value
    assert held(records).at["a", "phone"] == ""
    assert snapshot.current().organisations.at["a", "phone"] == ""
    app.switch_page("pages/directory.py").run()
    app.query_params["id"] = "a"
    app.run()
    assert "0143-11-1111" in html(app)
    assert "0143-11-1111" not in html(open_page("directory", id="a"))
    press(app, "共有の台帳に戻る")
    assert "0143-11-1111" not in html(app)


def test_a_visitor_imports_into_a_sandbox(records, monkeypatch, shipped):
    monkeypatch.delenv("SHIGEN_WRITE")
    app = press(open_page("imports"), "試し書きを始める")
    content = care_list(shipped.municipalities)
    app.file_uploader(key="files").set_value([("list.csv", content, "text/csv")])
    press(app.run(), "台帳に取り込む")
    assert "取り込みました" in app.success[0].value
    assert len(snapshot.current().organisations) == len(shipped.organisations) + 3


def test_a_municipal_editor_is_offered_their_own_town_alone(records, shipped, monkeypatch):
    who = member(records, shipped, "e@example.jp", "municipal", [TOWN])
    contacts.set_contact(records, "a", Contact("生成の担当者"), WRITER)
    act_as(monkeypatch, who)
    app = open_page("editing", town=OTHER, record="o")
    assert not app.exception
    towns = next(one for one in app.selectbox if one.label == "市町村")
    assert (towns.options, towns.value) == (["登別市"], TOWN)
    offices = next(one for one in app.selectbox if one.label.startswith("団体"))
    assert any("生成の家" in option for option in offices.options)
    app = open_page("editing", town=TOWN, record="a")
    assert control(app, "担当").value == "生成の担当者"
    assert "審査" not in str(app.main)


def test_a_review_goes_to_and_fro_on_the_page(records, shipped, monkeypatch):
    who = member(records, shipped, "e@example.jp", "municipal", [TOWN], reviewed=True)
    prefecture = member(records, shipped, "p@example.jp", "prefectural")
    act_as(monkeypatch, who)
    app = press(open_page("editing", town=TOWN, record="a"), "この団体を編集")
    control(app, "電話番号").set_value("0143-11-1111").run()
    assert not any(one.label == "台帳に反映する" for one in app.button)
    press(app, "道の審査に出す")
    assert held(records).at["a", "phone"] == ""
    monkeypatch.setattr("geo.ui.session.person", lambda: prefecture)
    app = open_page("editing", view="review")
    assert app.dataframe[0].value["後"].tolist() == ["0143-11-1111"]
    press(app, "受け入れる")
    assert not app.exception
    assert held(records).at["a", "phone"] == "0143-11-1111"


def test_the_members_page_is_for_administrators(records, shipped, monkeypatch):
    admin = member(records, shipped, "admin@example.jp", "administrator")
    who = member(records, shipped, "e@example.jp", "municipal", [TOWN])
    monkeypatch.delenv("SHIGEN_WRITE")
    for person, allowed in ((admin, True), (who, False)):
        monkeypatch.setattr("geo.ui.session.person", partial(replace, person))
        app = open_page("members")
        assert not app.exception
        assert bool(app.dataframe) == allowed
        assert ("admin@example.jp" in str(app.main)) == allowed


def test_every_page_says_so_when_the_store_is_lost(records, monkeypatch):
    app = press(opened(), "この団体を編集")

    def lost(*_):
        raise StoreUnreachableError

    monkeypatch.setattr("geo.records.drafts.keep", lost)
    control(app, "電話番号").set_value("0143-11-1111").run()
    assert not app.exception
    assert "つながりません" in app.error[0].value
    assert control(app, "電話番号").value == "0143-11-1111"
    assert seed.open_store() is records


def test_what_was_typed_outlives_a_store_that_is_lost(records, monkeypatch):
    app = press(opened(), "この団体を編集")

    def lost(*_):
        raise StoreUnreachableError

    with monkeypatch.context() as patch:
        patch.setattr("geo.records.drafts.read", lost)
        control(app, "電話番号").set_value("0143-11-1111").run()
        assert not app.exception
        assert "入力はこの画面に残っています" in app.error[0].value
        assert not app.main.text_area
    press(app, "もう一度試す")
    assert control(app, "電話番号").value == "0143-11-1111"
    assert control(app, "電話番号").proto.set_value  # the browser has forgotten it
    press(app, "台帳に反映する")
    assert held(records).at["a", "phone"] == "0143-11-1111"


def test_an_edit_that_was_stored_is_said_so_though_the_store_is_lost_right_after(
    records, monkeypatch
):
    app = press(opened(), "この団体を編集")
    control(app, "電話番号").set_value("0143-11-1111").run()
    publish = drafts.publish

    def lost(*_):
        raise StoreUnreachableError

    def publish_and_lose(*arguments):
        change = publish(*arguments)
        monkeypatch.setattr("geo.ui.session.person", lost)
        return change

    monkeypatch.setattr("geo.records.drafts.publish", publish_and_lose)
    press(app, "台帳に反映する")  # app.py, which is not run here, says that the store is lost
    assert "台帳に反映しました" in app.success[0].value


def test_a_draft_that_cannot_be_given_up_now_is_said_so(records, monkeypatch):
    app = press(opened(), "この団体を編集")

    def lost(*_):
        raise StoreUnreachableError

    monkeypatch.setattr("geo.records.drafts.drop", lost)
    press(app, "下書きを捨てる")
    assert not app.exception
    assert "つながりません" in app.error[0].value
    assert len(drafts.mine(records, WRITER)) == 1


def test_what_ships_newer_is_told_in_a_history_and_offered_to_nobody_to_take_back(
    engine, shipped, copied, monkeypatch
):
    record = shipped.organisations.query(f"municipality_code == '{TOWN}'").index[0]
    path = copied / "organisations.csv"
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    rows.loc[rows["organisation"] == record, "note"] = "生成の備考"
    rows.to_csv(path, index=False)
    importing.apply(engine, [incoming([office("a")])], shipped, WRITER)
    seed.prepare(engine, copied)
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(copied))
    app = opened(record)
    assert not app.exception
    table = next(one.value for one in app.dataframe if "前の値" in one.value)
    assert set(table["番号"]) == {3, 1}
    assert "取り消す変更" not in [one.label for one in app.selectbox]


def test_the_form_says_before_saving_what_everybody_will_see_and_after_it_what_still_shows_it(
    records,
):
    app = press(opened(), "この団体を編集")
    assert any("すべて公開されます" in one.value for one in app.caption)
    control(app, "電話番号").set_value("0143-11-1111").run()
    app.radio[0].set_value("no").run()
    said = app.dataframe[0].value.set_index("項目")["だれにでも見えるもの"]
    assert said["電話番号"] == "(出さない)"
    assert said["名称"] == "生成の会<b>太字</b>"
    control(app, "名称").set_value("登別の民間ｼｪﾙﾀｰ").run()
    assert any("名称に市町村の名がある" in one.value for one in app.warning)
    app.radio[0].set_value("yes").run()
    assert any("シェルターなどを思わせます" in one.value for one in app.warning)
    app.radio[0].set_value("no").run()
    press(app, "台帳に反映する")
    assert not app.exception
    for word in ("所在地を非公開にしました", "市町村カルテ", r"services\.csv"):
        assert word in app.success[0].value


def test_a_sandbox_ends_when_a_place_that_it_shows_is_hidden(records, monkeypatch):
    monkeypatch.setattr("geo.ui.session.account", lambda: VISITOR)
    app = open_page("editing")
    press(app, "試し書きを始める")
    assert any("試し書き中" in one.value for one in app.warning)
    edit = editing.open_edit(records, "organisations", "a", WRITER)
    hidden = dataclasses.replace(edit, cells=edit.cells | {"location_public": "no"})
    editing.save(records, snapshot.current(), hidden, WRITER, DAY)
    app.run()
    assert not app.exception
    assert any("試し書きを終えました" in one.value for one in app.warning)
    assert not any("試し書き中" in one.value for one in app.warning)
