"""Show the map on a Streamlit page and hear what the user chose on it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from geo.assets import ASSETS
from geo.data.dataset import Dataset
from geo.maps import payload, served
from geo.maps.served import asset_version
from geo.maps.view import MapEvent, MapView

DEFAULT_HEIGHT = "max(26rem, calc(100dvh - 15rem))"

_component = st.components.v2.component(
    "hokkaido_map",
    html=(ASSETS / "mount.html").read_text(encoding="utf-8"),
    js=(ASSETS / "mount.mjs").read_text(encoding="utf-8"),
)


def hokkaido_map(
    dataset: Dataset, view: MapView, *, key: str, height: str = DEFAULT_HEIGHT
) -> MapEvent:
    """Draw a view of a dataset and return what was asked for in this run.

    height is a CSS length. The place and zoom where the user left the map are kept per key.
    """
    data = payload.of(dataset)
    served.offer(data)
    state = payload.encode(view, data)
    version = asset_version()
    result = _component(
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


def _nothing() -> None:
    """Declare an event to Streamlit without reacting before the run."""


def _known(value: Any, ids: tuple[str, ...]) -> str | None:
    """Return an id that a browser sent, None when it is not one of ours."""
    return value if value in ids else None


__all__ = ["DEFAULT_HEIGHT", "MapEvent", "MapView", "hokkaido_map"]
