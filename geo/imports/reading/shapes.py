"""Read what a planner wants to lay over: shapes of any usual format, in any coordinates.

What is in a file says of which form it is, not its name. Shapes that are broken are mended, or left
out with their row and reason; nothing else is dropped, and each is told.
"""

from __future__ import annotations

import io
import lzma
import re
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

from geo.data.dataset import Dataset
from geo.imports.places.addresses import resolve_all
from geo.imports.places.points import LATITUDES, LONGITUDES, ground, locate
from geo.imports.reading.files import MAX_PARTS, MAX_RATIO, decode, open_tables
from geo.imports.reading.table import clean, refusal
from geo.parameters import LAYER_FEATURES, LAYER_VERTICES

MAX_LAYER_BYTES = 50_000_000
MAX_LAYER_UNPACKED = 200_000_000
MOST_LAYERS = 10  # of one file
MOST_WORDS = 6  # attributes that a shape says when it is pointed at
LONGEST = 200  # characters of one
NOTES_OF_A_KIND = 200  # rows named one by one; the rest is counted
DEGREES = "EPSG:4326"
PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
TORN = (zlib.error, lzma.LZMAError, EOFError)  # what unpacking raises in a broken ZIP
ENTITY_RE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.I)
NAMES_RE = re.compile(r"(?:名|^name|^label|^title|_name$|^n03_004$|^p11_001$)", re.I)
LAT_WORDS = {"緯度", "lat", "latitude", "y", "北緯"}
LON_WORDS = {"経度", "lon", "lng", "long", "longitude", "x", "東経"}
ADDRESS_WORDS = ("住所", "所在地", "address", "所在地_連結表記")
POSTAL_WORDS = {"郵便番号", "postal", "postal_code", "zip"}
# Of GPX: the points of a track are its line's corners and no places.
NO_LAYERS = {"track_points", "route_points"}


@dataclass(frozen=True, eq=False)
class Dropped:
    """One layer that was read.

    frame: EPSG:4326 with label and detail. notes: (row or None, what was done or left out), in the
    file's order. crs: what the coordinates were in, in words.
    """

    title: str
    frame: gpd.GeoDataFrame
    crs: str
    notes: tuple[tuple[int | None, str], ...]


@dataclass
class _Account:
    notes: list[tuple[int | None, str]] = field(default_factory=list)

    def say(self, words: str, row: int | None = None) -> None:
        self.notes.append((row, words))

    def say_rows(self, rows: np.ndarray, words: str) -> None:
        """Tell the same of some rows; the first is 1."""
        for row in rows[:NOTES_OF_A_KIND]:
            self.say(words, int(row) + 1)
        if len(rows) > NOTES_OF_A_KIND:
            self.say(f"{words}(ほか{len(rows) - NOTES_OF_A_KIND:,}件)")


def read_shapes(words: Dataset, content: bytes, name: str) -> list[Dropped]:
    """Return the layers of a file.

    words: the municipalities and their boundaries, for a table of addresses.
    Raises DataError when it cannot be read, or is more than can be laid over.
    """
    if len(content) > MAX_LAYER_BYTES:
        reason = f"{len(content) / 1e6:,.0f} MB あります。{MAX_LAYER_BYTES / 1e6:,.0f} MB までの層を読みます"
        raise refusal(name, reason)
    if not content.strip():
        raise refusal(name, "空のファイルです")
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:2000].lower()
    if content.startswith(b"PK"):
        found = _archive(words, content, name)
    elif content.startswith(b"SQLite format 3"):
        found = _with_file(content, "layer.gpkg", name)
    elif start.startswith(b"<"):
        found = _xml(content, start, name)
    elif start.startswith(b"{"):
        found = _geojson(content, name)
    else:
        found = [_table(words, content, name)]
    kept = [one for one in found if len(one.frame)]
    if not kept:
        said = "。".join(dict.fromkeys(note for one in found for _, note in one.notes))
        raise refusal(name, f"重ねられる形がありません。{said}".rstrip("。"))
    return kept


