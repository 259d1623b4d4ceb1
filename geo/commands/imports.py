"""Bring data in: import, geocode, fetch."""

from __future__ import annotations

import argparse
import json
import re
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Engine

from geo.commands.options import GIVEN, AddParser, acting, own_store, printed, say
from geo.data.dataset import Dataset
from geo.data.schema import RECORD_NAMES
from geo.data.spreadsheet import to_csv, to_excel
from geo.errors import DataError, Problem
from geo.imports import accounts, importing
from geo.imports.catalogue import Source, by_key
from geo.imports.fetch import DIRECTORY, Fetched, fetch, fetched_blocks, seen_on
from geo.imports.n03 import write_boundaries
from geo.imports.places.addresses import resolve_all
from geo.imports.places.points import ground, locate
from geo.imports.preview import OUTCOMES, Preview
from geo.imports.read import read
from geo.imports.reading.files import open_tables
from geo.imports.reading.headers import plain_header
from geo.imports.reading.heading import Chosen, heads
from geo.imports.reading.incoming import Incoming, Refusal
from geo.imports.reading.matching import make_match
from geo.imports.reading.recognise import UnknownFormatError
from geo.imports.reading.table import Table, clean
from geo.maps.colours import RULE
from geo.store.database import reading
from geo.store.snapshot import current, load_or_current

STEP = 0.1  # share of a file between two lines of progress
SHOWN = 10  # refused rows that are named


def add_commands(add: AddParser) -> None:
    """Add the commands that bring data in."""
    bringing = add(
        "import", help="bring files into the store: all of them or none; refused rows are named"
    )
    bringing.add_argument("files", nargs="+", type=Path, metavar="FILE")
    bringing.add_argument("--dry-run", action="store_true", help="say what would change, no more")
    bringing.add_argument(
        "--report", type=Path, metavar="FILE", help="write the refused rows (.csv or .xlsx)"
    )
    bringing.add_argument("--older", action="store_true", help="let an edition replace a newer one")
    bringing.add_argument("--sheet", default="", metavar="NAME", help="read this sheet alone")
    bringing.add_argument(
        "--header-row", metavar="N[-M]", help="the row of the header, or its first and last row"
    )
    bringing.add_argument("--no-header", action="store_true", help="the table has no header")
    bringing.add_argument(
        "--match",
        type=Path,
        metavar="FILE",
        help="which column is what, as JSON; where it is needed the command prints a proposal",
    )
    bringing.add_argument(
        "--whole",
        action="store_true",
        help="the files are whole lists: what they do not name is listed no more",
    )
    bringing.add_argument("--by", default=None, metavar="NAME", help="who does it")
    bringing.set_defaults(run=_import)
    placing = add(
        "geocode",
        parents=[GIVEN],
        help="code, lat, lon and precision of the addresses of a table, and why not",
    )
    placing.add_argument("file", type=Path, metavar="FILE")
    placing.add_argument("--address", required=True, metavar="COL", help="header of the addresses")
    placing.add_argument("--postal", metavar="COL", help="header of the postal codes")
    placing.add_argument("--lat", metavar="COL", help="header of given latitudes")
    placing.add_argument("--lon", metavar="COL", help="header of given longitudes")
    placing.set_defaults(run=printed(geocode))
    fetching = add(
        "fetch", parents=[GIVEN], help="bring official downloads (all, or the sources named)"
    )
    fetching.add_argument("sources", nargs="*", metavar="SOURCE")
    fetching.add_argument("--all", action="store_true", help="all of them, as without a name")
    fetching.add_argument("--to", type=Path, default=DIRECTORY, metavar="DIR")
    fetching.add_argument(
        "--list", action="store_true", help="bring nothing: name the sources, and what is here"
    )
    fetching.set_defaults(run=printed(fetch_sources))


def _import(options: argparse.Namespace) -> None:
    engine = own_store()
    incomings, data = [], current()
    chosen, match = _chosen(options), _match(options.match)
    with reading(engine) as connection:
        for path in options.files:
            say(f"{path.name}: 読んでいます")
            try:
                incomings.append(read(connection, data, path, path.name, match, chosen))
            except UnknownFormatError as error:
                _propose(error)
                raise
    bring = _previewed if options.dry_run else _applied
    plans = bring(options, engine, incomings, data)
    if options.report is not None:
        _report(options.report, plans)
        return
    _name("取り込めない", [one for plan in plans for one in plan.refused])
    _name("直して読んだ", [one for plan in plans for one in plan.incoming.repaired])


