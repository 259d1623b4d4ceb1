"""Find which files a publisher offers now: on its page, in its portal's answer, or as it is known."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from html import unescape
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import requests

from geo.imports.catalogue import Source, open_licence
from geo.imports.publisher import GoneError, Patience, error, page

TABLE_SUFFIXES = (".csv", ".xlsx", ".zip", ".json", ".geojson")
LONGEST_NAME = 120
YEARS = 3  # a page that is named by its year is looked for this far back
# What stands between two quotation marks: an address is in a link or in the call of a script.
QUOTED_RE = re.compile(r"""(?<=["'])([^"'<>]+)(?=["'])""")


@dataclass(frozen=True)
class Offered:
    """One file: where it is, and the name it gets here."""

    address: str
    name: str


def offered(session: requests.Session, source: Source, patience: Patience) -> list[Offered]:
    """Return the newest file of each part of a source; raise DataError where none is found."""
    if source.search:
        return _searched(source, page(session, source, source.search, patience))
    if not source.links:
        return _named(source, source.files)
    try:
        found = _linked(session, source, patience)
    except GoneError:
        if not source.files:
            raise
        found = []
    if not (found or source.files):
        raise error(
            source, "ページの中にダウンロードの行き先が見つかりません。配布の形が変わったようです"
        )
    return _named(source, found or source.files)


def _linked(session: requests.Session, source: Source, patience: Patience) -> list[str]:
    """Return the newest address of each part that the source's page names.

    A publisher puts one file out again without the others, so each part has its own newest; a file
    without a date in its name is the current one, and stands beside dated old ones.
    """
    where, text = _newest_page(session, source, patience)
    newest: dict[str, tuple[bool, str, str]] = {}
    for link in map(unescape, QUOTED_RE.findall(text)):
        if match := re.search(source.links + "$", urlsplit(link.strip()).path):
            parts = match.groupdict(default="")
            edition, part = parts.get("edition", ""), parts.get("part", "")
            candidate = (not edition, edition, urljoin(where, link.strip()))
            if part not in newest or candidate[:2] > newest[part][:2]:
                newest[part] = candidate
    return [newest[part][2] for part in sorted(newest)]


def _newest_page(session: requests.Session, source: Source, patience: Patience) -> tuple[str, str]:
    """Return the address and text of the source's page, of the newest year where it has many."""
    addresses = [source.page]
    if source.yearly:
        this = date.today().year
        addresses = [source.yearly.format(year=this - back) for back in range(YEARS)]
    for address in addresses[:-1]:
        try:
            return address, page(session, source, address, patience).decode("utf-8", "replace")
        except GoneError:
            continue
    return addresses[-1], page(session, source, addresses[-1], patience).decode("utf-8", "replace")


def _searched(source: Source, answer: bytes) -> list[Offered]:
    """Return the open tables of a portal's answer, in the shape of CKAN or of Shirasagi.

    CKAN tells the licence of a package and the address in `url`; Shirasagi the licence of each
    resource, and in `download_url` an address that does not end in the file's name.
    """
    try:
        packages = json.loads(answer)["result"]["results"]
        found = [
            (urljoin(source.search, resource.get("download_url") or resource["url"]), name)
            for package in packages
            for resource in package["resources"]
            if open_licence(_licence(package, resource))
            and source.title.removesuffix("一覧") in _titles(package, resource)
            and (name := _table_name(resource))
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise error(source, "検索の答えが読めません。配布の形が変わったようです") from None
    if not found:
        raise error(source, "利用条件の分かる表が見つかりません")
    named: dict[str, str] = {}
    for address, name in dict.fromkeys(found):
        # Two resources may have files of one name; neither takes the other's place.
        number = 2
        unique = name
        while unique in named:
            stem, _, suffix = name.rpartition(".")
            unique = f"{stem}-{number}.{suffix}"
            number += 1
        named[unique] = address
    return [Offered(address, name) for name, address in named.items()]


def _licence(package: dict[str, Any], resource: dict[str, Any]) -> str:
    """Return the words of a resource's own licence, else of its package's."""
    for said in (resource.get("license"), package.get("license")):
        if (
            isinstance(said, dict)
            and (words := f"{said.get('uid') or ''} {said.get('name') or ''}").strip()
        ):
            return words
        if isinstance(said, str) and said.strip():
            return said
    keys = ("license_id", "license_title")
    for one in (resource, package):
        if words := " ".join(str(one.get(key) or "") for key in keys).strip():
            return words
    return ""


def _titles(package: dict[str, Any], resource: dict[str, Any]) -> str:
    said = (package.get("title"), package.get("name"), resource.get("name"))
    return " ".join(str(one) for one in said if one)


def _table_name(resource: dict[str, Any]) -> str:
    """Return the name of a resource's file, '' where nothing shows that it is a table."""
    for said in (resource.get("filename"), resource.get("url"), resource.get("download_url")):
        name = _plain_name(str(said or ""))
        if name.lower().endswith(TABLE_SUFFIXES):
            return name
    return ""


def _named(source: Source, addresses: list[str] | tuple[str, ...]) -> list[Offered]:
    return [Offered(address, _file_name(source, address)) for address in addresses]


def _file_name(source: Source, address: str) -> str:
    name = _plain_name(address)
    if not name.lower().endswith(TABLE_SUFFIXES):
        raise error(source, f"表のファイルではありません: {name[:80]}")
    return name


def _plain_name(address: str) -> str:
    """Return the last part of an address as a file's name that leads nowhere else."""
    last = unquote(urlsplit(address).path).rpartition("/")[2]
    return re.sub(r"[^\w.\-]", "_", last).lstrip(".")[-LONGEST_NAME:]
