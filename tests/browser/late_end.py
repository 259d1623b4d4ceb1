"""Serve the app with runs that end late after their last element, as where the processor is busy."""

import time

from streamlit.runtime.fragment import MemoryFragmentStorage

SECONDS = 0.5

_clear = MemoryFragmentStorage.clear  # a run's last act but one (Streamlit 1.67)


def _late(storage: MemoryFragmentStorage, **named: object) -> None:
    time.sleep(SECONDS)
    _clear(storage, **named)


MemoryFragmentStorage.clear = _late

from app import app  # noqa: E402, F401 (served; after the change)
