"""Serve the app and drive it with the machine's own Chromium, every outside request refused."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.processes import CHROMIUM, serving

OWN_SCHEMES = ("data:", "blob:", "about:")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder, and leave them out, saying so, where there is no browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no chromium on this machine"))


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
