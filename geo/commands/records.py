"""Run what reads and writes the store from a command line: import, export, check-links, history."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

from sqlalchemy import Engine

from geo.data.schema import RECORD_NAMES
from geo.data.spreadsheet import to_csv, to_excel
from geo.errors import DataError
from geo.imports import importing, read
from geo.imports.seed import open_store
from geo.people import history
from geo.people.history import UndoError
from geo.people.permissions import NotAllowedError, Person, allow_on_this_machine, local
from geo.records import link_checks
from geo.records.open_data import FORMATS, SUFFIXES, export
from geo.store.database import reading
from geo.store.errors import StoreError
from geo.store.queries import licences
from geo.store.snapshot import current

EXIT_BAD_INPUT = 2


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands of the store to the parser."""
    bringing = commands.add_parser(
        "import", help="bring files into the store: all of them or none; refused rows are named"
    )
    bringing.add_argument("files", nargs="+", type=Path, metavar="FILE")
    bringing.add_argument("--dry-run", action="store_true", help="say what would change, no more")
    bringing.add_argument(
        "--report", type=Path, metavar="FILE", help="write the refused rows (.csv or .xlsx)"
    )
    bringing.add_argument("--older", action="store_true", help="let an edition replace a newer one")
    giving = commands.add_parser("export", help="write all public data, with licence and date")
    giving.add_argument("--format", choices=tuple(FORMATS), default="csv", help="default: csv")
    giving.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    checking = commands.add_parser(
        "check-links", help="ask politely whether the records' addresses still answer"
    )
    checking.add_argument("--limit", type=int, metavar="N", help="at most N addresses")
    commands.add_parser("history", help="the newest changes of the store, with their numbers")
    undoing = commands.add_parser("undo", help="take one change of the store back")
    undoing.add_argument("change", type=int, metavar="NUMBER")
    for each in (bringing, undoing):
        each.add_argument("--by", default=None, metavar="NAME", help="who does it")


def run(options: argparse.Namespace) -> int:
    """Run one command; return 0, or 2 after a message on standard error."""
    allow_on_this_machine()
    try:
        return COMMANDS[options.command](options, open_store())
    except (DataError, UndoError, NotAllowedError, StoreError) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_BAD_INPUT


def _import(options: argparse.Namespace, engine: Engine) -> int:
    incomings, data = [], current()
    with reading(engine) as connection:
        for path in options.files:
            _say(f"{path.name}: 読んでいます")
            incomings.append(read.read(connection, data, path, path.name))
    if options.dry_run:
        plans = [importing.preview(engine, incoming, data, _who(options)) for incoming in incomings]
        for plan in plans:
            counts = {kind: plan.counts(kind) for kind in RECORD_NAMES}
            _tell(plan.incoming.file, plan.incoming.source, counts, len(plan.refused))
            if plan.older:
                sys.stdout.write(f"  登録済みの版({plan.last_edition})より古い版です\n")
        refused = [refusal for plan in plans for refusal in plan.refused]
        sys.stdout.write("--dry-run: 台帳には何も書き込んでいません\n")
    else:
        done = importing.apply(
            engine,
            incomings,
            data,
            _who(options),
            older=options.older,
            progress=lambda share, words: _say(f"{share:4.0%} {words}"),
        )
        for one in done:
            _tell(one.file, one.source, one.counts, len(one.refused))
            number = "変更はありません" if one.change is None else f"変更の番号 {one.change}"
            sys.stdout.write(f"  {number}\n")
        refused = [refusal for one in done for refusal in one.refused]
    if options.report is not None:
        _report(options.report, refused)
    elif refused:
        for each in refused[:SHOWN]:
            row = "" if each.row is None else f" {each.row}行目"
            _say(f"{each.file}{row} 「{each.column}」{each.value}: {each.reason}")
        if len(refused) > SHOWN:
            sys.stderr.write(
                f"ほか{len(refused) - SHOWN:,}行(--report FILE で全部を書き出せます)\n"
            )
    return 0


SHOWN = 10


def _tell(file: str, source: str, counts: dict[str, dict[str, int]], refused: int) -> None:
    sys.stdout.write(f"{file}({source})\n")
    for kind, found in counts.items():
        line = "、".join(f"{label} {found[key]:,}" for key, label in importing.OUTCOMES.items())
        sys.stdout.write(f"  {RECORD_NAMES[kind]}: {line}\n")
    sys.stdout.write(f"  取り込めない行: {refused:,}\n")


def _report(path: Path, refused: list[importing.Refusal]) -> None:
    table = importing.refused_table(refused)
    if path.suffix.lower() == ".xlsx":
        path.write_bytes(to_excel({"取り込めない行": table}, ["取り込みの結果"]))
    else:
        path.write_text(to_csv(table, for_spreadsheet=True), encoding="utf-8")
    _say(f"{path}: 取り込めない行 {len(table):,}行を書き出しました")


def _export(options: argparse.Namespace, engine: Engine) -> int:
    with reading(engine) as connection:
        terms = licences(connection)
    content = export(current(), options.format, terms, date.today())
    if options.output is None:
        sys.stdout.buffer.write(content)
    else:
        options.output.write_bytes(content)
        _say(f"{options.output}: 書き出しました({SUFFIXES[options.format]})")
    return 0


def _check_links(options: argparse.Namespace, engine: Engine) -> int:
    found = link_checks.check_all(
        engine,
        _who(options),
        limit=options.limit,
        progress=lambda done, total, url: _say(f"{done:,}/{total:,} {url}"),
    )
    sys.stdout.write(to_csv(found))
    return 0


def _history(options: argparse.Namespace, engine: Engine) -> int:
    with reading(engine) as connection:
        sys.stdout.write(to_csv(history.recent(connection, _who(options))))
    return 0


def _undo(options: argparse.Namespace, engine: Engine) -> int:
    number = history.undo(engine, options.change, _who(options))
    sys.stdout.write(f"変更{options.change}を取り消しました(変更の番号 {number})\n")
    return 0


def _who(options: argparse.Namespace) -> Person:
    return local(getattr(options, "by", None) or getpass.getuser())


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")


COMMANDS: dict[str, Callable[[argparse.Namespace, Engine], int]] = {
    "import": _import,
    "export": _export,
    "check-links": _check_links,
    "history": _history,
    "undo": _undo,
}
