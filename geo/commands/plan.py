"""Plan a study: plan candidates, partners, venues, blocks, explain, list, export."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

from geo.commands.options import (
    CHOOSING,
    GIVEN,
    REACH,
    TRAVELLING,
    AddParser,
    analysis_of,
    printed,
)
from geo.data.vocabulary import APPROACHES, CLASSES
from geo.documents.plan import to_docx, to_xlsx
from geo.errors import UnknownCodeError
from geo.imports.seed import open_store
from geo.methods.candidates import candidates, to_dig
from geo.methods.collaboration import collaboration_blocks, sharing_neighbours
from geo.methods.explain import change_sentence, scarcity_parts
from geo.methods.venues import COUNTED, areas_of, venue_table, venues_for
from geo.plans.contacts import link_options, missing_fields
from geo.plans.maps import plan_picture
from geo.plans.plan import PlanError, from_json
from geo.plans.saved import list_plans, open_plan
from geo.store.snapshot import current

FORMATS = ("docx", "xlsx")


def add_commands(add: AddParser) -> None:
    """Add `plan` and its commands."""
    plan = add("plan", help="candidates, partners, venues, blocks; export a plan")
    parts = plan.add_subparsers(dest="part", required=True, metavar="PART")
    every = [GIVEN, REACH, TRAVELLING, CHOOSING]
    one = parts.add_parser(
        "candidates", parents=every, help="areas of high need and high scarcity, robust ones first"
    )
    one.add_argument("--areas", type=_words, default=(), metavar="振興局,…")
    one.add_argument("--field", help="lacking in-person services of this field")
    one.add_argument("--approach", choices=sorted(APPROACHES))
    one.add_argument("--dig", action="store_true", help="掘り起こし対象 (unsurveyed) instead")
    one.set_defaults(run=printed(candidate_rows))
    one = parts.add_parser(
        "partners", parents=every, help="services to link with, and neighbours that lack the same"
    )
    one.add_argument("code", metavar="CODE")
    one.add_argument("--field", help="one field code only (default: all that lack a service here)")
    one.set_defaults(run=printed(partner_rows))
    one = parts.add_parser(
        "venues", parents=every, help="k venues within T minutes of most people, or the fewest"
    )
    number = one.add_mutually_exclusive_group(required=True)
    number.add_argument("--k", type=int, help="number of venues, the fixed ones included")
    number.add_argument("--all", action="store_true", help="the fewest that reach every town")
    one.add_argument("--areas", type=_words, default=(), metavar="CODES", help="default: all 179")
    one.add_argument(
        "--sites", type=_words, default=(), metavar="CODES", help="where a venue may be"
    )
    one.add_argument("--fixed", type=_words, default=(), metavar="CODES", help="venues already set")
    one.add_argument("--count", choices=sorted(COUNTED), default="people")
    one.set_defaults(run=printed(venue_rows))
    one = parts.add_parser("blocks", parents=every, help="adjacent towns that cover more together")
    one.add_argument("--areas", type=_words, required=True, metavar="CODES")
    one.set_defaults(run=printed(block_rows))
    one = parts.add_parser("explain", parents=every, help="each field's part of a scarcity")
    one.add_argument("code", metavar="CODE")
    one.set_defaults(run=printed(explain_rows))
    parts.add_parser("list", parents=[GIVEN], help="the saved plans").set_defaults(
        run=printed(saved_rows)
    )
    one = parts.add_parser("export", help="write a plan as Excel or Word")
    one.add_argument("plan", metavar="PLAN", help="id of a saved plan, or a plan's JSON file")
    one.add_argument("--format", choices=FORMATS, default="docx")
    one.add_argument("--out", type=Path, metavar="FILE", help="default: standard output")
    one.set_defaults(run=export)


def saved_rows(_options: argparse.Namespace) -> pd.DataFrame:
    """Return the saved plans, one a row."""
    return pd.DataFrame(
        [vars(entry) for entry in list_plans(open_store())],
        columns=["id", "title", "data_version", "updated_at"],
    )


def candidate_rows(options: argparse.Namespace) -> pd.DataFrame:
    """Return the candidates, or the municipalities to dig in."""
    analysis = analysis_of(options)
    towns = analysis.dataset.municipalities
    for area in options.areas:
        if area not in set(towns["subprefecture"]):
            raise UnknownCodeError.of(area, "振興局")
    if options.dig:
        return to_dig(analysis, subprefectures=options.areas, field=options.field)
    return candidates(
        analysis, subprefectures=options.areas, field=options.field, approach=options.approach
    )


def partner_rows(options: argparse.Namespace) -> pd.DataFrame:
    """Return code (where it stands), field, kind, name, minutes, … of every possible partner.

    kind: reach, remote, farther (a service), or same_gap (an adjacent municipality that lacks the
    field too).
    """
    analysis = analysis_of(options)
    fields = [options.field] if options.field else missing_fields(analysis, options.code)
    tables = []
    for field in fields:
        services = link_options(analysis, options.code, field)
        offices = analysis.dataset.organisations["municipality_code"]
        tables.append(
            services[services["kind"] != "here"].assign(
                code=lambda table, offices=offices: table["organisation"].map(offices),
                field=field,
            )
        )
        sharing = sharing_neighbours(analysis, options.code, field)
        tables.append(sharing.assign(field=field, kind="same_gap", municipality=sharing["name"]))
    columns = [
        *("code", "field", "kind", "name", "municipality", "minutes", "service", "phone", "url"),
        *("service_area_note", "source", "checked_on", "confidence"),
    ]
    empty = pd.DataFrame(columns=columns)
    table = pd.concat(tables, ignore_index=True) if tables else empty
    return table.reindex(columns=columns).assign(minutes=lambda t: t["minutes"].round(1))


def venue_rows(options: argparse.Namespace) -> pd.DataFrame:
    """Return one row per venue; what is not reached goes to standard error."""
    analysis = analysis_of(options)
    dataset = analysis.dataset
    sites = areas_of(dataset, options.sites) if options.sites else None
    fixed = areas_of(dataset, options.fixed) if options.fixed else None
    found = venues_for(
        dataset,
        analysis.travel,
        areas_of(dataset, options.areas),
        k=None if options.all else options.k,
        limit=options.minutes,
        counted=options.count,
        sites=sites,
        fixed=fixed,
    )
    total = float(found.weight.sum())
    unit = "人" if options.count == "people" else "市町村"
    left = "、".join(dataset.municipalities["name"].iloc[found.towns[~found.covered]])
    sys.stderr.write(
        f"{found.limit:g}分以内: {found.value:,.0f}{unit}({found.value / total:.1%})\n"
        + (f"届かない市町村: {left}\n" if left else "")
    )
    return venue_table(dataset, found)


def block_rows(options: argparse.Namespace) -> pd.DataFrame:
    """Return the collaboration blocks around some areas, codes first."""
    analysis = analysis_of(options)
    chosen = analysis.dataset.municipalities.index[areas_of(analysis.dataset, options.areas)]
    table = collaboration_blocks(analysis, list(chosen))
    return table[["codes", *table.columns.drop("codes")]]


def explain_rows(options: argparse.Namespace) -> pd.DataFrame:
    """Return each field's part; what would change the flag goes to standard error."""
    analysis = analysis_of(options)
    table = scarcity_parts(analysis, options.code)
    sys.stderr.write(change_sentence(analysis, options.code) + "\n")
    rounded = table.assign(class_=table["class"].map(CLASSES)).drop(columns="class")
    return rounded.rename(columns={"class_": "class"}).round(
        {"part": 2, "most": 2, "relative": 3, "minutes": 1}
    )


def export(options: argparse.Namespace) -> None:
    """Write a plan as Excel or Word to a file or to standard output."""
    path = Path(options.plan)
    if path.suffix == ".json":
        try:
            plan = from_json(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            reason = f"{path.name}: 読めません: {error}"
            raise PlanError(reason) from None
    else:
        plan = open_plan(open_store(), options.plan).plan
    if options.format == "docx":
        content = to_docx(plan, plan_picture(plan, current()))
    else:
        content = to_xlsx(plan)
    if options.out is None:
        sys.stdout.buffer.write(content)
    else:
        options.out.write_bytes(content)


def _words(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
