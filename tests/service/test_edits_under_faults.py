import random
import time

import pytest

from benchmarks import fault_kinds, signed_in
from benchmarks.editors import Journal
from benchmarks.edits_check import compare
from benchmarks.fault_kinds import Run
from benchmarks.faults import at_work
from geo.store import database
from tests.shipped_service import NGINX, prepared, served

SECONDS = 120  # that the edits may take before the test gives up


@pytest.fixture
def nginx():
    if NGINX is None:
        pytest.skip("no nginx on this machine")


def until(journal, edits):
    end = time.monotonic() + SECONDS
    while journal.acknowledged() < edits and time.monotonic() < end:
        time.sleep(0.1)


def test_no_edit_is_lost_or_doubled_when_a_process_is_killed(nginx, tmp_path):
    journal = Journal()
    engine = database.engine(f"sqlite:///{tmp_path / 'store.sqlite3'}")
    sign_in = signed_in.set_up(tmp_path)
    records, since = signed_in.invite(engine, ("012301", "012050"), 3)
    with served(prepared(tmp_path, STREAMLIT_SECRETS_FILES=str(sign_in.file))) as service:
        run = Run(service, None, None, journal, random.Random(0))
        with at_work(service.address, sign_in, records, journal):
            until(journal, 6)
            fault_kinds.kill(run, 0)
            until(journal, journal.acknowledged() + 6)
    found = compare(engine, journal.attempts, since)
    assert found.sound, (found.verdicts, found.problems)
    assert found.count("stored") >= 12
    assert not journal.crashed
    assert journal.lost == journal.reconnected
    told = [words for heard in journal.told.values() for words in heard]
    assert not [words for words in told if "TRACEBACK" in words]
