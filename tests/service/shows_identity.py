"""Show what geo.people.sign_in makes of st.user: an app for the tests of the sign-in alone."""

import time

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from geo.people import sign_in

if get_script_run_ctx(suppress_warning=True) is None:
    from geo.server.app import middleware, prepare

    prepare()
    app = st.App(__file__, middleware=middleware())
else:
    name, value = sign_in.FAILED_PARAMETER
    provider = sign_in.provider(st.secrets["auth"])
    try:
        who = sign_in.identity(st.user.to_dict(), provider, time.time())
    except sign_in.SignInError as refusal:
        st.error(str(refusal))
    else:
        if who:
            st.text(f"{who.subject} {who.email} {who.name}")
        else:
            st.text("サインインしていません")
            if st.query_params.get(name) == value:
                st.error(sign_in.FAILED)
    if st.user.is_logged_in:
        st.button("サインアウト", on_click=st.logout)
    else:
        st.button("サインイン", on_click=st.login)
