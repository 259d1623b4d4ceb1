"""Serve the app and drive it with the machine's own Chromium, every outside request refused."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.conftest import CHROMIUM

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
OWN_SCHEMES = ("data:", "blob:", "about:")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder, and leave them out, saying so, where there is no browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                if os.environ.get("REQUIRE_BROWSER"):
                    pytest.exit("REQUIRE_BROWSER is set, but there is no chromium", returncode=1)
                item.add_marker(pytest.mark.skip(reason="no chromium on this machine"))


@contextmanager
def serving(log: Path, **environment: str) -> Iterator[str]:
    """Serve the app on a free port of the loopback, read-only on a store of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1"]
    own = {"DATABASE_URL": f"sqlite:///{log.parent / 'store.sqlite3'}", "SHIGEN_WRITE": "0"}
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | own | environment, stdout=output, stderr=output
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(address)
            yield address
        finally:
            server.terminate()
            server.wait(timeout=20)


def _wait_for(address: str) -> None:
    for _ in range(START_SECONDS * 5):
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the server did not start within {START_SECONDS} s")


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the shipped data for the whole session."""
    with serving(tmp_path_factory.mktemp("server") / "log.txt") as found:
        yield found


@pytest.fixture
def outside() -> list[str]:
    """Collect the addresses outside the server that a page asked for."""
    return []


@pytest.fixture
def open_view(browser: Browser, outside: list[str]) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a view and waits until it is drawn."""
    contexts = []

    def open_one(url: str, *, width: int = 1440, height: int = 900) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, locale="ja-JP")
        contexts.append(context)
        origin = "/".join(url.split("/")[:3])

        def answer(route: Route) -> None:
            if route.request.url.startswith((origin, *OWN_SCHEMES)):
                route.continue_()
            else:
                outside.append(route.request.url)
                route.abort()

        context.route("**/*", answer)
        page = context.new_page()
        page.goto(url)
        page.wait_for_selector(".source", timeout=30_000)
        return page

    yield open_one
    for context in contexts:
        context.close()
