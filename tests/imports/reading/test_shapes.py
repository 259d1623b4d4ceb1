import io
import zipfile

import pytest
import shapely

from geo import worker
from geo.errors import DataError
from geo.imports.reading.shapes import read_shapes
from tests.generated_layers import (
    BUS,
    CORNERS,
    HAZARD,
    bus_kml,
    frame,
    geojson,
    gpkg,
    gpx,
    hazard_zip,
    shapefile,
)

SQUARE = shapely.Polygon(CORNERS)
BOW = shapely.Polygon([(142, 42), (142.2, 42.2), (142.2, 42), (142, 42.2)])


def read(shipped, content, name):
    return read_shapes(shipped, content, name)


def notes(layer):
    return " / ".join(words for _, words in layer.notes)


@pytest.mark.parametrize(
    "crs", ["EPSG:4326", "EPSG:4612", "EPSG:6668", "EPSG:6680", "EPSG:32654", "EPSG:3857"]
)
@pytest.mark.parametrize("form", ["zip", "gpkg", "geojson"])
def test_a_layer_lies_where_it_is_in_whatever_coordinates_it_comes(shipped, crs, form):
    made = frame([SQUARE]).to_crs(crs)
    content = {"zip": shapefile, "gpkg": lambda one: gpkg(layer=one), "geojson": geojson}[form](
        made
    )
    (layer,) = read(shipped, content, f"生成.{form}")
    assert shapely.hausdorff_distance(layer.frame.geometry.iloc[0], SQUARE) < 1e-5
    assert layer.frame.crs.to_epsg() == 4326
    assert layer.frame["label"].tolist() == ["生成の形0"]


@pytest.mark.parametrize(("encoding", "said"), [("CP932", True), ("UTF-8", False)])
def test_japanese_words_of_a_shapefile_are_whole_whatever_its_encoding(shipped, encoding, said):
    (layer,) = read(shipped, hazard_zip(encoding=encoding, without=(".cpg",)), "生成.zip")
    assert layer.title == "災害"
    assert "生成の浸水想定" in layer.frame["label"].iloc[0]
    assert ("CP932" in notes(layer)) == said


def test_lines_of_kml_and_tracks_and_places_of_gpx_are_layers(shipped):
    (bus,) = read(shipped, bus_kml(), "bus.kml")
    assert bus.frame["label"].tolist() == ["生成バス路線"]
    assert list(bus.frame.geometry.iloc[0].coords) == BUS
    kinds = {layer.frame.geom_type.iloc[0] for layer in read(shipped, gpx(), "生成.gpx")}
    assert kinds == {"Point", "MultiLineString"}


def test_every_layer_of_a_geopackage_is_one(shipped):
    content = gpkg(一番=frame([SQUARE]), 二番=frame([shapely.Point(142, 42)]))
    assert [layer.title for layer in read(shipped, content, "生成.gpkg")] == ["一番", "二番"]


def test_broken_shapes_are_mended_or_left_out_and_each_is_told_with_its_row(shipped):
    made = frame([SQUARE, BOW, None, shapely.Polygon()])
    (layer,) = read(shipped, geojson(made), "生成.geojson")
    assert len(layer.frame) == 2
    assert layer.frame.is_valid.all()
    assert [(row, words[:6]) for row, words in layer.notes] == [
        (3, "形がないので"),
        (4, "形がないので"),
        (2, "形が壊れてい"),
    ]


def test_latitudes_and_longitudes_the_wrong_way_round_are_turned_and_told(shipped):
    turned = shapely.transform(SQUARE, lambda places: places[:, ::-1])
    (layer,) = read(shipped, geojson(frame([turned])), "生成.geojson")
    assert layer.frame.geometry.iloc[0].equals(SQUARE)
    assert "入れ替わって" in notes(layer)


def test_a_shapefile_without_its_coordinates_is_read_as_degrees_or_refused(shipped):
    (layer,) = read(shipped, shapefile(frame([SQUARE]), without=(".prj",)), "生成.zip")
    assert "とみなした" in notes(layer)
    plane = shapefile(frame([SQUARE]).to_crs("EPSG:6680"), without=(".prj",))
    with pytest.raises(DataError, match=r"座標系が書かれていません"):
        read(shipped, plane, "生成.zip")


def test_a_table_lies_by_coordinates_or_by_addresses_and_no_row_is_dropped_silently(shipped):
    by_place = "名称,緯度,経度\n生成A,42.4123,141.1065\n生成B,,\n".encode("cp932")
    (layer,) = read(shipped, by_place, "生成.csv")
    assert layer.frame["label"].tolist() == ["生成A"]
    assert [row for row, _ in layer.notes][-1] == 3
    by_address = "名称,住所\n生成C,北海道登別市中央町6丁目11番地\n生成D,東京都千代田区1\n".encode()
    (layer,) = read(shipped, by_address, "生成.csv")
    assert layer.frame["label"].tolist() == ["生成C"]
    assert "登別市の役場の位置" in notes(layer)
    assert [row for row, words in layer.notes if "重ねない" in words] == [3]


def hostile_zip(names):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "a.geojson", "空のファイル"),
        (b"PK\x03\x04broken", "a.zip", "ZIP が壊れています"),
        (hostile_zip(["../../etc/x.shp", "readme.txt"]), "a.zip", ".shx・.dbf"),
        (hostile_zip(["readme.txt"]), "a.zip", "層もありません"),
        (b"<html><body></body></html>", "a.kml", "KML でも GPX でもありません"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><kml>&a;</kml>', "a.kml", "DOCTYPE"),
        (b"SQLite format 3\x00" + b"\x00" * 200, "a.gpkg", "gpkg として読めません"),
        (b'{"type":"FeatureCollection","features":[', "a.geojson", "geojson として読めません"),
        (b'{"type":"FeatureCollection","features":[]}', "a.geojson", "重ねられる形がありません"),
        ("名称,電話\n生成,1\n".encode(), "a.csv", "住所の列もありません"),
    ],
)  # fmt: skip
def test_what_cannot_be_laid_over_is_refused_by_its_name_and_reason(shipped, content, name, words):
    with pytest.raises(DataError) as refused:
        read(shipped, content, name)
    assert name in str(refused.value)
    assert words in str(refused.value)


def test_more_shapes_than_a_layer_holds_are_refused(shipped, monkeypatch):
    monkeypatch.setattr("geo.imports.reading.shapes.LAYER_FEATURES", 2)
    with pytest.raises(DataError, match="2件までの層"):
        read(shipped, geojson(frame([SQUARE] * 3)), "生成.geojson")
    monkeypatch.setattr("geo.imports.reading.shapes.LAYER_VERTICES", 3)
    with pytest.raises(DataError, match="角が5"):
        read(shipped, geojson(frame([SQUARE])), "生成.geojson")


def test_a_dropped_file_is_read_in_a_process_of_its_own(shipped):
    (layer,) = worker.run(read_shapes, shipped, hazard_zip(), "生成.zip", file="生成.zip")
    assert shapely.hausdorff_distance(layer.frame.geometry.iloc[0], shapely.Polygon(HAZARD)) < 1e-5
    with pytest.raises(DataError, match="空のファイル"):
        worker.run(read_shapes, shipped, b"", "生成.zip", file="生成.zip")
