"""Say which field a kind of service belongs to, by a table that a planner can edit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path

import pandas as pd

from geo.data.dataset import DATA_DIRECTORY, Dataset, current_directory
from geo.data.tables import Column, choice, read_table, several, spreadsheet_row, text, yes
from geo.data.vocabulary import APPROACHES, MODES
from geo.errors import DataError, Problem

FILE = "service_types.csv"
ANY = "any"
SCHEMES = {
    "kaigo": "介護サービスの種類",
    "wam": "障害福祉サービスの種別",
    "medical": "医療機関の種類",
    "child": "子育て施設の種別",
    "public": "公共施設のPOIコードか名称",
    "program": "支援制度の分類か名称",
    ANY: "どの表にも使う言葉",
}
TYPE_COLUMNS = {
    "scheme": Column(choice(SCHEMES)),
    "type": Column(text),
    "field": Column(text, required=False),  # blank: known, and counted in no field
    "approaches": Column(several(choice(APPROACHES)), required=False, blank=()),
    "modes": Column(several(choice(MODES)), required=False, blank=()),
    "layer": Column(text, required=False),
    "location_public": Column(yes),
    "target": Column(text, required=False),
    "note": Column(text, required=False),
}


def read_service_types(
    directory: Path, fields: Collection[str] | None, layers: Collection[str] | None
) -> tuple[pd.DataFrame, list[Problem]]:
    """Read the table of a directory; return it with every cell that names nothing known.

    fields, layers: what is known; None for whatever the table names.
    """
    table, problems = read_table(directory / FILE, TYPE_COLUMNS)
    for position, row in enumerate(table.itertuples()):
        for column, known in (("field", fields), ("layer", layers)):
            cell = getattr(row, column)
            if row.field and known is not None and cell not in known:
                reason = f"台帳にない値です: {cell!r}"
                problems.append(Problem(FILE, spreadsheet_row(position), column, reason))
        if row.field and not (row.approaches and row.modes):
            reason = "分野があるのにアプローチか提供方法が空欄です"
            problems.append(Problem(FILE, spreadsheet_row(position), "modes", reason))
    doubled = table.duplicated(["scheme", "type"]).to_numpy().nonzero()[0]
    for position in doubled:
        reason = f"重複しています: {table['type'].iloc[position]!r}"
        problems.append(Problem(FILE, spreadsheet_row(int(position)), "type", reason))
    return table, problems


def service_types(dataset: Dataset, directory: Path | None = None) -> pd.DataFrame:
    """Return the table of a directory, by default of the data in use, checked for a dataset.

    A directory without one uses the table that ships, whatever the dataset. Raises DataError where
    a cell names neither a field nor a layer of the dataset.
    """
    directory = directory or current_directory()
    if (directory / FILE).exists():
        return _checked(directory, tuple(dataset.fields.index), tuple(dataset.layers.index))
    return _checked(DATA_DIRECTORY, None, None)


@lru_cache(maxsize=4)
def _checked(
    directory: Path, fields: tuple[str, ...] | None, layers: tuple[str, ...] | None
) -> pd.DataFrame:
    table, problems = read_service_types(directory, fields, layers)
    if problems:
        raise DataError(problems)
    return table


def match_types(cells: pd.Series, scheme: str, table: pd.DataFrame) -> pd.Series:
    """Return, for each cell, the row of the table that it means, or -1.

    The longest type that the cell contains wins, first among those of the scheme, then among
    those of any scheme: 介護予防訪問看護 is 訪問看護, 歯科診療所 is not 診療所.
    """
    unique = pd.Series(cells.unique(), dtype="str")
    found = {cell: _match(cell, scheme, table) for cell in unique}
    return cells.map(found).astype(int)


def _match(cell: str, scheme: str, table: pd.DataFrame) -> int:
    words = _plain(cell)
    if not words:
        return -1
    for wanted in dict.fromkeys((scheme, ANY)):
        best, length = -1, 0
        for position, kind in _types(table, wanted):
            if len(kind) > length and (words == kind if kind.isdigit() else kind in words):
                best, length = position, len(kind)
        if best >= 0:
            return best
    return -1


def _types(table: pd.DataFrame, scheme: str) -> list[tuple[int, str]]:
    rows = (table["scheme"] == scheme).to_numpy().nonzero()[0]
    return [(int(row), _plain(table["type"].iloc[row])) for row in rows]


def _plain(cell: str) -> str:
    plain = unicodedata.normalize("NFKC", cell).casefold()
    return re.sub(r"[\s・･（）()「」／/]", "", plain)
