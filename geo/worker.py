"""Do a piece of work on a visitor's file in a process of its own, with a budget, and end it.

A reader that stops in the middle of a hostile file would hold this process's interpreter, and its
memory, from every other visitor. What is read here is read by a child: a Python of its own that
was not forked from threads, knows no store and no secret, gives way to the pages, and is killed
at its deadline. One that did its work well is kept for the next file.
"""

from __future__ import annotations

import math
import os
import pickle
import select
import signal
import struct
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple, TypeVar, cast

from geo.errors import DataError, GeoError, Problem
from geo.parameters import READ_MEMORY, READ_SECONDS

AT_ONCE = 2  # children of one server: a bomb leaves a place for an honest file
IDLE_SECONDS = 600  # after which a child without work ends itself
LARGEST_IDLE = 700_000_000  # bytes that a child once needed; a larger one is not kept
PRELOADED = ("geo.imports.read",)
GIVEN = (
    *("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "HOME", "PYTHONPATH", "SHIGEN_DATA"),
    *("SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LD_LIBRARY_PATH", "MPLCONFIGDIR"),
)  # variables of the environment that a child is given; an address of a store is none
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
NICE = 5  # steps by which a child gives way to the pages
STATM = Path("/proc/self/statm")
GIB = 1 << 30

_LENGTH = struct.Struct(">Q")
Made = TypeVar("Made")


class _Job(NamedTuple):
    work: Callable[..., Any]
    args: tuple[Any, ...]
    seconds: float
    memory: float  # bytes


class _Answer(NamedTuple):
    kind: Literal["made", "refused", "memory", "fault"]
    value: Any = None


def run(
    work: Callable[..., Made],
    *args: Any,
    file: str,
    seconds: float = float(READ_SECONDS),
    memory: float = float(READ_MEMORY),
) -> Made:
    """Return what a function of a module makes of its arguments, made in a child.

    Arguments and answer are pickled. file: the name to say when the work is ended. memory: GiB
    beside what the libraries take; where the system sets no limits (Windows), only the time counts.
    Raises DataError when the budget is spent, and whatever GeoError the work raises.
    """
    job = _Job(work, args, seconds, memory * GIB)
    with _child(file, seconds) as child:
        answer = child.ask(job)
    if answer is None and child.old and not child.late:  # it may have died while it waited
        with _child(file, seconds, fresh=True) as child:
            answer = child.ask(job)
    if answer is None:
        if child.late:
            reason = f"読むのに{seconds:,.0f}秒を超えたので、止めました。ファイルを分けてください"
        else:
            reason = "読んでいる途中で止まりました。大きすぎるか、壊れています"
        raise _refusal(file, reason)
    if answer.kind == "memory":
        reason = f"読むのに{memory:g}GBより多くのメモリーが要るので、止めました。ファイルを分けてください"
        raise _refusal(file, reason)
    if answer.kind == "refused":
        raise answer.value
    if answer.kind == "fault":
        raise RuntimeError(answer.value)
    made: Made = answer.value
    return made


def warm() -> None:
    """Start a child, where none waits, so that the next file finds one that is ready."""
    with _changing:
        if not any(child.alive for child in _idle) and len(_idle) < AT_ONCE:
            _idle.append(_Child())


def _refusal(file: str, reason: str) -> DataError:
    return DataError([Problem(file, None, None, reason)])


class _Child:
    """One child process, asked one thing at a time."""

    def __init__(self) -> None:
        given = {name: os.environ[name] for name in GIVEN if name in os.environ}
        self.late = False
        self.old = False  # whether it worked before
        self._process = subprocess.Popen(
            [sys.executable, "-m", "geo.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a trace may hold cells of the file
            cwd=Path(__file__).resolve().parents[1],
            env=given | ONE_THREAD,
        )

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def ask(self, job: _Job) -> _Answer | None:
        """Return the child's answer, None when it ended without one."""
        alarm = threading.Timer(job.seconds, self._too_late)
        alarm.daemon = True
        alarm.start()
        try:
            _send(self._process.stdin, job)
            return _Answer(*_receive(self._process.stdout))
        except (OSError, EOFError):
            spent = self._process.wait() == -getattr(signal, "SIGXCPU", 0)
            self.late = self.late or spent
            return None
        finally:
            alarm.cancel()

    def end(self) -> None:
        """Kill the process, if it still runs, and let go of it."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(OSError):  # what was not written is for nobody now
                cast("BinaryIO", stream).close()

    def _too_late(self) -> None:
        self.late = True
        self._process.kill()


_places = threading.BoundedSemaphore(AT_ONCE)
_changing = threading.Lock()
_idle: list[_Child] = []


@contextmanager
def _child(file: str, seconds: float, *, fresh: bool = False) -> Iterator[_Child]:
    """Give a child, an idle one where there is one; one that answered is kept."""
    if not _places.acquire(timeout=seconds):
        reason = "ほかのファイルを読んでいます。しばらくしてから、もう一度お試しください"
        raise _refusal(file, reason)
    try:
        child = (None if fresh else _taken()) or _Child()
        answered = False
        try:
            yield child
            answered = child.alive
        finally:
            if answered:
                child.old = True
                with _changing:
                    _idle.append(child)
            else:
                child.end()
    finally:
        _places.release()


def _taken() -> _Child | None:
    with _changing:
        while _idle:
            child = _idle.pop()
            if child.alive:
                return child
            child.end()
    return None


def _forget() -> None:
    """Leave the children of the process that this one was forked from to that one."""
    global _places, _changing
    _places, _changing = threading.BoundedSemaphore(AT_ONCE), threading.Lock()
    _idle.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _send(stream: Any, message: tuple[Any, ...]) -> None:
    body = pickle.dumps(tuple(message), pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(body)))
    stream.write(body)
    stream.flush()


def _receive(stream: Any) -> tuple[Any, ...]:
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    body = stream.read(length)
    if len(body) < length:
        raise EOFError
    received: tuple[Any, ...] = pickle.loads(body)
    return received


def serve() -> None:
    """Do what is asked on the standard input, one job after the other, until it closes."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    if hasattr(os, "nice"):
        os.nice(NICE)
    for name in PRELOADED:
        import_module(name)
    while _asked():
        try:
            job = _Job(*_receive(sys.stdin.buffer))
        except EOFError:
            return
        try:
            _send(answers, _done(job))
        except MemoryError:
            _unlimited()
            _send(answers, _Answer("memory"))
        _unlimited()
        if _peak() > LARGEST_IDLE:
            return


def _asked() -> bool:
    """Wait for a job; tell whether one came before it was too long to wait."""
    if os.name == "nt":  # a pipe cannot be waited for there
        return True
    return bool(select.select([sys.stdin.buffer], [], [], IDLE_SECONDS)[0])


def _done(job: _Job) -> _Answer:
    try:
        _limit(job)
        return _Answer("made", job.work(*job.args))
    except GeoError as error:
        return _Answer("refused", error)
    except MemoryError:
        return _Answer("memory")
    except Exception as error:
        # Where it went wrong, but not its words: they may be a cell's.
        places = traceback.extract_tb(error.__traceback__)
        where = " < ".join(f"{Path(one.filename).name}:{one.lineno}" for one in places[::-1][:8])
        return _Answer("fault", f"{type(error).__name__} at {where}")


if sys.platform == "win32":

    def _limit(job: _Job) -> None:
        """Leave the time to whoever waits; the system sets no limits."""

    def _unlimited() -> None:
        """Leave all as it is."""

    def _peak() -> int:
        return 0

else:
    import resource

    def _limit(job: _Job) -> None:
        """Bound what this process takes: address space beside what it has, seconds of a core."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        seconds = math.ceil(used.ru_utime + used.ru_stime + job.seconds) + 1
        _set(resource.RLIMIT_CPU, seconds)
        if STATM.exists():
            pages = int(STATM.read_text(encoding="ascii").split()[0])
            _set(resource.RLIMIT_AS, pages * resource.getpagesize() + int(job.memory))

    def _unlimited() -> None:
        """Take the limits off again: the next job has a budget of its own."""
        _set(resource.RLIMIT_AS, resource.RLIM_INFINITY)
        _set(resource.RLIMIT_CPU, resource.RLIM_INFINITY)

    def _set(which: int, soft: int) -> None:
        hard = resource.getrlimit(which)[1]
        if hard != resource.RLIM_INFINITY:
            soft = hard if soft == resource.RLIM_INFINITY else min(soft, hard)
        resource.setrlimit(which, (soft, hard))

    def _peak() -> int:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    serve()
