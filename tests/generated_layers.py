"""Generated layers as somebody would drop them; every name says so, and no line or area is real."""

import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import numpy as np
import shapely

BUS = [(142.37, 42.34), (142.57, 42.17), (142.77, 42.17), (143.2, 42.05)]
HAZARD = [(142.3, 42.3), (142.45, 42.38), (142.6, 42.28), (142.4, 42.22)]
CORNERS = ((142.0, 42.0), (142.2, 42.0), (142.2, 42.2), (142.0, 42.2))


def frame(geometry, crs="EPSG:4326", **columns):
    columns = columns or {"名称": [f"生成の形{n}" for n in range(len(geometry))]}
    return gpd.GeoDataFrame(columns, geometry=np.array(geometry, dtype=object), crs=crs)


def geojson(made):
    return made.to_json(drop_id=True, ensure_ascii=False).encode()


def bus_kml(name="生成バス路線"):
    places = " ".join(f"{lon},{lat},0" for lon, lat in BUS)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"<Placemark><name>{name}</name><LineString><coordinates>{places}</coordinates></LineString>"
        "</Placemark></Document></kml>"
    ).encode()


def gpx():
    return (
        '<gpx version="1.1" creator="generated" xmlns="http://www.topografix.com/GPX/1/1">'
        '<wpt lat="42.2" lon="142.5"><name>生成の地点</name></wpt><trk><name>生成の道</name><trkseg>'
        '<trkpt lat="42.1" lon="142.5"/><trkpt lat="42.2" lon="142.6"/></trkseg></trk></gpx>'
    ).encode()


def shapefile(made, *, encoding="CP932", without=(), folder="生成/災害"):
    """Return a shapefile in a ZIP, as a Japanese GIS writes it."""
    with TemporaryDirectory() as place:
        made.to_file(Path(place) / "layer.shp", engine="pyogrio", encoding=encoding)
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(Path(place).iterdir()):
                if path.suffix not in without:
                    archive.write(path, f"{folder}{path.suffix}")
        return stream.getvalue()


def hazard_zip(**given):
    return shapefile(
        frame([shapely.Polygon(HAZARD)], 浸水深=["生成の浸水想定"]).to_crs("EPSG:6680"), **given
    )


def gpkg(**layers):
    with TemporaryDirectory() as place:
        path = Path(place) / "layer.gpkg"
        for name, made in layers.items():
            made.to_file(path, layer=name, driver="GPKG", engine="pyogrio")
        return path.read_bytes()
