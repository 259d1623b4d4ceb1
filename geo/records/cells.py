"""Read the cells of one record as a person types them, and say at once what is wrong where."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from geo.data.dataset import Dataset, known_words
from geo.data.schema import RECORD_COLUMNS
from geo.data.tables import Column
from geo.errors import DataError, Problem
from geo.imports.places import addresses, points
from geo.imports.reading import mending

# What a form asks for, by kind of record. precision is no cell: it follows from the place.
TYPED: dict[str, dict[str, Column]] = {
    kind: {
        name: column
        for name, column in columns.items()
        if name != next(iter(columns)) and name != "precision"
    }
    for kind, columns in RECORD_COLUMNS.items()
}
LONGEST_CELL = 2_000  # characters; the longest note that ships has 300
LONGEST_NAME = 200
FEWEST_DIGITS = 3  # of a telephone number: 189, #8891
Cells = dict[str, str]


def to_cells(kind: str, row: Mapping[str, Any]) -> Cells:
    """Return a stored record as the texts of a form."""
    return {name: _text(row[name]) for name in TYPED[kind]}


def check(kind: str, given: Mapping[str, str], dataset: Dataset, today: date) -> dict[str, str]:
    """Return, by column, what is wrong with the cells of one record, in Japanese; {} for nothing.

    kind: organisations or services. Asks no store, so that it can follow every key.
    """
    return _read(kind, given, dataset, today)[1]


def to_values(kind: str, given: Mapping[str, str], dataset: Dataset, today: date) -> dict[str, Any]:
    """Return the cells of a form as a stored record; raise DataError that names each bad cell."""
    values, wrong = _read(kind, given, dataset, today)
    if wrong:
        columns = TYPED[kind]
        raise DataError(
            [Problem("入力", None, columns[name].asked, why) for name, why in wrong.items()]
        )
    stored = {name: _stored(value) for name, value in values.items()}
    if kind == "organisations":
        stored["precision"] = _placed(given, dataset)["precision"]
    return stored


def _stored(value: Any) -> Any:
    if isinstance(value, tuple):
        return ";".join(value)
    return None if isinstance(value, float) and pd.isna(value) else value


def _read(
    kind: str, given: Mapping[str, str], dataset: Dataset, today: date
) -> tuple[dict[str, Any], dict[str, str]]:
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    words = known_words(dataset)[kind]
    for name, column in TYPED[kind].items():
        cell = given.get(name, "").strip()
        reason = _unwritable(name, cell)
        if reason:
            wrong[name] = reason
            continue
        if not cell:
            values[name] = column.blank
            if column.required:
                wrong[name] = "空欄です"
            continue
        try:
            values[name] = column.parse(cell)
        except ValueError as error:
            wrong[name] = str(error)
            continue
        known, value = words.get(name), values[name]
        if known and not known.issuperset(value if isinstance(value, tuple) else (value,)):
            wrong[name] = "台帳にない値です"
    more = _check_organisation(given, values, dataset, today) if kind == "organisations" else {}
    if kind == "services" and not pd.isna(values.get("capacity", float("nan"))):
        _, note = mending.capacity(given["capacity"])
        more = {"capacity": note} if note else {}
    return values, wrong | {name: why for name, why in more.items() if name not in wrong}


def _check_organisation(
    given: Mapping[str, str], values: dict[str, Any], dataset: Dataset, today: date
) -> dict[str, str]:
    wrong = {}
    if values.get("checked_on") and values["checked_on"] > today:
        wrong["checked_on"] = f"先の日付です: {values['checked_on']}"
    digits = sum(sign.isdigit() for sign in values.get("phone", ""))
    if values.get("phone") and digits < FEWEST_DIGITS:
        wrong["phone"] = "電話番号ではありません"
    if values.get("url") and mending.url(values["url"])[0] != values["url"]:
        wrong["url"] = "http:// か https:// で始まるアドレスではありません"
    code = values.get("municipality_code", "")
    if values.get("address") and code:
        found = addresses.resolve(values["address"], context=code)
        if found.reason:
            wrong["address"] = found.reason
    if (given.get("lat", "").strip() == "") != (given.get("lon", "").strip() == ""):
        wrong["lat"] = "緯度と経度の片方だけがあります"
    elif given.get("lat", "").strip():
        note = _placed(given, dataset)["mended"]
        if note:
            wrong["lat"] = note
    return wrong


def _placed(given: Mapping[str, str], dataset: Dataset) -> dict[str, Any]:
    """Return code, lat, lon, precision and mended of the place that the cells give."""
    code, address = given.get("municipality_code", ""), given.get("address", "")
    rest = addresses.resolve(address, context=code).rest if code else ""
    row = {"code": code, "rest": rest}
    row |= {name: given.get(name, "").strip() for name in ("lat", "lon")}
    placed = points.locate(pd.DataFrame([row], dtype="str"), points.ground(dataset.boundaries))
    result: dict[str, Any] = placed.iloc[0].to_dict()
    return result


def _unwritable(name: str, cell: str) -> str:
    """Return why a text cannot be kept, '' when it can."""
    if len(cell) > (LONGEST_NAME if name == "name" else LONGEST_CELL):
        return f"長すぎます({len(cell):,}文字)"
    if any(unicodedata.category(sign) in ("Cc", "Cs") and sign != "\n" for sign in cell):
        return "使えない制御文字が入っています"
    return ""


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.15g}"
    return str(value)
