"""Say of a survey round how things stood when it began, who has answered, and what it changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from geo.data.dataset import Dataset
from geo.data.schema import ORGANISATION_COLUMNS, SERVICE_COLUMNS
from geo.data.vocabulary import APPROACHES, CLASSES, FLAGS
from geo.methods.analysis import Analysis, analyse
from geo.methods.desks import desks
from geo.methods.judged import STATES as JUDGED_STATES
from geo.methods.within import towns_range
from geo.parameters import Parameters
from geo.store.rounds import STATES, Round, Town, all_rounds
from geo.store.rounds import towns as towns_of


def snapshot(analysis: Analysis) -> dict[str, Any]:
    """Return classes, states of the fields and flags of the municipalities of the range, as JSON.

    Whoever opens a round keeps it, so that what the round changed can be said later.
    """
    inside = np.flatnonzero(analysis.compared)
    codes = analysis.arrays.codes
    return {
        "version": analysis.dataset.version,
        "fields": list(analysis.arrays.fields),
        "classes": {str(codes[m]): list(map(str, analysis.klass[m])) for m in inside},
        "known": {str(codes[m]): [bool(x) for x in analysis.arrays.surveyed[m]] for m in inside},
        "flags": {str(codes[m]): str(analysis.flag[m]) for m in inside},
        "states": {one.field: one.state for one in analysis.judged},
    }


def analysis_of(dataset: Dataset, round_: Round) -> Analysis:
    """Return the analysis in which the municipalities of a round are compared with each other."""
    return analyse(dataset, Parameters(within=towns_range(round_.codes)))


def with_before(dataset: Dataset, asked: Round) -> Round:
    """Return a round that is to be opened with how things stand now."""
    return replace(asked, before=snapshot(analysis_of(dataset, asked)))


def status_table(
    dataset: Dataset, round_: Round, towns: Mapping[str, Town], today: date
) -> pd.DataFrame:
    """Return one row per municipality of a round: how far it is, and whom to call.

    Columns: code, name, subprefecture, state (a key of STATES), label, sent_on, reminded_on,
    answered_on, confirmed, changed, closed, found, known, empty, questions (numbers), asked_back
    (words), desk, phone (of the municipality, from its published desks; '' where none is
    known), site (of the municipality, to look the number up).
    """
    rows = []
    for code in round_.codes:
        town, at = towns[code], dataset.municipalities.loc[code]
        state = town.state(round_.deadline, today)
        desk, phone = call(dataset, code)
        numbers = {
            name: len(getattr(town.answer, name))
            for name in ("confirmed", "changed", "closed", "found", "known", "empty", "questions")
        }
        rows.append(
            {
                "code": code,
                "name": at["name"],
                "subprefecture": at["subprefecture"],
                "state": state,
                "label": STATES[state],
                "sent_on": town.sent_on,
                "reminded_on": town.reminded_on,
                "answered_on": town.answered_on,
            }
            | numbers
            | {"asked_back": "。".join(town.answer.questions), "desk": desk, "phone": phone}
            | {"site": dataset.municipal_offices.at[code, "url"]}
        )
    return pd.DataFrame(rows)


def call(dataset: Dataset, code: str) -> tuple[str, str]:
    """Return the desk in a municipality to call and its telephone; ('', '') where none is known.

    The welfare desk and the council of social welfare know more than the switchboard.
    """
    found = desks(dataset, code)
    found = found[found["municipality"] == dataset.municipalities.at[code, "name"]]
    if found.empty:
        return "", ""
    layer = found["organisation"].map(dataset.organisations["layer"]).fillna("")
    order = np.select(
        [layer == "madoguchi", found["organisation"] == "", layer == "shakyo"], [0, 1, 2], 3
    )
    first = found.iloc[int(np.argsort(order, kind="stable")[0])]
    return str(first["name"]), str(first["phone"])


def reminders(table: pd.DataFrame) -> pd.DataFrame:
    """Return whom to remind, of `status_table`: who has not answered, and who is asked back."""
    waiting = table[table["state"].isin(["overdue", "sent", "unsent", "questions"])]
    order = {state: place for place, state in enumerate(("overdue", "questions", "sent", "unsent"))}
    return waiting.sort_values(
        "state", key=lambda column: column.map(order), kind="stable", ignore_index=True
    )


def found_table(dataset: Dataset, towns: Mapping[str, Town]) -> pd.DataFrame:
    """Return what was dug out (掘り起こし): 市町村, 名称, 分野, アプローチ of each support found.

    A hidden organisation is counted in its municipality by nobody: it is left out.
    """
    name = ORGANISATION_COLUMNS["name"].label
    field, approaches = (SERVICE_COLUMNS[one].label for one in ("field", "approaches"))
    found = {one: code for code, town in towns.items() for one in town.answer.found}
    offices, names = dataset.organisations, dataset.municipalities["name"]
    mine = dataset.services[dataset.services["organisation"].isin(list(found))]
    rows = [
        {
            "市町村": names[found[row["organisation"]]],
            name: offices.at[row["organisation"], "name"],
            field: dataset.fields.at[row["field"], "name"],
            approaches: "・".join(f"{n} {APPROACHES[n]}" for n in row["approaches"]),
        }
        for row in mine.to_dict("records")
        if offices.at[row["organisation"], "location_public"]
    ]
    return pd.DataFrame(rows, columns=["市町村", name, field, approaches])


def class_changes(dataset: Dataset, round_: Round, after: Analysis) -> pd.DataFrame:
    """Return each class that is another than when the round was opened.

    Columns: 市町村, 分野, 前, 後, 分かったか.
    """
    before, rows = round_.before, []
    place = {str(code): m for m, code in enumerate(after.arrays.codes)}
    for code, classes in before.get("classes", {}).items():
        for c, field in enumerate(before["fields"]):
            if field not in dataset.fields.index or field not in round_.fields:
                continue
            column = dataset.fields.index.get_loc(field)
            now, known = (
                after.klass[place[code], column],
                after.arrays.surveyed[place[code], column],
            )
            newly = bool(known) and not before["known"][code][c]
            if now != classes[c] or newly:
                rows.append(
                    {
                        "市町村": dataset.municipalities.at[code, "name"],
                        "分野": dataset.fields.at[field, "name"],
                        "前": CLASSES[classes[c]],
                        "後": CLASSES[now],
                        "分かったか": "新たに分かった" if newly else "",
                    }
                )
    return pd.DataFrame(rows, columns=["市町村", "分野", "前", "後", "分かったか"])


def field_changes(dataset: Dataset, round_: Round, after: Analysis) -> pd.DataFrame:
    """Return, for each field asked, whether it enters the comparison within the round's range.

    Columns: 分野, 前, 後, わけ. A field enters when all of the range have answered, not before.
    """
    states = round_.before.get("states", {})
    rows = [
        {
            "分野": dataset.fields.at[one.field, "name"],
            "前": JUDGED_STATES.get(states.get(one.field, ""), "記録なし"),
            "後": JUDGED_STATES[one.state],
            "わけ": one.why,
        }
        for one in after.judged
        if one.field in round_.fields
    ]
    return pd.DataFrame(rows, columns=["分野", "前", "後", "わけ"])


def flag_changes(dataset: Dataset, round_: Round, after: Analysis) -> pd.DataFrame:
    """Return the flags within the round's range, before and after, with the reason.

    Columns: 市町村, 前, 後, わけ.
    """
    states = round_.before.get("states", {})
    entered = [
        dataset.fields.at[one.field, "name"]
        for one in after.judged
        if one.state == "entered" and states.get(one.field) != "entered"
    ]
    why = f"{'、'.join(entered)}が比べる範囲で判定に入った" if entered else "判定に入る分野は同じ"
    place = {str(code): m for m, code in enumerate(after.arrays.codes)}
    rows = []
    for code, flag in round_.before.get("flags", {}).items():
        now = str(after.flag[place[code]])
        reason = "変わらない" if now == flag else why
        rows.append(
            {
                "市町村": dataset.municipalities.at[code, "name"],
                "前": FLAGS[flag],
                "後": FLAGS[now],
                "わけ": reason,
            }
        )
    return pd.DataFrame(rows, columns=["市町村", "前", "後", "わけ"])


def sentence(dataset: Dataset, round_: Round, towns: Mapping[str, Town], today: date) -> str:
    """Return how far a round is, in a sentence for screens and plans."""
    states = [town.state(round_.deadline, today) for town in towns.values()]
    done = sum(state in ("answered", "questions") for state in states)
    asked_back = states.count("questions")
    late = states.count("overdue")
    found = len(found_table(dataset, towns)["名称"].unique())
    known = sum(len(town.answer.known) + len(town.answer.empty) for town in towns.values())
    late_words = f"期限を過ぎたのは{late}市町村。" if late else ""
    return (
        f"調査回「{round_.name}」(期限 {round_.deadline.isoformat()}): {len(states)}市町村のうち"
        f"{done}市町村が回答(うち{asked_back}市町村に確かめる点あり)。{late_words}"
        f"新しく見つかった団体{found}件、新たに分かった分野は延べ{known}。"
    )


def of_areas(
    connection: Connection, dataset: Dataset, codes: tuple[str, ...], today: date
) -> tuple[str, ...]:
    """Return how far each round is that asks one of these municipalities, in sentences."""
    return tuple(
        sentence(dataset, one, towns_of(connection, one.id), today)
        for one in all_rounds(connection)
        if set(one.codes) & set(codes)
    )
