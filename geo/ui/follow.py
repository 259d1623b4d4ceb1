"""Let an open page show what others change, without a click: on a projector, in a meeting."""

from __future__ import annotations

import streamlit as st

from geo.assets import ASSETS

ADDRESS = "data-version"  # that geo/server/app.py answers
# A change shows within 5 s: at most 2.75 s until the browser asks, 1 s that the server's answer is
# old, 0.5 s spread, and the run.
POLL_SECONDS = 2.5
SPREAD_SECONDS = 0.5  # over which the browsers of a meeting run their pages again

_component = st.components.v2.component(
    "follow", js=(ASSETS / "follow.mjs").read_text(encoding="utf-8")
)


def follow(version: int) -> None:
    """Run this page again when the store's data version is newer than the one it was drawn with.

    The browser asks; a form that is being filled in, half a word and an open dialog are waited for.
    """
    _component(
        key="follow",
        data={
            "address": ADDRESS,
            "version": version,
            "seconds": POLL_SECONDS,
            "spread": SPREAD_SECONDS,
        },
        on_changed_change=_nothing,
    )


def _nothing() -> None:
    """Declare the event to Streamlit; the run itself is what is wanted."""
