"""Check the tables of this folder against each other, by a second reading of its own.

The loader of the app checks a cell against its column. This script does not use it: it reads the
files as plain text and asks what a careful clerk would ask of them (codes with their check digit,
ids that were never used before, areas, sources, dates, shapes of telephone numbers, sums).

    python -m data.check_tables
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pandas as pd

from geo.data.ids import is_opaque

FOLDER = Path(__file__).resolve().parent
MUNICIPALITIES = 179
WIDE_AREAS = {"nation", "prefecture"}
MODES = {"place", "outreach", "delivery", "phone", "online"}
APPROACHES = {"1", "2", "3"}
CONFIDENCE = {"A", "B", "C"}
PRECISIONS = {"point", "block", "address", "municipality", ""}
COMPLETE_FOR = {"location", "responsibility", "phone", "law"}
PLACE_COLUMNS = ["municipality_code", "postal_code", "address", "lat", "lon", "precision"]
LISTED_AREAS = {"jiritsu": "poverty", "fukushi_jimusho": "single_parent"}
EARLIEST = 1990

# A number that can be dialled from anywhere, or one without its area code that says so; each may
# say in brackets whose it is.
DIALLED = r"(?:#\d{4}|188|0(?:120|570|800)-[\d-]{6,8}|0\d{1,4}-\d{1,4}-\d{2,4})"
LOCAL = r"\d{2,4}-\d{4}\(市外局番は出典に記載なし\)"
PHONE = re.compile(rf"(?:{DIALLED}(?:\([^()/]+\))?|{LOCAL})")
DATED = re.compile(r"(?:19|20)\d{2}|平成|令和|日付不明")
YEAR = re.compile(r"(?<![\d-])((?:19|20)\d{2})(?!\d)")
# Pages that are no source of a fact of Hokkaido, and those of other prefectures
NO_SOURCE = re.compile(r"kotobank\.jp|pref\.(?!hokkaido)[a-z]+\.(?:lg\.)?jp")
ELSEWHERE = re.compile(r"fukushima-kyojushien\.jp|saihanboushi-yamaguchi\.jp")

# What the publisher's file sums to (統計でみる市区町村のすがた, SSDSE-A-2026)
SUMS = {
    "foreign_residents_2020": 34_321,
    "pop_75plus_2020": 848_273,
    "employed_2020": 2_347_270,
    "unemployed_2020": 102_125,
    "divorces_2023": 8_629,
    "births_2023": 24_430,
    "deaths_2023": 75_120,
    "general_hospitals_2023": 464,
    "clinics_2023": 3_403,
    "doctors_2022": 13_613,
    "nurseries_2023": 790,
    "kindergartens_2024": 322,
    "elementary_schools_2024": 934,
    "junior_high_schools_2024": 557,
    "compulsory_schools_2024": 29,
    "high_schools_2024": 271,
    "community_halls_2021": 364,
    "libraries_2021": 165,
    "medical_welfare_establishments_2021": 19_946,
    "medical_welfare_employees_2021": 352_552,
    "municipal_staff_2024": 33_837,
    "welfare_spending_2022_thousand_yen": 1_227_419_283,
}

Tables = dict[str, pd.DataFrame]
Check = Callable[[Tables], Iterator[str]]


def read(name: str) -> pd.DataFrame:
    """Return a table of this folder, every cell as text."""
    return pd.read_csv(FOLDER / f"{name}.csv", dtype=str, keep_default_na=False)


def valid_code(code: str) -> bool:
    """Tell whether a text is a 6-digit local government code with the right last digit."""
    if not re.fullmatch(r"\d{6}", code):
        return False
    weighted = sum(
        int(digit) * weight for digit, weight in zip(code, range(6, 1, -1), strict=False)
    )
    return str((11 - weighted % 11) % 10) == code[5]


def words(cell: str) -> list[str]:
    """Return the parts of a `;`-separated cell."""
    return [part for part in cell.split(";") if part]


def check_codes(tables: Tables) -> Iterator[str]:
    """Look for codes that are none of the 179, check digit included."""
    towns = set(tables["municipalities"]["code"])
    if len(towns) != MUNICIPALITIES:
        yield f"municipalities: {len(towns)} codes"
    yield from (f"municipalities: {code}" for code in towns if not valid_code(code))
    for name in ("municipal_offices", "statistics"):
        if list(tables[name]["code"]) != list(tables["municipalities"]["code"]):
            yield f"{name}: not the 179 codes in their order"
    for row in tables["organisations"].itertuples():
        if row.municipality_code and row.municipality_code not in towns:
            yield f"{row.organisation}: {row.municipality_code}"
    for row in tables["services"].itertuples():
        strange = set(words(row.service_area)) - towns - WIDE_AREAS
        if strange:
            yield f"{row.service}: area {sorted(strange)}"
        if WIDE_AREAS & set(words(row.service_area)) and len(words(row.service_area)) > 1:
            yield f"{row.service}: a wide area beside codes"


def check_ids(tables: Tables) -> Iterator[str]:
    """Look for ids that stand twice, break the pattern or were used before."""
    retired = tables["retired"]
    for name, key in (("organisations", "organisation"), ("services", "service")):
        ids = tables[name][key]
        yield from (f"{name}: {each} twice" for each in ids[ids.duplicated()])
        used = set(retired.loc[retired["kind"] == key, "id"])
        yield from (f"{name}: {each} was retired" for each in sorted(used & set(ids)))
        successors = retired.loc[(retired["kind"] == key) & (retired["successor"] != "")]
        for row in successors.itertuples():
            if row.successor not in set(ids):
                yield f"retired: {row.id} leads to {row.successor}, which is not there"
    for each in tables["organisations"]["organisation"]:
        if not is_opaque("organisations", each):
            yield f"organisations: {each}: run python -m data.renumber"
    known = set(tables["organisations"]["organisation"])
    for row in tables["services"].itertuples():
        if row.organisation not in known:
            yield f"{row.service}: no organisation {row.organisation}"
        if not is_opaque("services", row.service):
            yield f"services: {row.service}: run python -m data.renumber"
    served = set(tables["services"]["organisation"])
    yield from (f"{each}: offers nothing" for each in sorted(known - served))


def check_words(tables: Tables) -> Iterator[str]:
    """Look for fields, layers, modes, approaches and kinds that are no known words."""
    layers, fields = set(tables["layers"]["layer"]), set(tables["fields"]["field"])
    for row in tables["organisations"].itertuples():
        if row.layer not in layers:
            yield f"{row.organisation}: layer {row.layer}"
        if row.precision not in PRECISIONS or row.location_public not in {"yes", "no"}:
            yield f"{row.organisation}: {row.precision} {row.location_public}"
    for name, key in (("services", "service"), ("desks_by_law", "desk")):
        for _, row in tables[name].iterrows():
            bad = (
                row["field"] not in fields
                or not set(words(row["approaches"])) <= APPROACHES
                or not set(words(row["modes"])) <= MODES
                or not row["approaches"]
                or not row["modes"]
            )
            if bad:
                yield f"{name}: {row[key]}: {row['field']} {row['approaches']} {row['modes']}"
    for _, row in tables["desks_by_law"].iterrows():
        if row["layer"] not in layers:
            yield f"desks_by_law: {row['desk']}: layer {row['layer']}"
    layer_rows = [row for _, row in tables["layers"].iterrows()]
    names = {row["name"] for row in layer_rows}
    names |= {f"{row['name']}:{kind}" for row in layer_rows for kind in words(row["kinds"])}
    for _, row in tables["fields"].iterrows():
        if not set(words(row["judged_by"])) <= names:
            yield f"fields: {row['field']}: judged by {row['judged_by']}"
        if row["same_desks_as"] and row["same_desks_as"] not in fields:
            yield f"fields: {row['field']}: same desks as {row['same_desks_as']}"
    for _, row in tables["needs"].iterrows():
        if not row["fields"] or not set(words(row["fields"])) <= fields:
            yield f"needs: {row['need']}: {row['fields']}"
    types, columns = set(tables["service_types"]["type"]), set(tables["statistics"].columns)
    for _, row in tables["layers"].iterrows():
        if not set(words(row["kinds"])) <= types:
            yield f"layers: {row['layer']}: kinds"
        if row["count_column"] and row["count_column"] not in columns:
            yield f"layers: {row['layer']}: {row['count_column']}"


def check_sources(tables: Tables) -> Iterator[str]:
    """Look for facts without source, and for sources that are none or count too much."""
    for name, key in (
        ("organisations", "organisation"),
        ("services", "service"),
        ("desks_by_law", "desk"),
    ):
        for _, row in tables[name].iterrows():
            which, parts = f"{name}: {row[key]}", row["source"].split(" | ")
            if not row["source"].strip() or "" in parts:
                yield f"{which}: blank source"
            if len(set(parts)) != len(parts):
                yield f"{which}: the same source twice"
            if row["confidence"] not in CONFIDENCE:
                yield f"{which}: confidence {row['confidence']}"
            if any(NO_SOURCE.search(part) for part in parts):
                yield f"{which}: {row['source']}"
            if row["confidence"] != "C" and all(ELSEWHERE.search(part) for part in parts):
                yield f"{which}: only pages of another prefecture, yet not C"
    for _, row in tables["municipal_offices"].iterrows():
        for fact in ("address", "phone", "url"):
            given = {bool(row[column]) for column in (fact, f"{fact}_source", f"{fact}_date")}
            if len(given) > 1:
                yield f"municipal_offices: {row['code']}: {fact} without source or date"


def check_dates(tables: Tables) -> Iterator[str]:
    """Look for dates that are none or lie ahead."""
    today = date.today()
    for name in ("organisations", "services", "desks_by_law"):
        for _, row in tables[name].iterrows():
            which, cell = f"{name}: {row.iloc[0]}", row["source_date"]
            if not DATED.search(cell):
                yield f"{which}: date {cell!r}"
            for year in map(int, YEAR.findall(cell)):
                if not EARLIEST <= year <= today.year:
                    yield f"{which}: year {year}"
            for day in re.findall(r"\d{4}-\d{2}-\d{2}", cell):
                if date.fromisoformat(day) > today:
                    yield f"{which}: {day} lies ahead"
    for row in tables["organisations"].itertuples():
        if date.fromisoformat(row.checked_on) > today:
            yield f"{row.organisation}: checked on {row.checked_on}"


def check_numbers(tables: Tables) -> Iterator[str]:
    """Look for telephone numbers and postal codes that cannot be."""
    for name in ("organisations", "municipal_offices"):
        for _, row in tables[name].iterrows():
            for part in filter(None, row["phone"].split("/")):
                digits = re.sub(r"\(.*\)|\D", "", part)
                if not PHONE.fullmatch(part):
                    yield f"{name}: {row.iloc[0]}: {part}"
                elif part.startswith("0") and len(digits) not in (10, 11):
                    yield f"{name}: {row.iloc[0]}: {len(digits)} digits: {part}"
            if row["postal_code"] and not re.fullmatch(r"0[0-9]\d{5}", row["postal_code"]):
                yield f"{name}: {row.iloc[0]}: postal code {row['postal_code']}"


def check_places(tables: Tables) -> Iterator[str]:
    """Look for addresses outside their municipality, and for places that should be hidden."""
    names = dict(
        zip(tables["municipalities"]["code"], tables["municipalities"]["name"], strict=True)
    )
    for _, row in tables["organisations"].iterrows():
        which = row["organisation"]
        if row["location_public"] == "no":
            if "".join(row[PLACE_COLUMNS]):
                yield f"{which}: hidden, yet it has a place"
            published = row["name"] + row["operator"]
            told = [n for n in names.values() if n in row["note"] and n not in published]
            if told:
                yield f"{which}: hidden, yet the note names {told}"
        elif row["address"] and not row["municipality_code"]:
            yield f"{which}: an address without a municipality"
        elif row["address"] and names[row["municipality_code"]] not in row["address"]:
            yield f"{which}: {row['address']} is not in {names[row['municipality_code']]}"
        elif (row["precision"] == "") == bool(row["municipality_code"]):
            yield f"{which}: precision {row['precision']!r}"
    for _, row in tables["municipal_offices"].iterrows():
        if row["address"] and names[row["code"]] not in row["address"]:
            yield f"municipal_offices: {row['code']}: {row['address']}"
        if not row["name"].startswith(names[row["code"]]):
            yield f"municipal_offices: {row['code']}: {row['name']}"


def check_responsibility(tables: Tables) -> Iterator[str]:
    """Look for municipalities not in exactly one area of the desks the prefecture lists."""
    layer = tables["organisations"].set_index("organisation")["layer"]
    services = tables["services"].assign(layer=tables["services"]["organisation"].map(layer))
    for name, field in LISTED_AREAS.items():
        areas = services.loc[(services["layer"] == name) & (services["field"] == field)]
        count = Counter(code for cell in areas["service_area"] for code in words(cell))
        for code in tables["municipalities"]["code"]:
            if count[code] != 1:
                yield f"{name}: {code} is in {count[code]} areas"


def check_layers(tables: Tables) -> Iterator[str]:
    """Compare what stands in a complete layer with its official total."""
    organisations, services = tables["organisations"], tables["services"]
    layer = organisations.set_index("organisation")["layer"]
    for _, row in tables["layers"].iterrows():
        which, here = f"layers: {row['layer']}", int((organisations["layer"] == row["layer"]).sum())
        if row["complete"] not in {"yes", "no"} or row["staffed_by_people"] not in {"yes", "no"}:
            yield f"{which}: yes or no"
        if not set(words(row["complete_for"])) <= COMPLETE_FOR:
            yield f"{which}: complete for {row['complete_for']}"
        if (row["complete"] == "yes") != bool(row["complete_for"]):
            yield f"{which}: complete {row['complete']}, for {row['complete_for']!r}"
        if bool(row["official_total"]) != bool(row["official_total_source"]):
            yield f"{which}: a total without a source"
        if row["complete"] != "yes":
            continue
        total = int(row["official_total"])
        if row["count_column"]:
            here = int(tables["statistics"][row["count_column"]].astype(int).sum())
        elif row["complete_for"] == "law":
            here = total if row["layer"] in set(tables["desks_by_law"]["layer"]) else 0
        elif row["layer"] == "jiritsu":  # the list counts areas; a desk may have several
            mine = services["organisation"].map(layer) == "jiritsu"
            here = int((mine & (services["field"] == "poverty")).sum())
        if here != total:
            yield f"{which}: {here} of {total}"


def check_statistics(tables: Tables) -> Iterator[str]:
    """Compare the statistics with their descriptions and the publisher's sums."""
    frame, items = tables["statistics"], tables["statistics_items"]
    if list(frame.columns) != ["code", *items["column"]] or list(items["column"]) != list(SUMS):
        yield "statistics: columns, items and sums differ"
        return
    for name, total in SUMS.items():
        if not frame[name].str.fullmatch(r"\d+").all():
            yield f"statistics: {name}: a cell is not a number"
        elif frame[name].astype(int).sum() != total:
            yield f"statistics: {name}: {frame[name].astype(int).sum():,}, not {total:,}"
    for _, row in items.iterrows():
        if not all(row[column] for column in ("label", "item", "year", "unit", "source")):
            yield f"statistics_items: {row['column']}"


NAMES = (
    "municipalities",
    "fields",
    "needs",
    "layers",
    "organisations",
    "services",
    "retired",
    "desks_by_law",
    "municipal_offices",
    "statistics",
    "statistics_items",
    "service_types",
)
CHECKS: tuple[Check, ...] = (
    check_codes,
    check_ids,
    check_words,
    check_sources,
    check_dates,
    check_numbers,
    check_places,
    check_responsibility,
    check_layers,
    check_statistics,
)


def problems() -> list[str]:
    """Return everything that is wrong in the tables of this folder."""
    tables = {name: read(name) for name in NAMES}
    return [problem for check in CHECKS for problem in check(tables)]


def main() -> int:
    """Print what is wrong and return how the script ends: 0 when nothing is."""
    found = problems()
    for problem in found:
        print(problem)
    print(f"{len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
