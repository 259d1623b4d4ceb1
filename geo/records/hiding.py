"""Say what of a hidden record stays public, and what still shows a place that was hidden just now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, Engine, select

from geo.data import withheld
from geo.data.dataset import Dataset
from geo.data.dates import in_japan
from geo.data.schema import LOCATION_COLUMNS, ORGANISATION_COLUMNS
from geo.people.history import load
from geo.records.addresses import FILES, FOLDER, SERVICES
from geo.records.cells import Cells
from geo.store.database import reading
from geo.store.frames import concealed
from geo.store.queries import rows
from geo.store.tables import changes, history, organisations

# Whatever is made of the records and can be carried away; of this nothing can be called back.
MADE_BEFORE = (
    "市町村カルテ・区分の根拠書(PDF・Word・zip)",
    "会議のスライド(PowerPoint)と画面",
    "配布資料(HTML)",
    "地図の画像と重ねた地図(PNG・SVG・PDF・HTML・GeoPackage)",
    "調査の計画書(Word・Excel・JSON)",
    "一覧の書き出し(CSV・Excel・JSON)",
    f"オープンデータ(/{FOLDER}/ の{'・'.join([*FILES, SERVICES])})",
    "試し書きの書き出しと、台帳の控え(バックアップ)",
)
MOST_NAMED = 5  # records in one message


@dataclass(frozen=True)
class Hidden:
    """An organisation whose place a change hid: its name, since when it was public if that is known."""

    name: str
    since: datetime | None


def public_cells(cells: Cells, dataset: Dataset) -> Cells:
    """Return what everybody is shown of an organisation whose place is not public, '' for nothing.

    cells: texts by column, as a form holds them.
    """
    every = {name: cells.get(name, "") for name in ORGANISATION_COLUMNS if name in cells}
    plain = dict.fromkeys(withheld.OFFICE_WORDS, "") | {"name": ""} | every
    hidden = pd.Series([True])
    shown = withheld.public_offices(pd.DataFrame([plain]), hidden, dataset.municipalities).iloc[0]
    return {name: "" if name in LOCATION_COLUMNS else str(shown[name]) for name in every}


def names_a_town(name: str, dataset: Dataset) -> bool:
    """Tell whether a record's own name, which is always public, says in which town it stands."""
    return bool(withheld.telling(dataset.municipalities).towns(name))


def hidden_by(connection: Connection, made: Collection[int]) -> list[Hidden]:
    """Return the organisations whose place was public before some changes and is not after them."""
    held = rows(connection, organisations)[["name", "location_public", "same_as", "created_in"]]
    before = held.astype(object)
    query = (
        select(history.c.record, history.c.before)
        .where(history.c.change_id.in_(made), history.c.kind == organisations.name)
        .order_by(history.c.id.desc())
    )
    for key, text in connection.execute(query):
        if text is None:
            before = before.drop(index=key, errors="ignore")
            continue
        old = load(organisations, text)
        if key in before.index:
            for column in before.columns.intersection(list(old)):
                before.at[key, column] = old[column]
    gone = (concealed(held) - concealed(before)) & {*before.index}
    # What ships was public before this store was made.
    query = select(changes.c.id, changes.c.at).where(changes.c.kind != "seed")
    when = {row.id: row.at for row in connection.execute(query)}
    table = held.loc[sorted(gone)]
    return [
        Hidden(name, when.get(created))
        for name, created in zip(table["name"], table["created_in"], strict=True)
    ]


def told(engine: Engine, made: Collection[int]) -> str:
    """Return in Japanese what still shows the places that changes hid, '' when they hid none.

    For who made the changes alone: it names records that are hidden now.
    """
    with reading(engine) as connection:
        found = hidden_by(connection, made)
    if not found:
        return ""
    names = "、".join(f"「{one.name}」" for one in found[:MOST_NAMED])
    more = f"ほか{len(found) - MOST_NAMED:,}件" if len(found) > MOST_NAMED else ""
    known = [one.since for one in found if one.since is not None]
    since = f"{in_japan(min(known))}から今まで" if len(known) == len(found) else "今まで"
    return (
        f"{names}{more}の所在地を非公開にしました。この画面・地図・オープンデータからはもう出ません。"
        f"{since}に作って配ったものには残っています。渡した先に、消して作り直したものへの差し替えを"
        f"頼んでください: {'、'.join(MADE_BEFORE)}。"
    )
