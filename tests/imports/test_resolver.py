import ipaddress
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from geo.imports import resolver
from geo.imports.resolver import RefusedAddressError, Resolver
from geo.records.link_checks import Checker

INSIDE = ["127.0.0.1", "0.0.0.0", "10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"]
INSIDE += ["224.0.1.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1"]
INSIDE += ["ff0e::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1"]
INSIDE += ["64:ff9b:1::808:808", "2002:7f00:1::", "2002:a00:1::1", "::7f00:1", "fec0::1"]
INSIDE += ["2001:0:7f00:1::", "not a number"]
OUTSIDE = ["8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808", "::ffff:8.8.8.8"]


class Site(BaseHTTPRequestHandler):
    asked: list
    lead: dict
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        self.asked.append((self.headers["Host"], self.path))
        self.send_response(302 if self.path in self.lead else 200)
        if self.path in self.lead:
            self.send_header("Location", self.lead[self.path])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


@pytest.fixture
def port():
    Site.asked, Site.lead = [], {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def answers(*rounds):
    """Return a look-up that answers the next round's numbers at each question, then the last's."""
    left = list(rounds)
    asked = []

    def look_up(name, port, *_arguments, **_options):
        asked.append(name)
        numbers = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in numbers]

    look_up.asked = asked
    return look_up


@pytest.mark.parametrize("number", INSIDE)
def test_a_number_inside_is_refused_however_it_is_written(number):
    assert not Resolver().allows(number)
    assert Resolver(frozenset([number])).allows(number)
    with pytest.raises(RefusedAddressError):
        Resolver(look_up=answers(["8.8.8.8", number])).numbers("a.example", 80)


@pytest.mark.parametrize("number", OUTSIDE)
def test_a_number_outside_is_let_through(number):
    assert resolver.is_outside(ipaddress.ip_address(number))


@pytest.mark.parametrize(
    "address",
    [
        "http://a\\@127.0.0.1:{port}/",
        "http://127.0.0.1:{port}\\@a.example/",
        "http://a.example@127.0.0.1:{port}/",
        "http://a:b@127.0.0.1:{port}/",
        "http://2130706433:{port}/",
        "http://0x7f000001:{port}/",
        "http://0177.0.0.1:{port}/",
        "http://127.1:{port}/",
        "http://127.0.0.1.:{port}/",
        "http://localhost:{port}/",
        "http://LOCALHOST.:{port}/",
        "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://[::ffff:7f00:1]:{port}/",
        "http://0:{port}/",
        "http://①②⑦.0.0.1:{port}/",
        "http://127。0。0。1:{port}/",
        "http://127.0.0.1:{port}\t/",
        "http:\\\\127.0.0.1:{port}/",
        "http:/127.0.0.1:{port}/",
        "//127.0.0.1:{port}/",
        "http://127.0.0.1:{port}#@a.example/",
        "http://127.0.0.1:{port}?@a.example/",
        "file:///etc/passwd",
        "http://[::1/",
        "http:///",
    ],
)
def test_no_spelling_of_an_address_reaches_this_machine(port, address):
    answer = Checker(pause=0, timeout=2).check(address.format(port=port))
    assert Site.asked == []
    assert answer.outcome in ("skipped", "silent")


@pytest.mark.parametrize(
    "target",
    [
        "http://localhost:{port}/x",
        "http://a\\@127.0.0.1:{port}/x",
        "//127.0.0.2:{port}/x",
        "http://[::ffff:127.0.0.1]:{port}/x",
        "//[/",
        "ftp://127.0.0.1/x",
    ],
)
def test_no_redirect_leads_inside(port, target):
    # The first address stands for one outside; it is the only one that is let through.
    Site.lead = {"/go": target.format(port=port)}
    with resolver.session(Resolver(frozenset(["127.0.0.1"]), _named_here), "tests") as session:

        def ask(address):
            return session.get(address, allow_redirects=False, timeout=2)

        with pytest.raises(RefusedAddressError):
            resolver.follow(f"http://outside.example:{port}/go", ask, 5)
    assert [path for _, path in Site.asked] == ["/go"]


def _named_here(name, port, *_arguments, **_options):
    """Answer that one name is this machine's first number, all others its second."""
    number = "127.0.0.1" if name == "outside.example" else "127.0.0.2"
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port))]


def test_the_address_that_was_checked_is_the_one_that_is_asked(port, monkeypatch):
    # A resolver that answers otherwise at each question: the first answer is checked and used.
    look_up = answers(["127.0.0.1"], ["127.0.0.9"])
    system = socket.getaddrinfo

    def numbers_only(host, *arguments, **options):
        ipaddress.ip_address(host)  # no name is asked of the system behind the resolver's back
        return system(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", numbers_only)
    allowed = Resolver(frozenset(["127.0.0.1"]), look_up)
    with resolver.session(allowed, "tests") as session:
        assert session.get(f"http://rebound.example:{port}/", timeout=2).status_code == 200
        assert session.get(f"http://rebound.example:{port}/2", timeout=2).status_code == 200
    assert look_up.asked == ["rebound.example"]  # the connection is kept, and so is its address
    assert Site.asked == [(f"rebound.example:{port}", "/"), (f"rebound.example:{port}", "/2")]
    with (
        resolver.session(allowed, "tests") as session,
        pytest.raises(RefusedAddressError),
    ):
        session.get(f"http://rebound.example:{port}/3", timeout=2)
    assert len(Site.asked) == 2


def test_a_number_that_does_not_answer_gives_way_to_the_next(port):
    look_up = answers(["127.0.0.8", "127.0.0.1"])
    with resolver.session(Resolver(None, look_up), "tests") as session:
        assert session.get(f"http://two.example:{port}/", timeout=2).status_code == 200


def test_a_number_inside_is_not_asked_through_a_proxy_either(port, monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    inside = Resolver(look_up=answers(["10.0.0.1"]))
    with resolver.session(inside, "tests") as session, pytest.raises(RefusedAddressError):
        session.get("http://inside.example/", timeout=2)
    assert Site.asked == []

    def unknown(*_arguments, **_options):
        raise socket.gaierror

    with resolver.session(Resolver(look_up=unknown), "tests") as session:
        assert session.get("http://only-the-proxy-knows.example/", timeout=2).status_code == 200
    assert Site.asked[0][1] == "http://only-the-proxy-knows.example/"
