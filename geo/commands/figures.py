"""Give the figures of the municipalities: travel, coverage, scarcity, certificates of flags."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

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
    say,
)
from geo.data.dataset import column_of, position_of
from geo.documents.certificate import plain_text, worded
from geo.documents.certificate_pdf import certificate_pdf
from geo.errors import DataError, Problem
from geo.methods.analysis import coverage_table
from geo.methods.arrays import travel_between_offices
from geo.methods.basis import certified_table
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
    certified = add(
        "certificate",
        parents=[GIVEN, REACH, TRAVELLING, CHOOSING, ENTERING],
        help="what stands behind the flag of a municipality, as text or FILE.pdf",
    )
    certified.add_argument("codes", nargs="*", metavar="CODE")
    certified.add_argument("--all", action="store_true", help="all 179 municipalities")
    certified.add_argument("-o", "--output", type=Path, metavar="FILE.pdf")
    certified.set_defaults(run=certify)


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
    """Return the scarcity table, each flag with its range, its fields and its type."""
    return certified_table(analysis_of(options))


def certify(options: argparse.Namespace) -> None:
    """Write certificates of flags to standard output, or to a PDF.

    Raises DataError where no code is given, UnknownCodeError for an unknown one.
    """
    analysis = analysis_of(options)
    codes = list(analysis.dataset.municipalities.index) if options.all else options.codes
    if not codes:
        raise DataError([Problem("certificate", None, None, "市町村コードか --all が要ります")])
    for code in codes:
        position_of(analysis.dataset, code)
    if options.output is None:
        sys.stdout.write("\n".join(plain_text(worded(analysis, code)) for code in codes))
        return
    content = certificate_pdf(analysis, codes)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_bytes(content)
    say(f"{options.output} {len(content):,} bytes")