def _chosen(options: argparse.Namespace) -> Chosen | None:
    """Return the sheet and header that the options name; raise DataError for what is no row."""
    rows = None
    if options.header_row:
        found = re.fullmatch(r"(\d+)(?:[-〜~](\d+))?", options.header_row.strip())
        if found is None:
            reason = f"行の番号ではありません: {options.header_row}。3 か 3-4 のように書きます"
            raise DataError([Problem("--header-row", None, None, reason)])
        rows = int(found[1]), int(found[2] or found[1])
    if not (options.sheet or rows or options.no_header):
        return None
    return Chosen(options.sheet, rows, none=options.no_header)


def _match(path: Path | None) -> dict[str, Any] | None:
    """Return the match of columns that a file holds; what it leaves out is as usual."""
    if path is None:
        return None
    try:
        given = json.loads(path.read_text(encoding="utf-8-sig"))
        columns = {str(role): str(label) for role, label in given["columns"].items()}
        usual = make_match(path.stem, tuple(columns.values()), columns)
        made: dict[str, Any] = usual | given | {"columns": columns}
        return made
    except OSError as error:
        raise DataError([Problem(path.name, None, None, f"開けません: {error.strerror}")]) from None
    except (ValueError, KeyError, AttributeError, TypeError):
        reason = '列の対応が読めません。{"name": "一覧の名前", "columns": {"name": "名称"}} の形の JSON です'
        raise DataError([Problem(path.name, None, None, reason)]) from None


def _propose(error: UnknownFormatError) -> None:
    """Print a match of the columns of an unknown file, to be mended and given back by --match."""
    kept = dict(error.kept or {})
    made = {
        "name": kept.get("name", ""),
        "publisher": kept.get("publisher", ""),
        "licence": kept.get("licence", ""),
        "kind": kept.get("kind", ""),
        "scheme": kept.get("scheme", "any"),
        "columns": kept.get("columns") or error.proposals,
    }
    if error.sight.head.tiers == 0:
        made["none"] = True
    say("列: " + "、".join(label for label in error.header if label))
    say("列の対応(確かめて、直して、--match FILE で渡してください):")
    say(json.dumps(made, ensure_ascii=False, indent=1))


def _name(what: str, cells: list[Refusal]) -> None:
    """Say the first of what was refused or mended."""
    for each in cells[:SHOWN]:
        sheet = f" シート「{each.sheet}」" if each.sheet else ""
        row = "" if each.row is None else f" {each.row}行目"
        say(f"{what}: {each.file}{sheet}{row} 「{each.column}」{each.value}: {each.reason}")
    if len(cells) > SHOWN:
        say(f"{what}: ほか{len(cells) - SHOWN:,}か所(--report FILE で全部を書き出せます)")


def _previewed(
    options: argparse.Namespace, engine: Engine, incomings: list[Incoming], data: Dataset
) -> list[Preview]:
    """Say what the files would change; return the plans."""
    who = acting(options)
    plans = [importing.preview(engine, one, data, who, whole=options.whole) for one in incomings]
    for plan in plans:
        _tell(plan, {kind: plan.counts(kind) for kind in RECORD_NAMES})
        if plan.older:
            sys.stdout.write(f"  登録済みの版({plan.last_edition})より古い版です\n")
    sys.stdout.write("--dry-run: 台帳には何も書き込んでいません\n")
    return plans


def _applied(
    options: argparse.Namespace, engine: Engine, incomings: list[Incoming], data: Dataset
) -> list[Preview]:
    """Bring the files in and say what changed; return what was written."""
    done = importing.apply(
        engine,
        incomings,
        data,
        acting(options),
        older=options.older,
        whole=[one.sha256 for one in incomings] if options.whole else (),
        progress=lambda share, words: say(f"{share:4.0%} {words}"),
    )
    for one in done:
        _tell(one.plan, one.counts)
        number = "変更はありません" if one.change is None else f"変更の番号 {one.change}"
        sys.stdout.write(f"  {number}\n")
    return [one.plan for one in done]


