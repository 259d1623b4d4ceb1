"""Show who has answered a survey round, whom to call, and make its letters."""

from __future__ import annotations

from datetime import date

import pandas as pd
import streamlit as st
from sqlalchemy import Engine

from geo.data.dataset import Dataset
from geo.documents.links import base_address, qr_png
from geo.documents.mailing import cover, letters, one_letter, recipients
from geo.errors import GeoError
from geo.imports.letter import file_name
from geo.people.permissions import Person
from geo.plans.maps import round_view
from geo.plans.round import reminders
from geo.records import rounds
from geo.store.rounds import STATES, Round
from geo.ui import controls, frame
from geo.ui.components import hokkaido_map

SHOWN = {
    "name": "市町村",
    "subprefecture": "振興局",
    "label": "状況",
    "sent_on": "送付日",
    "reminded_on": "催促日",
    "answered_on": "回答日",
    "confirmed": "この通り(件)",
    "changed": "直した(件)",
    "closed": "やめた(件)",
    "found": "見つかった団体(件)",
    "known": "ある分野",
    "empty": "調べたが無い分野",
    "questions": "確かめる点",
    "desk": "窓口",
    "phone": "電話",
    "site": "市町村のサイト",
}


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """Return who has answered, for reading: the words of SHOWN, days as texts."""
    shown = table[list(SHOWN)].rename(columns=SHOWN)
    for name in ("送付日", "催促日", "回答日"):
        shown[name] = shown[name].map(lambda day: "" if pd.isna(day) else str(day))
    return shown


def panel(data: Dataset, round_: Round, table: pd.DataFrame, who: Person) -> None:
    """Show the map, the list and the reminders."""
    counts = table["state"].value_counts()
    frame.figures(
        [(words, f"{counts.get(key, 0)}", f"/ {len(table)}市町村") for key, words in STATES.items()]
    )
    left, right = st.columns([2, 3], gap="large")
    with left:
        hokkaido_map(data, round_view(data, table), key=f"round_{round_.id}", height="30rem")
    whole = readable(table)
    with right:
        frame.table(whole, rows=12)
    late = reminders(table)
    call = readable(late)[
        ["市町村", "状況", "送付日", "催促日", "確かめる点", "窓口", "電話", "市町村のサイト"]
    ]
    if who.edits:
        call["たずねること"] = late["asked_back"].to_numpy()
    st.subheader("電話をかける一覧")
    if call.empty:
        st.success("全部の市町村から回答があり、確かめる点もありません。", icon=":material/check:")
    else:
        st.caption(
            "電話の空欄は、番号を公表した窓口が見つかっていない市町村です。サイトで確かめます。"
        )
        frame.table(
            call,
            rows=8,
            columns={"市町村のサイト": st.column_config.LinkColumn("市町村のサイト")},
        )
    frame.downloads({"回答の状況": whole, "電話をかける一覧": call}, f"調査_{round_.name}", data)


def notes(engine: Engine, data: Dataset, round_: Round, table: pd.DataFrame, who: Person) -> None:
    """Note what was sent, and to whom one called again."""
    if not who.edits_all or round_.closed:
        return
    names = data.municipalities["name"]
    with st.form("round_notes"):
        chosen = st.multiselect(
            "市町村", list(round_.codes), format_func=names.get, placeholder="選ばなければ、全部"
        )
        day = st.date_input("日付", date.today(), max_value=date.today(), format="YYYY-MM-DD")
        left, right = st.columns(2)
        sent = left.form_submit_button("送付したと記す", icon=":material/send:")
        called = right.form_submit_button("催促したと記す", icon=":material/call:")
    try:
        if sent:
            rounds.note_sent(engine, round_.id, chosen or round_.codes, day, who)
        if called:
            late = reminders(table)["code"].tolist()
            rounds.note_reminded(engine, round_.id, chosen or late, day, who)
    except GeoError as error:
        st.error(frame.plain(str(error)))
    else:
        if sent or called:
            st.rerun()


def letter_panel(data: Dataset, round_: Round, town: str) -> None:
    """Offer the letters: all in one ZIP, one town's, the covering letter and its list."""
    base, today = base_address(), date.today()
    st.caption(
        "1つの市町村に1つのExcel(マクロなし)。台帳の記録、新しい団体の空欄、分野の調査の3枚です。"
        "ZIPには送付文(Wordの差し込み印刷)と宛名の一覧も入ります。所在地が非公開の記録は入りません。"
    )
    key = f"_letters_{round_.id}_{data.version}"
    left, middle = st.columns(2)
    with left:
        if key not in st.session_state and st.button(
            "全部の調査票を作る(ZIP)", type="primary", icon=":material/folder_zip:", width="stretch"
        ):
            bar = st.progress(0.0, "作っています")
            st.session_state[key] = letters(
                data, round_, today, base, lambda share, words: bar.progress(share, words)
            )
            bar.empty()
        if key in st.session_state:
            name = f"調査票_{round_.id}_{len(round_.codes)}市町村.zip"
            frame.download("全部の調査票(ZIP)", st.session_state[key], name, primary=True)
    with middle:
        frame.download("送付文(Word)", lambda: cover(round_, today), "送付文.docx")
    with st.expander("差し込み印刷の宛名の一覧", icon=":material/mail:"):
        listed = recipients(data, round_, base)
        frame.table(listed, rows=6)
        frame.downloads({"宛名の一覧": listed}, "宛名の一覧", data)
    if town:
        name = data.municipalities.at[town, "name"]
        frame.download(
            f"{name}の調査票",
            lambda: one_letter(data, round_, town, base),
            file_name(data, round_, town),
        )
        if base:
            address = f"{base}/survey?round={round_.id}&town={town}"
            st.image(qr_png(address), f"{name}の回答の画面", width=160)


def town_of(data: Dataset, round_: Round) -> str:
    """Show the choice of one municipality of a round; '' for all of them."""
    chosen: str = controls.town(
        data,
        "town",
        "市町村(1つの調査票を作る、1つだけを読む)",
        default="",
        codes=["", *round_.codes],
        also={"": "全部の市町村"},
    )
    return chosen
