"""Serve the open data at addresses that stay: files, and services page by page as Open Referral.

Everybody may read, from any site, and nobody can write. Made from the shared records alone, whose
Dataset has no location that is not public; never from somebody's sandbox.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from threading import Lock

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from geo.data.dataset import Dataset
from geo.data.memory import kept
from geo.errors import GeoError
from geo.maps.served import Served, packed
from geo.parameters import Parameters
from geo.records.addresses import FILES, FOLDER, SERVICES
from geo.store import snapshot
from geo.store.database import reading
from geo.store.queries import licences

TERMS_PAGE = "status"  # the page データの状態, which lists every source with its terms
ASK_AGAIN = "public, no-cache"  # whoever keeps an answer asks first: a record may be hidden
NEVER = "no-store"
PER_PAGE = 50
MOST_PER_PAGE = 500
LONGEST_NUMBER = 6  # digits of a page's number
RETRY_SECONDS = 60
METHODS = ("GET", "HEAD", "OPTIONS")
FOR_READING = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, X-Data-Version, X-Data-Date, Retry-After",
    "X-Content-Type-Options": "nosniff",
}
PREFLIGHT = {
    "Access-Control-Allow-Methods": ", ".join(METHODS),
    "Access-Control-Allow-Headers": "If-None-Match",
    "Access-Control-Max-Age": "86400",
}

log = logging.getLogger(__name__)
# Whoever asks for files meanwhile waits here and not in the threads that serve the pages.
_makers = anyio.CapacityLimiter(2)
_making = Lock()


@dataclass(frozen=True)
class Sent:
    """An answer, the version of the data it was made from, and the date that it carries."""

    served: Served
    version: str
    day: date


@dataclass(frozen=True)
class Listed:
    """All services as JSON, in the order of the ledger, and the place of each id among them."""

    encoded: tuple[bytes, ...]
    places: Mapping[str, int]


class _RefusedError(GeoError):
    """What was asked for cannot be given; words: why, in Japanese."""

    def __init__(self, status: int, words: str) -> None:
        self.status, self.words = status, words
        super().__init__(words)


def routes(prefix: str) -> list[BaseRoute]:
    """Return the routes below `prefix`: open-data/ with its files, and services by page or id."""
    below = f"{prefix}/{FOLDER}"

    def route(path: str, answer: Callable[[Request], Awaitable[Sent]]) -> Route:
        async def endpoint(request: Request) -> Response:
            return await _answered(request, answer, f"{prefix}/{TERMS_PAGE}")

        return Route(f"{below}/{path}", endpoint, methods=list(METHODS))

    return [
        *(route(name, _file) for name in FILES),
        route(SERVICES, _page),
        route(f"{SERVICES}/{{id}}", _service),
    ]


@kept(2 * len(FILES))
def document(data: Dataset, name: str, day: date) -> Served:
    """Return one of FILES for a dataset, as it is sent; day: the date that it carries."""
    # Here and not above: the server answers before the libraries of the methods are loaded.
    from geo.methods.analysis import analyse
    from geo.records import open_data

    match name:
        case "services.csv":
            body = open_data.export(data, "csv", _licences(), day)
        case "services.json":
            body = b"[\n" + b",\n".join(listed(data, day).encoded) + b"\n]\n"
        case "coverage.csv":
            body = open_data.coverage(analyse(data, Parameters()), day)
        case "municipalities.geojson":
            body = open_data.municipalities(analyse(data, Parameters()), day)
        case _:
            raise KeyError(name)
    return packed(name, body)


@kept(2)
def listed(data: Dataset, day: date) -> Listed:
    """Return the services of a dataset as HSDS."""
    from geo.records import hsds, open_data

    made = hsds.services(data, open_data.table(data, _licences(), day))
    encoded = (json.dumps(one, ensure_ascii=False, allow_nan=False).encode() for one in made)
    return Listed(tuple(encoded), {one["id"]: place for place, one in enumerate(made)})


def page(found: Listed, number: int, size: int) -> bytes:
    """Return one page of services, number from 1; a page after the last one is empty."""
    from geo.records.open_data import TERMS

    total = len(found.encoded)
    pages = math.ceil(total / size)
    contents = found.encoded[(number - 1) * size : number * size]
    about = {
        "total_items": total,
        "total_pages": pages,
        "page_number": number,
        "size": len(contents),
        "first_page": number == 1,
        "last_page": number >= pages,
        "empty": not contents,
        "license": TERMS,
    }
    start = json.dumps(about, ensure_ascii=False).encode()[:-1]
    return start + b', "contents": [\n' + b",\n".join(contents) + b"\n]}\n"


async def _file(request: Request) -> Sent:
    _asked(request, {})
    name = request.url.path.rpartition("/")[2]
    return await _made(lambda data, day: document(data, name, day))


async def _page(request: Request) -> Sent:
    asked = _asked(request, {"page": 10**LONGEST_NUMBER - 1, "per_page": MOST_PER_PAGE})
    number, size = asked.get("page", 1), asked.get("per_page", PER_PAGE)
    return await _made(
        lambda data, day: packed("services.json", page(listed(data, day), number, size))
    )


async def _service(request: Request) -> Sent:
    _asked(request, {})
    key = request.path_params["id"]

    def one(data: Dataset, day: date) -> Served:
        found = listed(data, day)
        if key not in found.places:
            raise _RefusedError(404, "この番号の支援はありません")
        return packed("services.json", found.encoded[found.places[key]])

    return await _made(one)


async def _made(make: Callable[[Dataset, date], Served]) -> Sent:
    """Make an answer from the shared records in a thread, one at a time: the next finds it kept."""

    def work() -> Sent:
        data, day = snapshot.current(), date.today()
        with _making:
            return Sent(make(data, day), data.version, day)

    return await anyio.to_thread.run_sync(work, limiter=_makers)


def _licences() -> dict[str, str]:
    from geo.imports import seed

    with reading(seed.open_store()) as connection:
        return licences(connection)


def _asked(request: Request, most: Mapping[str, int]) -> dict[str, int]:
    """Return the numbers of the query; refuse any other name, and what is no number in bounds."""
    found: dict[str, int] = {}
    for name, cell in request.query_params.multi_items():
        if name not in most:
            usable = (
                f"使えるのは {'・'.join(most)} です" if most else "この住所に条件は付けられません"
            )
            raise _RefusedError(400, f"知らない条件です: {name[:50]}。{usable}")
        if name in found:
            raise _RefusedError(400, f"{name} が2回指定されています")
        plain = cell.isascii() and cell.isdecimal() and len(cell) <= LONGEST_NUMBER
        if not (plain and 1 <= int(cell) <= most[name]):
            raise _RefusedError(
                400, f"{name} は1〜{most[name]}の整数で指定してください: {cell[:50]!r}"
            )
        found[name] = int(cell)
    return found


async def _answered(
    request: Request,
    answer: Callable[[Request], Awaitable[Sent]],
    terms: str,
) -> Response:
    if request.method == "OPTIONS":
        return Response(status_code=204, headers=FOR_READING | PREFLIGHT)
    try:
        sent = await answer(request)
    except _RefusedError as refused:
        return _refusal(refused.status, refused.words)
    except GeoError:
        log.exception("the open data cannot be made")
        words = "いまデータを読めません。しばらくしてからもう一度お試しください"
        return _refusal(503, words, {"Retry-After": str(RETRY_SECONDS)})
    found = sent.served
    headers = FOR_READING | {
        "Cache-Control": ASK_AGAIN,
        "ETag": found.tag,
        "Vary": "Accept-Encoding",
        "Link": f'<{terms}>; rel="license"',
        "X-Data-Version": sent.version,
        "X-Data-Date": sent.day.isoformat(),
    }
    if _has(request.headers.get("if-none-match", ""), found.tag):
        return Response(status_code=304, headers=headers)
    body = found.body
    if "gzip" in request.headers.get("accept-encoding", ""):
        body = found.compressed
        headers["Content-Encoding"] = "gzip"
    return Response(body, headers=headers, media_type=found.media_type)


def _has(tags: str, tag: str) -> bool:
    """Tell whether an If-None-Match names a tag, or any; a proxy that compresses makes it weak."""
    asked = {one.strip().removeprefix("W/") for one in tags.split(",")}
    return tag in asked or "*" in asked


def _refusal(status: int, words: str, more: Mapping[str, str] | None = None) -> Response:
    headers = FOR_READING | {"Cache-Control": NEVER} | dict(more or {})
    body = json.dumps({"error": words}, ensure_ascii=False).encode()
    return Response(body, status, headers=headers, media_type="application/json")
