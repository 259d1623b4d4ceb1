"""Ask in rounds: survey new, forms, load, status."""

from __future__ import annotations

import argparse
import sys
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from geo.commands.options import GIVEN, AddParser, acting, own_store, printed, say
from geo.documents.links import base_address
from geo.documents.mailing import letters
from geo.errors import DataError, Problem
from geo.methods.within import EVERYWHERE, label, members, range_of
from geo.plans.round import sentence, status_table, with_before
from geo.plans.saved import open_plan
from geo.records import loading, rounds
from geo.store.database import reading
from geo.store.rounds import Round, all_rounds, open_round, towns
from geo.store.snapshot import current

USUAL_DAYS = 30  # until the deadline


def add_commands(add: AddParser) -> None:
    """Add `survey` and its commands."""
    survey = add("survey", help="a survey round: new, forms, load, status")
    parts = survey.add_subparsers(dest="part", required=True, metavar="PART")
    one = parts.add_parser("new", help="open a round; prints its key")
    one.add_argument("name", metavar="NAME")
    one.add_argument("--deadline", type=date.fromisoformat, metavar="YYYY-MM-DD")
    one.add_argument(
        "--within",
        default=EVERYWHERE,
        metavar="RANGE",
        help="全道 (default), a 振興局 or 二次医療圏, or codes with commas",
    )
    one.add_argument("--plan", metavar="PLAN", help="the areas of a saved plan instead")
    one.add_argument(
        "--fields", default="", metavar="FIELDS", help="codes with commas; default all"
    )
    one.add_argument("--asked-by", default="", metavar="OFFICE", help="who asks")
    one.add_argument("--contact", default="", metavar="WORDS", help="telephone or address to ask")
    one.add_argument("--by", default=None, metavar="NAME", help="who does it")
    one.set_defaults(run=new)
    one = parts.add_parser("forms", help="write all letters of a round as one ZIP")
    one.add_argument("round", metavar="ROUND")
    one.add_argument("--out", type=Path, metavar="FILE", help="default: 調査票_ROUND.zip")
    one.add_argument("--sent", action="store_true", help="note that they are sent today")
    one.add_argument("--by", default=None, metavar="NAME")
    one.set_defaults(run=forms)
    one = parts.add_parser("load", help="load answers (any number of files or ZIPs) in one change")
    one.add_argument("round", metavar="ROUND")
    one.add_argument("files", nargs="+", type=Path, metavar="FILE")
    one.add_argument("--dry-run", action="store_true", help="say what would change, no more")
    one.add_argument("--by", default=None, metavar="NAME")
    one.set_defaults(run=load)
    one = parts.add_parser("status", parents=[GIVEN], help="the rounds, or one round town by town")
    one.add_argument("round", nargs="?", default="", metavar="ROUND")
    one.set_defaults(run=printed(status))


def new(options: argparse.Namespace) -> None:
    """Open a round over a range or the areas of a plan."""
    engine, data, today = own_store(), current(), date.today()
    if options.plan:
        plan = open_plan(engine, options.plan).plan
        codes, within = plan.codes, f"計画「{plan.title}」の対象地域"
    else:
        named = range_of(data, options.within)
        codes = tuple(data.municipalities.index[members(data, named)])
        within = label(data, named)
    fields = tuple(filter(None, options.fields.split(","))) or tuple(data.fields.index)
    who = acting(options)
    asked = Round(
        "",
        options.name,
        today,
        options.deadline or today + timedelta(days=USUAL_DAYS),
        within,
        codes,
        fields,
        options.asked_by or who.name,
        options.contact,
    )
    made = rounds.start(engine, data, with_before(data, asked), who)
    sys.stdout.write(f"{made.id}\n")
    say(f"調査回「{made.name}」を始めました({within}、期限 {made.deadline})")


def forms(options: argparse.Namespace) -> None:
    """Write the letters of a round."""
    engine, data, today = own_store(), current(), date.today()
    with reading(engine) as connection:
        round_ = open_round(connection, options.round)
    content = letters(data, round_, today, base_address(), _every_tenth())
    path = options.out or Path(f"調査票_{round_.id}.zip")
    path.write_bytes(content)
    if options.sent:
        rounds.note_sent(engine, round_.id, round_.codes, today, acting(options))
    say(f"{path}: {len(round_.codes)}市町村の調査票を書き出しました")


def load(options: argparse.Namespace) -> None:
    """Load answers, or say what they would change."""
    engine, data, today = own_store(), current(), date.today()
    files = []
    for path in options.files:
        try:
            files.append((path.name, path.read_bytes()))
        except OSError as error:
            reason = f"開けません: {error.strerror}"
            raise DataError([Problem(path.name, None, None, reason)]) from None
    answers, refused = loading.read_files(files, data, progress=_every_tenth())
    who = acting(options)
    if options.dry_run:
        plan = loading.preview(engine, data, options.round, answers, who, today)
        said = "--dry-run: 台帳には何も書き込んでいません"
    else:
        done = loading.load(
            engine, data, options.round, answers, who, today, progress=_every_tenth()
        )
        plan = done.plan
        said = "変更はありません" if done.change is None else f"変更の番号 {done.change}"
    for row in loading.preview_table(data, plan).to_dict("records"):
        sys.stdout.write("、".join(f"{k} {v}" for k, v in row.items() if v != 0) + "\n")
    for file, why in (*refused, *plan.refused):
        sys.stdout.write(f"読めなかったファイル {file}: {why}\n")
    for file in plan.again:
        sys.stdout.write(f"読み込み済み {file}\n")
    sys.stdout.write(said + "\n")


def status(options: argparse.Namespace) -> pd.DataFrame:
    """Return the rounds, or how far each municipality of one is."""
    engine, data, today = own_store(), current(), date.today()
    with reading(engine) as connection:
        if options.round:
            round_ = open_round(connection, options.round)
            return status_table(data, round_, towns(connection, round_.id), today)
        rows = [
            {
                "round": one.id,
                "name": one.name,
                "deadline": one.deadline,
                "within": one.within,
                "closed": one.closed,
                "status": sentence(data, one, towns(connection, one.id), today),
            }
            for one in all_rounds(connection)
        ]
    return pd.DataFrame(rows, columns=["round", "name", "deadline", "within", "closed", "status"])


class _every_tenth:  # noqa: N801 (used as a function)
    """Say how far something is, a line at every tenth."""

    def __init__(self) -> None:
        self.last = -1.0

    def __call__(self, share: float, words: str) -> None:
        if share - self.last >= 0.1 or (share >= 1 and self.last < 1):
            self.last = share
            say(f"{share:4.0%} {words}")
