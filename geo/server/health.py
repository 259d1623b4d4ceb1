"""Answer whoever watches the service: alive, ready, and figures as Prometheus reads them.

Ready is a process that has warmed up and whose store is reached and laid out for this code. Meant
for the machine itself; the proxy in deploy/ lets none of it out.
"""

from __future__ import annotations

from contextlib import nullcontext

import anyio
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geo import metrics
from geo.errors import StoreError
from geo.store import database, migrate, queries

# Why a process is not ready: its one word for who watches.
WARMING_UP = "warming_up"
DATA_UNREADABLE = "data_unreadable"
STORE_UNREACHABLE = "store_unreachable"
STORE_REPLACED = "store_replaced_by_memory"  # see seed.open_store
STORE_SLOW = "store_slow"
SCHEMA_DIFFERS = "schema_not_at_head"

STORE_SECONDS = 5  # a store that answers later is no store for 300 visitors
NEVER_KEPT = {"Cache-Control": "no-store"}
# A store that hangs keeps these threads and no more, however often it is asked after.
_askers = anyio.CapacityLimiter(2)
_warm = {"reason": WARMING_UP}


def routes(prefix: str) -> list[BaseRoute]:
    """Return the routes below `prefix`: health/live, health/ready and metrics."""
    return [
        Route(f"{prefix}/health/live", _live),
        Route(f"{prefix}/health/ready", _ready),
        Route(f"{prefix}/metrics", _metrics),
    ]


class Counting:
    """Count connected browsers and answers by their status, as ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, and count."""

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                metrics.responses.labels(f"{message['status'] // 100}xx").inc()
            await send(message)

        connected = scope["type"] == "websocket"
        with metrics.sessions.track_inprogress() if connected else nullcontext():
            await self.app(scope, receive, counted)


def warmed_up(reason: str = "") -> None:
    """Say that the warm-up is over; `reason` names what failed, empty when nothing did."""
    _warm["reason"] = reason


def not_ready() -> str:
    """Return one word that says why this process is not ready, empty when it is.

    Asks the store; may take as long as the store takes to answer or to refuse.
    """
    if _warm["reason"]:
        return _warm["reason"]
    from geo.imports import seed

    try:
        if seed.open_store() is not database.engine():
            return STORE_REPLACED
        with database.reading(database.engine()) as connection:
            there = migrate.current(connection)
    except (StoreError, SQLAlchemyError, OSError):
        return STORE_UNREACHABLE
    return "" if there == migrate.known()[-1] else SCHEMA_DIFFERS


async def _live(_request: Request) -> Response:
    return PlainTextResponse("live\n", headers=NEVER_KEPT)


async def _ready(_request: Request) -> Response:
    reason = await _not_ready_in_time()
    body = {"ready": not reason, "reason": reason}
    return JSONResponse(body, status_code=503 if reason else 200, headers=NEVER_KEPT)


async def _metrics(_request: Request) -> Response:
    if not await _not_ready_in_time():
        metrics.data_version.set(await anyio.to_thread.run_sync(queries.version))
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST, headers=NEVER_KEPT)


async def _not_ready_in_time() -> str:
    """Ask whether this process is ready, without waiting for a store that hangs."""
    try:
        with anyio.fail_after(STORE_SECONDS):
            reason = await anyio.to_thread.run_sync(
                not_ready, abandon_on_cancel=True, limiter=_askers
            )
    except TimeoutError:
        reason = STORE_SLOW
    metrics.ready.set(not reason)
    return reason
