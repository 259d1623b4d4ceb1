"""Find a record again by what others call it: the key of its source, or the id it had before."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from geo.data.ids import may_name_a_town
from geo.store.frames import concealed_in
from geo.store.queries import batches
from geo.store.tables import former_ids, organisations, secret, services, source_keys

AT_ONCE = 500
SECRET_BYTES = 32


def known(connection: Connection, kind: str, keys: Iterable[str]) -> dict[str, list[str]]:
    """Return, by the key of a source, the ids of the records that were made of it.

    More than one where somebody who could not see the first brought the same again. An id that was
    given stays with its key when the record is taken back, so that it comes again under that id.
    """
    value = _secret(connection)
    if value is None:
        return {}
    digests = {digest(value, kind, key): key for key in keys}
    found: dict[str, list[str]] = {}
    for part in batches(digests, AT_ONCE):
        here = (source_keys.c.kind == kind) & source_keys.c.digest.in_(part)
        for mark, one in connection.execute(
            select(source_keys.c.digest, source_keys.c.record).where(here)
        ):
            found.setdefault(digests[mark], []).append(one)
    return found


def remember(connection: Connection, kind: str, named: Mapping[str, str]) -> None:
    """Keep the key of its source for every id of a mapping from id to key."""
    if not named:
        return
    value = _secret(connection)
    if value is None:
        value = secrets.token_hex(SECRET_BYTES)
        connection.execute(insert(secret).values(id=1, value=value))
    rows = [
        {"kind": kind, "digest": digest(value, kind, key), "record": one}
        for one, key in named.items()
    ]
    for part in batches(rows):
        connection.execute(insert(source_keys), part)


def successors(
    connection: Connection, kind: str, old: Iterable[str], *, hidden: bool = False
) -> dict[str, str]:
    """Return the ids of today by the ids that records of a kind had before.

    An old id may be a municipality's code or a digest of an address, so that whoever guesses one
    must not hear that a hidden record had it. Such a record is found by none but what everybody is
    told (data/former_ids.csv) and holds no code. hidden: find it all the same; only for who may
    change every record.
    """
    found: dict[str, str] = {}
    query = select(former_ids.c.old, former_ids.c.new, former_ids.c.shipped)
    query = query.add_columns(organisations.c.organisation)
    secret = frozenset() if hidden else concealed_in(connection)
    if kind == "organisations":
        query = query.join(organisations, organisations.c.organisation == former_ids.c.new)
    else:
        query = query.join(services, services.c.service == former_ids.c.new).join(organisations)
    # What is no text for a database is no id either.
    asked = dict.fromkeys(one for one in old if one.isprintable())
    for part in batches(asked, AT_ONCE):
        here = (former_ids.c.kind == kind) & former_ids.c.old.in_(part)
        for row in connection.execute(query.where(here)):
            if row.organisation not in secret or says_nothing(row.old, row.shipped):
                found[row.old] = row.new
    return found


def rename(
    connection: Connection, kind: str, moves: Mapping[str, str], told: Mapping[str, str]
) -> None:
    """Let what led to records lead to their new ids, and their old ids, too.

    moves: ids that change, old to new. told: former ids that everybody may know, old to new.
    """
    for table, column in ((source_keys, "record"), (former_ids, "new")):
        here = (table.c.kind == kind) & (table.c[column] == bindparam("before"))
        led = update(table).where(here).values({column: bindparam("after")})
        for part in batches(moves.items()):
            connection.execute(led, [{"before": old, "after": new} for old, new in part])
    known = (former_ids.c.kind == kind) & (former_ids.c.old == bindparam("before"))
    for shipped, former in ((False, moves), (True, told)):
        rows = [{"kind": kind, "old": a, "new": b, "shipped": shipped} for a, b in former.items()]
        for part in batches(rows):
            connection.execute(
                delete(former_ids).where(known), [{"before": r["old"]} for r in part]
            )
            connection.execute(insert(former_ids), part)


def says_nothing(old: str, shipped: bool) -> bool:
    """Tell whether a former id of a hidden record may be answered: public, and without a code."""
    return shipped and not may_name_a_town(old)


def _secret(connection: Connection) -> str | None:
    """Return what the digests of this store are made with, None before it keeps any."""
    return connection.scalar(select(secret.c.value))


def digest(value: str, kind: str, key: str) -> str:
    """Return a key as it is kept: HMAC-SHA256 under the store's secret, in hexadecimal digits."""
    text = f"{kind}\0{key}".encode("utf-8", "surrogatepass")
    return hmac.new(value.encode(), text, hashlib.sha256).hexdigest()
