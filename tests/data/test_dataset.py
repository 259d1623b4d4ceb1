from pathlib import Path

import pandas as pd
import pytest

from geo.data.boundaries import NORTHERN_TERRITORIES, touching_pairs
from geo.data.dataset import column_of, load, position_of
from geo.errors import DataError, UnknownCodeError


def spoil(directory: Path, table: str, row: int, column: str, value: str) -> None:
    """Write a value into a table at the row that a spreadsheet shows."""
    path = directory / f"{table}.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame.loc[row - 2, column] = value
    frame.to_csv(path, index=False)


def test_shipped_tables_hold_what_was_published(shipped):
    towns = shipped.municipalities
    assert len(towns) == 179
    assert towns["population_2020"].sum() == 5_224_614
    assert towns["subprefecture"].nunique() == 14
    assert towns["secondary_medical_area"].nunique() == 21
    assert len(shipped.boundaries) == 180
    assert shipped.boundaries.geometry.is_valid.all()
    assert (shipped.organisations["source"] != "").all()
    assert shipped.organisations["confidence"].isin(["A", "B", "C"]).all()
    assert (shipped.services["source"] != "").all()


def test_every_office_stands_in_its_own_polygon(shipped):
    towns = shipped.municipalities
    polygons = shipped.boundaries.drop(NORTHERN_TERRITORIES).geometry
    offices = polygons.from_xy(towns["office_lon"], towns["office_lat"], crs=4326)
    offices.index = towns.index
    outside = towns["name"][~polygons.contains(offices)]
    metres = polygons.to_crs(6680).distance(offices.to_crs(6680))[outside.index]
    assert (metres < 300).all(), outside.tolist()


def test_towns_across_the_sea_do_not_touch(shipped):
    codes = shipped.municipalities.index.tolist()
    names = shipped.municipalities["name"].tolist()
    pairs = {frozenset((names[a], names[b])) for a, b in touching_pairs(shipped.boundaries, codes)}
    assert frozenset(("登別市", "室蘭市")) in pairs
    assert frozenset(("利尻町", "利尻富士町")) in pairs
    assert frozenset(("函館市", "室蘭市")) not in pairs
    assert not any("奥尻町" in pair or "礼文町" in pair for pair in pairs)


def test_desks_that_the_law_gives_every_municipality_are_no_organisations(shipped):
    desks, organisations = shipped.desks_by_law, shipped.organisations
    assert {"madoguchi", "shakyo", "houkatsu", "shouhi", "minsei"} == set(desks["layer"])
    for layer in ("madoguchi", "shakyo"):
        read = organisations.loc[organisations["layer"] == layer, "municipality_code"]
        assert 0 < read.nunique() < len(shipped.municipalities) / 2
    assert not set(desks["name"]) & set(organisations["name"])


def test_every_municipality_has_its_statistics_and_its_office(shipped):
    for table in (shipped.statistics, shipped.municipal_offices):
        assert table.index.equals(shipped.municipalities.index)
    assert list(shipped.statistics) == list(shipped.statistics_items.index)
    assert shipped.statistics["doctors_2022"].sum() == 13_613


@pytest.mark.parametrize("name", ["statistics", "municipal_offices"])
def test_municipality_that_a_table_leaves_out_is_named(copied, name):
    path = copied / f"{name}.csv"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("012301")), "utf-8")
    with pytest.raises(DataError, match="012301の行がありません"):
        load(copied)


