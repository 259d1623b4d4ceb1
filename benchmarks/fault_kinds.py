"""Break one part of a service at a time, for a moment, and put it right again."""

from __future__ import annotations

import random
import shutil
import signal
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.editors import NONE, Journal
from tests.postgres_server import PostgresServer
from tests.shipped_service import Service

KILL = "kill -9 of an app process"
RESTART_SECONDS = 2.0  # RestartSec of deploy/shigen@.service
SLOW = 0.3  # s that every fsync takes longer
SMALL = 256  # MB of the disk that fills up
BLOCK = 64 * 1024  # bytes; the last ones are written singly
CLOCKS = {"2 days on": 172_800, "3 hours on": 10_800, "90 s back": -90, "1 day back": -86_400}
CLOCK = Path(__file__).with_name("clock.c")


class MissingError(Exception):
    """Raised when this machine lacks what a fault needs; the message says what."""


@dataclass(frozen=True)
class Run:
    """What is broken: the processes of the app, and the database on a small disk of its own."""

    service: Service
    postgres: PostgresServer | None  # None for a store on SQLite, which these faults cannot break
    small: Path | None  # None where none could be mounted
    journal: Journal
    random: random.Random
    times: dict[str, int] = field(default_factory=dict)  # how often each was done

    @contextmanager
    def fault(self, name: str, settle: float) -> Iterator[None]:
        """Let all edits that begin now count for a fault, and settle seconds after it."""
        self.journal.fault = name
        yield
        self.times[name] = self.times.get(name, 0) + 1
        time.sleep(settle)
        self.journal.fault = NONE


@contextmanager
def small_disk(place: Path, owner: Path) -> Iterator[Path | None]:
    """Mount a small file system in memory, for the owner of a directory; None where that is refused."""
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SMALL}m", "shigen-faults", str(place)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        yield None
        return
    try:
        shutil.chown(place, owner.stat().st_uid, owner.stat().st_gid)
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=False)


def kill(run: Run, calm: float) -> None:
    """End a process of the app at a random moment, as a machine that dies, and start it again."""
    with run.fault(KILL, calm):
        time.sleep(run.random.uniform(0, 2))
        port = run.random.choice(run.service.ports)
        run.service.kill(port)
        time.sleep(RESTART_SECONDS)
        run.service.start(port)


def kill_both(run: Run, calm: float) -> None:
    """End both processes at once, so that nobody serves until they are up again."""
    with run.fault("kill -9 of both app processes", calm):
        for port in run.service.ports:
            run.service.kill(port)
        time.sleep(RESTART_SECONDS)
        for port in run.service.ports:
            run.service.start(port)


def restart_database(run: Run, times: int, calm: float) -> None:
    """Stop PostgreSQL as an upgrade does, which ends all sessions, and start it again."""
    for _ in range(times):
        with run.fault("PostgreSQL restarted (fast)", calm):
            run.postgres.stop(signal.SIGINT)
            time.sleep(run.random.uniform(0, 3))
            run.postgres.start()


def crash_database(run: Run, times: int, calm: float) -> None:
    """Let PostgreSQL crash, and recover."""
    for _ in range(times):
        with run.fault("PostgreSQL crashed (immediate)", calm):
            time.sleep(run.random.uniform(0, 1))
            run.postgres.stop(signal.SIGQUIT)
            time.sleep(run.random.uniform(0, 3))
            run.postgres.start()


def fill_disk(run: Run, seconds: float, calm: float) -> None:
    """Fill the disk of the database to the last block, and free it again."""
    if run.small is None:
        message = "full disk: a small file system may not be mounted here"
        raise MissingError(message)
    filler = run.small / "filler"
    with run.fault("disk of the database full", calm):
        try:
            with filler.open("wb", buffering=0) as file, suppress(OSError):
                while True:
                    file.write(bytes(BLOCK))
            end = time.monotonic() + seconds
            while time.monotonic() < end:  # a page that the database gives back is taken, too
                with filler.open("ab", buffering=0) as file, suppress(OSError):
                    file.write(bytes(4096))
                time.sleep(0.05)
        finally:
            filler.unlink()


def slow_disk(run: Run, seconds: float, calm: float) -> None:
    """Let every fsync of the database take longer."""
    strace = shutil.which("strace")
    if strace is None:
        message = "slow disk: no strace on this machine"
        raise MissingError(message)
    calls = "fsync,fdatasync"
    command = [strace, "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}"]
    command += ["-e", f"inject={calls}:delay_exit={SLOW * 1e6:.0f}"]
    command += [part for pid in run.postgres.pids() for part in ("-p", str(pid))]
    with run.fault("disk of the database slow", 0):
        slow = subprocess.Popen(command)
        try:
            time.sleep(seconds)
            if slow.poll() is not None:
                message = "slow disk: strace may not attach here"
                raise MissingError(message)
        finally:
            slow.terminate()
            slow.wait(20)
    time.sleep(calm)


def jump_clock(run: Run, seconds: float, calm: float) -> None:
    """Let the clock of one process jump on and back; the other's and the database's stay right."""
    compiler = shutil.which("cc")
    if compiler is None:
        message = "clock that jumps: no C compiler on this machine"
        raise MissingError(message)
    port, folder = run.service.ports[0], run.service.folder
    library, offset = folder / "clock.so", folder / "clock"
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, CLOCK], check=True)
    offset.write_bytes(struct.pack("q", 0))
    _exchange(run.service, port, LD_PRELOAD=str(library), CLOCK_OFFSET=str(offset))
    time.sleep(calm)
    with offset.open("r+b", buffering=0) as clock:
        for words, seconds_off in CLOCKS.items():
            with run.fault(f"clock of one process {words}", 0):
                clock.seek(0)
                clock.write(struct.pack("q", seconds_off))
                time.sleep(seconds)
                clock.seek(0)
                clock.write(struct.pack("q", 0))
            time.sleep(calm)
    _exchange(run.service, port)


def _exchange(service: Service, port: int, **environment: str) -> None:
    """Stop a process as systemd does, and start it with other variables."""
    service.processes[port].terminate()
    try:
        service.processes[port].wait(20)
    except subprocess.TimeoutExpired:
        service.kill(port)
    service.start(port, **environment)
