import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from geo.errors import DataError, NotAllowedError
from geo.imports import importing
from geo.records import link_checks
from geo.records.link_checks import Checker, check_all
from geo.store import queries, tables
from geo.store.database import reading
from tests.generated import WRITER, incoming, office


class Site(BaseHTTPRequestHandler):
    asked: list

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.answer()

    def answer(self):
        self.asked.append((time.monotonic(), self.command, self.path, self.headers["User-Agent"]))
        path = self.path
        if path == "/robots.txt":
            return self.send(200, body=b"User-agent: *\nDisallow: /private\n")
        if path == "/stall":
            time.sleep(2)
            return self.send(200)
        if path == "/only-get" and self.command == "HEAD":
            return self.send(405)
        targets = {
            "/old": (301, "/fine"),
            "/found": (302, "/fine"),
            "/loop": (301, "/loop"),
            "/to-file": (302, "file:///etc/passwd"),
            "/to-private": (302, "/private/x"),
        }
        if path in targets:
            return self.send(targets[path][0], location=targets[path][1])
        return self.send({"/gone": 404, "/broken": 503, "/closed": 403}.get(path, 200))

    def send(self, status, body=b"", location=None):
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def site():
    Site.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def local():
    return Checker(pause=0, timeout=0.5, private=True)


@pytest.mark.parametrize(
    ("path", "outcome", "status"),
    [
        ("/fine", "ok", 200),
        ("/only-get", "ok", 200),
        ("/old", "moved", 200),
        ("/found", "ok", 200),
        ("/gone", "broken", 404),
        ("/broken", "silent", 503),
        ("/closed", "refused", 403),
        ("/private/page", "refused", None),
        ("/to-private", "refused", None),
        ("/loop", "broken", None),
        ("/stall", "silent", None),
        ("/to-file", "skipped", None),
    ],
)
def test_each_answer_is_told_apart(site, path, outcome, status):
    answer = local().check(site + path)
    assert (answer.outcome, answer.status) == (outcome, status)


def test_a_move_names_where_to(site):
    assert local().check(f"{site}/old").final_url == f"{site}/fine"


def test_what_robots_forbids_is_never_asked(site):
    local().check(f"{site}/private/page")
    assert {path for _, _, path, _ in Site.asked} == {"/robots.txt"}
    assert {agent for *_, agent in Site.asked} == {link_checks.AGENT}


def test_one_server_is_asked_slowly(site, monkeypatch):
    clock, asked = [1000.0], []
    monkeypatch.setattr(link_checks.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(
        link_checks.time, "sleep", lambda rest: clock.__setitem__(0, clock[0] + rest)
    )
    checker = Checker(pause=3, timeout=1, private=True)
    ask = checker._ask
    monkeypatch.setattr(checker, "_ask", lambda *a: (ask(*a), asked.append(clock[0]))[0])
    for path in ("/fine", "/a", "/b"):
        checker.check(site + path)
    # robots.txt first, then one question every three seconds.
    assert asked == [1003.0, 1006.0, 1009.0]


def test_an_address_inside_the_network_is_not_asked(site):
    assert Checker(pause=0).check(f"{site}/fine").outcome == "skipped"
    assert Site.asked == []


def test_nobody_answers_on_a_closed_port():
    assert local().check("http://127.0.0.1:9/").outcome == "silent"


def test_results_are_recorded_and_failures_counted_in_a_row(engine, shipped, site):
    offices = [office("a", url=f"{site}/fine"), office("b", url=f"{site}/gone")]
    importing.apply(engine, [incoming(offices)], shipped, WRITER)
    mine = [f"{site}/fine", f"{site}/gone"]
    for _ in range(2):
        link_checks.record(engine, [local().check(url) for url in mine], WRITER)
    with reading(engine) as connection:
        found = queries.rows(connection, tables.link_checks)
        order = link_checks.addresses(connection)
    assert found.loc[mine, "outcome"].tolist() == ["ok", "broken"]
    assert found.loc[mine, "failures"].tolist() == [0, 2]
    assert order[-2:] == mine  # what was never asked comes first


def test_every_listed_address_is_asked_once(engine, shipped, site, monkeypatch):
    offices = [office(key, url=f"{site}/{key[0]}") for key in ("a1", "a2", "b1")]
    importing.apply(engine, [incoming(offices)], shipped, WRITER)
    monkeypatch.setattr(link_checks, "addresses", lambda _: [f"{site}/a", f"{site}/b"])
    seen = []
    found = check_all(engine, WRITER, checker=local, progress=lambda *step: seen.append(step[:2]))
    assert found["outcome"].tolist() == ["ok", "ok"]
    assert seen == [(1, 2), (2, 2)]


def test_an_address_that_cannot_be_read_stops_no_other(engine, site, monkeypatch):
    monkeypatch.setattr(link_checks, "addresses", lambda _: ["http://[::1/", f"{site}/fine"])
    found = check_all(engine, WRITER, checker=local).set_index("url")
    assert found["outcome"].to_dict() == {"http://[::1/": "skipped", f"{site}/fine": "ok"}


def test_without_a_network_nothing_is_recorded(engine, monkeypatch):
    dead = ["http://127.0.0.1:9/", "http://127.0.0.2:9/"]
    monkeypatch.setattr(link_checks, "addresses", lambda _: dead)
    with pytest.raises(DataError, match="ネットワークを確かめて"):
        check_all(engine, WRITER, checker=local)
    with reading(engine) as connection:
        assert queries.rows(connection, tables.link_checks).empty


def test_checking_writes_only_where_it_may(engine, monkeypatch):
    monkeypatch.delenv("SHIGEN_WRITE")
    with pytest.raises(NotAllowedError):
        check_all(engine, WRITER, checker=local)
