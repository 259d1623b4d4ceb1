import dataclasses
import io
import json
import zipfile
from datetime import date
from html import unescape

import pandas as pd
import pytest
from sqlalchemy import delete

from geo.imports import importing
from geo.imports.reading import own_export
from geo.imports.reading.files import open_tables
from geo.records.open_data import FILE_TYPES, SUFFIXES, export
from geo.store import snapshot, tables
from geo.store.database import writing
from tests.generated import WRITER, incoming, office, service

DAY = date(2026, 11, 24)
NASTY = "=cmd|' /C calc'!A0 <script>alert(1)</script> {{ 7*7 }} \"引用\",\n改行"


def made(data, form):
    return export(data, form, {}, DAY)


def read_back(blob, name):
    return own_export.read(open_tables(blob, name))


@pytest.mark.parametrize("form", FILE_TYPES)
def test_every_record_comes_back_cell_by_cell(shipped, form):
    back = read_back(made(shipped, form), f"export.{SUFFIXES[form]}")
    for name, columns in (("organisations", []), ("services", ["listed"])):
        expected = getattr(shipped, name).drop(columns=columns)
        found = getattr(back, name)[expected.columns]
        pd.testing.assert_frame_equal(
            found.sort_index(), expected.sort_index(), check_dtype=False, check_names=False
        )


@pytest.mark.parametrize("form", FILE_TYPES)
def test_hostile_text_and_odd_values_come_back_too(engine, shipped, form):
    odd = office(
        "odd",
        name=NASTY,
        note="'quoted",
        phone="+81-143-00-0000",
        lat=42.123456789012345,
        lon=141.0,
    )
    hidden = office(
        "hidden", location_public=False, address="秘密の生成町1-2-3", lat=43.0, lon=142.0
    )
    offers = [
        service("odd-1", "odd", capacity=12.5, service_area=("012301", "012050")),
        service("hidden-1", "hidden", service_area=("prefecture",), modes=("phone", "online")),
    ]
    importing.apply(engine, [incoming([odd, hidden], offers)], shipped, WRITER)
    data = snapshot.current()
    blob = made(data, form)
    back = read_back(blob, "export")
    for key in ("odd", "hidden"):
        expected = data.organisations.loc[key]
        found = back.organisations.loc[key, expected.index]
        pd.testing.assert_series_equal(found, expected, check_dtype=False)
    assert back.services.at["odd-1", "capacity"] == 12.5
    assert back.services.at["odd-1", "service_area"] == ("012301", "012050")


@pytest.mark.parametrize("form", FILE_TYPES)
def test_a_planted_address_that_is_not_public_is_in_no_byte(engine, shipped, form):
    hidden = office("hidden", location_public=False, address="植込町", lat=43.98765, lon=142.12345)
    importing.apply(engine, [incoming([hidden])], shipped, WRITER)
    blob = made(snapshot.current(), form)
    if form == "xlsx":
        with zipfile.ZipFile(io.BytesIO(blob)) as book:
            texts = (unescape(book.read(name).decode()) for name in book.namelist())
            blob = "".join(texts).encode()
        assert "生成事業所hidden".encode() in blob
    for secret in ("植込町", "43.98765", "142.12345"):
        assert secret.encode() not in blob
        assert json.dumps(secret)[1:-1].encode() not in blob


@pytest.mark.parametrize("form", FILE_TYPES)
def test_importing_the_export_into_the_same_store_changes_nothing(engine, shipped, form):
    importing.apply(engine, [incoming([office("x")])], shipped, WRITER)
    data = snapshot.current()
    plan = importing.preview(engine, read_back(made(data, form), "e"), data, WRITER)
    assert plan.refused == ()
    assert plan.changes_nothing


def test_importing_the_export_into_an_empty_store_gives_the_same_data(engine, shipped):
    blob = made(shipped, "csv")
    with writing(engine) as connection:
        for table in (tables.services, tables.organisations):
            connection.execute(delete(table))
    importing.apply(engine, [read_back(blob, "e.csv")], shipped, WRITER)
    data = snapshot.current()
    for name in ("organisations", "services"):
        pd.testing.assert_frame_equal(
            getattr(data, name).sort_index(), getattr(shipped, name).sort_index(), check_dtype=False
        )


def test_an_edited_export_changes_the_record_it_names(engine, shipped):
    key = shipped.organisations.index[3]
    data = dataclasses.replace(shipped, organisations=shipped.organisations.copy())
    data.organisations.loc[key, "phone"] = "0000-00-0000"
    importing.apply(engine, [read_back(made(data, "xlsx"), "e.xlsx")], shipped, WRITER)
    assert snapshot.current().organisations.at[key, "phone"] == "0000-00-0000"


def test_the_csv_carries_licence_and_date_on_every_row(shipped):
    key = shipped.organisations.index[0]
    text = export(shipped, "csv", {key: "CC BY 4.0"}, DAY).decode("utf-8-sig")
    table = pd.read_csv(pd.io.common.StringIO(text), dtype=str, keep_default_na=False)
    assert set(table["作成日"]) == {"2026-11-24"}
    assert set(table.loc[table["記録番号"] == key, "ライセンス"]) == {"CC BY 4.0"}
    assert (table["ライセンス"] != "").all()


def test_hsds_names_what_the_standard_requires(shipped):
    services = json.loads(made(shipped, "hsds"))
    assert len(services) == len(shipped.services)
    for one in services:
        assert {"id", "name", "status"} <= one.keys()
        assert {"id", "name", "description"} <= one["organization"].keys()
        for link in one["service_at_locations"]:
            assert {"id", "location_type"} <= link["location"].keys()
    assert len({one["id"] for one in services}) == len(services)


def test_something_else_is_left_to_the_readers():
    assert read_back("名称,住所\n生成,生成町\n".encode(), "a.csv") is None
    assert read_back(b'[{"a": 1}]', "a.json") is None
