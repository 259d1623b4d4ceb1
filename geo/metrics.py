"""Count what this process does, for whoever runs the service; nothing here names a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics
from sqlalchemy import event
from sqlalchemy.engine import Engine, ExceptionContext
from sqlalchemy.exc import InterfaceError, OperationalError

from geo.errors import GeoError, StoreError

# Seconds; 0.15 and 0.3 are what the service is held to with one process and with two.
PAGE_BUCKETS = (0.025, 0.05, 0.1, 0.15, 0.3, 0.5, 1, 2.5, 5, 10)

disable_created_metrics()  # type: ignore[no-untyped-call]  # the time at which each counter began is the process's own

sessions = Gauge("shigen_sessions", "Browsers connected to this process now")
page_runs = Histogram(
    "shigen_page_run_seconds",
    "Time a page took to compute, by page",
    ["page"],
    buckets=PAGE_BUCKETS,
)
responses = Counter(
    "shigen_http_responses", "Answers to requests, by hundred of status", ["status"]
)
writes = Counter("shigen_writes", "Transactions that wrote the store, by outcome", ["outcome"])
store_errors = Counter("shigen_store_errors", "Times the store could not be reached or used")
data_version = Gauge("shigen_data_version", "Number of the store's data version")
ready = Gauge("shigen_ready", "1 when this process is ready, else 0")

for _outcome in ("accepted", "refused", "failed"):
    writes.labels(_outcome)  # shown as 0 from the start


@contextmanager
def page_run(page: str) -> Iterator[None]:
    """Measure one run of a page; `page` is its path."""
    began = perf_counter()
    try:
        yield
    finally:  # a page ends by an exception when it stops or starts again
        page_runs.labels(page or "overview").observe(perf_counter() - began)


@contextmanager
def write() -> Iterator[None]:
    """Count one transaction that writes: accepted, refused by our checks, or failed.

    Refused is what a rule of ours forbids, by an error of ours that is not the store's; failed is
    the rest.
    """
    try:
        yield
    except BaseException as error:
        ruled = isinstance(error, GeoError) and not isinstance(error, StoreError)
        writes.labels("refused" if ruled else "failed").inc()
        raise
    writes.labels("accepted").inc()


@event.listens_for(Engine, "handle_error")
def _count_store_error(context: ExceptionContext) -> None:
    if isinstance(context.sqlalchemy_exception, OperationalError | InterfaceError):
        store_errors.inc()
