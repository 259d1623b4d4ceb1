"""Find the rows in a JSON document: a list, or what servers wrap one in.

GeoJSON (whole, or one feature a line), the features of ArcGIS, the answer of a CKAN datastore, the
pages of an API. What says that it is only a part of a list is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyproj
import shapely.geometry

WGS84 = 4326
# Frames of Japan that differ from WGS 84 by less than a metre: JGD2000, JGD2011.
AS_IT_IS = frozenset((WGS84, 4612, 6668, 104111))
WEB_MERCATOR = frozenset((3857, 102100, 102113, 900913))
TOKYO = 4301  # 日本測地系
DEEPEST = 4  # envelopes within one another
# Names under which servers put the rows.
NAMED = ("features", "records", "contents", "content", "data", "items", "results", "result", "rows", "value", "list", "d")  # fmt: skip
TOTALS = ("total", "total_items", "totalElements", "totalCount", "total_count", "count", "numberMatched", "hitCount")  # fmt: skip
CATALOGUE = (
    "データカタログの検索の答えで、表ではありません。中に書かれたファイル(resources の url)を"
    "ダウンロードしてお使いください"
)


@dataclass(frozen=True)
class Enveloped:
    """The objects of a document. kind: json or geojson. notes: (object, words) on its point.

    remarks: what is to be said of the file. problem: why there are none.
    """

    kind: str
    objects: list[Any]
    notes: tuple[tuple[int, str], ...] = ()
    remarks: tuple[str, ...] = ()
    problem: str = ""


def opened(document: Any) -> Enveloped:
    """Return the rows of a JSON document, each a dictionary of cells."""
    if isinstance(document, dict) and document.get("type") == "Feature":
        document = {"type": "FeatureCollection", "features": [document]}
    if isinstance(document, list) and document and all(map(_is_feature, document)):
        document = {"type": "FeatureCollection", "features": document}
    if isinstance(document, list):
        return Enveloped("json", document)
    if not isinstance(document, dict):
        return Enveloped("json", [], problem="表になる行がありません。値が1つだけの JSON です")
    found = _within(document)
    if found is None:
        said = "、".join(str(key)[:20] for key in list(document)[:6])
        return Enveloped(
            "json", [],
            problem=f"行の並びが見つかりません(最上位の項目: {said})。配列、GeoJSON、HSDS、CKAN、"
            "ArcGIS の JSON を読みます",
        )  # fmt: skip
    holder, objects = found
    if any(
        isinstance(one, dict) and isinstance(one.get("resources"), list) for one in objects[:50]
    ):
        return Enveloped("json", [], problem=CATALOGUE)
    remarks = _remarks(document, holder, len(objects))
    features = holder.get("type") == "FeatureCollection" or all(map(_is_feature, objects))
    if objects and (features or all(map(_is_esri, objects))):
        code = _frame(document, holder)
        rows, notes = [], []
        for number, one in enumerate(objects):
            cells, words = _flat(one, code)
            rows.append(cells)
            if words:
                notes.append((number, words))
        return Enveloped("geojson" if features else "json", rows, tuple(notes), remarks)
    names = [field.get("id") or field.get("name") for field in holder.get("fields", ()) if isinstance(field, dict)]  # fmt: skip
    if names and objects and all(isinstance(one, list) for one in objects):
        objects = [dict(zip(map(str, names), one, strict=False)) for one in objects]
    return Enveloped("json", objects, remarks=remarks)


def _within(document: dict[str, Any]) -> tuple[dict[str, Any], list[Any]] | None:
    """Return the list of objects that lies in a document, and what holds it."""
    level = [document]
    for _ in range(DEEPEST):
        for holder in level:
            named = [holder[name] for name in NAMED if isinstance(holder.get(name), list)]
            others = [held for held in holder.values() if isinstance(held, list)]
            lists = [held for held in (*named, *others) if _is_rows(held)]
            if lists:
                return holder, (lists[0] if named and _is_rows(named[0]) else max(lists, key=len))
            if named and holder.get("type") == "FeatureCollection":
                return holder, named[0]
        level = [held for holder in level for held in holder.values() if isinstance(held, dict)]
    return None


def _is_rows(held: list[Any]) -> bool:
    return bool(held) and (
        all(isinstance(one, dict) for one in held) or all(isinstance(one, list) for one in held)
    )


def _remarks(document: dict[str, Any], holder: dict[str, Any], count: int) -> tuple[str, ...]:
    """Say where a document is only a part of what the server has."""
    said = []
    for part in (document, holder):
        total = next((part[name] for name in TOTALS if str(part.get(name, "")).isdigit()), None)
        if total is not None and int(total) > count:
            said.append(
                f"全{int(total):,}件のうち{count:,}件だけのページです。残りは入っていません"
            )
        if str(part.get("exceededTransferLimit", "")).lower() == "true":
            said.append(f"サーバーの上限で切られた{count:,}件だけです。残りは入っていません")
    return tuple(dict.fromkeys(said))


def _is_feature(one: Any) -> bool:
    return isinstance(one, dict) and one.get("type") == "Feature" and "properties" in one


def _is_esri(one: Any) -> bool:
    return isinstance(one, dict) and isinstance(one.get("attributes"), dict)


def _frame(document: dict[str, Any], holder: dict[str, Any]) -> int:
    """Return the EPSG code of a document's coordinates, WGS 84 where nothing says another."""
    for part in (holder, document):
        reference = part.get("spatialReference")
        if isinstance(reference, dict):
            said = str(reference.get("latestWkid") or reference.get("wkid") or "")
            if said.isdigit():
                return int(said)
        named = part.get("crs")
        if isinstance(named, dict) and isinstance(named.get("properties"), dict):
            code = str(named["properties"].get("name", "")).rpartition(":")[2]
            if code.isdigit():
                return int(code)
    return WGS84


