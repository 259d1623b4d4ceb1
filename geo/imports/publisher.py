"""Ask a publisher's own hosts, patiently: redirects, retries, and the wait that it asks for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import ReadTimeoutError

from geo.errors import DataError, GeoError, Problem
from geo.imports import resolver
from geo.imports.catalogue import Source

AGENT = "shigen-map (municipal open data reader)"
TRIES = 4
REDIRECTS = 5
CHUNK = 1 << 16
PAGE_LIMIT = 5_000_000
PAUSE = 1.0  # s between two files of one publisher
LONGEST_WAIT = 120.0  # s that a publisher may ask for; beyond it a person comes back later
BUSY = (429, 503)  # the answers that may say how long to wait (RFC 9110, section 10.2.3)
SILENT = "配布元の応答が途絶えました"
BROKEN = "つながらないか、途中で切れました。インターネットにつながらない所では取得できません"

Result = TypeVar("Result")


@dataclass(frozen=True)
class Patience:
    """How long to wait: seconds to connect, between two packets, before the first retry.

    pause: between two files. longest: the longest wait that a publisher's Retry-After gets.
    """

    connect: float = 10
    read: float = 30
    retry: float = 1
    pause: float = PAUSE
    longest: float = LONGEST_WAIT


PATIENT = Patience()


class GoneError(DataError):
    """Raised where the publisher has nothing at an address (404, 410)."""


class _FailingError(GeoError):
    """The publisher answers that it cannot now; wait: the seconds that it asks for, 0 for none."""

    def __init__(self, status: int, wait: float) -> None:
        self.status, self.wait = status, wait
        super().__init__(f"{status}")


def page(session: requests.Session, source: Source, address: str, patience: Patience) -> bytes:
    """Return what stands at an address of a source; raise DataError, GoneError where nothing."""

    def read() -> bytes:
        with opened(session, source, address, {}, patience) as response:
            check_status(source, response)
            text = b""
            for chunk in response.iter_content(CHUNK):
                text += chunk
                if len(text) > PAGE_LIMIT:
                    raise error(source, "ページが大きすぎます")
            return text

    return tried(source, read, patience)


@contextmanager
def opened(
    session: requests.Session,
    source: Source,
    address: str,
    headers: dict[str, str],
    patience: Patience,
) -> Iterator[requests.Response]:
    """Open an address, following redirects only to the publisher's own hosts.

    session: one of `asking`.
    """
    secure = urlsplit(source.page).scheme == "https"

    def ask(here: str) -> requests.Response:
        parts = urlsplit(here)
        if parts.netloc not in source.hosts or (secure and parts.scheme != "https"):
            raise error(source, f"配布元ではない行き先({parts.netloc})に移されたので止めました")
        return session.get(
            here,
            headers=headers,
            stream=True,
            allow_redirects=False,
            timeout=(patience.connect, patience.read),
        )

    try:
        _, response, _ = resolver.follow(address, ask, REDIRECTS)
    except resolver.RefusedAddressError as refused:
        raise error(source, f"{refused}。行き先が正しくないので止めました") from refused
    except resolver.EndlessRedirectsError:
        raise error(source, "行き先が何度も移されるので止めました") from None
    with response:
        yield response


def asking(source: Source) -> requests.Session:
    """Return a session that asks a source's hosts, and none inside this network.

    A source that names a host by its number means that one, wherever it is.
    """
    named = frozenset(str(urlsplit(f"//{host}").hostname) for host in source.hosts)
    return resolver.session(resolver.Resolver(named), AGENT)


def tried(source: Source, work: Callable[[], Result], patience: Patience) -> Result:
    """Do a piece of work, again after a growing pause where the connection broke.

    A publisher that is busy and says for how long is not asked before; for longer than
    `patience.longest` nobody waits: DataError says when to come back.
    """
    failure: Exception | None = None
    wait = 0.0
    for turn in range(TRIES):
        if turn:
            time.sleep(max(wait, patience.retry * 2 ** (turn - 1)))
        wait = 0.0
        try:
            return work()
        except _FailingError as busy:
            failure, wait = busy, busy.wait
            reason = f"配布元が {busy.status} を返しました"
            if wait > patience.longest:
                again = f"{wait:,.0f}秒待つように求めています。その後でもう一度取得してください"
                raise error(source, f"{reason}。{again}") from busy
        except requests.exceptions.Timeout as late:
            failure = late
            reason = SILENT
        except requests.exceptions.SSLError as refused:
            raise error(source, "配布元の証明書を確かめられません") from refused
        except requests.exceptions.ConnectionError as broken:
            failure = broken
            silent = broken.args and isinstance(broken.args[0], ReadTimeoutError)
            reason = SILENT if silent else BROKEN
        except requests.exceptions.ChunkedEncodingError as broken:
            failure = broken
            reason = "途中で切れました"
        except requests.exceptions.RequestException as other:
            raise error(source, f"取得できません({type(other).__name__})") from other
    raise error(source, f"{TRIES}回試しましたが、{reason}") from failure


def check_status(source: Source, response: requests.Response) -> None:
    """Raise what makes `tried` ask again, or DataError, for an answer that holds no content."""
    status = response.status_code
    if status in (429, 500, 502, 503, 504):
        asked = response.headers.get("Retry-After", "") if status in BUSY else ""
        raise _FailingError(status, _seconds(asked))
    if status not in (200, 206):
        kind = GoneError if status in (404, 410) else DataError
        raise error(source, f"配布元が {status} を返しました。場所が変わったようです", kind)


def error(source: Source, reason: str, kind: type[DataError] = DataError) -> DataError:
    """Return an error that names the source, what happened, and what to do by hand."""
    advice = f"{source.page} から手でダウンロードして、取り込みに渡すこともできます"
    return kind(
        [Problem(f"{source.publisher}「{source.title}」", None, None, f"{reason}。{advice}")]
    )


def _seconds(asked: str) -> float:
    """Return the seconds of a Retry-After, which is a number or a date; 0 for what is neither."""
    if asked.strip().isdecimal():
        return float(asked)
    try:
        until = parsedate_to_datetime(asked)
    except (TypeError, ValueError):
        return 0.0
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max((until - datetime.now(UTC)).total_seconds(), 0.0)
