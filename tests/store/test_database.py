"""What both kinds of store promise to whoever reads and writes at the same time."""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from geo.imports import importing, read, seed
from geo.people import reversal
from geo.records import surveys
from geo.store import database, queries, tables
from geo.store.errors import (
    DriverMissingError,
    StoreBusyError,
    StoreFullError,
    StoreReadOnlyError,
    UnstorableTextError,
)
from tests.generated import WRITER, incoming, many, office


def version(engine):
    with database.reading(engine) as connection:
        return connection.scalar(select(tables.state.c.version))


def write(engine, *statements):
    with database.writing(engine) as connection:
        for statement in statements:
            connection.execute(statement)


NEXT = update(tables.state).values(version=tables.state.c.version + 1)


def at_once(*calls):
    """Run calls at the same time and return what each gave or raised."""
    gate = threading.Barrier(len(calls))

    def run(call):
        gate.wait()
        try:
            return call()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return [done.result() for done in [pool.submit(run, call) for call in calls]]


def test_writers_at_once_each_count_and_none_is_lost(engine, shipped):
    towns = list(shipped.municipalities.index[:8])
    calls = [
        lambda code=code: surveys.set_surveyed(
            engine, shipped, code, ["food"], date(2026, 11, 1), "試験", "", WRITER
        )
        for code in towns
    ]
    assert len(set(at_once(*calls))) == 8
    assert version(engine) == 8
    with database.reading(engine) as connection:
        assert set(queries.rows(connection, tables.surveys)["municipality_code"]) == set(towns)


def test_two_imports_of_a_new_source_make_one_source(engine, shipped):
    files = [incoming([office(f"at{n}")], sha256=f"{n}") for n in range(4)]
    done = at_once(
        *(lambda one=one: importing.apply(engine, [one], shipped, WRITER) for one in files)
    )
    assert not [one for one in done if isinstance(one, Exception)]
    with database.reading(engine) as connection:
        titles = queries.rows(connection, tables.sources)["title"]
        held = queries.rows(connection, tables.organisations)
    assert (titles == "生成の一覧").sum() == 1
    # They have no office in common: parts of one list, of which none takes another off it.
    assert held.loc[held.index.str.startswith("at"), "listed"].sum() == 4


def test_of_two_who_undo_one_change_the_second_is_told(engine, shipped):
    [done] = importing.apply(engine, [many(20)], shipped, WRITER)
    found = at_once(*[lambda: reversal.undo(engine, done.change, WRITER)] * 4)
    assert sum(isinstance(one, reversal.UndoError) for one in found) == 3
    assert sum(isinstance(one, int) for one in found) == 1


def test_a_reader_sees_one_state_while_another_writes(engine, shipped):
    with database.reading(engine) as connection:
        first = connection.scalar(select(tables.state.c.version))
        importing.apply(engine, [many(3)], shipped, WRITER)
        assert connection.scalar(select(tables.state.c.version)) == first
        assert "g000000" not in queries.rows(connection, tables.organisations).index
    assert version(engine) == first + 1


def test_a_writer_who_waits_too_long_is_told_and_writes_nothing(store_url, monkeypatch):
    monkeypatch.setattr(database, "BUSY_SECONDS", 1)
    database._engine.cache_clear()
    engine = database.engine(store_url)
    with database.writing(engine), pytest.raises(StoreBusyError, match="ほかの処理"):
        write(engine, NEXT)
    assert version(engine) == 0
    engine.dispose()
    database._engine.cache_clear()


def test_a_full_disk_is_named_and_nothing_half_is_kept(engine, store_kind, shipped, request):
    if store_kind == "sqlite":
        with engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        engine.dispose()

        def fill(connection, _record):
            connection.execute(f"PRAGMA max_page_count = {pages}")

        database.event.listen(engine, "connect", fill)
        with pytest.raises(StoreFullError, match="容量がいっぱい"):
            importing.apply(engine, [many(3000)], shipped, WRITER)
    else:
        full = text("DO $$ BEGIN RAISE SQLSTATE '53100'; END $$")
        with pytest.raises(StoreFullError, match="容量がいっぱい"):
            write(engine, NEXT, full)
    assert version(engine) == 0
    with database.reading(engine) as connection:
        assert "g000000" not in queries.rows(connection, tables.organisations).index


