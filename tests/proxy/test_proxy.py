import http.client
import json
import re
import urllib.request
from contextlib import ExitStack

import pytest
from websockets.sync.client import connect

from tests import ROOT
from tests.ui.opened import PAGES

MAP_SCRIPT = ROOT / "geo" / "assets" / "map.js"


def ask(service, path, method="GET", headers=(), body=None):
    """Return status and headers; the path is sent as it is written."""
    connection = http.client.HTTPConnection("127.0.0.1", service.outer, timeout=30)
    try:
        connection.request(method, path, body=body, headers=dict(headers))
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers
    finally:
        connection.close()


def visitor(number):
    return f"shigen_visitor={number:032x}"


def open_stream(service, cookie):
    return connect(
        f"ws://127.0.0.1:{service.outer}/_stcore/stream",
        origin=service.address,
        subprotocols=["streamlit"],
        additional_headers={"Cookie": cookie},
        open_timeout=20,
    )


def test_both_processes_get_visitors_and_each_visitor_keeps_its_process(service):
    with ExitStack() as streams:
        for number in range(16):
            streams.enter_context(open_stream(service, visitor(number)))
        shared = service.sessions()
    assert sum(shared) == 16
    assert min(shared) >= 1
    homes = set()
    for _ in range(4):
        with open_stream(service, visitor(7)):
            homes.add(tuple(service.sessions()))
    assert len(homes) == 1


def test_a_new_visitor_is_given_a_cookie_once(service):
    cookies = ask(service, "/")[1].get_all("Set-Cookie")
    mine = [cookie for cookie in cookies if cookie.startswith("shigen_visitor=")]
    assert len(mine) == 1
    assert re.match(r"shigen_visitor=[0-9a-f]{32}; Path=/; HttpOnly; SameSite=Lax", mine[0])
    known = {"Cookie": mine[0].split(";")[0]}
    again = ask(service, "/", headers=known)[1].get_all("Set-Cookie") or []
    assert not [cookie for cookie in again if cookie.startswith("shigen_visitor=")]


def test_behind_tls_every_cookie_is_secure(service):
    headers = {"X-Forwarded-Proto": "https"}
    for path in ("/", "/_stcore/health"):
        cookies = ask(service, path, headers=headers)[1].get_all("Set-Cookie")
        assert cookies
        assert all("; secure" in cookie.lower() for cookie in cookies)


@pytest.mark.parametrize("path", ["/", "/gaps", "/_stcore/health", "/no/such/page", "/metrics"])
def test_every_answer_carries_the_security_headers_once(service, path):
    headers = ask(service, path)[1]
    expected = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    assert {name: headers.get_all(name) for name in expected} == {
        name: [value] for name, value in expected.items()
    }
    assert "camera=()" in headers["Permissions-Policy"]
    (policy,) = headers.get_all("Content-Security-Policy")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'self'"
    assert rules["object-src"] == "'none'"
    assert rules["frame-ancestors"] == "'self'"
    assert "unsafe-inline" not in rules["script-src"]
    # The background map that a visitor may turn on is all that comes from elsewhere.
    tiles = re.search(r'const GSI = "(https://[^/]+)/', MAP_SCRIPT.read_text()).group(1)
    assert re.findall(r"[^\s;]*(?:https?:|\*)[^\s;]*", policy) == [tiles]
    assert tiles in rules["img-src"]
    assert headers["Server"] == "nginx"


FOLIUM = "/component/streamlit_folium.st_folium/"


@pytest.mark.parametrize(
    ("path", "loose"),
    [
        (f"{FOLIUM}index.html", True),
        (f"/base{FOLIUM}index.html", True),
        (f"{FOLIUM}../../", False),
        ("/component/streamlit_foliumxst_folium/index.html", False),
        ("/layers", False),
        (f"/layers?next={FOLIUM}", False),
    ],
)
def test_only_the_frame_of_the_map_to_lay_over_may_run_what_it_is_told(service, path, loose):
    policy = ask(service, path)[1]["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert ("'unsafe-eval'" in rules["script-src"]) == loose
    assert rules["connect-src"] == "'self'"


def test_the_map_to_lay_over_is_drawn_behind_the_proxy(service, browser):
    context = browser.new_context()
    page = context.new_page()
    wrong = []
    page.on("console", lambda said: wrong.append(said.text) if "Policy" in said.text else None)
    page.goto(f"{service.address}/layers")
    frame = page.frame_locator("iframe[title*='st_folium']")
    frame.locator("[data-drawn]").wait_for(timeout=60_000)
    assert wrong == []
    context.close()


def test_every_process_has_the_frame_of_the_map_to_lay_over(service):
    for port in service.ports:
        address = f"http://127.0.0.1:{port}{FOLIUM}index.html"
        request = urllib.request.Request(address, headers={"Host": service.address.split("/")[-1]})
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/metrics",
        "/metrics/",
        "//metrics",
        "/%6detrics",
        "/metrics%2F",
        "/x/../metrics",
        "/metrics?families=active_sessions",
        "/base/metrics",
        "/health/ready",
        "/health/live",
        "/health%2Fready",
        "/_stcore/metrics",
        "/_stcore/./metrics",
        "/_stcore/script-health-check",
        "/_stcore/agent/interact",
        "/_stcore/agent/mcp",
    ],
)
def test_what_watches_the_service_is_not_reachable_from_outside(service, path):
    asked = [service.figure(port, "shigen_http_responses_total") for port in service.ports]
    assert ask(service, path)[0] == 404
    now = [service.figure(port, "shigen_http_responses_total") for port in service.ports]
    # Only our own two questions to each process came between.
    assert [after - before for before, after in zip(asked, now, strict=True)] == [1, 1]


