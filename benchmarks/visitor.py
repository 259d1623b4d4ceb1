"""Visit the first page as a browser does, as far as the server can tell, without drawing it.

A visitor speaks Streamlit's own protocol: it fetches what a page load fetches, opens the
websocket, keeps the state of every control it was sent, and sends all of it back when one changes.
Every answer is checked; what is wrong raises VisitError.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ContextInfo
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

PATIENCE = 60  # s for one answer
CONNECTIONS = 6  # that a browser holds open to one host
MAP, FOLLOW = "hokkaido_map", "follow"  # names of the page's components
MAP_FILES = ("boundaries.json", "organisations.json")
MAP_CODE = ("map.js", "dom.js", "legend.js", "symbols.js", "towns.js", "card.js", "leaflet.js")
MAP_STYLES = ("leaflet.css", "map.css")
FIELDS, MEASURE = "fields", "measure"  # keys of the two controls that a visitor changes


class VisitError(Exception):
    """Raised when the server answers with something else than the map that was asked for."""


@dataclass(frozen=True)
class Rerun:
    """One answer: seconds from sending until the map's new state, and until the run's end."""

    to_map: float
    to_end: float


@dataclass(frozen=True)
class FrontEnd:
    """Paths of Streamlit's own files: asked for before the websocket, and while a page is drawn."""

    before: tuple[str, ...] = ()
    during: tuple[str, ...] = ()


