"""Say by which names the app may be asked for, and which requests come from this machine.

A page of any site may let its own name lead to 127.0.0.1 and ask from here: the browser then takes
the app for that site's. What it cannot change is the name that it asks for, so that one decides.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from geo.people.permissions import may_write_here
from geo.people.sign_in import LOOPBACK

HOSTS_VARIABLE = "SHIGEN_HOSTS"
METRICS_VARIABLE = "SHIGEN_METRICS"
ANY = "*"
# Every usual proxy sets one of them, ours X-Forwarded-Proto.
FORWARDED = (
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Forwarded-Server",
    "Forwarded",
    "X-Real-Ip",
    "Via",
)
NO_HOST = "どの名前あてのリクエストか読み取れません(Host がないか、正しくありません)。"
OTHER_HOST = (
    "このアプリは、この名前では答えません。起動した端末で使うときは http://localhost:8501/ のように"
    "開いてください。ほかの名前で開くには、管理者が SHIGEN_HOSTS にその名前を書いて起動し直します。"
)
# RFC 9110, section 7.2: a name or IPv4 address, or an IPv6 address in brackets; maybe a port.
_HOST = re.compile(r"(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<name>[a-z0-9_.-]+))(?::[0-9]{0,5})?", re.A)


def name_of(host: str | None) -> str | None:
    """Return the name in a Host header, in one spelling and without its port; None for no name."""
    found = _HOST.fullmatch((host or "").lower())
    if found is None:
        return None
    if found["six"]:
        try:
            return str(ipaddress.IPv6Address(found["six"]))
        except ValueError:
            return None
    return found["name"].removesuffix(".") or None


def is_loopback(host: str | None) -> bool:
    """Tell whether a Host header names this machine by a name that no other can have."""
    return name_of(host) in LOOPBACK


def is_served(host: str | None) -> bool:
    """Tell whether the app answers for a Host header: a loopback name, or one of SHIGEN_HOSTS.

    There `*.example.jp` is every name below example.jp, and `*` every name at all. Where this
    machine's user may write, `*` names nobody: a page of another site could then write as them.
    """
    name = name_of(host)
    return name is not None and (name in LOOPBACK or any(_is(name, one) for one in _named()))


def refusal(hosts: list[str], target: str) -> tuple[int, str] | None:
    """Return the status and the sentence for a request that is not answered, None for others.

    hosts: its Host headers, of which there is to be one (RFC 9112, section 3.2). target: what it
    asks for; one that begins with no slash may name another host than the header does.
    """
    if len(hosts) != 1 or name_of(hosts[0]) is None or not target.startswith("/"):
        return 400, NO_HOST
    return None if is_served(hosts[0]) else (421, OTHER_HOST)


def is_from_here(headers: Mapping[str, str], peer: str | None, *, browser: bool = False) -> bool:
    """Tell whether a request comes from this machine itself, and no proxy stands between.

    browser: it is a stream's, for which every browser says its page (RFC 6455, section 4.1); one
    that says none is no browser's. A page that was opened by another name than the one that a proxy
    wrote in its place is not our own.

    peer: the address that it came from. Besides, it asks for a loopback name, and its page, if it
    says one, is our own. Whoever forges the page's name, too, through a proxy that rewrites the
    name and sets no header of its own looks like this machine: behind any proxy the app is started
    with SHIGEN_WRITE=0.
    """
    host, origin = headers.get("Host"), headers.get("Origin")
    return (
        _is_own_address(peer)
        and is_loopback(host)
        and (
            not browser if origin is None else urlsplit(origin).netloc.lower() == str(host).lower()
        )
        and not any(name in headers for name in FORWARDED)
    )


def may_read_figures(headers: Mapping[str, str], peer: str | None) -> bool:
    """Tell whether a request may see figures of the process: from here, or as SHIGEN_METRICS says.

    It lists addresses and networks (10.0.0.0/8), `*` for everybody; what is none is no leave.
    """
    if is_from_here(headers, peer):
        return True
    for one in _listed(os.environ.get(METRICS_VARIABLE)):
        if one == ANY:
            return True
        try:
            if ipaddress.ip_address(peer or "") in ipaddress.ip_network(one, strict=False):
                return True
        except ValueError:
            continue
    return False


def _named() -> list[str]:
    named = _listed(os.environ.get(HOSTS_VARIABLE))
    return [one for one in named if one != ANY or not may_write_here()]


def _listed(text: str | None) -> list[str]:
    parts: Iterable[str] = (text or "").split(",")
    return [part.strip().lower() for part in parts if part.strip()]


def _is(name: str, named: str) -> bool:
    if named == ANY:
        return True
    if named.startswith("*."):
        return name.endswith(named[1:]) and name != named[1:]
    return name == (name_of(named) or named)


def _is_own_address(peer: str | None) -> bool:
    try:
        address = ipaddress.ip_address(peer or "")
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
