import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from benchmarks.start import ROOT, server

SCRIPT = Path(__file__).with_name("shows_sockets.py")
SECONDS = 60


def test_what_the_server_sends_goes_out_at_once():
    with server(SCRIPT) as (address, _):
        at_once = httpx.get(f"{address}/sockets").json()
    assert at_once
    assert all(at_once)


def test_whoever_opens_a_page_before_all_others_gets_the_navigation_too(own_store):
    with server(ROOT / "app.py") as (address, _), connect(_stream(address), max_size=None) as tab:
        asked = BackMsg()
        asked.rerun_script.page_name = "gaps"
        tab.send(asked.SerializeToString())
        kinds, titles = set(), []
        while "script_finished" not in kinds:
            message = ForwardMsg()
            message.ParseFromString(tab.recv(timeout=SECONDS))
            kinds.add(message.WhichOneof("type"))
            titles += [page.page_name for page in message.navigation.app_pages]
    assert {"全道マップ", "偏在・空白", "団体台帳"} <= set(titles)


def test_streamlit_run_serves_the_app_as_well(own_store):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    started = subprocess.Popen(
        [*command, "--server.address", "127.0.0.1"], cwd=ROOT, env=os.environ
    )
    try:
        give_up = time.monotonic() + SECONDS
        ready = {"ready": False}
        while not ready["ready"] and time.monotonic() < give_up:
            time.sleep(0.2)
            try:
                ready = httpx.get(f"http://127.0.0.1:{port}/health/ready").json()
            except httpx.ConnectError:
                assert started.poll() is None
        assert ready == {"ready": True, "reason": ""}
    finally:
        started.terminate()
        started.wait(timeout=20)


def _stream(address):
    return f"ws{address.removeprefix('http')}/_stcore/stream"
