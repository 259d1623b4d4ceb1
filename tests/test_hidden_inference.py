"""Two stores differ in nothing but where hidden records stand; nobody is shown that they differ."""

import random
import re
import shutil
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from geo.imports import importing, seed
from geo.imports.read import read
from geo.imports.reading.matching import make_match
from geo.maps import payload
from geo.methods.analysis import analyse
from geo.parameters import Parameters
from geo.people import history, reversal
from geo.people.permissions import VISITOR, local
from geo.records import duplicates, hsds, open_data
from geo.records.quality import condition
from geo.store import snapshot, tables
from geo.store.database import reading
from geo.store.queries import licences
from geo.store.sandbox import open_sandbox
from geo.ui.imports.tables import changed_records, summary
from geo.ui.status import source_table
from tests.generated import member
from tests.generated_files import csv_of
from tests.test_hidden_places import DAY, HERE, NAME, THERE, WAYS
from tests.ui.opened import PAGES, open_page

ELSEWHERE = "012050"  # 室蘭市: of the editor who may change other records, not these
MOMENT_RE = re.compile(rb"20\d\d-\d\d-\d\d[ T]\d\d:\d\d(?::[\d.]+)?")
TOKEN_RE = re.compile(rb"[0-9a-f]{32}")  # of a download that is made when asked for: random
pytestmark = pytest.mark.slow
ROLES = ["visitor", "editor", "sandbox"]


@pytest.fixture(scope="module")
def twins(seeded_sqlite, tmp_path_factory):
    """Return two stores by URL: hidden records made in every way, in one town and in another."""
    made = []
    for place in (HERE, THERE):
        path = tmp_path_factory.mktemp("twin") / "store.sqlite3"
        shutil.copy(seeded_sqlite, path)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DATABASE_URL", f"sqlite:///{path}")
            patch.setenv("SHIGEN_WRITE", "1")
            # The same ids in both: they are random, and say nothing of a place.
            patch.setattr("geo.data.ids.secrets", SimpleNamespace(randbits=random.Random(1).getrandbits))  # fmt: skip
            engine = seed.open_store()
            for way in WAYS:
                way(engine, place)
            editor = member(engine, snapshot.current(), "x@example.jp", "municipal", [ELSEWHERE])
            engine.dispose()
        made.append((f"sqlite:///{path}", editor))
    return made


@pytest.fixture
def each(twins, monkeypatch):
    """Return a function that asks the same of both stores, and both answers."""
    monkeypatch.setattr(
        payload, "secrets", SimpleNamespace(token_hex=lambda count: "0" * 2 * count)
    )

    def ask(of):
        answers = []
        for address, editor in twins:
            monkeypatch.setenv("DATABASE_URL", address)
            answers.append(of(seed.open_store(), editor))
        return answers

    return ask


def assert_same(answers, where):
    one, other = answers
    assert one.keys() == other.keys(), where
    for name in one:
        assert str(one[name]) == str(other[name]), (where, name)


def frames(data):
    return {
        name: getattr(data, name).to_csv()
        for name in ("organisations", "services", "layers", "surveys")
    }


def test_the_stores_themselves_differ(each):
    def held(engine, _):
        with reading(engine) as connection:
            named = tables.organisations.c.name == NAME
            rows = connection.execute(select(tables.organisations).where(named)).mappings()
            return [(row["municipality_code"], row["address"]) for row in rows]

    one, other = each(held)
    assert len(one) == len(other) >= len(WAYS)
    # A reader leaves out where a row stands that must not be shown, an editor does not.
    assert {code for code, _ in one} == {HERE.code, ""}
    assert {code for code, _ in other} == {THERE.code, ""}


