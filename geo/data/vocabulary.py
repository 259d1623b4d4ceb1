"""Fix the closed word lists of the data, with the Japanese each is shown as."""

from __future__ import annotations

APPROACHES = {
    "1": "予防・日常のつながり・居場所",
    "2": "早期の気づき・つなぎ",
    "3": "専門的な課題解決",
}
MODES = {
    "place": "来所",
    "outreach": "訪問",
    "delivery": "配送",
    "phone": "電話",
    "online": "オンライン",
}
REMOTE_MODES = frozenset(MODES) - {"place"}
CLASSES = {
    "local": "地域内にあり",
    "neighbour": "近隣にあり",
    "remote": "遠隔のみ",
    "none": "空白",
    "unknown": "未確認",
}
FLAGS = {
    "few": "資源少数区域",
    "middle": "中位",
    "many": "資源多数区域",
    "outside": "比べる範囲の外",
}
CONFIDENCE = {
    "A": "公式または運営者の公表",
    "B": "二次的な資料・制度からの推定",
    "C": "古い資料・所在が不確か",
}
PRECISIONS = {
    "point": "地点",
    "block": "街区・町丁目",
    "address": "番地",
    "municipality": "市町村",
    "": "所在なし",
}
STATUSES = {"active": "現存", "suspended": "休止", "closed": "廃止"}
YES = {True: "○", False: ""}  # in a table for reading
PUBLIC = {"yes": "公開", "no": "非公開"}  # whether a location is
