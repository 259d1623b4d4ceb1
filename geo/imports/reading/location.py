"""Find the municipality and the point of every row of a table, by what its form says where."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geo.imports.places.addresses import code_from_cell, is_code_elsewhere, resolve, resolve_all
from geo.imports.places.gazetteer import PREFECTURES, names_by_code
from geo.imports.places.points import Ground, locate
from geo.imports.places.town_blocks import Blocks
from geo.imports.reading.headers import Format
from geo.imports.reading.incoming import Account


class CellsByRole(dict[str, pd.Series]):
    """Columns by role; a role that the file does not have is a blank column."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.blank = pd.Series([""] * count, dtype="str")

    def __missing__(self, role: str) -> pd.Series:
        return self.blank


def place_rows(
    cells: CellsByRole, kind: Format, account: Account, on: Ground, blocks: Blocks | None
) -> pd.DataFrame:
    """Return code, lat, lon, precision and shown address of each row; refuse what has no place."""
    count = len(account.rows)
    if kind.key == "standard_program":
        return _place_of_program(cells, account)
    if kind.key == "shigen":
        return _place_as_written(cells, account, on, blocks)
    shown = _address(cells)
    prefecture = _prefecture(cells)
    away = prefecture.isin(PREFECTURES[1:]) & ~shown.str.startswith(PREFECTURES[0])
    reasons = "北海道の外(" + prefecture + ")です"
    role = "prefecture" if "prefecture" in cells else "prefecture_code"
    account.refuse(away.to_numpy(dtype=bool), role, prefecture, reasons)
    for role in ("place_code", "publisher_code"):
        codes = cells[role]
        outside = {cell for cell in codes.unique() if is_code_elsewhere(cell)}
        away = codes.isin(list(outside)) & ~shown.str.startswith(PREFECTURES[0])
        away &= ~(prefecture == PREFECTURES[0])
        reason = "北海道の外の市区町村コードです"
        account.refuse(away.to_numpy(dtype=bool), role, codes, reason)
    stated = shown.where(
        (shown == "") | (prefecture != PREFECTURES[0]) | shown.str.startswith(PREFECTURES[0]),
        PREFECTURES[0] + shown,
    )
    asked = pd.DataFrame(
        {
            "address": stated.where(account.kept, ""),
            "context": _context(cells, kind, account),
            "postal": cells["postal"],
            "publisher": publisher_codes(cells),
        }
    ).astype("str")
    resolved = resolve_all(asked)
    role = next((r for r in ("address", "address_city", "address_rest") if r in cells), "address")
    refused = (resolved["foreign"] != "") | ((resolved["reason"] != "") & (resolved["rest"] != ""))
    account.refuse(refused.to_numpy(dtype=bool), role, shown, resolved["reason"])
    said = (resolved["note"] != "").to_numpy(dtype=bool)
    account.mend(said, role, shown, resolved["note"])

    wanted = pd.DataFrame({"code": resolved["code"], "rest": resolved["rest"]})
    wanted["lat"], wanted["lon"], wanted["datum"] = cells["lat"], cells["lon"], cells["datum"]
    found = pd.DataFrame(
        {"code": "", "lat": np.nan, "lon": np.nan, "precision": "", "mended": ""},
        index=range(count),
    )
    if account.kept.any():
        found.loc[account.kept] = locate(wanted[account.kept], on, blocks)
    coordinates = cells["lat"] + "," + cells["lon"]
    account.mend((found["mended"] != "").to_numpy(), "lat", coordinates, found["mended"])
    nowhere = (found["code"] == "").to_numpy() & ~_may_lack_place(cells, kind, account)
    account.refuse(nowhere, role, shown, resolved["reason"].where(resolved["reason"] != "", "所在の市町村が分かりません"))  # fmt: skip
    found["address"] = shown.str.removeprefix(PREFECTURES[0])
    return found


def _place_as_written(
    cells: CellsByRole, account: Account, on: Ground, blocks: Blocks | None
) -> pd.DataFrame:
    """Return the places of our own export: its codes hold; only a row without one is looked up."""
    codes, address = cells["place_code"], cells["address"]
    unknown = (codes != "") & ~codes.isin(list(names_by_code()))
    account.refuse(
        unknown.to_numpy(dtype=bool), "place_code", codes, "市町村コードが台帳にありません"
    )
    blank = pd.Series([""] * len(codes), dtype="str")
    asked = {"address": address, "context": blank, "postal": blank, "publisher": blank}
    resolved = resolve_all(pd.DataFrame(asked))
    fresh = (codes == "") & (address != "") & (resolved["reason"] != "")
    account.refuse(fresh.to_numpy(dtype=bool), "address", address, resolved["reason"])
    wanted = pd.DataFrame(
        {"code": codes.where(codes != "", resolved["code"]), "rest": resolved["rest"]}
    )
    wanted["lat"], wanted["lon"] = cells["lat"], cells["lon"]
    found = locate(wanted, on, blocks).assign(address=address)
    coordinates = cells["lat"] + "," + cells["lon"]
    account.mend((found["mended"] != "").to_numpy(), "lat", coordinates, found["mended"])
    return found


