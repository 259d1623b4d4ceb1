"""Give the commands what they share: options, the analysis these ask for, the store, a table."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from sqlalchemy import Engine

from geo.data.spreadsheet import to_csv, to_json
from geo.imports.seed import open_store
from geo.methods.analysis import Analysis, analyse
from geo.methods.need import ELDERLY, PROFILES
from geo.methods.within import EVERYWHERE, range_of
from geo.parameters import CATCHMENT_MINUTES, ROAD_SPEED, Parameters
from geo.people.permissions import Person, allow_on_this_machine, local
from geo.store.snapshot import load_or_current

Parser = argparse.ArgumentParser
AddParser = Callable[..., Parser]  # the `add_parser` of what `add_subparsers` returns
Run = Callable[[argparse.Namespace], None]


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        msg = f"must be above 0, not {text}"
        raise argparse.ArgumentTypeError(msg)
    return value


# Options of several commands, to be given to these as parents.
GIVEN, REACH, TRAVELLING, CHOOSING, ENTERING = (Parser(add_help=False) for _ in range(5))
GIVEN.add_argument("--format", choices=("csv", "json"), default="csv", help="default: csv")
GIVEN.add_argument(
    "--data",
    type=Path,
    metavar="DIR",
    help="directory of the tables (default: the store, or what ships as long as it is untouched)",
)
REACH.add_argument(
    "--minutes",
    type=_positive,
    default=float(CATCHMENT_MINUTES),
    help="catchment T in minutes of travel, default 60",
)
TRAVELLING.add_argument(
    "--speed", type=_positive, default=float(ROAD_SPEED), help="road speed in km/h, default 60"
)
CHOOSING.add_argument(
    "--confidence",
    choices=("A", "AB", "ABC"),
    default="AB",
    help="grades of records that count, default AB",
)
CHOOSING.add_argument(
    "--within",
    default=EVERYWHERE,
    metavar="RANGE",
    help="range compared: 全道 (default), a 振興局 or 二次医療圏 (胆振, 西胆振), or codes with commas",
)
CHOOSING.add_argument(
    "--need",
    choices=tuple(PROFILES),
    default=ELDERLY,
    help="need profile: elderly (default), working, family, everyone",
)
ENTERING.add_argument(
    "--partial",
    action="store_true",
    help="let fields whose inventory is incomplete enter too (provisional)",
)


def analysis_of(options: argparse.Namespace) -> Analysis:
    """Return the analysis of the data and the settings that were asked for."""
    dataset = load_or_current(options.data)
    parameters = Parameters(
        minutes=getattr(options, "minutes", float(CATCHMENT_MINUTES)),
        speed=options.speed,
        partial=getattr(options, "partial", False),
        confidence=tuple(getattr(options, "confidence", "AB")),
        within=range_of(dataset, getattr(options, "within", EVERYWHERE)),
        need=getattr(options, "need", ELDERLY),
    )
    return analyse(dataset, parameters)


def own_store() -> Engine:
    """Return the store, which whoever runs a command may write unless SHIGEN_WRITE=0."""
    allow_on_this_machine()
    return open_store()


def acting(options: argparse.Namespace) -> Person:
    """Return who runs the command: whom --by names, or the machine's user."""
    return local(getattr(options, "by", None) or getpass.getuser())


def printed(make: Callable[[argparse.Namespace], pd.DataFrame]) -> Run:
    """Return a command that writes a table to standard output, as --format says."""

    def run(options: argparse.Namespace) -> None:
        table = make(options)
        sys.stdout.write(to_csv(table) if options.format == "csv" else to_json(table) + "\n")

    return run


def say(words: str) -> None:
    """Tell how it goes, beside what the command gives."""
    sys.stderr.write(f"{words}\n")
