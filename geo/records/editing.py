"""Change one record by hand: open it, check it, write it unless somebody else was there first."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine, Table, insert, select, update

from geo.data.dataset import Dataset
from geo.data.schema import RECORD_NAMES
from geo.errors import ConflictError, MissingError, UnknownCodeError
from geo.people import history
from geo.people.permissions import Person, require, require_town
from geo.records.cells import Cells, to_cells, to_values
from geo.store.database import reading
from geo.store.queries import source_of
from geo.store.tables import RECORDS, changes, organisations, services

FORMAT = "edit"  # of the sources that records changed by hand belong to
KEY_BYTES = 6


@dataclass(frozen=True)
class Edit:
    """A record on its way: what it was when it was opened, and what it is to become.

    kind: organisations or services. record: its key, new or not. base_revision: None for a new
    record. base, cells: texts by column, as in geo.records.cells.
    """

    kind: str
    record: str
    base_revision: int | None
    base: Cells
    cells: Cells


class EditConflictError(ConflictError):
    """Raised when somebody else changed the record since it was opened.

    theirs: the record as it is now, as texts. revision: of that record. by, at: who, and when.
    """

    def __init__(self, theirs: Cells, revision: int, by: str, at: datetime | None) -> None:
        self.theirs = theirs
        self.revision = revision
        self.by = by
        self.at = at
        super().__init__(f"{by}が先にこの記録を変えました。入力は下書きに残っています")


class RecordGoneError(MissingError):
    """Raised when a record that is to be changed is not there any more."""

    def __str__(self) -> str:
        return f"記録 {self.args[0]!r} は台帳にありません(取り消された変更かもしれません)"


def open_edit(engine: Engine, kind: str, record: str, who: Person) -> Edit:
    """Return a record to be changed; only to who may change it, since it holds what is not public.

    Raises RecordGoneError for an unknown record, NotAllowedError for another town's.
    """
    with reading(engine) as connection:
        row = _row(connection, RECORDS[kind], record)
        if row is None:
            require(connection, who)
            raise RecordGoneError(record)
        require_town(connection, who, town_of(connection, kind, row))
    cells = to_cells(kind, row)
    return Edit(kind, record, row["revision"], cells, dict(cells))


def list_records(engine: Engine, code: str, who: Person) -> pd.DataFrame:
    """Return the organisations of a municipality ('' = of none) with their services, to choose from.

    Columns: organisation, name, location_public, listed, service (None for an organisation without
    any), field, status. Only to who may change them: it says which hidden ones stand there.
    """
    query = (
        select(
            organisations.c.organisation,
            organisations.c.name,
            organisations.c.location_public,
            organisations.c.listed,
            services.c.service,
            services.c.field,
            services.c.status,
        )
        .outerjoin(services, services.c.organisation == organisations.c.organisation)
        .where(organisations.c.municipality_code == code)
        .order_by(services.c.service)
    )
    with reading(engine) as connection:
        require_town(connection, who, code)
        found = connection.execute(query)
        table = pd.DataFrame(found.fetchall(), columns=list(found.keys()), dtype=object)
    # Not by the database: each kind of store has a collation of its own.
    return table.sort_values(["name", "organisation"], kind="stable", ignore_index=True)


def new_organisation(code: str, today: date, who: Person) -> Edit:
    """Return a new organisation of a municipality, with what can be said beforehand."""
    cells = {
        "municipality_code": code,
        "location_public": "yes",
        "layer": "other",
        "source": f"画面からの登録({who.name})",
        "source_date": today.isoformat(),
        "checked_on": today.isoformat(),
        "confidence": "A",
    }
    return Edit("organisations", _new_key(code), None, {}, cells)


def new_service(organisation: str, today: date, who: Person) -> Edit:
    """Return a new service of an organisation, with what can be said beforehand."""
    cells = {
        "organisation": organisation,
        "modes": "place",
        "approaches": "3",
        "source": f"画面からの登録({who.name})",
        "source_date": today.isoformat(),
        "confidence": "A",
        "status": "active",
    }
    return Edit("services", _new_key(organisation), None, {}, cells)


def save(engine: Engine, dataset: Dataset, edit: Edit, who: Person, today: date) -> int:
    """Write one record; return the number of the change.

    Saying the same again, after an answer that was lost, writes nothing twice and returns the
    number of the first time. Raises DataError for a cell that does not fit, EditConflictError when
    the record was changed meanwhile, RecordGoneError, NotAllowedError, ReviewNeededError.
    """
    with history.changing(engine, who) as (connection, person):
        return write(connection, dataset, edit, person, today)


def write(connection: Connection, dataset: Dataset, edit: Edit, by: Person, today: date) -> int:
    """Write one record in the transaction of a change that `history.changing` has opened."""
    table = RECORDS[edit.kind]
    key = next(iter(table.primary_key.columns))
    values = to_values(edit.kind, edit.cells, dataset, today)
    if edit.kind == "services":
        _require_organisation(connection, values["organisation"])
    old = _held(connection, edit, by)
    if old is not None and old["revision"] != edit.base_revision:
        return _written_before(connection, edit, old, values, by)
    if old is not None and old["listed"] and all(old[name] == values[name] for name in values):
        return int(old["changed_in"])
    change = history.begin(connection, "edit", _title(connection, edit, values, old), by)
    source = source_of(connection, FORMAT, f"画面からの編集({by.name})", "")
    standing = {"source_id": source, "listed": True, "changed_in": change}
    if old is None:
        first = {"file_row": None, "created_in": change, "revision": 1}
        connection.execute(
            insert(table).values({key.name: edit.record} | values | standing | first)
        )
        history.note(connection, change, table, [(edit.record, "new", None)])
        return change
    # The store's lock keeps other writers out; the revision says so once more.
    here = (key == edit.record) & (table.c.revision == edit.base_revision)
    new = values | standing | {"revision": table.c.revision + 1}
    if connection.execute(update(table).where(here).values(new)).rowcount != 1:
        raise RecordGoneError(edit.record)
    after = values | {"source_id": source, "listed": True}
    before = {name: old[name] for name in after if old[name] != after[name]}
    history.note(connection, change, table, [(edit.record, "changed", before)])
    return change


def require_current(connection: Connection, edit: Edit, by: Person) -> None:
    """Raise EditConflictError when the record was changed since the edit was opened.

    Raises RecordGoneError, and NotAllowedError for what is not the person's to change.
    """
    old = _held(connection, edit, by)
    if old is not None and old["revision"] != edit.base_revision:
        raise _conflict(connection, edit, old)


def merge(edit: Edit, theirs: Cells) -> tuple[Cells, list[str]]:
    """Return the edit's cells laid over somebody else's, and the columns that both changed.

    Where both changed a cell and not to the same, the edit's stands, to be decided by a person.
    """
    names = [*theirs, *(name for name in edit.cells if name not in theirs)]
    merged, both = {}, []
    for name in names:
        base, mine, other = (side.get(name, "") for side in (edit.base, edit.cells, theirs))
        merged[name] = other if mine == base else mine
        if mine not in (base, other) and other != base:
            both.append(name)
    return merged, both


def rebase(edit: Edit, conflict: EditConflictError) -> Edit:
    """Return the edit laid over the record as it is now, ready to be looked at and saved."""
    merged, _ = merge(edit, conflict.theirs)
    return replace(edit, base_revision=conflict.revision, base=dict(conflict.theirs), cells=merged)


def town_of(connection: Connection, kind: str, row: Mapping[str, Any]) -> str:
    """Return the municipality that a stored record belongs to, '' for none."""
    if kind == "organisations":
        return str(row["municipality_code"])
    here = organisations.c.organisation == row["organisation"]
    return connection.scalar(select(organisations.c.municipality_code).where(here)) or ""


def _row(connection: Connection, table: Table, record: str) -> dict[str, Any] | None:
    key = next(iter(table.primary_key.columns))
    row = connection.execute(select(table).where(key == record)).mappings().first()
    return None if row is None else dict(row)


def _require_organisation(connection: Connection, organisation: str) -> None:
    if _row(connection, organisations, organisation) is None:
        raise UnknownCodeError.organisation(organisation)


def _held(connection: Connection, edit: Edit, by: Person) -> dict[str, Any] | None:
    """Return the record as it is, None for a new one; to nobody who may not change it.

    Asked before anything is told of it: a conflict shows the whole record, its place included.
    """
    old = _row(connection, RECORDS[edit.kind], edit.record)
    if old is None and edit.base_revision is not None:
        raise RecordGoneError(edit.record)
    if old is not None:
        require_town(connection, by, town_of(connection, edit.kind, old))
    return old


def _written_before(
    connection: Connection, edit: Edit, old: dict[str, Any], values: dict[str, Any], by: Person
) -> int:
    """Return the change that wrote the same for the same person, else raise EditConflictError."""
    last = connection.execute(select(changes).where(changes.c.id == old["changed_in"])).first()
    same = all(old[name] == values[name] for name in values)
    if last is not None and same and (last.member, last.by_whom) == (by.member, by.name):
        return int(last.id)
    raise _conflict(connection, edit, old)


def _conflict(connection: Connection, edit: Edit, old: dict[str, Any]) -> EditConflictError:
    last = connection.execute(select(changes).where(changes.c.id == old["changed_in"])).first()
    name, at = ("だれか", None) if last is None else (last.by_whom, last.at)
    return EditConflictError(to_cells(edit.kind, old), old["revision"], name, at)


def _title(
    connection: Connection, edit: Edit, values: dict[str, Any], old: Mapping[str, Any] | None
) -> str:
    """Return what the history calls the change; a name is public even where a place is not."""
    name = values.get("name")
    if name is None:
        here = organisations.c.organisation == values["organisation"]
        name = connection.scalar(select(organisations.c.name).where(here))
    return f"{RECORD_NAMES[edit.kind]}の{'追加' if old is None else '編集'}: {name}"


def _new_key(stem: str) -> str:
    return f"{stem}-{secrets.token_hex(KEY_BYTES)}"
