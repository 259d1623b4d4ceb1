"""Take a file in: an export of ours exactly, a published list row by row; keep column matches."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select

from geo import worker
from geo.data.dataset import Dataset
from geo.imports import fetch
from geo.imports.reading import own_export, published
from geo.imports.reading.files import open_tables
from geo.imports.reading.headers import plain_header
from geo.imports.reading.heading import Chosen
from geo.imports.reading.incoming import Incoming
from geo.imports.reading.matching import is_of
from geo.imports.reading.recognise import UnknownFormatError
from geo.imports.reading.table import Table
from geo.people import history
from geo.people.permissions import WHOLE, Person
from geo.store.database import reading
from geo.store.queries import now
from geo.store.tables import column_matches


def read(
    connection: Connection,
    dataset: Dataset,
    source: Path | str | bytes,
    name: str = "",
    match: Mapping[str, Any] | None = None,
    chosen: Chosen | None = None,
) -> Incoming:
    """Open a file once and read it; an unknown one by the match kept for its headers, if any.

    dataset: the words that cells may hold. match: of its columns, where a person gave one. chosen:
    the sheet and the header that a person names.
    Raises DataError when the file is refused, UnknownFormatError when its columns are to be matched
    by hand.
    """
    tables = open_tables(source, name)
    noted = {} if isinstance(source, bytes) else fetch.note_beside(Path(source), tables[0].sha256)
    return _read(tables, dataset, noted, match, partial(kept_match, connection), chosen)


def read_upload(
    engine: Engine,
    dataset: Dataset,
    content: bytes,
    name: str,
    match: Mapping[str, Any] | None = None,
    chosen: Chosen | None = None,
) -> Incoming:
    """Read what a visitor sent, as `read` does, in a process of its own that has a budget.

    A file of this machine is read where it was named: who named it may end that process.
    Raises DataError, beside what `read` raises, when the budget of time or memory is spent.
    """
    with reading(engine) as connection:
        kept = {row.signature: row.match for row in connection.execute(select(column_matches))}
    return worker.run(_read_bytes, words_of(dataset), content, name, match, kept, chosen, file=name)


def words_of(dataset: Dataset) -> Dataset:
    """Return the words that cells may hold; the records are nobody's in a child process."""
    return replace(
        dataset,
        organisations=dataset.organisations.iloc[:0],
        services=dataset.services.iloc[:0],
        surveys=dataset.surveys.iloc[:0],
        ended=None,
    )


def _read_bytes(
    dataset: Dataset,
    content: bytes,
    name: str,
    match: Mapping[str, Any] | None,
    kept: Mapping[str, str],
    chosen: Chosen | None,
) -> Incoming:
    def find(header: Sequence[str]) -> dict[str, Any] | None:
        text = kept.get(signature(header))
        return None if text is None else json.loads(text)

    return _read(open_tables(content, name), dataset, {}, match, find, chosen)


def _read(
    tables: list[Table],
    dataset: Dataset,
    noted: Mapping[str, str],
    match: Mapping[str, Any] | None,
    find: Callable[[Sequence[str]], dict[str, Any] | None],
    chosen: Chosen | None,
) -> Incoming:
    """Read opened tables. find: gives the match that was kept for a header.

    Two lists may have the same plain headers, so a kept match is used unasked only for a file of
    the name and title that it was made for; for another one it is handed out, to be seen first.
    """
    found = own_export.read(tables) if match is None and chosen is None else None
    if found is not None:
        return found
    lists = partial(published.read, tables, dataset, noted=noted, blocks=fetch.fetched_blocks())
    try:
        return lists(match=match, chosen=chosen)
    except UnknownFormatError as error:
        kept = find(error.header)
        if match is not None or kept is None:
            raise
        if not is_of(kept, tables[0].file, error.sight.title):
            raise error.with_kept(kept) from None
        said = f"列の対応「{kept.get('name', '')}」で読んだ(同じ名前のファイルに決めてあった対応)"
        read_so = lists(match=kept, chosen=chosen)
        return replace(read_so, headers=(*read_so.headers, said))


def kept_match(connection: Connection, header: Sequence[str]) -> dict[str, Any] | None:
    """Return the match that was kept for a file with these headers, None for none."""
    query = select(column_matches.c.match).where(column_matches.c.signature == signature(header))
    text = connection.scalar(query)
    return None if text is None else json.loads(text)


def keep_match(
    engine: Engine, header: Sequence[str], match: Mapping[str, Any], name: str, who: Person
) -> int:
    """Keep a match of columns for the next file with these headers; return the change's number."""
    with history.changing(engine, who, WHOLE) as (connection, person):
        change = history.begin(connection, "match", f"列の対応: {name}", person)
        values = {
            "signature": signature(header),
            "name": name,
            "match": json.dumps(match, ensure_ascii=False, sort_keys=True),
            "by_whom": person.name,
            "at": now(),
        }
        history.put(connection, change, column_matches, values)
    return change


def signature(header: Sequence[str]) -> str:
    """Return a digest of a table's headers, the same however they are spelt or ordered."""
    names = sorted({plain_header(name) for name in header if name.strip()})
    return hashlib.sha256("\n".join(names).encode()).hexdigest()