def _archive(words: Dataset, content: bytes, name: str) -> list[Dropped]:
    """Return the layers of a ZIP: shapefiles, or one file of another form."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = [one for one in archive.infolist() if not one.is_dir()]
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise refusal(name, "ZIP が壊れています") from None
    members = [one for one in members if not one.filename.startswith("__MACOSX/")]
    total = sum(one.file_size for one in members)
    packed = sum(one.compress_size for one in members)
    if len(members) > MAX_PARTS or total > MAX_LAYER_UNPACKED or total > MAX_RATIO * max(packed, 1):
        raise refusal(name, "ZIP の中身が大きすぎます。層を分けてください")
    if any(one.flag_bits & 1 for one in members):
        raise refusal(name, "パスワード付きの ZIP です。外してから置いてください")
    by_stem: dict[str, dict[str, zipfile.ZipInfo]] = {}
    others = []
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        suffix = path.suffix.lower()
        if suffix in PARTS:
            by_stem.setdefault(str(path.with_suffix("")).lower(), {})[suffix] = member
        elif suffix in (".geojson", ".json", ".kml", ".gpx", ".gpkg", ".csv"):
            others.append(member)
    try:
        found: list[Dropped] = []
        for stem, parts in list(by_stem.items())[: MOST_LAYERS + 1]:
            if ".shp" in parts:
                files = {suffix: archive.read(member) for suffix, member in parts.items()}
                found += _shapefile(files, PurePosixPath(stem).name, name)
        for member in others[: MOST_LAYERS + 1 - len(found)]:
            found += read_shapes(words, archive.read(member), name)
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, *TORN):
        raise refusal(name, "ZIP の中身を取り出せません。壊れているか、知らない圧縮です") from None
    if not found:
        raise refusal(name, "ZIP の中に、シェープファイル(.shp)もほかの層もありません")
    if len(found) > MOST_LAYERS:
        raise refusal(name, f"層が多すぎます。一つのファイルで{MOST_LAYERS}層までです")
    return found


def _shapefile(files: dict[str, bytes], stem: str, name: str) -> list[Dropped]:
    """Return the layer of a shapefile, its words in UTF-8 or in CP932 as its table shows."""
    table = files.get(".dbf", b"")
    if ".dbf" not in files or ".shx" not in files:
        lacking = "・".join(part for part in (".shx", ".dbf") if part not in files)
        raise refusal(name, f"シェープファイルの一部({lacking})が ZIP にありません")
    encoding, said = "UTF-8", ""
    cells = table[int.from_bytes(table[8:10], "little") :]
    heads = table[32 : int.from_bytes(table[8:10], "little")]
    if not (_is(cells, "utf-8") and _is(heads, "utf-8")):
        encoding, said = "CP932", "表の文字コードを Shift_JIS(CP932)として読んだ"
    with TemporaryDirectory() as folder, _quiet():
        for suffix, body in files.items():
            if suffix != ".cpg":  # what it says is often wrong; the table itself shows
                (Path(folder) / f"layer{suffix}").write_bytes(body)
        return [
            Dropped(stem, one.frame, one.crs, ((None, said), *one.notes) if said else one.notes)
            for one in _layers(Path(folder) / "layer.shp", name, encoding)
        ]


def _is(blob: bytes, encoding: str) -> bool:
    try:
        blob.replace(b"\x00", b" ").decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _xml(content: bytes, start: bytes, name: str) -> list[Dropped]:
    """Return the layers of KML or GPX; nothing outside of the file is ever read for it."""
    if ENTITY_RE.search(content):
        raise refusal(name, "XML の宣言(DOCTYPE)があるので読みません")
    for mark, suffix in ((b"<kml", "kml"), (b"<gpx", "gpx")):
        if mark in start or mark in content[:20_000].lower():
            return _with_file(content, f"layer.{suffix}", name)
    raise refusal(name, "XML ですが、KML でも GPX でもありません")


def _geojson(content: bytes, name: str) -> list[Dropped]:
    return _with_file(decode(content, name).encode(), "layer.geojson", name)


def _with_file(content: bytes, called: str, name: str) -> list[Dropped]:
    with TemporaryDirectory() as folder, _quiet():
        path = Path(folder) / called
        path.write_bytes(content)
        return _layers(path, name, None)


@contextmanager
def _quiet() -> Iterator[None]:
    """Leave out what GDAL says in English beside reading: what matters of it is told in Japanese."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _layers(path: Path, name: str, encoding: str | None) -> list[Dropped]:
    """Return what GDAL finds in a file, layer by layer."""
    title = PurePosixPath(name).stem
    try:
        listed = [(str(one), kind) for one, kind in pyogrio.list_layers(path)]
        listed = [(one, kind) for one, kind in listed if kind and one not in NO_LAYERS]
        if len(listed) > MOST_LAYERS:
            raise refusal(name, f"層が多すぎます。一つのファイルで{MOST_LAYERS}層までです")
        found = []
        for layer, _ in listed:
            count = pyogrio.read_info(path, layer=layer, force_feature_count=True)["features"]
            if count > LAYER_FEATURES:
                raise refusal(name, _too_many(count))
            frame = pyogrio.read_dataframe(path, layer=layer, encoding=encoding)
            if not isinstance(frame, gpd.GeoDataFrame) or not len(frame):
                continue
            own = layer if len(listed) > 1 or path.suffix == ".gpkg" else title
            found.append(_mended(own, frame, name))
    except (DataSourceError, DataLayerError, FeatureError, UnicodeError, ValueError):
        reason = (
            f"{path.suffix.removeprefix('.')} として読めません。壊れているか、途中で切れています"
        )
        raise refusal(name, reason) from None
    return found