def test_no_data_figure_or_export_depends_on_where_a_hidden_record_stands(each):
    def shown(engine, _):
        data = snapshot.current()
        analysis = analyse(data, Parameters(confidence=("A", "B", "C")))
        with reading(engine) as connection:
            terms = licences(connection)
            found = condition(connection, data, DAY)
        return frames(data) | {
            "map": payload.of(data).files,
            "hsds": hsds.services(data, open_data.table(data, terms, DAY)),
            "coverage": open_data.coverage(analysis, DAY),
            "flagged": {name: list(keys) for name, keys in found.flagged.items()},
            "doubles": found.pairs.to_csv(),
        }

    assert_same(each(shown), "data")


def test_no_history_source_or_refusal_depends_on_it(each):
    def told(engine, editor):
        said = {}
        for who in (VISITOR, editor):
            with reading(engine) as connection:
                said[f"history {who.name}"] = (
                    history.recent(connection, who).drop(columns="at").to_csv()
                )
                said[f"sources {who.name}"] = source_table(connection, who).to_csv()
                numbers = list(connection.scalars(select(tables.changes.c.id)))
            for number in numbers:
                try:
                    said[f"{who.name} {number}"] = reversal.would_do(engine, number, who)
                except Exception as refused:
                    said[f"{who.name} {number}"] = str(refused)
        return said

    assert_same(each(told), "history")


def test_no_guess_that_is_imported_tells_it(each):
    def tried(engine, editor):
        said = {}
        for guess in (HERE, THERE):
            rows = [
                ["名称", "住所", "電話番号", "種別"],
                [NAME, f"{guess.town}{guess.street}", guess.phone, "シェルター"],
            ]
            match = {"name": "名称", "address": "住所", "phone": "電話番号", "kind": "種別"}
            kept = make_match("生成の一覧", tuple(rows[0]), match)
            with reading(engine) as connection:
                found = read(connection, snapshot.current(), csv_of(rows), "x.csv", kept)
            for who in (VISITOR, editor):
                plan = importing.preview(engine, found, snapshot.current(), who)
                said[guess.town, who.name] = [
                    summary([plan]).to_csv(),
                    changed_records(plan).to_csv(),
                    plan.refused,
                    plan.last_edition,
                ]
        return said

    assert_same(each(tried), "guesses")


def test_no_sandbox_holds_it(each):
    def copied(engine, _):
        mine = open_sandbox(engine, snapshot.current())
        said = frames(mine.dataset())
        with reading(mine.engine) as connection:
            said["doubles"] = duplicates.proposals(connection).to_csv()
            for table in (tables.organisations, tables.services, tables.sources):
                rows = connection.execute(select(table).order_by(*table.primary_key)).fetchall()
                said[table.name] = repr(rows)
            known = connection.execute(select(tables.source_keys.c.record)).fetchall()
        said["known"] = len(known)
        return said

    assert_same(each(copied), "sandbox")


def drawn(node):
    """Return all that a page sends, but for the time of day and random tokens."""
    found = []
    for child in getattr(node, "children", {}).values():
        found += drawn(child)
    proto = getattr(node, "proto", None)
    if proto is not None:
        sent = proto.SerializeToString(deterministic=True)
        found.append(TOKEN_RE.sub(b"R", MOMENT_RE.sub(b"T", sent)))
    return found


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("page", [page for page in PAGES if page != "overview"])
def test_no_page_shows_where_a_hidden_record_stands(each, monkeypatch, page, role):
    def opened(engine, editor):
        monkeypatch.delenv("SHIGEN_WRITE", raising=False)
        if role == "sandbox":
            mine = open_sandbox(engine, snapshot.current())
            monkeypatch.setattr("geo.ui.session.sandbox", lambda: mine)
            monkeypatch.setattr("geo.ui.session.person", lambda: local("あなた(試し書き)"))
        else:
            who = editor if role == "editor" else VISITOR
            monkeypatch.setattr("geo.ui.session.person", lambda: who)
        app = open_page(page, c="1", code=HERE.code, town=HERE.code)
        assert not app.exception
        sent = [*drawn(app.main), *drawn(app.sidebar)]
        assert len(sent) > 2
        return dict(enumerate(sent))

    assert_same(each(opened), page)
