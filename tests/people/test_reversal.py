"""Taking changes back keeps the history true: what stands is what is there."""

import random
from datetime import date

import pytest
from sqlalchemy import select

from geo.imports import importing
from geo.people import history, reversal
from geo.people.permissions import VISITOR
from geo.people.reversal import UndoError
from geo.records import contacts
from geo.records.contacts import Contact
from geo.store import tables
from geo.store.database import reading
from tests.generated import WRITER, incoming, office

DAY = date(2026, 11, 1)
FIELDS = ("food", "elderly", "health")


def survey(engine, field, words):
    """Write what a survey found of a field, as one change."""
    with history.changing(engine, WRITER) as (connection, person):
        number = history.begin(connection, "edit", f"生成 {field} {words}", person)
        row = {"municipality_code": "012301", "field": field, "surveyed_on": DAY}
        row |= {"by": "生成の係", "source": words}
        history.put(connection, number, tables.surveys, row)
    return number


def there(engine):
    with reading(engine) as connection:
        return {row.field: row.source for row in connection.execute(select(tables.surveys))}


def said_to_stand(engine, wrote):
    """Return what should be there: the changes that stand, in the order in which they took effect."""
    with reading(engine) as connection:
        rows = {row.id: row for row in connection.execute(select(tables.changes))}
    effect = {}
    for number in wrote:
        if rows[number].undone_by is None:
            undos = [row.id for row in rows.values() if row.undoes == number]
            again = [row.id for row in rows.values() if row.undoes in undos]
            effect[max([number, *again])] = number
    held = {}
    for _, number in sorted(effect.items()):
        field, words = wrote[number]
        held[field] = words
    return held


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_taken_back_and_done_again_what_stands_is_what_is_there(engine, seed):
    chance = random.Random(seed)
    wrote = {}
    for step in range(30):
        if not wrote or chance.random() < 0.35:
            field, words = chance.choice(FIELDS), f"{step}回目"
            wrote[survey(engine, field, words)] = (field, words)
        else:
            with reading(engine) as connection:
                every = connection.scalars(select(tables.changes.c.id)).all()
            before = there(engine)
            try:
                reversal.undo(engine, chance.choice(every[-12:]), WRITER)
            except UndoError:
                assert there(engine) == before
        assert there(engine) == said_to_stand(engine, wrote)


def test_taking_back_three_times_over_is_back_and_forth(engine):
    number = survey(engine, "food", "調べた")
    undone = reversal.undo(engine, number, WRITER)
    again = reversal.undo(engine, undone, WRITER)
    assert there(engine) == {"food": "調べた"}
    reversal.undo(engine, again, WRITER)
    assert there(engine) == {}
    with pytest.raises(UndoError, match="取り消し済み"):
        reversal.undo(engine, number, WRITER)
    with pytest.raises(UndoError, match="取り消し済み"):
        reversal.undo(engine, undone, WRITER)


def test_files_that_came_together_are_taken_back_together(engine, shipped):
    files = [
        incoming([office(f"{n}"), office("shared", name=f"生成{n}")], source=f"生成の一覧{n}")
        for n in range(5)
    ]
    with reading(engine) as connection:
        before = connection.execute(select(tables.organisations)).all()
    done = importing.apply(engine, files, shipped, WRITER)
    [change] = {one.change for one in done}
    assert reversal.would_do(engine, change, WRITER).startswith("団体6件を取り除く")
    undone = reversal.undo(engine, change, WRITER)
    with reading(engine) as connection:
        assert connection.execute(select(tables.organisations)).all() == before
    assert reversal.would_do(engine, undone, WRITER).startswith("団体6件を前の内容に戻す")
    reversal.undo(engine, undone, WRITER)
    with reading(engine) as connection:
        assert len(connection.execute(select(tables.organisations)).all()) == len(before) + 6


def test_what_was_taken_back_of_a_private_kind_is_told_to_nobody_else(engine, monkeypatch):
    with reading(engine) as connection:
        office_id = connection.scalar(select(tables.organisations.c.organisation).limit(1))
    contacts.set_contact(engine, office_id, Contact("生成の担当者"), WRITER)
    with reading(engine) as connection:
        number = connection.scalar(select(tables.changes.c.id).order_by(tables.changes.c.id.desc()))
    undone = reversal.undo(engine, number, WRITER)
    reversal.undo(engine, undone, WRITER)
    monkeypatch.setenv("SHIGEN_WRITE", "0")
    with reading(engine) as connection:
        told = history.recent(connection, VISITOR)
    assert set(told["id"]) & {number, undone, undone + 1} == set()
    assert not told["title"].str.contains("生成の担当者").any()
