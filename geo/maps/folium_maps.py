"""Lay layers over one another on a map that folium makes: for a page, a notebook, and a file.

folium renders by Jinja and compiles what its elements have rendered once more. So no text of a
record or of a layer is given to it: it goes verbatim, as JSON, into places of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import Any, cast

import folium
import numpy as np
from branca.element import Element, Figure
from folium.template import Template

from geo.assets import ASSETS
from geo.data.dataset import Dataset, current_directory, load
from geo.data.sources import map_note
from geo.maps.colours import PANEL
from geo.maps.embedded import POLICY, import_map, inside, text_of
from geo.maps.overlay import Overlay, harmless_json, state_text
from geo.maps.payload import MapData, build
from geo.maps.picture import picture
from geo.maps.product_layers import Choice, overlays
from geo.maps.served import LEAFLET
from geo.maps.view import MapView
from geo.methods.analysis import Analysis, analyse
from geo.methods.basis import compared, footer
from geo.parameters import Parameters

CENTRE, FIRST_ZOOM = (43.4, 142.8), 7
ZOOMS = (5, 17)
MODULES = ("dom", "drawing", "legend", "overlays", "symbols")
STYLES = ("map.css", "overlays.css")
TITLE = "重ね地図"
UP = "../../"  # from the frame of streamlit-folium's component to the app's own address


class Verbatim(Element):
    """A piece of a page that stands there as it is: no template is made of it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._name = "Verbatim"
        self.text = text

    def render(self, **_: Any) -> str:
        """Return the text."""
        return self.text


