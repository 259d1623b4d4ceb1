"""Name the sources of what is shown, for the footer of every page and export."""

from __future__ import annotations

import re

from geo.data.dataset import DATA_DIRECTORY, Dataset
from geo.data.memory import kept

CAVEAT = (
    "資源少数・多数区域は、比べる範囲の中での相対的な目安です。絶対的な充足を示すものではなく、"
    "機械的に用いないでください。件数は公表され、本製品が読めた分です。"
)
PUBLISHED = r"[^「」:/|]+「[^「」]+」"
BOUNDARY_SOURCE = (
    "境界: 気象庁「市町村等(土砂災害警戒情報)」の区域(公共データ利用規約 第1.0版)を加工して作成"
)
CENSUS_SOURCE = (
    "人口・世帯: 総務省統計局「国勢調査」(2015年・2020年、SSDSE 統計センター)を加工して作成"
)
PROJECTION_SOURCE = (
    "将来推計: 国立社会保障・人口問題研究所「日本の地域別将来推計人口(令和5(2023)年推計)」"
)
# (data, publisher and title, date, terms)
DATA_SOURCES = (
    (
        "市町村の境界",
        "気象庁「市町村等(土砂災害警戒情報)」の区域",
        "2025年に配布の版",
        "公共データ利用規約 第1.0版",
    ),
    ("人口・世帯", "総務省統計局「国勢調査」2015年・2020年", "2020-10-01", "出典を示して利用"),
    (
        "将来推計人口",
        "国立社会保障・人口問題研究所「日本の地域別将来推計人口(令和5(2023)年推計)」",
        "2023-12-22",
        "出典を示して利用",
    ),
    ("役場の位置", "code4fukui/localgovjp", "2026-03", "CC0"),
    ("二次医療圏", "北海道医療計画", "2024〜2029年度の計画", "出典を示して利用"),
    (
        "団体と支援",
        "ほっかいどう孤独・孤立対策官民連携プラットフォーム第1回会議の議事録、各団体・行政の公表資料",
        "記録ごと",
        "事実のみを記載",
    ),
    ("航路", "航路を運航する会社の公表時刻", "記録ごと", "事実のみを記載"),
)
OFFICE_SOURCE = "役場の位置: localgovjp(CC0)"
FERRY_SOURCE = "航路: 各社の公表時刻(乗船時間のみ。待ち時間と便数は含まない)"


def map_note(data: Dataset) -> str:
    """Return the short source line for the corner of a map."""
    return f"境界: 気象庁を加工 / 人口: 国勢調査2020 / 団体: {data.organisations['checked_on'].max()}確認"


@kept(1)
def footer_lines(data: Dataset) -> tuple[str, ...]:
    """Return the source lines of a dataset, with dates and the data version."""
    checked = data.organisations["checked_on"]
    lines = [
        f"団体: 公表資料から{len(data.organisations):,}件"
        f"(確認日 {checked.min()}〜{checked.max()}、記録ごとの出典は団体台帳)",
        f"{CENSUS_SOURCE}。{PROJECTION_SOURCE}",
        f"{BOUNDARY_SOURCE}。{OFFICE_SOURCE}。{FERRY_SOURCE}",
        f"データ版 {data.version}",
    ]
    credit = imported_sources(data)
    if credit:
        lines.insert(1, f"取り込んだ公表データ: {'、'.join(credit)}(利用条件はデータの状態)")
    if data.measured is not None:
        lines.insert(-1, f"所要時間: {'、'.join(data.measured['source'].unique())}")
    return tuple(lines)


def imported_sources(data: Dataset) -> list[str]:
    """Return the published data that records came from, as readers name it: 発行者「題名」."""
    sources = data.organisations["source"]
    return sorted(sources[sources.str.fullmatch(PUBLISHED)].unique())


def sources_text() -> str:
    """Return the notes on how each data file was made and checked, below a page's own headings."""
    text = (DATA_DIRECTORY / "SOURCES.md").read_text(encoding="utf-8")
    return re.sub(r"^(#+) ", r"##\1 ", text, flags=re.MULTILINE)
