"""The story of 重ね地図: lay over, choose, plan, take away; every outside request refused."""

import json
import time

import pytest
from playwright.sync_api import Browser, Page

from tests.generated_layers import bus_kml, frame, geojson, hazard_zip

FRAME = "iframe[title*='st_folium']"
HOSTILE = "{{7*7}}</script><img src=x onerror=window.hit=1>"


def drawn(page: Page, other_than=None):
    """Wait until the map shows a state, another than one that was shown; return its revision."""
    content = page.frame_locator(FRAME).locator("[data-drawn]")
    content.wait_for(timeout=30_000)
    end = time.monotonic() + 20
    while (now := content.get_attribute("data-drawn")) == other_than:
        assert time.monotonic() < end, "the map does not change"
        page.wait_for_timeout(50)
    return now


def drop(page: Page, *files):
    before = drawn(page)
    page.get_by_text("自分の層を重ねる", exact=True).first.click()
    page.locator("input[type=file]").set_input_files(
        [
            {"name": name, "mimeType": "application/octet-stream", "buffer": body}
            for name, body in files
        ]
    )
    return drawn(page, before)


def at(page: Page, lat, lon):
    """Return where a place stands in the page."""
    inside = page.frame_locator(FRAME).locator(".folium-map, #map_div").first
    x, y = inside.evaluate(
        "(_, place) => { const at = map_div.latLngToContainerPoint(place); return [at.x, at.y]; }",
        [lat, lon],
    )
    box = page.locator(FRAME).bounding_box()
    return box["x"] + x, box["y"] + y


def draw(page: Page, tool, *places):
    page.frame_locator(FRAME).get_by_role("button", name=tool, exact=True).click()
    for place in places:
        page.mouse.move(*at(page, *place))
        page.mouse.click(*at(page, *place))
        page.wait_for_timeout(200)


def saved(page: Page, name, path):
    with page.expect_download(timeout=60_000) as found:
        page.get_by_role("button", name=name).click()
    found.value.save_as(path)
    return path