def _tell(plan: Preview, counts: dict[str, dict[str, int]]) -> None:
    found = plan.incoming
    sys.stdout.write(f"{found.file}({found.source})\n")
    for kind, numbers in counts.items():
        line = "、".join(f"{label} {numbers[key]:,}" for key, label in OUTCOMES.items())
        sys.stdout.write(f"  {RECORD_NAMES[kind]}: {line}\n")
    sys.stdout.write(f"  {accounts.in_words(plan)}\n")
    for words in found.headers:
        sys.stdout.write(f"  {words}\n")
    for left in found.left_out:
        sheet = f"シート「{left.sheet}」" if left.sheet else ""
        rows = f"{left.first}行目" if left.first == left.last else f"{left.first}〜{left.last}行目"
        sys.stdout.write(f"  読まない: {sheet}{rows}({left.count:,}行) {left.reason}\n")
    for each in found.unused:
        proposal = f"。「{each.proposal}」かもしれません" if each.proposal else ""
        sys.stdout.write(
            f"  使わない列: 「{each.label}」(値のある行 {each.filled:,} / {each.rows:,}){proposal}\n"
        )
    if plan.spared:
        sys.stdout.write(
            f"  前に取り込んだ{plan.spared:,}件がこのファイルにありません。同じ一覧の別の部分とみて、"
            "掲載なしにしていません。一覧の全部なら --whole を付けてください\n"
        )
    sys.stdout.write(f"  取り込めない行: {plan.rows_refused:,}\n")


def _report(path: Path, plans: list[Preview]) -> None:
    refused = accounts.refused_table(one for plan in plans for one in plan.refused)
    mended = accounts.refused_table(one for plan in plans for one in plan.incoming.repaired)
    sheets = {
        "取り込めない行": refused,
        "直して読んだところ": mended,
        "行の内訳": accounts.rows_table(plans),
        "使わない列": accounts.unused_table(plan.incoming for plan in plans),
    }
    if path.suffix.lower() == ".xlsx":
        path.write_bytes(to_excel(sheets, ["取り込みの結果"], head=RULE))
    else:
        rows = sheets["行の内訳"].rename(columns={"扱い": "列", "行数": "値", "内容": "理由"})
        rows["値"] = rows["値"].astype(str) + "行"
        parts = [(name, table) for name, table in sheets.items() if "理由" in table]
        parts.append(("行の内訳", rows))
        listed = [table.assign(区分=name) for name, table in parts]
        path.write_text(to_csv(pd.concat(listed), for_spreadsheet=True), encoding="utf-8")
    say(f"{path}: 取り込めない行 {len(refused):,}行と、行の内訳を書き出しました")


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
    """Bring the sources; return source, file, bytes, edition, licence, state, seen_on of each file.

    A source that fails does not stop the others; with any failure the command ends as for bad
    input, after the rest has come.
    """
    if options.list:
        return sources_table(by_key(options.sources), options.to)
    rows: list[dict[str, object]] = []
    problems: list[Problem] = []
    for source in by_key([] if options.all else options.sources):
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


def sources_table(sources: list[Source], directory: Path) -> pd.DataFrame:
    """Return source, title, publisher, licence, cadence, page, seen_on of every source.

    seen_on: the day its address was last seen to work, by this project or by a fetch into the
    directory; '' where nobody here has seen it.
    """
    names = ("title", "publisher", "licence", "cadence", "page")
    return pd.DataFrame(
        [
            {"source": one.key}
            | {name: getattr(one, name) for name in names}
            | {"seen_on": seen_on(one, directory)}
            for one in sources
        ]
    )


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
        "seen_on": date.today().isoformat(),  # whether it was brought or had not changed
    }


def _columns(file: Path, columns: dict[str, str]) -> tuple[dict[str, pd.Series], list[int]]:
    """Return the named columns of a table and its row numbers; raise DataError where one lacks."""
    tables = open_tables(file)
    wanted = {name: plain_header(label) for name, label in columns.items()}
    for table in tables:
        if table.hidden:
            continue
        found = [(head.below, list(head.labels)) for head in heads(table)]
        for below, labels in found if table.frame.shape[1] > 1 else _single(table):
            plain = [plain_header(label) for label in labels]
            if not set(wanted.values()) <= set(plain):
                continue
            data = table.frame.iloc[below:]
            filled = (data != "").any(axis=1).to_numpy(dtype=bool)
            cells = {
                name: clean(data[filled].iloc[:, plain.index(label)])[0].reset_index(drop=True)
                for name, label in wanted.items()
            }
            return cells, table.rows[below:][filled].tolist()
    raise DataError([Problem(file.name, None, label, "この見出しの列がありません") for label in columns.values()])  # fmt: skip


def _single(table: Table) -> list[tuple[int, list[str]]]:
    return [(1, [str(table.frame.iloc[0, 0]).strip()])] if len(table.frame) else []
