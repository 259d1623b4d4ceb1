"""Put many visitors on the first page at once and print how long the map takes to answer.

Every visitor is a `visitor.Visitor` on the real app with the data that ships: steady ones open the
map and change a filter every ten seconds; a burst opens it all within ten seconds, with or without
Streamlit's own front-end files, whose list is read from a real Chromium once.

    python -m benchmarks.load steady --sessions 200                 # one process on one core
    python -m benchmarks.load steady --sessions 400 --processes 2
    python -m benchmarks.load burst --sessions 368 --processes 2 [--front-end]
    python -m benchmarks.load burst --url http://127.0.0.1:8080     # what runs already

Server processes get cores of their own, from 0 up; the visitors run on the last core. Where that
is a server's core too, the visitors' own share and lag are what to judge the figures by.
Everything is bounded and stays on the loopback. Needs Linux (/proc).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from benchmarks.start import DRAWN, ROOT, chromium, server
from benchmarks.visitor import FrontEnd, Rerun, VisitError, Visitor

PERIOD = 10.0  # s between two changes of a filter by one visitor
ARRIVAL = 10.0  # s in which a burst arrives
RAMP_PER_SECOND = 10  # steady visitors who open the page, before anything is measured
SETTLE = 3.0  # s between the last opening and the measuring
STEADY_TARGETS = {1: 150, 2: 300}  # ms p95 by processes, from the issue
BURST_TARGET = 15.0  # s
LAG_STEP = 0.05  # s
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Result:
    """What the visitors saw: seconds to open, answers, what went wrong, lag of this program."""

    opened: list[float] = field(default_factory=list)
    reruns: list[Rerun] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    received: int = 0


@dataclass(frozen=True)
class Usage:
    """CPU seconds and resident MB of a process at one moment, and CPU seconds of the machine."""

    at: float
    cpu: float
    megabytes: float
    machine: float


def usage(pid: int) -> Usage:
    """Read a process's usage from /proc."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    user, nice, system, _, _, *interrupts = (
        Path("/proc/stat").read_text().split("\n")[0].split()[1:9]
    )
    busy = sum(int(ticks) for ticks in (user, nice, system, *interrupts))
    return Usage(
        time.monotonic(),
        (int(fields[11]) + int(fields[12])) / TICKS,
        pages * os.sysconf("SC_PAGE_SIZE") / 1e6,
        busy / TICKS,
    )


async def steady(addresses: list[str], sessions: int, seconds: float, pids: list[int]) -> Result:
    """Let visitors change a filter every ten seconds; print the table of `seconds` of it."""
    result = Result()
    visitors = [Visitor(addresses[n % len(addresses)], seed=n) for n in range(sessions)]
    empty = [usage(pid) for pid in pids]
    openings, background = [], []
    for visitor in visitors:
        openings.append(asyncio.create_task(_open(visitor, result, background)))
        await asyncio.sleep(1 / RAMP_PER_SECOND)
    opened = [visitor for visitor in await asyncio.gather(*openings) if visitor]
    await asyncio.sleep(SETTLE)
    background.append(asyncio.create_task(_watch_lag(result)))
    before, own = [usage(pid) for pid in pids], usage(os.getpid())
    end = time.monotonic() + seconds
    await asyncio.gather(*(change_filters(visitor, end, result) for visitor in opened))
    after, own_after = [usage(pid) for pid in pids], usage(os.getpid())
    for task in background:
        task.cancel()
    _print_answers(sessions, result)
    _print_lag(result, own, own_after)
    _print_others([own, *before], [own_after, *after])
    _print_processes(empty, before, after, sessions)
    await asyncio.gather(*(visitor.close() for visitor in visitors))
    return result


