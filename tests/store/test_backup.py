"""A backup of a store in SQLite, taken while somebody writes."""

import shutil
import sqlite3
import stat
import threading

import pytest
from sqlalchemy import insert, select, update

from geo.commands.main import EXIT_BAD_INPUT, main
from geo.imports import seed
from geo.store import database, move, queries
from geo.store.database import reading, writing
from geo.store.move import MoveError
from geo.store.tables import link_checks, state, tables


@pytest.fixture
def used(own_store):
    """Return the engine of a store that is open, as while the app runs."""
    return seed.open_store()


def write(engine, number):
    """Change two tables in one transaction."""
    row = {"outcome": "ok", "final_url": "", "note": "", "failures": 0, "checked_at": queries.now()}
    with writing(engine) as connection:
        connection.execute(insert(link_checks).values(url=f"http://{number}.example/", **row))
        connection.execute(update(state).values(version=state.c.version + 1))


def both(engine):
    with reading(engine) as connection:
        return move.count(connection, link_checks), connection.scalar(select(state.c.version))


def copied(path):
    return database.engine(f"sqlite:///{path}")


def test_a_backup_while_somebody_writes_is_one_state_and_whole(used, tmp_path):
    checks, version = both(used)
    stopped, failed, written = threading.Event(), [], []

    def keep_writing():
        try:
            while not stopped.is_set():
                write(used, len(written))
                written.append(1)
        except Exception as error:  # told to the test, which is another thread
            failed.append(error)

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        known = []
        for number in range(8):
            while len(written) < 3 * (number + 1) and writer.is_alive():
                stopped.wait(0.005)
            before = len(written)
            move.backup(used, tmp_path / f"{number}.sqlite3")
            known.append((before, len(written) + 1))
    finally:
        stopped.set()
        writer.join()
    assert failed == []
    for number, (before, after) in enumerate(known):
        now_checks, now_version = both(copied(tmp_path / f"{number}.sqlite3"))
        assert now_checks - checks == now_version - version
        assert before <= now_checks - checks <= after


def test_a_copy_of_the_one_file_lacks_what_the_backup_has(used, own_store, tmp_path):
    write(used, 1)
    shutil.copy(own_store, tmp_path / "copied.sqlite3")
    move.backup(used, tmp_path / "backup.sqlite3")

    def there(name):
        connection = sqlite3.connect(tmp_path / name)
        with connection:
            rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            found = {row[0] for row in rows}
            urls = connection.execute("SELECT url FROM link_checks") if found else []
            seen = ("http://1.example/",) in list(urls)
        connection.close()
        return found, seen

    assert not there("copied.sqlite3")[1]
    tables_there, seen = there("backup.sqlite3")
    assert seen
    assert {table.name for table in tables()} <= tables_there


def test_a_backup_is_one_file_for_its_owner_alone_and_equals_the_store(used, tmp_path):
    write(used, 1)
    folder = tmp_path / "backups"
    folder.mkdir()
    move.backup(used, folder / "b.sqlite3")
    assert [path.name for path in folder.iterdir()] == ["b.sqlite3"]
    assert stat.S_IMODE((folder / "b.sqlite3").stat().st_mode) == 0o600
    with reading(used) as one, reading(copied(folder / "b.sqlite3")) as other:
        for table in tables():
            assert move.digest(one, table) == move.digest(other, table)


def test_no_file_is_overwritten_and_no_half_one_stays(used, tmp_path, monkeypatch):
    taken = tmp_path / "taken.sqlite3"
    taken.write_text("mine")
    with pytest.raises(MoveError, match="もうあります"):
        move.backup(used, taken)
    assert taken.read_text() == "mine"
    with pytest.raises(MoveError, match="作れません"):
        move.backup(used, tmp_path / "no" / "such.sqlite3")

    def broken(*_):
        message = "disk I/O error"
        raise sqlite3.OperationalError(message)

    monkeypatch.setattr(move, "_copy_file", broken)
    with pytest.raises(MoveError, match="disk I/O error"):
        move.backup(used, tmp_path / "broken.sqlite3")
    assert not list(tmp_path.glob("*.part"))
    monkeypatch.undo()
    (tmp_path / "killed.sqlite3.part").write_text("half")
    move.backup(
        database.engine(f"sqlite:///{tmp_path / 'store.sqlite3'}"), tmp_path / "killed.sqlite3"
    )
    assert not list(tmp_path.glob("*.part"))
    assert not (tmp_path / "broken.sqlite3").exists()


def test_the_command_says_what_the_backup_holds(used, tmp_path, capsys):
    file = tmp_path / "b.sqlite3"
    assert main(["store", "--backup", str(file)]) == 0
    told = capsys.readouterr()
    assert str(file) in told.err
    assert f"place,{file}" in told.out
    assert "rows_organisations" in told.out
    assert main(["store", "--backup", str(file)]) == EXIT_BAD_INPUT
    assert "もうあります" in capsys.readouterr().err


def test_another_kind_of_store_is_told_its_own_way(postgres):
    with postgres.database() as url, pytest.raises(MoveError, match="pg_dump"):
        move.backup(database.engine(url), __file__)
