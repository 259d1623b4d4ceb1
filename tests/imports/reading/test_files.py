import datetime as dt
import io
import json
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import DataError
from geo.imports.reading import files, table
from geo.imports.reading.files import open_tables
from geo.imports.reading.table import clean
from tests.generated_files import csv_of, excel_of, geojson_of, rows_of

ROWS = [["名称", "住所"], ["生成カフェ", "登別市中央町6-11"], ["", ""], ["生成②㈱", "室蘭市幸町1"]]


def cells(blob, name="x.csv"):
    return open_tables(blob, name)[0].frame.to_numpy().tolist()


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_a_csv_is_read_in_every_encoding_of_offices(encoding):
    assert cells(csv_of(ROWS, encoding)) == ROWS


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_the_delimiter_is_found(delimiter):
    assert cells(csv_of(ROWS, delimiter=delimiter)) == ROWS


def test_content_decides_and_not_the_name():
    assert cells(excel_of(ROWS), "x.csv") == ROWS
    assert cells(csv_of(ROWS), "x.xlsx") == ROWS
    points = geojson_of([["名称", "緯度", "経度"], ["生成", "42.4", "141.1"]])
    table = open_tables(points, "x.txt")[0]
    assert table.kind == "geojson"
    assert set(table.frame.iloc[0]) == {"名称", "緯度", "経度"}


def test_rows_are_numbered_as_a_spreadsheet_shows_them():
    rows = [
        ["表題", ""],
        ["", ""],
        ["名称", "住所"],
        ["改行\nのある名", "登別市"],
        ["次", "室蘭市"],
    ]
    for blob in (csv_of(rows), excel_of(rows)):
        table = open_tables(blob, "x")[0]
        number = table.rows[table.frame[0].tolist().index("次")]
        assert number == 5


def test_every_excel_cell_comes_as_the_text_it_shows():
    row = [12301, 12301.5, True, dt.date(2026, 4, 1), dt.datetime(2026, 4, 1, 9), None, 0.1]  # fmt: skip
    got = cells(excel_of([["a"] * 7, row]))[1]
    assert got == ["12301", "12301.5", "true", "2026-04-01", "2026-04-01 09:00:00", "", "0.1"]


def test_hidden_sheets_are_marked():
    book = openpyxl.Workbook()
    book.active.append(["名称", "住所"])
    hidden = book.create_sheet("秘密")
    hidden.append(["a", "b"])
    hidden.sheet_state = "hidden"
    stream = io.BytesIO()
    book.save(stream)
    found = open_tables(stream.getvalue(), "x")
    assert [(table.sheet, table.hidden) for table in found] == [("Sheet", False), ("秘密", True)]


def test_a_zip_with_one_table_is_opened_and_one_with_two_is_refused():
    def packed(*names):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            for name in names:
                archive.writestr(name, csv_of(ROWS, "cp932"))
        return stream.getvalue()

    assert cells(packed("a.csv", "読んで.md")) == ROWS
    with pytest.raises(DataError, match="表が2つ"):
        open_tables(packed("a.csv", "b.csv"), "x.zip")


@pytest.mark.parametrize(
    ("blob", "words"),
    [
        (b"", "空のファイル"),
        (b"  \r\n ", "空のファイル"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, r"\.xls"),
        (b"\x89PNG\r\n\x1a\n", "画像"),
        (b"<!DOCTYPE html><html></html>", "HTML"),
        (b"<?xml version='1.0'?><a/>", "XML"),
        (b"PK\x03\x04 not a zip", "壊れて"),
        (b"\xff\xfe\x00", "文字コード"),
        ("名称,住所\nあ".encode() + b"\xff\xfe,\x81", "文字コード"),
        (b'a,b\n1,"never closed\n2,3\n', "引用符"),
        (b'{"a": [', "JSON"),
        (b"[" * 5000, "JSON"),
        (b'{"a":' * 200 + b"1" + b"}" * 200, "深すぎ"),
        ((",".join("a" * 400) + "\n").encode(), "列が400"),
    ],
)
def test_what_cannot_be_a_table_is_refused_with_a_reason(blob, words):
    with pytest.raises(DataError, match=words):
        open_tables(blob, "x.csv")


