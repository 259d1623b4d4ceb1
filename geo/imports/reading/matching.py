"""Match the columns of an unknown table by hand: propose, keep, and use a match again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import pandas as pd

from geo.errors import DataError, Problem
from geo.imports.places.addresses import resolve
from geo.imports.reading.headers import FORMATS, ROLES, Format, plain_header
from geo.imports.reading.heading import SYNONYMS, looks_like_data, parts_of
from geo.imports.reading.parts import is_special
from geo.imports.reading.service_types import ANY, SCHEMES, match_types, shipped_types

VERSION = 1
LONGEST_KIND = 30  # characters
# What is said of where an office stands and how it is reached.
SITED = ("name", "address", "town", "postal", "phone", "url", "lat", "lon", "kind", "place_code", "address_city", "address_town", "address_rest")  # fmt: skip
OWNER_RE = re.compile(r"申請者|設置者|開設者|届出者|法人|運営|代表|事業者(?!所)|本部|本社|管理者")
PROPOSED = tuple(role for role in ROLES if role not in ("example", "precision", "layer"))


def propose(labels: list[str], below: pd.DataFrame) -> dict[str, str]:
    """Return role to header for an unknown table, from its words first, then from what is in it.

    Of columns that say the same of two, that of the office goes before that of who applied for it.
    """
    found: dict[str, str] = {}
    split = {label: parts_of(label) for label in labels if label and not is_special(label)}
    ordered = sorted(split, key=lambda label: _of_owner(split[label][0]))
    for exact in (True, False):
        for role in PROPOSED:
            if role in found:
                continue
            for label in ordered:
                if label in found.values():
                    continue
                block, leaf = split[label]
                owner = _of_owner(block)
                if owner and role in SITED:
                    continue
                wanted = "name" if owner and role == "operator" else role
                headers = (plain_header(leaf), *((plain_header(label),) if block else ()))
                if any(header and _called(wanted, header, exact=exact) for header in headers):
                    found[role] = label
                    break
    sample = below.head(50)
    for role, holds in _CONTENT.items():
        if role in found:
            continue
        for column, label in enumerate(labels):
            if label in found.values() or label not in split or column >= sample.shape[1]:
                continue
            if _of_owner(split[label][0]):
                continue
            cells = [cell for cell in sample.iloc[:, column].str.strip() if cell]
            if len(cells) >= 2 and sum(map(holds, cells)) >= 0.7 * len(cells):
                found[role] = label
                break
    if "kind" not in found and "field" not in found:
        _kind_by_content(labels, sample, found)
    if "name" not in found:
        _name_by_content(labels, sample, found)
    return found


def _of_owner(block: str) -> bool:
    """Tell whether a block of columns is about who runs an office, not about the office."""
    return bool(OWNER_RE.search(block))


def _kind_by_content(labels: list[str], sample: pd.DataFrame, found: dict[str, str]) -> None:
    """Take for the kind the column in which most cells are words of kinds, and short."""
    for column, label in enumerate(labels):
        if not label or label in found.values() or column >= sample.shape[1]:
            continue
        cells = sample.iloc[:, column].str.strip()
        cells = cells[(cells != "") & (cells.str.len() <= LONGEST_KIND)]
        # A name may hold the word of a kind; kinds come again from row to row.
        again = len(cells) >= 2 and cells.nunique() <= max(0.8 * len(cells), 1)
        if again and (match_types(cells, ANY, shipped_types()) >= 0).mean() >= 0.7:
            found["kind"] = label
            return


def _name_by_content(labels: list[str], sample: pd.DataFrame, found: dict[str, str]) -> None:
    """Take for the name the first column of short texts of which no two are the same."""
    for column, label in enumerate(labels):
        if not label or label in found.values() or column >= sample.shape[1]:
            continue
        cells = [cell for cell in sample.iloc[:, column].str.strip() if cell]
        text = [cell for cell in cells if not looks_like_data(cell) and len(cell) > 1]
        if (
            len(cells) >= 2
            and len(text) >= 0.8 * len(cells)
            and len(set(cells)) >= 0.9 * len(cells)
        ):
            found["name"] = label
            return


def make_match(
    name: str,
    labels: tuple[str, ...],
    columns: Mapping[str, str],
    *,
    publisher: str = "",
    licence: str = "",
    scheme: str = "any",
    kind: str = "",
    strict_town: bool = True,
    none: bool = False,
    file: str = "",
    heading: str = "",
) -> dict[str, Any]:
    """Return a match that can be kept as JSON; raise DataError when it cannot work.

    name: title of the list. columns: role to header. kind: what every row is, where no column
    says it. strict_town: the town column says where the place is, not who publishes the list. none:
    the table has no header, its columns are numbered. file, heading: the name of the file that it
    was made for and what stands above its header; only for a file of the same the match is used
    without being asked for.
    """
    problems = [
        Problem(name, None, role, "知らない役割です" if role not in ROLES else "見出しにない列です")
        for role, label in columns.items()
        if role not in ROLES or label not in labels
    ]
    if "name" not in columns:
        problems.append(Problem(name, None, None, "名称の列を選んでください"))
    if not {"address", "address_city", "town", "lat", "postal", "place_code"} & set(columns):
        problems.append(Problem(name, None, None, "住所か市町村か座標の列を選んでください"))
    if scheme not in SCHEMES:
        problems.append(Problem(name, None, None, "知らない種別の体系です"))
    if problems:
        raise DataError(problems)
    return {
        "version": VERSION,
        "name": name,
        "header": [plain_header(label) for label in labels],
        "columns": dict(columns),
        "publisher": publisher,
        "licence": licence,
        "scheme": scheme,
        "kind": kind,
        "strict_town": strict_town,
        "none": none,
        "file": without_edition(file),
        "heading": without_edition(heading),
    }


def without_edition(name: str) -> str:
    """Return the name of a file or the title of a list without what an edition changes in it.

    What is left tells lists apart: digits, dates and the ending are gone.
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    plain = re.sub(r"\.(?:csv|xlsx|xlsm|ods|json|geojson|tsv|txt|zip)$", "", plain)
    plain = re.sub(r"令和元?|平成元?|昭和|年度?|月|日|現在|時点|最新版?|更新|改訂?版?", "", plain)
    return re.sub(r"[\W\d_]+|(?<![a-z])[rh](?![a-z])", "", plain)


