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
    "consumer": "消費生活センターの区分",
    ANY: "どの表にも使う言葉",
}
# The schemes whose types are terms of a law, in the order in which they name an equal term.
LAWS = ("wam", "kaigo", "child", "medical")
DISABILITY_RE = re.compile(
    r"障害|障がい|障碍|放課後等デイ|児童発達支援|就労継続|就労移行|就労定着|共生型|自立訓練|生活訓練"
)
# A name with one of these is no office that gives support, whatever else stands in it.
NO_OFFICE_RE = re.compile(
    r"跡地|跡$|駐車場|公園|広場$|グラウンド|球場|ドーム|体育館|スポーツ|予定地|避難場所|墓地|停留所|バス停|神社|キャンプ場|プール|競技場|運動"
)
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


def shipped_types() -> pd.DataFrame:
    """Return the table that ships."""
    return _checked(DATA_DIRECTORY, None, None)


@lru_cache(maxsize=4)
def _checked(
    directory: Path, fields: tuple[str, ...] | None, layers: tuple[str, ...] | None
) -> pd.DataFrame:
    table, problems = read_service_types(directory, fields, layers)
    if problems:
        raise DataError(problems)
    return table


def match_types(
    cells: pd.Series, scheme: str, table: pd.DataFrame, *, names: bool = False
) -> pd.Series:
    """Return, for each cell, the row of the table that it means, or -1.

    The longest type that the cell contains wins, first among those of the scheme, then, where the
    list is of no scheme, among those of the laws on care, disability, children and medicine, and
    then among the words of any scheme: 介護予防訪問看護 is 訪問看護, 歯科診療所 is not 診療所,
    生活介護 is no 介護. A list most of whose kinds are of disability names nothing for the elderly.
    names: the cells are names, which hint at a kind and do not say it.
    """
    unique = [str(cell) for cell in cells.unique()]
    found = {cell: _match(cell, scheme, table, names=names) for cell in unique}
    disabled = scheme in (ANY, "wam") and not names and _of_disability(unique, table)
    fields = table["field"].to_numpy()
    for cell, line in found.items():
        if line >= 0 and fields[line] == "elderly" and (disabled or speaks_of_disability(cell)):
            found[cell] = _elsewhere(cell, table)
    return cells.map(found).astype(int)


def speaks_of_disability(cell: str) -> bool:
    """Tell whether a kind or a name is of the laws on disability, whatever else stands in it."""
    return bool(DISABILITY_RE.search(_plain(cell)))


def _of_disability(cells: list[str], table: pd.DataFrame) -> bool:
    """Tell whether the kinds of a list are mostly whole terms of the law on disability."""
    wam = {kind for _, kind in _types(table, "wam")}
    kaigo = {kind for _, kind in _types(table, "kaigo")}
    words = [_plain(cell) for cell in cells]
    by_law = sum(word in wam or speaks_of_disability(word) for word in words)
    return by_law > 0 and by_law > sum(word in kaigo - wam for word in words)


def _elsewhere(cell: str, table: pd.DataFrame) -> int:
    """Return what a cell of a list on disability means, -1 rather than something for the elderly."""
    line = _best(cell, "wam", table)
    if line < 0 and speaks_of_disability(cell):
        kinds = {kind: row for row, kind in _types(table, ANY)}
        line = kinds.get("障害", -1)
    return line


def _match(cell: str, scheme: str, table: pd.DataFrame, *, names: bool) -> int:
    if not _plain(cell) or (names and NO_OFFICE_RE.search(cell)):
        return -1
    line = _best(cell, scheme, table) if scheme != ANY else -1
    if line < 0 and scheme == ANY and not names:
        # The longest term of any law; what two laws call the same is the one on disability's.
        lines = [found for law in LAWS if (found := _best(cell, law, table)) >= 0]
        kinds = {line: len(_plain(table["type"].iloc[line])) for line in lines}
        line = max(lines, key=lambda each: kinds[each], default=-1)
        general = _best(cell, ANY, table)
        if general >= 0 and len(_plain(table["type"].iloc[general])) > kinds.get(line, 0):
            line = general
    return line if line >= 0 else _best(cell, ANY, table)


def _best(cell: str, scheme: str, table: pd.DataFrame) -> int:
    words, best, length = _plain(cell), -1, 0
    for position, kind in _types(table, scheme):
        if len(kind) > length and (words == kind if kind.isdigit() else kind in words):
            best, length = position, len(kind)
    return best


def _types(table: pd.DataFrame, scheme: str) -> list[tuple[int, str]]:
    kept = _plain_types.get(id(table))
    if kept is None or kept[0] is not table:
        _plain_types.clear()
        by_scheme: dict[str, list[tuple[int, str]]] = {}
        for row, (of, kind) in enumerate(zip(table["scheme"], table["type"], strict=True)):
            by_scheme.setdefault(str(of), []).append((row, _plain(str(kind))))
        kept = _plain_types[id(table)] = table, by_scheme
    return kept[1].get(scheme, [])


# By identity: a frame has no hash, and one table serves every file.
_plain_types: dict[int, tuple[pd.DataFrame, dict[str, list[tuple[int, str]]]]] = {}


def _plain(cell: str) -> str:
    plain = unicodedata.normalize("NFKC", cell).casefold()
    return re.sub(r"[\s・･（）()「」／/]", "", plain)
