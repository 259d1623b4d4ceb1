"""Find which records of the store a filled form means, so that no office is added twice.

A town's form has no ids. An office in it is the one of the same town and name, or of the same telephone
and a name that is nearly the same; where only the name is near, or several records fit, a person is asked.
Records whose location is not public are never compared: to be told that one fits would say where it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

import pandas as pd

from geo.data.names import near as is_near
from geo.data.names import phone_digits, plain_name, same_by_phone
from geo.data.schema import ORGANISATION_COLUMNS, SERVICE_COLUMNS
from geo.imports.naming import Held, Named
from geo.imports.reading.incoming import Refusal

FORMS = frozenset(("template",))  # formats without ids, filled in by hand
NEW = ""  # an answer: it is an office of its own
ASKED = (
    "台帳の「{name}」に似ています。同じ団体なら名称を台帳に合わせ、別の団体なら電話番号か住所を書いて"
    "ください(画面では、どちらかを選べます)"
)
# What a blank of the form leaves as it is, and what the form always says.
ALWAYS = frozenset(("name", "municipality_code", "location_public", "source", "source_date", "checked_on", "confidence"))  # fmt: skip


@dataclass(frozen=True)
class Question:
    """An office of a form that may be one of the store: its key, row and name, and who it may be."""

    key: str
    row: int
    sheet: str
    name: str
    candidates: tuple[tuple[str, str], ...]  # id and name, the nearest first


def meant(
    named: Named, held: Held, secret: Mapping[str, frozenset[str]], answers: Mapping[str, str]
) -> tuple[Named, frozenset[str], tuple[Question, ...]]:
    """Return a form's records under the ids of those that they mean, these ids, and what is asked.

    answers: by key of a question, the id of the record that it is, or NEW. An office that is asked
    about and not answered is left in the form alone.
    """
    incoming = named.incoming
    if incoming.format not in FORMS:
        return named, frozenset(), ()
    given = named.given["organisations"]
    offices = held["organisations"]
    known = offices["listed"] & offices["location_public"].astype(bool) & offices["same_as"].isna()
    known &= ~offices.index.isin(secret["organisations"])
    by_town = dict(iter(offices[known].groupby("municipality_code")))
    ids: dict[str, str] = {}
    questions = []
    for office in incoming.organisations[incoming.organisations["location_public"]].itertuples():
        one = str(office.Index)
        if one not in given:
            continue
        certain, near = _fitting(office, by_town.get(office.municipality_code))
        answer = answers.get(given[one])
        if answer is not None and answer in {key for key, _ in (*certain, *near)}:
            ids[one] = answer
        elif answer is None and len(certain) == 1:
            ids[one] = certain[0][0]
        elif answer is None and (certain or near):
            questions.append(
                Question(
                    given[one],
                    int(office.file_row),
                    str(office.sheet),
                    str(office.name),
                    (*certain, *near),
                )
            )
    asked = {question.key for question in questions}
    renamed, moved = _renamed(named, held, ids, asked)
    return renamed, frozenset([*ids.values(), *moved]), tuple(questions)


def refusals(questions: tuple[Question, ...], file: str) -> list[Refusal]:
    """Return what is not taken in until somebody has said which record it is."""
    label = ORGANISATION_COLUMNS["name"].label
    return [
        Refusal(file, one.row, label, one.name, ASKED.format(name=one.candidates[0][1]), one.sheet)
        for one in questions
    ]


def _fitting(
    office: object, there: pd.DataFrame | None
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return the records of a town that an office is, and those that it may be."""
    certain: list[tuple[str, str]] = []
    near: list[tuple[float, tuple[str, str]]] = []
    if there is None:
        return certain, []
    name = plain_name(str(office.name))  # type: ignore[attr-defined]
    phone = phone_digits(str(office.phone))  # type: ignore[attr-defined]
    for key, other, number in zip(there.index, there["name"], there["phone"], strict=True):
        theirs, digits = plain_name(other), phone_digits(number)
        alike = SequenceMatcher(None, name, theirs).ratio()
        if name == theirs or same_by_phone(alike, phone, digits):
            certain.append((str(key), str(other)))
        elif is_near(alike) and not (phone and digits):
            near.append((alike, (str(key), str(other))))
    return certain, [pair for _, pair in sorted(near, reverse=True)]


def _renamed(
    named: Named, held: Held, ids: dict[str, str], asked: set[str]
) -> tuple[Named, list[str]]:
    """Return the records under other ids, and those of services; blanks leave what is known."""
    incoming = named.incoming
    left = {one for one, key in named.given["organisations"].items() if key in asked}
    offices = incoming.organisations[~incoming.organisations.index.isin(left)].copy()
    offered = incoming.services[~incoming.services["organisation"].isin(left)].copy()
    before = held["organisations"]
    for one, key in ids.items():
        for column in ORGANISATION_COLUMNS:
            if column in offices and column not in ALWAYS and _blank(offices.at[one, column]):
                offices.at[one, column] = before.at[key, column]
        if offices.at[one, "precision"] != "point" and before.at[key, "address"] == offices.at[one, "address"]:  # fmt: skip
            for column in ("lat", "lon", "precision"):
                offices.at[one, column] = before.at[key, column]
        if offices.at[one, "layer"] == "other":
            offices.at[one, "layer"] = before.at[key, "layer"]
    offices = offices.rename(index=ids)
    offices = offices[~offices.index.duplicated()]
    offices.index.name = "organisation"
    offered["organisation"] = offered["organisation"].replace(ids)
    theirs = held["services"]
    theirs = theirs[theirs["listed"] & theirs["organisation"].isin(ids.values())]
    by_field = {
        pair: str(key)
        for key, pair in zip(
            reversed(theirs.index),
            reversed([*zip(theirs["organisation"], theirs["field"], strict=True)]),
            strict=True,
        )
    }
    moved = {}
    for key, office, field in zip(offered.index, offered["organisation"], offered["field"], strict=True):  # fmt: skip
        if key in named.given["services"] and (office, field) in by_field:
            moved[str(key)] = by_field.pop((office, field))
    for key, other in moved.items():
        for column in SERVICE_COLUMNS:
            if column in offered and _blank(offered.at[key, column]):
                offered.at[key, column] = theirs.at[other, column]
    offered = offered.rename(index=moved)
    offered.index.name = "service"
    gone = {"organisations": {*ids, *left}, "services": set(moved)}
    given = {
        kind: {one: key for one, key in keys.items() if one not in gone[kind]}
        for kind, keys in named.given.items()
    }
    changed = replace(incoming, organisations=offices, services=offered)
    return replace(named, incoming=changed, given=given), list(moved.values())


def _blank(cell: object) -> bool:
    if isinstance(cell, float):
        return math.isnan(cell)
    return cell is None or (isinstance(cell, (str, tuple)) and not cell)
