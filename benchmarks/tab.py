"""Use one page of the app by its words, as a browser tab does, as far as the server can tell.

A tab opens an address, types into what has a label, presses buttons, and reads what the page says.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import parse_qs

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ContextInfo
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from benchmarks.visitor import STATES, Http, VisitError

PATIENCE = 45  # s for one answer; a writer may wait 15 s for another
MAY_NOT = ":material/lock:"  # how a page begins to tell somebody who may not write
TYPED = ("text_input", "text_area")
ENDED = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


class LostError(Exception):
    """Raised when the connection is lost, or none is to be had; the message is what came instead."""


class NotThereError(Exception):
    """Raised when the page has no control of this name, or has it disabled."""


class Said(NamedTuple):
    """What a page says: error, warning, info, success, or exception for a traceback."""

    kind: str
    words: str


@dataclass(frozen=True)
class Control:
    """A control as the page shows it now, in the fragment that is run alone when it changes."""

    id: str
    fragment: str
    disabled: bool


class Tab:
    """One tab on a page of the app. cookies: those of a browser that has signed in."""

    def __init__(self, address: str, page: str, cookies: dict[str, str]) -> None:
        self.address, self.page = address, page
        self.http = Http(address)
        self.http.cookies = dict(cookies)
        self.socket: ClientConnection | None = None
        self.query = self.script = ""
        self.said: list[Said] = []  # in the last answer
        self.controls: dict[str, Control] = {}  # by label
        self.values: dict[str, WidgetState] = {}  # by the widget's id

    def asks(self, name: str) -> str:
        """Return a parameter of the address as the page has made it, '' for none."""
        return parse_qs(self.query.removeprefix("?")).get(name, [""])[0]

    def value(self, label: str) -> str:
        """Return what a field to type in holds."""
        return self.values[self._control(label).id].string_value

    async def open(self, query: str) -> None:
        """Load the page anew with the parameters of an address; raise LostError."""
        await self.close()
        self.query, self.script = query, ""
        self.controls, self.values = {}, {}
        try:
            async with asyncio.timeout(PATIENCE):
                for path in (f"{self.page}?{query}", "_stcore/health", "_stcore/host-config"):
                    await self.http.get(path)
                cookies = self.http.cookies
                self.socket = await connect(
                    f"ws{self.address.removeprefix('http')}/_stcore/stream",
                    origin=self.address,
                    subprotocols=["streamlit", cookies["_streamlit_xsrf"].strip('"')],
                    additional_headers={
                        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())
                    },
                    ping_interval=None,  # a browser does not ping, it answers
                    max_size=None,
                )
        except (OSError, EOFError, WebSocketException, VisitError) as error:
            raise LostError(_reason(error)) from error
        await self._run()

    async def type(self, label: str, text: str) -> None:
        """Type a text into a field and leave it."""
        control = self._control(label)
        self.values[control.id].string_value = text
        await self._run(control.fragment)

    async def press(self, label: str) -> None:
        """Press a button."""
        control = self._control(label)
        await self._run(control.fragment, WidgetState(id=control.id, trigger_value=True))

    async def close(self) -> None:
        """Close the tab."""
        self.http.close()
        if self.socket is not None:
            with suppress(WebSocketException, OSError, TimeoutError):
                await asyncio.wait_for(self.socket.close(), 2)
        self.socket = None

    def _control(self, label: str) -> Control:
        control = self.controls.get(label)
        if control is None or control.disabled:
            raise NotThereError(label)
        return control

    async def _run(self, fragment: str = "", pressed: WidgetState | None = None) -> None:
        message = BackMsg()
        asked = message.rerun_script
        asked.query_string, asked.page_script_hash = self.query, self.script
        asked.page_name = "" if self.script else self.page
        asked.fragment_id = fragment
        asked.widget_states.widgets.extend(self.values.values())
        asked.widget_states.widgets.extend([pressed] if pressed else [])
        asked.context_info.CopyFrom(
            ContextInfo(timezone="Asia/Tokyo", locale="ja-JP", url=f"{self.address}/{self.page}")
        )
        self.said = []
        try:
            async with asyncio.timeout(PATIENCE):
                await self.socket.send(message.SerializeToString())
                while not await self._one_run(fragment):
                    fragment = ""  # st.rerun draws the whole page
        except (OSError, WebSocketException) as error:  # a timeout is one of the first
            await self.close()
            raise LostError(_reason(error)) from error

    async def _one_run(self, fragment: str) -> bool:
        """Read the messages of one run; tell whether it was the last."""
        seen: dict[str, Control] = {}
        while True:
            message = ForwardMsg()
            message.ParseFromString(await self.socket.recv())
            kind = message.WhichOneof("type")
            if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                self._take(message.delta.new_element, message.delta.fragment_id, seen)
            elif kind == "navigation":
                self.script = message.navigation.page_script_hash
            elif kind == "page_info_changed":
                self.query = message.page_info_changed.query_string
            elif kind == "script_finished":
                last = message.script_finished in ENDED
                if last:
                    self._keep(fragment, seen)
                return last

    def _keep(self, fragment: str, seen: dict[str, Control]) -> None:
        """Let the controls of this run take the place of what it has drawn anew."""
        others = {
            label: control
            for label, control in self.controls.items()
            if fragment and control.fragment != fragment
        }
        self.controls = others | seen
        there = {control.id for control in self.controls.values()}
        self.values = {key: value for key, value in self.values.items() if key in there}

    def _take(self, element: Element, fragment: str, seen: dict[str, Control]) -> None:
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.said.append(Said("exception", element.exception.message[:300]))
        elif kind == "alert":
            format_ = Alert.Format.Name(element.alert.format).lower()
            self.said.append(Said(format_, element.alert.body))
        elif kind == "markdown" and element.markdown.body.startswith(MAY_NOT):
            self.said.append(Said("warning", element.markdown.body.removeprefix(MAY_NOT).strip()))
        elif kind in ("button", *TYPED, *STATES):
            widget = getattr(element, kind)
            seen[widget.label] = Control(widget.id, fragment, widget.disabled)
            if kind == "button":
                return
            if widget.id not in self.values or widget.set_value:
                if kind in TYPED:
                    text = widget.value if widget.set_value else widget.default
                    self.values[widget.id] = WidgetState(id=widget.id, string_value=text)
                elif kind != "selectbox" or widget.options:
                    self.values[widget.id] = STATES[kind](widget)


def _reason(error: Exception) -> str:
    if isinstance(error, VisitError):
        return str(error).split(" for ")[0].removeprefix("HTTP/1.1 ")
    if isinstance(error, TimeoutError):
        return f"no answer within {PATIENCE} s"
    return "connection lost"
