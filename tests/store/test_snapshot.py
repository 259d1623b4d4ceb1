"""Lose the store while the app runs, and find it again."""

import contextlib
import gc
import signal
import subprocess
import weakref
from pathlib import Path

import pytest
from sqlalchemy import event
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from geo.commands.main import main
from geo.documents import projector
from geo.imports import importing, seed
from geo.maps import payload
from geo.maps.measures import measure_view
from geo.maps.picture import picture
from geo.methods.analysis import analyse
from geo.methods.candidates import candidates
from geo.methods.need import TODAY
from geo.parameters import Parameters
from geo.plans import saved
from geo.plans.figures import computed
from geo.plans.plan import Area, Plan
from geo.server.app import warm_up
from geo.store import queries, snapshot, tables
from geo.store.database import reading, writing
from geo.store.errors import OutcomeUnknownError, StoreUnreachableError
from tests.generated import WRITER, many
from tests.imports.own_process import COUNT, start_import
from tests.postgres_server import PostgresServer, require
from tests.ui.opened import APP, html, open_page

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"  # a port where nobody listens


@pytest.fixture(scope="module")
def own_server():
    require()
    server = PostgresServer()
    yield server
    server.remove()


@pytest.fixture
def served(own_server, monkeypatch):
    """Return a server that a test may stop; DATABASE_URL names an empty database on it."""
    monkeypatch.setenv("DATABASE_URL", own_server.create())
    monkeypatch.setenv("SHIGEN_WRITE", "1")
    monkeypatch.setattr(snapshot, "ASK_AGAIN_SECONDS", 0.0)
    yield own_server
    if not own_server.runs:
        own_server.start()


def test_pages_keep_the_last_data_and_say_so_until_the_server_is_back(served, shipped):
    importing.apply(seed.open_store(), [many(3)], shipped, WRITER)
    before = snapshot.current()
    assert snapshot.lost() is None
    served.stop()
    assert snapshot.current() is before
    app = open_page("overview")
    assert not app.exception
    assert "つながりません" in app.warning[0].value
    assert before.version in app.warning[0].value
    assert "保存できません" in app.warning[0].value
    assert app.get("bidi_component")
    served.start()
    assert snapshot.current() is before
    assert snapshot.lost() is None
    assert not open_page("overview").warning


@pytest.mark.parametrize("page", ["imports", "status", "plan", "directory"])
def test_pages_that_use_the_store_say_that_it_is_lost(served, page):
    seed.open_store()
    snapshot.current()
    served.stop()
    app = AppTest.from_file(APP, default_timeout=60)
    app._page_hash = calc_hash(page)
    app.query_params["check"] = "old"
    app.query_params["plan"] = "0123"
    app.run()
    assert not app.exception
    assert "つながりません" in app.warning[0].value
    assert "つながりません" in app.error[0].value


def test_nothing_is_written_while_the_server_is_away_and_all_of_it_after(served, shipped):
    engine = seed.open_store()
    served.stop()
    with pytest.raises(StoreUnreachableError, match="何も保存していません"):
        importing.apply(engine, [many(3)], shipped, WRITER)
    with pytest.raises(StoreUnreachableError):
        saved.save(engine, Plan(), WRITER)
    served.start()
    importing.apply(engine, [many(3)], shipped, WRITER)
    assert queries.version() == 1
    assert saved.list_plans(engine) == []


def test_a_server_lost_in_the_middle_leaves_nothing(served):
    engine = seed.open_store()

    def strike_between():
        with writing(engine) as connection:
            queries.next_version(connection)
            served.stop()
            queries.next_version(connection)

    with pytest.raises(StoreUnreachableError):
        strike_between()
    served.start()
    assert queries.version() == 0


def test_who_loses_the_server_while_it_commits_is_told_to_look(served):
    engine = seed.open_store()

    def strike(_connection):
        served.stop()

    event.listen(engine, "commit", strike)
    with pytest.raises(OutcomeUnknownError, match="分かりません"), writing(engine) as connection:
        queries.next_version(connection)
    event.remove(engine, "commit", strike)
    served.start()
    assert queries.version() == 0


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.1, 0.4, 0.8, 1.2])
def test_a_crash_of_the_server_leaves_all_of_a_file_or_nothing(served, seconds):
    seed.open_store()
    with start_import(stderr=subprocess.DEVNULL) as child:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(seconds)
        served.stop(signal.SIGQUIT)
        child.wait(30)
    served.start()
    with reading(seed.open_store()) as connection:
        held = queries.rows(connection, tables.organisations).index
    arrived = held.str.startswith("g0").sum()
    assert arrived in (0, COUNT)
    assert queries.version() == (1 if arrived else 0)
    if child.returncode == 0:  # it was told that all is stored
        assert arrived == COUNT


def test_a_store_that_was_never_reached_is_not_what_ships(monkeypatch, capsys):
    monkeypatch.setenv("DATABASE_URL", NOWHERE)
    for attempt in (snapshot.current, queries.version, seed.open_store):
        with pytest.raises(StoreUnreachableError):
            attempt()
    app = open_page("overview")
    assert not app.exception
    assert "つながりません" in app.error[0].value
    assert "データ版" not in html(app)
    warm_up()  # logs, and lets the server start
    assert main(["scarcity"]) == 2
    assert main(["history"]) == 2
    assert main(["store"]) == 2
    assert "つながりません" in capsys.readouterr().err


def test_a_file_that_went_away_is_lost_and_not_empty(own_store: Path, monkeypatch, shipped):
    monkeypatch.setenv("SHIGEN_WRITE", "1")
    monkeypatch.setattr(snapshot, "ASK_AGAIN_SECONDS", 0.0)
    importing.apply(seed.open_store(), [many(3)], shipped, WRITER)
    before = snapshot.current()
    own_store.rename(own_store.with_suffix(".away"))
    assert snapshot.current() is before
    assert snapshot.lost() is not None
    own_store.with_suffix(".away").rename(own_store)
    assert snapshot.current() is before
    assert snapshot.lost() is None


def test_a_file_that_is_no_store_is_never_replaced_by_what_ships(own_store: Path):
    own_store.write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreUnreachableError):
        seed.open_store()
    with pytest.raises(StoreUnreachableError):
        snapshot.current()


def test_data_that_was_changed_lives_on_nowhere(own_store: Path, monkeypatch, shipped):
    monkeypatch.setenv("SHIGEN_WRITE", "1")
    seen = []
    for number in (1, 2):
        importing.apply(seed.open_store(), [many(number)], shipped, WRITER)
        seen.append(weakref.ref(ask_everything()))
        open_page("overview")
        gc.collect()
        alive = [one().number for one in seen if one() is not None]
        assert alive == [number]


def ask_everything():
    """Compute what is kept of the current data; return the data."""
    data = snapshot.current()
    analysis = analyse(data, Parameters())
    candidates(analysis)
    projector.payload(analysis, ("areas", "town", "partners"), None, None, "")
    picture(data, measure_view(analysis, "scarcity", "", TODAY), size=(3, 2), dpi=50)
    payload.of(data)
    computed(Plan(areas=(Area("012301"),)), analysis)
    return data
