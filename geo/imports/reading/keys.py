"""Say which rows are one organisation and one service, by keys that last from edition to edition."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from geo.data.dataset import Dataset
from geo.imports.places.addresses import code_from_cell
from geo.imports.places.gazetteer import normal
from geo.imports.reading.headers import Format
from geo.imports.reading.incoming import Account

OFFICE_NUMBER = 10  # digits of a 事業所番号; those of Hokkaido begin with 01


@dataclass(frozen=True, eq=False)
class Kinds:
    """Which services the rows offer.

    found: row, kind (words), type (line of the table of service types, -1 where the row names
    its field itself). types: that table. words: what was looked up. guessed: rows whose name alone
    hints at it. The masks tell rows without a
    service: of a kind that is not counted, of an unknown kind; and rows of which some kinds are
    unknown.
    """

    found: pd.DataFrame
    types: pd.DataFrame
    words: pd.Series
    uncounted: np.ndarray
    unknown: np.ndarray
    partly: np.ndarray
    guessed: np.ndarray


@dataclass(frozen=True, eq=False)
class Rows:
    """All that is known of a file's rows, before they become records; dataset: its words."""

    dataset: Dataset
    cells: Mapping[str, pd.Series]
    places: pd.DataFrame
    kinds: Kinds
    format: Format
    source: str
    edition: str
    on: date
    key_source: str  # the source without its part: a key stays when a list is published in parts


def give_keys(rows: Rows, offices: pd.DataFrame) -> None:
    """Give every row the key of its organisation, stable from one edition to the next."""
    ids = rows.cells["id"].str.normalize("NFKC").str.replace(r"[^0-9A-Za-z\-]", "", regex=True)
    key = rows.format.key
    town = rows.places["code"]
    plain = rows.cells["name"].map({n: normal(n) for n in rows.cells["name"].unique()})
    whole = rows.key_source + "\0" + plain + "\0" + town + "\0" + rows.places["address"].map(normal)
    by_name = pd.Series([f"{key}-{_digest(each)}" for each in whole.tolist()], dtype="str")
    if key == "shigen":
        own = rows.cells["organisation"]
        offices["organisation"] = own.where(own != "", by_name)
        return
    if key == "hsds":
        offices["organisation"] = (key + "-" + ids).where(ids != "", by_name)
        return
    offices["organisation"] = by_name
    if key in ("kaigo", "wamnet"):
        numbers = ids.where(~ids.str.fullmatch(r"[0-9]{9}"), "0" + ids)
        good = numbers.str.fullmatch(rf"[0-9A-Za-z]{{{OFFICE_NUMBER}}}").to_numpy(dtype=bool)
        found = "kaigo-" + numbers if key == "kaigo" else "wam-" + numbers
        if key == "kaigo":  # a branch in another municipality shares the number
            first = town[good].groupby(numbers[good]).transform("min").reindex(town.index)
            found = found.where((town == first) | ~good, found + "-" + town)
        else:  # one number names several offices there, so the name belongs to the key
            found = found + "-" + pd.Series([_digest(each)[:6] for each in plain + "\0" + town], dtype="str")  # fmt: skip
        offices["organisation"] = found.where(good, by_name)
    elif key in ("hokkaido_medical", "standard_kaigo", "standard_medical", "standard_child", "standard_public", "standard_program"):  # fmt: skip
        running = pd.to_numeric(ids, errors="coerce").lt(100_000).all()  # a running number moves
        running &= key != "standard_program"
        # The code as it is meant: an edition that lost its leading 0 names the same town.
        cells = rows.cells["publisher_code"].str.strip()
        town_names = rows.cells["publisher"]
        meant = {
            pair: code_from_cell(*pair)[0] or pair[0]
            for pair in set(zip(cells, town_names, strict=True))
        }
        publisher = pd.Series(
            [meant[pair] for pair in zip(cells, town_names, strict=True)], dtype="str"
        )
        good = (ids != "") & ~ids.duplicated(keep=False) & (not running)
        offices["organisation"] = (key + "-" + publisher + "-" + ids).where(good, by_name)


def refuse_doubled(
    rows: Rows, account: Account, offices: pd.DataFrame, offered: pd.DataFrame
) -> None:
    """Tell a second place of one office apart by its address; refuse a row that says the same."""
    if rows.format.key == "shigen":
        return
    address = rows.places["address"].map(normal)
    lines = pd.DataFrame(
        {
            "row": offered["row"],
            "key": offices["organisation"].to_numpy()[offered["row"]],
            "kind": offered["kind"].where(offered["kind"] != "", offered["field"]),
            "address": address.to_numpy()[offered["row"]],
        }
    )
    lines = lines[account.kept[lines["row"]]]
    group = lines.groupby(["key", "kind"])["address"]
    elsewhere = (lines["address"] != group.transform("min")) & (lines["address"] != "")
    moved = lines[elsewhere & (group.transform("nunique") > 1)].drop_duplicates("row")
    for row, key, place in moved[["row", "key", "address"]].itertuples(index=False):
        offices.at[row, "organisation"] = f"{key}-{_digest(place)[:4]}"
    lines["key"] = offices["organisation"].to_numpy()[lines["row"]]
    doubled = lines[lines.duplicated(["key", "kind"])]
    fresh = set(lines["row"][~lines.duplicated(["key", "kind"])])
    first = lines.drop_duplicates(["key", "kind"]).set_index(["key", "kind"])["row"]
    which = np.zeros(len(account.rows), dtype=bool)
    reasons = pd.Series([""] * len(account.rows), dtype=object)
    for row, key, kind in doubled[["row", "key", "kind"]].itertuples(index=False):
        if row not in fresh:
            which[row] = True
            reasons[row] = f"{account.rows[first[key, kind]]}行目と同じ団体・同じ支援です"
    account.refuse(which, "name", rows.cells["name"], reasons)


def service_ids(rows: Rows, services: pd.DataFrame) -> pd.Series:
    """Return the id of each service: its own, else made of organisation, field and kind."""
    own = rows.cells["service"].to_numpy()[services["row"]]
    label = services["kind"].where(services["kind"] != "", services["field"])
    tails = {kind: _digest(kind)[:6] for kind in label.unique()}
    made = services["organisation"] + "-" + services["field"] + "-" + label.map(tails).astype("str")
    return made.where(own == "", own)


def merged_offices(offices: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each organisation: its first, blanks filled from its others."""
    doubled = offices["organisation"].duplicated(keep=False)
    merged = offices[~offices["organisation"].duplicated()].set_index("organisation")
    several = offices[doubled]
    for column in ("operator", "phone", "url", "address"):
        blank = merged.index[(merged[column] == "") & merged["location_public"]]
        others = several[(several[column] != "") & several["organisation"].isin(blank)]
        fill = others.drop_duplicates("organisation").set_index("organisation")[column]
        merged.loc[fill.index, column] = fill
    return merged


def _digest(text: str) -> str:
    return hashlib.sha1(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()[
        :12
    ]
