"""Check incoming records against the tables they refer to, and against the store's ids."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from geo.data.dataset import Dataset, known_words
from geo.data.schema import RECORD_COLUMNS
from geo.imports.naming import Named
from geo.imports.reading.incoming import Incoming, Refusal
from geo.store.tables import KEY_SEPARATOR

COLUMNS_BY_KEY = {next(iter(columns)): columns for columns in RECORD_COLUMNS.values()}
WITHHELD = "所在地を公開しない記録は、道の編集者だけが取り込めます(台帳とは照合していません)"
NUL = "\x00"  # PostgreSQL takes it in no text


def check(
    named: Named,
    dataset: Dataset,
    held: dict[str, pd.DataFrame],
    source: int | None,
) -> tuple[dict[str, pd.DataFrame], list[Refusal]]:
    """Return the records that can be stored, by kind, and a refusal for every other one.

    held: the store's rows by kind. source: the number of the file's source, None when new.
    A service goes with its organisation: when that is refused or unknown, so is the service.
    """
    incoming, words = named.incoming, known_words(dataset)
    refusals: list[Refusal] = []
    offices, offered = (
        _single(incoming, frame, refusals) for frame in (incoming.organisations, incoming.services)
    )
    reasons = _reasons(offices, words["organisations"])
    _add(reasons, named.withheld, "location_public", WITHHELD)
    _add(reasons, offices.index[offices["name"] == ""], "name", "空欄です")
    _add(reasons, offices.index[offices["checked_on"].isna()], "checked_on", "空欄です")
    half = offices["lat"].isna() != offices["lon"].isna()
    _add(reasons, offices.index[half], "lat", "緯度と経度の片方だけがあります")
    taken = _taken(offices, held["organisations"], source)
    _add(reasons, taken, "organisation", "ほかの出典の別の団体が、同じ記録番号を使っています")
    offices = _kept(incoming, offices, reasons, refusals)

    refused = set(incoming.organisations.index) - set(offices.index)
    known = {*offices.index, *held["organisations"].index} - refused
    reasons = _reasons(offered, words["services"])
    orphans = offered.index[~offered["organisation"].isin(known)]
    _add(reasons, orphans, "organisation", "支援をする団体が取り込めないため、取り込みません")
    offered = _kept(incoming, offered, reasons, refusals)
    # An id that was made just now names nothing that anybody could look up.
    unknown = {one for given in named.given.values() for one in given}
    told = [replace(one, value="") if one.value in unknown else one for one in refusals]
    return {"organisations": offices, "services": offered}, told


def _single(incoming: Incoming, frame: pd.DataFrame, refusals: list[Refusal]) -> pd.DataFrame:
    """Return the first row of every id, and refuse the others."""
    doubled = frame.index.duplicated()
    reason = "同じ番号の行が、ファイルの中に2つ以上あります"
    refusals += [
        _refusal(incoming, frame, position, str(frame.index.name), reason)
        for position in doubled.nonzero()[0]
    ]
    return frame[~doubled]


def _kept(
    incoming: Incoming,
    frame: pd.DataFrame,
    reasons: dict[str, tuple[str, str]],
    refusals: list[Refusal],
) -> pd.DataFrame:
    """Return the rows that no reason speaks against, and refuse the others."""
    bad = frame.index.isin(list(reasons))
    for position in bad.nonzero()[0]:
        column, reason = reasons[frame.index[position]]
        refusals.append(_refusal(incoming, frame, position, column, reason))
    return frame[~bad]


def _reasons(frame: pd.DataFrame, words: dict[str, set[str]]) -> dict[str, tuple[str, str]]:
    """Return, by id, the first column whose words are not known, and why."""
    reasons: dict[str, tuple[str, str]] = {}
    for column, known in words.items():
        bad = {
            cell
            for cell in frame[column].unique()
            if not (known.issuperset(cell) if isinstance(cell, tuple) else cell in known)
        }
        if bad:
            _add(reasons, frame.index[frame[column].isin(bad)], column, "台帳にない値です")
    for column in frame:
        bad = {cell for cell in frame[column].unique() if isinstance(cell, str) and NUL in cell}
        if bad:
            _add(
                reasons, frame.index[frame[column].isin(bad)], column, "保存できない文字があります"
            )
    unusable = [key for key in frame.index if not key or KEY_SEPARATOR in key or NUL in key]
    _add(reasons, unusable, frame.index.name or "organisation", "番号として使えません")
    return reasons


def _add(reasons: dict[str, tuple[str, str]], keys: object, column: str, reason: str) -> None:
    for key in keys:  # type: ignore[attr-defined]
        reasons.setdefault(key, (column, reason))


def _taken(frame: pd.DataFrame, held: pd.DataFrame, source: int | None) -> list[str]:
    """Return ids that another source gave to an organisation of another name and town."""
    shared = frame.index.intersection(held.index)
    new, old = frame.loc[shared], held.loc[shared]
    other = old["source_id"] != source
    differs = (new["name"] != old["name"]) & (new["municipality_code"] != old["municipality_code"])
    # Where a location is hidden, only the name can be compared.
    hidden = ~old["location_public"].astype(bool) & (new["name"] != old["name"])
    return list(shared[(other & (differs | hidden)).to_numpy()])


def _refusal(
    incoming: Incoming, frame: pd.DataFrame, position: int, column: str, reason: str
) -> Refusal:
    row = frame["file_row"].iloc[position]
    is_key = column == frame.index.name
    value = frame.index[position] if is_key else frame[column].iloc[position]
    columns = COLUMNS_BY_KEY[str(frame.index.name)]
    if isinstance(value, (bool, np.bool_)):
        value = columns[column].written(value)
    text = ";".join(value) if isinstance(value, tuple) else str(value)
    return Refusal(
        file=incoming.file,
        row=None if pd.isna(row) else int(row),
        column=columns[column].label if column in columns else column,
        value=text,
        reason=reason,
        sheet=str(frame["sheet"].iloc[position]) if "sheet" in frame else "",
    )
