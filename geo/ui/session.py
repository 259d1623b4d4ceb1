"""Say on which store a session works, and who works on it."""

from __future__ import annotations

import time

import streamlit as st
from sqlalchemy import Engine

from geo.data.dataset import Dataset
from geo.errors import SignInError
from geo.imports.seed import open_store
from geo.people import members, sign_in
from geo.people.permissions import VISITOR, Person, local, may_write_here
from geo.people.sign_in import Provider
from geo.store import snapshot
from geo.store.sandbox import Sandbox, SandboxFullError, open_sandbox

SANDBOX = "_sandbox"
NAME = "by"  # key of the control in which this machine's user says a name
TRIAL_NAME = "あなた(試し書き)"
# Every usual proxy sets one of them, ours X-Forwarded-Proto.
FORWARDED = ("X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "X-Real-Ip")


def sandbox() -> Sandbox | None:
    """Return the session's private copy, None while it works on the shared store."""
    found: Sandbox | None = st.session_state.get(SANDBOX)
    return found


def dataset() -> Dataset:
    """Return the dataset that the session looks at."""
    mine = sandbox()
    return snapshot.current() if mine is None else mine.dataset()


def store() -> Engine:
    """Return the store that the session works on."""
    mine = sandbox()
    return open_store() if mine is None else mine.engine


def person() -> Person:
    """Return who works in this session; what it may do is asked again at every write."""
    return account() if sandbox() is None else local(TRIAL_NAME)


def account() -> Person:
    """Return who has signed in, or sits at this machine; the same inside a sandbox."""
    try:
        who = sign_in.identity(st.user.to_dict(), provider(), time.time())
    except SignInError:
        return VISITOR  # the page's frame says why
    if who is not None:
        return members.recognise(open_store(), who.issuer, who.subject, who.email)
    if may_write_here() and provider() is None and _on_this_machine():
        return local(str(st.session_state.get(NAME, "")))
    return VISITOR


def provider() -> Provider | None:
    """Return who vouches for people here, None where nobody signs in.

    Raises SignInSettingsError when the settings are not whole.
    """
    auth = st.secrets["auth"] if st.secrets.load_if_toml_exists() and "auth" in st.secrets else {}
    return sign_in.provider(auth)


def start_sandbox() -> None:
    """Give the session its private copy; say in the page why it cannot have one."""
    try:
        st.session_state[SANDBOX] = open_sandbox(open_store(), snapshot.current())
    except SandboxFullError as error:
        st.error(f"{error}。")
        return
    st.rerun()


def leave_sandbox() -> None:
    """Let go of the private copy and all that was done in it; a button's callback."""
    st.session_state.pop(SANDBOX, None)


def _on_this_machine() -> bool:
    """Tell whether the browser runs where the server does, and no proxy stands between."""
    headers = st.context.headers
    return st.context.ip_address is None and not any(name in headers for name in FORWARDED)
