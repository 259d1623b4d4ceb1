"""Bring official downloads with limits, resumed where they broke; keep where they came from."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import requests

from geo.data.dataset import DATA_DIRECTORY
from geo.errors import GeoError
from geo.imports.catalogue import Source
from geo.imports.offered import Offered, offered
from geo.imports.places.town_blocks import Blocks, read_blocks
from geo.imports.publisher import (
    CHUNK,
    PATIENT,
    Patience,
    asking,
    check_status,
    error,
    opened,
    tried,
)
from geo.imports.reading.published import edition_of_name

DIRECTORY = DATA_DIRECTORY.parent / "var" / "fetched"
SIDECAR = ".source.json"  # beside a fetched file: where it came from and on what terms
LONGEST_SIDECAR = 100_000  # bytes

Progress = Callable[[str, int, int], None]  # file name, bytes there, bytes in all (0: unknown)


@dataclass(frozen=True)
class Fetched:
    """One file that is here now; fresh: whether it was brought, or had not changed."""

    source: str
    path: Path
    address: str
    bytes: int
    edition: str
    fresh: bool


class _StaleError(GeoError):
    """The part that is here does not belong to what the server has now."""


def fetch(
    source: Source,
    directory: Path = DIRECTORY,
    *,
    progress: Progress | None = None,
    patience: Patience = PATIENT,
) -> list[Fetched]:
    """Bring the newest edition of a source; return its files.

    A file is either whole or not there; a broken download goes on where it stopped.
    Raises DataError with what happened and what to do by hand.
    """
    folder = directory / source.key
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    with asking(source) as session:
        for number, file in enumerate(offered(session, source, patience)):
            if number:
                time.sleep(patience.pause)
            found.append(_bring(session, source, file, folder, progress, patience))
    return found


@lru_cache(maxsize=1)
def _blocks(paths: tuple[Path, ...], _state: tuple[tuple[int, int], ...]) -> Blocks:
    return read_blocks(list(paths))


def fetched_blocks(directory: Path = DIRECTORY) -> Blocks | None:
    """Return the town blocks that were fetched, None when there are none."""
    paths = tuple(sorted((directory / "isj").glob("*.zip")))
    state = tuple((path.stat().st_mtime_ns, path.stat().st_size) for path in paths)
    return _blocks(paths, state) if paths else None


def last_fetched(source: Source, directory: Path = DIRECTORY) -> str:
    """Return the day (ISO) on which a file of a source was last brought here, '' for never."""
    days = [""]
    for beside in (directory / source.key).glob(f"*{SIDECAR}"):
        try:
            days.append(str(json.loads(beside.read_text(encoding="utf-8"))["fetched_on"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # as if it were not there: the next fetch writes it anew
    return max(days)


def seen_on(source: Source, directory: Path = DIRECTORY) -> str:
    """Return the day (ISO) on which a source's address was last seen to work, '' for never."""
    return max(source.seen_on, last_fetched(source, directory))


def note_beside(path: Path, sha256: str) -> dict[str, str]:
    """Return what was noted beside a file when it was fetched, nothing for any other content."""
    beside = Path(f"{path}{SIDECAR}")
    try:
        if beside.stat().st_size > LONGEST_SIDECAR:
            return {}
        terms = json.loads(beside.read_text(encoding="utf-8"))
        same = terms.get("sha256") == sha256
    except (OSError, ValueError, AttributeError):
        return {}
    return {str(key): str(value) for key, value in terms.items()} if same else {}


def _bring(
    session: requests.Session,
    source: Source,
    file: Offered,
    folder: Path,
    progress: Progress | None,
    patience: Patience,
) -> Fetched:
    address = file.address
    path, part = folder / file.name, folder / f"{file.name}.part"

    def download() -> bool:
        try:
            return _download(session, source, address, path, part, progress, patience)
        except _StaleError:
            _forget(part)
            return _download(session, source, address, path, part, progress, patience)

    fresh = tried(source, download, patience)
    noted = json.loads(Path(f"{path}{SIDECAR}").read_text(encoding="utf-8"))
    return Fetched(source.key, path, address, path.stat().st_size, noted["edition"], fresh)


