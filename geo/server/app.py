"""Serve the map's own files beside Streamlit: code and public data, both named by content.

No outside host is asked for anything: Leaflet comes from the installed `xstatic` package.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import re
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter

import click
import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from streamlit import config
from streamlit.runtime.pages_manager import PagesManager

from geo.errors import DataError, StoreError
from geo.maps import payload, served
from geo.parameters import Parameters
from geo.people.permissions import allow_on_this_machine
from geo.people.sign_in import LOOPBACK
from geo.server import health, logs, open_data, uploads
from geo.server.front import Front
from geo.store import queries, snapshot

VERSION_SECONDS = 1.0  # how old the answer to "is there anything new?" may be
CLI = "streamlit.web.cli"  # the module that `streamlit run` is; no other server loads it
FOR_EVER = "public, max-age=31536000, immutable"  # the address names its content; no records in it
ASK_AGAIN = "private, no-cache"  # holds records, of which one may be hidden: no proxy keeps it
FOR_ONE = "private, no-store"  # one visitor's sandbox: no proxy keeps it

VERSION_RE = re.compile(r"[0-9a-f]{12}")  # of the map's data

log = logging.getLogger(__name__)

_seen_at, _seen_version = -float("inf"), 0  # when the store was last asked, and its answer


def prepare() -> None:
    """Take Streamlit's settings from the environment, and let the logs follow them.

    Streamlit documents a variable STREAMLIT_… for each of its settings, but under another server
    it reads of them only those that hold a secret (seen in 1.67.0). So they are read here as
    `streamlit run` reads them, whose own are not touched: settings are read but once, and this has
    to come before anything asks for one.
    """
    options = [one for one in config._config_options_template.values() if not one.sensitive]
    reading = click.Command(
        "settings",
        params=[
            click.Option(
                [f"--{one.key}", one.key.replace(".", "__")],
                envvar=one.env_var,
                type=one.type,
                multiple=one.multiple,
            )
            for one in options
        ],
    )
    given = reading.make_context("settings", []).params
    config.get_config_options(
        options_from_flags={
            name.replace("__", "."): value
            for name, value in given.items()
            if value is not None and value != ()  # no variable, or an empty one
        }
    )
    logs.configure()
    if started_by_streamlit() and st.get_option("server.address") in LOOPBACK:
        allow_on_this_machine()  # as `make run` does


def started_by_streamlit() -> bool:
    """Tell whether `streamlit run` serves, which listens where `server.address` says."""
    return CLI in sys.modules


def routes() -> list[BaseRoute]:
    """Return the routes that `st.App` adds, under `server.baseUrlPath` when one is set."""
    base = (st.get_option("server.baseUrlPath") or "").strip("/")
    prefix = f"/{base}" if base else ""
    return [
        Route(f"{prefix}/assets/map/{{version}}/{{name}}", _asset),
        Route(f"{prefix}/map/{{version}}/{{name}}", _data),
        Route(f"{prefix}/data-version", _data_version),
        *health.routes(prefix),
        *open_data.routes(prefix),
    ]


def middleware() -> list[Middleware]:
    """Return what `st.App` puts around every request."""
    return [Middleware(health.Counting), Middleware(Front), Middleware(uploads.Bounded)]


@asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[None]:  # noqa: ARG001 (the server's signature)
    """Warm up while the first visitor's browser still loads Streamlit's own files."""
    # Before any session has run st.navigation, Streamlit would serve an address such as /gaps from
    # the pages/ folder alone, without our navigation. Private to Streamlit, as seen in 1.67.0.
    PagesManager.uses_pages_directory = False
    warming = asyncio.create_task(run_in_threadpool(warm_up))
    yield
    await warming


def warm_up() -> None:
    """Open the store, load data, code and first results, then freeze what now lives for ever.

    Python's own collections pass over what is frozen, the libraries and the data: one takes a
    millisecond instead of seventy. Data or a store that cannot be read is only logged here: the
    pages say what is wrong with it.
    """
    began = perf_counter()
    failed = ""
    try:
        # Here and not above: the server answers before the libraries of the methods are loaded.
        from geo.imports import seed
        from geo.methods.analysis import analyse
        from geo.ui import charts, components, directory, karte, matrix, tables  # noqa: F401 (for the pages)

        seed.open_store()
        served.assets()
        _offer_current()

        analyse(snapshot.current(), Parameters())
        # A browser may ask this process for the frame whose page runs in another.
        components.offer_frame()
    except DataError:
        log.exception("the data cannot be read")
        failed = health.DATA_UNREADABLE
    except StoreError:  # asked for again by every page, and by who asks whether this is ready
        log.exception("the store cannot be read")
    gc.collect()
    gc.freeze()
    health.warmed_up(failed)
    log.info("warmed up", extra={"seconds": round(perf_counter() - began, 2)})


async def _asset(request: Request) -> Response:
    return _response(request, *served.assets())


async def _data(request: Request) -> Response:
    version, name = request.path_params["version"], request.path_params["name"]
    if version in served.trials:
        return _response(request, version, served.trials[version], FOR_ONE)
    if version not in served.files or name not in served.WITHOUT_RECORDS:
        # Another process may have told the browser of newer data, or hidden a record.
        await run_in_threadpool(_offer_current)
    if version not in served.files and VERSION_RE.fullmatch(version):
        return Response(status_code=410, headers={"Cache-Control": "no-store"})
    kept = FOR_EVER if name in served.WITHOUT_RECORDS else ASK_AGAIN
    return _response(request, version, served.files.get(version, {}), kept)


def _offer_current() -> None:
    """Offer the records as they are now; while the store is lost, those that were read last."""
    served.offer(payload.of(snapshot.current()))


async def _data_version(_request: Request) -> Response:
    """Answer what every open page asks every few seconds, without a query for each."""
    global _seen_at, _seen_version
    if time.monotonic() - _seen_at > VERSION_SECONDS:
        _seen_at = time.monotonic()  # now, so that who asks meanwhile gets the last answer
        _seen_version = await run_in_threadpool(queries.version)
    return PlainTextResponse(str(_seen_version), headers={"Cache-Control": "no-store"})


def _response(
    request: Request, version: str, files: dict[str, served.Served], kept: str = FOR_EVER
) -> Response:
    """Answer from a fixed set of files, so that no path can reach outside of it."""
    found = files.get(request.path_params["name"])
    if found is None or request.path_params["version"] != version:
        return Response(status_code=404, headers={"Cache-Control": "no-store"})
    headers = {
        "Cache-Control": kept,
        "ETag": found.tag,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if request.headers.get("if-none-match") == found.tag:
        return Response(status_code=304, headers=headers)
    body = found.body
    if "gzip" in request.headers.get("accept-encoding", ""):
        body = found.compressed
        headers["Content-Encoding"] = "gzip"
    return Response(body, headers=headers, media_type=found.media_type)
