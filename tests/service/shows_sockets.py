"""Tell which of the process's connections send at once: an app for the test of how it is served."""

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


def accepted() -> Iterator[socket.socket]:
    """Yield the connections that others opened to this process, each to be closed."""
    open_files = [int(path.name) for path in Path("/proc/self/fd").iterdir()]
    for number in open_files:
        with suppress(OSError):  # what listed them is closed by now, or it is no socket
            one = socket.socket(fileno=os.dup(number))
            listening = one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            if one.family in {socket.AF_INET, socket.AF_INET6} and not listening:
                yield one
            one.close()


async def answer(_request: Request) -> JSONResponse:
    options = [one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for one in accepted()]
    return JSONResponse([bool(option) for option in options])


app = st.App(__file__, routes=[Route("/sockets", answer)])
