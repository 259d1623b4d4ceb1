"""調査研究計画: from areas to partners, venues, what-ifs and the document."""

import streamlit as st

from geo.errors import ImpossibleError, UnknownCodeError
from geo.methods.analysis import analyse
from geo.ui import conditions, controls, frame
from geo.ui.plan import areas, changes, document, draft, partners, venues

data = frame.dataset()
draft.take_pending()
draft.begin()
frame.heading("調査研究計画")

with st.sidebar:
    controls.towns(
        data,
        "areas",
        "対象地域",
        placeholder="市町村名で探す",
        help="どの段でも、ここで加えたり外したりできます。",
    )
parameters = conditions.parameters(data)
analysis = analyse(data, parameters)
plan = draft.in_session(data, analysis)

left, right = st.columns([1, 1], gap="large", vertical_alignment="center")
with left:
    frame.finding(draft.summary(plan, data.municipalities["name"]))
with right:
    st.text(draft.status(plan))
    save, copy, anew = st.columns(3)
    asked = None
    if save.button(
        "保存",
        type="primary",
        icon=":material/save:",
        width="stretch",
        disabled=not draft.changed(plan),
    ):
        asked = False
    if copy.button(
        "写しを保存",
        icon=":material/content_copy:",
        width="stretch",
        disabled=st.session_state["plan_opened"] is None,
    ):
        asked = True
    anew.button("新しい計画", icon=":material/add:", width="stretch", on_click=draft.start_anew)
    if asked is not None:
        try:
            with st.spinner("保存しています"):
                saved = draft.save(plan, analysis, copy=asked)
        except (ImpossibleError, UnknownCodeError) as error:
            st.error(f"{frame.plain(str(error))}。該当する段で直すと、保存できます。")
        else:
            if saved:
                st.rerun()

step = controls.linked(
    "step",
    "areas",
    lambda key: st.segmented_control(
        "段",
        list(draft.STEPS),
        format_func=draft.STEPS.get,
        key=key,
        required=True,
        label_visibility="collapsed",
        persist_state="session",
    ),
    read=controls.one_of(list(draft.STEPS)),
)
if step == "areas":
    areas.show(data, analysis, plan)
elif step == "partners":
    partners.show(data, analysis, plan)
elif step == "venues":
    venues.show(data, analysis, plan)
elif step == "what_if":
    changes.show(data, analysis, plan)
elif step == "document":
    document.show(data, analysis, plan)
else:
    document.show_saved(data)
frame.footer(data, parameters)
