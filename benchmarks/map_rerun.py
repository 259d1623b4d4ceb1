"""Measure a click on a filter until the map is redrawn: this app's map against plain folium.

Both pages show the same generated organisations on the same polygons under the same radio,
which changes every colour and which organisations are visible. The plain page is what folium's
documentation leads to: Map, GeoJson, MarkerCluster of Marker, st_folium. What it asks of outside
hosts is answered from local copies at once, so no network is measured. The first page is the app's own,
with the same organisations: a click on one of its filters until its map is redrawn.

Run `python -m benchmarks.map_rerun [COUNT ...]`.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, Page, Route, WebSocket
from xstatic.pkg import leaflet, leaflet_markercluster

from benchmarks import generated
from benchmarks.start import DRAWN, ROOT, chromium, running
from geo.data.dataset import DATA_DIRECTORY, DIRECTORY_VARIABLE

COUNTS = (2_000, 10_000)
CLICKS = 11
PLAIN_CLICKS = 3
PALETTE = ("#FFF7BC", "#FEC44F", "#FE9929", "#D95F0E", "#993404")

COMMON = f"""
import numpy as np
import streamlit as st

from geo.store import snapshot

PALETTE = {PALETTE!r}
data = snapshot.current()
st.set_page_config(layout="wide")
choice = st.radio("choice", range(5), horizontal=True)
towns = len(data.municipalities)
colours = (np.arange(towns) + choice) % 5
visible = np.arange(len(data.organisations)) % 5 != choice
values = [f"{{colour * 20}}.{{choice}}" for colour in colours]
"""

OURS = f"""
import streamlit as st

if __name__ == "__main__":
    exec({COMMON!r})
    from geo.maps.view import LegendEntry, MapView
    from geo.ui.components import hokkaido_map

    legend = tuple(LegendEntry(colour, f"{{i}}") for i, colour in enumerate(PALETTE))
    view = MapView("title", "measure", "", PALETTE, colours, values, legend, visible=visible)
    hokkaido_map(data, view, key="map", height="600px")
else:
    from geo.server.app import lifespan, routes

    app = st.App(__file__, routes=routes(), lifespan=lifespan)
"""

PLAIN_PAGE = (
    COMMON
    + """
import folium
from folium.plugins import MarkerCluster
from folium.template import Template
from streamlit_folium import st_folium


class Drawn(folium.MacroElement):
    _template = Template(
        "{% macro script(this, kwargs) %} window.drawn = {{ this.choice }}; {% endmacro %}"
    )

    def __init__(self, choice):
        super().__init__()
        self.choice = choice


@st.cache_resource
def polygons():
    shapes = data.boundaries.loc[data.municipalities.index].reset_index()
    return shapes[["code", "geometry"]].__geo_interface__


number = {code: position for position, code in enumerate(data.municipalities.index)}
m = folium.Map([43.4, 142.8], zoom_start=7, tiles=None, maxZoom=16)
folium.GeoJson(
    polygons(),
    style_function=lambda feature: {
        "fillColor": PALETTE[colours[number[feature["properties"]["code"]]]],
        "fillOpacity": 1, "color": "white", "weight": 0.6,
    },
    tooltip=folium.GeoJsonTooltip(["code"]),
).add_to(m)
cluster = MarkerCluster().add_to(m)
for row in data.organisations[visible].itertuples():
    folium.Marker([row.lat, row.lon], tooltip=row.name).add_to(cluster)
Drawn(choice).add_to(m)
# Nothing returned: the default would also rerun the page after every pan and zoom.
st_folium(m, key="map", height=600, use_container_width=True, returned_objects=[])
"""
)
PLAIN = f"""
import streamlit as st

if __name__ == "__main__":
    exec({PLAIN_PAGE!r})
else:
    app = st.App(__file__)
