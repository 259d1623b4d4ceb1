"""会議モード: the screens for a projector, picked and ordered by the presenter."""

from datetime import date
from html import escape

import streamlit as st

from geo.documents.links import base_address
from geo.documents.meeting import TITLES, candidate_codes
from geo.documents.projector import payload, shown
from geo.documents.survey import round_screen
from geo.methods.analysis import analyse
from geo.plans.saved import list_plans, open_plan
from geo.store.database import reading
from geo.store.rounds import all_rounds, towns
from geo.ui import conditions, controls, frame, session
from geo.ui.components import meeting_room

NO_PLAN = "none"

data = frame.dataset()
names = data.municipalities["name"]
frame.heading("会議モード")

with st.sidebar:
    keys = controls.multiselect(
        "画面(選んだ順に出ます)",
        list(TITLES),
        "screens",
        format_func=TITLES.get,
        placeholder="すべて(標準の順)",
    )
    plans = {entry.id: entry.title for entry in list_plans(session.store())}
    plan = controls.select(
        "調査研究計画の地域を使う",
        [NO_PLAN, *plans],
        "plan",
        default=NO_PLAN,
        format_func=lambda key: plans.get(key, "使わない"),
    )
    areas = controls.towns(data, "areas", "選んだ地域", placeholder="候補地域(不足度の高い順)")
    with reading(session.store()) as connection:
        rounds = {one.id: one for one in all_rounds(connection)}
    asked = controls.select(
        "調査の回答を映す",
        [NO_PLAN, *rounds],
        "round",
        default=NO_PLAN,
        format_func=lambda key: rounds[key].name if key in rounds else "映さない",
    )
parameters = conditions.parameters(data)
analysis = analyse(data, parameters)
if not areas and plan != NO_PLAN:
    known = set(names.index)
    areas = tuple(
        area.code for area in open_plan(session.store(), plan).plan.areas if area.code in known
    )
chosen = list(areas) or candidate_codes(analysis)
with st.sidebar:
    town = controls.town(
        data, "code", "近くで見る町", default=chosen[0] if chosen else names.index[0]
    )

frame.finding(
    "今のデータと条件から、投影用の画面を作りました。<b>始める</b>を押すと全画面になります。"
    f"町は{escape(names[town])}、地域は{len(chosen)}市町村です。"
)
with st.spinner("画面を描いています…"):
    made = payload(
        analysis, tuple(keys) or tuple(TITLES), tuple(areas) or None, town, base_address()
    )
    if asked in rounds:
        with reading(session.store()) as connection:
            known = towns(connection, asked)
        screen = round_screen(data, rounds[asked], known, date.today(), base_address())
        made = [*made, shown(analysis, screen)]
meeting_room(made, key="meeting", opened=st.query_params.get("show") == "1")

st.subheader("話すこと")
for number, screen in enumerate(made, start=1):
    st.markdown(f"**{number}. {screen['title']}**")
    st.text(screen["notes"])
frame.footer(data, parameters)