class Script(folium.MacroElement):
    """A script of ours on a map; folium renders it without reading it for a template."""

    _template = Template("{% macro script(this, kwargs) %}{{ this.code() }}{% endmacro %}")

    def __init__(self, name: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = name

    def code(self) -> str:
        """Return the script."""
        raise NotImplementedError

    def render(self, **_: Any) -> str:
        """Put the script into the page as it is; nothing stands where the element does."""
        page = cast("Figure", self.get_root())
        page.script.add_child(Verbatim(self.code()), name=self.get_name())
        return ""

    @property
    def map_name(self) -> str:
        """The name of the map in the browser."""
        return cast("folium.Map", self._parent).get_name()


class Begin(Script):
    """Start our code on the map; the same for every state, so that a page keeps its frame."""

    def __init__(self, module: str, files: str | None) -> None:
        super().__init__("Begin")
        self.module, self.files = module, files

    def code(self) -> str:
        """Return the script: it imports the code and takes what is asked for meanwhile."""
        files = "null" if self.files is None else f'"{self.files}"'
        own = f'"{self.module}"'
        address = own if self.files is None else f"new URL({own}, document.baseURI).href"
        return (
            "window.drawnItems = null;"
            "window.hk = {pending: null, apply(state) { this.pending = state; }};"
            f"import({address}).then((code) => code.start({self.map_name}, window.hk, {files}));"
        )


class Show(Script):
    """Draw a state, of `geo.maps.overlay.state_text`."""

    def __init__(self, state: str) -> None:
        super().__init__("Show")
        self.state = state

    def code(self) -> str:
        """Return the script that hands the state over."""
        return f"window.hk.apply({self.state});"


class ShowOfPage(Script):
    """Draw the state that stands in the page as data."""

    def code(self) -> str:
        """Return the script that reads it."""
        return 'window.hk.apply(JSON.parse(document.querySelector("#hk-data").textContent).state);'


def bare_map(scripts: Sequence[str], styles: Sequence[str]) -> folium.Map:
    """Return a folium map without tiles that loads these scripts and styles and no others."""
    made = folium.Map(
        location=CENTRE,
        zoom_start=FIRST_ZOOM,
        tiles=None,
        zoom_control=False,
        min_zoom=ZOOMS[0],
        max_zoom=ZOOMS[1],
        zoomSnap=0.25,
        attributionControl=False,
        minZoom=ZOOMS[0],
        maxZoom=ZOOMS[1],
    )
    # Of this map alone: folium's own lists belong to every map of the process.
    made.default_js = [(f"script{place}", address) for place, address in enumerate(scripts)]
    made.default_css = [(f"style{place}", address) for place, address in enumerate(styles)]
    return made


def linked_map(version: str, data_version: str) -> folium.Map:
    """Return the map of the page: code and public data come from this server.

    version: of the map's code. data_version: of the public data that it draws.
    """
    code = f"{UP}assets/map/{version}/"
    styles = [f"{code}{name}" for name in ("leaflet.css", *STYLES)]
    made = bare_map([f"{code}leaflet.js"], styles)
    Begin(f"{code}overlays.js", f"{UP}map/{data_version}/").add_to(made)
    return made


def shown_group(state: str) -> folium.FeatureGroup:
    """Return what `st_folium` adds to a map that stands: the state, and no shape."""
    group = folium.FeatureGroup()
    Show(state).add_to(group)
    return group


def folium_map(
    analysis: Analysis | None = None,
    layers: Sequence[Overlay] | Choice | None = None,
    *,
    title: str = TITLE,
    height: str | int = "100%",
) -> folium.Map:
    """Return layers over one another as a folium map that needs no network, for a notebook.

    analysis: None for the tables of `data/` (or SHIGEN_DATA) under the usual settings. layers: what
    to lay over, the lowest first, or a choice of the product's own. height: px, or a share of what
    is around. `save("map.html")` writes a file that opens anywhere; add what folium has, as to any
    map: but folium takes the texts that it is given for templates.
    """
    if analysis is None:
        analysis = analyse(load(current_directory()), Parameters())
    if layers is None or isinstance(layers, Choice):
        layers = overlays(analysis, layers or Choice())
    public, layers = _carried(analysis.dataset, layers)
    made = bare_map([], [])
    if isinstance(height, int):
        cast("Figure", made.get_root()).height = f"{height}px"
    # What is flagged is flagged within a range, by some fields.
    note = " / ".join([map_note(analysis.dataset), *compared(analysis)])
    state = state_text(layers, public, title=title, note=note, about=footer(analysis))
    files = {name.removesuffix(".json"): body.decode() for name, body in public.files.items()}
    content = ",".join(f'"{name}":{body}' for name, body in files.items())
    figure = cast("Figure", made.get_root())
    styles = "".join(
        text_of(path) for path in (LEAFLET / "leaflet.css", *(ASSETS / name for name in STYLES))
    )
    head = [
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        f"<title>{escape(title)}</title><style>{styles}</style>",
        f"<script>{inside(text_of(LEAFLET / 'leaflet.js'))}</script>",
        f'<script type="importmap">{import_map(MODULES)}</script>',
    ]
    for place, part in enumerate(head):
        figure.header.add_child(Verbatim(part), name=f"own{place}")
    data = f'{{{harmless_json(content)},"state":{state}}}'
    carried = f'<script type="application/json" id="hk-data">{data}</script>'
    figure.html.add_child(Verbatim(carried), name="own_data")
    Begin("map/overlays.js", None).add_to(made)
    ShowOfPage("ShowOfPage").add_to(made)
    return made


def html(
    analysis: Analysis, layers: Sequence[Overlay] | Choice | None = None, *, title: str = TITLE
) -> bytes:
    """Return layers over one another as one HTML file that opens without any network."""
    page: str = folium_map(analysis, layers, title=title).get_root().render()
    return page.replace("<html>", '<html lang="ja">', 1).encode()


def drawn(
    analysis: Analysis,
    layers: Sequence[Overlay],
    kind: str = "png",
    *,
    title: str = TITLE,
) -> bytes:
    """Return layers over one another as a picture: the topmost measure, shapes, organisations.

    kind: as of `geo.maps.picture.picture`. Below it stands what is compared, and the sources.
    """
    data = analysis.dataset
    measures = [one.content for one in layers if isinstance(one.content, MapView)]
    shown = [one.content for one in layers if isinstance(one.content, np.ndarray)]
    blank = MapView(
        title=title,
        measure="",
        unit="",
        palette=(PANEL,),
        colours=np.zeros(len(data.municipalities), int),
        values=[""] * len(data.municipalities),
        legend=(),
    )
    view = replace(
        measures[-1] if measures else blank,
        visible=shown[-1] if shown else None,
        show_points=bool(shown),
    )
    return picture(data, view, kind, title=title, sources=footer(analysis), over=layers)


def _carried(data: Dataset, layers: Sequence[Overlay]) -> tuple[MapData, list[Overlay]]:
    """Return the public data that a file carries, and the layers over it.

    Of the organisations it holds those that a layer shows, and no others.
    """
    carried = np.zeros(len(data.organisations), bool)
    for one in layers:
        if isinstance(one.content, np.ndarray):
            carried |= one.content
    public = build(replace(data, organisations=data.organisations[carried]))
    return public, [
        replace(one, content=one.content[carried]) if isinstance(one.content, np.ndarray) else one
        for one in layers
    ]