class Http:
    """Keep-alive connections to one host; GET without a cache, as for a fresh visitor.

    Written on streams: an HTTP library would take more of the measuring core than the
    server takes of its own.
    """

    def __init__(self, address: str) -> None:
        url = urlsplit(address)
        self.host, self.port, self.base = url.hostname, url.port or 80, url.path.rstrip("/")
        self.name = f"{self.host}:{self.port}"
        self.cookies: dict[str, str] = {}
        self.received = 0  # bytes of bodies
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def get(self, path: str) -> bytes:
        """Return the body of a path below the address; raise VisitError unless it is 200."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        lines = [f"GET {self.base}/{path.lstrip('/')} HTTP/1.1", f"Host: {self.name}"]
        lines += ["Accept-Encoding: gzip", *([f"Cookie: {cookie}"] if cookie else [])]
        request = "\r\n".join([*lines, "\r\n"]).encode()
        head, reader, writer = await self._ask(request)
        status, *headers = head.decode("latin-1").split("\r\n")
        fields = {}
        for line in headers:
            name, _, value = line.partition(": ")
            fields[name.lower()] = value
            if name.lower() == "set-cookie":
                cookie_name, _, cookie_value = value.split(";")[0].partition("=")
                self.cookies[cookie_name] = cookie_value
        body = await _body(reader, fields)
        self.received += len(body)
        if fields.get("connection") == "close":
            writer.close()
        else:
            self._idle.append((reader, writer))
        if " 200 " not in status:
            message = f"{status} for {path}"
            raise VisitError(message)
        return body

    async def _ask(
        self, request: bytes
    ) -> tuple[bytes, asyncio.StreamReader, asyncio.StreamWriter]:
        """Send a request; return the head of the answer, and what its body is to be read from.

        A connection that the server closed while it was idle is replaced, as browsers do.
        """
        while self._idle:
            reader, writer = self._idle.pop()
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                writer.write(request)
                return await reader.readuntil(b"\r\n\r\n"), reader, writer
            writer.close()
        reader, writer = await asyncio.open_connection(self.host, self.port)
        writer.write(request)
        return await reader.readuntil(b"\r\n\r\n"), reader, writer

    async def get_all(self, paths: Iterable[str]) -> None:
        """Fetch several paths over as many connections as a browser opens."""
        left = iter(list(paths))

        async def fetch_rest() -> None:
            for path in left:
                await self.get(path)

        await asyncio.gather(*(fetch_rest() for _ in range(CONNECTIONS)))

    def close(self) -> None:
        """Close what is open."""
        for _, writer in self._idle:
            writer.close()
        self._idle.clear()


async def _body(reader: asyncio.StreamReader, fields: dict[str, str]) -> bytes:
    if fields.get("transfer-encoding") != "chunked":
        return await reader.readexactly(int(fields["content-length"]))
    parts = []
    while size := int(await reader.readuntil(b"\r\n"), 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return b"".join(parts)


class Visitor:
    """One browser tab on the first page.

    address: of the server. front_end: what it fetches of Streamlit's own files, nothing for a
    visitor who has them already.
    """

    def __init__(self, address: str, front_end: FrontEnd | None = None, seed: int = 0) -> None:
        self.address = address.rstrip("/")
        self.front_end = front_end or FrontEnd()
        self.random = random.Random(seed)
        self.http = Http(self.address)
        self.socket: ClientConnection | None = None
        self.state: dict[str, WidgetState] = {}  # by the widget's id
        self.options: dict[str, list[str]] = {}  # of the two controls, by key
        self.ids: dict[str, str] = {}  # of the two controls, by key
        self.query = self.page = ""
        self.map: dict[str, object] = {}
        self.elements: dict[str, dict[str, object]] = {}  # data of other components, by name

    async def open(self) -> float:
        """Open the page; return the seconds until the map and all it needs has arrived."""
        start = time.perf_counter()
        await self.http.get("/")
        await self.http.get_all(self.front_end.before)
        await self.http.get_all(["_stcore/health", "_stcore/host-config"])
        token = self.http.cookies.get("_streamlit_xsrf", "PLACEHOLDER_AUTH_TOKEN")
        cookie = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        self.socket = await connect(
            f"ws{self.address.removeprefix('http')}/_stcore/stream",
            origin=self.address,
            subprotocols=["streamlit", token],
            additional_headers={"Cookie": cookie},
            open_timeout=PATIENCE,
            ping_interval=None,  # a browser does not ping, it answers
            max_size=None,
        )
        await self._run(changes_map=True)
        module, files = str(self.map["module"]), str(self.map["files"])
        code = module.rsplit("/", 1)[0]
        await self.http.get_all(
            [
                *self.front_end.during,
                *(f"{code}/{name}" for name in (*MAP_CODE, *MAP_STYLES)),
                *(f"{files}{name}" for name in MAP_FILES),
            ]
        )
        return time.perf_counter() - start

    async def change_filter(self) -> Rerun:
        """Choose another field of organisations, or another measure; check that the map follows."""
        key = FIELDS if self.random.random() < 2 / 3 else MEASURE
        state = self.state[self.ids[key]]
        if key == FIELDS:
            chosen = list(state.string_array_value.data)
            others = [option for option in self.options[key] if [option] != chosen]
            state.string_array_value.data[:] = [self.random.choice(others)]
        else:
            others = [option for option in self.options[key] if option != state.string_value]
            state.string_value = self.random.choice(others)
        return await self._run(changes_map=True)

    async def follow(self) -> None:
        """Ask for newer data as the page's own script does, for as long as the tab is open."""
        asked = self.elements[FOLLOW]
        while True:
            await asyncio.sleep(float(asked["seconds"]) * self.random.uniform(0.9, 1.1))
            if int(await self.http.get(str(asked["address"]))) > int(asked["version"]):
                message = "the data changed while nobody was to write"
                raise VisitError(message)

    async def close(self) -> None:
        """Close the tab."""
        if self.socket is not None:
            with suppress(WebSocketException, OSError):
                await self.socket.close()
        self.http.close()

    async def _run(self, *, changes_map: bool) -> Rerun:
        before = self.map.get("revision")
        message = BackMsg()
        asked = message.rerun_script
        asked.query_string, asked.page_script_hash = self.query, self.page
        asked.widget_states.widgets.extend(self.state.values())
        asked.context_info.CopyFrom(
            ContextInfo(timezone="Asia/Tokyo", locale="ja-JP", url=f"{self.address}/")
        )
        content = message.SerializeToString()
        start = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE):
                await self.socket.send(content)
                to_map, to_end = await self._receive(start)
        except (TimeoutError, WebSocketException) as error:
            message = f"no whole answer: {error!r}"
            raise VisitError(message) from error
        if to_map is None:
            message = "the run ended without a map"
            raise VisitError(message)
        if changes_map and self.map["revision"] == before:
            message = f"the map stayed at {before} ({self.query})"
            raise VisitError(message)
        return Rerun(to_map, to_end)

    async def _receive(self, start: float) -> tuple[float | None, float]:
        """Read one run's messages; return the seconds until the map and until the end."""
        to_map, seen = None, set()
        while True:
            message = ForwardMsg()
            message.ParseFromString(await self.socket.recv())
            kind = message.WhichOneof("type")
            if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                element = message.delta.new_element
                if self._take(element, seen):
                    to_map = time.perf_counter() - start
            elif kind == "navigation":
                self.page = message.navigation.page_script_hash
            elif kind == "page_info_changed":
                self.query = message.page_info_changed.query_string
            elif kind == "script_finished":
                if message.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
                    text = f"the run ended with {message.script_finished}"
                    raise VisitError(text)
                for gone in self.state.keys() - seen:
                    del self.state[gone]
                return to_map, time.perf_counter() - start
            elif kind in {"page_not_found", "ref_hash", "auth_redirect"}:
                raise VisitError(kind)

    def _take(self, element: Element, seen: set[str]) -> bool:
        """Take in an element; tell whether it was the map."""
        kind = element.WhichOneof("type")
        if kind == "exception" or (kind == "alert" and element.alert.format == Alert.ERROR):
            raise VisitError(str(element)[:400])
        if kind == "bidi_component":
            component = element.bidi_component
            data = json.loads(component.json)
            if component.component_name == MAP:
                self.map = data
                return True
            self.elements[component.component_name] = data
        if kind in STATES:
            widget = getattr(element, kind)
            seen.add(widget.id)
            if widget.id not in self.state or widget.set_value:
                self.state[widget.id] = STATES[kind](widget)
            key = widget.id.rsplit("-", 1)[-1]
            if key in {FIELDS, MEASURE}:
                self.ids[key], self.options[key] = widget.id, list(widget.options)
        return False


def _of_multiselect(widget: object) -> WidgetState:
    chosen = widget.raw_values if widget.set_value else [widget.options[i] for i in widget.default]
    state = WidgetState(id=widget.id)
    state.string_array_value.data.extend(chosen)
    return state


def _of_one(widget: object) -> WidgetState:
    chosen = widget.raw_value if widget.set_value else widget.options[widget.default]
    return WidgetState(id=widget.id, string_value=chosen)


def _of_slider(widget: object) -> WidgetState:
    positions = widget.value if widget.set_value else widget.default
    state = WidgetState(id=widget.id)
    if widget.options:
        chosen = widget.raw_value if widget.set_value else ()
        chosen = list(chosen) or [widget.options[int(position)] for position in positions]
        state.string_array_value.data.extend(chosen)
    else:
        state.double_array_value.data.extend(positions)
    return state


def _of_checkbox(widget: object) -> WidgetState:
    return WidgetState(
        id=widget.id, bool_value=widget.value if widget.set_value else widget.default
    )


# How a browser answers for each kind of control of the page before anybody touched it.
STATES: dict[str, Callable[[object], WidgetState]] = {
    "multiselect": _of_multiselect,
    "selectbox": _of_one,
    "radio": _of_one,
    "slider": _of_slider,
    "checkbox": _of_checkbox,
}
