"""Start the service as it is shipped for the tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import CHROMIUM
from tests.shipped_service import NGINX, Service, prepared, served


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder, and leave them out, saying so, where a program is missing."""
    missing = [name for name, found in {"nginx": NGINX, "chromium": CHROMIUM}.items() if not found]
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.service)
            if missing:
                reason = f"no {' and no '.join(missing)} on this machine"
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Run the service for one file of tests."""
    with served(prepared(tmp_path_factory.mktemp("service"))) as running:
        yield running
