"""Add the commands that bring data in: geocode and fetch."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

from geo.errors import DataError, Problem
from geo.imports.catalogue import by_key
from geo.imports.fetch import DIRECTORY, Fetched, fetch, fetched_blocks
from geo.imports.n03 import write_boundaries
from geo.imports.places.addresses import resolve_all
from geo.imports.places.points import ground, locate
from geo.imports.reading.files import open_tables
from geo.imports.reading.headers import plain_header
from geo.imports.reading.recognise import header_rows
from geo.imports.reading.table import Table, clean
from geo.store.snapshot import load_or_current

STEP = 0.1  # share of a file between two lines of progress


def add_commands(commands: argparse._SubParsersAction, shared: argparse.ArgumentParser) -> None:
    """Add the parsers of the commands."""
    geocode_parser = commands.add_parser(
        "geocode",
        parents=[shared],
        help="code, lat, lon and precision of the addresses of a table, and why not",
    )
    geocode_parser.add_argument("file", type=Path, metavar="FILE")
    geocode_parser.add_argument(
        "--address", required=True, metavar="COL", help="header of the addresses"
    )
    geocode_parser.add_argument("--postal", metavar="COL", help="header of the postal codes")
    geocode_parser.add_argument("--lat", metavar="COL", help="header of given latitudes")
    geocode_parser.add_argument("--lon", metavar="COL", help="header of given longitudes")
    fetch_parser = commands.add_parser(
        "fetch", parents=[shared], help="bring official downloads (all, or the sources named)"
    )
    fetch_parser.add_argument("sources", nargs="*", metavar="SOURCE")
    fetch_parser.add_argument("--to", type=Path, default=DIRECTORY, metavar="DIR")


def geocode(options: argparse.Namespace) -> pd.DataFrame:
    """Return row, address, code, name, lat, lon, precision, note and reason of every address."""
    columns = {
        name: getattr(options, name)
        for name in ("address", "postal", "lat", "lon")
        if getattr(options, name)
    }
    cells, rows = _columns(options.file, columns)
    for name in ("postal", "lat", "lon"):
        cells.setdefault(name, pd.Series([""] * len(rows), dtype="str"))
    blank = pd.Series([""] * len(rows), dtype="str")
    asked = {
        "address": cells["address"],
        "context": blank,
        "postal": cells["postal"],
        "publisher": blank,
    }
    resolved = resolve_all(pd.DataFrame(asked))
    lost = (resolved["reason"] != "") & (resolved["rest"] != "")
    wanted = pd.DataFrame({"code": resolved["code"], "rest": resolved["rest"]})
    wanted["lat"], wanted["lon"] = cells["lat"].where(~lost, ""), cells["lon"].where(~lost, "")
    data = load_or_current(options.data)
    found = locate(wanted, ground(data.boundaries), fetched_blocks())
    notes = resolved["note"] + resolved["note"].map(lambda one: "。" if one else "").where(found["mended"] != "", "") + found["mended"]  # fmt: skip
    return pd.DataFrame(
        {
            "row": rows,
            "address": cells["address"],
            "code": found["code"],
            "name": found["code"].map(data.municipalities["name"]).fillna(""),
            "lat": found["lat"],
            "lon": found["lon"],
            "precision": found["precision"],
            "note": notes,
            "reason": resolved["reason"].where(found["code"] == "", ""),
        }
    )


def fetch_sources(options: argparse.Namespace) -> pd.DataFrame:
    """Bring the sources; return source, file, bytes, edition, licence, state of every file.

    A source that fails does not stop the others; with any failure the command ends as for bad
    input, after the rest has come.
    """
    rows: list[dict[str, object]] = []
    problems: list[Problem] = []
    for source in by_key(options.sources):
        sys.stderr.write(
            f"{source.publisher}「{source.title}」({source.cadence}、{source.licence})\n"
        )
        try:
            files = fetch(source, options.to, progress=_Progress())
        except DataError as error:
            problems += error.problems
            continue
        rows += [_row(each, source.licence) for each in files]
        if source.reader == "boundaries":
            codes = load_or_current(options.data).municipalities.index.tolist()
            written = write_boundaries(files[0].path, codes)
            sys.stderr.write(f"  {written} をデータのフォルダーに置くと、この境界で表示します\n")
    if problems:
        for row in rows:
            sys.stderr.write(f"取得済み: {row['file']}\n")
        raise DataError(problems)
    return pd.DataFrame(rows)


COMMANDS = {"geocode": geocode, "fetch": fetch_sources}


class _Progress:
    """Write a line at the start, at every tenth and at the end of a file."""

    def __init__(self) -> None:
        self.name, self.share = "", -1.0

    def __call__(self, name: str, there: int, total: int) -> None:
        share = there / total if total else 0.0
        if name == self.name and share < min(self.share + STEP, 1.0):
            return
        if name == self.name and share == self.share:
            return
        self.name, self.share = name, share
        of = f" / {total / 1e6:,.1f} MB" if total else ""
        sys.stderr.write(f"  {name} {there / 1e6:,.1f}{of or ' MB'}\n")


def _row(each: Fetched, licence: str) -> dict[str, object]:
    return {
        "source": each.source,
        "file": str(each.path),
        "bytes": each.bytes,
        "edition": each.edition,
        "licence": licence,
        "state": "new" if each.fresh else "unchanged",
    }


def _columns(file: Path, columns: dict[str, str]) -> tuple[dict[str, pd.Series], list[int]]:
    """Return the named columns of a table and its row numbers; raise DataError where one lacks."""
    tables = open_tables(file)
    wanted = {name: plain_header(label) for name, label in columns.items()}
    for table in tables:
        for header, labels in header_rows(table) if table.frame.shape[1] > 1 else _single(table):
            plain = [plain_header(label) for label in labels]
            if not set(wanted.values()) <= set(plain):
                continue
            data = table.frame.iloc[header + 1 :]
            filled = (data != "").any(axis=1).to_numpy(dtype=bool)
            cells = {
                name: clean(data[filled].iloc[:, plain.index(label)])[0].reset_index(drop=True)
                for name, label in wanted.items()
            }
            return cells, table.rows[header + 1 :][filled].tolist()
    raise DataError([Problem(file.name, None, label, "この見出しの列がありません") for label in columns.values()])  # fmt: skip


def _single(table: Table) -> list[tuple[int, list[str]]]:
    return [(0, [str(table.frame.iloc[0, 0]).strip()])] if len(table.frame) else []
