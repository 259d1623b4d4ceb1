"""Share the shipped dataset, a writable copy of it, and stores on SQLite and on PostgreSQL."""

import fcntl
import gc
import json
import os
import runpy
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import Engine, make_url
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.context import ContextProxy, StreamlitHeaders
from streamlit.runtime.scriptrunner import script_runner

from geo.data.dataset import DATA_DIRECTORY, Dataset, load
from geo.documents.handout import handout
from geo.imports import seed
from geo.maps import served
from geo.methods.analysis import Analysis, analyse
from geo.parameters import Parameters
from geo.store import database
from tests.postgres_server import PostgresServer, programs, require
from tests.processes import CHROMIUM
from tests.shipped_service import NGINX

HOSTILE = "</script><!--<script>alert(1)</script>"


class HandedOut(NamedTuple):
    """A handout as HTML, and the steps (sheets done, sheets in all) that were told meanwhile."""

    page: str
    steps: list[list[int]]


def pytest_collection_finish() -> None:
    """Let the collector of cycles look less often, and not at what all tests share: a tenth less time."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Count what runs on a PostgreSQL server as a service's test, a handout of all towns as slow."""
    call = getattr(item, "callspec", None)
    kind = call.params.get("store_kind") if call else None
    if kind == "postgresql" or "postgres" in getattr(item, "fixturenames", ()):
        item.add_marker(pytest.mark.service)
    if "handed_out" in getattr(item, "fixturenames", ()):
        item.add_marker(pytest.mark.slow)


def pytest_sessionstart() -> None:
    """Stop before any test where a program is missing that may not be missed here.

    Tests of a program that this machine has not are left out else, and say so.
    """
    programs_by_variable = {
        "REQUIRE_BROWSER": ("chromium", CHROMIUM),
        "REQUIRE_POSTGRES": ("PostgreSQL", programs()),
        "REQUIRE_NGINX": ("nginx", NGINX),
    }
    for variable, (name, found) in programs_by_variable.items():
        if os.environ.get(variable) == "1" and found is None:
            pytest.exit(f"{variable} is set, but there is no {name}", returncode=1)


@pytest.fixture(scope="session")
def shipped() -> Dataset:
    return load()


@pytest.fixture(scope="session")
def analysis(shipped: Dataset) -> Analysis:
    return analyse(shipped, Parameters())


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return one Chromium for all tests: Playwright runs once in a thread."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield launched
        launched.close()


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Return a directory with a copy of the shipped tables, to be spoilt by a test."""
    for path in [*DATA_DIRECTORY.glob("*.csv"), *DATA_DIRECTORY.glob("*.geojson")]:
        shutil.copy(path, tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name a SQLite store of its own for each test; it is not there until something opens it."""
    path = tmp_path / "store.sqlite3"
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
    monkeypatch.delenv("SHIGEN_WRITE", raising=False)
    return path


@pytest.fixture(autouse=True)
def no_map_offered_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the maps of the stores of other tests, whose changes have numbers of their own."""
    for name in ("files", "trials", "_drawn", "_drawn_in_trials"):
        monkeypatch.setattr(served, name, {})
    monkeypatch.setattr(served, "_newest", None)


HERE = [("host", "localhost:8501"), ("origin", "http://localhost:8501")]  # as a browser says


@pytest.fixture(autouse=True)
def browser_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let AppTest's browser run where the app does; Streamlit puts a mock in its place."""
    monkeypatch.setattr(ContextProxy, "ip_address", None)
    monkeypatch.setattr(ContextProxy, "headers", StreamlitHeaders(HERE))


@pytest.fixture(autouse=True)
def pages_inside_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let AppTest run a page inside app.py, as the server does; it would run the page alone."""
    monkeypatch.setattr(script_runner, "_mpa_v1", runpy.run_path)


@pytest.fixture(autouse=True, scope="session")
def installed_packages_searched_once() -> Iterator[None]:
    """Let AppTest look once for components among the installed packages, not for every test.

    A server looks when it starts; the app's own components are in none of them (Streamlit 1.67).
    """
    found = cache(manifest_scanner.scan_component_manifests)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", found)
        yield


@pytest.fixture(params=["sqlite", "postgresql"])
def store_kind(request: pytest.FixtureRequest) -> str:
    """Return the kind of the store; whoever uses it, or a fixture below, runs once on each."""
    return request.param


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Return a PostgreSQL server for all tests; without one its half of them is skipped."""
    require()
    server = PostgresServer(durable=False)
    yield server
    server.remove()


