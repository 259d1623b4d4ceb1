"""Give the figures of the municipalities: municipalities, travel, coverage, scarcity."""

from __future__ import annotations

import argparse

import pandas as pd

from geo.commands.options import (
    CHOOSING,
    ENTERING,
    GIVEN,
    REACH,
    TRAVELLING,
    AddParser,
    analysis_of,
    printed,
)
from geo.data.dataset import column_of, position_of
from geo.methods.analysis import coverage_table, scarcity_table
from geo.methods.arrays import travel_between_offices
from geo.parameters import Parameters
from geo.store.snapshot import load_or_current


def add_commands(add: AddParser) -> None:
    """Add the commands of the figures."""
    add(
        "municipalities", parents=[GIVEN], help="the 179 municipalities with their figures"
    ).set_defaults(run=printed(municipalities))
    from_one = add(
        "travel",
        parents=[GIVEN, TRAVELLING],
        help="road km and minutes from one municipal office to all (blank: no way)",
    )
    from_one.add_argument("--from", dest="origin", required=True, metavar="CODE")
    from_one.set_defaults(run=printed(travel))
    covered = add(
        "coverage",
        parents=[GIVEN, REACH, TRAVELLING, CHOOSING],
        help="class of each municipality in each field: local, neighbour, remote, none, unknown",
    )
    covered.add_argument("--field", help="one field code only")
    covered.set_defaults(run=printed(coverage))
    add(
        "scarcity",
        parents=[GIVEN, REACH, TRAVELLING, CHOOSING, ENTERING],
        help="scarcity 0-100, flag few/middle/many, robustness, need and candidates",
    ).set_defaults(run=printed(scarcity))


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
    analysis = analysis_of(options)
    if options.field is not None:
        column_of(analysis.dataset, options.field)
    return coverage_table(analysis, options.field)


def scarcity(options: argparse.Namespace) -> pd.DataFrame:
    """Return the scarcity table."""
    return scarcity_table(analysis_of(options))
