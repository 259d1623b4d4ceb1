import dataclasses
import os
import shutil

import pandas as pd
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, select

from geo.data import dataset
from geo.imports import importing, seed
from geo.store import database, queries, snapshot, tables
from geo.store.database import metadata, reading
from tests.generated import WRITER, incoming, many, office


def count(engine, table):
    with reading(engine) as connection:
        return connection.scalar(select(func.count()).select_from(table))


def test_migrations_make_exactly_the_tables_that_the_code_names(engine):
    with reading(engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_opening_twice_seeds_once(engine, shipped):
    before = count(engine, tables.changes)
    seed.prepare(engine, dataset.DATA_DIRECTORY)
    assert count(engine, tables.changes) == before == 1
    assert count(engine, tables.organisations) == len(shipped.organisations)


def test_no_store_is_made_by_reading(tmp_path, shipped):
    assert snapshot.current().version == shipped.version
    assert not (tmp_path / "store.sqlite3").exists()


def test_an_untouched_store_gives_the_very_dataset_that_ships(engine):
    assert queries.version() == 0
    assert snapshot.current() is snapshot.current()
    assert snapshot.current().version == dataset.load().version


def test_stored_records_are_the_shipped_ones_cell_by_cell(engine, shipped):
    with database.writing(engine) as connection:
        queries.next_version(connection)
    stored = snapshot.current()
    assert stored.version == f"{shipped.version}-1"
    for name in ("organisations", "services"):
        pd.testing.assert_frame_equal(
            getattr(stored, name), getattr(shipped, name), check_dtype=False
        )
    pd.testing.assert_series_equal(stored.layers["complete"], shipped.layers["complete"])


def test_the_dataset_is_the_same_object_until_the_store_changes(engine, shipped):
    importing.apply(engine, [many(3)], shipped, WRITER)
    first = snapshot.current()
    assert snapshot.current() is first
    importing.apply(engine, [incoming([office("another")], source="別の一覧")], shipped, WRITER)
    second = snapshot.current()
    assert second is not first
    assert set(second.organisations.index) - set(first.organisations.index) == {"another"}


def test_a_newer_shipped_directory_updates_a_store_that_was_written_to(engine, shipped, tmp_path):
    importing.apply(engine, [many(3)], shipped, WRITER)
    directory = tmp_path / "data"
    shutil.copytree(dataset.DATA_DIRECTORY, directory)
    path = directory / "organisations.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table.loc[0, "phone"] = "000-0000-0000"
    table.to_csv(path, index=False)

    seed.prepare(engine, directory)
    data = snapshot.current()
    assert data.organisations.at[table.at[0, "organisation"], "phone"] == "000-0000-0000"
    assert "g000002" in data.organisations.index


def test_a_hidden_location_is_in_the_store_and_never_in_the_dataset(engine, shipped):
    hidden = office(
        "shelter",
        location_public=False,
        address="生成町9丁目",
        lat=42.41,
        lon=141.1,
        precision="point",
    )
    importing.apply(engine, [incoming([hidden])], shipped, WRITER)
    with reading(engine) as connection:
        kept = queries.rows(connection, tables.organisations).loc["shelter"]
    assert (kept["address"], kept["lat"]) == ("生成町9丁目", 42.41)
    shown = snapshot.current().organisations.loc["shelter"]
    assert (shown["address"], shown["municipality_code"], shown["precision"]) == ("", "", "")
    assert pd.isna(shown["lat"])


def test_a_store_that_cannot_be_written_still_lets_a_file_be_previewed(
    tmp_path, monkeypatch, shipped
):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'file' / 'store.sqlite3'}")
    plan = importing.preview(seed.open_store(), many(3), shipped, WRITER)
    assert plan.counts("organisations")["new"] == 3


def test_several_processes_may_open_an_empty_store_at_once(empty_url):
    children = []
    for _ in range(4):
        child = os.fork()
        if child == 0:
            try:
                seed.open_store()
                os._exit(0)
            except BaseException:
                os._exit(1)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    assert count(database.engine(), tables.changes) == 1


@pytest.mark.parametrize("status", ["suspended", "closed"])
def test_what_is_suspended_or_closed_is_kept_but_is_no_supply(engine, shipped, status):
    one = many(2)
    services = one.services.assign(status=[status, "active"])
    importing.apply(engine, [dataclasses.replace(one, services=services)], shipped, WRITER)
    data = snapshot.current()
    assert "g000000" not in data.organisations.index
    assert "g000000-s" not in data.services.index
    assert "g000001-s" in data.services.index
    with reading(engine) as connection:
        assert queries.rows(connection, tables.services).at["g000000-s", "status"] == status
