"""Break the service while people edit, and compare what they were told with what is stored.

Two processes of the app behind the shipped nginx on a PostgreSQL of this run, sign-in set up.
Editors work on the page 台帳の編集, readers on the map; meanwhile processes are killed, the
database is restarted and crashes, its disk fills up and grows slow, and one process's clock jumps.
Prints a table with a line for each fault, and what people were told; returns 1 when an edit is
lost or doubled, anybody sees a traceback, or fewer edits or kills were made than asked for.

    python -m benchmarks.faults            # at most 10 minutes
    python -m benchmarks.faults --quick    # 3 minutes

Bounded, on the loopback, in temporary directories. Needs Linux, PostgreSQL and nginx; a full disk
needs root, a slow one root and strace, a jumping clock a C compiler. What this machine lacks is
said, and not done.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import fault_kinds, signed_in
from benchmarks.editors import NONE, Attempt, Editor, Journal, read, work_together
from benchmarks.edits_check import Comparison, compare
from benchmarks.fault_kinds import MissingError, Run
from benchmarks.tab import Tab
from geo.store import database
from tests.postgres_server import PostgresServer
from tests.shipped_service import prepared, served

TOWNS = ("012301", "012050", "012335", "011002")
EDITORS, READERS = 8, 2
LAST_EDIT = 60  # s for those who are in the middle of one when it is enough
WHOLE, QUICK = 540, 170  # s after which no further kill is begun
TRACEBACK = "TRACEBACK"


@contextmanager
def at_work(
    address: str, sign_in: signed_in.SignIn, records: list[tuple[str, str]], journal: Journal
) -> Iterator[None]:
    """Let editors of all records but the last, which they share, and readers work meanwhile.

    In a thread of their own: what breaks the service waits and blocks.
    """
    *own, shared = records
    editors = [
        Editor(
            number,
            Tab(address, "editing", sign_in.cookies(address, number)),
            journal,
            own=own[number],
            shared=shared if number % 2 or own[number][0] == shared[0] else own[number],
        )
        for number in range(len(own))
    ]
    readers = [partial(read, address, journal, number) for number in range(READERS)]
    thread = threading.Thread(
        target=lambda: asyncio.run(work_together(editors, readers, journal, LAST_EDIT)),
        daemon=True,
    )
    thread.start()
    try:
        yield
    finally:
        journal.fault = NONE
        journal.stopping = True
        thread.join(LAST_EDIT * 2)
        if thread.is_alive():
            journal.crashed.append("somebody never came to an end")


def break_all(run: Run, edits: int, kills: int, quick: bool) -> None:
    """Do all of it, one after the other."""
    begun = time.monotonic()
    limit = QUICK if quick else WHOLE
    long, calm, times = (8, 2, 1) if quick else (20, 4, 4)
    time.sleep(long)
    steps: list[Callable[[], None]] = [
        partial(fault_kinds.restart_database, run, times, calm),
        partial(fault_kinds.crash_database, run, times, calm),
        partial(fault_kinds.fill_disk, run, long, calm),
        partial(fault_kinds.slow_disk, run, long, calm),
        partial(fault_kinds.jump_clock, run, long / 2, calm),
        partial(fault_kinds.kill_both, run, calm),
    ]
    for step in steps:
        try:
            step()
        except MissingError as error:
            print(f"not done: {error}")
    while time.monotonic() - begun < limit and (
        run.times.get(fault_kinds.KILL, 0) < kills or run.journal.acknowledged() < edits
    ):
        fault_kinds.kill(run, calm)


def table(journal: Journal, found: Comparison, times: dict[str, int]) -> list[str]:
    """Return the lines of the table, in Markdown."""
    head = ("fault", "times", "edits", "acknowledged", "told as failed", "tried again")
    head += ("answer lost", "of these found stored / stored by trying again / left: stored / not")
    head += ("conflicts", "lost", "doubled", "longest without, s")
    rows = [head, ("---", *["--:"] * (len(head) - 1))]
    faults = list(dict.fromkeys([NONE, *times, *(a.fault for a in journal.attempts)]))
    pairs = list(zip(journal.attempts, found.verdicts, strict=True))
    for fault in faults:
        mine = [pair for pair in pairs if pair[0].fault == fault]
        rows.append(_line(fault, times.get(fault), mine, journal.outages.get(fault, [])))
    every = [seconds for outages in journal.outages.values() for seconds in outages]
    rows.append(_line("all", sum(times.values()), pairs, every))
    return ["| " + " | ".join(map(str, row)) + " |" for row in rows]


def _line(
    fault: str, times: int | None, pairs: list[tuple[Attempt, str]], outages: list[float]
) -> tuple[object, ...]:
    attempts = [attempt for attempt, _ in pairs]
    unanswered = [pair for pair in pairs if pair[0].lost_answers]
    left = [verdict for attempt, verdict in unanswered if attempt.state == "unknown"]
    found = sum(a.state == "acknowledged" and a.change is None for a, _ in unanswered)
    again = len(unanswered) - len(left) - found
    verdicts = [verdict for _, verdict in pairs]
    return (
        fault,
        "" if times is None else times,
        len(attempts),
        sum(attempt.state == "acknowledged" for attempt in attempts),
        sum(attempt.told > 0 for attempt in attempts),
        sum(attempt.presses > 1 for attempt in attempts),
        len(unanswered),
        f"{found} / {again} / {left.count('stored')} / {left.count('absent')}",
        sum(attempt.conflicts > 0 for attempt in attempts),
        verdicts.count("lost"),
        verdicts.count("doubled"),
        f"{max(outages, default=0):.1f}",
    )


def report(journal: Journal, found: Comparison, times: dict[str, int]) -> None:
    """Print the table, and what people were told."""
    print("\n".join(["", *table(journal, found, times), ""]))
    for fault, words in journal.told.items():
        print(f"told during: {fault}")
        for said, count in words.most_common(8):
            print(f"  {count:>4} x {said}")
    print(f"connections lost {journal.lost}, found again {journal.reconnected}")
    for fault, seconds in journal.reruns.items():
        p50, p95 = np.percentile(seconds, [50, 95]) * 1000
        print(f"a reader's map, ms: p50 {p50:.0f}  p95 {p95:.0f}  ({len(seconds)}x, {fault})")
    print(
        f"edits that never got through: {journal.stuck()}; stored otherwise than told: {found.count('wrong')}"
    )
    for problem in [*found.problems, *journal.crashed][:20]:
        print(f"PROBLEM {problem}")


def main() -> int:
    """Run it; return 1 unless all that was acknowledged is stored, once, as it was sent."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a short run: 100 edits, 3 kills")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # and clean up
    edits, kills = (100, 3) if arguments.quick else (1000, 20)
    journal = Journal()
    with tempfile.TemporaryDirectory() as folder:
        place, postgres = Path(folder), PostgresServer()
        try:
            with fault_kinds.small_disk(postgres.directory / "small", postgres.data) as small:
                if small is None:
                    postgres.run("CREATE DATABASE shigen TEMPLATE template0")
                else:
                    postgres.run(f"CREATE TABLESPACE small LOCATION '{small}'")
                    postgres.run("CREATE DATABASE shigen TEMPLATE template0 TABLESPACE small")
                url = postgres.url("shigen")
                sign_in = signed_in.set_up(place)
                records, since = signed_in.invite(database.engine(url), TOWNS, EDITORS)
                environment = {"DATABASE_URL": url, "STREAMLIT_SECRETS_FILES": str(sign_in.file)}
                with served(prepared(place, **environment)) as service:
                    run = Run(service, postgres, small, journal, random.Random(arguments.seed))
                    start = time.monotonic()
                    with at_work(service.address, sign_in, records, journal):
                        try:
                            break_all(run, edits, kills, arguments.quick)
                        except (OSError, subprocess.SubprocessError) as error:
                            journal.crashed.append(repr(error))  # and report what there is
                    print(f"{time.monotonic() - start:.0f} s")
                found = compare(database.engine(url), journal.attempts, since)
                database.engine(url).dispose()
        finally:
            postgres.remove()
    report(journal, found, run.times)
    tracebacks = [w for words in journal.told.values() for w in words if TRACEBACK in w]
    enough = journal.acknowledged() >= edits and run.times.get(fault_kinds.KILL, 0) >= kills
    back = journal.lost == journal.reconnected and not journal.stuck() and not journal.crashed
    sound = found.sound and enough and back and not tracebacks
    print(f"nothing lost, nothing doubled, everybody told: {'yes' if sound else 'NO'}")
    return 0 if sound else 1


if __name__ == "__main__":
    raise SystemExit(main())
