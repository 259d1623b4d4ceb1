"""Find which kinds of service a row of a list offers, and refuse what says none."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geo.imports.reading.headers import Format
from geo.imports.reading.incoming import Account
from geo.imports.reading.keys import Kinds
from geo.imports.reading.location import CellsByRole
from geo.imports.reading.service_types import match_types

SPLIT_KINDS_RE = r"[;;、,|\n]"


def find_kinds(cells: CellsByRole, kind: Format, table: pd.DataFrame) -> Kinds:
    """Return the services that each row offers, by the table of service types."""
    count = len(cells.blank)
    direct = (cells["field"] != "").to_numpy(dtype=bool)
    if kind.key in ("shigen", "template"):
        direct = np.ones(count, dtype=bool)
    words = cells["kind"]
    by_name = np.zeros(count, dtype=bool)
    if kind.key == "standard_program":
        words = (cells["kind"] + " " + cells["keywords"] + " " + cells["name"]).str.strip()
    elif kind.key == "standard_public":
        by_name = (match_types(words, kind.scheme, table) < 0).to_numpy(dtype=bool)
    elif kind.kind:
        words = words.where(words != "", kind.kind)
    elif kind.key in ("hsds", "match"):
        by_name = (words == "").to_numpy(dtype=bool)
    words = words.where(~by_name, cells["name"])
    parts = pd.DataFrame({"row": range(count), "kind": words})
    if kind.scheme in ("kaigo", "wam", "any") and kind.key != "hsds":
        listed = words.where(~by_name, "")
        lists = split_kinds(listed).where(~by_name, words.map(lambda name: [name]))
        parts = parts.assign(kind=lists).explode("kind", ignore_index=True)
        parts["kind"] = parts["kind"].fillna("").astype("str").str.strip()
    parts["type"] = match_types(parts["kind"], kind.scheme, table).to_numpy()
    if by_name.any():
        named = by_name[parts["row"]]
        hints = match_types(parts["kind"][named], kind.scheme, table, names=True)
        parts.loc[named, "type"] = hints.to_numpy()
    parts.loc[direct[parts["row"]], "type"] = -1
    fields = table["field"].to_numpy()
    counted = (parts["type"] >= 0).to_numpy() & (fields[parts["type"]] != "")
    found = parts[counted | direct[parts["row"]]].drop_duplicates(["row", "kind"])
    numbers = np.arange(count)
    lost = ~np.isin(numbers, found["row"])
    uncounted = np.isin(numbers, parts["row"][(parts["type"] >= 0) & ~counted])
    unknown = np.isin(numbers, parts["row"][(parts["type"] < 0) & (parts["kind"] != "")])
    if kind.key in ("standard_public", "standard_program"):
        found = found.assign(kind=table["type"].to_numpy()[found["type"]])
    return Kinds(
        found.reset_index(drop=True),
        table,
        words,
        uncounted=lost & uncounted,
        unknown=lost & ~uncounted,
        partly=unknown & ~lost & ~direct,
        guessed=by_name & ~lost & ~direct,
    )


def split_kinds(words: pd.Series) -> pd.Series:
    """Return the lists of kinds that cells name; the blanks around them are still there."""
    lists: pd.Series = words.str.split(SPLIT_KINDS_RE, regex=True)
    return lists


def refuse_kindless(kinds: Kinds, account: Account) -> None:
    """Refuse the rows whose kind is of no field, or is not known, each with its reason."""
    reason = "支援の分野に数えない種別です(data/service_types.csv)"
    account.refuse(kinds.uncounted, "kind", kinds.words, reason)
    reason = "どの分野か分からない種別です。data/service_types.csv に加えると取り込めます"
    account.refuse(kinds.unknown, "kind", kinds.words, reason)
    reason = "種別の列にないので、名称から見当をつけた。確かめてください"
    account.mend(kinds.guessed, "kind", kinds.words, reason)
    account.mend(kinds.partly, "kind", kinds.words, "一部の種別は分野が分からず、使わない")
