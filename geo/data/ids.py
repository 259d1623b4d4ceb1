"""Give records ids that say nothing of them, and read which ids they had before."""

from __future__ import annotations

import re
import secrets
from collections.abc import Container
from pathlib import Path

from geo.data.tables import Column, read_table, text
from geo.errors import DataError

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: none is taken for another
LETTERS = {"organisations": "o", "services": "s"}  # with which the ids of a kind begin
LENGTH = 10  # signs after the letter, 50 bits: two of 400,000 alike once in 14,000 stores
OPAQUE_RE = re.compile(rf"[{''.join(LETTERS.values())}][{ALPHABET}]{{{LENGTH}}}")
FORMER_FILE = "former_ids.csv"  # optional; beside the records of a directory


def _opaque(cell: str) -> str:
    if OPAQUE_RE.fullmatch(cell) is None:
        msg = f"記録の番号の形ではありません: {cell!r}"
        raise ValueError(msg)
    return cell


FORMER_COLUMNS = {"old": Column(text), "new": Column(_opaque)}


def fresh(kind: str, taken: Container[str] = ()) -> str:
    """Return a new id for a record of a kind (organisations, services): random, made of nothing.

    An id is public for ever, while what a record says of its place may be hidden tomorrow.
    """
    while True:
        bits = secrets.randbits(5 * LENGTH)
        signs = (ALPHABET[bits >> 5 * place & 31] for place in range(LENGTH))
        made = LETTERS[kind] + "".join(signs)
        if made not in taken:
            return made


def is_opaque(kind: str, key: str) -> bool:
    """Tell whether a text has the form of an id that says nothing."""
    return key.startswith(LETTERS[kind]) and OPAQUE_RE.fullmatch(key) is not None


def kind_of(key: str) -> str:
    """Return the kind of record that an opaque id stands for."""
    return next(kind for kind, letter in LETTERS.items() if key.startswith(letter))


def may_name_a_town(key: str) -> bool:
    """Tell whether the digits in a former id may be the code of a municipality."""
    return re.search("[0-9]{5}", key) is not None


def read_former(directory: Path) -> dict[str, str]:
    """Return the ids of a directory's records by those that they had before.

    Without the file there are none. Raises DataError for a bad cell.
    """
    path = directory / FORMER_FILE
    if not path.exists():
        return {}
    frame, problems = read_table(path, FORMER_COLUMNS, index="old")
    if problems:
        raise DataError(problems)
    return dict(frame["new"])
