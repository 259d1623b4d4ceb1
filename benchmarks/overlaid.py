"""Measure 重ね地図 with generated organisations: from the address to the drawn map, and a change.

The whole app is served, and its own page opened in Chromium. A change is a press on a control, until
the map in streamlit-folium's frame is drawn anew: the organisations on and off, and one measure more or
less.

Run `python -m benchmarks.overlaid [COUNT ...]`.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, Page

from benchmarks import generated
from benchmarks.start import ROOT, chromium, running
from geo.data.dataset import DATA_DIRECTORY, DIRECTORY_VARIABLE

COUNTS = (2_000, 10_000)
ROUNDS = 7
WAIT = """(before) => new Promise((resolve) => {
  const read = () => [...document.querySelectorAll('iframe')].map((frame) =>
    frame.contentDocument?.querySelector('[data-drawn]')?.dataset.drawn).find(Boolean);
  const done = () => requestAnimationFrame(() => requestAnimationFrame(() => resolve(read())));
  const look = () => (read() && read() !== before ? done() : setTimeout(look, 2));
  look();
})"""
PRESS = """(before) => {
  const start = performance.now();
  document.querySelector('[data-testid="stSidebar"] [data-testid="stCheckbox"] input').click();
  return (%s)(before).then((drawn) => [performance.now() - start, drawn]);
}"""


def main(counts: tuple[int, ...] = COUNTS) -> None:
    """Print median milliseconds for each number of organisations."""
    print(f"{'organisations':>13} {'first':>8} {'again':>8} {'organisations':>14} {'measure':>9}")
    source = Path(os.environ.get(DIRECTORY_VARIABLE) or DATA_DIRECTORY)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        for count in counts:
            data = Path(folder) / str(count)
            generated.write(data, count, source)
            os.environ["DATABASE_URL"] = f"sqlite:///{data / 'store.sqlite3'}"
            figures = _measure(browser, data)
            print(f"{count:>13,} " + " ".join(f"{figure:>6.0f}ms" for figure in figures))


def _measure(browser: Browser, data: Path) -> tuple[float, float, float, float]:
    with running(ROOT / "app.py", data=data) as address:
        first, again = [], []
        for _ in range(3):
            context = browser.new_context(viewport={"width": 1440, "height": 1000})
            page = context.new_page()
            page.set_default_timeout(60_000)
            first.append(_opened(page, f"{address}/layers"))
            again.append(_opened(page, f"{address}/layers"))
            context.close()
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.set_default_timeout(60_000)
        _opened(page, f"{address}/layers")
        page.wait_for_timeout(1500)
        drawn = page.evaluate(WAIT, None)
        toggled, measured = [], []
        for _ in range(ROUNDS + 1):
            took, drawn = page.evaluate(PRESS % WAIT, drawn)
            page.wait_for_timeout(600)
            toggled.append(took)
        box = page.get_by_role("combobox").first
        for _ in range(ROUNDS + 1):
            box.click()
            page.keyboard.type("必要度", delay=20)
            page.wait_for_timeout(300)
            began = time.perf_counter()
            page.keyboard.press("Enter")
            drawn = page.evaluate(WAIT, drawn)
            measured.append((time.perf_counter() - began) * 1000)
            page.wait_for_timeout(600)
            page.keyboard.press("Escape")
            page.keyboard.press("Backspace")
            drawn = page.evaluate(WAIT, drawn)
            page.wait_for_timeout(400)
        page.close()
    # The first of each warms up; the very first visit finds a server that is still warming up.
    return median(first[1:]), median(again), median(toggled[1:]), median(measured[1:])


def _opened(page: Page, address: str) -> float:
    began = time.perf_counter()
    page.goto(address)
    page.evaluate(WAIT, None)
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main(tuple(int(count) for count in sys.argv[1:]) or COUNTS)
