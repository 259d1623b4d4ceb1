"""Hold what an import would do, before anything is written."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from geo.imports import meant
from geo.imports.reading.incoming import Incoming, Refusal
from geo.store.tables import RECORDS

OUTCOMES = {
    "new": "新規",
    "changed": "変更",
    "confirmed": "内容は同じ(確認日を更新)",
    "unchanged": "変更なし",
    "unlisted": "掲載なし",
}


@dataclass(frozen=True, eq=False)
class Preview:
    """What an import would do; nothing of it has been written.

    records: by kind, the stored columns of every record that came through, and `outcome` (a key
    of OUTCOMES). before: by kind, what the store holds under the same ids. differs: by kind,
    which columns differ, a bool for each cell of `records`. unlisted: by kind, the ids that this
    source listed before and lists no more. given: by kind, the source's key of every id that is new.
    refused: of the reader and of the store. spared: how many organisations are not unlisted because
    the file seems to be another part of the list. questions: offices of a form that may be records
    of the store. last_edition: of the same source, '' when there is none.
    completes: layers, each with the kind of service of which the file is the whole list.
    """

    incoming: Incoming
    records: dict[str, pd.DataFrame]
    before: dict[str, pd.DataFrame]
    differs: dict[str, pd.DataFrame]
    unlisted: dict[str, list[str]]
    given: dict[str, dict[str, str]]
    refused: tuple[Refusal, ...]
    last_edition: str
    completes: tuple[tuple[str, str], ...]
    spared: int = 0
    questions: tuple[meant.Question, ...] = ()

    @property
    def rows_taken(self) -> int:
        """Return how many rows of the file come in: rows = taken + refused + left out."""
        return self.incoming.rows_read - self.rows_refused

    @property
    def rows_refused(self) -> int:
        """Return how many rows of the file are refused, by the reader or by the store."""
        return len({(one.sheet, one.row) for one in self.refused if one.row is not None})

    def counts(self, kind: str) -> dict[str, int]:
        """Return the number of records of a kind (organisations, services) by outcome."""
        found = self.records[kind]["outcome"].value_counts()
        counts = {outcome: int(found.get(outcome, 0)) for outcome in OUTCOMES}
        return counts | {"unlisted": len(self.unlisted[kind])}

    @property
    def older(self) -> bool:
        """Tell whether the store holds a newer edition of the same source."""
        edition = self.incoming.edition
        return bool(edition and self.last_edition and edition < self.last_edition)

    @property
    def changes_nothing(self) -> bool:
        """Tell whether the store would stay as it is."""
        kinds = (self.counts(kind) for kind in RECORDS)
        written = sum(counts[name] for counts in kinds for name in OUTCOMES if name != "unchanged")
        return written == 0 and not self.completes


@dataclass(frozen=True)
class Imported:
    """What an import did: the file, the number of its change (None for none), the counts.

    plan: what was written, without its records.
    """

    file: str
    source: str
    change: int | None
    counts: dict[str, dict[str, int]]
    refused: tuple[Refusal, ...]
    plan: Preview
