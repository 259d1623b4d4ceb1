"""Give layers away as one GeoPackage that QGIS opens in the colours of the map."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import numpy as np
import shapely

from geo.data.dataset import Dataset
from geo.data.spreadsheet import writable
from geo.maps.colours import INK, WHITE
from geo.maps.overlay import Features, Overlay
from geo.maps.view import MapView
from geo.methods.analysis import Analysis
from geo.methods.basis import footer

OPEN_LINE = "0.26"  # mm, QGIS's own default
STYLES = """CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT, f_table_catalog TEXT, f_table_schema TEXT, f_table_name TEXT,
  f_geometry_column TEXT, styleName TEXT, styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN,
  description TEXT, owner TEXT, ui TEXT, update_time DATETIME DEFAULT CURRENT_TIMESTAMP)"""
GEOMETRY_COLUMN = "geom"
# QGIS's symbol layer by the kind of a shape: its class, and the option that holds the colour.
SYMBOLS = {
    "fill": ("SimpleFill", "color"),
    "line": ("SimpleLine", "line_color"),
    "marker": ("SimpleMarker", "color"),
}
KINDS = {"fill": "面", "line": "線", "marker": "点"}


def geopackage(analysis: Analysis, layers: Sequence[Overlay]) -> bytes:
    """Return layers as a GeoPackage (OGC 12-128r18), each with a style that QGIS takes by itself.

    Every shape is whole, however coarsely a browser draws it; a layer of several kinds of shapes
    becomes one of each kind. EPSG:4326. Each layer's description says what is compared, and the
    sources.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "layers.gpkg"
        styles = []
        taken: set[str] = set()
        for layer in layers:
            frame, labels, palette = _frame(analysis.dataset, layer)
            parts = _by_kind(frame)
            for kind, part in parts.items():
                title = layer.title if len(parts) == 1 else f"{layer.title}_{KINDS[kind]}"
                name = _free(writable(title), taken)
                many = kind != "marker"
                part.to_file(
                    path, layer=name, driver="GPKG", engine="pyogrio", promote_to_multi=many
                )
                fill = layer.content.fill if isinstance(layer.content, Features) else 1.0
                styles.append((name, _style(kind, palette, labels, layer.opacity, fill)))
        if not path.exists():
            gpd.GeoDataFrame({"label": []}, geometry=[], crs="EPSG:4326").to_file(
                path, layer="layers", driver="GPKG", engine="pyogrio", geometry_type="Point"
            )
        with closing(sqlite3.connect(path)) as store, store:
            store.execute("UPDATE gpkg_contents SET description = ?", ["\n".join(footer(analysis))])
            store.execute(STYLES)
            store.execute(
                "INSERT INTO gpkg_contents (table_name, data_type, identifier) "
                "VALUES ('layer_styles', 'attributes', 'layer_styles')"
            )
            store.executemany(
                "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
                "f_geometry_column, styleName, styleQML, useAsDefault, description, owner) "
                f"VALUES ('', '', ?, '{GEOMETRY_COLUMN}', ?, ?, 1, '', '')",
                [(name, name, style) for name, style in styles],
            )
        return path.read_bytes()


def _frame(data: Dataset, layer: Overlay) -> tuple[gpd.GeoDataFrame, dict[int, str], Sequence[str]]:
    """Return a layer's rows, the words of each shade, and the colours."""
    content = layer.content
    if isinstance(content, Features):
        words = {place: entry.label for place, entry in enumerate(content.legend)}
        return content.frame, words, content.palette
    if isinstance(content, MapView):
        return _measure(data, content)
    towns = data.municipalities
    public = data.organisations["location_public"].to_numpy(bool)
    placed = (data.organisations["municipality_code"] != "").to_numpy(bool)
    found = data.organisations[np.asarray(content, bool) & public & placed]
    home = towns.loc[found["municipality_code"]]
    at_office = found["lat"].isna().to_numpy()
    lon = np.where(at_office, home["office_lon"], found["lon"])
    lat = np.where(at_office, home["office_lat"], found["lat"])
    columns = {
        "id": found.index,
        "label": found["name"].map(writable),
        "municipality": home["name"].to_numpy(),
        "place": np.where(at_office, "市町村まで(役場の位置)", "地点"),
        "url": found["url"].map(writable),
        "source": found["source"].map(writable),
        "checked_on": found["checked_on"].astype(str),
        "shade": 0,
    }
    points = gpd.GeoDataFrame(columns, geometry=shapely.points(lon, lat), crs="EPSG:4326")
    return points.reset_index(drop=True), {0: "団体(公表分)"}, (INK,)


