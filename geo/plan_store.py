"""Keep study plans in the store: save, list, open, copy, remove."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache

from sqlalchemy import Column, Engine, Integer, String, Table, Text, delete, insert, select, update

from geo.database import engine, metadata, writing
from geo.permissions import require_write
from geo.plans import Plan, from_json, to_json
from geo.revisions import migrate

ID_BYTES = 6

PLANS = Table(
    "plans",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("data_version", String(64), nullable=False),
    Column("lock", Integer, nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("updated_at", String(32), nullable=False),
)


class PlanMissingError(KeyError):
    """Raised when no plan has the id."""

    def __str__(self) -> str:
        return f"計画 {self.args[0]!r} は保存されていません"


class PlanConflictError(RuntimeError):
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
    plan: Plan, *, key: str | None = None, lock: int | None = None, store: Engine | None = None
) -> Saved:
    """Save a plan: a new one without a key (its id), else the one that was opened with this lock.

    Raises PlanConflictError when the lock is no longer that of the store, PlanMissingError when
    the plan is gone, NotAllowedError where nothing may be written. Either all of it is saved or
    nothing.
    """
    require_write()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    cells = {
        "title": plan.title,
        "body": to_json(plan),
        "data_version": plan.data_version,
        "updated_at": now,
    }
    with writing(_ready(store)) as connection:
        if key is None:
            key = secrets.token_hex(ID_BYTES)
            connection.execute(insert(PLANS).values(id=key, lock=1, created_at=now, **cells))
            return Saved(key, 1, plan, now, now)
        # Written first, so that the store is locked before anything is read.
        done = connection.execute(
            update(PLANS)
            .where(PLANS.c.id == key, PLANS.c.lock == lock)
            .values(lock=PLANS.c.lock + 1, **cells)
        )
        row = connection.execute(
            select(PLANS.c.created_at, PLANS.c.lock).where(PLANS.c.id == key)
        ).first()
        if row is None:
            raise PlanMissingError(key)
        if done.rowcount != 1:
            raise PlanConflictError
    return Saved(key, row.lock, plan, row.created_at, now)


def open_plan(key: str, *, store: Engine | None = None) -> Saved:
    """Return a saved plan; raise PlanMissingError when there is none."""
    with _ready(store).connect() as connection:
        row = connection.execute(select(PLANS).where(PLANS.c.id == key)).first()
    if row is None:
        raise PlanMissingError(key)
    return Saved(row.id, row.lock, from_json(row.body), row.created_at, row.updated_at)


def list_plans(*, store: Engine | None = None) -> list[Entry]:
    """Return the saved plans, the last saved first."""
    columns = (PLANS.c.id, PLANS.c.title, PLANS.c.data_version, PLANS.c.updated_at)
    with _ready(store).connect() as connection:
        rows = connection.execute(
            select(*columns).order_by(PLANS.c.updated_at.desc(), PLANS.c.id)
        ).all()
    return [Entry(row.id, row.title, row.data_version, row.updated_at) for row in rows]


def copy_plan(key: str, *, store: Engine | None = None) -> Saved:
    """Save a copy of a plan under its title and (写し); raise PlanMissingError for none."""
    plan = open_plan(key, store=store).plan
    return save(replace(plan, title=f"{plan.title}(写し)"), store=store)


def remove_plan(key: str, *, store: Engine | None = None) -> None:
    """Remove a plan; raise PlanMissingError for none, NotAllowedError where one may not write."""
    require_write()
    with writing(_ready(store)) as connection:
        if connection.execute(delete(PLANS).where(PLANS.c.id == key)).rowcount != 1:
            raise PlanMissingError(key)


def _ready(store: Engine | None) -> Engine:
    return _prepared(engine() if store is None else store)


@lru_cache(maxsize=8)
def _prepared(store: Engine) -> Engine:
    migrate(store)
    return store
