"""Propose organisations of different sources that may be one; a person decides, never the app."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from difflib import SequenceMatcher
from itertools import combinations

import pandas as pd
from sqlalchemy import Connection, Engine, select

from geo.data.names import phone_digits, plain_name, same_by_phone
from geo.errors import UnknownCodeError
from geo.people import history
from geo.people.permissions import Person
from geo.store.frames import concealed
from geo.store.queries import rows
from geo.store.tables import duplicates, organisations

LARGEST_GROUP = 12  # a telephone that more organisations share is that of an umbrella body
DECISIONS = {"same": "同じ団体", "different": "別の団体"}


def proposals(connection: Connection) -> pd.DataFrame:
    """Return pairs that nobody has decided about, with the names, the sources and the reason.

    Columns: first, second (ids; the earlier record first), first_name, second_name, first_source,
    second_source, municipality_code, reason. A record whose location is not public is never
    compared: to be told that it shares a telephone or a town would say where it is.
    """
    held = rows(connection, organisations)
    held = held[held["listed"] & ~held.index.isin(concealed(held)) & held["same_as"].isna()]
    held = held.sort_values(["created_in", "file_row"], kind="stable")
    decided = {frozenset((row.first, row.second)) for row in connection.execute(select(duplicates))}
    found = {pair: reason for pair, reason in _pairs(held) if frozenset(pair) not in decided}
    first = [pair[0] for pair in found]
    second = [pair[1] for pair in found]
    return pd.DataFrame(
        {
            "first": first,
            "second": second,
            "first_name": held.loc[first, "name"].to_numpy(),
            "second_name": held.loc[second, "name"].to_numpy(),
            "first_source": held.loc[first, "source"].to_numpy(),
            "second_source": held.loc[second, "source"].to_numpy(),
            "municipality_code": held.loc[second, "municipality_code"].to_numpy(),
            "reason": list(found.values()),
        }
    )


def decide(engine: Engine, first: str, second: str, decision: str, who: Person) -> int:
    """Record whether two organisations are the same; return the number of the change.

    When they are, the app shows the first alone, with the services of both; undoing the change
    parts them again. Raises UnknownCodeError for an unknown id, ValueError for another decision.
    """
    if decision not in DECISIONS:
        msg = f"not a decision: {decision!r}"
        raise ValueError(msg)
    with history.changing(engine, who) as (connection, person):
        known = organisations.c.organisation
        for key in (first, second):
            if connection.scalar(select(known).where(known == key)) is None:
                raise UnknownCodeError.organisation(key)
        title = f"重複の判断: {DECISIONS[decision]}({first}、{second})"
        change = history.begin(connection, "duplicate", title, person)
        pair = {"first": first, "second": second, "decision": decision, "reason": ""}
        decided = {"decided_by": person.name, "decided_on": date.today()}
        history.put(connection, change, duplicates, pair | decided, "decided")
        if decision == "same":
            merged = {"organisation": second, "same_as": first}
            history.put(connection, change, organisations, merged, "merged")
    return change


def _pairs(held: pd.DataFrame) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield pairs of different sources with the reason; a pair may come twice."""
    table = pd.DataFrame(
        {
            "plain": [plain_name(name) for name in held["name"]],
            "town": held["municipality_code"],
            "phone": held["phone"].map(phone_digits),
            "source": held["source_id"],
        },
        index=held.index,
    )
    reachable = table[table["phone"] != ""]
    for left, right in _within(reachable, ["phone"]):
        names = table.at[left, "plain"], table.at[right, "plain"]
        alike = SequenceMatcher(None, *names).ratio()
        if same_by_phone(alike, table.at[left, "phone"], table.at[right, "phone"]):
            yield (left, right), "電話番号が同じで、名称が似ています"
    placed = table[(table["town"] != "") & (table["plain"] != "")]
    for pair in _within(placed, ["town", "plain"]):
        yield pair, "同じ市町村に、同じ名称の団体があります"


def _within(table: pd.DataFrame, columns: list[str]) -> Iterator[tuple[str, str]]:
    twice = table[table.duplicated(columns, keep=False)]
    for _, group in twice.groupby(columns, sort=False):
        if len(group) <= LARGEST_GROUP:
            for left, right in combinations(group.index, 2):
                if group.at[left, "source"] != group.at[right, "source"]:
                    yield left, right
