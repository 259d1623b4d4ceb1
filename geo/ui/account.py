"""Show who works in this session, on the shared records or a private copy; sign in and out."""

from __future__ import annotations

import time

import streamlit as st

from geo.errors import SignInError, StoreError
from geo.people import sign_in
from geo.people.permissions import ROLES, Person
from geo.people.sign_in import Identity
from geo.ui import session


def show(title: str) -> None:
    """Show a page's title; above it a sandbox's banner, beside it who is signed in."""
    if session.sandbox() is not None:
        _banner()
    elif st.session_state.pop(session.ENDED, False):
        st.warning(
            "台帳の記録の所在地が非公開になったため、試し書きを終えました。"
            "試し書きの内容は残っていません。もう一度始められます。",
            icon=":material/visibility_off:",
        )
    try:
        where = session.provider()
        if where is None:
            st.title(title)
            return
        account = sign_in.identity(st.user.to_dict(), where, time.time())
    except SignInError as error:
        st.warning(str(error), icon=":material/lock_clock:")
        if st.user.get("is_logged_in"):
            st.button("サインアウト", on_click=st.logout, icon=":material/logout:")
        st.title(title)
        return
    name, value = sign_in.FAILED_PARAMETER
    if not st.user.is_logged_in and st.query_params.get(name) == value:
        st.error(sign_in.FAILED, icon=":material/no_accounts:")
    left, right = st.columns([5, 1], vertical_alignment="center")
    left.title(title)
    with right:
        _account(account)


def _banner() -> None:
    left, right = st.columns([5, 1], vertical_alignment="center")
    left.warning(
        "**試し書き中** この画面の取り込みと編集は、あなたのこのセッションだけに見えます。"
        "共有の台帳は変わらず、画面を閉じると消えます。残すには「データの状態」から書き出してください。",
        icon=":material/draw:",
    )
    right.button(
        "共有の台帳に戻る",
        on_click=session.leave_sandbox,
        icon=":material/undo:",
        width="stretch",
        key="leave_sandbox",
    )


def _account(account: Identity | None) -> None:
    if account is None:
        st.button(
            "サインイン", on_click=st.login, icon=":material/login:", width="stretch", key="sign_in"
        )
        return
    try:
        who = session.account()
    except StoreError:  # the page itself shows the last data, and says why
        who = Person(None, ROLES["viewer"], "viewer")
    label = ROLES[who.role] if who.member is None else who.name
    with st.popover(label, icon=":material/account_circle:", width="stretch"):
        st.caption(_rights(who))
        if who.member is None:  # what an administrator needs where no address is verified
            st.code(f"{account.issuer}\n{account.subject}", language=None)
        st.button(
            "サインアウト", on_click=st.logout, icon=":material/logout:", width="stretch", key="out"
        )


def _rights(who: Person) -> str:
    """Return in Japanese what somebody who has signed in may do."""
    if who.member is None:
        return (
            "このアカウントは編集者として登録されていません。閲覧と試し書きができます。"
            "登録は管理者に頼んでください。"
        )
    words = f"役割: {ROLES[who.role]}。"
    if who.role == "municipal":
        names = session.dataset().municipalities["name"]
        towns = "・".join(names.get(code, code) for code in sorted(who.municipalities))
        words += f"編集できる市町村: {towns}。"
        if who.reviewed:
            words += "変更は道の審査のあとで反映されます。"
    return words
