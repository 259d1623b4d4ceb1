"""Ask whether the addresses of the records still answer, politely, and record what was heard."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

import pandas as pd
import requests
from sqlalchemy import Connection, Engine, delete, insert, select

from geo.errors import DataError, GeoError, Problem
from geo.imports import resolver
from geo.parameters import LINK_PAUSE, LINK_REDIRECTS, LINK_TIMEOUT
from geo.people.permissions import WHOLE, Person, require
from geo.store.database import reading, writing
from geo.store.queries import now
from geo.store.tables import link_checks, organisations

AGENT = "HokkaidoShigenMap-LinkCheck/1.0"
OUTCOMES = {
    "ok": "表示できる",
    "moved": "移転(転送先で表示できる)",
    "broken": "リンク切れ",
    "silent": "応答なし",
    "refused": "確認を断られた",
    "skipped": "確認しない",
}
GONE = (404, 410)
NO_HEAD = (403, 405, 501)  # answers of servers that know only GET
AT_ONCE = 4  # servers asked at the same time; each of them one question at a time
ROBOTS_BYTES = 500_000
PERMANENT = (301, 308)


@dataclass(frozen=True)
class Answer:
    """What an address answered: a key of OUTCOMES, HTTP status, where it led, a remark."""

    url: str
    outcome: str
    status: int | None = None
    final_url: str = ""
    note: str = ""


class _ForbiddenError(GeoError):
    """The site's robots.txt forbids to ask."""


@dataclass(eq=False)
class Checker:
    """Asks one server at a time and slowly: robots.txt is obeyed, at every redirect anew.

    private: let addresses inside a local network through (for tests); an address from a file must
    not make this machine ask its own neighbours. pause, timeout: seconds.
    """

    pause: float = float(LINK_PAUSE)
    timeout: float = float(LINK_TIMEOUT)
    private: bool = False
    _robots: dict[str, RobotFileParser | None] = field(default_factory=dict)
    _asked: dict[str, float] = field(default_factory=dict)

    def check(self, url: str) -> Answer:
        """Return what an address answers; never raises for what a server does."""
        here = url

        def ask(address: str) -> requests.Response:
            nonlocal here
            here = address
            if not self._allowed(session, address):
                raise _ForbiddenError
            return self._ask(session, address)

        with resolver.session(
            resolver.Resolver(None if self.private else frozenset()), AGENT
        ) as session:
            try:
                _, response, redirects = resolver.follow(url, ask, int(LINK_REDIRECTS))
            except resolver.RefusedAddressError as error:
                return Answer(url, "skipped", note=str(error))
            except resolver.EndlessRedirectsError as error:
                return Answer(url, "broken", final_url=error.here, note=str(error))
            except _ForbiddenError:
                return Answer(url, "refused", final_url=here, note="robots.txt による")
            except requests.exceptions.SSLError:
                return Answer(url, "broken", final_url=here, note="証明書が正しくありません")
            except requests.exceptions.Timeout:
                note = f"{self.timeout:g}秒待っても応答がありません"
                return Answer(url, "silent", final_url=here, note=note)
            except (requests.RequestException, OSError, ValueError) as error:
                kind = type(error).__name__
                return Answer(url, "silent", final_url=here, note=f"つながりません({kind})")
            response.close()
        moved = any(status in PERMANENT for status in redirects)
        return _answer(url, here, response.status_code, moved)

    def _ask(self, session: requests.Session, url: str) -> requests.Response:
        self._wait(url)
        options = {"timeout": self.timeout, "allow_redirects": False, "stream": True}
        response = session.head(url, **options)  # type: ignore[arg-type]
        if response.status_code in NO_HEAD:
            response.close()
            self._wait(url)
            response = session.get(url, **options)  # type: ignore[arg-type]
        return response

    def _wait(self, url: str) -> None:
        host = urlsplit(url).netloc
        rest = self._asked.get(host, 0.0) + self.pause - time.monotonic()
        if rest > 0:
            time.sleep(rest)
        self._asked[host] = time.monotonic()

    def _allowed(self, session: requests.Session, url: str) -> bool:
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        if site not in self._robots:
            self._robots[site] = self._read_robots(session, site)
        rules = self._robots[site]
        return rules is None or rules.can_fetch(AGENT, url)

    def _read_robots(self, session: requests.Session, site: str) -> RobotFileParser | None:
        """Return a site's rules; None where it has none or does not say them."""
        self._wait(site)
        try:
            with session.get(
                f"{site}/robots.txt", timeout=self.timeout, stream=True, allow_redirects=False
            ) as response:
                if response.status_code != 200:
                    return None
                text = response.raw.read(ROBOTS_BYTES, decode_content=True)
        except requests.RequestException:
            return None
        rules = RobotFileParser()
        rules.parse(text.decode("utf-8", errors="replace").splitlines())
        return rules


