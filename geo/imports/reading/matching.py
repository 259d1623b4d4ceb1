"""Match the columns of an unknown table by hand: propose, keep, and use a match again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from geo.errors import DataError, Problem
from geo.imports.places.addresses import resolve
from geo.imports.reading.headers import FORMATS, ROLES, Format, plain_header
from geo.imports.reading.service_types import SCHEMES

VERSION = 1
# Words by which people call a column, beside the headers of the published forms.
SYNONYMS = {
    "name": ("団体名", "事業所名", "施設名", "名称", "機関名", "窓口名", "店名", "相談窓口", "活動名", "名前"),
    "operator": ("運営", "法人", "設置者", "実施主体", "運営団体", "主催"),
    "address": ("住所", "所在地", "場所", "開催場所", "会場"),
    "town": ("市町村", "市区町村", "市町村名"),
    "postal": ("郵便番号", "〒"),
    "phone": ("電話", "連絡先", "tel", "電話番号"),
    "url": ("url", "ホームページ", "hp", "webサイト", "リンク"),
    "kind": ("種別", "種類", "分類", "区分", "サービス", "事業種別", "カテゴリ"),
    "field": ("分野", "支援の分野"),
    "capacity": ("定員", "定数"),
    "target": ("対象", "対象者", "利用者"),
    "days": ("曜日", "日時", "営業時間", "開所時間", "利用時間", "開催日"),
    "note": ("備考", "説明", "内容", "活動内容", "概要", "メモ"),
    "lat": ("緯度", "lat", "latitude", "北緯", "y"),
    "lon": ("経度", "lon", "lng", "longitude", "東経", "x"),
    "updated": ("更新日", "確認日", "作成日", "時点"),
    "status": ("状態", "現況", "休止"),
    "id": ("番号", "id", "管理番号"),
}  # fmt: skip
PROPOSED = tuple(role for role in ROLES if role not in ("example", "precision", "layer"))


def propose(labels: list[str], below: pd.DataFrame) -> dict[str, str]:
    """Return role to header for an unknown table, from its words first, then from what is in it."""
    found: dict[str, str] = {}
    plain = [plain_header(label) for label in labels]
    for exact in (True, False):
        for role in PROPOSED:
            if role in found:
                continue
            for label, header in zip(labels, plain, strict=True):
                if header and label not in found.values() and _called(role, header, exact=exact):
                    found[role] = label
                    break
    sample = below.head(50)
    for role, holds in _CONTENT.items():
        if role in found:
            continue
        for column, label in enumerate(labels):
            if label in found.values() or not label or column >= sample.shape[1]:
                continue
            cells = [cell for cell in sample.iloc[:, column].str.strip() if cell]
            if len(cells) >= 2 and sum(map(holds, cells)) >= 0.7 * len(cells):
                found[role] = label
                break
    return found


def make_match(
    name: str,
    labels: tuple[str, ...],
    columns: Mapping[str, str],
    *,
    publisher: str = "",
    licence: str = "",
    scheme: str = "any",
    kind: str = "",
    strict_town: bool = True,
) -> dict[str, Any]:
    """Return a match that can be kept as JSON; raise DataError when it cannot work.

    name: title of the list. columns: role to header. kind: what every row is, where no column
    says it. strict_town: the town column says where the place is, not who publishes the list.
    """
    problems = [
        Problem(name, None, role, "知らない役割です" if role not in ROLES else "見出しにない列です")
        for role, label in columns.items()
        if role not in ROLES or label not in labels
    ]
    if "name" not in columns:
        problems.append(Problem(name, None, None, "名称の列を選んでください"))
    if not {"address", "address_city", "town", "lat", "postal", "place_code"} & set(columns):
        problems.append(Problem(name, None, None, "住所か市町村か座標の列を選んでください"))
    if scheme not in SCHEMES:
        problems.append(Problem(name, None, None, "知らない種別の体系です"))
    if problems:
        raise DataError(problems)
    return {
        "version": VERSION,
        "name": name,
        "header": [plain_header(label) for label in labels],
        "columns": dict(columns),
        "publisher": publisher,
        "licence": licence,
        "scheme": scheme,
        "kind": kind,
        "strict_town": strict_town,
    }


def format_of_match(match: Mapping[str, Any]) -> Format:
    """Return the format that a kept match describes; raise DataError when it is none."""
    try:
        if match["version"] != VERSION:
            raise ValueError(match["version"])
        columns = {str(role): (str(label),) for role, label in match["columns"].items()}
        return Format(
            "match",
            str(match["name"]),
            str(match["publisher"]),
            str(match["licence"]),
            str(match["scheme"]),
            columns,
            tuple(columns),
            strict_town=bool(match["strict_town"]),
            kind=str(match["kind"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise DataError(
            [Problem("列の対応", None, None, "保存された列の対応が読めません")]
        ) from None


def _called(role: str, header: str, *, exact: bool) -> bool:
    words = {plain_header(word) for word in SYNONYMS.get(role, ())}
    words |= {name for kind in FORMATS for name in kind.headers.get(role, ())}
    if exact:
        return header in words
    return any(len(word) >= 2 and word in header for word in words)


def _is_number(low: float, high: float, cell: str) -> bool:
    try:
        return low <= float(cell) <= high
    except ValueError:
        return False


_CONTENT = {
    "url": lambda cell: cell.startswith(("http://", "https://", "www.")),
    "phone": lambda cell: bool(re.fullmatch(r"[0-90-9]{2,5}[-ー(][0-90-9\-ー()]{6,12}", cell)),
    "postal": lambda cell: bool(re.fullmatch(r"〒?\s*\d{3}-\d{4}", cell)),
    "lat": lambda cell: "." in cell and _is_number(41, 46, cell),
    "lon": lambda cell: "." in cell and _is_number(139, 149, cell),
    "address": lambda cell: bool(resolve(cell).code),
}
