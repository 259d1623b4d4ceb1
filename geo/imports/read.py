"""Take a file in: an export of ours exactly, a published list row by row; keep column matches."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select

from geo.data.dataset import Dataset
from geo.imports import fetch
from geo.imports.reading import own_export, published
from geo.imports.reading.files import open_tables
from geo.imports.reading.headers import plain_header
from geo.imports.reading.incoming import Incoming
from geo.imports.reading.recognise import UnknownFormatError
from geo.people import history
from geo.people.permissions import WHOLE, Person
from geo.store.queries import now
from geo.store.tables import column_matches


def read(
    connection: Connection,
    dataset: Dataset,
    source: Path | str | bytes,
    name: str = "",
    match: Mapping[str, Any] | None = None,
) -> Incoming:
    """Open a file once and read it; an unknown one by the match kept for its headers, if any.

    dataset: the words that cells may hold. match: of its columns, where a person gave one.
    Raises DataError when the file is refused, UnknownFormatError when its columns are to be matched
    by hand.
    """
    tables = open_tables(source, name)
    found = own_export.read(tables) if match is None else None
    if found is not None:
        return found
    noted = {} if isinstance(source, bytes) else fetch.note_beside(Path(source), tables[0].sha256)
    lists = partial(published.read, tables, dataset, noted=noted, blocks=fetch.fetched_blocks())
    try:
        return lists(match=match)
    except UnknownFormatError as error:
        kept = kept_match(connection, error.header)
        if match is not None or kept is None:
            raise
        return lists(match=kept)


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
