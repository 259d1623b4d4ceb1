"""Make documents that take a minute one after the other, and keep what a session has made.

Each takes a core of this process from every page. Whoever waits is told the place in the queue.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

import streamlit as st

from geo.errors import DataError
from geo.ui import frame

ASKED_AGAIN = 0.5  # seconds after which a place is told anew, and a closed browser is noticed

Progress = Callable[[int, int], object]  # told (steps done, steps in all)


class Queue:
    """One at a time, in the order of asking."""

    def __init__(self) -> None:
        self._moved = threading.Condition()
        self._waiting: list[object] = []

    @contextmanager
    def turn(self, told: Callable[[int], object]) -> Iterator[None]:
        """Wait for a turn and hold it. told: is given how many are before, again and again.

        What it raises ends the waiting, and the next moves up.
        """
        ticket = object()
        with self._moved:
            self._waiting.append(ticket)
        try:
            while before := self._before(ticket):
                told(before)
            yield
        finally:
            with self._moved:
                self._waiting.remove(ticket)
                self._moved.notify_all()

    def _before(self, ticket: object) -> int:
        """Return how many stand before a ticket, at once when it is none, else after a while."""
        with self._moved:
            if before := self._waiting.index(ticket):
                self._moved.wait(ASKED_AGAIN)
                before = self._waiting.index(ticket)
            return before


_queue = Queue()  # of this server


def made(
    key: str, label: str, name: str, make: Callable[[Progress], bytes], stamp: Hashable
) -> None:
    """Offer a document that takes a while: a button makes it with progress, then it is kept.

    stamp: what the document rests on; one that was made on something else is not offered.
    """
    kept = st.session_state.get(f"made_{key}")
    if st.button(label, key=f"make_{key}", icon=":material/settings:", width="stretch"):
        bar = st.progress(0.0, "作っています…")
        try:
            with _queue.turn(
                lambda before: bar.progress(0.0, f"順番を待っています(前に{before}件)")
            ):
                content = make(lambda done, total: bar.progress(done / total, f"{done} / {total}"))
        except DataError as error:
            st.error(frame.plain(str(error)))
            return
        finally:
            bar.empty()
        kept = st.session_state[f"made_{key}"] = (stamp, content)
    if kept and kept[0] == stamp:
        size = f"{len(kept[1]) / 1e6:.1f} MB"
        frame.download(f"保存する({size})", kept[1], name, primary=True, key=f"save_{key}")
    elif kept:
        st.caption("条件が変わりました。もう一度作ってください。")