def test_record_without_public_location_comes_without_place(shipped):
    hidden = shipped.organisations[~shipped.organisations["location_public"]]
    assert len(hidden) > 0
    assert (hidden[["municipality_code", "address", "precision"]] == "").all(axis=None)
    assert hidden[["lat", "lon"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("table", "row", "column", "value", "message"),
    [
        ("municipalities", 5, "code", "12041", "municipalities.csv 5行目 「code」列"),
        ("municipalities", 3, "population_2020", "1,5", "municipalities.csv 3行目"),
        ("municipalities", 3, "population_2020", "1", "合計が"),
        ("organisations", 9, "municipality_code", "131016", "organisations.csv 9行目"),
        ("organisations", 9, "confidence", "D", "「confidence」列: A・B・Cのどれでもありません"),
        ("organisations", 9, "source", "", "organisations.csv 9行目 「source」列: 空欄です"),
        ("organisations", 9, "layer", "castle", "organisations.csv 9行目 「layer」列"),
        ("organisations", 9, "lat", "43.1", "緯度と経度の片方だけ"),
        ("organisations", 9, "lat", "35.6", "41から46まで"),
        ("services", 12, "field", "magic", "services.csv 12行目 「field」列: 台帳にない値です"),
        ("services", 12, "modes", "place;fax", "services.csv 12行目 「modes」列"),
        ("services", 12, "service_area", "999999", "services.csv 12行目 「service_area」列"),
        ("needs", 2, "fields", "food;magic", "needs.csv 2行目 「fields」列"),
        ("fields", 2, "judged_by", "郵便局", "fields.csv 2行目 「judged_by」列"),
        ("ferries", 2, "minutes", "soon", "ferries.csv 2行目 「minutes」列: 数ではありません"),
        ("layers", 2, "complete", "maybe", "layers.csv 2行目 「complete」列"),
    ],
)
def test_wrong_cell_stops_with_its_file_row_and_column(copied, table, row, column, value, message):
    spoil(copied, table, row, column, value)
    with pytest.raises(DataError) as error:
        load(copied)
    assert message in str(error.value)


def test_every_problem_of_a_file_is_told_at_once(copied):
    spoil(copied, "organisations", 4, "confidence", "D")
    spoil(copied, "organisations", 7, "checked_on", "昨日")
    with pytest.raises(DataError) as error:
        load(copied)
    assert [problem.row for problem in error.value.problems] == [4, 7]


def test_missing_file_column_and_wrong_encoding_are_named(copied):
    (copied / "needs.csv").write_bytes("need,words,fields\nfood,食べる,food\n".encode("cp932"))
    with pytest.raises(DataError, match=r"needs\.csv: UTF-8 ではありません"):
        load(copied)
    (copied / "needs.csv").write_text("need,words\nfood,x\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"needs\.csv 1行目 「fields」列: 列がありません"):
        load(copied)
    (copied / "needs.csv").unlink()
    with pytest.raises(DataError, match=r"needs\.csv: ファイルがありません"):
        load(copied)


def test_lost_row_and_doubled_key_are_told(copied):
    path = copied / "municipalities.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(lines[:-1]), encoding="utf-8")
    with pytest.raises(DataError, match="179行あるはずが178行"):
        load(copied)
    path.write_text("\n".join([*lines, lines[-1]]), encoding="utf-8")
    with pytest.raises(DataError, match=r"municipalities\.csv 181行目 「code」列: 重複しています"):
        load(copied)


def test_broken_boundary_is_named(copied):
    path = copied / "boundaries.geojson"
    path.write_text(path.read_text(encoding="utf-8").replace('"012301"', '"999999"'), "utf-8")
    with pytest.raises(
        DataError, match=r"boundaries\.geojson 「code」列: 境界が1つではありません: '012301'"
    ):
        load(copied)


def test_version_follows_the_content(copied, shipped):
    assert load(copied).version == shipped.version
    spoil(copied, "needs", 2, "words", "おなかがすいた")
    assert load(copied).version != shipped.version


def test_a_place_among_all_is_found_or_named(shipped):
    assert shipped.municipalities.index[position_of(shipped, "012301")] == "012301"
    assert shipped.fields.index[column_of(shipped, "food")] == "food"
    with pytest.raises(UnknownCodeError, match=r"市町村コード '999999' は台帳にありません"):
        position_of(shipped, "999999")
    with pytest.raises(UnknownCodeError, match=r"分野 'karaoke' は台帳にありません"):
        column_of(shipped, "karaoke")
