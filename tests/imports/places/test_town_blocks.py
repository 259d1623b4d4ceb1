import csv
import io
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo.errors import DataError
from geo.imports.n03 import boundaries_from_n03, write_boundaries
from geo.imports.places.points import ground, locate
from geo.imports.places.town_blocks import read_blocks

BLOCK_HEADER = [
    "都道府県名",
    "市区町村名",
    "大字・丁目名",
    "小字・通称名",
    "街区符号・地番",
    "座標系番号",
    "Ｘ座標",
    "Ｙ座標",
    "緯度",
    "経度",
    "住居表示フラグ",
    "代表フラグ",
    "更新前履歴フラグ",
    "更新後履歴フラグ",
]
TOWN_HEADER = [
    "都道府県コード",
    "都道府県名",
    "市区町村コード",
    "市区町村名",
    "大字町丁目コード",
    "大字町丁目名",
    "緯度",
    "経度",
    "原典資料コード",
    "大字・字・丁目区分コード",
]


def archive(path, header, lines):
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([header, *lines])
    with zipfile.ZipFile(path, "w") as out:
        out.writestr(path.stem + ".csv", stream.getvalue().encode("cp932"))
    return path


def block(city, town, number, lat, lon, main="1"):
    return ["北海道", city, town, "", number, "11", "0", "0", lat, lon, "1", main, "0", "0"]


@pytest.fixture
def blocks(tmp_path):
    lines = [
        block("登別市", "中央町六丁目", "11", "42.4130", "141.1070"),
        block("登別市", "中央町六丁目", "12", "42.4140", "141.1080"),
        block("登別市", "中央町六丁目", "11", "42.9", "141.9", main="0"),
        block("札幌市中央区", "北一条西二丁目", "1", "43.0620", "141.3540"),
        block("室蘭市", "幸町", "1", "43.0", "143.0"),
    ]
    towns = [
        ["01", "北海道", "01230", "登別市", "1", "中央町六丁目", "42.4135", "141.1075", "1", "3"],
        ["01", "北海道", "01345", "茅部郡森町", "1", "字御幸町", "42.1050", "140.5760", "1", "1"],
    ]
    return read_blocks(
        [
            archive(tmp_path / "01000-24.0a.zip", BLOCK_HEADER, lines),
            archive(tmp_path / "01000-19.0b.zip", TOWN_HEADER, towns),
        ]
    )


@pytest.mark.parametrize(
    ("code", "rest", "lat"),
    [
        ("012301", "中央町6丁目11番地", 42.4130),
        ("012301", "中央町六丁目12-3", 42.4140),
        ("012301", "中央町6-11", 42.4130),
        ("012301", "中央町6丁目99", 42.4135),
        ("011002", "北1条西2丁目1-1", 43.0620),
        ("011002", "北1西2", 43.0620),
        ("011002", "北1条西2-1", 43.0620),
        ("013455", "御幸町144-1", 42.1050),
        ("013455", "字御幸町144", 42.1050),
        ("012301", "中央町66-1", np.nan),
        ("012301", "知らない町1", np.nan),
        ("012301", "", np.nan),
    ],
)
def test_a_block_is_found_however_its_number_is_written(blocks, code, rest, lat):
    found = blocks.find(np.array([code]), pd.Series([rest], dtype="str"))
    assert found["lat"].iloc[0] == pytest.approx(lat, nan_ok=True)


def test_a_block_gives_its_precision_and_one_outside_its_town_gives_none(shipped, blocks):
    rows = pd.DataFrame(
        [
            ("012301", "中央町6-11", "", ""),
            ("012050", "幸町1", "", ""),
            ("012301", "中央町", "", ""),
        ],
        columns=["code", "rest", "lat", "lon"],
    ).astype("str")
    found = locate(rows, ground(shipped.boundaries), blocks)
    assert found["precision"].tolist() == ["block", "address", "municipality"]
    assert found["lat"].iloc[0] == 42.4130


def test_a_file_that_is_no_block_table_is_refused(tmp_path):
    path = archive(tmp_path / "x.zip", ["あ", "い"], [["1", "2"]])
    with pytest.raises(DataError, match="列がありません"):
        read_blocks([path])
    path.write_bytes(b"PK\x03\x04broken")
    with pytest.raises(DataError, match="読めません"):
        read_blocks([path])


def test_n03_becomes_boundaries_with_sapporo_whole_and_the_villages_apart(tmp_path):
    cells = {"01101": 0, "01102": 1, "01202": 2, "01695": 4, "01700": 5, None: 7}
    frame = gpd.GeoDataFrame(
        {"N03_007": list(cells)},
        geometry=[shapely.box(x, 0, x + 1, 1) for x in cells.values()],
        crs=6668,
    )
    plain = tmp_path / "N03-20250101_01.geojson"
    frame.to_file(plain, driver="GeoJSON")
    packed = tmp_path / "N03-20250101_01_GML.zip"
    with zipfile.ZipFile(packed, "w") as out:
        out.write(plain, "N03-20250101_01.geojson")
    made = boundaries_from_n03(packed, ["011002", "012025"])
    assert made.index.tolist() == ["011002", "012025", "hoppo"]
    assert [round(each.area, 3) for each in made.geometry] == [2, 1, 2]
    assert len(made.loc["011002"].geometry.interiors) == 0
    again = gpd.read_file(write_boundaries(packed, ["011002", "012025"]))
    assert again["code"].tolist() == ["011002", "012025", "hoppo"]
    with pytest.raises(DataError, match="012033"):
        boundaries_from_n03(packed, ["011002", "012033"])
