import csv
import gzip
import json
import shutil
import urllib.error
import urllib.request
from email.message import Message
from itertools import pairwise
from typing import NamedTuple

import pytest
from playwright.sync_api import expect

from benchmarks.start import DRAWN, running
from geo.data.dataset import DATA_DIRECTORY

MARKUP = '<img src=x onerror="window.hacked=1">{{ 7*7 }}'
SECRET = "秘密の家"
TOWN = "012301"  # 登別市
TOWN_NAME = "登別市"

APP = """
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx(suppress_warning=True) is None:
    from geo.server.app import lifespan, prepare, routes

    prepare()
    app = st.App(__file__, routes=routes(), lifespan=lifespan)
else:
    st.set_page_config(layout="wide")
    st.navigation([
        st.Page("map_page.py", title="地図", default=True),
        st.Page("karte.py", title="カルテ", url_path="karte"),
    ]).run()
"""

MAP_PAGE = """
import numpy as np
import streamlit as st

from geo.store import snapshot
from geo.maps.view import BivariateKey, LegendEntry, MapView
from geo.ui.components import hokkaido_map

data = snapshot.current()
towns = len(data.municipalities)
choice = st.radio("色", [0, 1], horizontal=True)
focus = st.radio("注目", [None, "012301"], horizontal=True)
key = BivariateKey(("#EEEEEE",) * 9, "不足度", "必要度")
hatched = np.arange(towns) % 2 == choice
event = hokkaido_map(
    data,
    MapView(
        title="試験の地図",
        measure="不足度",
        unit="点",
        palette=("#FEE08B", "#C9CFD6"),
        colours=hatched.astype(int),
        values=[f"{choice}.5" for _ in range(towns)],
        details=["資源少数区域"] * towns,
        hatched=hatched,
        outlined=np.arange(towns) == 3,
        legend=(
            LegendEntry("#FEE08B", "20〜40"),
            LegendEntry("#C9CFD6", "未確認", hatched=True),
            LegendEntry("#1B2733", "資源少数区域", outline=True),
        ),
        bivariate=key if st.checkbox("二変量") else None,
        visible=np.ones(len(data.organisations), bool),
        show_points=not st.checkbox("団体なし"),
        gsi_tiles=st.checkbox("タイル"),
        focus=focus,
        note="出典: 試験(2026-01-01)",
    ),
    key="map",
    height="560px",
)
st.session_state.events = st.session_state.get("events", []) + [
    f"{name}={value}" for name, value in vars(event).items() if value
]
st.text(" ".join(st.session_state.events))
if event.open_municipality:
    st.switch_page("karte.py", query_params={"code": event.open_municipality})
"""

KARTE_PAGE = """
import streamlit as st

st.text("カルテのページ " + st.query_params.get("code", ""))
if st.button("地図に戻る"):
    st.switch_page("map_page.py")
"""

ORGANISATIONS = [
    {"organisation": "probe-markup", "name": MARKUP, "lat": "42.4521", "lon": "141.1707"},
    {"organisation": "probe-one", "name": "同じ場所の一", "lat": "42.4601", "lon": "141.1001"},
    {"organisation": "probe-two", "name": "同じ場所の二", "lat": "42.4601", "lon": "141.1001"},
    {
        "organisation": "probe-hidden",
        "name": SECRET,
        "address": "秘密町1-2-3",
        "lat": "42.98765",
        "lon": "141.23456",
        "location_public": "no",
    },
]
HIDDEN = (SECRET, "probe-hidden", "秘密町", "42.98765", "141.23456")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return an app, and the shipped data with a few rows added that try the map."""
    made = tmp_path_factory.mktemp("map")
    for name, code in (("app", APP), ("map_page", MAP_PAGE), ("karte", KARTE_PAGE)):
        (made / f"{name}.py").write_text(code, encoding="utf-8")
    data = made / "data"
    data.mkdir()
    for path in [*DATA_DIRECTORY.glob("*.csv"), *DATA_DIRECTORY.glob("*.geojson")]:
        shutil.copy(path, data)
    _append(data / "organisations.csv", ORGANISATIONS)
    _append(
        data / "services.csv",
        [
            {"service": f"{row['organisation']}-1", "organisation": row["organisation"]}
            for row in ORGANISATIONS
        ],
    )
    return made


def _append(path, rows):
    """Add rows to a table, each a copy of the table's first row with some cells changed."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    common = table[0] | {"municipality_code": TOWN, "precision": "point", "location_public": "yes"}
    if "service" in common:
        common = table[0]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(table[0]))
        writer.writeheader()
        writer.writerows([*table, *({**common, **row} for row in rows)])


@pytest.fixture(scope="module")
def server(folder):
    with running(folder / "app.py", data=folder / "data") as address:
        yield address


