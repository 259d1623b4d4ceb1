import dataclasses
from datetime import date

import pytest
from sqlalchemy import func, insert, select, update

from benchmarks.editors import Attempt
from benchmarks.edits_check import compare
from geo.records import drafts, editing
from geo.store import queries, tables
from geo.store.database import reading, writing
from tests.generated import WRITER

pytestmark = pytest.mark.slow

TODAY = date(2026, 11, 1)


def publish(engine, dataset, edit, attempt, **cells):
    edit = dataclasses.replace(edit, cells=edit.cells | cells)
    draft = drafts.start(engine, edit, WRITER)
    attempt.draft, attempt.presses = draft.id, 1
    attempt.change = drafts.publish(engine, dataset, draft, WRITER, TODAY)
    attempt.state = "acknowledged"
    return edit.record


@pytest.fixture
def edited(engine, shipped, monkeypatch):
    """Return the store, what was told of three edits, and the last change before them."""
    monkeypatch.setenv("SHIGEN_WRITE", "1")
    with reading(engine) as connection:
        since = connection.scalar(select(func.max(tables.changes.c.id))) or 0
    new, *later = attempts = [
        Attempt(0, f"生成{number}", column, None, "none")
        for number, column in enumerate(("name", "note", "note"))
    ]
    edit = editing.new_organisation("012301", TODAY, WRITER)
    record = publish(engine, shipped, edit, new, name=new.value)
    for attempt in later:
        attempt.record = record
        edit = editing.open_edit(engine, "organisations", record, WRITER)
        publish(engine, shipped, edit, attempt, note=attempt.value)
    return engine, attempts, since


def verdicts(edited):
    return compare(*edited).verdicts


def test_what_was_acknowledged_and_stored_is_sound(edited):
    found = compare(*edited)
    assert found.verdicts == ["stored"] * 3
    assert found.sound, found.problems


def test_a_lost_edit_is_found(edited):
    engine, attempts, _ = edited
    with writing(engine) as connection:
        connection.execute(update(tables.organisations).where(named(attempts)).values(note="生成1"))
    found = compare(*edited)
    assert found.verdicts == ["stored", "doubled", "lost"]
    assert not found.sound


def test_a_doubled_organisation_is_found(edited, shipped):
    engine, attempts, _ = edited
    edit = editing.new_organisation("012301", TODAY, WRITER)
    edit.cells["name"] = attempts[0].value
    editing.save(engine, shipped, edit, WRITER, TODAY)
    assert verdicts(edited)[0] == "doubled"
    assert not compare(*edited).sound


def test_an_edit_that_was_told_as_failed_and_is_stored_is_found(edited):
    _, attempts, _ = edited
    attempts[2].state, attempts[2].change = "failed", None
    assert verdicts(edited)[2] == "wrong"


def test_an_answer_that_was_lost_may_be_stored_or_not(edited):
    _, attempts, _ = edited
    attempts[2].state, attempts[2].change = "unknown", None
    attempts.append(Attempt(0, "生成の別", "note", attempts[2].record, "none", state="unknown"))
    assert verdicts(edited) == ["stored", "stored", "stored", "absent"]
    assert compare(*edited).sound


def test_a_wrong_number_is_found(edited):
    _, attempts, _ = edited
    attempts[2].change -= 1
    assert verdicts(edited)[2] == "wrong"


def test_a_half_written_change_is_found(edited):
    engine, _, _ = edited
    with writing(engine) as connection:
        row = {"at": queries.now(), "by_whom": "生成", "kind": "edit", "title": "生成"}
        connection.execute(insert(tables.changes).values(row))
    assert compare(*edited).problems
    assert not compare(*edited).sound


def test_a_row_that_changed_without_its_history_is_found(edited):
    engine, attempts, _ = edited
    with writing(engine) as connection:
        connection.execute(update(tables.organisations).where(named(attempts)).values(revision=9))
    assert not compare(*edited).sound


def named(attempts):
    return tables.organisations.c.organisation == attempts[1].record
