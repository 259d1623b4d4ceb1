"""Ask addresses outside of this network alone: what was checked is what is connected to.

An address from a file or a redirect must not make this machine ask itself or its neighbours. A name
may lead elsewhere at each question, and no two readers agree on every spelling of an address; so it
is looked at where the connection is made: resolved once, checked, and connected to by number.
Through a proxy (HTTPS_PROXY) it is the proxy that resolves, and the site's rules there that hold;
here only numbers and names that this machine knows are looked at then.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import requests
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import LocationParseError, NameResolutionError, NewConnectionError
from urllib3.util import parse_url

from geo.errors import GeoError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Ask = Callable[[str], requests.Response]

# How an IPv6 address says an IPv4 one that a gateway goes on to: NAT64 (RFC 6052).
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# The same in a network's own hands (RFC 8215), and addresses without a scope of their own any more
# (RFC 4291, sections 2.5.5.1 and 2.5.7).
INSIDE = [ipaddress.ip_network(each) for each in ("64:ff9b:1::/48", "::/96", "fec0::/10")]
MOVED = (301, 302, 303, 307, 308)


class RefusedAddressError(GeoError):
    """Raised where an address is not asked; the message says why."""


class EndlessRedirectsError(GeoError):
    """Raised where an address leads on and on; `here` is where it led last."""

    def __init__(self, here: str) -> None:
        self.here = here
        super().__init__("転送が終わりません")


@dataclass(frozen=True)
class Resolver:
    """Finds the numbers of a name, and refuses those inside.

    inside: numbers that are let through nevertheless; None lets everything through. look_up: as
    `socket.getaddrinfo` answers.
    """

    inside: frozenset[str] | None = frozenset()
    look_up: Callable[..., list[Any]] | None = None

    def numbers(self, name: str, port: int) -> list[str]:
        """Return the addresses of a name, in the system's order.

        Raises OSError where it has none, RefusedAddressError where one of them is inside: who
        mixes both tries to get through with the other.
        """
        look_up = self.look_up or socket.getaddrinfo
        found = look_up(name, port, type=socket.SOCK_STREAM)
        numbers = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not all(self.allows(number) for number in numbers):
            message = "内部のネットワークのアドレスです"
            raise RefusedAddressError(message)
        return numbers

    def allows(self, number: str) -> bool:
        """Tell whether an address in numbers may be asked."""
        if self.inside is None or number in self.inside:
            return True
        try:
            return is_outside(ipaddress.ip_address(number.partition("%")[0]))
        except ValueError:
            return False


def is_outside(address: Address) -> bool:
    """Tell whether an address leads to the public network, also through a gateway to IPv4."""
    if isinstance(address, ipaddress.IPv6Address):
        within = address.ipv4_mapped or address.sixtofour
        if address in NAT64:
            within = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if within is not None:
            return is_outside(within)
    if any(address in network for network in INSIDE if network.version == address.version):
        return False
    return address.is_global and not address.is_multicast


def session(resolver: Resolver, agent: str) -> requests.Session:
    """Return a session that connects only where the resolver lets it, and follows no redirect."""
    found = _Session()
    found.headers["User-Agent"] = agent
    for scheme in ("http://", "https://"):
        found.mount(scheme, _Checking(resolver))
    return found


def follow(address: str, ask: Ask, redirects: int) -> tuple[str, requests.Response, list[int]]:
    """Return where an address leads, the answer there, and the status of each redirect before.

    ask: returns the answer of one address without following it. Whoever calls closes the answer.
    Raises RefusedAddressError for an address that is none of the web or may be read in two ways,
    EndlessRedirectsError after more than so many redirects.
    """
    statuses: list[int] = []
    for _ in range(redirects + 1):
        require_plain(address)
        answer = ask(address)
        target = answer.headers.get("Location")
        if answer.status_code not in MOVED or not target:
            return address, answer, statuses
        answer.close()
        statuses.append(answer.status_code)
        try:
            address = urljoin(address, target)
        except ValueError:
            raise RefusedAddressError("ウェブのアドレスではありません") from None  # noqa: EM101
    raise EndlessRedirectsError(address)


def require_plain(address: str) -> None:
    """Raise RefusedAddressError unless all readers find the same host in an address."""
    message = "ウェブのアドレスではありません"
    if any(sign < " " or sign in "\\\x7f" for sign in address):
        raise RefusedAddressError(message)
    try:
        parts = parse_url(address)
    except LocationParseError:
        raise RefusedAddressError(message) from None
    if parts.scheme not in ("http", "https") or not parts.host:
        raise RefusedAddressError(message)
    if parts.auth is not None:
        message = "利用者名を含むアドレスは確認しません"
        raise RefusedAddressError(message)


class _Session(requests.Session):
    def resolve_redirects(  # type: ignore[override]
        self, *_args: Any, **_options: Any
    ) -> Iterator[Any]:
        """Lead nowhere: requests reads each Location itself, and trips over some (seen in 2.34)."""
        return iter(())


class _Connection(HTTPConnection):
    """Connects to the number that was checked; the name stays for Host, SNI and certificate."""

    resolver = Resolver()

    def _new_conn(self) -> socket.socket:
        # urllib3 connects to _dns_host (seen in 2.8.0), which is the name again afterwards.
        name = self._dns_host
        try:
            numbers = self.resolver.numbers(name.strip("[]"), self.port)
        except socket.gaierror as error:
            raise NameResolutionError(name, self, error) from error
        except (OSError, UnicodeError) as error:
            raise NewConnectionError(self, f"{type(error).__name__}") from error
        failed: NewConnectionError | None = None
        try:
            for number in numbers:
                self._dns_host = number
                try:
                    return super()._new_conn()
                except NewConnectionError as error:
                    failed = error
        finally:
            self._dns_host = name
        raise failed or NewConnectionError(self, "no address")


class _SecureConnection(_Connection, HTTPSConnection):
    """The same behind TLS."""


class _Checking(HTTPAdapter):
    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        own = {"resolver": self.resolver}
        plain = type("_Plain", (_Connection,), own)
        secure = type("_Secure", (_SecureConnection,), own)
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("_PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("_SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> Any:
        """Send a request; one that goes through a proxy is looked at before."""
        proxies = options.get("proxies") or {}
        if select_proxy(str(request.url), proxies):
            parts = parse_url(str(request.url))
            with suppress(OSError, UnicodeError):  # a name that only the proxy knows
                self.resolver.numbers(str(parts.host).strip("[]"), parts.port or 0)
        return super().send(request, *args, **options)