def test_a_body_is_taken_up_to_the_upload_limit_and_only_where_files_go(service):
    with urllib.request.urlopen(f"{service.address}/_stcore/host-config", timeout=10) as config:
        assert config.status == 200
    upload = "/_stcore/upload_file/no-session/no-file"

    def announced(path, megabytes):
        connection = http.client.HTTPConnection("127.0.0.1", service.outer, timeout=30)
        connection.putrequest("PUT", path)
        connection.putheader("Content-Length", str(megabytes * 1024 * 1024))
        connection.putheader("Expect", "100-continue")
        connection.endheaders()
        line = connection.sock.recv(64).decode()
        connection.close()
        return int(line.split()[1])

    assert announced(upload, 100) == 100  # "go on"
    assert announced(upload, 102) == 413
    assert announced("/", 2) == 413


def test_uploads_and_sign_ins_are_limited_but_an_office_is_not(service):
    upload = [ask(service, "/_stcore/upload_file/a/b", "PUT", body=b"x")[0] for _ in range(90)]
    assert 429 in upload
    assert 429 not in upload[:50]
    meeting = [ask(service, "/auth/login")[0] for _ in range(368)]
    assert 429 not in meeting
    assert 429 not in [ask(service, "/")[0] for _ in range(368)]


def test_the_front_end_is_sent_small_and_kept(service):
    with urllib.request.urlopen(f"{service.address}/", timeout=10) as answer:
        script = re.search(r'src="\.?(/static/js/[^"]+)"', answer.read().decode()).group(1)
    gzip = {"Accept-Encoding": "gzip"}
    ask(service, script, headers=gzip)
    asked = [service.figure(port, "shigen_http_responses_total") for port in service.ports]
    status, headers = ask(service, script, headers=gzip)
    now = [service.figure(port, "shigen_http_responses_total") for port in service.ports]
    assert status == 200
    assert headers["Content-Encoding"] == "gzip"
    assert "immutable" in headers["Cache-Control"]
    assert not headers.get_all("Set-Cookie") or "_streamlit" not in str(headers)
    assert [after - before for before, after in zip(asked, now, strict=True)] == [1, 1]
    assert "Content-Encoding" not in ask(service, script)[1]


def test_a_page_of_another_site_gets_no_stream(service):
    with pytest.raises(Exception, match="403"):
        connect(
            f"ws://127.0.0.1:{service.outer}/_stcore/stream",
            origin="https://elsewhere.invalid",
            subprotocols=["streamlit"],
            open_timeout=60,
        )


def test_every_page_works_under_the_policy_and_one_browser_stays_with_one_process(service, browser):
    context = browser.new_context(locale="ja-JP", viewport={"width": 1440, "height": 900})
    page = context.new_page()
    said, homes = [], set()
    page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("response", lambda answer: said.append(answer.url) if answer.status >= 400 else None)
    # Streamlit looks below the page's own address first, to find out its base path.
    searching = re.compile(r"/\w+/_stcore/(health|host-config)$|^Failed to load resource: .* 404")
    for name in ["", *PAGES[1:]]:
        page.goto(f"{service.address}/{name}")
        page.wait_for_selector(".source", timeout=30_000)
        page.wait_for_load_state("networkidle")
        if name == "gaps":
            page.get_by_role("tab", name="アプローチ別").click()
            page.wait_for_selector("[data-testid=stVegaLiteChart] .marks", state="attached")
        homes.add(tuple(service.sessions()))
    page.goto(service.address)
    page.wait_for_selector("[data-drawn]", timeout=30_000)
    context.close()
    assert [words for words in said if not searching.search(words)] == []
    assert len(homes) == 1


def test_no_log_names_a_visitor(service, browser):
    planted = "generated.person@example.invalid"
    ask(service, f"/oauth2callback?code={planted}&state={planted}")
    ask(service, f"/{planted}/x?q={planted}", headers={"X-Forwarded-For": "192.0.2.77"})
    context = browser.new_context(extra_http_headers={"Cookie": f"planted={planted}"})
    page = context.new_page()
    page.goto(f"{service.address}/?m={planted}#{planted}")
    page.wait_for_selector(".source", timeout=30_000)
    context.close()
    logs = {path.name: path.read_text() for path in service.folder.glob("*.log")}
    assert {"shigen.log", "shigen-error.log"} <= logs.keys()
    lines = [json.loads(line) for line in logs["shigen.log"].splitlines()]
    assert {"/_stcore/stream", "/oauth2callback", "/"} <= {line["path"] for line in lines}
    for name, text in logs.items():
        assert "192.0.2.77" not in text, name
        assert "code=" not in text, name
        assert "?m=" not in text, name
    assert logs["shigen-error.log"] == ""
    for port in service.ports:
        text = logs[f"app-{port}.log"]
        assert planted not in text
        assert all(json.loads(line) for line in text.splitlines())
