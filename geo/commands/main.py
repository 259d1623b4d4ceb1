"""Run one command: python -m geo COMMAND."""

from __future__ import annotations

import sys

from geo.commands import documents, figures, imports, members, plan, records, store, survey
from geo.commands.options import Parser
from geo.errors import GeoError

EXIT_BAD_INPUT = 2


def parser() -> Parser:
    """Return the parser of all commands; each says by `run` what is to be done."""
    top = Parser(
        prog="python -m geo",
        description="Social resources of Hokkaido's 179 municipalities. Output is UTF-8.",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in (figures, documents, imports, records, store, members, plan, survey):
        module.add_commands(commands.add_parser)
    return top


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return 0, or 2 after a message on standard error for bad input."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    options = parser().parse_args(arguments)
    try:
        options.run(options)
    except GeoError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_BAD_INPUT
    return 0
