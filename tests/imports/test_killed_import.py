"""Kill the process that imports at every point of the way, and look at what it leaves."""

import os
import signal
import time

import pytest
from sqlalchemy import create_engine, event, select

from geo.imports import importing
from geo.store import database, tables
from tests.generated import WRITER, later, many
from tests.imports.own_process import COUNT, start_import


def contents(url):
    """Return everything a store holds, read by a process that knows nothing of the writer."""
    engine = create_engine(url, isolation_level="SERIALIZABLE")  # one state, all tables
    with engine.connect() as connection:
        found = {
            table.name: connection.execute(select(table)).fetchall()
            for table in tables.metadata.sorted_tables
        }
        if engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    engine.dispose()
    return found


def die_at(engine, statement):
    """Let this process be killed before (even) or after (odd) the n-th half of a statement."""
    seen = iter(range(10_000))

    def strike(*_):
        if next(seen) == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "before_cursor_execute", strike)
    event.listen(engine, "after_cursor_execute", strike)
    event.listen(engine, "commit", strike)


@pytest.mark.slow
def test_a_kill_at_any_statement_leaves_the_store_as_before_or_as_after(engine, shipped, store_url):
    first = many(7)
    importing.apply(engine, [first], shipped, WRITER)
    second = later(
        first,
        organisations=first.organisations.iloc[1:].assign(phone="1"),
        services=first.services.iloc[1:],
    )
    before = contents(store_url)
    engine.dispose()

    for statement in range(10_000):
        child = os.fork()
        if child == 0:
            try:
                own = database.engine(store_url)
                die_at(own, statement)
                importing.apply(own, [second], shipped, WRITER)
                os._exit(0)
            except BaseException:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):  # it came through: every statement has had its kill
            assert os.WEXITSTATUS(status) == 0
            break
        assert os.WTERMSIG(status) == signal.SIGKILL
        assert contents(store_url) == before
    assert statement > 20
    after = contents(store_url)
    assert [row.version for row in after["state"]] == [before["state"][0].version + 1]
    assert sum(row.phone == "1" for row in after["organisations"]) == 6


@pytest.mark.slow
@pytest.mark.parametrize("milliseconds", [30, 150, 400, 700, 1000])
def test_a_process_killed_at_any_time_leaves_all_of_a_file_or_nothing(
    engine, store_url, milliseconds
):
    engine.dispose()
    with start_import() as child:
        time.sleep(milliseconds / 1000)
        child.kill()
    found = contents(store_url)
    arrived = [row for row in found["organisations"] if row.organisation.startswith("g0")]
    assert len(arrived) in (0, COUNT)
    version = found["state"][0].version
    assert (version, len(found["imports"])) == ((0, 1) if not arrived else (1, 2))
