"""List the official downloads: who publishes what, on what terms, how often, and where.

Addresses were read on 2026-11-24 in published programs and pages, not by downloading.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from geo.errors import DataError, Problem

CC_BY = "CC BY 4.0"
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Source:
    """One official download.

    page: where a person finds it. links: pattern of the addresses on that page; its groups
    `edition` and `part` are kept apart, and the newest edition is taken. files: fixed addresses,
    where there is no page to read. hosts: the only hosts that are asked, redirects included.
    reader: `table` for import, `blocks` or `boundaries`. limit: bytes of one file.
    """

    key: str
    title: str
    publisher: str
    licence: str
    attribution: str
    page: str
    cadence: str
    reader: str
    hosts: tuple[str, ...]
    limit: int
    links: str = ""
    files: tuple[str, ...] = ()
    search: str = ""


SOURCES = {
    each.key: each
    for each in (
        Source(
            key="kaigo",
            title="介護サービス情報公表システム オープンデータ",
            publisher="厚生労働省",
            licence=CC_BY,
            attribution="厚生労働省「介護サービス情報公表システム」オープンデータを加工して作成",
            page="https://www.mhlw.go.jp/stf/kaigo-kouhyou_opendata.html",
            cadence="年2回(6月末・12月末の時点)",
            reader="table",
            hosts=("www.mhlw.go.jp",),
            limit=60 * MEGABYTE,
            links=r"jigyosho_(?P<part>\d{3})(?:_all_(?P<edition>\d{8})\d*)?\.csv",
        ),
        Source(
            key="wamnet",
            title="障害福祉サービス等情報公表システム オープンデータ",
            publisher="独立行政法人福祉医療機構 WAM NET",
            licence="オープンデータ(出典「WAM NET」を示して利用)",
            attribution="独立行政法人福祉医療機構「WAM NET」のデータを加工して作成",
            page="https://www.wam.go.jp/content/wamnet/pcpub/top/sfkopendata/",
            cadence="年2回(3月末・9月末の時点)",
            reader="table",
            hosts=("www.wam.go.jp",),
            limit=30 * MEGABYTE,
            links=r"sfkopendata_(?P<edition>\d{6})_(?P<part>\d{2,3})\.zip",
        ),
        Source(
            key="hokkaido",
            title="医療機関一覧",
            publisher="北海道",
            licence=CC_BY,
            attribution="この情報は北海道のオープンデータを利用しています(加工して作成)",
            page="https://www.harp.lg.jp/opendata/",
            cadence="不定期",
            reader="table",
            hosts=("www.harp.lg.jp",),
            limit=30 * MEGABYTE,
            search="https://www.harp.lg.jp/opendata/api/package_search?q=医療機関一覧",
        ),
        Source(
            key="n03",
            title="国土数値情報 行政区域データ(N03) 北海道",
            publisher="国土交通省",
            licence=CC_BY,
            attribution="国土交通省「国土数値情報(行政区域データ)」を加工して作成",
            page="https://nlftp.mlit.go.jp/ksj/gml/datalist/KsjTmplt-N03-2025.html",
            cadence="年1回(1月1日の時点)",
            reader="boundaries",
            hosts=("nlftp.mlit.go.jp",),
            limit=200 * MEGABYTE,
            files=("https://nlftp.mlit.go.jp/ksj/gml/data/N03/N03-2025/N03-20250101_01_GML.zip",),
        ),
        Source(
            key="isj",
            title="位置参照情報(街区レベル・大字町丁目レベル) 北海道",
            publisher="国土交通省",
            licence="位置参照情報利用約款(出典を示して利用)",
            attribution="国土交通省「位置参照情報」を加工して作成",
            page="https://nlftp.mlit.go.jp/isj/",
            cadence="年1回",
            reader="blocks",
            hosts=("nlftp.mlit.go.jp",),
            limit=200 * MEGABYTE,
            files=(
                "https://nlftp.mlit.go.jp/isj/dls/data/24.0a/01000-24.0a.zip",
                "https://nlftp.mlit.go.jp/isj/dls/data/19.0b/01000-19.0b.zip",
            ),
        ),
    )
}
CLOSED_RE = re.compile(r"\b(?:nc|nd)\b|noncommercial|noderiv|notspecified|非営利|改変禁止|未指定")
OPEN_RE = re.compile(
    r"cc[\s_-]*(?:0|zero|by)|publicdomain|pdl|public\s*data\s*licen|公共データ利用規約"
)


def open_licence(words: str) -> bool:
    """Tell whether a licence lets anyone use and change the data, naming the source.

    What forbids commerce or change is refused before CC BY is looked for: CC BY-NC holds both.
    """
    plain = words.lower().replace("_", "-")
    return not CLOSED_RE.search(plain) and bool(OPEN_RE.search(plain))


def by_key(keys: list[str]) -> list[Source]:
    """Return the sources of these keys, all for none; raise DataError for an unknown one."""
    unknown = [key for key in keys if key not in SOURCES]
    if unknown:
        known = "・".join(SOURCES)
        raise DataError(
            [
                Problem("fetch", None, key, f"知らない取得先です。{known} のどれかです")
                for key in unknown
            ]
        )
    return [SOURCES[key] for key in keys or SOURCES]
