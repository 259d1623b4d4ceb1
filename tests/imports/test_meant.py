import pytest

from geo.imports import importing
from geo.imports.reading.files import open_tables
from geo.imports.reading.published import read
from geo.imports.template import template
from geo.store import queries, tables
from geo.store.database import reading
from tests.generated import WRITER, incoming, office, service
from tests.imports.reading.test_own_export import SALON, filled

TOWN = "012301"
HELD = {"name": "社会福祉法人 生成サロン", "municipality_code": TOWN, "address": "登別市中央町9", "note": "前からの備考"}  # fmt: skip


@pytest.fixture
def held(engine, shipped):
    offices = [office("one", phone="0143-85-0001", **HELD)]
    offered = [service("one-s", "one", field="place")]
    importing.apply(engine, [incoming(offices, offered)], shipped, WRITER)
    return engine


def form(shipped, **cells):
    blob = filled(template(shipped, TOWN), SALON | cells)
    return read(open_tables(blob, "生成.xlsx"), shipped)


def names(engine):
    with reading(engine) as connection:
        rows = queries.rows(connection, tables.organisations)
    return rows[rows["name"].str.contains("生成")]


@pytest.mark.parametrize(
    ("name", "phone"),
    [
        ("生成サロン", ""),
        ("生成 サロン", "0143-99-9999"),
        ("生成さろん", ""),
        ("生成サロンの会", "0143850001"),
    ],
)
def test_a_form_that_names_an_office_of_the_store_changes_it(held, shipped, name, phone):
    found = form(shipped, name=name, phone=phone)
    planned = importing.preview(held, found, shipped, WRITER)
    counts = planned.counts("organisations")
    assert (counts["new"], counts["changed"]) == (0, 1)
    assert not planned.questions
    for _ in range(2):
        importing.apply(held, [found], shipped, WRITER)
    (row,) = names(held).to_dict("records")
    assert row["name"] == name
    assert row["note"] == HELD["note"]  # a blank of the form takes nothing away
    assert row["phone"]


def test_a_near_name_is_asked_about_and_never_added_unasked(held, shipped):
    found = form(shipped, name="生成サローン", phone="")
    planned = importing.preview(held, found, shipped, WRITER)
    (question,) = planned.questions
    assert planned.rows_taken + planned.rows_refused == found.rows_read
    assert "生成サロン" in planned.refused[-1].reason
    ((one, _),) = question.candidates
    same = importing.preview(held, found, shipped, WRITER, answers={question.key: one})
    assert (same.counts("organisations")["new"], same.counts("organisations")["changed"]) == (0, 1)
    other = importing.preview(held, found, shipped, WRITER, answers={question.key: ""})
    assert other.counts("organisations")["new"] == 1


def test_an_office_of_another_town_is_another_one(held, shipped):
    found = form(shipped, name="生成サロン", town="室蘭市", address="室蘭市幸町1")
    assert importing.preview(held, found, shipped, WRITER).counts("organisations")["new"] == 1


def test_a_hidden_office_is_never_compared(engine, shipped):
    hidden = {**HELD, "name": "生成サロン", "location_public": False}
    importing.apply(engine, [incoming([office("one", **hidden)])], shipped, WRITER)
    planned = importing.preview(engine, form(shipped, name="生成サロン"), shipped, WRITER)
    assert planned.counts("organisations")["new"] == 1
    assert not planned.questions
