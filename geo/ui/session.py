"""Say on which store a session works, and who works on it."""

from __future__ import annotations

import threading
import time

import streamlit as st
from sqlalchemy import Engine

from geo.data.dataset import Dataset
from geo.errors import SignInError
from geo.imports.seed import open_store
from geo.maps import served
from geo.people import hosts, members, sign_in
from geo.people.permissions import VISITOR, Person, local, may_write_here
from geo.people.sign_in import Provider
from geo.store import snapshot
from geo.store.sandbox import Sandbox, SandboxFullError, open_sandbox

SANDBOX = "_sandbox"
ENDED = "_sandbox_ended"  # without the visitor's doing; said once
RUNS = "_runs"  # threads of this session's runs that may not have ended
ENDING_SECONDS = 2.0  # that a run may take from its last element to its end
NAME = "by"  # key of the control in which this machine's user says a name
TRIAL_NAME = "あなた(試し書き)"


def begin_run() -> None:
    """Note that this run of the app has begun, for later ones to wait for its end."""
    mine = threading.current_thread()
    others = [one for one in st.session_state.get(RUNS, []) if one.is_alive() and one is not mine]
    st.session_state[RUNS] = [*others, mine]


def outlast_runs() -> None:
    """Wait until the earlier runs of this session have ended; call it before a fragment is drawn.

    Streamlit (1.67) begins a run while the one before may still be ending, and a run that ends
    takes away every fragment that it did not draw itself, also one that the newer run has drawn
    meanwhile. What is typed there would then be sent, and be dropped without a word. A run that is
    still computing after ENDING_SECONDS is stopped at its next element and takes nothing away.
    """
    end = time.monotonic() + ENDING_SECONDS
    for one in st.session_state.get(RUNS, []):
        if one is not threading.current_thread():
            one.join(max(0.0, end - time.monotonic()))


def sandbox() -> Sandbox | None:
    """Return the session's private copy, None while it works on the shared store.

    A copy that still shows a place which is not public any more ends here, with all that was done
    in it; the page's head says so.
    """
    found: Sandbox | None = st.session_state.get(SANDBOX)
    if found is not None and (gone := found.withdrawn()):
        served.withdraw(gone)
        leave_sandbox()
        st.session_state[ENDED] = True
        return None
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
    # Streamlit names no address for the loopback's own.
    peer = "127.0.0.1" if st.context.ip_address is None else st.context.ip_address
    return hosts.is_from_here(st.context.headers, peer, browser=True)
