"""Serve the app: build the server once, then navigate each session to its page."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx(suppress_warning=True) is None:
    from geo.streamlit_server import lifespan, routes

    app = st.App(__file__, routes=routes(), lifespan=lifespan)
else:
    st.set_page_config(
        # A named icon would be fetched from an outside host; this one is served from here.
        page_title="ほっかいどう社会資源マップ",
        page_icon="geo/assets/icon.svg",
        layout="wide",
    )
    st.logo("geo/assets/logo.svg", size="large")
    st.navigation(
        [
            st.Page("pages/overview.py", title="全道マップ", icon=":material/map:", default=True),
            st.Page(
                "pages/gaps.py", title="偏在・空白", icon=":material/grid_on:", url_path="gaps"
            ),
            st.Page(
                "pages/karte.py",
                title="市町村カルテ",
                icon=":material/clinical_notes:",
                url_path="karte",
            ),
            st.Page(
                "pages/plan.py",
                title="調査研究計画",
                icon=":material/edit_note:",
                url_path="plan",
            ),
            st.Page(
                "pages/directory.py",
                title="団体台帳",
                icon=":material/menu_book:",
                url_path="directory",
            ),
            st.Page(
                "pages/meeting.py",
                title="会議モード",
                icon=":material/present_to_all:",
                url_path="meeting",
            ),
            st.Page(
                "pages/reports.py",
                title="印刷・資料",
                icon=":material/print:",
                url_path="reports",
            ),
            st.Page(
                "pages/imports.py",
                title="データの取り込み",
                icon=":material/upload_file:",
                url_path="imports",
            ),
            st.Page(
                "pages/status.py",
                title="データの状態",
                icon=":material/fact_check:",
                url_path="status",
            ),
            st.Page(
                "pages/methods.py",
                title="方法と出典",
                icon=":material/function:",
                url_path="methods",
            ),
        ],
        position="top",
    ).run()
