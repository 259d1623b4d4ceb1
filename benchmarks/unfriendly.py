"""Measure what the others wait while one visitor does all the harm that needs no leave.

Steady visitors change a filter of the map every few seconds; first alone, then beside one who opens
private copies and draws their maps without a pause, sends files that grow, files that never end and
more than a session may leave. Both are measured in one run, on a server of its own.

    python -m benchmarks.unfriendly --visitors 10 --seconds 15
"""

from __future__ import annotations

import argparse
import asyncio
import io
import time
import uuid
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

import numpy as np
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ContextInfo
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import WebSocketException

from benchmarks import load
from benchmarks.visitor import STATES, VisitError, Visitor

SANDBOXES = 20  # as many as one process opens
PERIOD = 3.0  # s between two changes of a filter by one friendly visitor
PAUSE = 0.02  # s between two runs of a private copy
START, UPLOADER = "試し書きを始める", "files"  # a button's words; the key of a place for files
IMPORTS = "imports"  # the page's address
BOUNDARY = "generated"
WRONG = (VisitError, OSError, WebSocketException, TimeoutError, asyncio.IncompleteReadError)


class Unfriendly(Visitor):
    """One tab that presses buttons, sends files and does not wait for what it asked."""

    def __init__(self, address: str, seed: int) -> None:
        super().__init__(address, seed=seed)
        self.buttons: dict[str, str] = {}  # id by words
        self.uploaders: dict[str, str] = {}  # id by key
        self.session = ""

    async def ask(self, page: str = "", *extra: WidgetState) -> None:
        """Send a run of a page and read until one has ended, whatever it shows."""
        message = BackMsg()
        asked = message.rerun_script
        asked.page_name = page
        asked.widget_states.widgets.extend([*self.state.values(), *extra])
        asked.context_info.CopyFrom(ContextInfo(timezone="Asia/Tokyo", url=f"{self.address}/"))
        await self.socket.send(message.SerializeToString())
        async with asyncio.timeout(load.PERIOD * 12):
            while True:
                found = ForwardMsg()
                found.ParseFromString(await self.socket.recv())
                kind = found.WhichOneof("type")
                if kind == "delta" and found.delta.WhichOneof("type") == "new_element":
                    self._note(found.delta.new_element)
                elif kind == "new_session":
                    self.session = found.new_session.initialize.session_id or self.session
                elif kind == "script_finished":
                    return

    def _note(self, element: Element) -> None:
        kind = element.WhichOneof("type")
        if kind == "exception" or (kind == "alert" and element.alert.format == Alert.ERROR):
            return  # a refusal is what it is here for
        if kind == "button":
            self.buttons[element.button.label] = element.button.id
        elif kind == "file_uploader":
            self.uploaders[element.file_uploader.id.rsplit("-", 1)[-1]] = element.file_uploader.id
        elif kind in STATES:
            self._take(element, set())

    async def draw_a_private_copy(self) -> None:
        """Open a private copy, if there is still one."""
        await self.ask(IMPORTS)
        if START in self.buttons:
            pressed = WidgetState(id=self.buttons[START], trigger_value=True)
            await self.ask(IMPORTS, pressed)

    async def send_file(self, name: str, content: bytes) -> int:
        """Send a file as a browser does; return the status of the answer."""
        file = str(uuid.uuid4())
        token = self.http.cookies.get("_streamlit_xsrf", "")
        cookies = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        body = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="f"; filename="{name}"\r\n\r\n'
        ).encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()  # fmt: skip
        reader, writer = await asyncio.open_connection(self.http.host, self.http.port)
        lines = [
            f"PUT /_stcore/upload_file/{self.session}/{file} HTTP/1.1",
            f"Host: {self.http.name}",
            f"X-Xsrftoken: {token}",
            f"Cookie: {cookies}",
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}",
            f"Content-Length: {len(body)}",
            "Connection: close\r\n\r\n",
        ]
        writer.write("\r\n".join(lines).encode() + body)
        status = int((await reader.readline()).split()[1])
        writer.close()
        if status < 300 and UPLOADER in self.uploaders:
            state = WidgetState(id=self.uploaders[UPLOADER])
            info = state.file_uploader_state_value.uploaded_file_info.add()
            info.name, info.size, info.file_id = name, len(content), file
            info.file_urls.file_id = file
            await self.ask(IMPORTS, state)
        return status


