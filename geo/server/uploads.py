"""Bound what one session, and all together, may leave with this process as uploaded files.

Streamlit keeps every file that a session sends until the session ends, also one that no page has
asked for: its limit is for one file. Whoever sends and sends would fill the memory of all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime

from geo.parameters import UPLOADED_FILES, UPLOADS_OF_ALL, UPLOADS_OF_SESSION

# As numbers of their own, so that a test can set them lower.
MOST_OF_SESSION, MOST_OF_ALL = int(UPLOADS_OF_SESSION), int(UPLOADS_OF_ALL)  # bytes
MOST_FILES = int(UPLOADED_FILES)
TOO_MUCH = (
    "送られたファイルがたまりすぎています。要らないファイルを画面で取り除くか、"
    "画面を開き直してから、もう一度お試しください。"
)
_UPLOAD = re.compile(r"/_stcore/upload_file/(?P<session>[^/]+)/[^/]+/?$")


class Bounded:
    """Pass on every request, but refuse an upload for which no room is left."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._arriving: Counter[str] = Counter()  # bytes by session
        self._open: Counter[str] = Counter()  # uploads by session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        found = _UPLOAD.search(scope["path"]) if scope["type"] == "http" else None
        if found is None or scope["method"] not in ("PUT", "POST"):
            await self.app(scope, receive, send)
            return
        session, mine = found["session"], 0
        if not self._has_room(session):
            answer = PlainTextResponse(TOO_MUCH, 413, {"Cache-Control": "no-store"})
            await answer(scope, receive, send)
            return

        async def counted() -> Message:
            nonlocal mine
            message = await receive()
            size = len(message.get("body", b""))
            mine += size
            self._arriving[session] += size
            if not self._has_room(session):
                raise HTTPException(413, TOO_MUCH)
            return message

        self._open[session] += 1
        try:
            await self.app(scope, counted, send)
        finally:
            for counter, amount in ((self._arriving, mine), (self._open, 1)):
                counter[session] -= amount
                if not counter[session]:
                    del counter[session]

    def _has_room(self, session: str) -> bool:
        kept = kept_bytes()
        sizes = kept.get(session, [])
        return (
            sum(sizes) + self._arriving[session] <= MOST_OF_SESSION
            and len(sizes) + self._open[session] <= MOST_FILES
            and sum(map(sum, kept.values())) + self._arriving.total() <= MOST_OF_ALL
        )


def kept_bytes() -> Mapping[str, list[int]]:
    """Return the sizes of the files that Streamlit keeps, by session.

    Where they are kept is named nowhere in public, seen in 1.67.0; a test holds it.
    """
    if not runtime.exists():
        return {}
    storage = runtime.get_instance().uploaded_file_mgr.file_storage  # type: ignore[attr-defined]
    return {
        session: [len(one.data) for one in list(files.values())]
        for session, files in list(storage.items())
    }
