"""Share the shipped dataset and a writable copy of it."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import Engine
from streamlit.runtime.context import ContextProxy

from geo import database, seed
from geo.analysis import Analysis, analyse
from geo.dataset import DATA_DIRECTORY, Dataset, load
from geo.parameters import Parameters


@pytest.fixture(scope="session")
def shipped() -> Dataset:
    return load()


@pytest.fixture(scope="session")
def analysis(shipped: Dataset) -> Analysis:
    return analyse(shipped, Parameters())


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Return a directory with a copy of the shipped tables, to be spoilt by a test."""
    for path in [*DATA_DIRECTORY.glob("*.csv"), *DATA_DIRECTORY.glob("*.geojson")]:
        shutil.copy(path, tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name a store of its own for each test; it is not there until something opens it."""
    path = tmp_path / "store.sqlite3"
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
    monkeypatch.delenv("SHIGEN_WRITE", raising=False)
    return path


@pytest.fixture(autouse=True)
def browser_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let AppTest's browser run where the app does; Streamlit puts a mock in its place."""
    monkeypatch.setattr(ContextProxy, "ip_address", None)


@pytest.fixture(scope="session")
def seeded_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a seeded store, to be copied."""
    path = tmp_path_factory.mktemp("seeded") / "store.sqlite3"
    engine = database.engine(f"sqlite:///{path}")
    seed.prepare(engine, DATA_DIRECTORY)
    engine.dispose()
    return path


@pytest.fixture
def engine(own_store: Path, seeded_store: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Return a seeded store that may be written."""
    monkeypatch.setenv("SHIGEN_WRITE", "1")
    shutil.copy(seeded_store, own_store)
    return seed.open_store()
