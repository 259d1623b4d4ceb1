import dataclasses
import gc
import threading
import time
from datetime import date

import pandas as pd
import pytest
from sqlalchemy import select, update

from geo.errors import NotAllowedError
from geo.imports import importing
from geo.maps import payload
from geo.methods.analysis import analyse
from geo.parameters import Parameters
from geo.people import reversal
from geo.people.permissions import VISITOR
from geo.records import contacts, duplicates, editing, surveys
from geo.records.contacts import Contact
from geo.store import sandbox, snapshot, tables
from geo.store.database import reading, writing
from geo.store.sandbox import SandboxFullError, open_sandbox
from tests.generated import SHELTER, WRITER, incoming, many, office

DAY = date(2026, 11, 1)


@pytest.fixture
def mine(engine, shipped, monkeypatch):
    importing.apply(engine, [incoming([office("a"), office("h", **SHELTER)])], shipped, WRITER)
    contacts.set_contact(engine, "a", Contact("生成の担当者"), WRITER)
    edit = editing.open_edit(engine, "organisations", "h", WRITER)
    moved = dataclasses.replace(edit, cells=edit.cells | {"address": "登別市生成町1丁目"})
    editing.save(engine, shipped, moved, WRITER, DAY)
    monkeypatch.delenv("SHIGEN_WRITE")
    return open_sandbox(engine, snapshot.current())


def test_a_sandbox_shows_what_everybody_sees(engine, mine):
    shared, private = snapshot.current(), mine.dataset()
    for name in ("organisations", "services"):
        pd.testing.assert_frame_equal(
            getattr(private, name), getattr(shared, name), check_dtype=False
        )
    assert private.version != shared.version
    assert mine.dataset() is private


def test_a_sandbox_holds_nothing_that_is_not_public(mine):
    with reading(mine.engine) as connection:
        held = repr(
            [
                connection.execute(select(table)).fetchall()
                for table in tables.metadata.sorted_tables
            ]
        )
    for secret in ("生成町", "42.41", "141.10", "生成の担当者"):
        assert secret not in held


def test_a_visitor_does_everything_in_a_sandbox_and_nothing_outside(engine, shipped, mine):
    before = snapshot.current()
    data = mine.dataset()
    importing.apply(mine.engine, [many(5)], data, VISITOR)
    new = editing.new_organisation("012301", DAY, VISITOR)
    new = dataclasses.replace(new, cells=new.cells | {"name": "生成の試し"})
    change = editing.save(mine.engine, data, new, VISITOR, DAY)
    surveys.set_surveyed(mine.engine, data, "016942", ["food"], DAY, "x", "", VISITOR)
    assert {"g000001", new.record} <= set(mine.dataset().organisations.index)
    reversal.undo(mine.engine, change, VISITOR)
    assert new.record not in mine.dataset().organisations.index
    assert snapshot.current() is before
    for write in (
        lambda: importing.apply(engine, [many(5)], data, VISITOR),
        lambda: editing.save(engine, data, new, VISITOR, DAY),
        lambda: duplicates.decide(engine, "a", "h", "same", VISITOR),
    ):
        with pytest.raises(NotAllowedError):
            write()


def test_two_sandboxes_do_not_see_each_other(engine, mine):
    other = open_sandbox(engine, snapshot.current())
    importing.apply(mine.engine, [many(5)], mine.dataset(), VISITOR)
    assert "g000001" not in other.dataset().organisations.index


def test_sandboxes_do_not_push_out_what_everybody_looks_at(engine, mine):
    shared = analyse(snapshot.current(), Parameters())
    for count in range(1, 9):
        importing.apply(mine.engine, [many(count, source=f"生成{count}")], mine.dataset(), VISITOR)
        analyse(mine.dataset(), Parameters())
    assert analyse(snapshot.current(), Parameters()) is shared


def test_the_map_of_a_sandbox_has_an_address_that_nobody_can_guess(engine, mine):
    one = payload.of(mine.dataset())
    assert one is payload.of(mine.dataset())
    other = payload.of(open_sandbox(engine, snapshot.current()).dataset())
    assert one.files == other.files
    assert one.version != other.version
    assert len(one.version.split("-")[1]) == 32


def test_sandboxes_are_counted_and_come_free_again(engine, mine, monkeypatch):
    gc.collect()
    monkeypatch.setattr(sandbox, "MOST_AT_ONCE", len(sandbox._open) + 1)
    another = open_sandbox(engine, snapshot.current())
    with pytest.raises(SandboxFullError):
        open_sandbox(engine, snapshot.current())
    del another
    gc.collect()
    open_sandbox(engine, snapshot.current())


def test_a_store_that_is_too_large_is_not_copied(engine, mine, monkeypatch):
    monkeypatch.setattr(sandbox, "MOST_RECORDS", 10)
    with pytest.raises(SandboxFullError, match="大きい"):
        open_sandbox(engine, snapshot.current())


def test_runs_of_a_page_that_overlap_take_turns_at_the_sandbox(mine):
    """Two transactions at once on the one connection were one within the other."""
    faults = []

    def run(writes):
        try:
            for _ in range(40):
                with (writing if writes else reading)(mine.engine) as connection:
                    connection.execute(select(tables.organisations)).all()
                    time.sleep(0.001)
                    if writes:
                        connection.execute(update(tables.state).values(seed="x"))
        except Exception as error:
            faults.append(repr(error))

    threads = [threading.Thread(target=run, args=(number % 2 == 0,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_a_sandbox_in_which_a_hidden_place_is_still_shown_is_let_go_of(engine, shipped):
    importing.apply(engine, [incoming([office("a"), office("b")])], shipped, WRITER)
    mine = open_sandbox(engine, snapshot.current())
    edit = editing.open_edit(engine, "organisations", "a", WRITER)
    renamed = dataclasses.replace(edit, cells=edit.cells | {"name": "生成の改名"})
    editing.save(engine, shipped, renamed, WRITER, DAY)
    assert mine.withdrawn() == frozenset()
    edit = editing.open_edit(engine, "organisations", "a", WRITER)
    hidden = dataclasses.replace(edit, cells=edit.cells | {"location_public": "no"})
    editing.save(engine, shipped, hidden, WRITER, DAY)
    assert mine.withdrawn() == {"a"}
    assert open_sandbox(engine, snapshot.current()).withdrawn() == frozenset()


def test_a_sandbox_names_no_source_of_hidden_records_alone(engine, shipped):
    only = incoming([office("h", **SHELTER)], source="登別市「生成の一覧」", licence="登別市の条件")
    importing.apply(engine, [only, incoming([office("a")])], shipped, WRITER)
    mine = open_sandbox(engine, snapshot.current())
    with reading(mine.engine) as connection:
        told = repr(connection.execute(select(tables.sources)).fetchall())
    assert "登別市「生成の一覧」" not in told
    assert "登別市の条件" not in told
    assert "生成の一覧" in told


def test_copies_are_made_one_after_the_other(engine, mine, monkeypatch):
    """Twenty at once left every other page a twenty-first of the process."""
    at_once, most, counting = [0], [0], threading.Lock()
    make = sandbox._public_rows

    def slow(*args):
        with counting:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        time.sleep(0.005)
        try:
            return make(*args)
        finally:
            with counting:
                at_once[0] -= 1

    monkeypatch.setattr(sandbox, "_public_rows", slow)
    data = snapshot.current()
    threads = [threading.Thread(target=open_sandbox, args=(engine, data)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
