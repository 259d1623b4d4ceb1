"""Give the address of every view, with its filters, and the address as a QR code."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

import segno

from geo.errors import DataError, Problem

ADDRESS_VARIABLE = "SHIGEN_URL"
NO_ADDRESS = f"QRコードは、公開アドレス({ADDRESS_VARIABLE})を設定すると入ります。"
LONGEST_ADDRESS = 200
# Host, port and path; no user, query or fragment, which would send a reader elsewhere.
ADDRESS_RE = re.compile(
    r"https?://(?:[\w\-]+(?:\.[\w\-]+)*|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:/[\w.~%\-]+)*"
)
LOCAL = {None, "localhost", "127.0.0.1", "::1"}
SHARED = ("t", "speed", "partial", "c", "field_weights", "range", "profile")
# Path of each page: its title, and the query parameters that its controls write.
VIEWS = {
    "": (
        "全道マップ",
        (
            *("measure", "field", "year", "need", "fields", "approach", "mode"),
            *("subprefecture", "area", "confidence", "nopoints", "tiles"),
        ),
    ),
    "gaps": ("偏在・空白", ("subprefecture", "area", "unit")),
    "karte": ("市町村カルテ", ("code", "field", "with")),
    "directory": ("団体台帳", ("q", "need", "fields", "town", "confidence", "id")),
    "methods": ("方法と出典", ()),
    "meeting": ("会議モード", ("screens", "areas", "plan", "code", "round")),
    "reports": ("印刷・資料", ("code",)),
    "survey": ("調査", ("round", "town")),
}


def base_address() -> str:
    """Return where the app is reached, without a slash at the end; '' when nobody said.

    Set by the environment variable SHIGEN_URL. Raises DataError when that is no web address.
    """
    return checked(os.environ.get(ADDRESS_VARIABLE, ""))


def checked(address: str) -> str:
    """Return an address of the web without a slash at its end; raise DataError for another."""
    address = address.strip().rstrip("/")
    if address and not (len(address) <= LONGEST_ADDRESS and ADDRESS_RE.fullmatch(address)):
        reason = f"https:// で始まるアドレスではありません: {address!r}"
        raise DataError([Problem(ADDRESS_VARIABLE, None, None, reason)])
    return address


def seen_at(url: str, page: str) -> str:
    """Return the base address that a browser reached a page at; '' on the server's own machine."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or parts.hostname in LOCAL:
        return ""
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix(page)}".rstrip("/")


def address_of(base: str, page: str, parameters: Mapping[str, str] | None = None) -> str:
    """Return the address of a view: base, page (a key of VIEWS) and query parameters.

    Parameters that the page does not know are left out, so that a link says what it means.
    '' for an unknown base. Raises KeyError for an unknown page.
    """
    known = (*VIEWS[page][1], *SHARED)
    if not base:
        return ""
    query = urlencode({key: value for key, value in (parameters or {}).items() if key in known})
    return f"{base}/{page}" + (f"?{query}" if query else "")


def qr_rows(address: str) -> list[list[bool]]:
    """Return a QR code as rows of dark modules, without the quiet zone of four around it."""
    code = segno.make(address, micro=False, error="m")
    return [[bool(module) for module in row] for row in code.matrix]


def qr_png(address: str, scale: int = 8) -> bytes:
    """Return a QR code as PNG, its quiet zone included. scale: pixels of a module."""
    return _saved(address, "png", scale)


def qr_svg(address: str) -> bytes:
    """Return a QR code as SVG, its quiet zone included."""
    return _saved(address, "svg", 4)


def _saved(address: str, kind: str, scale: int) -> bytes:
    stream = io.BytesIO()
    segno.make(address, micro=False, error="m").save(stream, kind=kind, scale=scale)
    return stream.getvalue()
