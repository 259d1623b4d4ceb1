"""Let a server send small answers at once, not when the browser has acknowledged the last one."""

from __future__ import annotations

import gc
import socket


def set_nodelay() -> int:
    """Set TCP_NODELAY on this process's listening sockets; return how many there are.

    What a listening socket accepts inherits it. asyncio would set it, but not on connections of a
    socket that was bound for it without a protocol number, as Streamlit binds its own: each click
    then waits some 40 ms for a delayed acknowledgement (github.com/Kludex/uvicorn/issues/3149).
    Nothing hands that socket out, so it is looked for among all objects.
    """
    found = [one for one in gc.get_objects() if type(one) is socket.socket and one.fileno() != -1]
    listening = [
        one
        for one in found
        if one.family in {socket.AF_INET, socket.AF_INET6}
        and one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    ]
    for one in listening:
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return len(listening)
