import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from geo.data.dataset import Dataset
from tests import ROOT
from tests.generated_files import care_list
from tests.processes import serving

pytestmark = pytest.mark.serial

MILLISECONDS = 5_000  # within which an open page shows what another process wrote


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    with serving(tmp_path / "log.txt") as address:
        yield address


@pytest.fixture
def write(tmp_path: Path, shipped: Dataset) -> Callable[[], None]:
    """Return a function that imports a generated list in a process of its own."""
    file = tmp_path / "list.csv"
    file.write_bytes(care_list(shipped.municipalities))
    store = {"DATABASE_URL": f"sqlite:///{tmp_path / 'store.sqlite3'}", "SHIGEN_WRITE": "1"}

    def run() -> None:
        command = [sys.executable, "-m", "geo", "import", str(file)]
        subprocess.run(command, cwd=ROOT, env=os.environ | store, check=True, timeout=60)

    return run


def version(view: Page) -> str:
    return view.locator(".source").inner_text().rsplit("データ版 ", 1)[1]


def expect_newer(view: Page, than: str) -> None:
    expect(view.locator(".source")).to_contain_text(f"{than}-", timeout=MILLISECONDS)


def test_open_page_shows_what_another_process_wrote(served, open_view, write):
    view = open_view(served)
    before, caption = version(view), view.get_by_text("表示中の団体").inner_text()
    write()
    expect_newer(view, before)
    assert view.get_by_text("表示中の団体").inner_text() != caption


def test_words_that_are_being_typed_are_waited_for(served, open_view, write):
    view = open_view(f"{served}/directory")
    before = version(view)
    field = view.locator("input[type=text]").first
    field.press_sequentially("登別")
    write()
    view.wait_for_timeout(MILLISECONDS)
    assert field.input_value() == "登別"
    assert version(view) == before
    field.press("Enter")
    expect_newer(view, before)
    assert field.input_value() == "登別"


def test_hidden_tab_asks_nothing_and_catches_up_when_it_is_seen_again(served, open_view, write):
    view = open_view(served)
    before, asked = version(view), []
    show = """hidden => {
      Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
      document.dispatchEvent(new Event('visibilitychange'));
    }"""
    view.evaluate(show, True)
    view.wait_for_timeout(500)  # for a question that was under way
    view.on("request", lambda request: asked.append(request.url))
    write()
    view.wait_for_timeout(MILLISECONDS)
    assert asked == []
    view.evaluate(show, False)
    expect_newer(view, before)


def test_a_page_whose_server_is_away_says_so_in_japanese_until_it_is_back(served, open_view):
    view = open_view(served)
    view.route("**/data-version", lambda route: route.abort())
    lost = view.get_by_role("alert").filter(has_text="サーバーにつながりません")
    expect(lost).to_be_visible(timeout=20_000)
    view.unroute("**/data-version")
    expect(lost).to_have_count(0, timeout=40_000)
