"""Keep the members, so that the first administrator can be made: members list, set, bind, release."""

from __future__ import annotations

import argparse
import sys

from geo.commands.options import AddParser, acting, own_store
from geo.data.spreadsheet import to_csv
from geo.people import members
from geo.store.snapshot import current


def add_commands(add: AddParser) -> None:
    """Add the command of the members and its parts."""
    whole = add("members", help="who may edit what, once there is a sign-in")
    parts = whole.add_subparsers(dest="part", required=True, metavar="PART")
    parts.add_parser("list", help="the members by number; holds personal data").set_defaults(
        run=_list
    )
    setting = parts.add_parser("set", help="invite a member by e-mail address, or change one")
    setting.add_argument("email", metavar="EMAIL")
    setting.add_argument("--role", required=True, choices=members.ASSIGNED)
    setting.add_argument(
        "--affiliation", default="", metavar="OFFICE", help="what the history shows: no person"
    )
    setting.add_argument(
        "--municipality", nargs="*", default=[], metavar="CODE", help="of a municipal editor"
    )
    setting.add_argument(
        "--reviewed", action="store_true", help="every change waits for the prefecture"
    )
    setting.add_argument("--stop", action="store_true", help="let the member do nothing any more")
    setting.set_defaults(run=_set)
    binding = parts.add_parser(
        "bind", help="bind a member to an account whose provider verifies no e-mail addresses"
    )
    binding.add_argument("number", type=int, metavar="NUMBER")
    binding.add_argument("--issuer", required=True, metavar="URL")
    binding.add_argument("--subject", required=True, help="what the page shows to who signed in")
    binding.set_defaults(run=_bind)
    releasing = parts.add_parser("release", help="let a member's next sign-in count as the first")
    releasing.add_argument("number", type=int, metavar="NUMBER")
    releasing.set_defaults(run=_release)


def _list(options: argparse.Namespace) -> None:
    table = members.list_members(own_store(), acting(options))
    sys.stdout.write(to_csv(table.reset_index()))


def _set(options: argparse.Namespace) -> None:
    number = members.set_member(
        own_store(),
        current(),
        options.email,
        acting(options),
        role=options.role,
        affiliation=options.affiliation,
        municipalities=options.municipality,
        reviewed=options.reviewed,
        active=not options.stop,
    )
    sys.stdout.write(f"会員{number}を登録しました\n")


def _bind(options: argparse.Namespace) -> None:
    who = acting(options)
    members.bind(own_store(), options.number, options.issuer, options.subject, who)
    sys.stdout.write(f"会員{options.number}をアカウントに結び付けました\n")


def _release(options: argparse.Namespace) -> None:
    members.release(own_store(), options.number, acting(options))
    sys.stdout.write(f"会員{options.number}は、次のサインインで結び付きます\n")
