"""Start the app in processes of its own: on a free port, awaited, and gone with the tests."""

import ctypes
import os
import random
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.start import command
from tests import ROOT

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
APP = ROOT / "app.py"
START_SECONDS = 60
STOP_SECONDS = 20
FIRST_PORT = 10_000
LOCAL_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")
PR_SET_PDEATHSIG = 1  # of Linux's prctl


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback that nobody listens on.

    None of those that the kernel gives to connections: one could be taken while its process is down.
    """
    lowest = int(LOCAL_PORTS.read_text("ascii").split()[0])
    found: list[int] = []
    while len(found) < count:
        port = random.randrange(FIRST_PORT, lowest)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found += [port] if port not in found else []
    return found


def start(
    script: Path, port: int, log: Path, *, asked: str, **environment: str
) -> subprocess.Popen[bytes]:
    """Start a process of an app at a port, and return it once its address `asked` answers.

    log: the file that its errors and log are added to. environment: variables of this process
    alone.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            command(script, port),
            cwd=ROOT,
            env=os.environ | environment,
            stdout=subprocess.DEVNULL,
            stderr=output,
            preexec_fn=die_with_the_tests,
        )
    try:
        wait_for(f"http://127.0.0.1:{port}{asked}", process)
    except BaseException:
        stop(process)
        raise
    return process


@contextmanager
def serving(log: Path, **environment: str) -> Iterator[str]:
    """Serve the app, read-only on a store beside the log; give its address."""
    (port,) = free_ports(1)
    own = {"DATABASE_URL": f"sqlite:///{log.parent / 'store.sqlite3'}", "SHIGEN_WRITE": "0"}
    process = start(APP, port, log, asked="/_stcore/health", **own | environment)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(process)


def stop(*processes: subprocess.Popen[bytes]) -> None:
    """Ask processes to end, and wait until they have."""
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait(timeout=STOP_SECONDS)


def wait_for(url: str, process: subprocess.Popen[bytes] | None = None) -> None:
    """Wait until an address answers; raise TimeoutError when it does not, or its process ended."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=10):
                return
        except OSError:
            time.sleep(0.2)
        if process is not None and process.poll() is not None:
            message = f"the process of {url} ended with {process.returncode}"
            raise TimeoutError(message)
    message = f"{url} did not answer within {START_SECONDS} s"
    raise TimeoutError(message)


def die_with_the_tests() -> None:
    """Let the kernel stop a process when the tests are killed (Linux)."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)