def _place_of_program(cells: CellsByRole, account: Account) -> pd.DataFrame:
    """Return the municipality of whoever runs a programme; it has no place of its own."""
    codes = cells["publisher_code"]
    known = {cell: code_from_cell(cell)[0] for cell in codes.unique()}
    found = codes.map(known).astype("str")
    prefecture = codes.str.startswith("01000") | codes.str.startswith("1000")
    account.refuse(
        ((codes != "") & (found == "") & ~prefecture).to_numpy(dtype=bool),
        "publisher_code", codes, "市区町村コードが正しくありません",
    )  # fmt: skip
    outside = ~found.isin(["", *names_by_code()])
    account.refuse(outside.to_numpy(dtype=bool), "publisher_code", codes, "北海道の外の制度です")
    return pd.DataFrame(
        {
            "code": found,
            "lat": np.nan,
            "lon": np.nan,
            "precision": found.map(lambda code: "municipality" if code else ""),
            "address": "",
        }
    )


def _prefecture(cells: CellsByRole) -> pd.Series:
    """Return the prefecture of each row by its name, else by its number in JIS X 0401."""
    named = cells["prefecture"]
    numbers = {f"{number:02d}": name for number, name in enumerate(PREFECTURES, start=1)}
    by_code = cells["prefecture_code"].str.zfill(2).map(numbers).fillna("").astype("str")
    return named.where(named != "", by_code)


def _address(cells: CellsByRole) -> pd.Series:
    """Return the address of each row in one text, with its building."""
    whole = cells["address"]
    parts = cells["address_city"] + cells["address_town"] + cells["address_rest"]
    split = cells["prefecture"] + cells["town"] + parts if "address_town" in cells else parts
    address = whole.where(whole != "", split.where(parts != "", ""))
    building = cells["building"]
    held = building.tolist(), address.tolist()
    extra = building.where(
        [not part or part in text for part, text in zip(*held, strict=True)], other=""
    ).eq("")
    return (
        (address + (" " + building).where(extra & (building != ""), "")).astype("str").str.strip()
    )


def _context(cells: CellsByRole, kind: Format, account: Account) -> pd.Series:
    """Return the code of the municipality that a row names beside its address, '' for none."""
    if not (kind.strict_town or "place_code" in cells):
        return cells.blank
    town = cells["town"]
    named = {name: resolve(PREFECTURES[0] + name).code if name else "" for name in town.unique()}
    by_name = town.map(named).astype("str")
    codes = cells["place_code"]
    pairs = pd.DataFrame({"cell": codes, "name": town}).astype("str")
    proven = {
        (cell, name): code_from_cell(cell, name)
        for cell, name in pairs.drop_duplicates().itertuples(index=False)
        if cell
    }
    held = pairs["cell"].tolist(), pairs["name"].tolist()
    found = [proven.get(pair, ("", "")) for pair in zip(*held, strict=True)]
    towns = names_by_code()
    by_code = pd.Series([code if code in towns else "" for code, _ in found], dtype="str")
    notes = pd.Series([note for _, note in found], dtype="str")
    account.mend((notes != "").to_numpy(), "place_code", codes, notes)
    return by_name.where(by_name != "", by_code)


def publisher_codes(cells: CellsByRole) -> pd.Series:
    """Return the code of the municipality that publishes a row, '' for a prefecture or none."""
    pairs = pd.DataFrame({"cell": cells["publisher_code"], "name": cells["publisher"]})
    found = {}
    for cell, name in pairs.drop_duplicates().itertuples(index=False):
        by_name = resolve(PREFECTURES[0] + name).code if name else ""
        found[cell, name] = code_from_cell(cell, name)[0] or by_name
    held = pairs["cell"].tolist(), pairs["name"].tolist()
    codes = [found[pair] for pair in zip(*held, strict=True)]
    towns = names_by_code()
    return pd.Series([code if code in towns else "" for code in codes], dtype="str")


def _may_lack_place(cells: CellsByRole, kind: Format, account: Account) -> np.ndarray:
    """Tell which rows may stand nowhere: our own form, and services that nobody travels to."""
    if kind.key == "shigen":
        return np.ones(len(cells.blank), dtype=bool)
    blank = (_address(cells) == "").to_numpy() & (cells["town"] == "").to_numpy()
    without: np.ndarray = blank & (account.secret | (kind.key in ("hsds", "template")))
    return without
