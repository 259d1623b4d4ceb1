"""Record which municipality has been surveyed in which field, when and by whom."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pandas as pd
from sqlalchemy import Engine

from geo.data.dataset import Dataset, column_of, position_of
from geo.data.inventory import surveyed
from geo.errors import DataError, Problem
from geo.people import history
from geo.people.permissions import Person
from geo.store.tables import surveys


def set_surveyed(
    engine: Engine,
    dataset: Dataset,
    code: str,
    fields: Iterable[str],
    on: date,
    by: str,
    source: str,
    who: Person,
) -> int:
    """Record that a municipality was surveyed in some fields; return the number of the change.

    by: who surveyed; who: the person that records it. Raises UnknownCodeError for an unknown
    municipality or field, DataError when a day lies ahead or nobody is named.
    """
    chosen = _checked(dataset, code, fields)
    problems = []
    if on > date.today():
        problems.append(Problem("調査状況", None, "調査日", f"先の日付です: {on}"))
    if not by.strip():
        problems.append(Problem("調査状況", None, "調査した人", "空欄です"))
    if problems:
        raise DataError(problems)
    name = dataset.municipalities.at[code, "name"]
    with history.changing(engine, who) as (connection, person):
        title = f"調査状況: {name} {_names(dataset, chosen)}({on})"
        change = history.begin(connection, "survey", title, person)
        for one in chosen:
            row = {"municipality_code": code, "field": one, "surveyed_on": on, "by": by.strip()}
            history.put(connection, change, surveys, row | {"source": source.strip()})
    return change


def clear_surveyed(
    engine: Engine, dataset: Dataset, code: str, fields: Iterable[str], who: Person
) -> int:
    """Record that a municipality is not surveyed after all; return the number of the change."""
    chosen = _checked(dataset, code, fields)
    name = dataset.municipalities.at[code, "name"]
    with history.changing(engine, who) as (connection, person):
        title = f"調査状況を未調査に: {name} {_names(dataset, chosen)}"
        change = history.begin(connection, "survey", title, person)
        for one in chosen:
            key = {"municipality_code": code, "field": one}
            history.remove(connection, change, surveys, key)
    return change


def town_table(dataset: Dataset, code: str) -> pd.DataFrame:
    """Return, for each field of a municipality, how its services are known.

    Columns: field, name, state (調査済み, 一覧がそろっている, 未調査), surveyed_on, by, source.
    """
    mine = dataset.surveys[dataset.surveys["municipality_code"] == code].set_index("field")
    known = surveyed(dataset)[position_of(dataset, code)]
    fields = dataset.fields
    table = mine.reindex(fields.index)[["surveyed_on", "by", "source"]].astype(object)
    table = table.where(table.notna(), "")
    listed = pd.Series(known, index=fields.index) & ~fields.index.isin(mine.index)
    table.insert(0, "name", fields["name"])
    table.insert(1, "state", "未調査")
    table.loc[listed, "state"] = "一覧がそろっている"
    table.loc[fields.index.isin(mine.index), "state"] = "調査済み"
    return table.reset_index()


def _checked(dataset: Dataset, code: str, fields: Iterable[str]) -> list[str]:
    position_of(dataset, code)
    chosen = list(fields)
    for one in chosen:
        column_of(dataset, one)
    if not chosen:
        raise DataError([Problem("調査状況", None, "分野", "1つ以上選んでください")])
    return chosen


def _names(dataset: Dataset, fields: list[str]) -> str:
    return "、".join(dataset.fields.loc[fields, "name"])