def test_a_store_that_takes_no_writing_is_named(engine, store_kind):
    setting = {
        "sqlite": "PRAGMA query_only=ON",
        "postgresql": "SET TRANSACTION READ ONLY",
    }[store_kind]
    with pytest.raises(StoreReadOnlyError, match="読み取り専用"):
        write(engine, text(setting), NEXT)
    engine.dispose()
    assert version(engine) == 0


def test_what_nobody_could_store_is_refused_as_a_row(engine, shipped):
    bad = [office("a", note="x\x00y"), office("b\x00"), office("d")]
    [done] = importing.apply(engine, [incoming(bad)], shipped, WRITER)
    assert done.counts["organisations"]["new"] == 1
    assert {one.column for one in done.refused} >= {"備考", "記録番号"}
    with database.reading(engine) as connection:
        assert "d" in queries.rows(connection, tables.organisations).index


@pytest.mark.parametrize("store_kind", ["postgresql"], indirect=True)
def test_a_nul_that_reaches_postgresql_is_named(engine, shipped):
    with pytest.raises(UnstorableTextError, match="NUL"):
        surveys.set_surveyed(
            engine, shipped, "016942", ["food"], date(2026, 11, 1), "a\x00", "試験", WRITER
        )
    assert version(engine) == 0


def test_both_kinds_give_back_the_same_values(engine):
    when = datetime(2026, 11, 24, 1, 2, 3, 456789, tzinfo=UTC)
    with database.writing(engine) as connection:
        row = {"url": "u", "checked_at": when, "outcome": "ok", "final_url": "", "note": ""}
        connection.execute(insert(tables.link_checks).values(failures=0, **row))
        first = select(func.min(tables.organisations.c.organisation)).scalar_subquery()
        here = tables.organisations.c.organisation == first
        connection.execute(
            update(tables.organisations)
            .where(here)
            .values(lat=float("nan"), lon=141.123456789012345)
        )
        found = connection.execute(
            select(tables.organisations.c.lat, tables.organisations.c.lon).where(here)
        ).one()
        assert tuple(found) == (None, 141.123456789012345)
        assert connection.scalar(select(tables.link_checks.c.checked_at)) == when


def test_rows_come_by_key_whatever_the_language_of_the_database(engine, shipped):
    names = ["b", "A", "a", "あ", "ア", "-", "亜", "Z", "0"]
    importing.apply(engine, [incoming([office(name) for name in names])], shipped, WRITER)
    with database.reading(engine) as connection:
        found = queries.rows(connection, tables.organisations).index
        assert list(found) == sorted(found)


def test_a_forked_process_has_connections_of_its_own(engine):
    assert version(engine) == 0  # one connection is in the pool now
    child = os.fork()
    if child == 0:
        try:
            write(engine, NEXT)
            os._exit(0)
        except BaseException:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    assert version(engine) == 1


def test_more_pages_than_connections_wait_for_one(engine):
    assert at_once(*[lambda: version(engine)] * 60) == [0] * 60


def test_a_url_may_name_postgresql_as_any_site_writes_it(monkeypatch):
    for url in ("postgresql://u:secret@h:5433/d", "postgresql+psycopg://u:secret@h:5433/d"):
        engine = database.engine(url)
        assert engine.dialect.driver == "psycopg"
        assert database.place(engine) == "h:5433/d"
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(DriverMissingError, match=r"requirements-server\.txt"):
        database.engine("postgresql://another/d")


def test_a_store_in_memory_that_stands_in_takes_no_writing(tmp_path, monkeypatch, shipped):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SHIGEN_WRITE", "1")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'file' / 'store.sqlite3'}")
    with pytest.raises(StoreReadOnlyError):
        importing.apply(seed.open_store(), [many(3)], shipped, WRITER)


def test_errors_name_no_value_of_a_record(engine):
    row = {"id": 1, "format": "x", "title": "生成の秘密", "licence": "", "edition": ""}
    with pytest.raises(IntegrityError, match="sources") as caught:
        write(engine, insert(tables.sources).values(row))
    assert "生成の秘密" not in str(caught.value)


def test_a_change_with_a_time_in_it_can_be_taken_back_and_done_again(engine):
    change = read.keep_match(engine, ["だれ", "どこ"], {"name": "だれ"}, "生成", WRITER)
    with database.reading(engine) as connection:
        before = queries.rows(connection, tables.column_matches)
    undone = reversal.undo(engine, change, WRITER)
    reversal.undo(engine, undone, WRITER)
    with database.reading(engine) as connection:
        assert queries.rows(connection, tables.column_matches).equals(before)
    assert len(before) == 1