@pytest.fixture
def page(browser, server):
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="ja-JP")
    opened = context.new_page()
    opened.problems = []
    opened.asked = []
    opened.on("pageerror", lambda error: opened.problems.append(str(error)))
    opened.on("request", lambda request: opened.asked.append(request.url))
    opened.goto(server)
    opened.wait_for_selector(DRAWN)
    yield opened
    context.close()
    assert opened.problems == []


def drawn(page):
    return page.locator(".hk-map").get_attribute("data-drawn")


def place(page):
    return json.loads(page.evaluate("sessionStorage.getItem('hokkaido-map/map')"))


def choose(page, label, option):
    """Click an option of a radio, or a checkbox, and wait for the map that follows."""
    before = drawn(page)
    box = page.get_by_role("radiogroup", name=label) if option else page
    box.get_by_text(option or label, exact=True).click()
    expect(page.locator(".hk-map")).not_to_have_attribute("data-drawn", before)


def look_for(page, name):
    search = page.get_by_label("市町村をさがす")
    search.fill(name)
    search.press("Enter")
    expect(page.get_by_role("dialog", name=name)).to_be_visible()
    page.wait_for_timeout(600)  # the way there is animated


def test_the_map_is_drawn_with_legend_note_and_japanese_controls(page):
    legend = page.get_by_label("凡例")
    for text in ("不足度", "(点)", "20〜40", "未確認", "資源少数区域", "団体の数"):
        expect(legend.get_by_text(text).first).to_be_visible()
    assert legend.locator("pattern").count() == 1
    assert page.locator(".leaflet-overlay-pane path").count() == 180
    expect(page.get_by_text("出典: 試験(2026-01-01)")).to_be_visible()
    for name in ("拡大", "縮小", "全道に戻す"):
        expect(page.get_by_role("button", name=name)).to_be_visible()
    expect(page.locator(".hk-wait")).to_be_hidden()
    expect(page.get_by_text("石狩", exact=True)).to_be_visible()


def test_unknown_towns_are_hatched_and_flagged_ones_outlined(page):
    fills = page.locator(".leaflet-overlay-pane path").evaluate_all(
        "paths => paths.slice(1).map(path => path.getAttribute('fill'))"
    )
    assert fills[0] == "url(#hk-hatch-C9CFD6)"
    assert fills[1] == "#FEE08B"
    choose(page, "色", "1")
    first = page.locator(".leaflet-overlay-pane path").nth(1)
    expect(first).to_have_attribute("fill", "#FEE08B")
    assert page.locator(".leaflet-hk-outlines-pane path[stroke-width='1.8']").count() == 1


def test_bivariate_key_shows_nine_colours_and_both_axes(page):
    choose(page, "二変量", None)
    key = page.get_by_role("img", name="横軸 不足度、縦軸 必要度")
    expect(key).to_be_visible()
    assert key.locator("rect").count() == 9


def test_place_and_zoom_survive_a_rerun_and_the_map_is_the_same_one(page):
    page.evaluate(
        """() => { const host = document.querySelector('[data-testid="stBidiComponentIsolated"]');
        host.shadowRoot.querySelector('.hk-canvas').marked = true; }"""
    )
    page.get_by_role("button", name="拡大").click()
    page.wait_for_timeout(500)
    page.mouse.move(700, 400)
    page.mouse.down()
    page.mouse.move(600, 350, steps=5)
    page.mouse.up()
    page.wait_for_timeout(1000)
    before = place(page)
    assert not before["home"]
    choose(page, "色", "1")
    page.wait_for_timeout(500)
    assert place(page) == before
    assert page.locator(".hk-canvas").evaluate("canvas => canvas.marked === true")


def test_focus_is_applied_once_and_home_comes_back(page):
    start = place(page)
    choose(page, "注目", TOWN)
    page.wait_for_timeout(800)
    focused = place(page)
    assert focused["zoom"] > start["zoom"] + 2
    page.get_by_role("button", name="縮小").click()
    page.wait_for_timeout(600)
    moved = place(page)
    assert moved["zoom"] < focused["zoom"]
    choose(page, "色", "1")
    page.wait_for_timeout(600)
    assert place(page)["zoom"] == moved["zoom"]
    page.get_by_role("button", name="全道に戻す").click()
    page.wait_for_timeout(300)
    assert place(page)["zoom"] == start["zoom"]


