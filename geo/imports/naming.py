"""Find the store's ids of what a file brings, and tell nobody by it where a hidden record is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

import pandas as pd
from sqlalchemy import Connection

from geo.data.ids import fresh, is_opaque
from geo.imports.reading.incoming import Incoming
from geo.people.permissions import Person
from geo.store import keys
from geo.store.frames import concealed

Held = Mapping[str, pd.DataFrame]  # the store's rows by kind of record


@dataclass(frozen=True, eq=False)
class Named:
    """A file's records under ids of the store.

    given: by kind, the source's key of every id that was made just now. withheld: organisations
    whose place the file hides, and which the person may not bring.
    """

    incoming: Incoming
    given: dict[str, dict[str, str]]
    withheld: frozenset[str]

    @property
    def guesses(self) -> bool:
        """Tell whether the file names anything that the person is not shown to be known."""
        return bool(self.withheld) or any(self.given.values())


def unseen(held: Held, who: Person) -> dict[str, frozenset[str]]:
    """Return, by kind, the ids of records whose place is hidden from a person.

    They are hidden organisations of municipalities that are not the person's, those that were found
    to be the same as one, and the services of either.
    """
    offices, offered = held["organisations"], held["services"]
    towns = offices["municipality_code"]
    hidden = [key for key in concealed(offices) if not who.edits_town(towns[key])]
    theirs = offered.index[offered["organisation"].isin(hidden)]
    return {"organisations": frozenset(hidden), "services": frozenset(theirs)}


def name(
    connection: Connection,
    incoming: Incoming,
    held: Held,
    secret: Mapping[str, frozenset[str]],
    who: Person,
    *,
    exported: bool,
) -> Named:
    """Return the records of a file under ids of the store: known ones under theirs, others anew.

    A source's key may be made of an address, so that whoever brings a guess must not hear that it
    was right: a key leads to no record whose place is hidden from the person, and a record that
    the file itself hides is withheld unless the person sees it. secret: what `unseen` says. exported: the file is an export
    of ours, whose own ids lead to every record; they are public.
    """
    if incoming.own_ids:
        return Named(incoming, {kind: {} for kind in held}, frozenset())
    found: dict[str, dict[str, str]] = {}
    given: dict[str, dict[str, str]] = {}
    frames = {"organisations": incoming.organisations, "services": incoming.services}
    named = {
        "organisations": [*frames["organisations"].index, *frames["services"]["organisation"]],
        "services": [*frames["services"].index],
    }
    for kind, wanted in named.items():
        asked = dict.fromkeys(wanted)
        found[kind] = _exported(connection, kind, asked, held, who) if exported else {}
        rest = [key for key in asked if key not in found[kind]]
        found[kind] |= _known(connection, kind, rest, held[kind], secret[kind], who)
        taken = {*held[kind].index, *found[kind].values()}
        given[kind] = {fresh(kind, taken): key for key in rest if key not in found[kind]}
        found[kind] |= {key: one for one, key in given[kind].items()}
    offices = _under(frames["organisations"], found["organisations"])
    offered = _under(frames["services"], found["services"])
    offered["organisation"] = offered["organisation"].map(found["organisations"])
    hides = ~offices["location_public"].to_numpy(dtype=bool)
    new = offices.index.isin(list(given["organisations"]))
    withheld = frozenset() if who.edits_all else frozenset(offices.index[hides & new])
    return Named(replace(incoming, organisations=offices, services=offered), given, withheld)


def _exported(
    connection: Connection, kind: str, asked: Collection[str], held: Held, who: Person
) -> dict[str, str]:
    """Return the ids that an export of ours says itself: of today, of before, or of another store."""
    here = held[kind].index
    before = [key for key in asked if key not in here]
    moved = keys.successors(connection, kind, before, hidden=who.edits_all)
    own = {key: key for key in asked if key in here or is_opaque(kind, key)}
    return own | moved


def _known(
    connection: Connection,
    kind: str,
    asked: Iterable[str],
    held: pd.DataFrame,
    secret: frozenset[str],
    who: Person,
) -> dict[str, str]:
    """Return, by a source's key, the first record that was made of it and that the person is shown.

    An id whose record was taken back is given again, but not to who could learn by it that it was.
    """
    found = {}
    first = held["created_in"].to_dict()
    for key, several in keys.known(connection, kind, asked).items():
        shown = [one for one in several if one in first and one not in secret]
        if shown:
            found[key] = min(shown, key=lambda one: (first[one], one))
        elif who.edits_all:
            found[key] = min(several)
    return found


def _under(frame: pd.DataFrame, ids: Mapping[str, str]) -> pd.DataFrame:
    """Return a frame with ids in the place of keys."""
    renamed = frame.copy()
    renamed.index = pd.Index([ids[key] for key in frame.index], name=frame.index.name, dtype="str")
    return renamed
