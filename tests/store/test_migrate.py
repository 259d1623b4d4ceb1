"""Bring a store to newer tables and back, with what is in it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import inspect, text

from geo.commands.main import main
from geo.data.dataset import DATA_DIRECTORY
from geo.imports import seed
from geo.plans import saved
from geo.plans.plan import Plan
from geo.store import database
from geo.store.database import reading, writing
from geo.store.errors import StoreNewerError
from geo.store.migrate import UnknownRevisionError, current, known, migrate
from tests.generated import WRITER

OLDEST = known()[0]
NEWEST = known()[-1]


def run(engine, statement, **values):
    with writing(engine) as connection:
        connection.execute(text(statement), values)


def asked(engine, query):
    with reading(engine) as connection:
        return connection.execute(text(query)).fetchall()


def revision(engine):
    with reading(engine) as connection:
        return current(connection)


@pytest.fixture
def oldest(empty_url):
    """Return a store of the first revision that holds a record with its source."""
    engine = database.engine(empty_url)
    migrate(engine, OLDEST)
    run(
        engine,
        "INSERT INTO sources (format, title, licence, edition) VALUES ('x', '生成', '', '')",
    )
    run(
        engine,
        "INSERT INTO organisations (organisation, name, operator, municipality_code, address,"
        " precision, phone, url, location_public, layer, source, source_date, checked_on,"
        " confidence, note, source_id, listed, created_in, changed_in, revision)"
        " VALUES ('a', '生成会', '', '012301', '', 'municipality', '', '', true, 'kaigo', '生成',"
        " '2026-06-30', '2026-07-01', 'A', '', 1, true, 1, 1, 1)",
    )
    run(engine, "INSERT INTO state (id, version, seed) VALUES (1, 7, 'old')")
    return engine


def test_an_old_store_becomes_new_and_keeps_what_it_holds(oldest):
    held = "SELECT name, municipality_code, phone FROM organisations"
    before = asked(oldest, held)
    assert revision(oldest) == OLDEST
    migrate(oldest)
    assert revision(oldest) == NEWEST
    assert asked(oldest, held) == before
    seed.prepare(oldest, DATA_DIRECTORY)
    assert asked(oldest, "SELECT version FROM state") == [(9,)]  # new ids, then what ships
    assert set(asked(oldest, held)) > set(before)


def test_every_step_goes_back_and_forth_with_data(engine):
    ids = "SELECT organisation FROM organisations ORDER BY organisation"
    held = "SELECT name, municipality_code, phone FROM organisations ORDER BY file_row"
    before, named = asked(engine, held), asked(engine, ids)
    for step in [*known()[::-1], *known()]:
        migrate(engine, step)
        assert revision(engine) == step
        assert asked(engine, held) == before
    assert seed.open_store() is engine
    seed.prepare(engine, DATA_DIRECTORY)  # what ships has its own ids again
    assert asked(engine, ids) == named
    assert asked(engine, held) == before
    assert asked(engine, "SELECT version FROM state") == [(0,)]


def test_a_step_back_loses_what_only_the_newer_tables_hold(engine):
    saved.save(engine, Plan(title="生成"), WRITER)
    migrate(engine, "0001")
    assert "plans" not in inspect(engine).get_table_names()
    migrate(engine)
    assert saved.list_plans(engine) == []


def test_a_store_of_newer_code_is_left_alone(engine):
    run(engine, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreNewerError, match="新しい版"):
        migrate(engine)
    assert revision(engine) == "9999"


def test_a_revision_that_is_not_there_is_named(engine):
    with pytest.raises(UnknownRevisionError, match="9999"):
        migrate(engine, "9999")


def test_several_may_migrate_at_once(oldest):
    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(migrate, oldest) for _ in range(6)]:
            done.result()
    assert revision(oldest) == NEWEST


def test_command_migrates_forward_and_back(store_url, capsys):
    assert main(["migrate", "--to", OLDEST]) == 0
    assert OLDEST in capsys.readouterr().out
    assert main(["migrate"]) == 0
    assert NEWEST in capsys.readouterr().out
    assert main(["migrate", "--to", "nothing"]) == 2
    assert "nothing" in capsys.readouterr().err
