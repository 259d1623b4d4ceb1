"""Let people edit records on the page 台帳の編集, and write down what they were told.

Each goes on as a person would: after a lost connection the page is loaded again at the address of
the draft, what was told as failed is tried again, and a conflict is merged. A few give an edit up
when its answer was lost.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from websockets.exceptions import WebSocketException

from benchmarks.tab import LostError, NotThereError, Tab
from benchmarks.visitor import VisitError, Visitor

PAGE = "editing"
EDIT, NEW, PUBLISH = "この団体を編集", "新しい団体を登録", "台帳に反映する"
AGAIN = "もう一度試す"
MERGE = "いまの台帳にのせて続ける"
FIELDS = {"name": "名称", "operator": "運営者(法人・団体)", "note": "備考"}
NUMBER = re.compile(r"変更の番号 (\d+)")
DOUBTFUL = "分かりません"  # said of an edit that may have been written
NONE = "none"  # of the faults
LOOKS = (8.0, 12.0)  # s between two looks of a reader at something else
PAUSE = 0.25  # s between two edits of one person, and before one tries again
GIVES_UP = 0.1  # share of edits that are left alone when their answer was lost
REGISTERS = 0.08  # share of edits that are a new organisation
SHARES = 0.25  # share of edits on a record that others edit too


@dataclass
class Attempt:
    """One edit of one person, from the first press to what came of it.

    state: acknowledged, failed (told, and left at that) or unknown. change: the number that the
    page gave; None where it only said that the draft is in the records.
    """

    editor: int
    value: str
    column: str
    record: str | None  # None for a new organisation
    fault: str  # the first that was done to the service since it began
    state: str = "failed"
    change: int | None = None
    draft: str = ""
    presses: int = 0
    lost_answers: int = 0
    told: int = 0
    conflicts: int = 0


@dataclass
class Journal:
    """What all of them saw; fault: what is being done to the service now."""

    fault: str = NONE
    stopping: bool = False
    attempts: list[Attempt] = field(default_factory=list)
    told: dict[str, Counter[str]] = field(default_factory=dict)
    outages: dict[str, list[float]] = field(default_factory=dict)
    reruns: dict[str, list[float]] = field(default_factory=dict)
    lost: int = 0  # connections
    reconnected: int = 0
    crashed: list[str] = field(default_factory=list)  # of this program itself

    def acknowledged(self) -> int:
        """Return how many edits the page has said are in the records."""
        return sum(attempt.state == "acknowledged" for attempt in self.attempts)

    def stuck(self) -> int:
        """Return how many edits were not to be had in the end, though nobody gave them up."""
        return sum(attempt.state == "failed" for attempt in self.attempts)

    def hear(self, words: str) -> None:
        """Note what a person was told."""
        self.told.setdefault(self.fault, Counter())[words] += 1


class Outage:
    """How long one person is without the service, from the first trouble to what works again."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.since: float | None = None
        self.fault = ""
        self.lost = False

    def begins(self, *, lost: bool) -> None:
        """Note a trouble; lost: the connection, too."""
        if self.since is None:
            self.since, self.fault = time.monotonic(), self.journal.fault
        if lost and not self.lost:
            self.lost = True
            self.journal.lost += 1

    def reached(self) -> None:
        """Note that the page is there again."""
        if self.lost:
            self.lost = False
            self.journal.reconnected += 1

    def ends(self) -> None:
        """Note that what one came for works."""
        self.reached()
        if self.since is not None:
            seconds = time.monotonic() - self.since
            self.journal.outages.setdefault(self.fault, []).append(seconds)
        self.since = None