def test_click_on_a_municipality_opens_its_card_and_tells_python(page):
    look_for(page, TOWN_NAME)
    expect(page.get_by_text(f"municipality={TOWN}")).to_be_visible()
    page.get_by_role("button", name="閉じる").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    number = page.evaluate(
        """async () => { const file = performance.getEntriesByType('resource')
            .find(entry => entry.name.endsWith('boundaries.json')).name;
        const answer = await (await fetch(file)).json();
        return answer.towns.findIndex(town => town.code === '012301'); }"""
    )
    box = page.locator(".leaflet-overlay-pane path").nth(number + 1).bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*middle)
    expect(page.get_by_role("tooltip", name=TOWN_NAME)).to_have_text(f"{TOWN_NAME}不足度: 0.5")
    page.mouse.click(*middle)
    card = page.get_by_role("dialog", name=TOWN_NAME)
    for text in ("胆振管内・二次医療圏 西胆振", "0.5", "資源少数区域", "46,391人", "件(公表分)"):
        expect(card.get_by_text(text, exact=False).first).to_be_visible()
    expect(page.get_by_text(f"municipality={TOWN} municipality={TOWN}")).to_be_visible()
    choose(page, "色", "1")
    expect(card.get_by_text("1.5")).to_be_visible()
    card.press("Escape")
    expect(card).to_be_hidden()


def test_karte_opens_from_the_card_and_the_map_comes_back_as_it_was(page):
    look_for(page, TOWN_NAME)
    before = place(page)
    page.locator(".hk-canvas").evaluate("canvas => { window.left = canvas; }")
    link = page.get_by_role("link", name="カルテを開く")
    assert link.get_attribute("href") == f"karte?code={TOWN}"
    link.click()
    expect(page.get_by_text(f"カルテのページ {TOWN}")).to_be_visible()
    page.wait_for_function("window.left._leaflet_id === undefined")  # the map was taken down
    assert page.url.endswith(f"/karte?code={TOWN}")
    page.get_by_role("button", name="地図に戻る").click()
    page.wait_for_selector(DRAWN)
    page.wait_for_timeout(500)
    after = place(page)
    assert after["zoom"] == pytest.approx(before["zoom"])
    assert after["lat"] == pytest.approx(before["lat"], abs=0.01)
    for name in ("boundaries.json", "organisations.json", "leaflet.js"):
        assert sum(url.endswith(name) for url in page.asked) == 1, name


def test_names_from_data_are_text_and_an_organisation_can_be_opened(page):
    look_for(page, TOWN_NAME)
    card = page.get_by_role("dialog", name=TOWN_NAME)
    button = card.get_by_role("button", name=MARKUP, exact=True)
    expect(button).to_be_visible()
    assert page.locator(".hk-card img").count() == 0
    expect(card.get_by_text("確認日 ").first).to_be_visible()
    button.click()
    expect(page.get_by_text("open_organisation=probe-markup")).to_be_visible()
    page.locator(".hk-symbol .hk-point").first.hover()
    expect(page.get_by_role("tooltip", name=MARKUP)).to_have_text(f"{MARKUP} ")
    assert page.evaluate("window.hacked") is None


def test_organisations_of_one_place_are_listed_by_a_click_on_their_group(page):
    look_for(page, TOWN_NAME)
    page.get_by_role("button", name="閉じる").click()
    group = page.locator(".hk-symbol .hk-group").first
    expect(group).to_have_text("2")
    group.click()
    listed = page.get_by_role("dialog", name="2件の団体")
    expect(listed.get_by_text("同じ場所の一")).to_be_visible()
    expect(listed.get_by_text("同じ場所の二")).to_be_visible()


def test_a_ring_stands_for_rows_known_only_to_their_municipality(page):
    look_for(page, TOWN_NAME)
    page.get_by_role("button", name="閉じる").click()
    ring = page.locator(".hk-symbol", has_text=TOWN_NAME)
    expect(ring.locator(".hk-ring")).to_be_visible()
    expect(page.get_by_label("凡例").get_by_text("位置は市町村まで")).to_be_visible()
    ring.locator(".hk-ring").click()
    expect(page.get_by_role("dialog", name=TOWN_NAME)).to_be_visible()
    choose(page, "団体なし", None)
    expect(ring.locator(".hk-ring")).to_have_count(0)


def test_the_northern_territories_are_drawn_and_never_scored(page):
    northern = page.locator(".leaflet-overlay-pane path").first
    box = northern.bounding_box()
    for step in range(1, 40):
        page.mouse.move(box["x"] + box["width"] * step / 40, box["y"] + box["height"] / 2)
        if page.locator(".leaflet-tooltip").count():
            break
    expect(page.locator(".leaflet-tooltip")).to_have_text("北方領土(集計の対象外)")


