"""Show the screens of a meeting over the whole window of a Streamlit page."""

from __future__ import annotations

from typing import Any

import streamlit as st

from geo.assets import ASSETS

_component = st.components.v2.component(
    "meeting",
    html=(ASSETS / "meeting.html").read_text(encoding="utf-8"),
    css=(ASSETS / "meeting.css").read_text(encoding="utf-8"),
    js=(ASSETS / "meeting.mjs").read_text(encoding="utf-8"),
)


def meeting_room(screens: list[dict[str, Any]], *, key: str, opened: bool = False) -> None:
    """List the screens (from `meeting_payload.payload`) with the button that starts them.

    opened: start at once, without the browser's full screen, which needs a press.
    """
    _component(key=key, data={"screens": screens, "open": opened})
