import json
import threading

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from starlette.requests import Request

from geo import metrics
from geo.errors import NotAllowedError
from geo.imports import seed
from geo.people import reversal
from geo.people.permissions import local
from geo.people.reversal import UndoError
from geo.plans.saved import PlanConflictError
from geo.server import health
from geo.store import database, queries
from geo.store.errors import NotLaidOutError, StoreUnreachableError
from tests.own_loop import run

NOWHERE = "/dev/null/store.sqlite3"


@pytest.fixture(autouse=True)
def after_warm_up():
    health.warmed_up()
    yield
    health.warmed_up(health.WARMING_UP)


def answer(path, host="127.0.0.1:8501", peer="127.0.0.1"):
    """Return the status and the text that a watcher gets from a process served below /base."""
    routes = {route.path: route.endpoint for route in health.routes("/base")}
    asked = {"type": "http", "headers": [(b"host", host.encode())], "client": (peer, 1)}
    found = run(routes[f"/base/{path}"](Request(asked)))
    assert found.headers["cache-control"] == "no-store"
    return found.status_code, found.body.decode()


def ready():
    status, body = answer("health/ready")
    return status, json.loads(body)["reason"]


def figure(name, **labels):
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_warm_process_with_its_store_is_ready(engine):
    assert ready() == (200, "")
    assert figure("shigen_ready") == 1


@pytest.mark.parametrize(
    ("host", "peer"), [("127.0.0.1", "203.0.113.5"), ("shigen.example.jp", "127.0.0.1")]
)
def test_whoever_asks_from_elsewhere_is_told_no_reason(engine, host, peer):
    health.warmed_up(health.WARMING_UP)
    status, body = answer("health/ready", host, peer)
    assert (status, json.loads(body)) == (503, {"ready": False})


def test_a_process_that_is_still_loading_is_alive_but_not_ready(engine):
    health.warmed_up(health.WARMING_UP)
    assert answer("health/live") == (200, "live\n")
    assert ready() == (503, "warming_up")
    assert figure("shigen_ready") == 0


def test_a_store_that_another_version_of_the_code_laid_out_is_not_served(engine):
    with database.writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert ready() == (503, "schema_not_at_head")


def test_a_store_that_cannot_be_opened_is_said(engine, monkeypatch):
    def fail():
        raise StoreUnreachableError

    monkeypatch.setattr(seed, "open_store", fail)
    assert ready() == (503, "store_unreachable")


def test_a_process_that_fell_back_to_memory_is_not_ready(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{NOWHERE}")
    assert ready() == (503, "store_replaced_by_memory")


def test_a_store_that_hangs_does_not_hang_the_watcher(engine, monkeypatch):
    released = threading.Event()
    monkeypatch.setattr(health, "STORE_SECONDS", 0.05)
    monkeypatch.setattr(health, "not_ready", lambda: released.wait(10) and "")
    try:
        assert ready() == (503, "store_slow")
    finally:
        released.set()


def test_the_figures_are_read_by_prometheus_and_name_the_data_version(engine):
    with database.writing(engine) as connection:
        queries.next_version(connection)
    status, body = answer("metrics")
    families = {family.name: family for family in text_string_to_metric_families(body)}
    assert status == 200
    assert families["shigen_data_version"].samples[0].value == queries.version()
    assert families["process_resident_memory_bytes"].samples[0].value > 0
    assert {sample.labels["outcome"] for sample in families["shigen_writes"].samples} == {
        "accepted",
        "refused",
        "failed",
    }


def test_writes_are_counted_by_what_became_of_them(engine):
    before = {
        outcome: figure("shigen_writes_total", outcome=outcome)
        for outcome in ("accepted", "refused", "failed")
    }
    with database.writing(engine) as connection:
        queries.next_version(connection)
    with pytest.raises(UndoError):
        reversal.undo(engine, 999, local())
    with pytest.raises(NotAllowedError), database.writing(engine):
        raise NotAllowedError
    with pytest.raises(PlanConflictError), database.writing(engine):
        raise PlanConflictError
    with pytest.raises(ValueError, match="ours"), database.writing(engine):
        raise ValueError("a fault of ours")  # noqa: EM101
    with pytest.raises(NotLaidOutError), database.writing(engine) as connection:
        connection.execute(text("SELECT * FROM no_such_table"))
    after = {
        outcome: figure("shigen_writes_total", outcome=outcome) - count
        for outcome, count in before.items()
    }
    assert after == {"accepted": 1, "refused": 3, "failed": 2}


def test_a_store_that_cannot_be_reached_is_counted():
    before = figure("shigen_store_errors_total")
    with (
        pytest.raises(StoreUnreachableError),
        database.reading(database.engine(f"sqlite:///{NOWHERE}")),
    ):
        pass
    assert figure("shigen_store_errors_total") == before + 1


def test_a_page_that_ends_early_is_measured_too():
    before = figure("shigen_page_run_seconds_count", page="overview")
    with pytest.raises(KeyError), metrics.page_run(""):
        raise KeyError
    assert figure("shigen_page_run_seconds_count", page="overview") == before + 1


def test_browsers_and_answers_are_counted():
    seen = []

    async def app(scope, receive, send):
        seen.append(figure("shigen_sessions"))
        await send({"type": "http.response.start", "status": 404, "headers": []})

    async def send(message):
        seen.append(message["status"])

    before = figure("shigen_sessions"), figure("shigen_http_responses_total", status="4xx")
    counting = health.Counting(app)
    run(counting({"type": "websocket"}, None, send))
    run(counting({"type": "http"}, None, send))
    assert seen == [before[0] + 1, 404, before[0], 404]
    assert figure("shigen_sessions") == before[0]
    assert figure("shigen_http_responses_total", status="4xx") == before[1] + 2
