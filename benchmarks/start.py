"""Measure the way from starting the server to a drawn map; and start servers for other checks.

Run `python -m benchmarks.start [PAGE]`, PAGE the address of the page with the map.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import IO

from playwright.sync_api import Browser, sync_playwright

from geo.data.dataset import DIRECTORY_VARIABLE

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 5
PATIENCE = 60  # s
# As the units in deploy/ serve: no line for every request, nobody's word for who asks, and no time
# spent on squeezing what goes through a websocket.
FLAGS = ("--no-access-log", "--no-proxy-headers", "--ws-per-message-deflate", "false")
DRAWN = ".hk-map[data-drawn]"


@contextmanager
def running(script: Path, *, base: str = "", data: Path | None = None) -> Iterator[str]:
    """Serve a script's `app` on a free port; yield its address once it is healthy.

    base: the path below which it is served. data is the directory to load in place of `data/`.
    Raises TimeoutError with the server's log.
    """
    environment = {} if data is None else {DIRECTORY_VARIABLE: str(data)}
    with server(script, base=base, environment=environment) as (address, _):
        yield address


def command(script: Path, port: int) -> list[str]:
    """Return the command that serves a script's `app` on a port of the loopback."""
    served = [
        sys.executable,
        "-m",
        "uvicorn",
        f"{script.stem}:app",
        "--app-dir",
        str(script.parent),
    ]
    return [*served, "--host", "127.0.0.1", "--port", str(port), *FLAGS]


@contextmanager
def server(
    script: Path,
    *,
    base: str = "",
    environment: Mapping[str, str] | None = None,
    cores: set[int] | None = None,
) -> Iterator[tuple[str, int]]:
    """Serve a script as `running` does; yield its address and process id.

    environment: variables beside those of this process. cores: the only ones it may run on.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {"PYTHONPATH": str(ROOT), "STREAMLIT_SERVER_BASE_URL_PATH": base}
    address = "/".join(part for part in (f"http://127.0.0.1:{port}", base) if part)
    with tempfile.TemporaryFile() as log:  # a pipe that nobody reads would fill up
        started = subprocess.Popen(
            command(script, port),
            cwd=ROOT,
            env=os.environ | own | dict(environment or {}),
            stdout=log,
            stderr=log,
        )
        try:
            if cores is not None:
                os.sched_setaffinity(started.pid, cores)  # its threads, made later, inherit this
            _wait_until_healthy(started, f"{address}/_stcore/health", log)
            yield address, started.pid
        finally:
            started.terminate()
            started.wait(timeout=10)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Yield a headless Chromium: the system's where there is one, else Playwright's."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        yield browser
        browser.close()


def _wait_until_healthy(server: subprocess.Popen[bytes], address: str, log: IO[bytes]) -> None:
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=1):
                return
        except OSError:  # refused, or not answering yet
            time.sleep(0.02)
    server.kill()
    log.seek(0)
    message = f"no answer from {address}\n{log.read().decode()}"
    raise TimeoutError(message)


def _measure(page_name: str) -> tuple[float, float, float]:
    """Return seconds until healthy, from there to the first map, and to a map when reloaded."""
    start = time.perf_counter()
    with running(ROOT / "app.py") as address:
        healthy = time.perf_counter()
        with chromium() as browser:
            page = browser.new_page()
            asked = time.perf_counter()
            page.goto(f"{address}/{page_name}")
            page.wait_for_selector(DRAWN)
            drawn = time.perf_counter()
            page.reload()
            page.wait_for_selector(DRAWN)
            again = time.perf_counter()
    return healthy - start, drawn - asked, again - drawn


def main(page_name: str = "") -> None:
    """Print the medians of several starts."""
    rounds = [_measure(page_name) for _ in range(ROUNDS)]
    names = ("server start to healthy", "first visit to drawn map", "reload to drawn map")
    print(f"{'s':<28}{'median':>8}{'min':>8}{'max':>8}   ({ROUNDS} starts)")
    for name, seconds in zip(names, zip(*rounds, strict=True), strict=True):
        print(f"{name:<28}{median(seconds):>8.2f}{min(seconds):>8.2f}{max(seconds):>8.2f}")
    totals = [healthy + drawn for healthy, drawn, _ in rounds]
    print(
        f"{'process start to map':<28}{median(totals):>8.2f}{min(totals):>8.2f}{max(totals):>8.2f}"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
