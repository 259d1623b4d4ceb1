"""Run what keeps the members from a command line; so the first administrator is made."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable

from geo.data.spreadsheet import to_csv
from geo.errors import DataError, UnknownCodeError
from geo.imports.seed import open_store
from geo.people import members
from geo.people.permissions import NotAllowedError, allow_on_this_machine, local
from geo.store.errors import StoreError
from geo.store.snapshot import current

EXIT_BAD_INPUT = 2


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command of the members and its parts to the parser."""
    whole = commands.add_parser("members", help="who may edit what, once there is a sign-in")
    parts = whole.add_subparsers(dest="part", required=True, metavar="PART")
    parts.add_parser("list", help="the members by number; holds personal data")
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
    binding = parts.add_parser(
        "bind", help="bind a member to an account whose provider verifies no e-mail addresses"
    )
    binding.add_argument("number", type=int, metavar="NUMBER")
    binding.add_argument("--issuer", required=True, metavar="URL")
    binding.add_argument("--subject", required=True, help="what the page shows to who signed in")
    releasing = parts.add_parser("release", help="let a member's next sign-in count as the first")
    releasing.add_argument("number", type=int, metavar="NUMBER")


def run(options: argparse.Namespace) -> int:
    """Run one command; return 0, or 2 after a message on standard error."""
    allow_on_this_machine()
    try:
        COMMANDS[options.part](options)
    except (DataError, UnknownCodeError, NotAllowedError, StoreError) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_BAD_INPUT
    return 0


def _list(_options: argparse.Namespace) -> None:
    table = members.list_members(open_store(), local(getpass.getuser()))
    sys.stdout.write(to_csv(table.reset_index()))


def _set(options: argparse.Namespace) -> None:
    number = members.set_member(
        open_store(),
        current(),
        options.email,
        local(getpass.getuser()),
        role=options.role,
        affiliation=options.affiliation,
        municipalities=options.municipality,
        reviewed=options.reviewed,
        active=not options.stop,
    )
    sys.stdout.write(f"会員{number}を登録しました\n")


def _bind(options: argparse.Namespace) -> None:
    who = local(getpass.getuser())
    members.bind(open_store(), options.number, options.issuer, options.subject, who)
    sys.stdout.write(f"会員{options.number}をアカウントに結び付けました\n")


def _release(options: argparse.Namespace) -> None:
    members.release(open_store(), options.number, local(getpass.getuser()))
    sys.stdout.write(f"会員{options.number}は、次のサインインで結び付きます\n")


COMMANDS: dict[str, Callable[[argparse.Namespace], None]] = {
    "list": _list,
    "set": _set,
    "bind": _bind,
    "release": _release,
}
