"""調査研究計画: from areas to partners, venues, what-ifs and the document."""

import streamlit as st

from geo.errors import UnknownCodeError
from geo.methods.analysis import analyse
from geo.methods.venues import VenueError
from geo.methods.what_if import ChangeError
from geo.ui import controls, frame
from geo.ui.plan import areas, changes, document, partners, state, venues

data = frame.dataset()
towns = data.municipalities
state.take_pending()
state.begin()
frame.heading("調査研究計画")

with st.sidebar:
    controls.multiselect(
        "対象地域",
        list(towns.index),
        "areas",
        format_func=towns["name"].get,
        placeholder="市町村名で探す",
        help="どの段でも、ここで加えたり外したりできます。",
    )
parameters = frame.parameters(data)
analysis = analyse(data, parameters)
plan = state.draft(data, analysis)

left, right = st.columns([1, 1], gap="large", vertical_alignment="center")
with left:
    frame.finding(state.summary(plan, towns["name"]))
with right:
    st.text(state.status(plan))
    save, copy, anew = st.columns(3)
    asked = None
    if save.button(
        "保存",
        type="primary",
        icon=":material/save:",
        width="stretch",
        disabled=not state.changed(plan),
    ):
        asked = False
    if copy.button(
        "写しを保存",
        icon=":material/content_copy:",
        width="stretch",
        disabled=st.session_state["plan_opened"] is None,
    ):
        asked = True
    anew.button("新しい計画", icon=":material/add:", width="stretch", on_click=state.start_anew)
    if asked is not None:
        try:
            with st.spinner("保存しています"):
                saved = state.save(plan, analysis, copy=asked)
        except (VenueError, ChangeError, UnknownCodeError) as error:
            st.error(f"{error}。該当する段で直すと、保存できます。")
        else:
            if saved:
                st.rerun()

step = controls.linked(
    "step",
    "areas",
    lambda key: st.segmented_control(
        "段",
        list(state.STEPS),
        format_func=state.STEPS.get,
        key=key,
        required=True,
        label_visibility="collapsed",
        persist_state="session",
    ),
    read=controls.one_of(list(state.STEPS)),
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