def hostile_files() -> Iterator[tuple[str, bytes]]:
    """Yield (name, content) of files that cost more than they weigh, then of what only fills."""
    for rate, size in (("a", 90_000_000), ("ab\n", 60_000_000)):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("x.csv", (rate * size)[:size])
        yield "x.zip", stream.getvalue()
    yield "deep.json", b"[" * 5_000_000
    yield "long.csv", ("名称,住所\n" + "x" * 20_000_000 + ",登別市\n").encode()
    rows = "".join(f"生成{n},登別市中央町{n % 9}-{n % 7}\n" for n in range(200_000))
    yield "many.csv", f"名称,住所\n{rows}".encode()
    while True:
        yield "fill.bin", bytes(60_000_000)


async def annoy(address: str, until: float, done: Counter[str]) -> None:
    """Do all of it until a moment, and count what was done and what was refused."""
    tabs = [Unfriendly(address, seed) for seed in range(SANDBOXES)]

    async def draw(tab: Unfriendly) -> None:
        with suppress(*WRONG):
            await tab.open()
            await tab.draw_a_private_copy()
            done["private copies asked for"] += 1
            while time.monotonic() < until:
                await tab.ask("")
                done["their maps drawn"] += 1
                await asyncio.sleep(PAUSE)

    async def send() -> None:
        tab = Unfriendly(address, SANDBOXES)
        with suppress(*WRONG):
            await tab.open()
            await tab.ask(IMPORTS)
            for name, content in hostile_files():
                if time.monotonic() > until:
                    break
                status = await tab.send_file(name, content)
                done[f"files answered {status}"] += 1
                await asyncio.sleep(PAUSE)
        await tab.close()

    await asyncio.gather(send(), *map(draw, tabs))
    await asyncio.gather(*(tab.close() for tab in tabs))


async def measured(visitors: list[Visitor], seconds: float) -> load.Result:
    """Let the visitors change filters for a while; return what they saw."""
    result, end = load.Result(), time.monotonic() + seconds
    await asyncio.gather(*(load.change_filters(one, end, result) for one in visitors))
    return result


async def compare(address: str, count: int, seconds: float) -> tuple[load.Result, load.Result]:
    """Measure the same visitors without and with the unfriendly one; print both."""
    visitors = [Visitor(address, seed=seed) for seed in range(count)]
    for visitor in visitors:
        await visitor.open()
    without = await measured(visitors, seconds)
    done: Counter[str] = Counter()
    harm = asyncio.create_task(annoy(address, time.monotonic() + seconds, done))
    beside = await measured(visitors, seconds)
    with suppress(TimeoutError):
        await asyncio.wait_for(harm, load.PERIOD * 6)
    print(f"{'ms until the run ends':<24}{'p50':>8}{'p95':>8}{'max':>8}{'answers':>9}{'errors':>8}")
    for name, result in (("without", without), ("with", beside)):
        answers = np.array([rerun.to_end for rerun in result.reruns] or [np.nan]) * 1000
        p50, p95 = np.percentile(answers, [50, 95])
        counts = f"{len(result.reruns):>9}{len(result.errors):>8}"
        print(f"{name:<24}{p50:>8.0f}{p95:>8.0f}{answers.max():>8.0f}{counts}")
    print("; ".join(f"{what}: {times}" for what, times in sorted(done.items())))
    await asyncio.gather(*(visitor.close() for visitor in visitors))
    return without, beside


def main() -> int:
    """Measure as the command line asks; return 1 when somebody friendly got no answer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visitors", type=int, default=10, help="friendly ones")
    parser.add_argument("--seconds", type=float, default=15, help="of each of the two parts")
    given = parser.parse_args()
    load.PERIOD = PERIOD
    with load.processes(1) as served:
        without, beside = asyncio.run(compare(served[0][0], given.visitors, given.seconds))
    for error in dict.fromkeys([*without.errors, *beside.errors]):
        print(f"error: {error}")
    return 1 if without.errors or beside.errors else 0


if __name__ == "__main__":
    raise SystemExit(main())
