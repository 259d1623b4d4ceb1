"""Give records other ids wherever the store names them: tables, drafts, plans and the history.

The migrations use it too, so that it names the columns that it touches and no table as a whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, column, select, table, update

from geo.store.queries import batches
from geo.store.tables import KEY_SEPARATOR

Row = dict[str, Any]
Moves = Mapping[str, Mapping[str, str]]  # kind of record to its old and new ids
OFFICE, OFFER = "organisations", "services"
# Columns that hold an id, and cells of drafts and of the history, by the kind that they name.
NAMED = {
    "organisation": OFFICE, "same_as": OFFICE, "first": OFFICE, "second": OFFICE, "service": OFFER,
}  # fmt: skip
KEYED = {OFFICE: OFFICE, OFFER: OFFER, "contacts": OFFICE, "duplicates": OFFICE}
# By table: its key and the columns of ids.
COLUMNS = {
    "organisations": (("organisation",), ("organisation", "same_as")),
    "services": (("service",), ("service", "organisation")),
    "contacts": (("organisation",), ("organisation",)),
    "duplicates": (("first", "second"), ("first", "second")),
}
PLAN_PARTS = ("contacts", "changes")  # of a plan's JSON, whose rows name a service
# What a title says of ids: all that stands after the words, or what their brackets hold.
TITLE_RE = re.compile(
    r"(?P<before>非公開の連絡先: |重複の判断: [^(]*\()(?P<ids>.*?)(?P<after>\)?)$"
)
BETWEEN = "、"


def rename(connection: Connection, moves: Moves) -> None:
    """Put new ids in the place of old ones, in an open transaction; what names no old one stays."""
    for name, (keys, columns) in COLUMNS.items():
        _each(connection, name, keys, columns, lambda row: _cells(row, moves))
    _each(connection, "drafts", ("id",), ("kind", "record", "base", "cells"), lambda row: _draft(row, moves))  # fmt: skip
    _each(connection, "history", ("id",), ("kind", "record", "before"), lambda row: _entry(row, moves))  # fmt: skip
    _each(connection, "changes", ("id",), ("title",), lambda row: {"title": _title(row["title"], moves)})  # fmt: skip
    _each(connection, "plans", ("id",), ("body",), lambda row: {"body": _plan(row["body"], moves)})


def _each(
    connection: Connection,
    name: str,
    keys: tuple[str, ...],
    columns: tuple[str, ...],
    change: Callable[[Row], Row],
) -> None:
    """Write again the rows of a table that a function of its columns changes."""
    here = table(name, *(column(one) for one in dict.fromkeys((*keys, *columns))))
    changed = []
    for found in connection.execute(select(here)).mappings():
        row = dict(found)
        new = row | change({one: row[one] for one in columns})
        if new != row:
            there = {f"old_{one}": row[one] for one in keys}
            changed.append(there | {f"new_{one}": new[one] for one in columns})
    which = [here.c[one] == bindparam(f"old_{one}") for one in keys]
    written = update(here).where(*which).values({one: bindparam(f"new_{one}") for one in columns})
    for part in batches(changed):
        connection.execute(written, part)


def _cells(row: Row, moves: Moves) -> Row:
    """Return cells with the new ids in those that hold one."""
    return {
        name: moves[NAMED[name]].get(cell, cell) if name in NAMED else cell
        for name, cell in row.items()
    }


def _draft(row: Row, moves: Moves) -> Row:
    cells = {name: _json(_cells(json.loads(row[name]), moves)) for name in ("base", "cells")}
    return cells | {"record": _key(row["kind"], row["record"], moves)}


def _entry(row: Row, moves: Moves) -> Row:
    before = row["before"]
    if before is not None and row["kind"] in KEYED:
        before = _json(_cells(json.loads(before), moves))
    return {"record": _key(row["kind"], row["record"], moves), "before": before}


def _key(kind: str, key: str, moves: Moves) -> str:
    if kind not in KEYED:
        return key
    known = moves[KEYED[kind]]
    return KEY_SEPARATOR.join(known.get(part, part) for part in key.split(KEY_SEPARATOR))


def _title(title: str, moves: Moves) -> str:
    def renamed(found: re.Match[str]) -> str:
        ids = (moves[OFFICE].get(one, one) for one in found["ids"].split(BETWEEN))
        return found["before"] + BETWEEN.join(ids) + found["after"]

    return TITLE_RE.sub(renamed, title)


def _plan(body: str, moves: Moves) -> str:
    """Return a plan's JSON with the new ids of the services that it names; see geo.plans.plan."""
    known = moves[OFFER]
    plan = json.loads(body)
    for part in PLAN_PARTS:
        for row in plan.get(part, ()):
            row["service"] = known.get(row["service"], row["service"])
    for each in plan.get("tables", ()):  # of names, and of whom to hear
        each["rows"] = [
            [known.get(cell, cell) if isinstance(cell, str) else cell for cell in row]
            for row in each["rows"]
        ]
    return json.dumps(plan, ensure_ascii=False, sort_keys=True, indent=1)


def _json(cells: Row) -> str:
    return json.dumps(cells, ensure_ascii=False, separators=(",", ":"))
