"""Look at every record that a change touched: whose it is, and whether it needs a review."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from geo.errors import NotAllowedError
from geo.people.permissions import Person
from geo.store.queries import batches
from geo.store.tables import KEY_SEPARATOR, history, organisations, services

ADMINISTERED = frozenset({"members"})
OF_TOWNS = frozenset(
    {"organisations", "services", "surveys", "contacts", "duplicates", "round_towns"}
)
KEYS_AT_ONCE = 500
NAMED = 3  # records that a refusal names


class ReviewNeededError(NotAllowedError):
    """Raised when a change has to be accepted by the prefecture before it is written."""


def require_owned(
    connection: Connection, change: int, person: Person, *, accepted: bool = False
) -> None:
    """Raise NotAllowedError unless the person may change every record that a change touched.

    accepted: the prefecture has reviewed it. Raises ReviewNeededError when it has to, and has not.

    Looks at what the history says was done, not at what the caller meant to do: before and after.
    A municipal editor's records are those that stand in the editor's municipalities, and stood
    there before.
    """
    rows = connection.execute(
        select(history.c.kind, history.c.record, history.c.before).where(
            history.c.change_id == change
        )
    ).all()
    kinds = {row.kind for row in rows}
    if kinds & ADMINISTERED and person.role != "administrator":
        message = "会員と権限を変えられるのは、管理者だけです"
        raise NotAllowedError(message)
    if person.edits_all:
        return
    entries = [
        (row.kind, row.record, {} if row.before is None else json.loads(row.before)) for row in rows
    ]
    if kinds - OF_TOWNS - {"sources"}:
        message = "市町村の編集者は、道の全体に関わる設定を変えられません"
        raise NotAllowedError(message)
    foreign = _foreign(connection, entries, person)
    if foreign:
        rest = f"ほか{len(foreign) - NAMED}件" if len(foreign) > NAMED else ""
        message = (
            f"担当の市町村ではない記録が{len(foreign)}件含まれています"
            f"({'、'.join(foreign[:NAMED])}{rest})。何も書き込んでいません"
        )
        raise NotAllowedError(message)
    reason = "" if accepted else _needs_review(connection, entries, person)
    if reason:
        message = f"{reason}。下書きを道の審査に出してください"
        raise ReviewNeededError(message)


def _foreign(
    connection: Connection, entries: list[tuple[str, str, dict[str, Any]]], person: Person
) -> list[str]:
    """Return the records that stand or stood outside the person's municipalities."""
    places: dict[tuple[str, str], set[str]] = {}  # record to the municipalities it belongs to
    offices: dict[tuple[str, str], set[str]] = {}  # record to the organisations it belongs to
    for kind, record, before in entries:
        place = places.setdefault((kind, record), set())
        office = offices.setdefault((kind, record), set())
        if kind == "surveys":
            place.add(record.split(KEY_SEPARATOR)[0])
        elif kind == "round_towns":
            place.add(record.split(KEY_SEPARATOR)[1])
        elif kind == "duplicates":
            office.update(record.split(KEY_SEPARATOR))
        elif kind == "services":
            office.update([before["organisation"]] if "organisation" in before else [])
        elif kind in ("organisations", "contacts"):
            office.add(record)
            place.update([before["municipality_code"]] if "municipality_code" in before else [])
        elif kind == "sources":
            # An edition of a list may be renewed by who owns all that the list names.
            named = select(organisations.c.municipality_code).distinct()
            place.update(connection.scalars(named.where(organisations.c.source_id == int(record))))
    offered = [record for kind, record, _ in entries if kind == "services"]
    for key, organisation in _column(
        connection, services.c.service, services.c.organisation, offered
    ).items():
        offices["services", key].add(organisation)
    wanted = {key for keys in offices.values() for key in keys}
    codes = _column(
        connection, organisations.c.organisation, organisations.c.municipality_code, wanted
    )
    # What a removed organisation's services belonged to is in the history of the same change.
    gone = {
        record: before["municipality_code"]
        for kind, record, before in entries
        if kind == "organisations" and "municipality_code" in before
    }
    for entry, keys in offices.items():
        # An organisation that nobody can place belongs to nobody but the prefecture.
        places[entry].update(codes.get(key, gone.get(key, "")) for key in keys)
    return [
        record.replace(KEY_SEPARATOR, "/")
        for (_, record), found in places.items()
        if not all(person.edits_town(code) for code in found)
    ]


def _needs_review(
    connection: Connection, entries: list[tuple[str, str, dict[str, Any]]], person: Person
) -> str:
    """Return in Japanese why the prefecture must accept a change first, '' when it need not."""
    if person.reviewed:
        return "この会員の変更は、道の審査のあとで反映されます"
    for kind, record, before in entries:
        # A location that was hidden, of a shelter say, is made public by two pairs of eyes.
        if kind == "organisations" and before.get("location_public") is False:
            return f"{record}: 公開していない所在地を公開する変更です"
    changed = [
        record
        for kind, record, before in entries
        if kind == "services" and (not before or "service_area" in before)
    ]
    areas = _column(connection, services.c.service, services.c.service_area, changed)
    for record, area in areas.items():
        if not set(filter(None, area.split(";"))) <= person.municipalities:
            return f"{record}: 対象地域に、担当ではない市町村が入っています"
    return ""


def _column(connection: Connection, key: Any, value: Any, wanted: Iterable[str]) -> dict[str, str]:
    """Return the value of a column by key, for the keys that there are."""
    found: dict[str, str] = {}
    for part in batches(dict.fromkeys(wanted), KEYS_AT_ONCE):
        rows = connection.execute(select(key, value).where(key.in_(part)))
        found.update({row[0]: row[1] for row in rows})
    return found
