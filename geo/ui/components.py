"""Show what runs in the browser: the map, the screens of a meeting, and what follows the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit import runtime

from geo.assets import ASSETS
from geo.data.dataset import Dataset
from geo.maps import payload, served
from geo.maps.overlay import Overlay, state_text
from geo.maps.selection import Drawn, drawn_shapes
from geo.maps.view import MapEvent, MapView
from geo.ui import parts

MAP_HEIGHT = "max(26rem, calc(100dvh - 15rem))"
OVERLAID_HEIGHT = 680  # px: streamlit-folium takes no other length
VERSION_ADDRESS = "data-version"  # that geo/server/app.py answers
# A change shows within 5 s: at most 2.75 s until the browser asks, 1 s that the server's answer is
# old, 0.5 s spread, and the run.
POLL_SECONDS = 2.5
SPREAD_SECONDS = 0.5  # over which the browsers of a meeting run their pages again


def _text(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


_map = st.components.v2.component("hokkaido_map", html=_text("mount.html"), js=_text("mount.mjs"))
_meeting = st.components.v2.component(
    "meeting", html=_text("meeting.html"), css=_text("meeting.css"), js=_text("meeting.mjs")
)
_follow = st.components.v2.component("follow", js=_text("follow.mjs"))


def hokkaido_map(
    dataset: Dataset, view: MapView, *, key: str, height: str = MAP_HEIGHT
) -> MapEvent:
    """Draw a view of a dataset and return what was asked for in this run.

    height is a CSS length. The place and zoom where the user left the map are kept per key.
    """
    data = payload.of(dataset)
    served.offer(data)
    state = payload.encode(view, data)
    version = served.asset_version()
    result = _map(
        key=key,
        data={
            "key": key,
            "height": height,
            "revision": payload.revision(state),
            "module": f"assets/map/{version}/map.js",
            "files": f"map/{data.version}/",
            "view": state,
        },
        on_municipality_change=_nothing,
        on_open_municipality_change=_nothing,
        on_open_organisation_change=_nothing,
    )
    return MapEvent(
        municipality=_known(result.municipality, data.codes),
        open_municipality=_known(result.open_municipality, data.codes),
        open_organisation=_known(result.open_organisation, data.organisations),
    )


def overlaid_map(
    dataset: Dataset,
    layers: Sequence[Overlay],
    *,
    drawn: Sequence[Drawn],
    focus: tuple[float, float, float, float] | None,
    note: str,
    key: str,
) -> list[Drawn]:
    """Draw layers over one another with streamlit-folium; return the shapes drawn to choose by.

    focus: (south, west, north, east) in degrees, gone to when it changes.

    The map itself is the same in every run, so that the browser keeps it; what changes goes beside
    it.
    """
    from streamlit_folium import st_folium  # folium takes long to load

    from geo.maps import folium_maps

    offer_frame()
    data = payload.of(dataset)
    served.offer(data)
    state = state_text(layers, data, note=note, choosing=True, drawn=drawn, focus=focus)
    answer = st_folium(
        folium_maps.linked_map(served.asset_version(), data.version),
        key=key,
        height=OVERLAID_HEIGHT,
        use_container_width=True,
        returned_objects=["all_drawings"],
        feature_group_to_add=folium_maps.shown_group(state),
    )
    told = (answer or {}).get("all_drawings")
    return list(drawn) if told is None else drawn_shapes(told)


def offer_frame() -> None:
    """Let this process answer for the frame in which streamlit-folium draws.

    Streamlit (1.67) is told of a component only where its package is loaded by a session, once: not
    by a server that warms up, and not in the other processes behind a proxy.
    """
    import streamlit_folium

    if runtime.exists():
        known = runtime.get_instance().component_registry
        known.register_component(streamlit_folium._component_func)


def meeting_room(screens: list[dict[str, Any]], *, key: str, opened: bool = False) -> None:
    """List the screens (from `projector.payload`) with the button that starts them.

    opened: start at once, without the browser's full screen, which needs a press.
    """
    _meeting(key=key, data={"screens": screens, "open": opened})


def follow(version: int) -> None:
    """Run this page again when the store's data version is newer than the one it was drawn with.

    The browser asks, so that a page on a projector shows what others change without a click; a form
    that is being filled in, half a word and an open dialog are waited for.
    """
    _follow(
        key="follow",
        data={
            "address": VERSION_ADDRESS,
            "version": version,
            "seconds": POLL_SECONDS,
            "spread": SPREAD_SECONDS,
            "parts": {"form": parts.FORM, "submit": parts.SUBMIT, "dialog": parts.DIALOG},
        },
        on_changed_change=_nothing,
    )


def _nothing() -> None:
    """Declare an event to Streamlit without reacting before the run."""


def _known(value: Any, ids: tuple[str, ...]) -> str | None:
    """Return an id that a browser sent, None when it is not one of ours."""
    return value if value in ids else None