@pytest.fixture
def unplugged(browser: Browser):
    """Return a function that opens a file with the network away; it gives what was asked for."""
    contexts = []

    def opened(path):
        context = browser.new_context(viewport={"width": 1280, "height": 800}, offline=True)
        contexts.append(context)
        page = context.new_page()
        asked, wrong = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.goto(f"file://{path}")
        page.wait_for_selector("[data-drawn]", timeout=20_000)
        outside = [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
        return page, outside, wrong

    yield opened
    for context in contexts:
        context.close()


def test_a_planner_lays_over_chooses_plans_and_sends_the_map(
    address, open_view, outside, unplugged, tmp_path
):
    page = open_view(f"{address}/layers?fields=place", height=1400)
    drop(page, ("生成バス.kml", bus_kml()), ("生成災害.zip", hazard_zip()))
    inside = page.frame_locator(FRAME)
    for title in ("生成バス", "災害", "不足度"):
        inside.locator(".hk-row", has_text=title).wait_for(timeout=10_000)
    inside.get_by_role("button", name="全道に戻す").click()
    page.wait_for_timeout(600)
    draw(page, "円", (42.25, 142.75), (42.25, 143.25))
    button = page.get_by_role("button", name="市町村を調査研究計画に加える")
    button.wait_for(timeout=20_000)
    page.get_by_text("新ひだか町").first.wait_for(state="attached", timeout=10_000)
    assert "drawn=c42.2" in page.url
    before = drawn(page)
    button.click()
    drawn(page, before)
    page.get_by_text("調査研究計画の対象地域に加えました").wait_for(timeout=10_000)
    inside.locator(".hk-row", has_text="調査の対象地域").wait_for(timeout=10_000)
    page.screenshot(path=tmp_path / "page.png", full_page=True)
    path = saved(page, "HTML(通信なしで開く)", tmp_path / "map.html")
    assert path.stat().st_size < 5_000_000
    file, asked, wrong = unplugged(path)
    assert (asked, wrong) == ([], [])
    for title in ("生成バス", "災害", "不足度", "調査の対象地域"):
        assert file.locator(".hk-row", has_text=title).count() == 1
    assert file.get_by_role("button", name="円", exact=True).is_hidden()
    file.screenshot(path=tmp_path / "file.png")
    page.get_by_role("link", name="調査研究計画を開く").click()
    page.get_by_text("対象は").wait_for(timeout=20_000)
    assert "新ひだか町" in page.locator(".finding").inner_text()
    assert outside == []


@pytest.mark.parametrize(
    ("tool", "places"),
    [
        ("四角", [(42.0, 142.2), (42.6, 143.4)]),
        ("多角形", [(42.0, 142.2), (42.6, 142.2), (42.6, 143.4), (42.0, 143.4), (42.0, 142.2)]),
    ],
)
def test_a_shape_drawn_by_hand_chooses_the_towns_in_it(
    address, open_view, outside, tmp_path, tool, places
):
    page = open_view(f"{address}/layers", height=1400)
    drawn(page)
    page.wait_for_timeout(600)
    draw(page, tool, *places)
    page.get_by_role("button", name="市町村を調査研究計画に加える").wait_for(timeout=20_000)
    table = saved(page, "CSV", tmp_path / "inside.csv").read_text(encoding="utf-8-sig")
    for town in ("浦河町", "様似町", "えりも町"):
        assert town in table
    for town in ("札幌市", "帯広市", "釧路市"):
        assert town not in table
    assert outside == []


def test_texts_of_a_layer_stay_what_they_are_in_page_and_file(
    address, open_view, outside, unplugged, tmp_path
):
    import shapely

    page = open_view(f"{address}/layers")
    made = frame([shapely.box(142, 42, 143, 43)], 名称=[HOSTILE])
    drop(page, (f"{HOSTILE.replace('/', '')}.geojson", geojson(made)))
    page.wait_for_timeout(500)
    file, asked, wrong = unplugged(saved(page, "HTML(通信なしで開く)", tmp_path / "map.html"))
    assert (asked, wrong) == ([], [])
    held = json.loads(file.locator("#hk-data").text_content())
    assert held["state"]["layers"][-1]["features"][0][2] == HOSTILE
    for one in (page.frame_locator(FRAME).locator("body"), file.locator("body")):
        assert one.evaluate("() => window.hit") is None
        assert one.locator(".hk-row", has_text="{{7*7}}").count() == 1
    assert outside == []


def test_an_address_draws_the_shape_again(address, open_view, outside):
    page = open_view(f"{address}/layers?drawn=c42.2500,142.7500,40000&over=need,scarcity")
    page.get_by_role("button", name="市町村を調査研究計画に加える").wait_for(timeout=20_000)
    inside = page.frame_locator(FRAME)
    inside.locator(".hk-row", has_text="必要度").wait_for(timeout=10_000)
    page.wait_for_timeout(1500)
    assert inside.locator("body").evaluate("() => window.drawnItems.getLayers().length") == 1
    assert "drawn=c42.2500,142.7500,40000" in page.url
    inside.get_by_role("button", name="描いた範囲を消す").click()
    page.get_by_text("範囲を描くと").wait_for(timeout=10_000)
    assert "drawn=" not in page.url
    assert outside == []


def test_distance_and_area_are_measured(address, open_view):
    page = open_view(f"{address}/layers", height=1000)
    drawn(page)
    page.frame_locator(FRAME).get_by_role("button", name="測る").click()
    for place in ((43.0, 142.0), (43.0, 143.0)):
        page.mouse.click(*at(page, *place))
        page.wait_for_timeout(400)
    page.mouse.dblclick(*at(page, 44.0, 143.0))
    words = page.frame_locator(FRAME).locator(".leaflet-tooltip", has_text="長さ").inner_text()
    assert "長さ 193 km" in words or "長さ 192 km" in words
    assert "km²" in words


def test_full_screen_is_filled_and_left_again(address, open_view):
    page = open_view(f"{address}/layers", height=1000)
    drawn(page)
    inside = page.frame_locator(FRAME)
    box = inside.locator(".hk-overlaid")
    before = box.bounding_box()
    inside.get_by_role("button", name="全画面").click()
    page.wait_for_timeout(800)
    filled = box.evaluate("one => [one.clientWidth, one.clientHeight, innerWidth, innerHeight]")
    assert filled[:2] == filled[2:]
    assert filled[1] > before["height"]
    inside.get_by_role("button", name="全画面").click()
    page.wait_for_timeout(800)
    assert box.bounding_box() == before


def test_order_and_opacity_are_changed_on_the_map_itself(address, open_view):
    page = open_view(f"{address}/layers?over=need,scarcity", height=1000)
    drawn(page)
    inside = page.frame_locator(FRAME)
    titles = inside.locator(".hk-row b")
    assert titles.all_inner_texts()[1:] == ["不足度", "必要度"]
    inside.get_by_role("button", name="必要度を上へ").click()
    assert titles.all_inner_texts()[1:] == ["必要度", "不足度"]
    inside.get_by_label("必要度の濃さ(%)").fill("30")
    faint = "() => [...document.querySelectorAll('.hk-pane')].map((one) => one.style.opacity)"
    assert "0.3" in inside.locator("body").evaluate(faint)
    inside.get_by_label("必要度を表示").uncheck()
    hidden = "() => [...document.querySelectorAll('.hk-pane')].map((one) => one.style.display)"
    assert inside.locator("body").evaluate(hidden).count("none") == 1


def test_a_dropped_layer_chooses_too_a_line_with_what_lies_near_it(address, open_view):
    page = open_view(f"{address}/layers?rule=area&least=1", height=1400)
    drop(page, ("生成バス.kml", bus_kml()), ("生成災害.zip", hazard_zip()))
    page.frame_locator(FRAME).locator(".hk-row", has_text="災害").wait_for(timeout=20_000)
    page.wait_for_timeout(1500)  # until the page has settled on both
    choose = page.get_by_label("範囲", exact=True)
    choose.click()
    page.keyboard.type("災害")
    page.get_by_role("option", name="層: 災害").click()
    page.get_by_role("button", name="市町村を調査研究計画に加える").wait_for(timeout=20_000)
    page.get_by_text("新ひだか町").first.wait_for(state="attached", timeout=10_000)
    choose.click()
    page.keyboard.type("バス")
    page.get_by_role("option", name="層: 生成バス").click()
    page.get_by_text("線や点の層です").wait_for(timeout=20_000)
    page.get_by_label("まわりに広げる(km)").fill("20")
    page.keyboard.press("Enter")
    page.get_by_text("様似町").first.wait_for(state="attached", timeout=20_000)
    assert "around=20" in page.url


def test_the_map_is_printed_from_its_frame(address, open_view):
    page = open_view(f"{address}/layers")
    drawn(page)
    # A frame that may open no dialog prints nothing, and says nothing.
    assert "allow-modals" in page.locator(FRAME).get_attribute("sandbox")
    body = page.frame_locator(FRAME).locator("body")
    body.evaluate("() => { window.printed = 0; window.print = () => { window.printed += 1; }; }")
    page.frame_locator(FRAME).get_by_role("button", name="印刷", exact=True).click()
    assert body.evaluate("() => window.printed") == 1
