"""調査: ask the municipalities in rounds, load what comes back, see what it changed."""

from datetime import date

import streamlit as st

from geo.plans.round import (
    analysis_of,
    class_changes,
    field_changes,
    flag_changes,
    found_table,
    sentence,
    status_table,
)
from geo.store.database import reading
from geo.store.rounds import all_rounds, towns
from geo.ui import controls, frame, session
from geo.ui.survey import ahead, loaded, progress, start

NEW = "new"

data = frame.dataset()
engine, who = session.store(), session.person()
frame.heading("調査")
with reading(engine) as connection:
    rounds = {one.id: one for one in all_rounds(connection)}
if opened := st.session_state.pop("_round_opened", None):
    st.session_state["round"] = opened
    st.success("調査回を始めました。次に、調査票を作って送ります。", icon=":material/check_circle:")
chosen = controls.select(
    "調査回",
    [*rounds, NEW],
    "round",
    default=next(iter(rounds), NEW),
    format_func=lambda key: (
        "新しい調査回を始める"
        if key == NEW
        else f"{rounds[key].name}({rounds[key].within}{'、閉じた' if rounds[key].closed else ''})"
    ),
    always=bool(rounds),
)
if chosen == NEW:
    if not rounds:
        frame.finding(
            "調査回はまだありません。名前・期限・範囲・分野を決めると、<b>市町村ごとの調査票</b>を"
            "まとめて作り、返ってきた回答を<b>一度に</b>読み込めます。"
        )
    made = start.panel(engine, data, who)
    if made is not None:
        st.session_state["_round_opened"] = made
        st.rerun()
    frame.footer(data)
    st.stop()

round_, today = rounds[chosen], date.today()
with reading(engine) as connection:
    known = towns(connection, round_.id)
st.markdown(f"**{frame.plain(sentence(data, round_, known, today))}**")
names = data.fields["name"]
st.caption(
    f"たずねる部署: {frame.plain(round_.asked_by)}　範囲: {frame.plain(round_.within)}　"
    f"分野: {'、'.join(names[one] for one in round_.fields)}"
)
table = status_table(data, round_, known, today)
progress.panel(data, round_, table, who)

st.header("調査票を送る")
town = progress.town_of(data, round_)
progress.letter_panel(data, round_, town)
progress.notes(engine, data, round_, table, who)

st.header("回答を読み込む")
if not who.edits:
    frame.offer_sandbox(who, "回答の内容の確認はだれでもできます")
loaded.panel(engine, data, round_, who)

st.header("何が変わったか")
with st.spinner("始めたときと比べています"):
    after = analysis_of(data, round_)
    outcome = {
        "見つかった団体(掘り起こし)": found_table(data, known),
        "分かった分野と区分": class_changes(data, round_, after),
        "判定に入る分野": field_changes(data, round_, after),
        "区域の区分": flag_changes(data, round_, after),
    }
st.caption(
    "調査回を始めたときの台帳と、いまの台帳を、この調査回の範囲の中で比べています。"
    "ある分野の回答が範囲の全部から集まるまで、その分野は区域の区分を動かしません。"
)
for tab, one in zip(st.tabs(list(outcome)), outcome.values(), strict=True):
    with tab:
        if one.empty:
            st.caption("まだありません。")
        else:
            frame.table(one, rows=10)
frame.downloads(outcome, f"調査の結果_{round_.name}", data)

st.header("次に確かめる一件")
ahead.calls(data, round_, after)

st.header("まだ見つかっていない団体は何件か")
with st.spinner("一覧の重なりを数えています"):
    ahead.unseen(data, round_)
start.closing(engine, round_, who)
frame.footer(data)
