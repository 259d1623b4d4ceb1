import json
import re
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from geo.people import hosts
from tests.processes import serving

NAMED = "shigen.example.jp"
EVIL = "evil.example"
UPGRADE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: streamlit\r\n"
)
PATHS = ["/", "/editing", "/_stcore/health", "/_stcore/host-config", "/data-version"]
PATHS += ["/static/index.html", "/media/x.png", "/metrics", "/health/live", "/auth/login"]
PATHS += ["/oauth2callback", "/_stcore/upload_file/a/b", "/no/such/page"]


@pytest.fixture(scope="module")
def port(tmp_path_factory) -> Iterator[int]:
    """Serve the app as on an own machine, whose user may write; named by one more name."""
    log = tmp_path_factory.mktemp("hosts") / "log.txt"
    with serving(log, SHIGEN_WRITE="1", SHIGEN_HOSTS=f"{NAMED},*") as address:
        yield urlsplit(address).port


def ask(port: int, target: str, *headers: str, more: str = "") -> tuple[int, str]:
    """Return the status and the text for a request that is sent as it is written."""
    lines = [f"GET {target} HTTP/1.1", *headers, "Connection: close"][: None if not more else -1]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as sent:
        sent.sendall(("\r\n".join(lines) + "\r\n" + more + "\r\n").encode("latin-1"))
        answer = b""
        while part := sent.recv(65536):
            answer += part
            if more and b"\r\n\r\n" in answer and b" 101 " in answer[:20]:
                break
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(re.match(rb"HTTP/1.1 (\d+)", head).group(1)), body.decode()


@pytest.mark.parametrize("path", PATHS)
def test_no_address_answers_by_a_name_that_another_site_gave_this_machine(port, path):
    assert ask(port, path, f"Host: {EVIL}:{port}") == (421, hosts.OTHER_HOST + "\n")
    assert ask(port, path, f"Host: localhost:{port}")[0] != 421


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([f"Host: {EVIL}", f"Origin: http://{EVIL}"], 421),
        ([f"Host: {EVIL}", "Origin: http://localhost"], 421),
        (["Host: localhost", f"Origin: http://{EVIL}"], 403),
        (["Host: a b"], 400),
        (["Host: LOCALHOST.:80"], 101),
        (["Host: [::1]:80"], 101),
        ([f"Host: {NAMED}", f"Origin: http://{NAMED}"], 101),
    ],
)
def test_no_session_opens_by_a_name_that_another_site_gave_this_machine(port, headers, status):
    found, text = ask(port, "/_stcore/stream", *headers, more=UPGRADE)
    assert found == status
    if status in (400, 421):
        assert text.strip() in (hosts.OTHER_HOST, hosts.NO_HOST)


def test_a_request_without_a_name_or_with_another_in_its_target_is_refused(port):
    assert ask(port, "/")[0] == 400
    assert ask(port, f"http://{EVIL}/", "Host: localhost") == (400, hosts.NO_HOST + "\n")


@pytest.mark.parametrize("path", ["/metrics", "/_stcore/metrics", "/_stcore/script-health-check"])
def test_figures_are_told_to_this_machine_alone(port, path):
    assert ask(port, path, "Host: 127.0.0.1")[0] != 404
    assert ask(port, path, f"Host: {NAMED}")[0] == 404
    assert ask(port, path, "Host: 127.0.0.1", "X-Forwarded-For: 203.0.113.5")[0] == 404


def test_why_a_process_is_not_ready_is_told_to_this_machine_alone(port):
    assert "reason" in json.loads(ask(port, "/health/ready", "Host: 127.0.0.1")[1])
    assert list(json.loads(ask(port, "/health/ready", f"Host: {NAMED}")[1])) == ["ready"]
