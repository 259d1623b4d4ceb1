"""台帳の編集: change the records of one's municipalities, with drafts, reviews and history."""

import streamlit as st

from geo.ui import controls, frame, session
from geo.ui.records import desk, form

VIEWS = {"records": "記録を編集", "drafts": "下書き", "review": "審査"}

data = frame.dataset()
# Before the store is asked for anything: it may be gone, and what it was told before stands.
if told := st.session_state.pop(form.DONE, None):
    kind, words = told
    {"success": st.success, "info": st.info, "error": st.error}[kind](words)
engine, who = session.store(), session.person()
frame.heading("台帳の編集")

if not who.edits:
    frame.finding(
        "団体と支援の記録を、画面で直し、足せます。町は自分の町の記録を、道は全体を受け持ちます。"
    )
    frame.offer_sandbox(who)
elif form.LINK in st.query_params:
    form.form(data, st.query_params[form.LINK])
else:
    acting = frame.signed("編集する人(履歴に残ります)", who)
    if acting is not None:
        views = [view for view in VIEWS if view != "review" or who.edits_all]
        view = controls.linked(
            "view",
            "records",
            lambda key: st.segmented_control(
                "表示",
                views,
                format_func=VIEWS.get,
                key=key,
                required=True,
                label_visibility="collapsed",
            ),
            read=controls.one_of(views),
        )
        if view == "records":
            desk.choose(data, engine, acting)
        elif view == "drafts":
            desk.my_drafts(data, engine, acting)
        else:
            desk.review(data, engine, acting)
frame.footer(data)
