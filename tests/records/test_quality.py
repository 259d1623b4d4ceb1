import dataclasses
from datetime import date, timedelta

import pytest

from geo.errors import DataError, NotAllowedError, UnknownCodeError
from geo.imports import importing
from geo.methods.analysis import analyse
from geo.parameters import Parameters
from geo.people import reversal
from geo.records import duplicates, link_checks, quality, surveys
from geo.records.quality import condition
from geo.store import snapshot
from geo.store.database import reading
from tests.generated import WRITER, incoming, later, many, office, service

TODAY = date(2027, 7, 2)


def bring(engine, shipped, *offices, source="生成の一覧", **values):
    importing.apply(engine, [incoming(list(offices), source=source, **values)], shipped, WRITER)
    return snapshot.current()


def state(engine, data, today=TODAY):
    with reading(engine) as connection:
        return condition(connection, data, today)


@pytest.mark.parametrize(
    ("checked", "age"),
    [
        (date(2027, 7, 1), "fresh"),
        (date(2026, 7, 2), "fresh"),
        (date(2026, 7, 1), "ageing"),
        (date(2025, 7, 2), "ageing"),
        (date(2025, 7, 1), "old"),
    ],
)
def test_a_record_ages_after_one_and_two_years(engine, shipped, checked, age):
    data = bring(engine, shipped, office("x", source_date=checked.isoformat()))
    assert quality.ages(data, TODAY)["x"] == age


def test_what_has_no_point_is_named_but_never_what_is_hidden(engine, shipped):
    data = bring(
        engine,
        shipped,
        office("town"),
        office("point", lat=42.4, lon=141.1),
        office("hidden", location_public=False, lat=42.4, lon=141.1),
    )
    nowhere = state(engine, data).flagged["nowhere"]
    assert "town" in nowhere
    assert not {"point", "hidden"} & set(nowhere)


def test_broken_links_lead_to_their_records(engine, shipped):
    data = bring(engine, shipped, office("a", url="http://a.example/"), office("b"))
    link_checks.record(engine, [link_checks.Answer("http://a.example/", "broken", 404)], WRITER)
    assert list(state(engine, data).flagged["links"]) == ["a"]


def test_vanished_records_are_named(engine, shipped):
    first = many(3)
    importing.apply(engine, [first], shipped, WRITER)
    gone = {"organisations": first.organisations.iloc[:2], "services": first.services.iloc[:2]}
    importing.apply(engine, [later(first, **gone)], shipped, WRITER)
    assert list(state(engine, snapshot.current()).flagged["unlisted"]) == ["g000002"]


def test_doubles_are_proposed_across_sources_and_not_within_one(engine, shipped):
    bring(engine, shipped, office("a", name="社会福祉法人 生成会"), office("b", name="生成会"))
    data = bring(
        engine,
        shipped,
        office("c", name="生成会(社会福祉法人)", note="x"),
        office("d", name="生成会", municipality_code="012050"),
        office("e", name="まったく別", phone="0143-11-1111"),
        office("f", name="生成会", location_public=False),
        source="別の一覧",
    )
    pairs = state(engine, data).pairs
    assert set(zip(pairs["first"], pairs["second"], strict=True)) == {("a", "c"), ("b", "c")}


def test_a_telephone_alone_proposes_only_similar_names(engine, shipped):
    bring(engine, shipped, office("a", name="生成相談センター", phone="0143-11-1111"))
    data = bring(
        engine,
        shipped,
        office("b", name="生成相談支援センター", phone="0143111111", municipality_code="012050"),
        office("c", name="共同受付", phone="0143-11-1111"),
        source="別の一覧",
    )
    pairs = state(engine, data).pairs
    assert list(pairs["second"]) == ["b"]
    assert pairs["reason"].tolist() == ["電話番号が同じで、名称が似ています"]


def test_a_decision_joins_two_records_and_can_be_taken_back(engine, shipped):
    bring(engine, shipped, office("a", name="生成会"))
    one = incoming(
        [office("b", name="生成会")],
        [service("b-1", "b"), service("b-2", "b", field="food")],
        source="別の一覧",
    )
    importing.apply(engine, [one], shipped, WRITER)
    change = duplicates.decide(engine, "a", "b", "same", WRITER)
    data = snapshot.current()
    assert "b" not in data.organisations.index
    mine = data.services[data.services["organisation"] == "a"]
    # Both say elderly: one service; only b says food.
    assert sorted(mine["field"]) == ["elderly", "food"]
    assert state(engine, data).pairs.empty
    reversal.undo(engine, change, WRITER)
    again = snapshot.current()
    assert "b" in again.organisations.index
    assert len(state(engine, again).pairs) == 1


def test_two_that_are_different_are_not_proposed_again(engine, shipped):
    bring(engine, shipped, office("a", name="生成会"))
    data = bring(engine, shipped, office("b", name="生成会"), source="別の一覧")
    duplicates.decide(engine, "a", "b", "different", WRITER)
    assert state(engine, data).pairs.empty
    assert "b" in snapshot.current().organisations.index


def test_a_survey_makes_an_unknown_field_known_and_can_be_taken_back(engine, shipped):
    code = "016942"
    before = analyse(snapshot.current(), Parameters())
    column = list(before.arrays.fields).index("food")
    row = list(before.arrays.codes).index(code)
    assert not before.arrays.surveyed[row, column]
    change = surveys.set_surveyed(
        engine, shipped, code, ["food"], date(2026, 11, 1), "羅臼町 福祉課", "聞き取り", WRITER
    )
    after = snapshot.current()
    assert analyse(after, Parameters()).arrays.surveyed[row, column]
    table = surveys.town_table(after, code).set_index("field")
    assert table.loc["food", ["state", "by"]].tolist() == ["調査済み", "羅臼町 福祉課"]
    assert table.at["health", "state"] == "一覧がそろっている"
    assert table.at["place", "state"] == "未調査"
    surveys.clear_surveyed(engine, after, code, ["food"], WRITER)
    assert snapshot.current().surveys.empty
    with pytest.raises(reversal.UndoError):
        reversal.undo(engine, change, WRITER)


def test_surveys_that_cannot_be_are_refused(engine, shipped, monkeypatch):
    ahead = date.today() + timedelta(days=1)
    for code, fields, on, by, error in (
        ("999999", ["food"], date(2026, 1, 1), "x", UnknownCodeError),
        ("016942", ["nothing"], date(2026, 1, 1), "x", UnknownCodeError),
        ("016942", [], date(2026, 1, 1), "x", DataError),
        ("016942", ["food"], ahead, "x", DataError),
        ("016942", ["food"], date(2026, 1, 1), " ", DataError),
    ):
        with pytest.raises(error):
            surveys.set_surveyed(engine, shipped, code, fields, on, by, "", WRITER)
    monkeypatch.delenv("SHIGEN_WRITE")
    for write in (
        lambda: surveys.set_surveyed(
            engine, shipped, "016942", ["food"], date(2026, 1, 1), "x", "", WRITER
        ),
        lambda: surveys.clear_surveyed(engine, shipped, "016942", ["food"], WRITER),
        lambda: duplicates.decide(engine, "a", "b", "same", WRITER),
        lambda: link_checks.record(engine, [], WRITER),
    ):
        with pytest.raises(NotAllowedError):
            write()
    assert dataclasses.replace(shipped).surveys.empty
