"""Keep edits that are not in the records yet: drafts, and what waits for the prefecture."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from geo.data.dataset import Dataset
from geo.errors import ConflictError, MissingError, NotAllowedError
from geo.people import history
from geo.people.permissions import WHOLE, Person, require
from geo.records import editing
from geo.records.cells import Cells
from geo.records.editing import Edit
from geo.store.database import reading, writing
from geo.store.queries import now
from geo.store.tables import drafts

STATES = {
    "open": "下書き",
    "submitted": "審査待ち",
    "returned": "差し戻し",
    "done": "反映済み",
    "dropped": "取りやめ",
}
OPEN = ("open", "returned")  # states in which the author writes
ID_BYTES = 12


class DraftGoneError(MissingError):
    """Raised when there is no such draft for this person."""

    def __str__(self) -> str:
        return "この下書きはないか、開く権限がありません"


class DraftMovedError(ConflictError):
    """Raised when the draft was kept, sent or decided in another window since it was read."""

    def __str__(self) -> str:
        return "この下書きは別の画面で進みました。開き直してください"


@dataclass(frozen=True)
class Draft:
    """An edit that is kept; lock is given back with every step. author: member, None for none."""

    id: str
    edit: Edit
    state: str
    note: str
    author: int | None
    author_name: str
    change: int | None
    lock: int
    updated_at: datetime


def start(engine: Engine, edit: Edit, who: Person) -> Draft:
    """Keep a new draft of an editor."""
    with writing(engine) as connection:
        person = require(connection, who)
        key = secrets.token_hex(ID_BYTES)
        row = {
            "id": key,
            "kind": edit.kind,
            "record": edit.record,
            "state": "open",
            "note": "",
            "author": person.member,
            "author_name": person.name,
            "lock": 1,
            "updated_at": now(),
        }
        connection.execute(insert(drafts).values(row | _cells_of(edit)))
        return _one(connection, key, person)


def keep(engine: Engine, draft: Draft, edit: Edit, who: Person) -> Draft:
    """Keep what the author has typed; raise DraftMovedError when another window was there."""
    with writing(engine) as connection:
        person = require(connection, who)
        _require_author(draft, person)
        _step(connection, draft, OPEN, _cells_of(edit))
        return _one(connection, draft.id, person)


def read(engine: Engine, key: str, who: Person) -> Draft:
    """Return a draft to its author, or to who reviews it; raise DraftGoneError to anybody else."""
    with reading(engine) as connection:
        return _one(connection, key, require(connection, who))


def mine(engine: Engine, who: Person) -> list[Draft]:
    """Return the drafts of an editor that are not in the records yet, the last touched first."""
    with reading(engine) as connection:
        person = require(connection, who)
        author = drafts.c.author
        own = author.is_(None) if person.member is None else author == person.member
        return _several(connection, own & drafts.c.state.in_(["open", "returned", "submitted"]))


def waiting(engine: Engine, who: Person) -> list[Draft]:
    """Return what waits for the prefecture, the longest waiting first."""
    with reading(engine) as connection:
        require(connection, who, WHOLE)
        return _several(connection, drafts.c.state == "submitted")[::-1]


def submit(engine: Engine, draft: Draft, who: Person) -> Draft:
    """Send a draft to the prefecture.

    Raises EditConflictError when the record was changed since: its author lays the draft over the
    new state, which the prefecture could not do.
    """
    with writing(engine) as connection:
        person = require(connection, who)
        _require_author(draft, person)
        editing.require_current(connection, draft.edit, person)
        _step(connection, draft, OPEN, {"state": "submitted"})
        return _one(connection, draft.id, person)


def send_back(engine: Engine, draft: Draft, note: str, who: Person) -> Draft:
    """Give a draft back to its author with a note."""
    with writing(engine) as connection:
        person = require(connection, who, WHOLE)
        _step(connection, draft, ("submitted",), {"state": "returned", "note": note.strip()})
        return _one(connection, draft.id, person)


def drop(engine: Engine, draft: Draft, who: Person) -> None:
    """Give a draft up; it stays in the store but in no list."""
    with writing(engine) as connection:
        _require_author(draft, require(connection, who))
        _step(connection, draft, (*OPEN, "submitted"), {"state": "dropped"})


def publish(engine: Engine, dataset: Dataset, draft: Draft, who: Person, today: date) -> int:
    """Write a draft into the records, all of it or nothing; return the number of the change.

    By its author where no review is needed, or by the prefecture for a draft that was sent to it:
    the change is then the author's, accepted by the reviewer. A draft that is in the records
    already stays as it is, so that an answer that was lost can be asked for again.
    Raises what `editing.save` raises, and DraftMovedError.
    """
    reviewed = draft.state == "submitted"
    own = draft.author == who.member
    author = who if own else Person(draft.author, draft.author_name, "municipal")
    with history.changing(engine, author, reviewer=who if reviewed else None) as (connection, by):
        now_kept = _one(connection, draft.id, require(connection, who))
        if now_kept.state == "done" and now_kept.change is not None:
            return now_kept.change
        if not reviewed:
            _require_author(draft, by)
        change = editing.write(connection, dataset, now_kept.edit, by, today)
        states = ("submitted",) if reviewed else OPEN
        _step(connection, draft, states, {"state": "done", "change_id": change})
        return change


def _one(connection: Connection, key: str, person: Person) -> Draft:
    row = connection.execute(select(drafts).where(drafts.c.id == key)).mappings().first()
    if row is None:
        raise DraftGoneError(key)
    draft = _draft(dict(row))
    if not (draft.author == person.member or (person.edits_all and draft.state != "open")):
        raise DraftGoneError(key)
    return draft


def _several(connection: Connection, which: ColumnElement[bool]) -> list[Draft]:
    query = select(drafts).where(which).order_by(drafts.c.updated_at.desc(), drafts.c.id)
    return [_draft(dict(row)) for row in connection.execute(query).mappings()]


def _draft(row: dict[str, Any]) -> Draft:
    edit = Edit(
        kind=row["kind"],
        record=row["record"],
        base_revision=row["base_revision"],
        base=json.loads(row["base"]),
        cells=json.loads(row["cells"]),
    )
    kept = ("id", "state", "note", "author", "author_name", "lock", "updated_at")
    return Draft(edit=edit, change=row["change_id"], **{name: row[name] for name in kept})


def _cells_of(edit: Edit) -> dict[str, object]:
    return {
        "base_revision": edit.base_revision,
        "base": _dump(edit.base),
        "cells": _dump(edit.cells),
    }


def _dump(cells: Cells) -> str:
    return json.dumps(cells, ensure_ascii=False, separators=(",", ":"))


def _step(
    connection: Connection, draft: Draft, states: tuple[str, ...], values: dict[str, object]
) -> None:
    """Move a draft on; raise DraftMovedError when it is not as it was read."""
    here = (drafts.c.id == draft.id) & (drafts.c.lock == draft.lock) & drafts.c.state.in_(states)
    moved = values | {"lock": drafts.c.lock + 1, "updated_at": now()}
    if connection.execute(update(drafts).where(here).values(moved)).rowcount != 1:
        raise DraftMovedError


def _require_author(draft: Draft, person: Person) -> None:
    if draft.author != person.member:
        message = "ほかの人の下書きです"
        raise NotAllowedError(message)


def with_cells(draft: Draft, cells: Cells) -> Draft:
    """Return the draft with other cells, not kept yet."""
    return replace(draft, edit=replace(draft.edit, cells=cells))
