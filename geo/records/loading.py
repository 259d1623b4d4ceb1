"""Write the answers of a survey round in one change: all of them, or nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

import pandas as pd
from sqlalchemy import Connection, Engine, Table, bindparam, update

from geo import worker
from geo.data.dataset import Dataset
from geo.errors import DataError, Problem
from geo.imports import writing
from geo.imports.read import words_of
from geo.imports.reading.answers import EDITED, FORMAT, Answer, read_answer, unpacked
from geo.imports.reading.incoming import Refusal
from geo.parameters import READ_SECONDS
from geo.people import history
from geo.people.permissions import Person, confirmed
from geo.records import answers as comparing
from geo.records.answers import Plan, TownPlan
from geo.records.cells import to_cells, to_values
from geo.store.database import reading
from geo.store.queries import source_of
from geo.store.rounds import Answered, Round, open_round, towns, write_answer
from geo.store.tables import RECORDS, round_towns, surveys

Progress = Callable[[float, str], object]
Made = TypeVar("Made")
LOAD_SECONDS = 5 * float(READ_SECONDS)  # for all files that are put there together


@dataclass(frozen=True)
class Loaded:
    """What a load did: the number of its change (None for none), and what it was."""

    change: int | None
    plan: Plan


def read_files(
    files: Sequence[tuple[str, bytes]],
    dataset: Dataset,
    *,
    apart: bool = False,
    progress: Progress | None = None,
) -> tuple[list[Answer], list[tuple[str, str]]]:
    """Return the answers in files and ZIPs, and (file, why) of those that cannot be read.

    apart: unpack and read each in a process of its own that has a budget, as what a visitor sent;
    what is left when all together have taken LOAD_SECONDS is refused.
    """
    found, refused = [], []
    words = dataset
    if apart:
        words = words_of(dataset)
    end = time.monotonic() + LOAD_SECONDS

    def budgeted(work: Callable[..., list[Made]], name: str, *args: object) -> list[Made]:
        if not apart:
            return work(*args)
        left = end - time.monotonic()
        if left <= 0:
            reason = (
                f"ここまでで{LOAD_SECONDS:,.0f}秒を超えたので、読んでいません。分けて置いてください"
            )
            raise DataError([Problem(name, None, None, reason)])
        return worker.run(work, *args, file=name, seconds=min(left, float(READ_SECONDS)))

    parts: list[tuple[str, bytes]] = []
    for name, content in files:
        try:
            # What is no ZIP comes back as it is: it need not go there and back.
            zipped = content.startswith(b"PK")
            parts += budgeted(unpacked, name, content, name) if zipped else unpacked(content, name)
        except DataError as error:
            refused.append((name, str(error)))
    for place, (name, content) in enumerate(parts):
        if progress is not None:
            progress(place / len(parts), f"{name}: 読んでいます")
        try:
            found += budgeted(read_answer, name, content, name, words)
        except DataError as error:
            refused.append((name, str(error)))
    return found, refused


def preview(
    engine: Engine,
    dataset: Dataset,
    key: str,
    answers: Sequence[Answer],
    who: Person,
    today: date,
    decisions: Mapping[str, str] | None = None,
) -> Plan:
    """Return what the answers would do to the store."""
    with reading(engine) as connection:
        asked = open_round(connection, key)
        person = confirmed(connection, who)
        return comparing.plan(connection, asked, answers, dataset, person, today, decisions)


def load(
    engine: Engine,
    dataset: Dataset,
    key: str,
    answers: Sequence[Answer],
    who: Person,
    today: date,
    decisions: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Loaded:
    """Write answers into the store, in one transaction and one change that can be undone.

    The same file again changes nothing. Raises NotAllowedError for another's municipality.
    """
    tell = progress or (lambda _share, _words: None)
    with history.changing(engine, who) as (connection, person):
        asked = open_round(connection, key)
        tell(0.0, "台帳と比べています")
        plan = comparing.plan(connection, asked, answers, dataset, person, today, decisions)
        if plan.changes_nothing:
            return Loaded(None, plan)
        names = dataset.municipalities["name"]
        told = sorted({code for _, code in plan.towns})
        words = names[told[0]] if len(told) == 1 else f"{len(told)}市町村"
        title = f"調査回「{asked.name}」の回答: {words}"
        change = history.begin(connection, "answer", title, person)
        ids: dict[str, str] = {}
        if plan.added is not None:
            writing.write(connection, plan.added, change)
            new = plan.added.records["organisations"]
            new = new[(new["outcome"] == "new") & new["location_public"].astype(bool)]
            ids = {name: str(one) for one, name in new["name"].items()}
        for place, town in enumerate(plan.towns.values()):
            tell(0.2 + 0.75 * place / len(plan.towns), f"{names[town.code]}: 書き込んでいます")
            _write(connection, change, plan, town, asked, dataset, today, ids)
        tell(1.0, "確定しています")
    return Loaded(change, plan)


def _write(
    connection: Connection,
    change: int,
    plan: Plan,
    town: TownPlan,
    asked: Round,
    dataset: Dataset,
    today: date,
    ids: Mapping[str, str],
) -> None:
    """Write what one municipality answered."""
    held = plan.held
    source = source_of(connection, FORMAT, f"調査回「{asked.name}」の回答({town.code})", "")
    changed: dict[tuple[str, str], dict[str, str]] = {}
    for one in town.changes:
        changed.setdefault((one.kind, one.record), {})[one.column] = one.new
    values: dict[tuple[str, str], dict[str, Any]] = {}
    for (kind, record), cells in changed.items():
        try:
            values[kind, record] = _values(held[kind].loc[record], kind, cells, dataset, today)
        except DataError as error:
            name = held["organisations"]["name"].get(record, record)
            town.lost += [Refusal("回答", None, p.column or "", "", f"「{name}」: {p.reason}") for p in error.problems]  # fmt: skip
            town.changes = [c for c in town.changes if (c.kind, c.record) != (kind, record)]
    for stored in values.values():
        stored["source_id"] = source
    offered = held["services"]
    for office in dict.fromkeys(offered.loc[town.confirmed, "organisation"]):
        if held["organisations"].at[office, "checked_on"] < today:
            values.setdefault(("organisations", str(office)), {})["checked_on"] = today
    for service in town.closed:
        values.setdefault(("services", service), {})["status"] = "closed"
    for (kind, record), cells in values.items():
        _update(connection, change, RECORDS[kind], record, held[kind].loc[record], cells)
    for said in (*town.known, *town.empty):
        row: dict[str, Any] = {"municipality_code": town.code, "field": said.field}
        row |= {"surveyed_on": date.fromisoformat(said.on), "by": said.by.strip()}
        row["source"] = said.source.strip()
        history.put(connection, change, surveys, row)
    before = towns(connection, town.round)[town.code].answer
    found = [ids[name] for name in town.found if name in ids]
    lost = [_said(one) for one in town.lost]
    mended = {one.record for one in town.changes}
    mended |= set(offered.index[offered["organisation"].isin(mended)]) & set(town.confirmed)
    answer = Answered(
        confirmed=_more(before.confirmed, (s for s in town.confirmed if s not in mended)),
        changed=_more(before.changed, (s for s in town.confirmed if s in mended)),
        closed=_more(before.closed, town.closed),
        found=_more(before.found, found),
        known=_more(before.known, (one.field for one in town.known)),
        empty=_more(before.empty, (one.field for one in town.empty)),
        questions=_more((), [*town.questions, *lost]),  # of the newest answer: it mends the others
        files=_more(before.files, (digest for _, digest in town.files)),
    )
    history.put(
        connection,
        change,
        round_towns,
        {
            "round": town.round,
            "municipality_code": town.code,
            "answered_on": today,
            "answer": write_answer(answer),
        },
    )


def _values(
    row: pd.Series, kind: str, cells: Mapping[str, str], dataset: Dataset, today: date
) -> dict[str, Any]:
    """Return the stored columns that new cells change; raise DataError for a bad one."""
    now = to_cells(kind, {str(name): _plain(value) for name, value in row.items()})
    given = now | dict(cells)
    if "address" in cells:  # a point of the old address is none of the new
        given |= {"lat": "", "lon": ""}
    if not cells.keys() - {"target", "hours"}:
        return dict(cells)
    new, old = (to_values(kind, one, dataset, today) for one in (given, now))
    return {name: new[name] for name in new if new[name] != old[name]}


def _update(
    connection: Connection,
    change: int,
    table: Table,
    record: str,
    old: pd.Series,
    values: Mapping[str, Any],
) -> None:
    key = next(iter(table.primary_key.columns))
    before = {name: _plain(old[name]) for name in values}
    history.note(connection, change, table, [(record, "changed", before)])
    connection.execute(
        update(table)
        .where(key == bindparam("_key"))
        .values(revision=table.c.revision + 1, changed_in=change, **values),
        {"_key": record},
    )


def _plain(value: Any) -> Any:
    """Return a cell of a frame as the store gave it."""
    return None if pd.isna(value) else getattr(value, "item", lambda: value)()


def _more(before: Iterable[str], more: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*before, *more)))


def _said(one: Refusal) -> str:
    return str(Problem(one.file, one.row, one.column or None, f"{one.reason} {one.value}".strip()))


def preview_table(dataset: Dataset, plan: Plan) -> pd.DataFrame:
    """Return a row for each municipality of a plan, with how much of each kind it brings."""
    names = dataset.municipalities["name"]
    return pd.DataFrame(
        [
            {
                "市町村": names[town.code],
                "ファイル": "、".join(name for name, _ in town.files),
                "この通り": len(town.confirmed),
                "直す": len(town.changes),
                "新しい団体": len(town.found),
                "やめた": len(town.closed),
                "答えのない行": town.unanswered,
                "すでにある": len(town.already),
                "あると分かった分野": len(town.known),
                "調べたが無い分野": len(town.empty),
                "確かめる点": len(town.questions),
                "読めなかったところ": len(town.lost),
            }
            for town in plan.towns.values()
        ]
    )


def details(dataset: Dataset, plan: Plan) -> dict[str, pd.DataFrame]:
    """Return what the answers change, ask and what was not understood, as tables for reading."""
    names = dataset.municipalities["name"]
    changes = [(names[t.code], c) for t in plan.towns.values() for c in t.changes]
    questions = [(names[t.code], q) for t in plan.towns.values() for q in t.questions]
    lost = [(names[t.code], one) for t in plan.towns.values() for one in t.lost]
    return {
        "直すところ": pd.DataFrame(
            [(town, c.name, EDITED[c.column], c.old, c.new) for town, c in changes],
            columns=["市町村", "団体", "項目", "いま", "回答"],
        ),
        "確かめる点": pd.DataFrame(questions, columns=["市町村", "確かめる点"]),
        "読めなかったところ": pd.DataFrame(
            [(town, o.file, o.row, o.column, o.value, o.reason) for town, o in lost]
            + [("", file, None, "", "", why) for file, why in plan.refused],
            columns=["市町村", "ファイル", "行", "列", "値", "理由"],
        ).astype({"行": "Int64"}),
    }
