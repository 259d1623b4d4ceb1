"""Take a file in: an export of ours exactly, anything else by the readers, and keep column matches."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from html import unescape
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select

from geo.imports.fetch import fetched_blocks
from geo.imports.reading import published
from geo.imports.reading.files import MAX_BYTES
from geo.imports.reading.headers import SHIGEN_HEADERS, plain_header
from geo.imports.reading.incoming import Incoming
from geo.imports.reading.own_export import read_back
from geo.imports.reading.recognise import UnknownFormatError
from geo.people import history
from geo.people.permissions import WHOLE, Person
from geo.store.queries import now
from geo.store.tables import column_matches

PEEK = 65_536  # bytes at the beginning of a file in which our own headers would stand
MARKS = tuple(SHIGEN_HEADERS[role] for role in ("organisation", "service"))


def read(
    connection: Connection,
    source: Path | str | bytes,
    name: str = "",
    match: Mapping[str, Any] | None = None,
) -> Incoming:
    """Read a file; an unknown one by the match that was kept for its headers, if there is one.

    Raises DataError when the file is refused, UnknownFormatError when its columns are to be matched
    by hand.
    """
    if match is None and _may_be_ours(source):
        found = read_back(source, name)
        if found is not None:
            return found
    blocks = fetched_blocks()
    try:
        return published.read(source, name, match=match, blocks=blocks)
    except UnknownFormatError as error:
        kept = kept_match(connection, error.header)
        if match is not None or kept is None:
            raise
        return published.read(source, name, match=kept, blocks=blocks)


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


def _may_be_ours(source: Path | str | bytes) -> bool:
    """Tell from a file's beginning whether it can be an export of ours, without reading it all."""
    if isinstance(source, bytes):
        stream: io.BufferedIOBase = io.BytesIO(source)
    else:
        path = Path(source)
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            return False
        stream = path.open("rb")
    with stream:
        start = stream.read(PEEK)
        if start.startswith(b"PK"):
            start = _beginning_of_workbook(stream)
    # A workbook may spell a character as a reference, by the XML library that wrote it.
    text = unescape(start.decode("utf-8", errors="ignore"))
    return all(mark in text for mark in MARKS)


def _beginning_of_workbook(stream: io.BufferedIOBase) -> bytes:
    """Return the beginning of the parts in which a workbook keeps its first texts."""
    found = b""
    try:
        with zipfile.ZipFile(stream) as archive:
            for part in ("xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"):
                if part in archive.namelist():
                    with archive.open(part) as texts:
                        found += texts.read(PEEK)
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, RuntimeError):
        return b""
    return found
