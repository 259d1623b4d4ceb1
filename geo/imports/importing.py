"""Bring what a reader made of a file into the store: say what would change, then all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine, select

from geo.data import withheld
from geo.data.dataset import Dataset
from geo.errors import DataError, Problem
from geo.imports import meant, naming
from geo.imports.checks import check
from geo.imports.layers import completed
from geo.imports.preview import Imported, Preview
from geo.imports.reading.answers import FORMAT as ANSWERS
from geo.imports.reading.incoming import Incoming
from geo.imports.reading.matching import without_edition
from geo.imports.writing import write
from geo.people import history
from geo.people.permissions import Person, confirmed
from geo.store.database import reading
from geo.store.frames import LOCATION, concealed, stored
from geo.store.queries import rows
from geo.store.tables import RECORDS, completions, imports, sources

# What is taken out of a hidden record where it tells the town.
WORDS = {"organisations": withheld.OFFICE_WORDS, "services": withheld.SERVICE_WORDS}
# What says when a record was read, not what it says: a newer date alone is no change.
DATING = ("source", "source_date", "checked_on")
EDITING_FORMATS = frozenset({"shigen"})  # our own export, edited: may change others' records
PARTIAL_FORMATS = EDITING_FORMATS | {ANSWERS}  # a part of the records, so nothing vanishes
Progress = Callable[[float, str], None]


def preview(
    engine: Engine,
    incoming: Incoming,
    dataset: Dataset,
    who: Person,
    *,
    whole: bool = False,
    answers: Mapping[str, str] | None = None,
) -> Preview:
    """Return what an import would do to the store; anybody may ask. whole, answers: as `apply`."""
    with reading(engine) as connection:
        person = confirmed(connection, who)
        return plan(connection, incoming, dataset, person, whole=whole, answers=answers)


def apply(
    engine: Engine,
    incomings: Sequence[Incoming],
    dataset: Dataset,
    who: Person,
    *,
    older: bool = False,
    whole: Collection[str] = (),
    answers: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> list[Imported]:
    """Write files to the store in one transaction and one change: all of them, or none.

    A row that cannot be taken is refused and named; the rest comes in. The same file again changes
    nothing. older: let an edition replace a newer one. whole: files (by sha256) that are the whole
    of their source's list, whatever they seem, so that what they do not name is listed no more.
    answers: to the questions of a preview, by their keys.
    Raises NotAllowedError when the person may not change one of the records, DataError when an
    edition is older than what the store holds.
    """
    tell = progress or (lambda _share, _words: None)
    done: list[Imported] = []
    change: int | None = None  # of all the files: what came together is taken back together
    title = _title(incomings)
    with history.changing(engine, who) as (connection, person):
        for position, incoming in enumerate(incomings):
            tell(position / len(incomings), f"{incoming.file}: 台帳と比べています")
            planned = plan(
                connection, incoming, dataset, person,
                whole=incoming.sha256 in whole, answers=answers,
            )  # fmt: skip
            if planned.older and not older:
                reason = (
                    f"登録済みの版({planned.last_edition})より古い版です({incoming.edition})。"
                    "戻す場合は、取り込みの履歴から取り消してください"
                )
                raise DataError([Problem(incoming.file, None, None, reason)])
            tell((position + 0.4) / len(incomings), f"{incoming.file}: 書き込んでいます")
            if change is None and not planned.changes_nothing:
                change = history.begin(connection, "import", title, person)
            done.append(write(connection, planned, change))
        tell(1.0, "確定しています")
    return done


def _title(incomings: Sequence[Incoming]) -> str:
    first = incomings[0]
    if len(incomings) == 1:
        return f"取り込み: {first.file}({first.source})"
    return f"取り込み: {len(incomings):,}件のファイル({first.file}ほか)"


def plan(
    connection: Connection,
    incoming: Incoming,
    dataset: Dataset,
    who: Person,
    *,
    whole: bool = False,
    answers: Mapping[str, str] | None = None,
) -> Preview:
    """Return what an import would do, seen from an open transaction.

    who: a person as the store confirms it. By nothing of what would change does a file find out a
    location that is hidden from the person.
    """
    titled = (sources.c.format == incoming.format) & (sources.c.title == incoming.source)
    source = connection.execute(select(sources).where(titled)).mappings().first()
    number = None if source is None else source["id"]
    kin = _kin(connection, incoming)
    held = {name: rows(connection, table) for name, table in RECORDS.items()}
    exported = incoming.format in EDITING_FORMATS
    secret = naming.unseen(held, who)
    named = naming.name(connection, incoming, held, secret, who, exported=exported)
    named, fitting, questions = meant.meant(named, held, secret, answers or {})
    incoming = named.incoming
    frames, refused = check(named, dataset, held, number)
    refused += meant.refusals(questions, incoming.file)
    again = number is not None and incoming.sha256 == connection.scalar(
        select(imports.c.sha256)
        .where(imports.c.source_id == number)
        .order_by(imports.c.id.desc())
        .limit(1)
    )
    # That a file came before, with a guess in it, would say that the guess was right.
    again &= who.edits_all or not named.guesses
    shown = _as_shown(held, dataset)
    records, before, differs = {}, {}, {}
    for name in RECORDS:
        old = held[name].reindex(frames[name].index)
        new = stored(frames[name], name)
        public = shown[name].reindex(frames[name].index)
        says_hidden = _says_hidden(new)
        _keep_withheld_words(new, old, public)
        unseen = new.index.isin(secret[name])
        old.loc[unseen, list(WORDS[name])] = public.loc[unseen, list(WORDS[name])]
        if name == "organisations":
            _keep_hidden_locations(new, old, says_hidden & new.index.isin(concealed(held[name])))
            hidden = new.index.isin(secret[name])
            new.loc[hidden, list(LOCATION)] = old.loc[hidden, list(LOCATION)]
        differs[name] = _differences(new, old)
        new["outcome"] = _outcomes(
            differs[name], new, old, incoming.format, number, again, kin, fitting
        )
        new["file_row"] = frames[name]["file_row"]
        records[name], before[name] = new, old
    same = (completions.c.source_id == number) & (completions.c.edition == incoming.edition)
    query = select(completions.c.layer, completions.c.kind).where(same)
    done = set() if number is None else {tuple(row) for row in connection.execute(query)}
    completes = tuple(one for one in completed(incoming, dataset) if one not in done)
    gone = {
        name: [key for key in keys if key not in secret[name]]
        for name, keys in _vanished(incoming, held, records, number).items()
    }
    spared = 0
    if not whole and _is_other_part(connection, incoming, held, gone, number, secret):
        spared = len(gone["organisations"])
        gone = {name: [] for name in gone}
    return Preview(
        incoming=incoming,
        records=records,
        before=before,
        differs=differs,
        unlisted=gone,
        spared=spared,
        questions=questions,
        given=named.given,
        refused=(*incoming.refused, *refused),
        last_edition="" if source is None else source["edition"],
        completes=completes,
    )


def _keep_hidden_locations(new: pd.DataFrame, old: pd.DataFrame, hidden: np.ndarray) -> None:
    """Keep the location of a record whose location is not public: nobody can export it to us.

    hidden: which rows say that it is not, of records of which that is so.
    """
    which = hidden & ((new["address"] == "") & new["lat"].isna()).to_numpy(dtype=bool)
    for column in LOCATION:
        new.loc[which, column] = old.loc[which, column]


def _as_shown(held: dict[str, pd.DataFrame], dataset: Dataset) -> dict[str, pd.DataFrame]:
    """Return what is stored with what tells the town of a hidden organisation taken out.

    Hidden is also what was found to be the same as a hidden one, whatever its own word.
    """
    offices, towns = held["organisations"], dataset.municipalities
    hidden = pd.Series(offices.index.isin(concealed(offices)), index=offices.index)
    names = offices["name"][hidden].to_dict()
    public = withheld.public_offices(offices, hidden, towns)
    return {
        "organisations": public.assign(location_public=offices["location_public"] & ~hidden),
        "services": withheld.public_offers(held["services"], names, towns),
    }


def _keep_withheld_words(new: pd.DataFrame, old: pd.DataFrame, public: pd.DataFrame) -> None:
    """Keep what an export of ours left out: a cell that says what everybody is shown says nothing."""
    for column in new.columns.intersection(old.columns):
        left_out = (public[column] != old[column]) & old["listed"].notna()
        left_out &= (new[column] == public[column]).to_numpy()
        new.loc[left_out, column] = old.loc[left_out, column]


def _says_hidden(records: pd.DataFrame) -> np.ndarray:
    """Return which rows say that a location is not public; services say nothing of one."""
    said = records.get("location_public", pd.Series(True, index=records.index))
    found: np.ndarray = (said == False).to_numpy(dtype=bool)  # noqa: E712
    return found


def _differences(new: pd.DataFrame, old: pd.DataFrame) -> pd.DataFrame:
    """Return which cells differ; where there was no record, all do."""
    cells = {}
    for name in new:
        there, here = old[name], new[name]
        cells[name] = ((here != there) & ~(here.isna() & there.isna())).astype(bool)
    return pd.DataFrame(cells, index=new.index)


def _outcomes(
    differs: pd.DataFrame,
    new: pd.DataFrame,
    old: pd.DataFrame,
    kind: str,
    source: int | None,
    again: bool,
    kin: Collection[int],
    same: Collection[str],
) -> np.ndarray:
    """Return the outcome of every record.

    A record belongs to the source that first named it. Another source changes it only as an edited
    export of ours, or when its own source names it no more. kin: sources that are parts of the
    same list of the same publisher. same: ids of records that a form means.
    """
    known = old["listed"].notna().to_numpy()
    listed = (old["listed"] == True).to_numpy()  # noqa: E712
    mine = old["source_id"].isin([*kin, *([] if source is None else [source])]).to_numpy()
    may = mine | (known & ~listed) | (kind in EDITING_FORMATS) | new.index.isin(list(same))
    content = differs[[name for name in differs if name not in DATING]].any(axis=1).to_numpy()
    dated = differs[[name for name in differs if name in DATING]].any(axis=1).to_numpy()
    if "checked_on" in new:
        earlier = [
            a < b
            for a, b in zip(
                new["checked_on"], old["checked_on"].where(known, new["checked_on"]), strict=True
            )
        ]
        dated = dated & ~np.array(earlier, dtype=bool)
    changed = may & (content | ~listed)
    confirmed = mine & dated & (not again)
    return np.select(
        [~known, changed, confirmed], ["new", "changed", "confirmed"], default="unchanged"
    )


def _kin(connection: Connection, incoming: Incoming) -> list[int]:
    """Return the sources that are the whole, or other parts, of the list that a file is of."""
    if not incoming.format.startswith("standard"):
        return []
    titles = connection.execute(
        select(sources.c.id, sources.c.title).where(sources.c.format == incoming.format)
    )
    base = incoming.source.removesuffix(f"({incoming.part})」") if incoming.part else incoming.source.removesuffix("」")  # fmt: skip
    return [one for one, title in titles if title == base + "」" or title.startswith(base + "(")]


def _is_other_part(
    connection: Connection,
    incoming: Incoming,
    held: dict[str, pd.DataFrame],
    gone: dict[str, list[str]],
    source: int | None,
    secret: Mapping[str, frozenset[str]],
) -> bool:
    """Tell whether a file is rather another part of its source's list than a newer edition of it.

    It is the list again when it names at least half of what the source listed; of fewer the name
    of the file decides, but where it names none at all it is another list.
    """
    if source is None or not gone["organisations"]:
        return False
    offices = held["organisations"]
    mine = offices.index[offices["listed"] & (offices["source_id"] == source)]
    mine = mine[~mine.isin(secret["organisations"])]
    again = int(mine.isin(incoming.organisations.index).sum())
    if not len(mine) or again >= len(mine) / 2:
        return False
    last = connection.scalar(
        select(imports.c.file)
        .where(imports.c.source_id == source)
        .order_by(imports.c.id.desc())
        .limit(1)
    )
    return again == 0 or without_edition(str(last or "")) != without_edition(incoming.file)


def _vanished(
    incoming: Incoming,
    held: dict[str, pd.DataFrame],
    records: dict[str, pd.DataFrame],
    source: int | None,
) -> dict[str, list[str]]:
    """Return the ids that the source listed and lists no more, services and organisations.

    An organisation stays listed as long as one of its services is, whichever source names it.
    """
    if source is None or incoming.format in PARTIAL_FORMATS:
        return {"organisations": [], "services": []}
    offered, offices = held["services"], held["organisations"]
    here = incoming.services.index
    gone = offered.index[
        offered["listed"] & (offered["source_id"] == source) & ~offered.index.isin(here)
    ]
    standing = offered[offered["listed"] & ~offered.index.isin(gone)]["organisation"]
    named = {*incoming.organisations.index, *standing, *records["services"].index}
    touched = (offices["source_id"] == source) | offices.index.isin(
        offered.loc[gone, "organisation"]
    )
    closed = offices.index[offices["listed"] & touched & ~offices.index.isin(named)]
    return {"organisations": list(closed), "services": list(gone)}
