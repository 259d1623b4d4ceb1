"""Keep study plans in the store: save, list, open, copy, remove."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import (
    Connection,
    Engine,
    delete,
    insert,
    select,
    update,
)

from geo.errors import ConflictError, MissingError, NotAllowedError
from geo.people.permissions import Person, require
from geo.plans.plan import Plan, from_json, to_json
from geo.store.database import reading, writing
from geo.store.tables import plans

ID_BYTES = 6


class PlanMissingError(MissingError):
    """Raised when no plan has the id."""

    def __str__(self) -> str:
        return f"計画 {self.args[0]!r} は保存されていません"


class PlanConflictError(ConflictError):
    """Raised when somebody else saved the plan since it was opened."""

    def __str__(self) -> str:
        return "ほかの人が先に保存しました。開き直すか、写しとして保存してください"


@dataclass(frozen=True)
class Saved:
    """A plan as it is in the store; lock is to be given back when it is saved again."""

    id: str
    lock: int
    plan: Plan
    created_at: str
    updated_at: str


@dataclass(frozen=True)
class Entry:
    """A line of the list of plans."""

    id: str
    title: str
    data_version: str
    updated_at: str


def save(
    engine: Engine, plan: Plan, who: Person, *, key: str | None = None, lock: int | None = None
) -> Saved:
    """Save a plan: a new one without a key (its id), else the one that was opened with this lock.

    Raises PlanConflictError when the lock is no longer that of the store, PlanMissingError when
    the plan is gone, NotAllowedError when the person may not save it: an editor saves new plans
    and their own, who may change everything any. Either all of it is saved or nothing.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    cells = {
        "title": plan.title,
        "body": to_json(plan),
        "data_version": plan.data_version,
        "updated_at": now,
    }
    with writing(engine) as connection:
        person = require(connection, who)
        if key is None:
            key = secrets.token_hex(ID_BYTES)
            new = {"id": key, "lock": 1, "created_at": now, "owner": person.member}
            connection.execute(insert(plans).values(new | cells))
            return Saved(key, 1, plan, now, now)
        _require_own(connection, person, key)
        done = connection.execute(
            update(plans)
            .where(plans.c.id == key, plans.c.lock == lock)
            .values(lock=plans.c.lock + 1, **cells)
        )
        if done.rowcount != 1:
            raise PlanConflictError
        row = connection.execute(
            select(plans.c.created_at, plans.c.lock).where(plans.c.id == key)
        ).one()
    return Saved(key, row.lock, plan, row.created_at, now)


def open_plan(engine: Engine, key: str) -> Saved:
    """Return a saved plan; raise PlanMissingError when there is none."""
    with reading(engine) as connection:
        row = connection.execute(select(plans).where(plans.c.id == key)).first()
    if row is None:
        raise PlanMissingError(key)
    return Saved(row.id, row.lock, from_json(row.body), row.created_at, row.updated_at)


def list_plans(engine: Engine) -> list[Entry]:
    """Return the saved plans, the last saved first."""
    columns = (plans.c.id, plans.c.title, plans.c.data_version, plans.c.updated_at)
    with reading(engine) as connection:
        rows = connection.execute(
            select(*columns).order_by(plans.c.updated_at.desc(), plans.c.id)
        ).all()
    return [Entry(row.id, row.title, row.data_version, row.updated_at) for row in rows]


def copy_plan(engine: Engine, key: str, who: Person) -> Saved:
    """Save a copy of a plan under its title and (写し); raise PlanMissingError for none."""
    plan = open_plan(engine, key).plan
    return save(engine, replace(plan, title=f"{plan.title}(写し)"), who)


def remove_plan(engine: Engine, key: str, who: Person) -> None:
    """Remove a plan; raise PlanMissingError for none, NotAllowedError for another's."""
    with writing(engine) as connection:
        _require_own(connection, require(connection, who), key)
        connection.execute(delete(plans).where(plans.c.id == key))


def _require_own(connection: Connection, person: Person, key: str) -> None:
    row = connection.execute(select(plans.c.owner).where(plans.c.id == key)).first()
    if row is None:
        raise PlanMissingError(key)
    if not person.edits_all and row.owner != person.member:
        message = "ほかの人の計画です。写しを保存すると、自分の計画として続けられます"
        raise NotAllowedError(message)