def _too_many(count: float) -> str:
    return f"{count:,.0f}件あります。{float(LAYER_FEATURES):,.0f}件までの層を重ねます。範囲を絞ってください"


def _mended(title: str, frame: gpd.GeoDataFrame, name: str) -> Dropped:
    """Return a layer in degrees whose shapes are whole."""
    account = _Account()
    geometry = shapely.force_2d(frame.geometry.to_numpy())
    missing = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    account.say_rows(np.flatnonzero(missing), "形がないので重ねない")
    vertices = int(shapely.get_num_coordinates(geometry[~missing]).sum())
    if vertices > LAYER_VERTICES:
        reason = f"線と面の角が{vertices:,}あります。{float(LAYER_VERTICES):,.0f}までの層を重ねます。簡略化してください"
        raise refusal(name, reason)
    corners, owner = shapely.get_coordinates(geometry, return_index=True)
    endless = np.zeros(len(geometry), bool)
    endless[np.unique(owner[~np.isfinite(corners).all(axis=1)])] = True
    account.say_rows(np.flatnonzero(endless), "座標が数でないので重ねない")
    kept = ~missing & ~endless
    geometry, shown = geometry[kept], frame[kept]
    rows = np.flatnonzero(kept)
    geometry, words = _in_degrees(geometry, frame.crs, name, account)
    broken = ~shapely.is_valid(geometry)
    geometry = np.where(broken, shapely.make_valid(geometry), geometry)
    account.say_rows(rows[broken], "形が壊れていた(線が交わるなど)ので直した")
    lost = shapely.is_empty(geometry)
    account.say_rows(rows[lost], "直すと何も残らないので重ねない")
    geometry, shown = geometry[~lost], shown[~lost]
    box = shapely.box(LONGITUDES[0], LATITUDES[0], LONGITUDES[1], LATITUDES[1])
    away = int((~shapely.intersects(geometry, box)).sum()) if len(geometry) else 0
    if away:
        account.say(f"{away:,}件は北海道の外にある(そのまま重ねる)")
    texts = shown.drop(columns=shown.geometry.name) if len(shown) else pd.DataFrame()
    made = gpd.GeoDataFrame(_words(texts, len(geometry)), geometry=geometry, crs=DEGREES)
    return Dropped(title, made, words, tuple(account.notes))


def _in_degrees(
    geometry: np.ndarray, crs: pyproj.CRS | None, name: str, account: _Account
) -> tuple[np.ndarray, str]:
    """Return shapes in degrees of longitude and latitude, and what they were in."""
    if not len(geometry):
        return geometry, ""
    west, south, east, north = shapely.total_bounds(geometry)
    if crs is None:
        degrees = -180 <= west <= east <= 180 and -90 <= south <= north <= 180
        if not degrees:
            reason = "座標系が書かれていません(.prj など)。座標系を付けて書き出し直してください"
            raise refusal(name, reason)
        account.say("座標系が書かれていないので、緯度・経度(世界測地系)とみなした")
        words = "不明(緯度・経度とみなした)"
    else:
        words = str(crs.name)
    if crs is None or crs.is_geographic:
        inside_x = LATITUDES[0] <= west <= east <= LATITUDES[1]
        if inside_x and LONGITUDES[0] <= south <= north <= LONGITUDES[1]:
            account.say("緯度と経度が入れ替わっていたので直した")
            geometry = shapely.transform(geometry, lambda places: places[:, ::-1])
    if crs is not None and crs.to_epsg() != int(DEGREES.split(":")[1]):
        try:
            turned = gpd.GeoSeries(geometry, crs=crs).to_crs(DEGREES).to_numpy()
        except pyproj.exceptions.ProjError:
            raise refusal(name, f"座標系({words})を緯度・経度に直せません") from None
        if not np.isfinite(shapely.get_coordinates(turned)).all():
            raise refusal(name, f"座標系({words})が、書かれた座標と合いません")
        geometry = turned
    west, south, east, north = shapely.total_bounds(geometry)
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise refusal(name, "緯度・経度の範囲の外に座標があります。座標系を確かめてください")
    return geometry, words


