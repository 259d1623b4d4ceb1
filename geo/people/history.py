"""Change the store by one gate, and record what was there before."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import (
    Connection,
    Date,
    Engine,
    Integer,
    Table,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)

from geo.people.ownership import require_owned
from geo.people.permissions import EDITORS, WHOLE, Person, confirmed, require
from geo.store.database import metadata, writing
from geo.store.queries import batches, next_version, now
from geo.store.tables import KEY_SEPARATOR, Moment, changes, history

KINDS = {
    "seed": "出荷時のデータ",
    "import": "取り込み",
    "edit": "編集",
    "survey": "調査状況",
    "round": "調査回",
    "answer": "調査の回答",
    "duplicate": "重複の判断",
    "match": "列の対応",
    "contact": "非公開の連絡先",
    "member": "会員",
    "undo": "取り消し",
}
UNSEEN = ("match", "contact", "member")  # kinds that change nothing of what the app shows
PRIVATE = ("contact", "member")  # kinds that only who may change everything is told of


VEILED = "(非公開)"
HIDDEN_TITLE = "所在地が非公開の記録を含むため、内容は示さない"
WAS_HIDDEN = '"location_public":false'  # in what a change replaced


@contextmanager
def changing(
    engine: Engine, who: Person, roles: frozenset[str] = EDITORS, reviewer: Person | None = None
) -> Iterator[tuple[Connection, Person]]:
    """Open a transaction that changes records for a person: all of it, or nothing.

    The only way to change a record. Yields the connection and the person with the role that the
    store gives; changes are opened with `begin`. Before the transaction is committed, every record
    that they touched is looked at: whether the person may change it, and whether the prefecture
    has to accept it first. reviewer: who of the prefecture accepts what the person has changed.
    Raises NotAllowedError, or ReviewNeededError; nothing is written then.
    """
    with writing(engine) as connection:
        person = require(connection, who, roles)
        accepting = None if reviewer is None else require(connection, reviewer, WHOLE)
        newest = connection.scalar(select(func.max(changes.c.id))) or 0
        yield connection, person
        made = connection.execute(
            select(changes.c.id, changes.c.kind).where(changes.c.id > newest)
        ).all()
        for change in made:
            require_owned(connection, change.id, person, accepted=accepting is not None)
        if accepting is not None:
            mine = changes.c.id.in_([change.id for change in made])
            connection.execute(update(changes).where(mine).values(reviewed_by=accepting.member))
        if any(change.kind not in UNSEEN for change in made):
            next_version(connection)


def begin(
    connection: Connection, kind: str, title: str, by: Person, undoes: int | None = None
) -> int:
    """Open a change and return its number."""
    row = {"at": now(), "by_whom": by.name, "member": by.member, "kind": kind, "title": title}
    row["undoes"] = undoes
    made = insert(changes).values(row).returning(changes.c.id)
    return int(connection.execute(made).scalar_one())


def note(
    connection: Connection,
    change: int,
    table: Table,
    entries: Iterable[tuple[str, str, dict[str, Any] | None]],
) -> None:
    """Record (key, action, what the columns were before; None when there was no such row)."""
    for part in batches(entries):
        connection.execute(
            insert(history),
            [
                {
                    "change_id": change,
                    "kind": table.name,
                    "record": key,
                    "action": action,
                    "before": None if before is None else _dump(before),
                }
                for key, action, before in part
            ],
        )


def put(
    connection: Connection,
    change: int,
    table: Table,
    values: dict[str, Any],
    action: str = "set",
) -> None:
    """Write one row of a table by its key, new or not, and record what it was."""
    names = [column.name for column in table.primary_key]
    here = [table.c[name] == values[name] for name in names]
    old = connection.execute(select(table).where(*here)).mappings().first()
    key = KEY_SEPARATOR.join(str(values[name]) for name in names)
    if old is None:
        connection.execute(insert(table).values(values))
        note(connection, change, table, [(key, action, None)])
        return
    before = {name: old[name] for name in values if name not in names and old[name] != values[name]}
    if before:
        connection.execute(update(table).where(*here).values(values))
        note(connection, change, table, [(key, action, before)])


def remove(connection: Connection, change: int, table: Table, key: dict[str, str]) -> None:
    """Delete one row of a table by its key, if it is there, and record what it was."""
    here = [table.c[name] == value for name, value in key.items()]
    old = connection.execute(select(table).where(*here)).mappings().first()
    if old is not None:
        connection.execute(delete(table).where(*here))
        record = KEY_SEPARATOR.join(key.values())
        note(connection, change, table, [(record, "removed", dict(old))])


def recent(connection: Connection, who: Person, limit: int = 50) -> pd.DataFrame:
    """Return the newest changes: id, at, by_whom, kind, title, undoes, undone_by, records.

    Of the kinds that concern persons only who may change everything is told; of a change that
    touched a hidden record, or one that was hidden before, only they and its author are told whose
    it was and of what file: an office or a file's name would say in which town the record stands.
    """
    records = select(func.count()).where(history.c.change_id == changes.c.id).scalar_subquery()
    query = select(changes, records.label("records")).order_by(changes.c.id.desc()).limit(limit)
    person = confirmed(connection, who)
    if person.edits_all:
        found = connection.execute(query)
        return pd.DataFrame.from_records(found.fetchall(), columns=list(found.keys()))
    known = changes.c.kind.not_in(PRIVATE), changes.c.id.not_in(_undos_of_private(connection))
    found = connection.execute(query.where(*known))
    table = pd.DataFrame.from_records(found.fetchall(), columns=list(found.keys()))
    veiled = table["id"].isin(of_hidden(connection, table["id"])) & (table["kind"] != "seed")
    if person.member is not None:
        veiled &= table["member"] != person.member
    table.loc[veiled, "by_whom"] = VEILED
    table.loc[veiled, "member"] = None
    table.loc[veiled, "title"] = table["kind"].map(KINDS) + f"({HIDDEN_TITLE})"
    return table


def _undos_of_private(connection: Connection) -> list[int]:
    """Return the changes that took back, or did again, what concerns persons."""
    kinds = (*PRIVATE, "undo")
    columns = changes.c.id, changes.c.kind, changes.c.undoes
    secret: set[int] = set()
    undos = []
    for row in connection.execute(select(*columns).where(changes.c.kind.in_(kinds)).order_by("id")):
        if row.kind in PRIVATE:
            secret.add(row.id)
        elif row.undoes in secret:
            secret.add(row.id)
            undos.append(row.id)
    return undos


def of_hidden(connection: Connection, numbers: Iterable[int]) -> set[int]:
    """Return those of the changes that touched a record that is hidden, or was at some time."""
    hidden = _hidden_records(connection)
    found: set[int] = set()
    for part in batches(numbers, 500):
        for keys in batches(hidden, 500):
            pairs = tuple_(history.c.kind, history.c.record).in_(keys)
            query = select(history.c.change_id).where(history.c.change_id.in_(part), pairs)
            found.update(connection.scalars(query.distinct()))
    return found


def _hidden_records(connection: Connection) -> list[tuple[str, str]]:
    """Return (kind, key) of what belongs to an organisation that is hidden, or was at some time."""
    names = ("organisations", "services", "duplicates", "contacts")
    offices, offered, pairs, contacts = (metadata.tables[name] for name in names)
    was = select(history.c.record).where(
        history.c.kind == offices.name, history.c.before.contains(WAS_HIDDEN)
    )
    now_hidden = select(offices.c.organisation).where(~offices.c.location_public)
    keys = {*connection.scalars(now_hidden), *connection.scalars(was)}
    decided = select(history.c.record).where(history.c.kind == pairs.name).distinct()
    together = [tuple(record.split(KEY_SEPARATOR)) for record in connection.scalars(decided)]
    # Who was looked at as the same as a hidden one may be it: what was done to either tells of both.
    while more := {key for pair in together if keys.intersection(pair) for key in pair} - keys:
        keys |= more
    found = {(name, key) for key in keys for name in (offices.name, contacts.name)}
    for row in connection.execute(select(offered.c.service, offered.c.organisation)):
        if row.organisation in keys:
            found.add((offered.name, row.service))
    # A service that was taken out, or that belonged to another before.
    gone = select(history.c.record, history.c.before).where(
        history.c.kind == offered.name, history.c.before.contains('"organisation":')
    )
    for row in connection.execute(gone):
        if json.loads(row.before)["organisation"] in keys:
            found.add((offered.name, row.record))
    found |= {
        (pairs.name, KEY_SEPARATOR.join(pair)) for pair in together if keys.intersection(pair)
    }
    return sorted(found)


def of_record(connection: Connection, table: Table, key: str) -> pd.DataFrame:
    """Return what happened to one record, newest first.

    Columns: id, at, by_whom, title, undoes, undone_by, change (its kind), action, before (a dict of the
    columns that changed, None where the record was new). Holds what is not public: ask for the right first.
    """
    query = (
        select(
            changes.c.id,
            changes.c.at,
            changes.c.by_whom,
            changes.c.title,
            changes.c.undoes,
            changes.c.undone_by,
            changes.c.kind.label("change"),
            history.c.action,
            history.c.before,
        )
        .join(history, history.c.change_id == changes.c.id)
        .where(history.c.kind == table.name, history.c.record == key)
        .order_by(history.c.id.desc())
    )
    found = connection.execute(query)
    names = list(found.keys())
    entries = [
        (*row[:-1], None if row.before is None else load(table, row.before)) for row in found
    ]
    return pd.DataFrame(entries, columns=names)


def key_of(table: Table, key: str) -> dict[str, Any]:
    """Return the parts of a record's key, each under the name of its column with a _ before it."""
    columns = list(table.primary_key)
    parts = key.split(KEY_SEPARATOR) if len(columns) > 1 else [key]
    return {
        f"_{column.name}": int(part) if isinstance(column.type, Integer) else part
        for column, part in zip(columns, parts, strict=True)
    }


def _dump(before: dict[str, Any]) -> str:
    plain = {k: v.isoformat() if isinstance(v, date) else v for k, v in before.items()}
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def load(table: Table, text: str) -> dict[str, Any]:
    """Return what the columns of a row were, as their types say, from what the history keeps."""
    values: dict[str, Any] = json.loads(text)
    for name, value in values.items():
        if value is not None and isinstance(table.c[name].type, Date):
            values[name] = date.fromisoformat(value)
        if value is not None and isinstance(table.c[name].type, Moment):
            values[name] = datetime.fromisoformat(value)
    return values