async def burst(
    addresses: list[str], sessions: int, front_end: FrontEnd | None, pids: list[int]
) -> Result:
    """Let all visitors open the page within ten seconds; print when they had the map."""
    result = Result()
    background = [asyncio.create_task(_watch_lag(result))]
    before, own = [usage(pid) for pid in pids], usage(os.getpid())
    visitors = [Visitor(addresses[n % len(addresses)], front_end, n) for n in range(sessions)]
    openings = []
    start = time.monotonic()
    for number, visitor in enumerate(visitors):
        await asyncio.sleep(max(0.0, start + number * ARRIVAL / sessions - time.monotonic()))
        openings.append(asyncio.create_task(_open(visitor, result, background)))
    await asyncio.gather(*openings)
    after, own_after = [usage(pid) for pid in pids], usage(os.getpid())
    for task in background:
        task.cancel()
    opened = np.array(result.opened)
    print(f"visitors who arrived within {ARRIVAL:.0f} s: {sessions}, errors: {len(result.errors)}")
    if len(opened):
        p50, p95 = np.percentile(opened, [50, 95])
        print(f"s from arrival to the map: p50 {p50:.2f}  p95 {p95:.2f}  max {opened.max():.2f}")
    print(f"MB fetched: {result.received / 1e6:,.0f}")
    _print_lag(result, own, own_after)
    _print_others([own, *before], [own_after, *after])
    _print_processes(before, before, after, sessions)
    await asyncio.gather(*(visitor.close() for visitor in visitors))
    return result


async def _open(
    visitor: Visitor, result: Result, background: list[asyncio.Task[None]]
) -> Visitor | None:
    """Open the page and let it follow the data; return None when it did not open."""
    try:
        result.opened.append(await visitor.open())
    except (VisitError, OSError, asyncio.IncompleteReadError) as error:
        result.errors.append(f"opening: {error!r}")
        return None
    result.received += visitor.http.received
    background.append(asyncio.create_task(_follow(visitor, result)))
    return visitor


async def change_filters(visitor: Visitor, end: float, result: Result) -> None:
    """Let a visitor change a filter every PERIOD until a moment; note answers and errors."""
    await asyncio.sleep(visitor.random.uniform(0, PERIOD))
    while (started := time.monotonic()) < end:
        try:
            result.reruns.append(await visitor.change_filter())
        except VisitError as error:
            result.errors.append(f"changing a filter: {error}")
            return
        await asyncio.sleep(max(0.0, started + PERIOD - time.monotonic()))


async def _follow(visitor: Visitor, result: Result) -> None:
    try:
        await visitor.follow()
    except (VisitError, OSError, asyncio.IncompleteReadError) as error:
        result.errors.append(f"following: {error!r}")


async def _watch_lag(result: Result) -> None:
    """Note how late this program's own loop is: what it adds to every measured time."""
    while True:
        start = time.perf_counter()
        await asyncio.sleep(LAG_STEP)
        result.lags.append(time.perf_counter() - start - LAG_STEP)


def _print_answers(sessions: int, result: Result) -> None:
    print(f"{'':<22}{'p50':>8}{'p95':>8}{'max':>8}   ms")
    for name, seconds in (
        ("until the map", [rerun.to_map for rerun in result.reruns]),
        ("until the run's end", [rerun.to_end for rerun in result.reruns]),
        ("opening (ramp)", result.opened),
    ):
        if seconds:
            p50, p95 = np.percentile(seconds, [50, 95]) * 1000
            print(f"{name:<22}{p50:>8.0f}{p95:>8.0f}{max(seconds) * 1000:>8.0f}")
    print(f"sessions {sessions}, reruns {len(result.reruns)}, errors {len(result.errors)}")


def _print_lag(result: Result, before: Usage, after: Usage) -> None:
    lags = np.array(result.lags or [0.0]) * 1000
    share = (after.cpu - before.cpu) / (after.at - before.at)
    print(
        f"visitors' own lag ms: p50 {np.percentile(lags, 50):.1f}  p95 {np.percentile(lags, 95):.1f}"
        f"  max {lags.max():.1f}; own CPU {share:.0%} of a core"
    )


def _print_others(before: list[Usage], after: list[Usage]) -> None:
    """Print what else the machine did: the servers had to share with it."""
    seconds = after[0].at - before[0].at
    ours = sum(end.cpu - start.cpu for start, end in zip(before, after, strict=True))
    others = after[0].machine - before[0].machine - ours
    print(f"other programs on this machine: {others / seconds:.0%} of a core")


