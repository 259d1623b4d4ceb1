import io
from datetime import date

import pandas as pd
import pytest
from sqlalchemy import Insert, event, insert, select, text

from geo.commands.main import main
from geo.imports import importing, seed
from geo.people import reversal
from geo.plans import saved
from geo.plans.plan import Plan
from geo.records import contacts, drafts, editing, link_checks, surveys
from geo.records.contacts import Contact
from geo.store import database, queries, tables
from geo.store.database import reading, writing
from geo.store.errors import NotLaidOutError
from geo.store.move import MoveError, move
from tests.generated import WRITER, incoming, later, many, member, office
from tests.generated_answers import open_one


@pytest.fixture
def other_url(store_kind, tmp_path, postgres):
    """Return the URL of an empty database of the other kind."""
    if store_kind == "postgresql":
        yield f"sqlite:///{tmp_path / 'moved.sqlite3'}"
    else:
        with postgres.database() as url:
            yield url


@pytest.fixture
def used(engine, shipped):
    """Return a store in which every table has rows."""
    hidden = office("shelter", location_public=False, lat=42.41, lon=141.1, address="生成町9")
    importing.apply(engine, [incoming([hidden])], shipped, WRITER, older=True)
    first = many(40)
    importing.apply(engine, [first], shipped, WRITER, older=True)
    importing.apply(engine, [later(first)], shipped, WRITER)
    keyed = incoming([office("k")], source="鍵のある一覧", own_ids=False)
    importing.apply(engine, [keyed], shipped, WRITER)
    surveys.set_surveyed(
        engine, shipped, "016942", ["food"], date(2026, 11, 1), "試験", "生成", WRITER
    )
    link_checks.record(engine, [link_checks.Answer("http://a.example/", "broken", 404)], WRITER)
    saved.save(engine, Plan(title="生成の計画 '😀"), WRITER)
    member(engine, shipped, "town@example.jp", "municipal", ["012301"])
    contacts.set_contact(engine, "shelter", Contact("生成の担当者"), WRITER)
    open_one(engine, shipped)
    drafts.start(engine, editing.open_edit(engine, "organisations", "shelter", WRITER), WRITER)
    with writing(engine) as connection:
        at = queries.now()
        row = {"signature": "x", "name": "n", "match": "{}", "by_whom": "試験", "at": at}
        connection.execute(insert(tables.column_matches).values(row))
        pair = {"first": "a", "second": "b", "reason": "", "decision": "different"}
        connection.execute(insert(tables.duplicates).values(decided_by="試験", **pair))
        row = {"kind": "organisations", "old": "a-1", "new": "shelter", "shipped": False}
        connection.execute(insert(tables.former_ids).values(row))
        done = {"layer": "kaigo", "kind": "通所介護", "source_id": 1, "edition": ""}
        connection.execute(insert(tables.completions).values(done))
    return engine


def contents(engine):
    with reading(engine) as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in tables.tables()
        }


def test_every_row_of_every_table_comes_along(used, other_url):
    before = contents(used)
    assert all(before.values())  # no table is left untested
    target = database.engine(other_url)
    copied = move(used, target)
    assert {one.table: one.rows for one in copied} == {name: len(r) for name, r in before.items()}
    assert contents(target) == before == contents(used)
    target.dispose()


def test_a_moved_store_counts_on_and_takes_back_what_came_before(
    used, other_url, shipped, monkeypatch
):
    target = database.engine(other_url)
    move(used, target)
    monkeypatch.setenv("DATABASE_URL", other_url)
    opened = seed.open_store()
    with reading(opened) as connection:
        last = connection.scalar(select(tables.changes.c.id).order_by(tables.changes.c.id.desc()))
    assert reversal.undo(opened, last, WRITER) == last + 1
    [done] = importing.apply(
        opened, [incoming([office("new")], source="新しい一覧")], shipped, WRITER
    )
    assert done.change == last + 2
    target.dispose()


def test_what_holds_anything_is_not_written_over(used, other_url):
    target = database.engine(other_url)
    seed.prepare(target, seed.current_directory())
    before = contents(target)
    with pytest.raises(MoveError, match="空ではありません"):
        move(used, target)
    assert contents(target) == before
    with pytest.raises(MoveError, match="空ではありません"):
        move(used, used)
    target.dispose()


def test_a_row_that_comes_out_different_stops_the_move(used, other_url):
    target = database.engine(other_url)

    def spoil(connection, clause, *_):
        if isinstance(clause, Insert) and clause.table is tables.surveys:
            connection.exec_driver_sql("UPDATE surveys SET source = 'x'")

    event.listen(target, "after_execute", spoil)
    with pytest.raises(MoveError, match="surveys の写しが元と違います"):
        move(used, target)
    assert not any(contents(target).values())
    target.dispose()


def test_a_store_that_is_not_laid_out_or_not_ours_is_not_moved(empty_url, other_url):
    source, target = database.engine(empty_url), database.engine(other_url)
    with pytest.raises(NotLaidOutError):
        move(source, target)
    seed.prepare(source, seed.current_directory())
    with writing(source) as connection:
        connection.execute(text("CREATE TABLE others (id INTEGER)"))
    with pytest.raises(MoveError, match="others"):
        move(source, target)
    target.dispose()


def test_commands_say_where_the_store_is_and_move_it(used, other_url, capsys, store_kind):
    assert main(["store"]) == 0
    told = pd.read_csv(io.StringIO(capsys.readouterr().out), dtype=str).set_index("item")["value"]
    assert told["kind"] == store_kind
    assert told["revision"] == told["revision_of_code"]
    assert int(told["rows_plans"]) == 1
    assert main(["move-store", "--to", other_url]) == 0
    table = pd.read_csv(io.StringIO(capsys.readouterr().out)).set_index("table")
    assert table.at["organisations", "rows"] == int(told["rows_organisations"])
    assert main(["move-store", "--to", other_url]) == 2
    assert "空ではありません" in capsys.readouterr().err
    database.engine(other_url).dispose()


def test_commands_never_print_a_password(monkeypatch, capsys):
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:geheim@127.0.0.1:1/d?sslpassword=geheim2")
    assert main(["store"]) == 2
    assert main(["move-store", "--to", "geheim3"]) == 2
    said = capsys.readouterr()
    assert "geheim" not in said.out + said.err


def test_looking_at_a_store_makes_none(own_store, capsys):
    assert main(["store"]) == 0
    assert "revision," in capsys.readouterr().out
    assert not own_store.exists()
