import threading
import time
from types import SimpleNamespace

import pytest

from geo.ui import session

LIMIT = 0.2  # seconds
LONG = 60.0  # seconds


@pytest.fixture
def state(monkeypatch):
    held = {}
    monkeypatch.setattr(session, "st", SimpleNamespace(session_state=held))
    monkeypatch.setattr(session, "ENDING_SECONDS", LONG)
    return held


@pytest.fixture
def begin_elsewhere(state):
    """Return a function that begins a run in a thread of its own, which ends with the event."""
    runs = []

    def begin():
        begun, over = threading.Event(), threading.Event()

        def run():
            session.begin_run()
            begun.set()
            over.wait()

        runs.append((threading.Thread(target=run), over))
        runs[-1][0].start()
        begun.wait()
        return runs[-1]

    yield begin
    for thread, over in runs:
        over.set()
        thread.join()


def test_a_run_waits_until_every_earlier_one_has_ended(begin_elsewhere):
    (first, first_over), (second, second_over) = begin_elsewhere(), begin_elsewhere()
    session.begin_run()
    first_over.set()
    threading.Timer(LIMIT, second_over.set).start()
    session.outlast_runs()
    assert not first.is_alive()
    assert not second.is_alive()


def test_a_run_that_still_computes_is_waited_for_no_longer_than_the_limit(
    begin_elsewhere, monkeypatch
):
    monkeypatch.setattr(session, "ENDING_SECONDS", LIMIT)
    begin_elsewhere()
    session.begin_run()
    before = time.monotonic()
    session.outlast_runs()
    assert time.monotonic() - before >= LIMIT


def test_a_run_does_not_wait_for_itself_nor_remember_what_has_ended(state, begin_elsewhere):
    thread, over = begin_elsewhere()
    over.set()
    thread.join()
    session.begin_run()
    session.begin_run()
    session.outlast_runs()
    assert state[session.RUNS] == [threading.current_thread()]
