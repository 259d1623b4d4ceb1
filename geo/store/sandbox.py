"""Give one visitor a private copy of the public records, to import into and to edit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from weakref import WeakSet

import pandas as pd
from sqlalchemy import Connection, Engine, Table, func, insert, select

from geo.data import withheld
from geo.data.dataset import Dataset
from geo.data.memory import one_trial, succeed
from geo.data.withheld import OFFICE_WORDS, SERVICE_WORDS
from geo.errors import StoreError
from geo.store import queries, snapshot, tables
from geo.store.database import in_memory, metadata, reading, writing
from geo.store.frames import LOCATION, concealed_in
from geo.store.keys import says_nothing

MOST_AT_ONCE = 20  # of one process; a copy of what ships takes 0.1 s and 2.6 MB (measured)
MOST_RECORDS = 20_000  # organisations; a copy of 19,000 takes 1.8 s and 24 MB (measured)
COPIED = (
    tables.sources,
    tables.organisations,
    tables.services,
    tables.surveys,
    tables.completions,
    tables.link_checks,
    tables.column_matches,
    tables.secret,
)
BLANK = {name: None if name in ("lat", "lon") else "" for name in LOCATION}


class SandboxFullError(StoreError):
    """Raised when no further sandbox can be opened; the message says why, in Japanese."""


@dataclass(eq=False)
class Sandbox:
    """One visitor's private store; it ends with the session that holds it.

    shown: the organisations whose place was public when it was copied from the shared store.
    """

    engine: Engine
    shipped: Dataset
    shared: Engine
    shown: frozenset[str]
    _read: tuple[int, Dataset] | None = None
    _asked: tuple[int, frozenset[str]] = (-1, frozenset())

    def withdrawn(self) -> frozenset[str]:
        """Return the organisations shown here whose place is not public any more.

        Such a copy must be let go of: edits, drafts and a history may hold the place as well. While
        the shared store cannot be read, the answer is the last one.
        """
        try:
            with reading(self.shared) as connection:
                number = connection.scalar(select(tables.state.c.version)) or 0
                if number != self._asked[0]:
                    self._asked = number, self.shown & concealed_in(connection)
        except StoreError:
            pass
        return self._asked[1]

    def dataset(self) -> Dataset:
        """Return the dataset of the sandbox, the same object until something is changed in it."""
        with reading(self.engine) as connection:
            number = connection.scalar(select(tables.state.c.version)) or 0
        if self._read is None or self._read[0] != number:
            with one_trial:
                made = snapshot.with_records(self.shipped, self.engine, trial=True)
            succeed(self._read and self._read[1], made)
            self._read = number, made
        return self._read[1]


_open: WeakSet[Sandbox] = WeakSet()


def open_sandbox(shared: Engine, shipped: Dataset) -> Sandbox:
    """Return a new sandbox that holds what is public in a store.

    No location that is not public is copied nor what would tell its town, no contact, draft, member or history, so that whoever
    may do everything in the sandbox learns nothing by it.
    Copies are made one after the other, so that whoever asks for many takes no more of this process
    than for one.
    Raises SandboxFullError when too many are open, or when the store is too large to be copied.
    """
    with one_trial:
        return _opened(shared, shipped)


def _opened(shared: Engine, shipped: Dataset) -> Sandbox:
    if len(_open) >= MOST_AT_ONCE:
        message = (
            f"試し書きは同時に{MOST_AT_ONCE}人までです。しばらくしてから、もう一度お試しください"
        )
        raise SandboxFullError(message)
    engine = in_memory(sandbox=True)
    metadata.create_all(engine)
    with reading(shared) as source:
        hidden = concealed_in(source)
        shown = {*source.scalars(select(tables.organisations.c.organisation))} - hidden
        count = source.scalar(select(func.count()).select_from(tables.organisations)) or 0
        if count > MOST_RECORDS:
            message = f"台帳が大きいため({count:,}団体)、試し書きは使えません"
            raise SandboxFullError(message)
        with writing(engine) as target:
            for table in COPIED:
                rows = _public_rows(source, table, shipped)
                if rows:
                    target.execute(insert(table), rows)
            for table, known in _names(source):
                for part in queries.batches(known):
                    target.execute(insert(table), part)
            target.execute(insert(tables.state).values(id=1, version=1, seed=""))
            start = {"at": queries.now(), "by_whom": "", "kind": "seed"}
            title = "試し書きの始まり(公開している記録の写し)"
            target.execute(insert(tables.changes).values(start | {"title": title}))
    made = Sandbox(engine, shipped, shared, frozenset(shown))
    _open.add(made)
    return made


def _public_rows(source: Connection, table: Table, shipped: Dataset) -> list[dict[str, Any]]:
    """Return the rows of a table, of hidden records without their place and what tells their town."""
    rows = [dict(row) for row in source.execute(select(table)).mappings()]
    if table is tables.sources:
        return _public_sources(source, rows)
    if table not in (tables.organisations, tables.services):
        return rows
    offices, secret = tables.organisations, concealed_in(source)
    named = source.execute(select(offices.c.organisation, offices.c.name))
    hidden = {row.organisation: row.name for row in named if row.organisation in secret}
    mine = pd.DataFrame([row for row in rows if row["organisation"] in hidden])
    if mine.empty:
        return rows
    words: tuple[str, ...]
    if table is tables.organisations:
        every = pd.Series(data=True, index=mine.index)
        told, words = withheld.public_offices(mine, every, shipped.municipalities), OFFICE_WORDS
    else:
        told, words = withheld.public_offers(mine, hidden, shipped.municipalities), SERVICE_WORDS
    key = next(iter(table.primary_key.columns)).name
    cells = told.set_index(key)[[*words]].to_dict("index")
    blank = BLANK | {"location_public": False} if table is tables.organisations else {}
    return [row | blank | cells[row[key]] if row[key] in cells else row for row in rows]


def _public_sources(source: Connection, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the sources, without a word those that only hidden records come from."""
    offices, secret = tables.organisations, concealed_in(source)
    shown, hidden = set[int](), set[int]()
    for office in source.execute(select(offices.c.organisation, offices.c.source_id)):
        (hidden if office.organisation in secret else shown).add(office.source_id)
    wordless = {"licence": "", "edition": ""}
    return [
        row | wordless | {"title": f"{withheld.SOURCE_WITHHELD} {row['id']}"}
        if row["id"] in hidden - shown
        else row
        for row in rows
    ]


def _names(source: Connection) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    """Yield by what else records are known (keys of sources, former ids), but for hidden ones."""
    offices, offered = tables.organisations, tables.services
    hidden = concealed_in(source)
    theirs = source.execute(select(offered.c.service, offered.c.organisation))
    shown = {
        offices.name: {*source.scalars(select(offices.c.organisation))} - hidden,
        offered.name: {row.service for row in theirs if row.organisation not in hidden},
    }
    for table, column in ((tables.source_keys, "record"), (tables.former_ids, "new")):
        rows = [dict(row) for row in source.execute(select(table)).mappings()]
        yield (
            table,
            [
                row
                for row in rows
                if row[column] in shown[row["kind"]]
                or (table is tables.former_ids and says_nothing(row["old"], row["shipped"]))
            ],
        )
