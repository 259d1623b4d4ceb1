"""Bring official downloads: only from their publishers, with limits, resumed where they broke."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urljoin, urlsplit

import requests
from urllib3.exceptions import ReadTimeoutError

from geo.data.dataset import DATA_DIRECTORY
from geo.errors import DataError, GeoError, Problem
from geo.imports.catalogue import Source, open_licence
from geo.imports.places.town_blocks import Blocks, read_blocks
from geo.imports.reading.published import edition_of_name

DIRECTORY = DATA_DIRECTORY.parent / "var" / "fetched"
AGENT = "shigen-map (municipal open data reader)"
TRIES = 4
REDIRECTS = 5
CHUNK = 1 << 16
PAGE_LIMIT = 5_000_000
SIDECAR = ".source.json"  # beside a fetched file: where it came from and on what terms
LONGEST_SIDECAR = 100_000  # bytes
SILENT = "配布元の応答が途絶えました"
BROKEN = "つながらないか、途中で切れました。インターネットにつながらない所では取得できません"
PAUSE = 1.0  # s between two files of one publisher
TABLE_SUFFIXES = (".csv", ".xlsx", ".zip", ".json", ".geojson")

Result = TypeVar("Result")
Progress = Callable[[str, int, int], None]  # file name, bytes there, bytes in all (0: unknown)


@dataclass(frozen=True)
class Patience:
    """How long to wait: seconds to connect, between two packets, and before the first retry."""

    connect: float = 10
    read: float = 30
    retry: float = 1
    pause: float = PAUSE


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
    patience: Patience = Patience(),
) -> list[Fetched]:
    """Bring the newest edition of a source; return its files.

    A file is either whole or not there; a broken download goes on where it stopped.
    Raises DataError with what happened and what to do by hand.
    """
    folder = directory / source.key
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    with requests.Session() as session:
        session.headers["User-Agent"] = AGENT
        for number, address in enumerate(_addresses(session, source, patience)):
            if number:
                time.sleep(patience.pause)
            found.append(_bring(session, source, address, folder, progress, patience))
    return found


@lru_cache(maxsize=1)
def _blocks(paths: tuple[Path, ...], _state: tuple[tuple[int, int], ...]) -> Blocks:
    return read_blocks(list(paths))


def fetched_blocks(directory: Path = DIRECTORY) -> Blocks | None:
    """Return the town blocks that were fetched, None when there are none."""
    paths = tuple(sorted((directory / "isj").glob("*.zip")))
    state = tuple((path.stat().st_mtime_ns, path.stat().st_size) for path in paths)
    return _blocks(paths, state) if paths else None


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


def _addresses(session: requests.Session, source: Source, patience: Patience) -> list[str]:
    """Return the addresses of the newest edition."""
    if source.files:
        return list(source.files)
    if source.search:
        return _searched(source, _page(session, source, source.search, patience))
    page = _page(session, source, source.page, patience).decode("utf-8", "replace")
    linked: dict[str, dict[str, str]] = {}
    for link in re.findall(r"""href\s*=\s*["']([^"']+)["']""", page):
        if match := re.search(source.links + "$", urlsplit(link).path):
            parts = match.groupdict(default="")
            linked.setdefault(parts["edition"], {}).setdefault(
                parts["part"], urljoin(source.page, link)
            )
    if not linked:
        raise _error(
            source, "ページの中にダウンロードの行き先が見つかりません。配布の形が変わったようです"
        )
    # A file without a date in its name is the current one, and stands beside dated old ones.
    newest = linked.get("") or linked[max(linked)]
    return [newest[part] for part in sorted(newest)]


def _searched(source: Source, answer: bytes) -> list[str]:
    """Return the open tables of a portal's answer (CKAN's package_search)."""
    try:
        packages = json.loads(answer)["result"]["results"]
        found = [
            urljoin(source.search, resource["url"])
            for package in packages
            if open_licence(f"{package.get('license_id', '')} {package.get('license_title', '')}")
            for resource in package["resources"]
            if source.title.removesuffix("一覧")
            in f"{package.get('title', '')}{resource.get('name', '')}"
            and urlsplit(resource["url"]).path.lower().endswith(TABLE_SUFFIXES)
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _error(source, "検索の答えが読めません。配布の形が変わったようです") from None
    if not found:
        raise _error(source, "利用条件の分かる表が見つかりません")
    return list(dict.fromkeys(found))


def _page(session: requests.Session, source: Source, address: str, patience: Patience) -> bytes:
    def read() -> bytes:
        with _opened(session, source, address, {}, patience) as response:
            _check_status(source, response)
            text = b""
            for chunk in response.iter_content(CHUNK):
                text += chunk
                if len(text) > PAGE_LIMIT:
                    raise _error(source, "ページが大きすぎます")
            return text

    return _tried(source, read, patience)


def _bring(
    session: requests.Session,
    source: Source,
    address: str,
    folder: Path,
    progress: Progress | None,
    patience: Patience,
) -> Fetched:
    name = _file_name(source, address)
    path, part = folder / name, folder / f"{name}.part"

    def download() -> bool:
        try:
            return _download(session, source, address, path, part, progress, patience)
        except _StaleError:
            _forget(part)
            return _download(session, source, address, path, part, progress, patience)

    fresh = _tried(source, download, patience)
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
    with _opened(session, source, address, headers, patience) as response:
        if response.status_code == 304:
            return False
        if response.status_code == 416:
            raise _StaleError
        _check_status(source, response)
        resumed = response.status_code == 206
        if resumed and not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            raise _StaleError
        if not resumed:
            start = 0
        total = start + int(response.headers.get("Content-Length") or 0)
        if total > source.limit:
            raise _error(
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
                    raise _error(
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


@contextmanager
def _opened(
    session: requests.Session,
    source: Source,
    address: str,
    headers: dict[str, str],
    patience: Patience,
) -> Iterator[requests.Response]:
    """Open an address, following redirects only to the publisher's own hosts."""
    secure = urlsplit(source.page).scheme == "https"
    for _ in range(REDIRECTS + 1):
        parts = urlsplit(address)
        if parts.netloc not in source.hosts or (secure and parts.scheme != "https"):
            raise _error(source, f"配布元ではない行き先({parts.netloc})に移されたので止めました")
        response = session.get(
            address,
            headers=headers,
            stream=True,
            allow_redirects=False,
            timeout=(patience.connect, patience.read),
        )
        if response.is_redirect:
            address = urljoin(address, response.headers["Location"])
            response.close()
            continue
        with response:
            yield response
        return
    raise _error(source, "行き先が何度も移されるので止めました")


