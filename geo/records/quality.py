"""Say which records have to be looked at again: by age, link, place, listing or a possible double."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy import Connection, select

from geo.data.dataset import Dataset
from geo.data.dates import source_day
from geo.parameters import AGEING_YEARS, OLD_YEARS
from geo.records.duplicates import proposals
from geo.records.link_checks import OUTCOMES
from geo.store.tables import link_checks

AGES = {
    "fresh": f"{AGEING_YEARS:g}年以内の資料",
    "ageing": f"{AGEING_YEARS:g}年より前の資料",
    "old": f"{OLD_YEARS:g}年より前の資料",
    "undated": "日付の分からない資料",
}
CHECKS = {
    "ageing": AGES["ageing"],
    "old": AGES["old"],
    "undated": AGES["undated"],
    "links": "リンク切れ・応答なし",
    "nowhere": "座標がない",
    "unlisted": "出典の最新の一覧に掲載なし",
    "duplicates": "重複かもしれない",
}
ADVICE = {
    "ageing": "出典を開いて、今も同じかを確かめ、確認日を新しくします。",
    "undated": "いつの資料か分かりません。出典を開いて確かめ、出典の日付を書きます。",
    "old": "先に確かめる記録です。確かめられなければ確度をCにします。",
    "links": "新しいアドレスを探して直します。移転先が分かったものは右の列にあります。",
    "nowhere": "所在の番地が分かれば、地図の点として示せます。市町村までは分かるものもあります。",
    "unlisted": "廃止とは限りません。公表者か団体に確かめます。確度Cとして扱い、ふだんは数えません。",
    "duplicates": "2つの記録を見比べて、同じ団体か別の団体かを決めます。自動では1つにしません。",
}


@dataclass(frozen=True, eq=False)
class Condition:
    """Which organisations each check names (ids in the order of the dataset), and what is known.

    ages: by organisation, a key of AGES. links: the newest answer of every address asked.
    pairs: possible doubles.
    """

    flagged: dict[str, pd.Index]
    ages: pd.Series
    links: pd.DataFrame
    pairs: pd.DataFrame


def ages(data: Dataset, today: date) -> pd.Series:
    """Return how old what each organisation's source says is, as a key of AGES.

    The age counts from the day that the source's own date speaks of, not from the day on which
    somebody put it into the ledger; a record edited or confirmed by hand names that day as its
    source's date. A source that names no date is undated.
    Source: 出典の日付(記録ごと)と、ページに示す年数.
    """
    texts = data.organisations["source_date"]
    days = {text: source_day(text) for text in texts.unique()}
    day = pd.to_datetime(texts.map(days))
    now = pd.Timestamp(today)
    old = day < now - pd.DateOffset(years=int(OLD_YEARS))
    ageing = day < now - pd.DateOffset(years=int(AGEING_YEARS))
    words = np.select([day.isna(), old, ageing], ["undated", "old", "ageing"], default="fresh")
    return pd.Series(words, index=data.organisations.index)


def condition(connection: Connection, data: Dataset, today: date) -> Condition:
    """Return the condition of a dataset's records.

    A record whose location is not public is never counted as one without coordinates.
    """
    offices = data.organisations
    age = ages(data, today)
    answers = select(link_checks).order_by(link_checks.c.checked_at.desc())
    found = connection.execute(answers)
    links = pd.DataFrame.from_records(found.fetchall(), columns=list(found.keys()))
    # The address of a hidden record that tells its town is nobody's to read.
    links = links[links["url"].isin(offices["url"])]
    bad = set(links.loc[links["outcome"].isin(["broken", "silent"]), "url"])
    pairs = proposals(connection)
    doubled = {*pairs["first"], *pairs["second"]}
    listed = data.services.groupby("organisation")["listed"].any()
    flags = {
        "ageing": age == "ageing",
        "old": age == "old",
        "undated": age == "undated",
        "links": offices["url"].isin(bad),
        "nowhere": offices["lat"].isna() & offices["location_public"],
        "unlisted": ~offices.index.to_series().map(listed).fillna(True).astype(bool),
        "duplicates": pd.Series(offices.index.isin(doubled), index=offices.index),
    }
    return Condition(
        flagged={check: offices.index[flag.to_numpy(bool)] for check, flag in flags.items()},
        ages=age,
        links=links.assign(outcome=links["outcome"].map(OUTCOMES)),
        pairs=pairs,
    )
