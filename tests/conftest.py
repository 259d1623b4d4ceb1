"""Share the shipped dataset, a writable copy of it, and stores on SQLite and on PostgreSQL."""

import os
import runpy
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import Engine
from streamlit.runtime.context import ContextProxy
from streamlit.runtime.scriptrunner import script_runner

from geo.data.dataset import DATA_DIRECTORY, Dataset, load
from geo.imports import seed
from geo.methods.analysis import Analysis, analyse
from geo.parameters import Parameters
from geo.store import database
from tests.postgres_server import PostgresServer, require
from tests.processes import CHROMIUM


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
def browser_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let AppTest's browser run where the app does; Streamlit puts a mock in its place."""
    monkeypatch.setattr(ContextProxy, "ip_address", None)


@pytest.fixture(autouse=True)
def pages_inside_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let AppTest run a page inside app.py, as the server does; it would run the page alone."""
    monkeypatch.setattr(script_runner, "_mpa_v1", runpy.run_path)


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
def empty_url(
    store_kind: str,
    own_store: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Iterator[str]:
    """Return the URL, also in DATABASE_URL, of an empty store that other processes can open."""
    yield from _own_url(store_kind, own_store, monkeypatch, request, "template0")


@pytest.fixture
def store_url(
    store_kind: str,
    own_store: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Iterator[str]:
    """Return the URL, also in DATABASE_URL, of a seeded store that other processes can open."""
    seeded = request.getfixturevalue(f"seeded_{store_kind}")
    if store_kind == "sqlite":
        shutil.copy(seeded, own_store)
    yield from _own_url(store_kind, own_store, monkeypatch, request, seeded)


@pytest.fixture
def engine(store_url: str, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Return a seeded store that may be written; the test runs on SQLite and on PostgreSQL."""
    monkeypatch.setenv("SHIGEN_WRITE", "1")
    return seed.open_store()


@pytest.fixture(scope="session")
def seeded_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a seeded store, to be copied."""
    path = tmp_path_factory.mktemp("seeded") / "store.sqlite3"
    _seed(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def seeded_postgresql(postgres: PostgresServer) -> str:
    """Return the name of a seeded database, to be copied."""
    postgres.run("CREATE DATABASE seeded TEMPLATE template0")
    _seed(postgres.url("seeded"))
    return "seeded"


def _seed(url: str) -> None:
    engine = database.engine(url)
    seed.prepare(engine, DATA_DIRECTORY)
    engine.dispose()


def _own_url(
    store_kind: str,
    own_store: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    template: str | Path,
) -> Iterator[str]:
    """Give one test a database of its own, and take it away after."""
    if store_kind == "sqlite":
        yield os.environ["DATABASE_URL"]
        database.engine(f"sqlite:///{own_store}").dispose()
        return
    with request.getfixturevalue("postgres").database(template) as url:
        monkeypatch.setenv("DATABASE_URL", url)
        yield url
        database.engine(url).dispose()