def _words(texts: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return label and detail of each shape from its attributes."""
    columns = {}
    for column in texts.columns:
        cells = texts[column].astype(object)
        written = _plain(cells.where(cells.notna(), "").map(str).astype("str"))
        if (written != "").any():
            columns[_plain(pd.Series([str(column)]))[0]] = written.to_numpy(dtype=object)
    named = [key for key in columns if NAMES_RE.search(key)]
    if not named:  # the first that holds words and no numbers
        named = [key for key, cells in columns.items() if not _numbers(cells)]
    blank = np.full(count, "", dtype=object)
    label = columns[named[0]] if named else blank
    rest = [key for key in columns if key not in named[:1]][:MOST_WORDS]
    said = [[f"{key}: {cell}" if cell else "" for cell in columns[key]] for key in rest]
    detail = ["、".join(filter(None, row)) for row in zip(*said, strict=True)] if said else blank
    return pd.DataFrame({"label": label, "detail": detail}).astype("str")


def _numbers(cells: np.ndarray) -> bool:
    return bool(
        pd.to_numeric(pd.Series([one for one in cells if one]), errors="coerce").notna().all()
    )


def _plain(cells: pd.Series) -> pd.Series:
    """Return texts on one line each, without signs that are not seen, and not without end."""
    text, _, _ = clean(cells)
    return text.where(text.str.len() <= LONGEST, text.str.slice(0, LONGEST) + "…")


def _table(words: Dataset, content: bytes, name: str) -> Dropped:
    """Return the points of a table, by its coordinates, or by its addresses."""
    tables = open_tables(content, name)
    sheet = next((one for one in tables if not one.hidden), tables[0])
    if len(sheet.frame) - 1 > LAYER_FEATURES:
        raise refusal(name, _too_many(len(sheet.frame) - 1))
    cells = sheet.frame.apply(lambda column: clean(column)[0])
    header = [str(cell) for cell in cells.iloc[0]]
    body = cells.iloc[1:].set_axis(header, axis=1).reset_index(drop=True)
    body = body.loc[:, ~pd.Index(header).duplicated()]
    lat, lon = _column(body, LAT_WORDS.__contains__), _column(body, LON_WORDS.__contains__)
    address = _column(body, lambda head: any(word in head for word in ADDRESS_WORDS))
    if (lat is None or lon is None) and address is None:
        reason = (
            "緯度・経度の列も、住所の列もありません(見出しを「緯度」「経度」「住所」にしてください)"
        )
        raise refusal(name, reason, 1)
    blank = pd.Series([""] * len(body), dtype="str")
    postal = _column(body, POSTAL_WORDS.__contains__)
    asked = pd.DataFrame(
        {
            "address": blank if address is None else body[address],
            "context": blank,
            "postal": blank if postal is None else body[postal],
            "publisher": blank,
        }
    ).astype("str")
    resolved = resolve_all(asked)
    given = {"lat": lat, "lon": lon}
    wanted = pd.DataFrame({"code": resolved["code"], "rest": resolved["rest"]}).assign(
        **{key: blank if column is None else body[column] for key, column in given.items()}
    )
    found = locate(wanted.astype("str"), ground(words.boundaries))
    notes: list[tuple[int | None, str]] = []
    towns = words.municipalities
    x, y = found["lon"].to_numpy(copy=True), found["lat"].to_numpy(copy=True)
    told = zip(found["code"], found["mended"], resolved["reason"], strict=True)
    for row, (code, mended, reason) in enumerate(told):
        line = int(sheet.rows[row + 1])
        if mended:
            notes.append((line, mended))
        if not np.isnan(x[row]):
            continue
        if code not in towns.index:
            notes.append((line, f"{reason or '所在の市町村が分かりません'}。重ねない"))
            continue
        x[row], y[row] = towns.at[code, "office_lon"], towns.at[code, "office_lat"]
        notes.append((line, f"地点が分からないので、{towns.at[code, 'name']}の役場の位置に置いた"))
    kept = ~np.isnan(x)
    frame = gpd.GeoDataFrame(
        _words(body[kept].reset_index(drop=True), int(kept.sum())),
        geometry=shapely.points(x[kept], y[kept]),
        crs=DEGREES,
    )
    crs = "緯度・経度の列" if lat is not None and lon is not None else "住所の列"
    return Dropped(PurePosixPath(name).stem, frame, crs, tuple(notes))


def _column(body: pd.DataFrame, fits: Callable[[str], bool]) -> str | None:
    return next((head for head in body.columns if fits(head.strip().lower())), None)
