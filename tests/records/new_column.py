"""Follow a column that only the schema, the table of a copy of the data and the store know.

Run with SHIGEN_DATA at a directory whose services.csv has the column `languages`. What the schema
says is said here before anything else is imported; the statement that a migration would hold is run
behind the migrations. All else must do without a line of its own.
"""

import json
from datetime import date

from geo.data import schema
from geo.data.tables import Column, text

NAME, LABEL = "languages", "使える言語"
schema.SERVICE_COLUMNS[NAME] = Column(text, required=False, label=LABEL)
schema.RECORD_COLUMNS["services"] = schema.SERVICE_COLUMNS | {"status": schema.STATUS}

from sqlalchemy import Engine  # noqa: E402

from geo.imports import importing, read, seed  # noqa: E402
from geo.imports.reading.headers import ROLES  # noqa: E402
from geo.imports.reading.matching import make_match  # noqa: E402
from geo.records import directory, editing  # noqa: E402
from geo.records.cells import TYPED  # noqa: E402
from geo.records.open_data import FILE_TYPES, SUFFIXES, export  # noqa: E402
from geo.store import migrate  # noqa: E402
from geo.store.database import reading  # noqa: E402
from geo.store.snapshot import current  # noqa: E402
from geo.ui.imports.tables import changed_records  # noqa: E402
from tests.generated import WRITER, incoming, office, service  # noqa: E402
from tests.generated_files import csv_of  # noqa: E402

DAY = date(2026, 11, 24)
_migrated = migrate.migrate


def _with_column(engine: Engine) -> None:
    _migrated(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE services ADD {NAME} TEXT NOT NULL DEFAULT ''")


migrate.migrate = _with_column


def follow() -> None:
    """Take the column from the file through the store, a form, an export and an import."""
    engine = seed.open_store()
    key = current().services.index[0]
    assert current().services.at[key, NAME] == "日本語"

    edit = editing.open_edit(engine, "services", key, WRITER)
    assert edit.cells[NAME] == "日本語"
    edit.cells[NAME] = "日本語;英語"
    editing.save(engine, current(), edit, WRITER, DAY)
    data = current()
    assert data.services.at[key, NAME] == "日本語;英語"
    assert directory.records(data).at[key, NAME] == "日本語;英語"
    assert TYPED["services"][NAME].asked == LABEL

    for form in FILE_TYPES:
        blob = export(data, form, {}, DAY)
        back = _read(engine, blob, f"x.{SUFFIXES[form]}")
        assert back.services.at[key, NAME] == "日本語;英語"
        assert importing.preview(engine, back, data, WRITER).changes_nothing
    named = export(data, "csv", {}, DAY).decode().splitlines()[0].split(",")
    assert LABEL in named

    assert ROLES[NAME] == LABEL
    rows = [["なまえ", "ばしょ", "ことば"], ["生成サロン", "登別市中央町6-11", "英語"]]
    columns = {"name": "なまえ", "address": "ばしょ", NAME: "ことば"}
    match = make_match("生成の一覧", tuple(rows[0]), columns, kind="サロン")
    found = _read(engine, csv_of(rows), "x.csv", json.loads(json.dumps(match)))
    assert found.services[NAME].tolist() == ["英語"]

    first = incoming([office("a")], [service("a-s", "a")])
    importing.apply(engine, [first], current(), WRITER)
    second = incoming([office("a")], [service("a-s", "a", **{NAME: "英語"})])
    plan = importing.preview(engine, second, current(), WRITER)
    assert changed_records(plan)[["列", "前", "後"]].to_numpy().tolist() == [[LABEL, "", "英語"]]


def _read(engine: Engine, blob: bytes, name: str, match: dict | None = None):
    with reading(engine) as connection:
        return read.read(connection, current(), blob, name, match)


if __name__ == "__main__":
    follow()