def _measure(
    data: Dataset, view: MapView
) -> tuple[gpd.GeoDataFrame, dict[int, str], Sequence[str]]:
    towns = data.municipalities
    polygons = data.boundaries.geometry.loc[towns.index].to_numpy()
    frame = gpd.GeoDataFrame(
        {
            "code": towns.index,
            "label": towns["name"].to_numpy(),
            "value": list(view.values),
            "shade": np.asarray(view.colours, int),
        },
        geometry=polygons,
        crs="EPSG:4326",
    )
    by_colour = {entry.colour: entry.label for entry in view.legend if not entry.outline}
    words = {place: by_colour.get(colour, "") for place, colour in enumerate(view.palette)}
    return frame, words, view.palette


def _by_kind(frame: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    """Return the rows by the kind of their shape; a collection's parts become rows of their own."""
    single = frame.explode(index_parts=False) if _mixed(frame) else frame
    kinds = {"Polygon": "fill", "LineString": "line", "LinearRing": "line", "Point": "marker"}
    kind = single.geom_type.str.removeprefix("Multi").map(kinds)
    return {name: single[kind == name] for name in dict.fromkeys(kind.dropna())}


def _mixed(frame: gpd.GeoDataFrame) -> bool:
    return bool((frame.geom_type == "GeometryCollection").any())


def _free(name: str, taken: set[str]) -> str:
    """Return a name of a table that no other has; a GeoPackage's own begin with gpkg_ or rtree_."""
    plain = name.replace('"', "").strip() or "layer"
    if plain.lower().startswith(("gpkg_", "rtree_", "sqlite_", "layer_styles")):
        plain = f"_{plain}"
    free, number = plain, 2
    while free.lower() in taken:
        free, number = f"{plain} {number}", number + 1
    taken.add(free.lower())
    return free


def _style(
    kind: str, palette: Sequence[str], words: dict[int, str], opacity: float, fill: float
) -> str:
    """Return a style in QGIS's QML: one symbol a shade. fill: how dense areas are, 0 to 1."""
    klass, option = SYMBOLS[kind]
    categories, symbols = [], []
    for place, colour in enumerate(palette):
        rgb = ",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
        options = {option: f"{rgb},{round(255 * fill) if kind == 'fill' else 255}"}
        if kind != "line":
            edge = ",".join(str(int(WHITE[at : at + 2], 16)) for at in (1, 3, 5))
            line = rgb if kind == "fill" and fill < 1 else edge
            options |= {"outline_color": f"{line},255", "outline_width": OPEN_LINE}
        if kind == "line":
            options["line_width"] = "0.8"
        listed = "".join(
            f'<Option name={quoteattr(key)} value={quoteattr(value)} type="QString"/>'
            for key, value in options.items()
        )
        label = quoteattr(writable(words.get(place, "")))
        categories.append(
            f'<category value="{place}" symbol="{place}" type="long" render="true" label={label}/>'
        )
        symbols.append(
            f'<symbol name="{place}" type="{kind}" alpha="{opacity:g}" clip_to_extent="1" '
            f'force_rhr="0"><layer class="{klass}" enabled="1" locked="0" pass="0">'
            f'<Option type="Map">{listed}</Option></layer></symbol>'
        )
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        '<qgis version="3.28.0" styleCategories="Symbology">'
        '<renderer-v2 type="categorizedSymbol" attr="shade" enableorderby="0" '
        f'forceraster="0"><categories>{"".join(categories)}</categories>'
        f"<symbols>{''.join(symbols)}</symbols></renderer-v2></qgis>"
    )