def _download(
    session: requests.Session,
    source: Source,
    address: str,
    path: Path,
    part: Path,
    progress: Progress | None,
    patience: Patience,
) -> bool:
    """Bring one file, from where an earlier try stopped; return False when it has not changed."""
    headers = {"Accept-Encoding": "identity"}
    start, mark = part.stat().st_size if part.exists() else 0, _mark(part)
    if start and mark:
        headers |= {"Range": f"bytes={start}-", "If-Range": mark}
    else:
        _forget(part)
        start = 0
        headers |= _conditions(path)
    with opened(session, source, address, headers, patience) as response:
        if response.status_code == 304:
            return False
        if response.status_code == 416:
            raise _StaleError
        check_status(source, response)
        resumed = response.status_code == 206
        if resumed and not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            raise _StaleError
        if not resumed:
            start = 0
        total = start + int(response.headers.get("Content-Length") or 0)
        if total > source.limit:
            raise error(
                source, f"{total / 1e6:,.0f} MB あり、上限の{source.limit / 1e6:,.0f} MB を超えます"
            )
        tag = response.headers.get("ETag") or response.headers.get("Last-Modified") or ""
        # A weak tag does not promise the same bytes, so nothing is resumed by it.
        Path(f"{part}.mark").write_text("" if tag.startswith("W/") else tag, encoding="utf-8")
        with part.open("ab" if resumed else "wb") as stream:
            there = start
            for chunk in response.iter_content(CHUNK):
                there += len(chunk)
                if there > source.limit:
                    stream.close()
                    _forget(part)
                    raise error(
                        source, f"上限の{source.limit / 1e6:,.0f} MB を超えたので止めました"
                    )
                stream.write(chunk)
                if progress is not None:
                    progress(path.name, there, total if total >= there else 0)
        if response.headers.get("Content-Length") and there != total:
            short = f"{there:,} / {total:,} バイト"
            raise requests.ConnectionError(short)
    _check_content(source, part)
    _keep(source, address, path, part, tag)
    return True


def _keep(source: Source, address: str, path: Path, part: Path, tag: str) -> None:
    """Put a whole file in its place, with a note of where it came from and on what terms."""
    digest = hashlib.sha256(part.read_bytes()).hexdigest()
    noted = {
        "publisher": source.publisher,
        "title": source.title,
        "licence": source.licence,
        "attribution": source.attribution,
        "address": address,
        "edition": edition_of_name(path.name),
        "fetched_on": date.today().isoformat(),
        "sha256": digest,
        "tag": tag,
    }
    beside = Path(f"{path}{SIDECAR}")
    beside.with_suffix(".part").write_text(
        json.dumps(noted, ensure_ascii=False, indent=1), encoding="utf-8"
    )
    part.replace(path)
    beside.with_suffix(".part").replace(beside)
    _forget(part)


def _check_content(source: Source, part: Path) -> None:
    with part.open("rb") as stream:
        start = stream.read(512).lstrip().lower()
    if not start:
        _forget(part)
        raise error(source, "空のファイルが返りました")
    if start.startswith((b"<!doctype html", b"<html")):
        _forget(part)
        raise error(source, "表ではなくページが返りました。場所が変わったようです")


def _conditions(path: Path) -> dict[str, str]:
    """Return the headers that ask for a file only if it has changed since."""
    try:
        tag = json.loads(Path(f"{path}{SIDECAR}").read_text(encoding="utf-8"))["tag"]
    except (OSError, ValueError, KeyError):
        return {}
    if not path.exists() or not tag:
        return {}
    return {"If-None-Match": tag} if tag.startswith(('"', "W/")) else {"If-Modified-Since": tag}


def _mark(part: Path) -> str:
    try:
        return Path(f"{part}.mark").read_text(encoding="utf-8")
    except OSError:
        return ""


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    Path(f"{part}.mark").unlink(missing_ok=True)
