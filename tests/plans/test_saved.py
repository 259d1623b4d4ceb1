from dataclasses import replace

import pytest
from sqlalchemy import Engine

from geo.errors import NotAllowedError
from geo.plans.plan import Area, Plan
from geo.plans.saved import (
    PlanConflictError,
    PlanMissingError,
    copy_plan,
    list_plans,
    open_plan,
    remove_plan,
    save,
)
from tests.generated import WRITER

PLAN = Plan(title="日高の調査", areas=(Area("016012", "<b>要確認</b> '; DROP TABLE plans;--"),))


def test_saved_plan_opens_the_same_by_its_id(engine: Engine):
    saved = save(engine, PLAN, WRITER)
    again = open_plan(engine, saved.id)
    assert again == saved
    assert again.plan == PLAN


def test_saving_again_keeps_the_id_and_moves_the_lock(engine: Engine):
    first = save(engine, PLAN, WRITER)
    longer = replace(PLAN, title="日高と胆振の調査")
    second = save(engine, longer, WRITER, key=first.id, lock=first.lock)
    assert (second.id, second.lock) == (first.id, first.lock + 1)
    assert second.created_at == first.created_at
    assert [entry.title for entry in list_plans(engine)] == ["日高と胆振の調査"]


def test_second_of_two_who_opened_it_is_told_and_overwrites_nothing(engine: Engine):
    opened = save(engine, PLAN, WRITER)
    save(engine, replace(PLAN, title="先"), WRITER, key=opened.id, lock=opened.lock)
    for lock in (opened.lock, None, 99):
        with pytest.raises(PlanConflictError, match="先に保存"):
            save(engine, replace(PLAN, title="後"), WRITER, key=opened.id, lock=lock)
    assert open_plan(engine, opened.id).plan.title == "先"


def test_copy_stands_on_its_own(engine: Engine):
    first = save(engine, PLAN, WRITER)
    copied = copy_plan(engine, first.id, WRITER)
    assert copied.id != first.id
    assert copied.plan == replace(PLAN, title="日高の調査(写し)")
    remove_plan(engine, first.id, WRITER)
    assert [entry.id for entry in list_plans(engine)] == [copied.id]


def test_plan_that_is_not_there_is_named(engine: Engine):
    for act in (
        lambda: open_plan(engine, "nothere"),
        lambda: copy_plan(engine, "nothere", WRITER),
        lambda: remove_plan(engine, "nothere", WRITER),
    ):
        with pytest.raises(PlanMissingError, match="nothere"):
            act()
    with pytest.raises(PlanMissingError):
        save(engine, PLAN, WRITER, key="nothere", lock=1)
    assert list_plans(engine) == []


def test_nothing_is_saved_where_nothing_may_be_written(engine: Engine, monkeypatch):
    saved = save(engine, PLAN, WRITER)
    monkeypatch.setenv("SHIGEN_WRITE", "0")
    for attempt in (
        lambda: save(engine, PLAN, WRITER),
        lambda: save(engine, PLAN, WRITER, key=saved.id, lock=saved.lock),
        lambda: copy_plan(engine, saved.id, WRITER),
        lambda: remove_plan(engine, saved.id, WRITER),
    ):
        with pytest.raises(NotAllowedError):
            attempt()
    assert [entry.id for entry in list_plans(engine)] == [saved.id]
