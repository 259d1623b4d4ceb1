"""Compare what people were told of their edits with what the store holds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd
from sqlalchemy import Engine

from benchmarks.editors import Attempt
from geo.people import history
from geo.store import queries, tables
from geo.store.database import reading

COLUMNS = ("name", "operator", "note")


@dataclass
class Comparison:
    """What became of each attempt (its place in the list), and what else is wrong.

    A verdict is stored or absent where that is right, else lost, doubled or wrong.
    """

    verdicts: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def count(self, verdict: str) -> int:
        """Return how many attempts have a verdict."""
        return self.verdicts.count(verdict)

    @property
    def sound(self) -> bool:
        """Tell whether nothing is lost, doubled, half-written or out of order."""
        return not self.problems and set(self.verdicts) <= {"stored", "absent"}


@dataclass(frozen=True)
class Write:
    """One value that a change put into a cell of an organisation."""

    change: int
    record: str


def compare(engine: Engine, attempts: Sequence[Attempt], since: int) -> Comparison:
    """Compare all edits after a change with what was told; nobody else may have made any."""
    with reading(engine) as connection:
        offices = queries.rows(connection, tables.organisations)
        entries = {
            key: history.of_record(connection, tables.organisations, key) for key in offices.index
        }
        changes = queries.rows(connection, tables.changes)
        drafts = queries.rows(connection, tables.drafts)
    made = changes[(changes.index > since) & (changes["kind"] == "edit")]
    found = Comparison()
    writes: dict[tuple[str, str], list[Write]] = defaultdict(list)
    touched: Counter[int] = Counter()
    for key, of_one in entries.items():
        _follow_back(offices.loc[key], key, of_one, writes)
        touched.update(of_one["id"])
        # A record is at revision 1 when it is made, and one further with every change.
        if len(of_one) != offices.at[key, "revision"]:
            found.problems.append(
                f"{key}: revision {offices.at[key, 'revision']}, changes {len(of_one)}"
            )
        if list(of_one["id"]) != sorted(set(of_one["id"]), reverse=True):
            found.problems.append(f"{key}: changes out of order")
    claimed: Counter[int] = Counter()
    for attempt in attempts:
        mine = writes[attempt.column, attempt.value]
        claimed.update(write.change for write in mine)
        found.verdicts.append(_verdict(attempt, mine, drafts))
    for change in made.index:
        if touched[change] != 1 or claimed[change] != 1:
            found.problems.append(
                f"change {change}: {touched[change]} records, {claimed[change]} attempts"
            )
    found.problems += _out_of_order(attempts)
    return found


def _follow_back(
    row: pd.Series,
    key: str,
    entries: pd.DataFrame,
    writes: dict[tuple[str, str], list[Write]],
) -> None:
    """Note what each change put into a record's cells, from the row as it is back to its start."""
    now = row.to_dict()
    for entry in entries.to_dict("records"):  # newest first
        before = entry["before"]
        for name in COLUMNS if before is None else set(COLUMNS) & before.keys():
            writes[name, now[name]].append(Write(int(entry["id"]), key))
        now |= before or {}


def _verdict(attempt: Attempt, mine: list[Write], drafts: pd.DataFrame) -> str:
    if len(mine) > 1:
        return "doubled"
    if not mine:
        return "lost" if attempt.state == "acknowledged" else "absent"
    (write,) = mine
    draft = drafts.loc[attempt.draft]
    if (
        attempt.state == "failed"
        or attempt.change not in (None, write.change)
        or attempt.record not in (None, write.record)
        or (draft["state"], draft["change_id"]) != ("done", write.change)
    ):
        return "wrong"
    return "stored"


def _out_of_order(attempts: Sequence[Attempt]) -> list[str]:
    """Return where one person was told of a later edit with a number that is not later."""
    last: dict[int, int] = {}
    problems = []
    for attempt in attempts:
        if attempt.change is not None:
            if attempt.change <= last.get(attempt.editor, 0):
                problems.append(f"{attempt.value}: number {attempt.change} after a later one")
            last[attempt.editor] = attempt.change
    return problems