@pytest.fixture
def store_like(
    store_kind: str,
    own_store: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Iterator[Callable[[str | None], str]]:
    """Return a function that gives the test a store of its own, like a template or empty.

    A template is a file of SQLite or the name of a database of PostgreSQL; the function returns
    the store's URL, which is then in DATABASE_URL too, so that other processes can open it.
    """
    with ExitStack() as stack:

        def like(template: str | None = None) -> str:
            if store_kind == "postgresql":
                server: PostgresServer = request.getfixturevalue("postgres")
                url = stack.enter_context(server.database(template or "template0"))
            else:
                url = f"sqlite:///{own_store}"
                if template:
                    shutil.copy(template, own_store)
            monkeypatch.setenv("DATABASE_URL", url)
            stack.callback(database.engine(url).dispose)
            return url

        yield like


@pytest.fixture
def empty_url(store_like: Callable[[str | None], str]) -> str:
    """Return the URL, also in DATABASE_URL, of an empty store that other processes can open."""
    return store_like(None)


@pytest.fixture
def store_url(
    store_kind: str, store_like: Callable[[str | None], str], request: pytest.FixtureRequest
) -> str:
    """Return the URL, also in DATABASE_URL, of a seeded store that other processes can open."""
    return store_like(request.getfixturevalue(f"seeded_{store_kind}"))


@pytest.fixture
def engine(store_url: str, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Return a seeded store that may be written; the test runs on SQLite and on PostgreSQL."""
    monkeypatch.setenv("SHIGEN_WRITE", "1")
    return seed.open_store()


@pytest.fixture(scope="session")
def seeded_sqlite(made_once: Callable[[str, Callable[[Path], None]], Path]) -> str:
    """Return the file of a seeded store, to be copied."""
    return str(made_once("seeded.sqlite3", lambda path: _seed(f"sqlite:///{path}")))


@pytest.fixture(scope="session")
def seeded_postgresql(postgres: PostgresServer) -> str:
    """Return the name of a seeded database, to be copied."""
    url = postgres.create()
    _seed(url)
    return str(make_url(url).database)


@pytest.fixture(scope="session")
def made_once(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str, Callable[[Path], None]], Path]:
    """Return a function that has a file made once, for all workers of this run.

    It is given the file's name and what makes it at a path.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent

    def once(name: str, make: Callable[[Path], None]) -> Path:
        path = folder / name
        with (folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                make(unfinished := folder / f"unfinished-{name}")
                unfinished.rename(path)
        return path

    return once


@pytest.fixture(scope="session")
def hostile(shipped: Dataset) -> Analysis:
    """Return the analysis of the shipped data with markup in the name of every organisation."""
    names = shipped.organisations["name"] + HOSTILE
    return analyse(
        replace(shipped, organisations=shipped.organisations.assign(name=names)), Parameters()
    )


@pytest.fixture(scope="session")
def handed_out(
    hostile: Analysis, made_once: Callable[[str, Callable[[Path], None]], Path]
) -> HandedOut:
    """Return the handout of `hostile`, which takes long to make, and how its making was told."""

    def make(path: Path) -> None:
        steps: list[tuple[int, int]] = []
        page = handout(hostile, progress=lambda *step: steps.append(step)).decode()
        path.write_text(json.dumps([page, steps]), encoding="utf-8")

    page, steps = json.loads(made_once("handout.json", make).read_text(encoding="utf-8"))
    return HandedOut(page, steps)


def _seed(url: str) -> None:
    engine = database.engine(url)
    seed.prepare(engine, DATA_DIRECTORY)
    engine.dispose()