def test_map_is_one_tab_stop_and_arrow_keys_and_enter_lead_through_it(page):
    canvas = page.locator(".hk-canvas")
    assert canvas.get_attribute("tabindex") == "0"
    assert "矢印キー" in canvas.get_attribute("aria-label")
    # Beside it only the controls in its corners.
    assert page.locator(".leaflet-marker-pane [tabindex='0']").count() == 0
    canvas.focus()
    said = []
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "ArrowLeft"):
        page.keyboard.press(key)
        said.append(page.locator(".hk-said").inner_text())
    assert all(one != after for one, after in pairwise(said))
    name = said[-1].split("、")[0]
    page.keyboard.press("Enter")
    expect(page.locator(".hk-card h3")).to_have_text(name)
    page.keyboard.press("Escape")
    expect(page.locator(".hk-card")).to_be_hidden()


def test_map_follows_its_width(page):
    before = place(page)
    page.set_viewport_size({"width": 700, "height": 800})
    page.wait_for_timeout(600)
    after = place(page)
    assert after["home"]
    assert after["zoom"] < before["zoom"]


def test_nothing_is_asked_of_outside_hosts_until_tiles_are_wanted(page, server):
    inside = (server, server.replace("http", "ws"), "data:", "blob:")
    assert [url for url in page.asked if not url.startswith(inside)] == []
    page.route(lambda url: not url.startswith(inside), lambda route: route.abort())
    choose(page, "タイル", None)
    expect(page.get_by_role("link", name="国土地理院")).to_be_visible()
    page.wait_for_timeout(500)
    outside = {url.split("/")[2] for url in page.asked if not url.startswith(inside)}
    assert outside == {"cyberjapandata.gsi.go.jp"}


def test_a_hidden_record_is_in_no_byte_sent(browser, server):
    page = browser.new_page()
    received = []
    page.on("response", lambda response: received.append(response))
    frames = []
    page.on("websocket", lambda ws: ws.on("framereceived", lambda frame: frames.append(frame)))
    page.goto(server)
    page.wait_for_selector(DRAWN)
    choose(page, "色", "1")
    look_for(page, TOWN_NAME)
    bodies = [response.body() for response in received if response.status == 200]
    bodies += [frame if isinstance(frame, bytes) else frame.encode() for frame in frames]
    sent = b"\n".join(bodies)
    assert b"probe-markup" in sent
    for trace in HIDDEN:
        assert trace.encode() not in sent, trace
        assert json.dumps(trace)[1:-1].encode() not in sent, trace
    page.close()


def test_failed_data_is_said_in_japanese_and_can_be_tried_again(browser, server):
    page = browser.new_page()
    page.route("**/boundaries.json", lambda route: route.abort())
    page.goto(server)
    expect(page.get_by_text("地図のデータを読み込めませんでした")).to_be_visible()
    page.unroute("**/boundaries.json")
    page.get_by_role("button", name="もう一度読み込む").click()
    page.wait_for_selector(DRAWN)
    expect(page.locator(".hk-wait")).to_be_hidden()
    page.close()


def test_missing_code_is_said_in_japanese(browser, server):
    page = browser.new_page()
    page.route("**/map.js", lambda route: route.abort())
    page.goto(server)
    expect(page.get_by_text("地図を読み込めませんでした")).to_be_visible()
    page.close()


def test_map_works_under_a_base_path(browser, folder):
    data = folder / "data"
    with running(folder / "app.py", base="a/b", data=data) as address:
        page = browser.new_page()
        page.goto(f"{address}/")
        page.wait_for_selector(DRAWN)
        look_for(page, TOWN_NAME)
        link = page.get_by_role("link", name="カルテを開く")
        assert link.evaluate("link => link.href") == f"{address}/karte?code={TOWN}"
        link.click()
        expect(page.get_by_text(f"カルテのページ {TOWN}")).to_be_visible()
        page.close()


class Answer(NamedTuple):
    """What a server answered, whole: its connection is closed."""

    status: int
    headers: Message
    body: bytes


def ask(address, **headers):
    request = urllib.request.Request(address, headers=headers)
    try:
        answer = urllib.request.urlopen(request, timeout=5)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return Answer(answer.status, answer.headers, answer.read())


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("boundaries.json", "public, max-age=31536000, immutable"),
        ("organisations.json", "private, no-cache"),
    ],
)
def test_files_are_compressed_and_kept_only_where_they_hold_no_record(page, server, name, kept):
    address = next(url for url in page.asked if url.endswith(name))
    answer = ask(address, **{"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Cache-Control"] == kept
    body = gzip.decompress(answer.body)
    plain = ask(address)
    assert plain.headers["Content-Encoding"] is None
    assert plain.body == body
    assert ask(address, **{"If-None-Match": answer.headers["ETag"]}).status == 304
    version = address.split("/")[-2]
    for wrong in (
        address.replace(version, "0" * 12),
        address.replace(name, "organisations.csv"),
        f"{server}/map/{version}/..%2f..%2fapp.py",
        f"{server}/assets/map/{'0' * 12}/map.js",
    ):
        assert ask(wrong).status in {400, 404, 410}, wrong
