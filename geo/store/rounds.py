"""Read the survey rounds: what each asked, of whom, and how far its answers are."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from geo.errors import MissingError
from geo.store.tables import round_towns, rounds

# What may be said of a municipality's answer, in the order in which it is looked for.
STATES = {
    "questions": "確かめる点あり",
    "answered": "回答あり",
    "overdue": "期限を過ぎた",
    "sent": "送付済み",
    "unsent": "未送付",
}


class RoundMissingError(MissingError):
    """Raised when no survey round has the id."""

    def __str__(self) -> str:
        return f"調査回 {self.args[0]!r} はありません"


@dataclass(frozen=True)
class Answered:
    """What the answers of one municipality brought.

    confirmed, changed, closed: service ids. found: ids of organisations that nobody had listed.
    known, empty: fields whose support is listed, or was looked for and is not there. questions:
    what has to be asked back. files: digests of the files that were loaded.
    """

    confirmed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Town:
    """How far one municipality of a round is."""

    code: str
    sent_on: date | None
    reminded_on: date | None
    answered_on: date | None
    answer: Answered

    def state(self, deadline: date, today: date) -> str:
        """Return a key of STATES."""
        if self.answered_on is not None:
            return "questions" if self.answer.questions else "answered"
        if today > deadline:
            return "overdue"
        return "unsent" if self.sent_on is None else "sent"


@dataclass(frozen=True)
class Round:
    """One survey round (調査回).

    within: the range in words. codes: its municipalities. fields: those asked. contact: of the desk
    that asks. before: classes, fields that entered and flags when it was opened (geo.plans.round).
    """

    id: str
    name: str
    opened_on: date
    deadline: date
    within: str
    codes: tuple[str, ...]
    fields: tuple[str, ...]
    asked_by: str
    contact: str = ""
    closed: bool = False
    before: dict[str, Any] = field(default_factory=dict)


def all_rounds(connection: Connection) -> list[Round]:
    """Return every round: those that run first, the newest first."""
    query = select(rounds).order_by(rounds.c.closed, rounds.c.opened_on.desc(), rounds.c.id)
    return [_round(dict(row)) for row in connection.execute(query).mappings()]


def open_round(connection: Connection, key: str) -> Round:
    """Return one round; raise RoundMissingError for none."""
    row = connection.execute(select(rounds).where(rounds.c.id == key)).mappings().first()
    if row is None:
        raise RoundMissingError(key)
    return _round(dict(row))


def towns(connection: Connection, key: str) -> dict[str, Town]:
    """Return how far every municipality of a round is, by code."""
    query = select(round_towns).where(round_towns.c.round == key)
    found = connection.execute(query.order_by(round_towns.c.municipality_code)).mappings()
    return {
        row["municipality_code"]: Town(
            row["municipality_code"],
            row["sent_on"],
            row["reminded_on"],
            row["answered_on"],
            read_answer(row["answer"]),
        )
        for row in found
    }


def read_answer(text: str) -> Answered:
    """Return what a cell of the store says of an answer."""
    return Answered(**{name: tuple(value) for name, value in json.loads(text or "{}").items()})


def write_answer(answer: Answered) -> str:
    """Return an answer as the store keeps it."""
    kept = {name: value for name, value in vars(answer).items() if value}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True)


def _round(row: dict[str, Any]) -> Round:
    row["codes"] = tuple(filter(None, row["codes"].split(";")))
    row["fields"] = tuple(filter(None, row["fields"].split(";")))
    return Round(**row | {"before": json.loads(row["before"] or "{}")})
