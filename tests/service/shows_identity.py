"""Show what geo.sign_in makes of st.user: a page for the tests of the sign-in alone."""

import time

import streamlit as st

from geo import sign_in

provider = sign_in.provider(st.secrets["auth"])
try:
    who = sign_in.identity(st.user.to_dict(), provider, time.time())
except sign_in.SignInError as refusal:
    st.error(str(refusal))
else:
    st.text(f"{who.subject} {who.email} {who.name}" if who else "サインインしていません")
if st.user.is_logged_in:
    st.button("サインアウト", on_click=st.logout)
else:
    st.button("サインイン", on_click=st.login)
