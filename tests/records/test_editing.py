import dataclasses
import math
from datetime import date

import pytest

from geo.errors import DataError, UnknownCodeError
from geo.imports import importing
from geo.people import history, reversal
from geo.people.permissions import local
from geo.records import editing
from geo.records.cells import TYPED, check, to_cells
from geo.records.editing import EditConflictError, RecordGoneError
from geo.store import queries, snapshot, tables
from geo.store.database import reading
from geo.ui.records import form
from tests.generated import SHELTER, WRITER, incoming, office

TOWN = "012301"
DAY = date(2026, 11, 1)


@pytest.fixture
def one(engine, shipped):
    importing.apply(engine, [incoming([office("a"), office("h", **SHELTER)])], shipped, WRITER)
    return editing.open_edit(engine, "organisations", "a", WRITER)


def with_cells(edit, **cells):
    return dataclasses.replace(edit, cells=edit.cells | cells)


def held(engine, table=tables.organisations):
    with reading(engine) as connection:
        return queries.rows(connection, table)


def test_every_shipped_record_passes_the_checks_of_the_form(shipped, engine):
    for kind, table in tables.RECORDS.items():
        for row in held(engine, table).reset_index().to_dict("records"):
            row = {
                name: None if isinstance(value, float) and math.isnan(value) else value
                for name, value in row.items()
            }
            assert check(kind, to_cells(kind, row), shipped, date(2026, 11, 25)) == {}, row


def test_an_edit_is_written_and_everybody_sees_it(engine, shipped, one):
    change = editing.save(engine, shipped, with_cells(one, phone="0143-11-1111"), WRITER, DAY)
    row = held(engine).loc["a"]
    assert (row["phone"], row["revision"], row["changed_in"]) == ("0143-11-1111", 2, change)
    assert snapshot.current().organisations.at["a", "phone"] == "0143-11-1111"
    reversal.undo(engine, change, WRITER)
    assert held(engine).at["a", "phone"] == ""


def test_the_second_of_two_editors_is_told_and_loses_nothing(engine, shipped, one):
    other = local("別の人")
    editing.save(engine, shipped, with_cells(one, phone="0143-11-1111", note="先"), other, DAY)
    mine = with_cells(one, phone="0143-22-2222", operator="生成の運営者")
    with pytest.raises(EditConflictError, match="別の人") as told:
        editing.save(engine, shipped, mine, WRITER, DAY)
    assert held(engine).at["a", "phone"] == "0143-11-1111"
    cells, both = editing.merge(mine, told.value.theirs)
    assert both == ["phone"]
    assert (cells["phone"], cells["note"], cells["operator"]) == (
        "0143-22-2222",
        "先",
        "生成の運営者",
    )
    editing.save(engine, shipped, editing.rebase(mine, told.value), WRITER, DAY)
    row = held(engine).loc["a"]
    assert (row["phone"], row["note"], row["revision"]) == ("0143-22-2222", "先", 3)


def test_saving_again_after_a_lost_answer_writes_once(engine, shipped, one):
    edit = with_cells(one, phone="0143-11-1111")
    first = editing.save(engine, shipped, edit, WRITER, DAY)
    assert editing.save(engine, shipped, edit, WRITER, DAY) == first
    assert held(engine).at["a", "revision"] == 2
    new = with_cells(editing.new_organisation(TOWN, DAY, WRITER), name="生成の新しい会")
    first = editing.save(engine, shipped, new, WRITER, DAY)
    assert editing.save(engine, shipped, new, WRITER, DAY) == first
    assert (held(engine)["name"] == "生成の新しい会").sum() == 1


def test_the_same_words_of_somebody_else_are_no_lost_answer(engine, shipped, one):
    edit = with_cells(one, phone="0143-11-1111")
    editing.save(engine, shipped, edit, local("別の人"), DAY)
    with pytest.raises(EditConflictError):
        editing.save(engine, shipped, edit, WRITER, DAY)


def test_an_edit_without_a_change_makes_none(engine, shipped, one):
    before = len(held(engine, tables.changes))
    editing.save(engine, shipped, one, WRITER, DAY)
    assert len(held(engine, tables.changes)) == before


def test_a_new_office_and_its_service_count_and_are_taken_back(engine, shipped):
    office_ = with_cells(editing.new_organisation(TOWN, DAY, WRITER), name="生成の居場所")
    made = editing.save(engine, shipped, office_, WRITER, DAY)
    offer = with_cells(editing.new_service(office_.record, DAY, WRITER), field="place")
    offered = editing.save(engine, shipped, offer, WRITER, DAY)
    data = snapshot.current()
    assert data.services.at[offer.record, "organisation"] == office_.record
    assert data.services.at[offer.record, "modes"] == ("place",)
    with pytest.raises(DataError):
        editing.save(engine, shipped, with_cells(offer, field="nothing"), WRITER, DAY)
    reversal.undo(engine, offered, WRITER)
    reversal.undo(engine, made, WRITER)
    assert office_.record not in held(engine).index