def is_of(match: Mapping[str, Any], file: str, heading: str) -> bool:
    """Tell whether a kept match was made for a file of this name with this title."""
    return match.get("file") == without_edition(file) and match.get("heading") == without_edition(
        heading
    )


def format_of_match(match: Mapping[str, Any]) -> Format:
    """Return the format that a kept match describes; raise DataError when it is none."""
    try:
        if match["version"] != VERSION:
            raise ValueError(match["version"])
        columns = {str(role): (str(label),) for role, label in match["columns"].items()}
        return Format(
            "match",
            str(match["name"]),
            str(match["publisher"]),
            str(match["licence"]),
            str(match["scheme"]),
            columns,
            tuple(columns),
            strict_town=bool(match["strict_town"]),
            kind=str(match["kind"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise DataError(
            [Problem("列の対応", None, None, "保存された列の対応が読めません")]
        ) from None


@lru_cache(maxsize=100)
def _words(role: str) -> frozenset[str]:
    words = {plain_header(word) for word in SYNONYMS.get(role, ())}
    words |= {name for kind in FORMATS for name in kind.headers.get(role, ())}
    return frozenset(words)


def _called(role: str, header: str, *, exact: bool) -> bool:
    words = _words(role)
    if exact:
        return header in words
    return any(len(word) >= 2 and word in header for word in words)


def _is_number(low: float, high: float, cell: str) -> bool:
    try:
        return low <= float(cell) <= high
    except ValueError:
        return False


_CONTENT = {
    "url": lambda cell: cell.startswith(("http://", "https://", "www.")),
    "phone": lambda cell: bool(re.fullmatch(r"[0-90-9]{2,5}[-ー(][0-90-9\-ー()]{6,12}", cell)),
    "postal": lambda cell: bool(re.fullmatch(r"〒?\s*\d{3}-\d{4}", cell)),
    "lat": lambda cell: "." in cell and _is_number(41, 46, cell),
    "lon": lambda cell: "." in cell and _is_number(139, 149, cell),
    "address": lambda cell: bool(resolve(cell).code),
}
