"""Take changes back, and do them again, so that the history stays true."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    RowMapping,
    Table,
    bindparam,
    delete,
    insert,
    select,
    tuple_,
    update,
)

from geo.errors import ImpossibleError
from geo.people.history import (
    HIDDEN_TITLE,
    PRIVATE,
    begin,
    changing,
    key_of,
    load,
    note,
    of_hidden,
)
from geo.people.permissions import Person, confirmed
from geo.store.database import metadata, reading
from geo.store.queries import batches
from geo.store.tables import KEY_SEPARATOR, changes, history

# What each table of the store holds, as a person counts it.
COUNTED = {
    "organisations": "団体",
    "services": "支援",
    "surveys": "調査状況",
    "duplicates": "重複の判断",
    "contacts": "非公開の連絡先",
    "members": "会員",
    "matches": "列の対応",
}


class UndoError(ImpossibleError):
    """Raised when a change cannot be taken back; the message says what stands in the way."""


def undo(engine: Engine, change: int, who: Person) -> int:
    """Take a change back, in one transaction, and return the number of the change that does so.

    Taking an undo back does the change again; taking that back is taking the change itself back, so
    that each change stands or does not, and the history says which. Raises UndoError when there is
    no such change, when it is undone already, or when another change since then touched the same
    records and was not taken back itself; NotAllowedError when it touched others' records. The seed
    cannot be undone.
    """
    with changing(engine, who) as (connection, person):
        row = _standing(connection, change)
        since, again = row["id"], row["undoes"]
        if again is not None and _row(connection, again)["undoes"] is not None:
            row = _standing(connection, _row(connection, again)["undoes"])  # a change done again
            again = None
        _refuse_when_built_upon(connection, row["id"], since, person)
        title = row["title"] if again is None else _row(connection, again)["title"]
        words = f"取り消し: {title}" if again is None else f"やり直し: {title}"
        number = begin(connection, "undo", words, person, undoes=row["id"])
        _swap(connection, row["id"], number)
        ended = [row["id"], *_done_again(connection, row["id"])]
        connection.execute(update(changes).where(changes.c.id.in_(ended)).values(undone_by=number))
        if again is not None:  # the change that had been undone stands again
            connection.execute(update(changes).where(changes.c.id == again).values(undone_by=None))
    return number


def would_do(engine: Engine, change: int, who: Person) -> str:
    """Return in Japanese what taking a change back would do; raise UndoError when it cannot be.

    Of a change that touched hidden records only who may change everything is told what is in it.
    """
    with reading(engine) as connection:
        person = confirmed(connection, who)
        row = _standing(connection, change)
        if row["kind"] in PRIVATE and not person.edits_all:
            msg = f"変更{change}はありません"
            raise UndoError(msg)
        target = row["id"]
        if row["undoes"] is not None and _row(connection, row["undoes"])["undoes"] is not None:
            target = _row(connection, row["undoes"])["undoes"]
        _refuse_when_built_upon(connection, target, row["id"], person)
        befores = _before(connection, target)
    counts: dict[tuple[str, str], int] = {}  # in the order of COUNTED
    for name in COUNTED:
        for (kind, _), before in befores.items():
            if kind == name:
                does = "取り除く" if before is None else "前の内容に戻す"
                counts[kind, does] = counts.get((kind, does), 0) + 1
    parts = [f"{COUNTED[kind]}{n:,}件を{does}" for (kind, does), n in counts.items()]
    return "、".join(parts) or "記録は変わらない"


def _row(connection: Connection, change: int) -> RowMapping:
    found = connection.execute(select(changes).where(changes.c.id == change)).mappings().first()
    if found is None:
        msg = f"変更{change}はありません"
        raise UndoError(msg)
    return found


def _standing(connection: Connection, change: int) -> RowMapping:
    """Return a change that can be taken back; raise UndoError."""
    row = _row(connection, change)
    if row["undone_by"] is not None:
        msg = f"変更{change}は取り消し済みです(変更{row['undone_by']})"
        raise UndoError(msg)
    if row["kind"] == "seed":
        msg = f"変更{change}は出荷時のデータで、取り消せません"
        raise UndoError(msg)
    if row["undoes"] is not None:
        undone = _row(connection, row["undoes"])
        # A store of an earlier edition may hold an undo that no longer holds anything back.
        if undone["undoes"] is None and undone["undone_by"] != change:
            msg = f"変更{change}は、いまの状態に効いていません"
            raise UndoError(msg)
    return row


def _done_again(connection: Connection, change: int) -> list[int]:
    """Return the changes by which a change was done again, and which stand."""
    undos = select(changes.c.id).where(changes.c.undoes == change)
    query = select(changes.c.id).where(changes.c.undoes.in_(undos), changes.c.undone_by.is_(None))
    return list(connection.scalars(query))


def _refuse_when_built_upon(connection: Connection, change: int, since: int, by: Person) -> None:
    """Raise UndoError when something since then, that was not taken back, touched a record of it.

    since: the number from which on the change took its effect. What was done and undone since then
    is as if it had not been.
    """
    since = max([since, *_done_again(connection, change)])
    query = select(history.c.kind, history.c.record).where(history.c.change_id == change)
    touched = [tuple(row) for row in connection.execute(query.distinct())]
    later: dict[int, RowMapping] = {}
    for part in batches(touched, 400):
        pairs = tuple_(history.c.kind, history.c.record).in_(part)
        numbers = select(history.c.change_id).where(history.c.change_id > since, pairs)
        found = connection.execute(select(changes).where(changes.c.id.in_(numbers)))
        later |= {row["id"]: row for row in found.mappings()}
    ended = {row["undone_by"] for row in later.values() if row["undone_by"] in later}
    left = [
        row
        for number, row in later.items()
        if number not in ended and row["undone_by"] not in later
    ]
    if left:
        last = max(left, key=lambda row: row["id"])
        veiled = not by.edits_all and last["id"] in of_hidden(connection, [last["id"]])
        title = HIDDEN_TITLE if veiled else last["title"]
        msg = f"同じ記録を変えた、あとの変更{last['id']}「{title}」を先に取り消してください"
        raise UndoError(msg)


def _before(connection: Connection, change: int) -> dict[tuple[str, str], dict[str, Any] | None]:
    """Return what the records of a change were before it, by table and key; None for new ones.

    A change of many files may touch a record more than once: what was there first counts.
    """
    query = select(history).where(history.c.change_id == change).order_by(history.c.id)
    found: dict[tuple[str, str], dict[str, Any] | None] = {}
    for row in connection.execute(query):
        where = (row.kind, row.record)
        before = None if row.before is None else load(metadata.tables[row.kind], row.before)
        if where not in found:
            found[where] = before
        elif (first := found[where]) is not None and before is not None:
            found[where] = before | first
    return found


def _swap(connection: Connection, change: int, by_change: int) -> None:
    """Put back what a change replaced, and record what it had put there."""
    befores = _before(connection, change)
    # A table that refers to another is emptied first and filled last; so is its order here.
    order = [table.name for table in metadata.sorted_tables]
    kinds = sorted({kind for kind, _ in befores}, key=order.index)
    for name in reversed(kinds):
        new = [key for (kind, key), before in befores.items() if kind == name and before is None]
        _take_out(connection, by_change, metadata.tables[name], new)
    for name in kinds:
        old = [
            (key, before)
            for (kind, key), before in befores.items()
            if kind == name and before is not None
        ]
        _put_back(connection, by_change, metadata.tables[name], old)


def _take_out(connection: Connection, change: int, table: Table, keys: Iterable[str]) -> None:
    names = [column.name for column in table.primary_key]
    here = [table.c[name] == bindparam(f"_{name}") for name in names]
    for part in batches(keys):
        old = _present(connection, table, part)
        note(connection, change, table, [(key, "removed", row) for key, row in old.items()])
        connection.execute(delete(table).where(*here), [key_of(table, key) for key in old])


def _put_back(
    connection: Connection, change: int, table: Table, entries: list[tuple[str, dict[str, Any]]]
) -> None:
    names = [column.name for column in table.primary_key]
    here = [table.c[name] == bindparam(f"_{name}") for name in names]
    for part in batches(entries):
        old = _present(connection, table, [key for key, _ in part])
        for key, before in part:
            if key not in old:
                connection.execute(insert(table).values(before))
                note(connection, change, table, [(key, "restored", None)])
                continue
            kept = {name: old[key][name] for name in before}
            note(connection, change, table, [(key, "restored", kept)])
            if "revision" in table.c:  # an editor who saw the row before must be told
                before |= {"revision": old[key]["revision"] + 1, "changed_in": change}
            if before:
                connection.execute(update(table).where(*here).values(before), key_of(table, key))


def _present(
    connection: Connection, table: Table, keys: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """Return the rows of these keys that exist, by key."""
    columns = list(table.primary_key)
    found: dict[str, dict[str, Any]] = {}
    for part in batches(keys, 500):
        wanted = set(part)
        first = {key_of(table, key)[f"_{columns[0].name}"] for key in part}
        for row in connection.execute(select(table).where(columns[0].in_(first))).mappings():
            key = KEY_SEPARATOR.join(str(row[column.name]) for column in columns)
            if key in wanted:
                found[key] = dict(row)
    return found
