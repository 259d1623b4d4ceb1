"""Serve small files of the official shapes from this machine, and misbehave on request."""

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Official(ThreadingHTTPServer):
    """Files by path, and a list of faults for each path, used up one request at a time.

    Faults: `fail` (503), `busy WAIT` (429 with that Retry-After), `gone` (404), `stall` (headers, half the bytes, then silence), `truncate`
    (half the bytes, then the connection closes), `page` (HTML in place of the file),
    `redirect ADDRESS`, `huge` (a length over any limit), `endless` (no length, no end),
    `changed` (a resumed file that is another one now).
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.faults, self.asked = {}, {}, []
        self.over = threading.Event()

    @property
    def host(self):
        return f"127.0.0.1:{self.server_port}"

    def address(self, path):
        return f"http://{self.host}{path}"

    def handle_error(self, request, client_address):
        """A client that hangs up is part of the test."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        server = self.server
        path = self.path
        server.asked.append((path, dict(self.headers)))
        faults = server.faults.get(path, [])
        fault = faults.pop(0) if faults else ""
        kind, _, rest = fault.partition(" ")
        body = server.files.get(path)
        if kind == "redirect":
            self.answer(302, b"", {"Location": rest})
        elif kind == "fail":
            self.answer(503, b"")
        elif kind == "busy":
            self.answer(429, b"", {"Retry-After": rest})
        elif kind == "gone" or (body is None and not kind):
            self.answer(404, b"")
        elif kind == "page":
            self.answer(200, b"<!DOCTYPE html><html><body>maintenance</body></html>")
        elif kind == "huge":
            self.answer(200, b"x", {"Content-Length": str(10**12)})
        elif kind == "endless":
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            while not server.over.is_set():
                self.wfile.write(b"x" * 65536)
        else:
            self.file(body, kind)

    def file(self, body, kind):
        tag = f'"{hash(body) & 0xFFFFFF:x}"'
        status, start = 200, 0
        wanted = self.headers.get("Range")
        if self.headers.get("If-None-Match") == tag:
            self.answer(304, b"", {"ETag": tag})
            return
        if wanted and self.headers.get("If-Range") == tag and kind != "changed":
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            status = 206
        headers = {"ETag": tag, "Content-Length": str(len(body) - start)}
        if status == 206:
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        part = body[start:]
        if kind in ("stall", "truncate"):
            self.close_connection = True
            self.answer(status, part[: len(part) // 2], headers)
            self.wfile.flush()
            if kind == "stall":
                self.server.over.wait(5)
            return
        self.answer(status, part, headers)

    def answer(self, status, body, headers=None):
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def official_server():
    """Run the server on a free port of this machine."""
    server = Official()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        time.sleep(0)