def _tried(source: Source, work: Callable[[], Result], patience: Patience) -> Result:
    """Do a piece of work, again after a growing pause where the connection broke."""
    failure: Exception | None = None
    for turn in range(TRIES):
        if turn:
            time.sleep(patience.retry * 2 ** (turn - 1))
        try:
            return work()
        except requests.exceptions.Timeout as error:
            failure = error
            reason = SILENT
        except requests.exceptions.SSLError as error:
            raise _error(source, "配布元の証明書を確かめられません") from error
        except requests.exceptions.ConnectionError as error:
            failure = error
            silent = error.args and isinstance(error.args[0], ReadTimeoutError)
            reason = SILENT if silent else BROKEN
        except requests.exceptions.ChunkedEncodingError as error:
            failure = error
            reason = "途中で切れました"
        except requests.exceptions.RequestException as error:
            raise _error(source, f"取得できません({type(error).__name__})") from error
    raise _error(source, f"{TRIES}回試しましたが、{reason}") from failure


def _check_status(source: Source, response: requests.Response) -> None:
    if response.status_code in (429, 500, 502, 503, 504):
        message = f"{response.status_code}"
        raise requests.ConnectionError(message)
    if response.status_code not in (200, 206):
        raise _error(
            source, f"配布元が {response.status_code} を返しました。場所が変わったようです"
        )


def _check_content(source: Source, part: Path) -> None:
    with part.open("rb") as stream:
        start = stream.read(512).lstrip().lower()
    if not start:
        _forget(part)
        raise _error(source, "空のファイルが返りました")
    if start.startswith((b"<!doctype html", b"<html")):
        _forget(part)
        raise _error(source, "表ではなくページが返りました。場所が変わったようです")


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


def _file_name(source: Source, address: str) -> str:
    name = re.sub(r"[^\w.\-]", "_", unquote(urlsplit(address).path).rpartition("/")[2])
    if not name.lower().endswith(TABLE_SUFFIXES) or name.startswith("."):
        raise _error(source, f"表のファイルではありません: {name[:80]}")
    return name[-120:]


def _error(source: Source, reason: str) -> DataError:
    advice = f"{source.page} から手でダウンロードして、取り込みに渡すこともできます"
    return DataError(
        [Problem(f"{source.publisher}「{source.title}」", None, None, f"{reason}。{advice}")]
    )
