"""Open a survey round, note what was sent and to whom one called again, close it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection, Engine, select

from geo.data.dataset import Dataset, column_of, position_of
from geo.errors import DataError, Problem
from geo.people import history
from geo.people.permissions import WHOLE, Person
from geo.store.rounds import Answered, Round, open_round, write_answer
from geo.store.tables import round_towns, rounds

ID_BYTES = 4
LONGEST_NAME = 60
TABLE = "調査回"


def start(engine: Engine, dataset: Dataset, asked: Round, who: Person) -> Round:
    """Open a round and return it with its key; `asked` needs none.

    Raises DataError that names each cell that does not fit, UnknownCodeError for an unknown
    municipality or field, NotAllowedError for who may not change everything.
    """
    problems = []
    for name, label in (("name", "名前"), ("asked_by", "たずねる部署")):
        if not getattr(asked, name).strip():
            problems.append(Problem(TABLE, None, label, "空欄です"))
    if len(asked.name) > LONGEST_NAME:
        problems.append(Problem(TABLE, None, "名前", f"{LONGEST_NAME}文字までです"))
    if asked.deadline < asked.opened_on:
        problems.append(Problem(TABLE, None, "期限", f"始める日より前です: {asked.deadline}"))
    for what, label in ((asked.codes, "範囲"), (asked.fields, "分野")):
        if not what:
            problems.append(Problem(TABLE, None, label, "1つ以上選んでください"))
    if problems:
        raise DataError(problems)
    for code in asked.codes:
        position_of(dataset, code)
    for field in asked.fields:
        column_of(dataset, field)
    made = replace(asked, id=secrets.token_hex(ID_BYTES), name=asked.name.strip())
    row = vars(made) | {
        "codes": ";".join(made.codes),
        "fields": ";".join(made.fields),
        "before": json.dumps(made.before, ensure_ascii=False, separators=(",", ":")),
    }
    with history.changing(engine, who, WHOLE) as (connection, person):
        change = history.begin(connection, "round", f"調査回を始める: {made.name}", person)
        history.put(connection, change, rounds, row)
        for code in made.codes:
            blank = {"sent_on": None, "reminded_on": None, "answered_on": None}
            key = {"round": made.id, "municipality_code": code}
            town = key | blank | {"answer": write_answer(Answered())}
            history.put(connection, change, round_towns, town)
    return made


def close(engine: Engine, key: str, who: Person, *, closed: bool = True) -> int:
    """Close a round, or let it run again; return the number of the change."""
    words = "調査回を閉じる" if closed else "調査回を再開する"
    with history.changing(engine, who, WHOLE) as (connection, person):
        name = open_round(connection, key).name
        change = history.begin(connection, "round", f"{words}: {name}", person)
        history.put(connection, change, rounds, {"id": key, "closed": closed})
    return change


def note_sent(engine: Engine, key: str, codes: Iterable[str], on: date, who: Person) -> int:
    """Note when the letters went out; return the number of the change."""
    return _note(engine, key, codes, {"sent_on": on}, "送付", who)


def note_reminded(engine: Engine, key: str, codes: Iterable[str], on: date, who: Person) -> int:
    """Note when one called again; return the number of the change."""
    return _note(engine, key, codes, {"reminded_on": on}, "催促", who)


def _note(
    engine: Engine, key: str, codes: Iterable[str], values: dict[str, date], what: str, who: Person
) -> int:
    with history.changing(engine, who, WHOLE) as (connection, person):
        round_ = open_round(connection, key)
        chosen = _of_round(connection, round_, codes)
        title = f"調査回「{round_.name}」の{what}: {len(chosen)}市町村"
        change = history.begin(connection, "round", title, person)
        for code in chosen:
            here = {"round": key, "municipality_code": code}
            history.put(connection, change, round_towns, here | values)
    return change


def _of_round(connection: Connection, round_: Round, codes: Iterable[str]) -> list[str]:
    known = set(
        connection.scalars(
            select(round_towns.c.municipality_code).where(round_towns.c.round == round_.id)
        )
    )
    chosen = list(dict.fromkeys(codes))
    other = [code for code in chosen if code not in known]
    if other or not chosen:
        reason = f"この調査回の市町村ではありません: {'、'.join(other)}" if other else "空です"
        raise DataError([Problem(TABLE, None, "市町村", reason)])
    return chosen