"""

# Resolves two frames after the map says that the new choice is drawn.
CLICK = """([choice, drawn]) => new Promise((resolve) => {
  const start = performance.now();
  const done = () => requestAnimationFrame(() => requestAnimationFrame(
    () => resolve(performance.now() - start)));
  const read = eval(drawn);
  const before = read();
  const look = () => (read() !== before && read() !== undefined ? done() : setTimeout(look, 2));
  document.querySelectorAll('[data-testid="stRadio"] input')[choice].click();
  look();
})"""
OURS_DRAWN = """() => [...document.querySelectorAll('[data-testid="stBidiComponentIsolated"]')]
  .map((host) => host.shadowRoot.querySelector('.hk-map')?.dataset.drawn)
  .find((drawn) => drawn !== undefined)"""
# On the first page: press the filter that hides the organisations, or shows them again.
FIRST_PAGE_CLICK = CLICK.replace(
    """document.querySelectorAll('[data-testid="stRadio"] input')[choice].click();""",
    """document.querySelectorAll('[data-testid="stCheckbox"] input')[0].click();""",
)
PLAIN_DRAWN = """() => [...document.querySelectorAll('iframe')]
  .map((frame) => frame.contentWindow?.drawn).find((drawn) => drawn !== undefined)"""


def main(counts: tuple[int, ...] = COUNTS) -> None:
    """Print median milliseconds and kilobytes for a rerun of each page."""
    print(f"{'organisations':>13} {'this map':>12} {'plain folium':>14} {'ratio':>7}", end="")
    print(f" {'KB':>7} {'KB plain':>9} {'points ms':>10} {'first page ms':>14} {'KB':>7}")
    source = Path(os.environ.get(DIRECTORY_VARIABLE) or DATA_DIRECTORY)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        for count in counts:
            data = Path(folder) / str(count)
            generated.write(data, count, source)
            ours, sent = _measure(browser, OURS, data, OURS_DRAWN, CLICKS)
            near, _ = _measure(browser, OURS, data, OURS_DRAWN, CLICKS, zoomed=True)
            real, real_sent = _measure(
                browser,
                "",
                data,
                OURS_DRAWN,
                CLICKS,
                script=ROOT / "app.py",
                click=FIRST_PAGE_CLICK,
            )
            plain, plain_sent = _measure(browser, PLAIN, data, PLAIN_DRAWN, PLAIN_CLICKS)
            print(f"{count:>13,} {ours:>9.0f} ms {plain:>11,.0f} ms {plain / ours:>6.0f}x", end="")
            print(f" {sent / 1000:>7.1f} {plain_sent / 1000:>9,.0f} {near:>10.0f}", end="")
            print(f" {real:>14.0f} {real_sent / 1000:>7.1f}")


def _measure(
    browser: Browser,
    code: str,
    data: Path,
    drawn: str,
    clicks: int,
    *,
    zoomed: bool = False,
    script: Path | None = None,
    click: str = CLICK,
) -> tuple[float, float]:
    """Return the medians of milliseconds and of websocket bytes over some clicks.

    script: one that is there already, in place of the code. click: what presses and waits.
    """
    if script is None:
        script = data / "bench_app.py"
        script.write_text(code, encoding="utf-8")
    received: list[int] = []
    with running(script, data=data) as address:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(120_000)
        page.on("websocket", lambda socket: _count(socket, received))
        page.route(lambda url: not url.startswith(address), _answer_locally)
        page.goto(address)
        _wait_for_first(page, drawn)
        if zoomed:
            page.locator(".hk-search").fill("札幌市")
            page.locator(".hk-search").press("Enter")
            page.wait_for_timeout(1500)
            page.locator(".leaflet-control-zoom-in").click()
            page.wait_for_timeout(1500)
        milliseconds, kilobytes = [], []
        for number in range(clicks + 1):
            received.clear()
            took = page.evaluate(click, [(number + 1) % 5, drawn])
            page.wait_for_timeout(500)
            milliseconds.append(took)
            kilobytes.append(sum(received))
        page.close()
    return median(milliseconds[1:]), median(kilobytes[1:])  # the first click warms up


def _wait_for_first(page: Page, drawn: str) -> None:
    if drawn == OURS_DRAWN:
        page.wait_for_selector(DRAWN)
    else:
        page.wait_for_function(f"({drawn})() !== undefined")
    page.wait_for_timeout(1000)


def _count(socket: WebSocket, received: list[int]) -> None:
    socket.on("framereceived", lambda payload: received.append(len(payload)))


def _answer_locally(route: Route) -> None:
    """Answer an outside request with the library's local copy, or with an empty file."""
    name = route.request.url.split("?")[0].rsplit("/", 1)[-1]
    folders = (
        Path(leaflet.BASE_DIR),
        Path(leaflet.BASE_DIR) / "images",
        Path(leaflet_markercluster.BASE_DIR),
    )
    for folder in folders:
        if (folder / name).is_file():
            route.fulfill(path=folder / name)
            return
    media = "text/css" if name.endswith(".css") else "text/javascript"
    route.fulfill(body="", content_type=media)


if __name__ == "__main__":
    main(tuple(int(count) for count in sys.argv[1:]) or COUNTS)
