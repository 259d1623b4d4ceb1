import pytest

from geo.people import hosts

LOOPBACK = ["localhost", "LocalHost:8501", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8501"]
LOOPBACK += ["localhost.", "127.0.0.1:", "[0:0:0:0:0:0:0:1]"]
OTHERS = ["evil.example", "evil.example:8501", "127.0.0.1.evil.example", "localhost.evil.example"]
OTHERS += ["0.0.0.0", "127.0.0.2", "2130706433", "0177.0.0.1", "[::]", "[::ffff:127.0.0.1]"]
NO_NAMES = [None, "", ".", ":80", "::1", "[::1", "[::g]", "a b", "a@localhost", "localhost/x"]
NO_NAMES += ["localhost,evil.example", "localhost\\@evil.example", "localhost:80:80", "ｌocalhost"]
NO_NAMES += ["localhost:８０", "localhost\n"]


@pytest.mark.parametrize("host", LOOPBACK)
def test_loopback_names_are_served_however_they_are_spelt(host):
    assert hosts.refusal([host], "/") is None
    assert hosts.is_loopback(host)


@pytest.mark.parametrize("host", OTHERS)
def test_every_other_name_is_refused_unless_it_is_listed(host, monkeypatch):
    assert hosts.refusal([host], "/") == (421, hosts.OTHER_HOST)
    monkeypatch.setenv("SHIGEN_HOSTS", "a.example.jp, " + host)
    assert hosts.refusal([host.upper()], "/") is None
    assert not hosts.is_loopback(host)


@pytest.mark.parametrize("host", NO_NAMES)
@pytest.mark.parametrize("listed", ["", "*"])
def test_what_is_no_name_is_refused_whatever_is_listed(host, listed, monkeypatch):
    monkeypatch.setenv("SHIGEN_HOSTS", listed)
    assert hosts.refusal([] if host is None else [host], "/") == (400, hosts.NO_HOST)
    assert not hosts.is_served(host)


@pytest.mark.parametrize("target", ["http://evil.example/", "*", "evil.example:80", ""])
def test_a_target_that_may_name_another_host_is_refused(target):
    assert hosts.refusal(["localhost"], target) == (400, hosts.NO_HOST)


def test_two_names_are_none():
    assert hosts.refusal(["localhost", "localhost"], "/") == (400, hosts.NO_HOST)


@pytest.mark.parametrize(
    ("host", "served"),
    [
        ("a.example.jp", True),
        ("a.b.example.jp.", True),
        ("example.jp", False),
        (".example.jp", False),
        ("badexample.jp", False),
        ("other.jp", True),
        ("x.other.jp", False),
    ],
)
def test_a_leading_star_is_every_name_below(host, served, monkeypatch):
    monkeypatch.setenv("SHIGEN_HOSTS", " *.Example.jp ,other.jp,")
    assert hosts.is_served(host) is served


def test_every_name_is_served_only_where_this_machines_user_cannot_write(monkeypatch):
    monkeypatch.setenv("SHIGEN_HOSTS", "*")
    assert hosts.is_served("evil.example")
    monkeypatch.setenv("SHIGEN_WRITE", "1")
    assert not hosts.is_served("evil.example")
    assert hosts.is_served("localhost")


HERE = {"Host": "127.0.0.1:8501", "Origin": "http://127.0.0.1:8501"}


@pytest.mark.parametrize(
    ("changed", "peer", "here"),
    [
        ({}, "127.0.0.1", True),
        ({}, "127.8.0.1", True),
        ({}, "::1", True),
        ({}, "::ffff:127.0.0.1", True),
        ({}, "::ffff:10.0.0.1", False),
        ({}, "10.0.0.1", False),
        ({}, None, False),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, "127.0.0.1", False),
        ({"Origin": "http://evil.example"}, "127.0.0.1", False),
        ({"Origin": "http://127.0.0.1:9000"}, "127.0.0.1", False),
        ({"Origin": "null"}, "127.0.0.1", False),
        *(({name: "x"}, "127.0.0.1", False) for name in hosts.FORWARDED),
    ],
)
def test_who_sits_at_this_machine_is_told_by_address_name_and_page(changed, peer, here):
    assert hosts.is_from_here(HERE | changed, peer) is here


@pytest.mark.parametrize(
    ("listed", "peer", "may"),
    [
        ("", "10.1.2.3", False),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.1.2.3", "10.1.2.3", True),
        ("nonsense, 2001:db8::/32", "2001:db8::1", True),
        ("nonsense", "10.1.2.3", False),
        ("*", "10.1.2.3", True),
        ("10.0.0.0/8", None, False),
    ],
)
def test_figures_are_for_this_machine_and_whom_the_setting_names(listed, peer, may, monkeypatch):
    monkeypatch.setenv("SHIGEN_METRICS", listed)
    assert hosts.may_read_figures({"Host": "shigen.example.jp"}, peer) is may
    assert hosts.may_read_figures(HERE, "127.0.0.1")


@pytest.mark.parametrize(
    ("origin", "here"),
    [
        ("http://127.0.0.1:8501", True),
        (None, False),
        ("https://maps.example.jp", False),
        ("http://127.0.0.1:8501.example.jp", False),
        ("http://maps.example.jp@127.0.0.1:8501", False),
        ("", False),
    ],
)
def test_a_stream_behind_a_proxy_that_rewrites_the_name_is_nobodys_of_this_machine(origin, here):
    headers = {"Host": HERE["Host"]} | ({} if origin is None else {"Origin": origin})
    assert hosts.is_from_here(headers, "127.0.0.1", browser=True) is here
