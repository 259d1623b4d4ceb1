"""Write what an import would do into an open transaction, as a part of a change."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

import pandas as pd
from sqlalchemy import Connection, Table, bindparam, insert, update

from geo.imports.preview import Imported, Preview
from geo.people import history
from geo.store.keys import remember
from geo.store.queries import BATCH, batches, source_of
from geo.store.tables import RECORDS, completions, imports, sources


def write(connection: Connection, plan: Preview, change: int | None) -> Imported:
    """Write one preview into an open transaction, as a part of a change that was begun.

    The caller answers for the permission; change may be None where the preview changes nothing.
    """
    incoming = plan.incoming
    counts = {name: plan.counts(name) for name in RECORDS}
    if plan.changes_nothing or change is None:
        return Imported(incoming.file, incoming.source, None, counts, plan.refused, _told(plan))
    source = source_of(connection, incoming.format, incoming.source, incoming.licence)
    for name, table in RECORDS.items():
        records, outcome = plan.records[name], plan.records[name]["outcome"]
        _insert(connection, change, table, records[outcome == "new"], source)
        _update(connection, change, table, plan, name, source)
        new = set(records.index[outcome == "new"])
        remember(connection, name, {k: v for k, v in plan.given[name].items() if k in new})
    # Services first: an organisation is unlisted with the last of them.
    for name in ("services", "organisations"):
        _unlist(connection, change, RECORDS[name], plan.unlisted[name])
    edition = {"id": source, "edition": incoming.edition or plan.last_edition}
    edition |= {"licence": incoming.licence} if incoming.licence else {}
    history.put(connection, change, sources, edition)
    for layer, kind in plan.completes:
        done = {"layer": layer, "kind": kind, "source_id": source, "edition": incoming.edition}
        history.put(connection, change, completions, done)
    connection.execute(
        insert(imports).values(
            change_id=change,
            source_id=source,
            file=incoming.file,
            sha256=incoming.sha256,
            edition=incoming.edition,
            rows_read=incoming.rows_read,
            refused=len(plan.refused),
            counts=json.dumps(counts),
        )
    )
    return Imported(incoming.file, incoming.source, change, counts, plan.refused, _told(plan))


def _told(plan: Preview) -> Preview:
    """Return what is to be said of a preview, without the records: many files come at once."""
    found = plan.incoming
    empty = replace(
        found, organisations=found.organisations.iloc[:0], services=found.services.iloc[:0]
    )
    return replace(plan, incoming=empty, records={}, before={}, differs={}, given={})


def _insert(
    connection: Connection, change: int, table: Table, records: pd.DataFrame, source: int
) -> None:
    key = table.primary_key.columns.keys()[0]
    standing = {
        "source_id": source,
        "listed": True,
        "created_in": change,
        "changed_in": change,
        "revision": 1,
    }
    for part in _parts(records.drop(columns="outcome")):
        named = part.rename_axis(key).reset_index()
        connection.execute(insert(table), [row | standing for row in named.to_dict("records")])
        history.note(connection, change, table, ((one, "new", None) for one in part.index))


def _update(
    connection: Connection,
    change: int,
    table: Table,
    plan: Preview,
    kind: str,
    source: int,
) -> None:
    key = table.primary_key.columns[0]
    outcome = plan.records[kind]["outcome"]
    names = list(plan.differs[kind].columns)
    statement = (
        update(table)
        .where(key == bindparam("_key"))
        .values(
            {name: bindparam(f"_{name}") for name in names}
            | {"revision": table.c.revision + 1, "changed_in": change}
            | {"source_id": source, "listed": True}
        )
    )
    for part in _parts(plan.records[kind][outcome.isin(["changed", "confirmed"])]):
        differs = plan.differs[kind].loc[part.index].to_numpy()
        old = _plain(plan.before[kind].loc[part.index, [*names, "source_id", "listed"]])
        entries, values = [], []
        for row, cells, there in zip(part.to_dict("records"), differs, old, strict=True):
            kept = {name: there[name] for name, cell in zip(names, cells, strict=True) if cell}
            kept |= {name: there[name] for name in ("source_id", "listed")}
            entries.append(kept)
            values.append({f"_{name}": row[name] for name in names})
        history.note(
            connection,
            change,
            table,
            zip(part.index, part["outcome"], entries, strict=True),
        )
        connection.execute(
            statement, [row | {"_key": one} for row, one in zip(values, part.index, strict=True)]
        )


def _unlist(connection: Connection, change: int, table: Table, keys: list[str]) -> None:
    key = table.primary_key.columns[0]
    statement = (
        update(table)
        .where(key == bindparam("_key"))
        .values(listed=False, changed_in=change, revision=table.c.revision + 1)
    )
    for part in batches(keys):
        entries = ((one, "unlisted", {"listed": True}) for one in part)
        history.note(connection, change, table, entries)
        connection.execute(statement, [{"_key": one} for one in part])


def _parts(frame: pd.DataFrame) -> Iterable[pd.DataFrame]:
    for start in range(0, len(frame), BATCH):
        yield frame.iloc[start : start + BATCH]


def _plain(frame: pd.DataFrame) -> list[dict[str, object]]:
    """Return rows as dictionaries of plain Python values, None where nothing is."""
    columns = frame.astype(object)
    made: list[dict[str, object]] = columns.where(columns.notna(), None).to_dict("records")
    return made
