"""Give each record a point and its precision, from coordinates that agree with its municipality.

Given coordinates come first, then the table of town blocks that `fetch` brings (国土交通省
位置参照情報); without either, a record stands at the precision of its address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from geo.data.boundaries import NORTHERN_TERRITORIES
from geo.imports.places.town_blocks import Blocks
from geo.parameters import SNAP_KM

# A plane in metres around Hokkaido's middle; distances of 2 km are right to 1 m anywhere in it.
DISTANCE_PLANE = "+proj=aeqd +lat_0=43.4 +lon_0=142.8 +datum=WGS84 +units=m"
LATITUDES, LONGITUDES = (41.0, 46.0), (139.0, 149.0)
TOKYO = "EPSG:4301"  # 日本測地系
TOKYO_RE = re.compile(r"日本測地系(?!2)|旧測地系|tokyo|bessel|ベッセル|tky", re.IGNORECASE)
# Decimals of a degree: 0.1° are some 10 km, 0.01° some 1 km, which is what a block's point tells.
USELESS_DECIMALS, BLOCK_DECIMALS = 1, 2
MINUTES_RE = re.compile(
    r"[NE北東緯経]*\s*(\d{2,3})\s*[°度:]\s*(\d{1,2}(?:\.\d+)?)\s*['′分]?\s*[NE]?"
)
DEGREES_RE = re.compile(
    r"[NE北東緯経]*\s*(\d{2,3})\s*[°度:]\s*(\d{1,2})\s*['′分:]\s*(\d{1,2}(?:\.\d+)?)\s*(?:[\"″秒]|['′]{2})?\s*[NE]?"
)


@dataclass(frozen=True, eq=False)
class Ground:
    """The municipalities' polygons on a plane, for many points at once."""

    codes: np.ndarray
    polygons: np.ndarray
    tree: shapely.STRtree
    forward: pyproj.Transformer

    def project(self, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        """Return points on the plane."""
        made: np.ndarray = shapely.points(*self.forward.transform(lon, lat))
        return made

    def unproject(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the latitudes and longitudes of points on the plane."""
        lon, lat = self.forward.transform(
            shapely.get_x(points), shapely.get_y(points), direction="INVERSE"
        )
        return lat, lon


def ground(boundaries: gpd.GeoDataFrame) -> Ground:
    """Return the plane polygons of boundaries in EPSG:4326; kept for the next who asks."""
    kept = _grounds.get(id(boundaries))
    if kept is None:
        if len(_grounds) >= KEPT_GROUNDS:
            _grounds.clear()
        kept = _grounds[id(boundaries)] = boundaries, _ground(boundaries)
    return kept[1]


# By identity: a frame has no hash, and every version of the store shares the boundaries.
_grounds: dict[int, tuple[gpd.GeoDataFrame, Ground]] = {}
KEPT_GROUNDS = 2


def _ground(boundaries: gpd.GeoDataFrame) -> Ground:
    plane = boundaries.geometry.to_crs(DISTANCE_PLANE)
    polygons = plane.to_numpy()
    shapely.prepare(polygons)
    forward = pyproj.Transformer.from_crs("EPSG:4326", DISTANCE_PLANE, always_xy=True)
    return Ground(plane.index.to_numpy(), polygons, shapely.STRtree(polygons), forward)


def locate(rows: pd.DataFrame, on: Ground, blocks: Blocks | None = None) -> pd.DataFrame:
    """Return code, lat, lon, precision and mended of each row.

    rows: code ('' where the address named no municipality), rest (the address after it), lat and
    lon as text, and where it is known datum, a text that may name 日本測地系. mended: what was done to the coordinates and why, '' for nothing.
    A row that stays without a municipality has code ''.
    """
    count = len(rows)
    codes = rows["code"].to_numpy(dtype=object).copy()
    notes = np.full(count, "", dtype=object)
    lat, lon = _coordinates(rows, notes)
    agreed = _agree(on, codes, lat, lon, notes)
    lat[~agreed] = lon[~agreed] = np.nan
    rounded = _decimals(rows) <= BLOCK_DECIMALS
    precision = np.where(agreed, np.where(rounded, "block", "point"), "").astype(object)
    for row in (agreed & rounded).nonzero()[0]:
        notes[row] = _joined(notes[row], "座標が約1 kmに丸められている。精度を街区・町丁目とした")
    open_rows = (~agreed & (codes != "")).nonzero()[0]
    if blocks is not None and open_rows.size:
        found = blocks.find(codes[open_rows], rows["rest"].iloc[open_rows])
        block_lat, block_lon = found["lat"].to_numpy().copy(), found["lon"].to_numpy().copy()
        unsaid = np.full(len(found), "", dtype=object)
        good = _agree(on, codes[open_rows], block_lat, block_lon, unsaid)
        chosen = open_rows[good]
        lat[chosen], lon[chosen], precision[chosen] = block_lat[good], block_lon[good], "block"
    numbered = rows["rest"].str.contains(r"[0-9]", regex=True).to_numpy(dtype=bool)
    rough = (precision == "") & (codes != "")
    precision[rough] = np.where(numbered[rough], "address", "municipality")
    return pd.DataFrame(
        {"code": codes, "lat": lat, "lon": lon, "precision": precision, "mended": notes},
        index=rows.index,
    ).astype({"code": "str", "precision": "str", "mended": "str"})


def _coordinates(rows: pd.DataFrame, notes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the coordinates that the cells give, NaN where they give none that can be used."""
    lat, lon = _numbers(rows["lat"]), _numbers(rows["lon"])
    written = ((rows["lat"] != "") | (rows["lon"] != "")).to_numpy(dtype=bool)
    read = np.isfinite(lat) & np.isfinite(lon)
    notes[written & ~read] = "座標の片方がないか、数として読めない。使わない"
    swapped = read & _within(lat, LONGITUDES) & _within(lon, LATITUDES)
    lat[swapped], lon[swapped] = lon[swapped], lat[swapped]
    notes[swapped] = "緯度と経度が入れ替わっていたので直した"
    zero = read & (lat == 0) & (lon == 0)
    notes[zero] = "座標が0。使わない"
    outside = read & ~zero & ~(_within(lat, LATITUDES) & _within(lon, LONGITUDES))
    notes[outside] = "座標が北海道の外。使わない"
    unusable = ~read | zero | outside
    coarse = ~unusable & (_decimals(rows) <= USELESS_DECIMALS)
    notes[coarse] = "座標が約10 kmに丸められている。使わない"
    unusable |= coarse
    if "datum" in rows:
        _from_tokyo(rows["datum"], lat, lon, notes, ~unusable)
    lat[unusable] = lon[unusable] = np.nan
    return lat, lon


def _decimals(rows: pd.DataFrame) -> np.ndarray:
    """Return to how many decimals of a degree each point is given, by the finer of its two cells."""
    finest = np.zeros(len(rows), dtype=int)
    for name in ("lat", "lon"):
        plain = rows[name].str.normalize("NFKC").str.strip()
        degrees = plain.str.fullmatch(r"\d*(?:\.\d*)?").to_numpy(dtype=bool)
        digits = plain.str.partition(".")[2].str.len().to_numpy(dtype=int)
        # Degrees and minutes tell a mile, with decimals or seconds more.
        written = plain.str.contains(r"[.″\"秒]|\d\D+\d+\D+\d", regex=True).to_numpy(dtype=bool)
        finest = np.maximum(finest, np.where(degrees, digits, np.where(written, 9, BLOCK_DECIMALS)))
    return finest


def _from_tokyo(
    datum: pd.Series, lat: np.ndarray, lon: np.ndarray, notes: np.ndarray, usable: np.ndarray
) -> None:
    """Move points that are said to be in 日本測地系 to where they are, some 400 m away."""
    words = {cell: bool(TOKYO_RE.search(cell)) for cell in datum.unique()}
    which = (datum.map(words).to_numpy(dtype=bool) & usable).nonzero()[0]
    if not which.size:
        return
    across = pyproj.Transformer.from_crs(TOKYO, "EPSG:4326", always_xy=True)
    lon[which], lat[which] = across.transform(lon[which], lat[which])
    for row in which:
        lat[row], lon[row] = round(lat[row], 6), round(lon[row], 6)
        notes[row] = _joined(notes[row], "座標を日本測地系から世界測地系に変えた")


def _agree(
    on: Ground, codes: np.ndarray, lat: np.ndarray, lon: np.ndarray, notes: np.ndarray
) -> np.ndarray:
    """Return which points agree with their municipality; snap those just off its coast.

    Changes codes (where blank), lat, lon and notes in place.
    """
    agreed: np.ndarray = np.isfinite(lat) & np.isfinite(lon)
    rows = agreed.nonzero()[0]
    if not rows.size:
        return np.zeros(lat.shape, dtype=bool)
    reach = float(SNAP_KM) * 1000
    points = on.project(lat[rows], lon[rows])
    inside = np.full(rows.size, -1)
    hits = on.tree.query(points, predicate="intersects")
    inside[hits[0][::-1]] = hits[1][::-1]
    position = pd.Index(on.codes).get_indexer(pd.Index(codes[rows]))
    north = int(pd.Index(on.codes).get_indexer([NORTHERN_TERRITORIES])[0])
    for point, row, within, stated in zip(points, rows, inside, position, strict=True):
        if stated >= 0 and within == stated:
            continue
        if stated < 0:  # no address: the point says where
            nearest = within if within >= 0 else int(on.tree.nearest(point))
            gap = shapely.distance(point, on.polygons[nearest])
            if nearest == north or gap > reach:
                agreed[row] = False
                notes[row] = _joined(notes[row], "座標がどの市町村にも入らない。使わない")
                continue
            codes[row] = on.codes[nearest]
            notes[row] = _joined(notes[row], "住所から市町村が決まらず、座標による")
        else:
            nearest, gap = stated, shapely.distance(point, on.polygons[stated])
            if gap > reach:
                agreed[row] = False
                where = "海" if within < 0 else "別の市町村"
                notes[row] = _joined(
                    notes[row],
                    f"座標が{where}にあり、住所の市町村から{gap / 1000:,.1f} km 離れる。使わない",
                )
                continue
        if within < 0:
            moved = shapely.get_point(shapely.shortest_line(on.polygons[nearest], point), 0)
            new_lat, new_lon = on.unproject(np.array([moved]))
            lat[row], lon[row] = round(float(new_lat[0]), 6), round(float(new_lon[0]), 6)
            notes[row] = _joined(notes[row], f"海の上の点を{gap:,.0f} m 先の岸に寄せた")
    result: np.ndarray = agreed
    return result


def _numbers(cells: pd.Series) -> np.ndarray:
    """Return decimal degrees; 43°3′51″ is read too, what is no number is NaN."""
    plain = cells.str.normalize("NFKC").str.strip()
    values: np.ndarray = pd.to_numeric(plain, errors="coerce").to_numpy(dtype=float, copy=True)
    for row in (np.isnan(values) & (plain != "").to_numpy(dtype=bool)).nonzero()[0]:
        if match := DEGREES_RE.fullmatch(plain.iloc[row]):
            degrees, minutes, seconds = (float(part) for part in match.groups())
            if minutes < 60 and seconds < 60:
                values[row] = degrees + minutes / 60 + seconds / 3600
        elif match := MINUTES_RE.fullmatch(plain.iloc[row]):
            degrees, minutes = (float(part) for part in match.groups())
            if minutes < 60:
                values[row] = round(degrees + minutes / 60, 7)
    values[~np.isfinite(values)] = np.nan
    result: np.ndarray = values
    return result


def _within(values: np.ndarray, bounds: tuple[float, float]) -> np.ndarray:
    return (values >= bounds[0]) & (values <= bounds[1])


def _joined(*notes: str) -> str:
    return "。".join(note for note in notes if note)
