"""Give the records back, check and undo: export, check-links, history, undo."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

from geo.commands.options import AddParser, acting, own_store, say
from geo.data.spreadsheet import to_csv
from geo.people import history, reversal
from geo.records import link_checks
from geo.records.open_data import FILE_TYPES, SUFFIXES, export
from geo.store.database import reading
from geo.store.queries import licences
from geo.store.snapshot import current


def add_commands(add: AddParser) -> None:
    """Add the commands of the records."""
    giving = add("export", help="write all public data, with licence and date")
    giving.add_argument("--format", choices=tuple(FILE_TYPES), default="csv", help="default: csv")
    giving.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    giving.set_defaults(run=_export)
    checking = add("check-links", help="ask politely whether the records' addresses still answer")
    checking.add_argument("--limit", type=int, metavar="N", help="at most N addresses")
    checking.set_defaults(run=_check_links)
    add("history", help="the newest changes of the store, with their numbers").set_defaults(
        run=_history
    )
    undoing = add("undo", help="take one change of the store back")
    undoing.add_argument("change", type=int, metavar="NUMBER")
    undoing.add_argument("--by", default=None, metavar="NAME", help="who does it")
    undoing.set_defaults(run=_undo)


def _export(options: argparse.Namespace) -> None:
    with reading(own_store()) as connection:
        terms = licences(connection)
    content = export(current(), options.format, terms, date.today())
    if options.output is None:
        sys.stdout.buffer.write(content)
    else:
        options.output.write_bytes(content)
        say(f"{options.output}: 書き出しました({SUFFIXES[options.format]})")


def _check_links(options: argparse.Namespace) -> None:
    found = link_checks.check_all(
        own_store(),
        acting(options),
        limit=options.limit,
        progress=lambda done, total, url: say(f"{done:,}/{total:,} {url}"),
    )
    sys.stdout.write(to_csv(found))


def _history(options: argparse.Namespace) -> None:
    with reading(own_store()) as connection:
        sys.stdout.write(to_csv(history.recent(connection, acting(options))))


def _undo(options: argparse.Namespace) -> None:
    number = reversal.undo(own_store(), options.change, acting(options))
    sys.stdout.write(f"変更{options.change}を取り消しました(変更の番号 {number})\n")
