"""Give every page a store that is seeded already, as every visitor but the first finds it."""

import shutil
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def seeded(request: pytest.FixtureRequest, own_store: Path, seeded_sqlite: str) -> None:
    """Put a copy of a seeded store where the app looks, unless the test asks for one itself."""
    if "store_like" not in request.fixturenames:
        shutil.copy(seeded_sqlite, own_store)
