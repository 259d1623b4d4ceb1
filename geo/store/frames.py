"""Turn the records of a dataset into rows of the store, and back."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Connection, select

from geo.data.schema import (
    LOCATION_COLUMNS,
    ORGANISATION_COLUMNS,
    SERVICE_COLUMNS,
    SURVEY_COLUMNS,
)
from geo.data.tables import yes
from geo.store.queries import rows
from geo.store.tables import SEED, organisations, services, sources, surveys

# The columns of each kind of record, without its key and its status.
COLUMNS = {
    "organisations": [name for name in ORGANISATION_COLUMNS if name != "organisation"],
    "services": [name for name in SERVICE_COLUMNS if name != "service"],
}
_ALL = ORGANISATION_COLUMNS | SERVICE_COLUMNS
SEVERAL = tuple(name for name, column in _ALL.items() if isinstance(column.blank, tuple))
NUMBERS = tuple(name for name, column in _ALL.items() if isinstance(column.blank, float))
FLAGS = (*(name for name, column in _ALL.items() if column.parse is yes), "listed")
LOCATION = tuple(LOCATION_COLUMNS)
UNLISTED = "掲載なし(出典の最新の一覧に載っていません。廃止とは限りません)"


def stored(frame: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return a dataset's frame as it is stored: what is several is joined, what is missing None."""
    plain = frame[[*COLUMNS[kind], *(["status"] if kind == "services" else [])]].copy()
    for name in SEVERAL:
        if name in plain:
            plain[name] = plain[name].map(";".join)
    for name in plain:
        column = plain[name].astype(object)
        plain[name] = column.where(column.notna(), None)
    return plain


def typed(plain: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return stored rows as a dataset's frame, in the order in which they came."""
    ordered = plain.sort_values(["created_in", "file_row", plain.index.name], kind="stable")
    frame = ordered[[*COLUMNS[kind], "listed"]].copy()
    for name in SEVERAL:
        if name in frame:
            parts = {cell: tuple(cell.split(";")) if cell else () for cell in frame[name].unique()}
            frame[name] = frame[name].map(parts)
    for name in NUMBERS:
        if name in frame:
            frame[name] = frame[name].astype(float)
    for name in FLAGS:
        if name in frame:
            frame[name] = frame[name].astype(bool)
    return frame


def concealed(offices: pd.DataFrame) -> frozenset[str]:
    """Return the ids of organisations whose place is not public: their own word, or another's.

    Who was found to be the same as a hidden one stands where that one stands. offices: rows of the
    store by id, with location_public and same_as.
    """
    hidden = {*offices.index[~offices["location_public"].to_numpy(dtype=bool)]}
    pairs = list(offices["same_as"].dropna().items())
    while more := {key for pair in pairs if hidden.intersection(pair) for key in pair} - hidden:
        hidden |= more
    return frozenset(hidden)


def concealed_in(connection: Connection) -> frozenset[str]:
    """Return the ids of a store's organisations whose place is not public (see `concealed`)."""
    names = ("organisation", "location_public", "same_as")
    found = connection.execute(select(*(organisations.c[name] for name in names)))
    table = pd.DataFrame(found.fetchall(), columns=list(names), dtype=object)
    return concealed(table.set_index("organisation"))


def public_records(connection: Connection) -> dict[str, pd.DataFrame]:
    """Return organisations, services and surveys as the app counts them, locations included.

    Beside them stands, as ended_organisations and ended_services, what is only given back.

    A service that is suspended or closed is left out, and with it an organisation that has no
    other. A record that its source names no more stays with confidence C, so that it counts only
    when asked for; one that shipped with the app and no longer does is left out. An organisation
    found to be another gives its services to that one; when the place of either is not public,
    neither is that of what is left.
    """
    seeds = set(connection.scalars(select(sources.c.id).where(sources.c.format == SEED)))
    offices, offered = rows(connection, organisations), rows(connection, services)
    hidden = concealed(offices)
    offices = offices[offices["listed"] | ~offices["source_id"].isin(seeds)]
    offered = offered[offered["listed"] | ~offered["source_id"].isin(seeds)]

    active = offered["status"] == "active"
    over = offered[~active & offered["listed"]]
    over = over[over["organisation"].isin(offices.index[offices["same_as"].isna()])]
    status = over["status"]
    all_offices = offices
    idle = set(offered["organisation"]) - set(offered.loc[active, "organisation"])
    same = offices["same_as"].dropna().to_dict()
    offices = offices[~offices.index.isin(idle | set(same))]
    offered = offered[active]
    own = ~offered["organisation"].isin(same)
    offered = offered.assign(organisation=[_last(same, key) for key in offered["organisation"]])
    pairs = pd.MultiIndex.from_frame(offered[["organisation", "field"]])
    # A field that both records of one organisation name is one service, not two.
    offered = offered[own | ~pairs.isin(pairs[own])]
    offered = offered[offered["organisation"].isin(offices.index)]

    ended = all_offices.loc[list(dict.fromkeys(over["organisation"]))]
    frames = {
        "ended_organisations": typed(ended, "organisations").drop(columns="listed"),
        "ended_services": typed(over, "services").assign(status=status),
        "organisations": typed(offices, "organisations"),
        "services": typed(offered, "services"),
        "surveys": rows(connection, surveys)[list(SURVEY_COLUMNS)],
    }
    frames["organisations"]["location_public"] &= ~frames["organisations"].index.isin(hidden)
    for kind in ("organisations", "services"):
        gone = ~frames[kind]["listed"]
        frames[kind].loc[gone, "confidence"] = "C"
    gone = ~frames["organisations"].pop("listed")
    notes = frames["organisations"].loc[gone, "note"]
    frames["organisations"].loc[gone, "note"] = [f"{UNLISTED} {note}".strip() for note in notes]
    return frames


def _last(same: dict[str, str], key: str) -> str:
    """Follow an organisation to the one that it was found to be."""
    seen = set()
    while key in same and key not in seen:
        seen.add(key)
        key = same[key]
    return key
