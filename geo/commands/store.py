"""Keep the store itself: store, migrate, move-store."""

from __future__ import annotations

import argparse
import sys

import pandas as pd
from sqlalchemy import select

from geo.commands.options import AddParser, say
from geo.data.spreadsheet import to_csv
from geo.store import database, migrate, move
from geo.store.tables import state, tables


def add_commands(add: AddParser) -> None:
    """Add the commands of the database."""
    add(
        "store", help="where the store is, the version of its tables and data, its row counts"
    ).set_defaults(run=_store)
    migrating = add(
        "migrate", help="bring the store's tables to this version of the code, or to an older one"
    )
    migrating.add_argument(
        "--to", default=migrate.HEAD, metavar="REVISION", help="default: the newest"
    )
    migrating.set_defaults(run=_migrate)
    moving = add(
        "move-store", help="copy the whole store into another, empty database, and compare it"
    )
    moving.add_argument(
        "--to", required=True, metavar="URL", help="postgresql://… or sqlite:////path/to/file"
    )
    moving.set_defaults(run=_move)


def _store(_options: argparse.Namespace) -> None:
    engine = database.engine()
    path = database.sqlite_file(engine)
    told: list[tuple[str, object]] = [
        ("kind", engine.dialect.name),
        ("place", database.place(engine)),
        ("revision_of_code", migrate.known()[-1]),
    ]
    if path is not None and not path.exists():  # to look must not make one
        told.append(("revision", ""))
    else:
        with database.reading(engine) as connection:
            revision = migrate.current(connection)
            told.append(("revision", revision or ""))
            if revision == migrate.known()[-1]:
                told.append(("data_version", connection.scalar(select(state.c.version))))
                told += [
                    (f"rows_{table.name}", move.count(connection, table)) for table in tables()
                ]
    sys.stdout.write(to_csv(pd.DataFrame(told, columns=["item", "value"])))


def _migrate(options: argparse.Namespace) -> None:
    engine = database.engine()
    migrate.migrate(engine, options.to)
    with database.reading(engine) as connection:
        sys.stdout.write(f"台帳の表は版 {migrate.current(connection)} です\n")


def _move(options: argparse.Namespace) -> None:
    copied = move.move(database.engine(), database.engine(options.to))
    sys.stdout.write(to_csv(pd.DataFrame(copied)))
    say(
        "写しは元と同じです。"
        f"アプリを止めたまま、{database.URL_VARIABLE} を写し先に変えて起動してください"
    )
