"""Run the methods from a command line: python -m geo COMMAND."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

from geo.commands import documents, fetch, members, plan, records, store
from geo.data.dataset import column_of, position_of
from geo.data.spreadsheet import to_csv, to_json
from geo.errors import DataError, UnknownCodeError
from geo.methods.analysis import Analysis, analyse, coverage_table, scarcity_table
from geo.methods.arrays import travel_between_offices
from geo.parameters import CATCHMENT_MINUTES, ROAD_SPEED, Parameters
from geo.store.errors import StoreError
from geo.store.snapshot import load_or_current

EXIT_BAD_INPUT = 2


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = argparse.ArgumentParser(
        prog="python -m geo",
        description="Social resources of Hokkaido's 179 municipalities. Output is UTF-8.",
    )
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--format", choices=("csv", "json"), default="csv", help="default: csv")
    shared.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="directory of the tables (default: the store, or what ships as long as it is untouched)",
    )
    reach = argparse.ArgumentParser(add_help=False)
    reach.add_argument(
        "--minutes",
        type=_positive,
        default=float(CATCHMENT_MINUTES),
        help="catchment T in minutes of travel, default 60",
    )
    travelling = argparse.ArgumentParser(add_help=False)
    travelling.add_argument(
        "--speed", type=_positive, default=float(ROAD_SPEED), help="road speed in km/h, default 60"
    )
    choosing = argparse.ArgumentParser(add_help=False)
    choosing.add_argument(
        "--confidence",
        choices=("A", "AB", "ABC"),
        default="AB",
        help="grades of records that count, default AB",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser(
        "municipalities", parents=[shared], help="the 179 municipalities with their figures"
    )
    travel = commands.add_parser(
        "travel",
        parents=[shared, travelling],
        help="road km and minutes from one municipal office to all (blank: no way)",
    )
    travel.add_argument("--from", dest="origin", required=True, metavar="CODE")
    coverage = commands.add_parser(
        "coverage",
        parents=[shared, reach, travelling, choosing],
        help="class of each municipality in each field: local, neighbour, remote, none, unknown",
    )
    coverage.add_argument("--field", help="one field code only")
    entering = argparse.ArgumentParser(add_help=False)
    entering.add_argument(
        "--partial",
        action="store_true",
        help="let fields whose inventory is incomplete enter too (provisional)",
    )
    commands.add_parser(
        "scarcity",
        parents=[shared, reach, travelling, choosing, entering],
        help="scarcity 0-100, flag few/middle/many, robustness, need and candidates",
    )
    documents.add_commands(commands, [shared, reach, travelling, choosing, entering])
    records.add_commands(commands)
    store.add_commands(commands)
    members.add_commands(commands)
    fetch.add_commands(commands, shared)
    plan.add_commands(commands, shared, [reach, travelling, choosing])
    return top


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return 0, or 2 after a message on standard error for bad input."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    options = parser().parse_args(arguments)
    if options.command in store.COMMANDS:
        return store.run(options)
    if options.command == "members":
        return members.run(options)
    if options.command in records.COMMANDS:
        return records.run(options)
    try:
        if options.command == "report":
            documents.report(options, _analysis)
            return 0
        table = COMMANDS[options.command](options)
    except (DataError, StoreError, UnknownCodeError, *plan.ERRORS) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_BAD_INPUT
    if table is None:
        return 0
    sys.stdout.write(to_csv(table) if options.format == "csv" else to_json(table) + "\n")
    return 0


def municipalities(options: argparse.Namespace) -> pd.DataFrame:
    """Return the municipalities' table."""
    return load_or_current(options.data).municipalities.reset_index()


def travel(options: argparse.Namespace) -> pd.DataFrame:
    """Return code, name, km (over roads; ferries add minutes only) and minutes from one office."""
    dataset = load_or_current(options.data)
    row = position_of(dataset, options.origin)
    between = travel_between_offices(dataset, Parameters(speed=options.speed))
    table = dataset.municipalities[["name"]].reset_index()
    table["km"] = between.km[row].round(1)
    table["minutes"] = between.minutes[row].round(1)
    return table.replace(float("inf"), float("nan"))


def coverage(options: argparse.Namespace) -> pd.DataFrame:
    """Return the coverage table, of one field or all."""
    analysis = _analysis(options)
    if options.field is not None:
        column_of(analysis.dataset, options.field)
    return coverage_table(analysis, options.field)


def scarcity(options: argparse.Namespace) -> pd.DataFrame:
    """Return the scarcity table."""
    return scarcity_table(_analysis(options))


COMMANDS = {
    "municipalities": municipalities,
    "travel": travel,
    "coverage": coverage,
    "scarcity": scarcity,
    **fetch.COMMANDS,
    "plan": lambda options: plan.run(options, _analysis),
}


def _analysis(options: argparse.Namespace) -> Analysis:
    parameters = Parameters(
        minutes=getattr(options, "minutes", float(CATCHMENT_MINUTES)),
        speed=options.speed,
        partial=getattr(options, "partial", False),
        confidence=tuple(getattr(options, "confidence", "AB")),
    )
    return analyse(load_or_current(options.data), parameters)


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        msg = f"must be above 0, not {text}"
        raise argparse.ArgumentTypeError(msg)
    return value
