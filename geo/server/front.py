"""Stand in front of Streamlit: other sites' pages, cookies behind TLS, sign-ins that failed."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from geo.people import sign_in

# Streamlit's own name for what keeps somebody signed in; named nowhere in public, seen in 1.67.0.
SIGNED_IN_COOKIE = b"_streamlit_user="
CLEARED_COOKIE = SIGNED_IN_COOKIE + b'""'
POLICY_VIOLATION = 1008  # RFC 6455, section 7.4.1


class Front:
    """Pass on every request, but refuse other origins' connections and mend the answers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or connection."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if scope["type"] == "websocket" and not is_own_page(
            headers.get("origin"), headers.get("host")
        ):
            await WebSocketClose(code=POLICY_VIOLATION)(scope, receive, send)
            return

        async def mended(message: Message) -> None:
            if message["type"] == "http.response.start":
                if headers.get("x-forwarded-proto") == "https":
                    _keep_cookies_to_tls(message)
                _tell_that_sign_in_failed(scope, message)
            await send(message)

        await self.app(scope, receive, mended)


def is_own_page(origin: str | None, host: str | None) -> bool:
    """Tell whether a connection comes from a page of ours, or of an origin the settings allow.

    Streamlit decides the same, but asks a host outside for this machine's address before it says
    no: where no answer comes, the whole process stands still for two seconds at each try.
    """
    if origin is None:
        return True
    asking = urlsplit(origin)
    known = {*sign_in.LOOPBACK, st.get_option("browser.serverAddress")}
    known |= {urlsplit(allowed).hostname for allowed in st.get_option("server.corsAllowedOrigins")}
    return asking.netloc == host or asking.hostname in known


def _keep_cookies_to_tls(answer: Message) -> None:
    """Add Secure to the answer's cookies: Streamlit does not know that a proxy speaks TLS."""
    answer["headers"] = [
        (name, value + b"; Secure")
        if name.lower() == b"set-cookie" and b"; secure" not in value.lower()
        else (name, value)
        for name, value in answer["headers"]
    ]


def _tell_that_sign_in_failed(scope: Scope, answer: Message) -> None:
    """Let the page say so, where Streamlit would silently lead back to it."""
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    if not scope["path"].endswith(sign_in.CALLBACK) or not asked.keys() & {"code", "error"}:
        return
    cookies = [value for name, value in answer["headers"] if name.lower() == b"set-cookie"]
    if any(
        cookie.startswith(SIGNED_IN_COOKIE) and not cookie.startswith(CLEARED_COOKIE)
        for cookie in cookies
    ):
        return
    headers = MutableHeaders(scope=answer)
    headers["location"] += f"?{urlencode(dict([sign_in.FAILED_PARAMETER]))}"
