"""Hold the map's files as they are sent: code and public data, both named by content.

A place that was public and is hidden now must not be had from an older version of the data, so a
file that holds records goes as soon as one of them is drawn no more.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock

from xstatic.pkg import leaflet

from geo.assets import ASSETS
from geo.maps.payload import MapData

LEAFLET = Path(leaflet.BASE_DIR)


MEDIA_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".csv": "text/csv",
    ".json": "application/json",
    ".geojson": "application/geo+json",
}


KEPT_VERSIONS = 3  # of the data: a browser may still ask for what it was told a moment ago


WITHOUT_RECORDS = frozenset({"boundaries.json"})  # may be kept for ever by whoever has it


files: dict[str, dict[str, Served]] = {}


trials: dict[str, dict[str, Served]] = {}  # of the sandboxes, which must not push out the others


@dataclass(frozen=True)
class Served:
    """One file as it is sent: its bytes, the same compressed, media type and entity tag."""

    body: bytes
    compressed: bytes
    media_type: str
    tag: str


def asset_version() -> str:
    """Return the digest of the map's code, part of its address."""
    return assets()[0]


@lru_cache(maxsize=1)
def assets() -> tuple[str, dict[str, Served]]:
    """Return the version and the files of the map's code: ours, and Leaflet's script and style."""
    paths = [*sorted(ASSETS.glob("*.js")), *sorted(ASSETS.glob("*.css"))]
    paths += [LEAFLET / "leaflet.js", LEAFLET / "leaflet.css"]
    files = {path.name: path.read_bytes() for path in paths}
    version = hashlib.sha256(b"".join(files.values())).hexdigest()[:12]
    return version, {name: packed(name, body) for name, body in files.items()}


_newest: MapData | None = None  # of the shared records that were offered


_offering = Lock()


def offer(data: MapData) -> None:
    """Let browsers fetch the files of one version of the map's data.

    Of older versions nothing is offered that draws an organisation which the newest does not: it
    may have been hidden meanwhile, and a page that began before may ask to offer it once more.
    """
    global _newest
    with _offering:
        if data.trial:
            _put(trials, data)
            _drawn_in_trials[data.version] = frozenset(data.organisations)
            return
        if _newest is None or data.number >= _newest.number:
            _newest = data
            for version, drawn in list(_drawn.items()):
                if not drawn <= set(data.organisations):
                    files.pop(version, None)
                    _drawn.pop(version)
        elif not set(data.organisations) <= set(_newest.organisations):
            return
        _put(files, data)
        _drawn[data.version] = frozenset(data.organisations)
        for version in _drawn.keys() - files.keys():
            del _drawn[version]


def withdraw(organisations: Collection[str]) -> None:
    """Offer no sandbox's map any more that draws one of these organisations."""
    with _offering:
        for version, drawn in list(_drawn_in_trials.items()):
            if not drawn.isdisjoint(organisations) or version not in trials:
                trials.pop(version, None)
                del _drawn_in_trials[version]


_drawn: dict[str, frozenset[str]] = {}  # by version in `files`: the organisations on its map


_drawn_in_trials: dict[str, frozenset[str]] = {}


def _put(kept: dict[str, dict[str, Served]], data: MapData) -> None:
    found = kept.pop(data.version, None)
    # Put last again, as the one that was asked for a moment ago.
    kept[data.version] = found or {name: packed(name, body) for name, body in data.files.items()}
    for older in list(kept)[:-KEPT_VERSIONS]:
        kept.pop(older, None)


def packed(name: str, body: bytes) -> Served:
    """Return a file ready to be sent; raise KeyError for a suffix that is never served."""
    return Served(
        body=body,
        compressed=gzip.compress(body, mtime=0),
        media_type=MEDIA_TYPES[Path(name).suffix],
        tag=f'"{hashlib.sha256(body).hexdigest()[:16]}"',
    )