def check_all(
    engine: Engine,
    who: Person,
    *,
    limit: int | None = None,
    progress: Callable[[int, int, str], None] | None = None,
    checker: Callable[[], Checker] = Checker,
) -> pd.DataFrame:
    """Ask every address of the listed records, the longest unasked first, and record the answers.

    Returns url, outcome, http_status, final_url, note. Nothing is recorded when no server at all
    answers: then it is this machine that has no network, and DataError says so.
    """
    with reading(engine) as connection:
        require(connection, who, WHOLE)
        urls = addresses(connection)[:limit]
    by_host: dict[str, list[str]] = {}
    for url in urls:
        by_host.setdefault(_host(url), []).append(url)
    answers: list[Answer] = []
    lock = Lock()

    def ask(of_host: list[str]) -> None:
        one = checker()
        for url in of_host:
            answer = one.check(url)
            with lock:
                answers.append(answer)
                if progress is not None:
                    progress(len(answers), len(urls), url)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(ask, of_host) for of_host in by_host.values()]:
            done.result()
    asked = [one for one in answers if one.outcome != "skipped"]
    if len({_host(one.url) for one in asked}) > 1 and all(one.outcome == "silent" for one in asked):
        reason = (
            "どのサーバーからも応答がありません。ネットワークを確かめてください(記録していません)"
        )
        raise DataError([Problem("check-links", None, None, reason)])
    record(engine, answers, who)
    return table(answers)


def record(engine: Engine, answers: Iterable[Answer], who: Person) -> None:
    """Keep the newest answer of every address, with the number of failures in a row."""
    with writing(engine) as connection:
        require(connection, who, WHOLE)
        query = select(link_checks.c.url, link_checks.c.failures)
        failures = {row.url: row.failures for row in connection.execute(query)}
        for one in answers:
            failed = one.outcome in ("broken", "silent")
            connection.execute(delete(link_checks).where(link_checks.c.url == one.url))
            connection.execute(
                insert(link_checks).values(
                    url=one.url,
                    checked_at=now(),
                    outcome=one.outcome,
                    http_status=one.status,
                    final_url=one.final_url,
                    note=one.note,
                    failures=failures.get(one.url, 0) + 1 if failed else 0,
                )
            )


def addresses(connection: Connection) -> list[str]:
    """Return the different addresses of listed records, never asked ones first, then the oldest."""
    query = (
        select(organisations.c.url)
        .outerjoin(link_checks, link_checks.c.url == organisations.c.url)
        .where(organisations.c.listed, organisations.c.url != "")
        .order_by(link_checks.c.checked_at.nulls_first(), organisations.c.url)
    )
    return list(dict.fromkeys(connection.scalars(query)))


def table(answers: Iterable[Answer]) -> pd.DataFrame:
    """Return answers as a table."""
    rows = [(one.url, one.outcome, one.status, one.final_url, one.note) for one in answers]
    columns = ["url", "outcome", "http_status", "final_url", "note"]
    return pd.DataFrame(rows, columns=columns).astype({"http_status": "Int64"})


def _host(url: str) -> str:
    """Return the host that an address names, empty for one that cannot be read."""
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


def _answer(url: str, here: str, status: int, moved: bool) -> Answer:
    if status < 400:
        return Answer(url, "moved" if moved else "ok", status, here)
    if status in (401, 403, 429):
        return Answer(url, "refused", status, here, "見る人を限っているか、機械を断っています")
    note = "ページがありません" if status in GONE else f"サーバーの答え {status}"
    return Answer(url, "broken" if status in GONE or status < 500 else "silent", status, here, note)
