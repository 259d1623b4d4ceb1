from dataclasses import replace

import pytest
from sqlalchemy import Engine

from geo import database
from geo.permissions import NotAllowedError
from geo.plan_store import (
    PlanConflictError,
    PlanMissingError,
    copy_plan,
    list_plans,
    open_plan,
    remove_plan,
    save,
)
from geo.plans import Area, Plan

PLAN = Plan(title="日高の調査", areas=(Area("016012", "<b>要確認</b> '; DROP TABLE plans;--"),))


@pytest.fixture
def store(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setenv("SHIGEN_WRITE", "1")
    return database.engine(empty_url)


def test_saved_plan_opens_the_same_by_its_id(store: Engine):
    saved = save(PLAN, store=store)
    again = open_plan(saved.id, store=store)
    assert again == saved
    assert again.plan == PLAN


def test_saving_again_keeps_the_id_and_moves_the_lock(store: Engine):
    first = save(PLAN, store=store)
    longer = replace(PLAN, title="日高と胆振の調査")
    second = save(longer, key=first.id, lock=first.lock, store=store)
    assert (second.id, second.lock) == (first.id, first.lock + 1)
    assert second.created_at == first.created_at
    assert [entry.title for entry in list_plans(store=store)] == ["日高と胆振の調査"]


def test_second_of_two_who_opened_it_is_told_and_overwrites_nothing(store: Engine):
    opened = save(PLAN, store=store)
    save(replace(PLAN, title="先"), key=opened.id, lock=opened.lock, store=store)
    for lock in (opened.lock, None, 99):
        with pytest.raises(PlanConflictError, match="先に保存"):
            save(replace(PLAN, title="後"), key=opened.id, lock=lock, store=store)
    assert open_plan(opened.id, store=store).plan.title == "先"


def test_copy_stands_on_its_own(store: Engine):
    first = save(PLAN, store=store)
    copied = copy_plan(first.id, store=store)
    assert copied.id != first.id
    assert copied.plan == replace(PLAN, title="日高の調査(写し)")
    remove_plan(first.id, store=store)
    assert [entry.id for entry in list_plans(store=store)] == [copied.id]


def test_plan_that_is_not_there_is_named(store: Engine):
    for act in (open_plan, copy_plan, remove_plan):
        with pytest.raises(PlanMissingError, match="nothere"):
            act("nothere", store=store)
    with pytest.raises(PlanMissingError):
        save(PLAN, key="nothere", lock=1, store=store)
    assert list_plans(store=store) == []


def test_nothing_is_saved_where_nothing_may_be_written(store: Engine, monkeypatch):
    saved = save(PLAN, store=store)
    monkeypatch.setenv("SHIGEN_WRITE", "0")
    for attempt in (
        lambda: save(PLAN, store=store),
        lambda: save(PLAN, key=saved.id, lock=saved.lock, store=store),
        lambda: copy_plan(saved.id, store=store),
        lambda: remove_plan(saved.id, store=store),
    ):
        with pytest.raises(NotAllowedError):
            attempt()
    assert [entry.id for entry in list_plans(store=store)] == [saved.id]
