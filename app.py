"""Serve the app: build the server once, then navigate each session to its page."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from geo.errors import StoreError
from geo.metrics import page_run
from geo.ui import session
from geo.ui.controls import turn_to

if get_script_run_ctx(suppress_warning=True) is None:
    from geo.server.app import lifespan, middleware, prepare, routes

    prepare()
    app = st.App(__file__, routes=routes(), middleware=middleware(), lifespan=lifespan)
else:
    session.begin_run()
    st.set_page_config(
        # A named icon would be fetched from an outside host; this one is served from here.
        page_title="ほっかいどう社会資源マップ",
        page_icon="geo/assets/icon.svg",
        layout="wide",
    )
    st.logo("geo/assets/logo.svg", size="large")
    # By what one comes to do.
    pages = {
        "見る・調べる": [
            ("overview", "全道マップ", "map"),
            ("gaps", "偏在・空白", "grid_on"),
            ("karte", "市町村カルテ", "clinical_notes"),
            ("directory", "団体台帳", "menu_book"),
        ],
        "計画する": [
            ("plan", "調査研究計画", "edit_note"),
            ("survey", "調査", "contact_mail"),
            ("layers", "重ね地図", "layers"),
        ],
        "会議と印刷": [
            ("meeting", "会議モード", "present_to_all"),
            ("reports", "印刷・資料", "print"),
        ],
        "データと方法": [
            ("editing", "台帳の編集", "edit_document"),
            ("imports", "データの取り込み", "upload_file"),
            ("status", "データの状態", "fact_check"),
            ("methods", "方法と出典", "function"),
            ("members", "会員と権限", "group"),
        ],
    }
    # Without a sign-in nobody is a member, and the page says no more than that.
    signing_in = st.secrets.load_if_toml_exists() and "auth" in st.secrets
    page = st.navigation(
        {
            section: [
                st.Page(
                    f"pages/{name}.py",
                    title=title,
                    icon=f":material/{icon}:",
                    url_path=None if name == "overview" else name,
                    default=name == "overview",
                    visibility="visible" if name != "members" or signing_in else "hidden",
                )
                for name, title, icon in listed
            ]
            for section, listed in pages.items()
        },
        position="top",
    )
    turn_to(page.url_path)
    with page_run(page.url_path):
        try:
            page.run()
        except StoreError as error:  # whatever a page wanted of the store
            st.error(f"{error}。")
