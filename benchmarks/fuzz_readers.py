"""Throw damaged files at the readers: each must come through or be refused in words.

The corpus is made here: every published shape in every way of writing, then damaged in bytes, cells
and parts by a seeded generator, so that a run can be repeated. Anything raised but DataError, a
row that is neither kept nor refused, a limit that is passed, or a location that must not show counts
as a failure and is printed with its seed.

    python -m benchmarks.fuzz_readers [--seconds 60] [--seed 1]
    python -m benchmarks.fuzz_readers --shapes 1000

With --shapes, files of the shapes that offices really publish (tests/generated_shapes.py) are read as the
page proposes them, and every row must be taken, refused or left out with its reason.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import resource
import sys
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable

from geo.data.dataset import load
from geo.errors import DataError
from geo.imports.reading.files import open_tables
from geo.imports.reading.incoming import Incoming
from geo.imports.reading.published import read
from tests.generated_files import HEADERS, csv_of, excel_of, geojson_of, rows_of
from tests.generated_shapes import drawn, read_as_proposed
from tests.generated_shapes import faults as shape_faults

SLOW = 20  # s for one small file
HOSTILE = (
    "", " ", "0", "-1", "1e999", "nan", "NULL", "\0", "\ufeff", "\u202e\u2066", "=cmd|'/C calc'!A0",
    "@SUM(1)", "<script>alert(1)</script>", "{{7*7}}", "{% raw %}", "'; DROP TABLE x;--", "../../etc",
    "x" * 30_000, "北海道" * 40, "登別市", "清水町3", "青森県", "休止", "廃止", "42.4", "141.1", "１２",
    "12301", "令和99年13月40日", "昭32. 7. 1", "45000", "\ud7ff", "𠮷", "é", "م", "\r\n", '"', ",", ";",
    "🏠", "a\tb", "%s%n", "${x}", "file:///etc/passwd", "http://", "javascript:alert(1)",
)  # fmt: skip
HSDS = [{"id": "1", "name": "生成", "status": "active", "organization": {"id": "o", "name": "生成"},
         "service_at_locations": [{"location": {"id": "l", "latitude": 42.4, "longitude": 141.1}}]}]  # fmt: skip


def seeds() -> list[bytes]:
    """Return good files of every shape and way of writing."""
    found = []
    for kind in HEADERS:
        rows = rows_of(kind, [{}] * 3)
        found += [csv_of(rows, code) for code in ("utf-8", "utf-8-sig", "cp932", "utf-16")]
        found += [excel_of(rows), csv_of(rows, delimiter="\t")]
        if "緯度" in rows[0] and all(row[rows[0].index("緯度")] for row in rows[1:]):
            found.append(geojson_of(rows))
    found.append(json.dumps(HSDS).encode())
    return found


def damaged_cells(dice: random.Random) -> bytes:
    """Return a file of a published shape with hostile cells, headers and lengths of rows."""
    kind = dice.choice(list(HEADERS))
    rows = [list(row) for row in rows_of(kind, [{}] * dice.randint(1, 6))]
    for _ in range(dice.randint(1, 25)):
        row = dice.randrange(len(rows)) if dice.random() < 0.2 else dice.randrange(1, len(rows))
        rows[row][dice.randrange(len(rows[row]))] = dice.choice(HOSTILE)
    if dice.random() < 0.2:
        dice.choice(rows).extend(["x"] * dice.randint(1, 400))
    if dice.random() < 0.2:
        del dice.choice(rows)[dice.randint(1, 9) :]
    if dice.random() < 0.2:
        rows.insert(0, [dice.choice(HOSTILE) for _ in range(dice.randint(0, 5))])
    if dice.random() < 0.3:
        plain = [["".join(c for c in cell if c >= " ")[:32_000] for cell in row] for row in rows]
        return excel_of(plain)
    code = dice.choice(("utf-8", "utf-8-sig", "cp932", "utf-16"))
    return csv_of(rows, "utf-8").decode().encode(code, "replace")


def damaged_bytes(dice: random.Random, corpus: list[bytes]) -> bytes:
    """Return a good file with bytes flipped, cut, doubled, dropped, or another one inside."""
    blob = bytearray(dice.choice(corpus))
    for _ in range(dice.randint(1, 12)):
        at = dice.randrange(len(blob)) if blob else 0
        how = dice.randrange(6)
        if how == 0 and blob:
            blob[at] = dice.randrange(256)
        elif how == 1:
            del blob[at:]
        elif how == 2:
            del blob[at : at + dice.randint(1, 50)]
        elif how == 3:
            blob[at:at] = blob[at : at + dice.randint(1, 200)] * dice.randint(1, 30)
        elif how == 4:
            other = dice.choice(corpus)
            blob[at:at] = other[: dice.randint(1, len(other))]
        else:
            blob[at:at] = bytes(dice.choice(HOSTILE), "utf-8", "replace")
    return bytes(blob)


def damaged_parts(dice: random.Random) -> bytes:
    """Return a workbook with parts of it missing, doubled, hostile, or enormous when unpacked."""
    rows = rows_of(dice.choice(list(HEADERS)), [{}] * 2)
    with zipfile.ZipFile(io.BytesIO(excel_of(rows))) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    for _ in range(dice.randint(1, 4)):
        name = dice.choice(list(parts))
        how = dice.randrange(7)
        text = parts[name]
        if how == 0:
            del parts[name]
        elif how == 1:
            parts[name] = damaged_bytes(dice, [text or b"x"])
        elif how == 2:
            parts[name] = text + b" " * dice.choice((10, 5_000_000))
        elif how == 3:
            parts[name] = b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>" + text
        elif how == 4:
            parts[name] = text.replace(b'r="A2"', b'r="XFD1048576"').replace(
                b'r="2"', b'r="1048576"'
            )
        elif how == 5:
            parts[name] = text.replace(b"<v>", b"<v>9" + b"9" * dice.randint(1, 400))
        else:
            parts["../" + name] = text
        if not parts:
            break
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as out:
        for name, text in parts.items():
            out.writestr(name, text)
    return stream.getvalue()


def faults(found: Incoming) -> list[str]:
    """Return what is wrong with an account of a file."""
    refused = [(each.sheet, each.row) for each in found.refused]
    kept = set(zip(found.services["sheet"], found.services["file_row"], strict=True))
    problems = []
    if len(set(refused)) != len(refused):
        problems.append("a row is refused twice")
    if set(refused) & kept:
        problems.append("a row is kept and refused")
    if found.rows_read != len(refused) + len(kept):
        problems.append(f"{found.rows_read} rows, {len(refused)} refused, {len(kept)} kept")
    hidden = found.organisations[~found.organisations["location_public"]]
    if (hidden[["municipality_code", "address", "precision"]] != "").any(axis=None):
        problems.append("a hidden location shows")
    text = found.organisations.to_csv() + found.services.to_csv()
    if any(sign in text for sign in "\0\u202e\u2066"):
        problems.append("an invisible sign came through")
    return problems


def try_shapes(count: int, seed: int) -> int:
    """Read so many files of real shapes; print how many rows became what, and what was lost."""
    data, failures = load(), 0
    outcomes: Counter[str] = Counter()
    start = time.perf_counter()
    for number in range(seed, seed + count):
        one = drawn(number)
        found: Incoming | DataError
        try:
            found = read_as_proposed(one, data)
            outcomes["read"] += 1
            outcomes["rows taken"] += found.rows_taken
            outcomes["rows refused"] += len(found.refused)
            outcomes["rows left out"] += found.rows_left_out
        except DataError as error:
            found = error
            outcomes["refused as a whole"] += 1
        if problems := shape_faults(one, found):
            failures += 1
            print(f"seed {number} ({one.name}): {problems}")
    print(f"{count:,} files of real shapes in {time.perf_counter() - start:,.0f} s")
    for outcome, rows in outcomes.items():
        print(f"  {outcome:<20} {rows:>7,}")
    print(f"files with a row lost or unsaid: {failures}")
    return int(failures > 0)


def main() -> int:
    """Run until the time is over; print the size of the corpus and the outcome."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shapes", type=int, default=0, metavar="COUNT", help="files to draw")
    options = parser.parse_args()
    if options.shapes:
        return try_shapes(options.shapes, options.seed)
    corpus, data = seeds(), load()
    makers: dict[str, Callable[[random.Random], bytes]] = {
        "cells": damaged_cells,
        "bytes": lambda dice: damaged_bytes(dice, corpus),
        "parts": damaged_parts,
    }
    outcomes: Counter[tuple[str, str]] = Counter()
    failures, size, slowest = 0, 0, 0.0
    start, number = time.perf_counter(), options.seed * 1_000_000
    while time.perf_counter() - start < options.seconds:
        number += 1
        dice = random.Random(number)
        kind = dice.choice(list(makers))
        blob = makers[kind](dice)
        size += len(blob)
        begun = time.perf_counter()
        try:
            problems = faults(read(open_tables(blob, f"fuzz-{number}"), data))
            outcome = "read"
        except DataError as error:
            problems = [] if str(error) else ["no reason"]
            outcome = "refused"
        except Exception:
            problems, outcome = (
                ["".join(traceback.format_exc().splitlines(keepends=True)[-6:])],
                "broke",
            )
        seconds = time.perf_counter() - begun
        slowest = max(slowest, seconds)
        if seconds > SLOW:
            problems.append(f"took {seconds:.1f} s")
        if problems:
            failures += 1
            print(f"seed {number} ({kind}): {problems}")
        outcomes[kind, outcome] += 1
    files = sum(outcomes.values())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(
        f"{len(corpus)} good files of {len(HEADERS) + 1} shapes; {files:,} damaged ones, {size / 1e6:,.1f} MB"
    )
    for (kind, outcome), count in sorted(outcomes.items()):
        print(f"  {kind:<6} {outcome:<8} {count:>7,}")
    print(f"failures {failures}; slowest {slowest:.2f} s; memory at most {memory:,.0f} MB")
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
