"""Share the shipped dataset and a writable copy of it."""

import shutil
from pathlib import Path

import pytest

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
