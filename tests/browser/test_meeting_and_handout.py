"""会議モード on two projectors, and the handout from a file with the network cut."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from geo.documents.meeting import TITLES

SCREENS = [(1920, 1080), (1280, 720)]
# Smallest letters of a projector that still count as read from ten metres: 1/50 of the height.
SMALLEST = 1 / 50
OUT_OF_PLACE = """() => {
    const found = [];
    const texts = [...document.querySelectorAll('*')].flatMap((node) =>
        node.shadowRoot ? [...node.shadowRoot.querySelectorAll('.stage *')] : []);
    if (texts.length < 4) return ['nothing is shown'];
    for (const node of texts) {
        if (![...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim())) continue;
        const box = node.getBoundingClientRect();
        const scale = box.width / node.offsetWidth || 1;
        const size = parseFloat(getComputedStyle(node).fontSize) * scale;
        const inside = box.left >= 0 && box.top >= 0 && box.right <= innerWidth + 1
            && box.bottom <= innerHeight + 1;
        if (!inside) found.push(['outside', node.textContent]);
        if (!node.closest('footer, .code') && size < innerHeight * %f) found.push([size, node.textContent]);
    }
    return found;
}"""


def stage(page: Page) -> str:
    return page.locator(".stage").get_attribute("data-screen")


@pytest.mark.parametrize(("width", "height"), SCREENS)
def test_every_screen_fills_the_room_and_nothing_is_cut(address, open_view, width, height):
    page = open_view(f"{address}/meeting?show=1", width=width, height=height)
    page.wait_for_selector(".stage[data-screen]", timeout=30_000)
    for key in TITLES:
        assert stage(page) == key
        assert page.evaluate(OUT_OF_PLACE % SMALLEST) == []
        room = page.locator(".room").bounding_box()
        assert (room["width"], room["height"]) == (width, height)
        page.keyboard.press("PageDown")


def test_keys_move_blank_and_end(address, open_view, outside):
    page = open_view(f"{address}/meeting?show=1&screens=ask,today,scarce")
    page.wait_for_selector(".stage[data-screen]", timeout=30_000)
    steps = [("ArrowRight", "today"), (" ", "scarce"), ("ArrowRight", "scarce")]
    steps += [("PageUp", "today"), ("ArrowLeft", "ask"), ("ArrowLeft", "ask"), ("End", "scarce")]
    for key, expected in [*steps, ("Home", "ask")]:
        page.keyboard.press(key)
        assert stage(page) == expected
    for key in ("b", "."):
        page.keyboard.press(key)
        assert page.locator(".blank").is_visible()
        page.keyboard.press("ArrowRight")  # wakes the screen, and does not move it
        assert not page.locator(".blank").is_visible()
        assert stage(page) == "ask"
    page.keyboard.press("Escape")
    assert not page.locator(".room").is_visible()
    page.get_by_role("button", name="会議モードを始める").click()
    page.wait_for_selector(".room", timeout=5_000)
    assert outside == []


def test_handout_opens_from_a_file_with_the_network_cut(
    browser: Browser, handed_out, tmp_path: Path
):
    path = tmp_path / "配布資料.html"
    path.write_text(handed_out.page, encoding="utf-8")
    context = browser.new_context(offline=True, viewport={"width": 1440, "height": 900})
    page, asked, errors = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    page.goto(path.as_uri())
    page.wait_for_selector(".hk-map[data-drawn]", timeout=20_000)
    assert page.locator("#panel tbody tr").count() == 179
    page.fill("#search", "音威子府村")
    page.keyboard.press("Enter")
    assert page.locator("#panel h2").inner_text() == "音威子府村"
    assert page.locator("#panel tbody").first.locator("tr").count() == 17
    before = page.locator(".hk-legend h3").inner_text()
    page.select_option("#measure", label="必要度")
    assert page.locator(".hk-legend h3").inner_text() != before
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert errors == []
    context.close()