def test_a_service_for_nobody_is_refused(engine, shipped):
    offer = with_cells(editing.new_service("nothere", DAY, WRITER), field="place")
    with pytest.raises(UnknownCodeError, match="nothere"):
        editing.save(engine, shipped, offer, WRITER, DAY)


def test_a_record_that_was_taken_back_meanwhile_is_named(engine, shipped):
    new = with_cells(editing.new_organisation(TOWN, DAY, WRITER), name="生成の居場所")
    change = editing.save(engine, shipped, new, WRITER, DAY)
    opened = editing.open_edit(engine, "organisations", new.record, WRITER)
    reversal.undo(engine, change, WRITER)
    with pytest.raises(RecordGoneError):
        editing.save(engine, shipped, with_cells(opened, phone="0143-11-1111"), WRITER, DAY)
    with pytest.raises(RecordGoneError):
        editing.open_edit(engine, "organisations", new.record, WRITER)


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("name", " "),
        ("name", "あ" * 201),
        ("note", "あ" * 2_001),
        ("note", "ベル\x07"),
        ("note", "零\x00"),
        ("municipality_code", "012300"),
        ("municipality_code", "131016"),
        ("layer", "nothing"),
        ("phone", "電話"),
        ("url", "javascript:alert(1)"),
        ("url", "example"),
        ("checked_on", "2026-13-01"),
        ("checked_on", "2026-11-02"),
        ("confidence", "D"),
        ("location_public", "たぶん"),
        ("lat", "42.4"),
        ("lat", "四十二"),
        ("address", "北海道札幌市中央区北3条西6丁目"),
    ],
)
def test_a_cell_that_does_not_fit_is_named_as_one_types(shipped, one, column, cell):
    assert check("organisations", one.cells, shipped, DAY) == {}
    wrong = check("organisations", one.cells | {column: cell}, shipped, DAY)
    assert list(wrong) == [column]
    assert wrong[column]


def test_a_point_outside_its_town_is_refused(shipped, one):
    there = {"lat": "43.06", "lon": "141.35"}  # 札幌市
    assert "lat" in check("organisations", one.cells | there, shipped, DAY)
    here = {"lat": "42.413", "lon": "141.107"}  # 登別市
    assert check("organisations", one.cells | here, shipped, DAY) == {}


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("field", "nothing"),
        ("modes", ""),
        ("modes", "place;teleport"),
        ("approaches", "4"),
        ("service_area", "012301;999999"),
        ("capacity", "たくさん"),
        ("capacity", "50000"),
        ("status", "gone"),
    ],
)
def test_a_service_cell_that_does_not_fit_is_named(shipped, column, cell):
    good = editing.new_service("a", DAY, WRITER).cells | {"field": "place"}
    assert check("services", good, shipped, DAY) == {}
    assert list(check("services", good | {column: cell}, shipped, DAY)) == [column]


def test_every_column_of_a_form_has_a_japanese_label():
    assert all(column.label for columns in TYPED.values() for column in columns.values())


def test_the_form_has_a_place_for_every_column():
    for kind, columns in TYPED.items():
        placed = [name for row in form.ORDER[kind] for name in row]
        assert len(set(placed)) == len(placed)
        assert {*placed} == columns.keys() - {"organisation"}


def test_editing_keeps_a_hidden_location_and_its_precision(engine, shipped, one):
    edit = editing.open_edit(engine, "organisations", "h", WRITER)
    assert edit.cells["address"] == SHELTER["address"]
    editing.save(engine, shipped, with_cells(edit, note="改めた"), WRITER, DAY)
    row = held(engine).loc["h"]
    assert (row["address"], row["lat"]) == (SHELTER["address"], SHELTER["lat"])
    assert snapshot.current().organisations.at["h", "address"] == ""


def test_the_history_of_a_record_says_who_changed_what_from_what(engine, shipped, one):
    editing.save(engine, shipped, with_cells(one, phone="0143-11-1111"), local("課"), DAY)
    with reading(engine) as connection:
        found = history.of_record(connection, tables.organisations, "a")
    assert found["by_whom"].tolist() == ["課", "試験"]
    assert found["before"].iloc[0]["phone"] == ""
    assert found["before"].iloc[1] is None