def _flat(feature: Any, code: int) -> tuple[dict[str, Any], str]:
    """Return a feature's cells, its geometry as one point in 緯度 and 経度, and what was done."""
    if not isinstance(feature, dict):
        return {}, ""
    held = feature.get("properties", feature.get("attributes"))
    cells = dict(held) if isinstance(held, dict) else {}
    geometry = feature.get("geometry")
    if not isinstance(geometry, dict) or (cells.get("緯度") and cells.get("経度")):
        return cells, ""
    found, words = _point(geometry)
    if found is None:
        return cells, words
    x, y = found
    if code not in AS_IT_IS:
        try:
            across = pyproj.Transformer.from_crs(3857 if code in WEB_MERCATOR else code, WGS84, always_xy=True)  # fmt: skip
            moved = across.transform(float(x), float(y), errcheck=True)
            x, y = (repr(round(float(part), 7)) for part in moved)
            name = "日本測地系" if code == TOKYO else f"EPSG:{code}"
            words = "。".join(filter(None, (words, f"座標を{name}から世界測地系に変えた")))
        except (pyproj.exceptions.ProjError, ValueError):
            return cells, f"座標の系(EPSG:{code})が分からない。座標は使わない"
    cells["緯度"], cells["経度"] = y, x
    return cells, words


def _point(geometry: dict[str, Any]) -> tuple[tuple[Any, Any] | None, str]:
    """Return (x, y) of a geometry of GeoJSON or ArcGIS, and what was done to make it one point."""
    if geometry.get("x") is not None and geometry.get("y") is not None:
        return (geometry["x"], geometry["y"]), ""
    kind, held = geometry.get("type"), geometry.get("coordinates")
    if kind == "Point":
        good = isinstance(held, list) and len(held) >= 2
        return ((held[0], held[1]) if good and isinstance(held, list) else None), ""
    if kind == "MultiPoint" and isinstance(held, list) and len(held) == 1 and len(held[0]) >= 2:
        return (held[0][0], held[0][1]), "1点だけの複数点を、その点として使う"
    if kind is None:
        for name, made in (("rings", "Polygon"), ("paths", "MultiLineString"), ("points", "MultiPoint")):  # fmt: skip
            if isinstance(geometry.get(name), list):
                geometry = {"type": made, "coordinates": geometry[name]}
                kind = made
    if kind is None:
        return None, ""
    try:
        point = shapely.geometry.shape(_numbers(geometry)).representative_point()
        if point.is_empty:
            return None, "形に点がない。座標は使わない"
        words = "面" if "Polygon" in kind else "線" if "Line" in kind else "複数の点"
        return (
            (repr(round(point.x, 7)), repr(round(point.y, 7))),
            f"{words}の代表点を位置とした",
        )
    except Exception:  # shapely fails in many ways on what is no geometry
        return None, "形が読めない。座標は使わない"


def _numbers(geometry: Any) -> Any:
    """Return a geometry with numbers where the document's texts of numbers were kept."""
    if isinstance(geometry, dict):
        return {
            key: _numbers(held) if key in ("coordinates", "geometries", "geometry") else held
            for key, held in geometry.items()
        }
    if isinstance(geometry, list):
        return [_numbers(held) for held in geometry]
    return float(geometry) if isinstance(geometry, str) else geometry
