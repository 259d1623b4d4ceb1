"""Lay out the store: records, where they come from, and every change that can be undone."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isnan
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

from geo.data.schema import RECORD_COLUMNS
from geo.data.tables import Column as Declared
from geo.data.tables import day, yes
from geo.store.database import metadata

SEED = "seed"  # format of what ships in data/
KEY_SEPARATOR = "\t"  # between the parts of a key; no reader lets it into an id


class Moment(TypeDecorator[datetime]):
    """A point in time, in UTC; SQLite alone would give it back without its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return what is stored."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return what is read."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Number(TypeDecorator[float]):
    """A number, or nothing; PostgreSQL alone would keep pandas' NaN as a number of its own."""

    impl = Float
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> float | None:  # noqa: ARG002
        """Return what is stored."""
        return None if value is None or isnan(value) else value


# Texts that are kept short: codes and keys of word lists.
SHORT = {"municipality_code": 6, "confidence": 1, "status": 10, "precision": 20, "layer": 40, "field": 40}  # fmt: skip


def _declared(kind: str) -> list[Column[Any]]:
    """Return the columns of a kind of record as `geo.data.schema` declares them, its key first."""
    return [_column(kind, name, column) for name, column in RECORD_COLUMNS[kind].items()]


def _column(kind: str, name: str, column: Declared) -> Column[Any]:
    if name == next(iter(RECORD_COLUMNS[kind])):
        return Column(name, Text, primary_key=True)
    if name == "organisation":
        key = ForeignKey("organisations.organisation", deferrable=True, initially="DEFERRED")
        return Column(name, key, nullable=False, index=True)
    if isinstance(column.blank, float):
        return Column(name, Number)
    if column.parse in (yes, day):
        return Column(name, Boolean if column.parse is yes else Date, nullable=False)
    size = SHORT.get(name)
    text = Text if size is None else String(size)
    return Column(name, text, nullable=False, index=name == "municipality_code")


def _standing() -> list[Column[Any]]:
    """Return the columns that say where a record stands beside what its source says of it.

    listed: whether the newest edition of its source names it (掲載なし otherwise). created_in,
    changed_in: numbers of changes. revision: counts the changes of the record.
    """
    return [
        Column("source_id", ForeignKey("sources.id"), nullable=False, index=True),
        Column("file_row", Integer),
        Column("listed", Boolean, nullable=False),
        Column("created_in", Integer, nullable=False),
        Column("changed_in", Integer, nullable=False),
        Column("revision", Integer, nullable=False),
    ]