def test_limits_of_size_rows_and_unpacked_bytes(monkeypatch):
    monkeypatch.setattr(table, "MAX_ROWS", 3)
    with pytest.raises(DataError, match="3行まで"):
        open_tables(csv_of(ROWS), "x.csv")
    monkeypatch.setattr(files, "MAX_BYTES", 10)
    with pytest.raises(DataError, match="までの表"):
        open_tables(csv_of(ROWS), "x.csv")


def bomb(parts):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return stream.getvalue()


def test_a_zip_bomb_is_not_unpacked():
    with pytest.raises(DataError, match="圧縮の率"):
        open_tables(bomb({"[Content_Types].xml": "x", "xl/a.xml": "0" * 50_000_000}), "x.xlsx")
    with pytest.raises(DataError, match="圧縮の率"):
        open_tables(bomb({"a.csv": "0" * 50_000_000}), "x.zip")


@pytest.mark.parametrize("pad", [0, 3_000_000])
def test_an_entity_bomb_is_refused_wherever_it_stands(pad):
    book = zipfile.ZipFile(io.BytesIO(excel_of(ROWS)))
    parts = {name: book.read(name) for name in book.namelist()}
    sheet = next(name for name in parts if name.startswith("xl/worksheets/"))
    noise = b"".join(b"<!--%d-->" % number for number in range(pad // 20))
    parts[sheet] = (
        b"<?xml version='1.0'?>" + noise + b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]>" + parts[sheet]
    )
    with pytest.raises(DataError, match="文書型"):
        open_tables(bomb(parts), "x.xlsx")


def test_a_broken_workbook_is_refused_not_raised():
    good = excel_of(ROWS)
    book = zipfile.ZipFile(io.BytesIO(good))
    for spoilt in book.namelist():
        parts = {name: book.read(name) for name in book.namelist()}
        parts[spoilt] = parts[spoilt][: len(parts[spoilt]) // 2]
        try:
            open_tables(bomb(parts), "x.xlsx")
        except DataError as error:
            assert error.problems  # noqa: PT017 - whether it fails depends on the part


def test_cells_lose_what_is_not_seen_and_say_so():
    text = pd.Series(["\u202e逆\u200b", "a\0b", "x\r\ny", "#N/A", "=1+1", "普通"], dtype="str")
    cleaned, mended, long = clean(text)
    assert cleaned.tolist() == ["逆", "ab", "x y", "", "=1+1", "普通"]
    assert mended.tolist() == [True, True, False, False, False, False]
    assert not long.any()


def test_a_megabyte_cell_is_cut_and_marked():
    cleaned, _, long = clean(pd.Series(["x" * 1_000_000, "y"], dtype="str"))
    assert long.tolist() == [True, False]
    assert len(cleaned[0]) < 100


text_cells = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12).filter(
    lambda cell: cell == cell.strip()
)


@given(st.lists(st.lists(text_cells, min_size=3, max_size=3), min_size=1, max_size=6))
def test_what_a_csv_holds_comes_back(rows):
    rows = [["名称", "住所", "備考"], *rows, ["終", "終", "終"]]
    got = cells(csv_of(rows))
    assert got == rows


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(blob):
    try:
        tables = open_tables(blob, "x")
    except DataError as error:
        assert str(error)  # noqa: PT017
    else:
        assert all(isinstance(cell, str) for t in tables for cell in t.frame.to_numpy().ravel())
        assert all(np.issubdtype(t.rows.dtype, np.integer) for t in tables)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3), max_leaves=8))  # fmt: skip
def test_any_json_is_read_or_refused(document):
    try:
        open_tables(json.dumps(document).encode(), "x")
    except DataError as error:
        assert str(error)  # noqa: PT017


def test_the_published_shapes_have_the_published_numbers_of_columns():
    assert [len(rows_of(kind)[0]) for kind in ("kaigo", "wam", "medical")] == [24, 29, 37]


@pytest.mark.parametrize("name", ["xl/worksheets/sheet1.bin", "xl/anything", "docProps/app.data"])
def test_an_entity_is_refused_in_a_part_of_any_name(name):
    book = zipfile.ZipFile(io.BytesIO(excel_of(ROWS)))
    parts = {part: book.read(part) for part in book.namelist()}
    parts[name] = b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'aaaa'>]><x>&a;</x>"
    with pytest.raises(DataError, match="文書型"):
        open_tables(bomb(parts), "x.xlsx")