class Editor:
    """A person who edits an own record, shared ones, and registers organisations in a town."""

    def __init__(
        self,
        number: int,
        tab: Tab,
        journal: Journal,
        *,
        own: tuple[str, str],
        shared: tuple[str, str],
        seed: int = 0,
    ) -> None:
        """own, shared: municipality and key of a record."""
        self.number, self.tab, self.journal = number, tab, journal
        self.own, self.shared = own, shared
        self.random = random.Random(seed * 1000 + number)
        self.outage = Outage(journal)
        self.count = 0

    async def work(self, patience: float) -> None:
        """Edit until the journal says that it is enough; patience: s for the last one."""
        while not self.journal.stopping:
            attempt, town = self._next()
            self.journal.attempts.append(attempt)
            end = None
            while not await self._step(attempt, town):
                if self.journal.stopping:
                    end = end or time.monotonic() + patience
                    if time.monotonic() > end:
                        break
                await asyncio.sleep(PAUSE * self.random.uniform(1, 3))
            await asyncio.sleep(PAUSE * self.random.uniform(0.5, 1.5))
        await self.tab.close()

    def _next(self) -> tuple[Attempt, str]:
        self.count += 1
        value = f"生成{self.number:02}-{self.count:05}"
        chance = self.random.random()
        town, record = self.shared if chance < SHARES else self.own
        if chance > 1 - REGISTERS:
            return Attempt(self.number, value, "name", None, self.journal.fault), self.own[0]
        column = self.random.choice(("note", "operator"))
        return Attempt(self.number, value, column, record, self.journal.fault), town

    async def _step(self, attempt: Attempt, town: str) -> bool:
        """Go on with an edit as far as it goes; tell whether it is over."""
        pressed = False
        if attempt.fault == NONE:
            attempt.fault = self.journal.fault
        try:
            if not attempt.draft:
                await self._begin(attempt, town)
            elif self.tab.socket is None or self.tab.asks("draft") != attempt.draft:
                await self.tab.open(f"draft={attempt.draft}")
            self.outage.reached()
            if any("「反映済み」" in said.words for said in self.tab.said):
                return self._acknowledge(attempt, None)
            if AGAIN in self.tab.controls:
                await self.tab.press(AGAIN)
            field_ = FIELDS[attempt.column]
            if self.tab.value(field_) != attempt.value:
                await self.tab.type(field_, attempt.value)
            attempt.presses += 1
            pressed = True
            await self.tab.press(PUBLISH)
            return await self._answer(attempt)
        except LostError as error:
            self.journal.hear(f"({error})")
            self.outage.begins(lost=True)
            if pressed:
                attempt.state = "unknown"
                attempt.lost_answers += 1
                return self.random.random() < GIVES_UP
        except NotThereError as error:
            self._told(attempt, f"no {error}")
            if AGAIN not in self.tab.controls:
                await self.tab.close()  # and load the page again
        return False

    async def _begin(self, attempt: Attempt, town: str) -> None:
        record = attempt.record or self.own[1]
        if self.tab.socket is None or (self.tab.asks("record"), self.tab.asks("draft")) != (
            record,
            "",
        ):
            await self.tab.open(f"town={town}&record={record}")
        await self.tab.press(EDIT if attempt.record else NEW)
        attempt.draft = self.tab.asks("draft")

    async def _answer(self, attempt: Attempt) -> bool:
        """Take what the page says to a press of 台帳に反映する; tell whether that is the end."""
        for said in self.tab.said:
            if said.kind == "success" and (found := NUMBER.search(said.words)):
                return self._acknowledge(attempt, int(found[1]))
        if MERGE in self.tab.controls:
            attempt.conflicts += 1
            self.journal.hear("…が、先にこの記録を変えました")
            await self.tab.press(MERGE)
            return False
        said = [said for said in self.tab.said if said.kind in ("error", "warning")]
        if not said or any(DOUBTFUL in one.words for one in said):
            attempt.state = "unknown"
        self._told(attempt, "nothing")
        return False

    def _told(self, attempt: Attempt, otherwise: str) -> None:
        """Note what the page says instead; otherwise: that it says nothing."""
        attempt.told += 1
        words = [said for said in self.tab.said if said.kind != "info"]
        self.outage.begins(lost=False)
        if not words:
            self.journal.hear(f"({otherwise})")
        for said in words:
            traceback = "TRACEBACK " if said.kind == "exception" else ""
            self.journal.hear(traceback + re.sub(r"\d+", "N", said.words))

    def _acknowledge(self, attempt: Attempt, change: int | None) -> bool:
        attempt.state, attempt.change = "acknowledged", change
        self.outage.ends()
        return True


async def read(address: str, journal: Journal, seed: int) -> None:
    """Look at the map as a reader does, and come back when the connection is lost."""
    outage = Outage(journal)
    while not journal.stopping:
        visitor = Visitor(address, seed=seed)
        try:
            await visitor.open()
            outage.ends()
            while not journal.stopping:
                fault = journal.fault
                rerun = await visitor.change_filter()
                journal.reruns.setdefault(fault, []).append(rerun.to_end)
                await asyncio.sleep(visitor.random.uniform(*LOOKS))
        except (VisitError, WebSocketException, OSError, EOFError):
            outage.begins(lost=True)
            await asyncio.sleep(PAUSE)
        finally:
            with suppress(WebSocketException, OSError, TimeoutError):
                await asyncio.wait_for(visitor.close(), 2)


async def work_together(
    editors: list[Editor], readers: list[Callable[[], object]], journal: Journal, patience: float
) -> None:
    """Let all of them work until the journal says that it is enough."""
    tasks = [asyncio.create_task(editor.work(patience)) for editor in editors]
    tasks += [asyncio.create_task(reader()) for reader in readers]
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        if ended is not None:
            journal.crashed.append(repr(ended))