def _print_processes(
    empty: list[Usage], before: list[Usage], after: list[Usage], sessions: int
) -> None:
    for number, (none, start, end) in enumerate(zip(empty, before, after, strict=True)):
        share = (end.cpu - start.cpu) / (end.at - start.at)
        each = (end.megabytes - none.megabytes) / (sessions / len(after))
        print(
            f"process {number}: CPU {share:.0%} of a core, resident {none.megabytes:.0f} MB before "
            f"and {end.megabytes:.0f} MB with its sessions, {each:.2f} MB each"
        )


@contextmanager
def processes(count: int) -> Iterator[list[tuple[str, int]]]:
    """Run the app in some processes on cores of their own, read-only, on one store between them."""
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        environment = {
            "DATABASE_URL": f"sqlite:///{folder}/store.sqlite3",
            "SHIGEN_WRITE": "0",
        }
        served = []
        for number in range(count):
            start = time.perf_counter()
            core = {cores[number % len(cores)]}
            served.append(
                stack.enter_context(server(ROOT / "app.py", environment=environment, cores=core))
            )
            healthy = time.perf_counter() - start
            asyncio.run(_first_visit(served[-1][0]))
            first = time.perf_counter() - start
            print(
                f"process {number} on core {core}: healthy after {healthy:.2f} s, "
                f"first map after {first:.2f} s"
            )
        os.sched_setaffinity(0, {cores[-1]})
        try:
            yield served
        finally:
            os.sched_setaffinity(0, cores)


async def _first_visit(address: str) -> None:
    visitor = Visitor(address)
    await visitor.open()
    await visitor.close()


def front_end_files(address: str) -> FrontEnd:
    """Return the front-end files that a real Chromium asks for on the first page."""
    before: list[str] = []
    during: list[str] = []
    now = [before]
    with chromium() as browser:
        page = browser.new_page()
        page.on("websocket", lambda _: now.insert(0, during))
        page.on("request", lambda request: now[0].append(urlsplit(request.url).path))
        page.goto(address)
        page.wait_for_selector(DRAWN)
        page.close()

    def own(paths: list[str]) -> tuple[str, ...]:
        return tuple(path for path in paths if path.startswith(("/static/", "/favicon")))

    return FrontEnd(own(before), own(during))


def main() -> int:
    """Run what the command line asks for; return 1 when a target is missed or an answer wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mode", choices=("steady", "burst"))
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60, help="of steady measuring")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--front-end", action="store_true", help="a burst fetches it too")
    parser.add_argument("--url", action="append", help="what runs already, in place of --processes")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        if arguments.url:
            addresses, pids = arguments.url, []
        else:
            served = stack.enter_context(processes(arguments.processes))
            addresses, pids = [address for address, _ in served], [pid for _, pid in served]
        if arguments.mode == "steady":
            work = steady(addresses, arguments.sessions, arguments.seconds, pids)
        else:
            front_end = front_end_files(addresses[0]) if arguments.front_end else None
            work = burst(addresses, arguments.sessions, front_end, pids)
        result = asyncio.run(work)
    for error in dict.fromkeys(result.errors):
        print(f"error ({result.errors.count(error)}x): {error}")
    return 0 if _met(arguments, result) else 1


def _met(arguments: argparse.Namespace, result: Result) -> bool:
    if arguments.mode == "burst":
        worst, target = max(result.opened, default=np.inf), BURST_TARGET
        words = f"all have the map within {target:.0f} s"
    else:
        answers = [rerun.to_end * 1000 for rerun in result.reruns]
        worst = np.percentile(answers, 95) if answers else np.inf
        target = STEADY_TARGETS.get(len(arguments.url or ()) or arguments.processes, 300)
        words = f"p95 within {target} ms"
    met = worst <= target and not result.errors
    print(f"{words}, without an error: {'yes' if met else 'NO'}")
    return met


if __name__ == "__main__":
    raise SystemExit(main())