state = Table(
    "state",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", Integer, nullable=False),  # 0: as it ships
    Column("seed", String(64), nullable=False),  # digest of the tables it was seeded from
)
sources = Table(
    "sources",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("format", String(40), nullable=False),
    Column("title", Text, nullable=False),
    Column("licence", Text, nullable=False),
    Column("edition", String(10), nullable=False),  # ISO date, '' when unknown
)
changes = Table(
    "changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("by_whom", Text, nullable=False),
    Column("kind", String(20), nullable=False),  # a key of geo.people.history.KINDS
    Column("title", Text, nullable=False),
    Column("undoes", Integer),
    Column("undone_by", Integer),
    Column("member", Integer),  # who did it, NULL for the commands and for this machine's user
    Column("reviewed_by", Integer),  # the member who accepted it
)
history = Table(
    "history",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("change_id", ForeignKey("changes.id"), nullable=False, index=True),
    Column("kind", String(20), nullable=False),  # name of the table
    Column("record", Text, nullable=False),  # its key
    Column("action", String(20), nullable=False),
    Column("before", Text),  # JSON of the columns that changed, NULL when it did not exist
)
imports = Table(
    "imports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("change_id", ForeignKey("changes.id"), nullable=False),
    Column("source_id", ForeignKey("sources.id"), nullable=False),
    Column("file", Text, nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("edition", String(10), nullable=False),
    Column("rows_read", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("counts", Text, nullable=False),  # JSON: outcomes by kind of record
)
organisations = Table(
    "organisations",
    metadata,
    *_declared("organisations"),
    Column("same_as", Text),  # the organisation that this one was found to be
    *_standing(),
)
services = Table("services", metadata, *_declared("services"), *_standing())
RECORDS = {"organisations": organisations, "services": services}
# Beside the records, and in no export. A source's key of a record may be made of its address: it is
# kept as a digest that nobody makes again without the store's secret.
secret = Table(
    "secret",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("value", String(64), nullable=False),
)
source_keys = Table(
    "source_keys",
    metadata,
    Column("kind", String(20), primary_key=True),  # name of the record's table
    Column("digest", String(64), primary_key=True),
    Column("record", Text, primary_key=True, index=True),  # its id, whether it is there or undone
)
former_ids = Table(
    "former_ids",
    metadata,
    Column("kind", String(20), primary_key=True),
    Column("old", Text, primary_key=True),
    Column("new", Text, nullable=False, index=True),
    Column("shipped", Boolean, nullable=False),  # whether data/former_ids.csv says it to everybody
)
surveys = Table(
    "surveys",
    metadata,
    Column("municipality_code", String(6), primary_key=True),
    Column("field", String(40), primary_key=True),
    Column("surveyed_on", Date, nullable=False),
    Column("by", Text, nullable=False),
    Column("source", Text, nullable=False),
)
rounds = Table(
    "rounds",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", Text, nullable=False),
    Column("opened_on", Date, nullable=False),
    Column("deadline", Date, nullable=False),
    Column("within", Text, nullable=False),  # the range as it was asked for, for reading
    Column("codes", Text, nullable=False),  # its municipalities, `;`-separated
    Column("fields", Text, nullable=False),  # `;`-separated
    Column("asked_by", Text, nullable=False),
    Column("contact", Text, nullable=False),  # the desk that asks: telephone, address
    Column("closed", Boolean, nullable=False),
    Column("before", Text, nullable=False),  # JSON: classes, fields and flags when it was opened
)
round_towns = Table(
    "round_towns",
    metadata,
    Column(
        "round", ForeignKey("rounds.id", deferrable=True, initially="DEFERRED"), primary_key=True
    ),
    Column("municipality_code", String(6), primary_key=True),
    Column("sent_on", Date),
    Column("reminded_on", Date),
    Column("answered_on", Date),
    Column(
        "answer", Text, nullable=False
    ),  # JSON: what the answers brought, and what is asked back
)
completions = Table(
    "completions",
    metadata,
    Column("layer", String(40), primary_key=True),
    Column("kind", String(80), primary_key=True),  # '' for the whole layer
    Column("source_id", ForeignKey("sources.id"), nullable=False),
    Column("edition", String(10), nullable=False),
)
link_checks = Table(
    "link_checks",
    metadata,
    Column("url", Text, primary_key=True),
    Column("checked_at", Moment, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("http_status", Integer),
    Column("final_url", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("failures", Integer, nullable=False),  # in a row
)
duplicates = Table(
    "duplicates",
    metadata,
    Column("first", Text, primary_key=True),
    Column("second", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("decision", String(10), nullable=False),  # proposed, same, different
    Column("decided_by", Text, nullable=False),
    Column("decided_on", Date),
)
column_matches = Table(
    "column_matches",
    metadata,
    Column("signature", String(64), primary_key=True),  # of the file's column names
    Column("name", Text, nullable=False),
    Column("match", Text, nullable=False),  # JSON
    Column("by_whom", Text, nullable=False),
    Column("at", Moment, nullable=False),
)


members = Table(
    "members",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("email", String(254), nullable=False, unique=True),  # in lower case
    Column("issuer", Text),  # with subject: who signed in first under this address
    Column("subject", Text),
    Column("affiliation", Text, nullable=False),  # what the history shows: an office, no person
    Column("role", String(20), nullable=False),
    Column("municipalities", Text, nullable=False),  # codes, `;`-separated
    Column("reviewed", Boolean, nullable=False),  # whether every change waits for the prefecture
    Column("active", Boolean, nullable=False),
    UniqueConstraint("issuer", "subject", name="uq_members_issuer"),
)
contacts = Table(
    "contacts",
    metadata,
    Column(
        "organisation",
        ForeignKey("organisations.organisation", deferrable=True, initially="DEFERRED"),
        primary_key=True,
    ),
    Column("person", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("note", Text, nullable=False),
)
drafts = Table(
    "drafts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(20), nullable=False),  # name of the record's table
    Column("record", Text, nullable=False),  # its key, new or not
    Column("base_revision", Integer),  # NULL for a new record
    Column("base", Text, nullable=False),  # JSON of the cells when it was opened
    Column("cells", Text, nullable=False),  # JSON of the cells as they are now
    Column("state", String(10), nullable=False),  # a key of geo.records.drafts.STATES
    Column("note", Text, nullable=False),  # of the reviewer
    Column("author", Integer),  # member, NULL for this machine's user
    Column("author_name", Text, nullable=False),
    Column("change_id", Integer),  # what it became
    Column("lock", Integer, nullable=False),
    Column("updated_at", Moment, nullable=False),
)


plans = Table(
    "plans",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("data_version", String(64), nullable=False),
    Column("lock", Integer, nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("updated_at", String(32), nullable=False),
    Column("owner", Integer),  # member, NULL for this machine's user
)


def tables() -> list[Table]:
    """Return the tables, each after those that it refers to."""
    return metadata.sorted_tables
