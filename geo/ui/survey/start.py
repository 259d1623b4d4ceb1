"""Open a survey round, and close it."""

from __future__ import annotations

from datetime import date, timedelta

import streamlit as st
from sqlalchemy import Engine

from geo.data.dataset import Dataset
from geo.errors import GeoError
from geo.methods.within import EVERYWHERE, WHOLE, label, members, ranges
from geo.people.permissions import Person
from geo.plans.round import with_before
from geo.plans.saved import list_plans, open_plan
from geo.records import rounds
from geo.store.rounds import Round
from geo.ui import frame

USUAL_DAYS = 30  # until the deadline
PLAN = "plan:"


def panel(engine: Engine, data: Dataset, who: Person) -> str | None:
    """Show the form of a new round; return the key of the round that was opened, None for none."""
    if not who.edits_all:
        frame.offer_sandbox(who, "調査回を始められるのは、道の編集者です")
        return None
    plans = {f"{PLAN}{entry.id}": entry.title for entry in list_plans(engine)}
    acting = frame.signed("調査回を始める人(履歴に残ります)", who)
    with st.form("new_round", enter_to_submit=False):
        left, right = st.columns(2)
        name = left.text_input("調査回の名前", placeholder="例: 令和8年度 胆振の掘り起こし")
        deadline = right.date_input(
            "回答の期限", date.today() + timedelta(days=USUAL_DAYS), format="YYYY-MM-DD"
        )
        within = left.selectbox(
            "範囲",
            [*ranges(data), *plans],
            format_func=lambda one: (
                f"計画「{plans[one]}」の対象地域" if one in plans else label(data, one)
            ),
            help=f"{WHOLE}、振興局、二次医療圏、または保存した計画の対象地域。",
        )
        fields = right.multiselect(
            "たずねる分野",
            list(data.fields.index),
            format_func=data.fields["name"].get,
            placeholder="選ばなければ、すべての分野",
        )
        by = left.text_input("たずねる部署", placeholder="例: 北海道 地域福祉課")
        contact = right.text_input("問い合わせ先", placeholder="例: 電話 011-231-4111(代表)")
        asked = st.form_submit_button(
            "調査回を始める", type="primary", icon=":material/flag:", disabled=acting is None
        )
    if not asked:
        return None
    try:
        if within in plans:
            codes = open_plan(engine, within.removeprefix(PLAN)).plan.codes
            words = f"計画「{plans[within]}」の対象地域"
        else:
            codes = tuple(data.municipalities.index[members(data, within or EVERYWHERE)])
            words = label(data, within)
        chosen = tuple(fields) or tuple(data.fields.index)
        round_ = Round("", name, date.today(), deadline, words, codes, chosen, by, contact)
        with st.spinner("いまの区分を控えています"):
            return rounds.start(engine, data, with_before(data, round_), acting or who).id
    except GeoError as error:
        st.error(frame.plain(str(error)))
        return None


def closing(engine: Engine, round_: Round, who: Person) -> None:
    """Offer to close a round, or to let it run again."""
    if not who.edits_all:
        return
    words = "再開する" if round_.closed else "この調査回を閉じる"
    if st.button(words, icon=":material/lock:"):
        try:
            rounds.close(engine, round_.id, who, closed=not round_.closed)
        except GeoError as error:
            st.error(frame.plain(str(error)))
        else:
            st.rerun()
