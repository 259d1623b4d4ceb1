"""Take a change back on a page: which one, what that would do, who does it."""

from __future__ import annotations

import pandas as pd
import streamlit as st
from sqlalchemy import Engine

from geo.errors import GeoError
from geo.people import reversal
from geo.people.permissions import Person
from geo.records import hiding
from geo.ui import frame

TAKE_BACK, DO_AGAIN = "取り消す", "やり直す"


def panel(engine: Engine, who: Person, standing: pd.DataFrame, place: str) -> str | None:
    """Draw what takes a change back; return in Japanese what was done, None until it was.

    standing: 番号, 内容 and 取り消しの取り消し (whether the change is itself one that took another back)
    of the changes that can be taken back, newest first. place: of the page, for its widgets' keys.
    """
    if standing.empty:
        return None
    titles = dict(zip(standing["番号"], standing["内容"], strict=True))
    undoes = dict(zip(standing["番号"], standing["取り消しの取り消し"], strict=True))
    left, middle, right = st.columns([4, 2, 1], vertical_alignment="bottom")
    chosen: int = left.selectbox(
        "取り消す変更",
        list(titles),
        format_func=lambda number: f"{number} {titles[number]}",
        key=f"undo_which_{place}",
    )
    with middle:
        acting = frame.signed("取り消す人(履歴に残ります)", who, key=f"undo_name_{place}")
    word = DO_AGAIN if undoes[chosen] else TAKE_BACK
    refused = ""
    try:
        st.caption(f"{word}と: {frame.plain(reversal.would_do(engine, chosen, who))}。")
    except GeoError as error:
        refused = str(error)
        st.caption(f"{frame.plain(refused)}。")
    if not right.button(
        word,
        icon=":material/redo:" if undoes[chosen] else ":material/undo:",
        width="stretch",
        key=f"undo_{place}",
        disabled=acting is None or bool(refused),
    ):
        return None
    try:
        made = reversal.undo(engine, chosen, acting or who)
    except GeoError as error:
        st.error(f"{frame.plain(str(error))}。")
        return None
    done = "やり直しました" if undoes[chosen] else "取り消しました"
    return f"変更{chosen}を{done}。{frame.plain(hiding.told(engine, [made]))}"


def undo_of_undo(changes: pd.DataFrame) -> pd.Series:
    """Return for each change of a history whether it took back one that was not an undo itself.

    changes: columns id and undoes.
    """
    undone = changes["undoes"].map(dict(zip(changes["id"], changes["undoes"], strict=True)))
    return changes["undoes"].notna() & undone.isna()
