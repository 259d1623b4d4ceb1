import json
import socket
import time
from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from itsdangerous import URLSafeTimedSerializer
from websockets.exceptions import InvalidStatus

from geo.people.sign_in import SIGN_IN_HOURS
from tests.oidc_provider import CLIENT, FAULTS, WRONG_SIGNATURES, Person
from tests.processes import free_ports
from tests.service import signing_in
from tests.service.signing_in import SCRIPT, USER_COOKIE, answered, begin, shown

PERSON = Person("u-1", "generated@example.jp")
SIGNED_OUT = ["サインインしていません", "サインイン"]
SIGNED_IN = ["u-1 generated@example.jp 生成 太郎", "サインアウト"]
TOKENS_COOKIE = "_streamlit_user_tokens"
SESSION_COOKIE = "_streamlit_session"
# Authlib lets this one through; geo.people.sign_in does not.
PASSED_BY_AUTHLIB = "other audience, in our name"


def claims(deployment, **changed):
    now = int(time.time())
    return {
        "iss": deployment.provider.issuer,
        "aud": CLIENT,
        "iat": now,
        "origin": deployment.address,
        "is_logged_in": True,
        "provider": "default",
    } | (PERSON.claims() | changed)


def cookie(said, secret, salt=USER_COOKIE):
    return URLSafeTimedSerializer(secret, salt=salt).dumps(json.dumps(said))


@pytest.fixture
def with_cookie(new_browser):
    def client(value):
        found = new_browser()
        found.cookies.set(USER_COOKIE, value, domain="127.0.0.1", path="/")
        return found

    return client


def test_a_visitor_is_not_signed_in(deployment, new_browser):
    assert shown(deployment.address, new_browser()) == SIGNED_OUT


def test_the_provider_signs_a_person_in(deployment, signed_in):
    assert shown(deployment.address, signed_in(PERSON)) == SIGNED_IN


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != PASSED_BY_AUTHLIB])
def test_a_token_that_is_not_as_it_should_be_signs_nobody_in(deployment, signed_in, fault):
    client = signed_in(PERSON, fault)
    assert USER_COOKIE not in client.cookies
    assert TOKENS_COOKIE not in client.cookies
    assert shown(deployment.address, client) == SIGNED_OUT


def test_a_token_for_another_client_that_names_us_beside_it_is_refused_by_the_page(
    deployment, signed_in
):
    texts = shown(deployment.address, signed_in(PERSON, PASSED_BY_AUTHLIB))
    assert "このサービスのためのものではありません" in texts[0]


@pytest.mark.parametrize("fault", WRONG_SIGNATURES)
def test_a_provider_that_offers_shared_secrets_too_does_not_weaken_the_signature(
    deployment, provider, signed_in, fault
):
    provider.algorithms = ["RS256", "HS256"]
    assert shown(deployment.address, signed_in(PERSON, fault)) == SIGNED_OUT


def test_a_failed_sign_in_ends_the_one_before(deployment, provider, signed_in):
    client = signed_in(PERSON)
    provider.fault = "expired"
    signing_in.sign_in(deployment, client, PERSON)
    assert shown(deployment.address, client) == SIGNED_OUT


def test_a_new_key_of_the_provider_is_fetched(deployment, provider, signed_in):
    signed_in(PERSON)
    provider.rotate_key()
    assert shown(deployment.address, signed_in(PERSON)) == SIGNED_IN


def test_an_address_that_the_provider_did_not_verify_is_not_used(deployment, signed_in):
    unverified = Person("u-2", "generated@example.jp", email_verified=False)
    assert shown(deployment.address, signed_in(unverified))[0] == "u-2 None 生成 太郎"


def test_who_says_no_at_the_provider_comes_back_signed_out(deployment, new_browser):
    client = new_browser()
    refused = httpx.post(begin(deployment, client), data={"deny": ""})
    answer = client.get(refused.headers["location"])
    assert answer.headers["location"] == "/?sign_in=failed"
    assert USER_COOKIE not in client.cookies


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize(
    "query", ["error=access_denied", "error=%00&state=", "code=x", "code=", "state=x", "code=%ff"]
)
def test_whatever_comes_back_from_a_provider_ends_on_a_page_that_says_so(
    deployment, new_browser, method, query
):
    answer = new_browser().request(method, f"{deployment.address}/oauth2callback?{query}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?sign_in=failed")


def test_an_answer_that_comes_again_ends_on_a_page_that_says_so(deployment, new_browser):
    client = new_browser()
    back = answered(begin(deployment, client), PERSON)
    assert client.get(back).headers["location"] == "/"
    assert client.get(back).headers["location"] == "/?sign_in=failed"


def test_a_provider_that_cannot_be_reached_ends_on_a_page_that_says_so(
    deployment, new_browser, tmp_path
):
    (port, nobody) = free_ports(2)
    text = deployment.secrets_file.read_text()
    mine = tmp_path / "secrets.toml"
    mine.write_text(text.replace(deployment.provider.issuer, f"http://127.0.0.1:{nobody}"))
    lonely = replace(deployment, address=f"http://127.0.0.1:{port}", secrets_file=mine)
    with signing_in.process(lonely, SCRIPT, lonely.address, tmp_path / "log.txt"):
        answer = new_browser().get(signing_in.button(lonely))
    assert (answer.status_code, answer.headers["location"]) == (303, "/?sign_in=failed")


@pytest.mark.parametrize(
    "changed", [{"state": "another"}, {"state": None}, {"code": "another"}, {"code": None}]
)
def test_an_answer_that_was_not_asked_for_signs_nobody_in(deployment, new_browser, changed):
    client = new_browser()
    back = urlsplit(answered(begin(deployment, client), PERSON))
    sent = {name: values[0] for name, values in parse_qs(back.query).items()} | changed
    query = urlencode({name: value for name, value in sent.items() if value is not None})
    answer = client.get(back._replace(query=query).geturl())
    assert answer.headers["location"].partition("?")[0] == "/"
    assert USER_COOKIE not in client.cookies


def test_an_answer_meant_for_another_browser_signs_nobody_in(deployment, new_browser):
    victim = new_browser()
    victim.get(answered(begin(deployment, new_browser()), PERSON))
    assert USER_COOKIE not in victim.cookies


def test_an_answer_is_good_once_even_with_the_cookie_of_the_first_time(deployment, new_browser):
    client = new_browser()
    back = answered(begin(deployment, client), PERSON)
    replaying = new_browser()
    replaying.cookies.set(SESSION_COOKIE, client.cookies[SESSION_COOKIE], domain="127.0.0.1")
    client.get(back)
    replaying.get(back)
    assert USER_COOKIE in client.cookies
    assert USER_COOKIE not in replaying.cookies


def test_the_sign_in_leads_nowhere_else(deployment, new_browser):
    form = begin(deployment, new_browser())
    assert form.startswith(f"{deployment.provider.issuer}/authorize?")
    assert parse_qs(urlsplit(form).query)["redirect_uri"] == [
        f"{deployment.address}/oauth2callback"
    ]
    for path in ("/auth/login", "/auth/login?provider=forged", "/auth/logout", "/oauth2callback"):
        query = urlencode({"next": "https://elsewhere.example", "redirect_uri": "//elsewhere"})
        joined = f"{path}{'&' if '?' in path else '?'}{query}"
        answer = new_browser().get(f"{deployment.address}{joined}")
        assert answer.headers["location"] == "/"


def test_a_cookie_of_ours_is_believed(deployment, with_cookie):
    value = cookie(claims(deployment), deployment.cookie_secret)
    assert shown(deployment.address, with_cookie(value)) == SIGNED_IN


def test_a_cookie_that_we_did_not_sign_is_worth_nothing(deployment, with_cookie):
    ours = cookie(claims(deployment), deployment.cookie_secret)
    theirs = [
        cookie(claims(deployment), "0" * 64),
        cookie(claims(deployment), ""),
        cookie(claims(deployment), deployment.cookie_secret, salt=TOKENS_COOKIE),
        ours[:-1],
        ours[: len(ours) // 2],
        ours.partition(".")[2],
        json.dumps(claims(deployment)).replace('"', "'"),
        "chunks-9",
    ]
    for value in theirs:
        assert shown(deployment.address, with_cookie(value)) == SIGNED_OUT


def test_a_cookie_of_another_deployment_is_worth_nothing(deployment, with_cookie):
    elsewhere = claims(deployment, origin="https://other.example.jp")
    value = cookie(elsewhere, deployment.cookie_secret)
    assert shown(deployment.address, with_cookie(value)) == SIGNED_OUT


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"iss": "https://other.example.jp"}, "このサービスのためのものではありません"),
        ({"aud": "other-client"}, "このサービスのためのものではありません"),
        ({"iat": time.time() - SIGN_IN_HOURS * 3600 - 60}, "12時間を過ぎました"),
        ({"iat": time.time() + 3600}, "時計"),
        ({"sub": ""}, "必要な情報"),
    ],
)
def test_a_cookie_that_streamlit_believes_is_still_checked(deployment, with_cookie, changed, said):
    value = cookie(claims(deployment, **changed), deployment.cookie_secret)
    texts = shown(deployment.address, with_cookie(value))
    assert said in texts[0]
    assert PERSON.email not in " ".join(texts)


def test_a_page_of_another_origin_or_without_the_token_is_not_signed_in(deployment, signed_in):
    client = signed_in(PERSON)
    other = shown(deployment.address, client, origin="http://localhost:1")
    forged = shown(deployment.address, client, xsrf="2|00000000|00000000|0")
    assert other == forged == SIGNED_OUT


def test_a_page_of_another_site_is_refused_without_asking_anyone_outside(
    deployment, signed_in, tmp_path
):
    other = f"http://127.0.0.1:{free_ports(1)[0]}"
    with socket.create_server(("127.0.0.1", 0)) as outside:
        proxy = f"http://127.0.0.1:{outside.getsockname()[1]}"
        outward = {"http_proxy": proxy, "https_proxy": proxy, "no_proxy": "127.0.0.1"}
        with signing_in.process(deployment, SCRIPT, other, tmp_path / "log.txt", **outward):
            client = signed_in(PERSON)
            for origin in (
                "https://elsewhere.example",
                "null",
                "http://127.0.0.1.elsewhere.example",
            ):
                with pytest.raises(InvalidStatus, match="403"):
                    shown(other, client, origin=origin)
        outside.setblocking(False)
        with pytest.raises(BlockingIOError):  # nobody has connected
            outside.accept()


def test_the_cookies_are_out_of_reach_of_scripts_and_of_other_sites(deployment, new_browser):
    client = new_browser()
    answer = client.get(answered(begin(deployment, client), PERSON))
    kept = answer.headers.get_list("set-cookie")
    names = [line.partition("=")[0] for line in kept]
    assert names == [USER_COOKIE, TOKENS_COOKIE, SESSION_COOKIE]
    for line in kept:
        flags = line.lower().split("; ")[1:]
        assert {"httponly", "samesite=lax", "path=/"} <= set(flags)


def test_behind_tls_every_cookie_is_kept_to_tls(deployment, new_browser):
    client = new_browser()
    behind_tls = {"X-Forwarded-Proto": "https"}
    answer = client.get(answered(begin(deployment, client), PERSON), headers=behind_tls)
    health = new_browser().get(f"{deployment.address}/_stcore/health", headers=behind_tls)
    kept = answer.headers.get_list("set-cookie") + health.headers.get_list("set-cookie")
    assert len(kept) == 4
    assert all(line.endswith("; Secure") for line in kept)


def test_signing_out_clears_the_cookies_and_tells_the_provider(deployment, provider, signed_in):
    client = signed_in(PERSON)
    told = len(provider.signed_out)
    answer = client.get(f"{deployment.address}/auth/logout", follow_redirects=True)
    assert answer.url == f"{deployment.address}/"
    assert set(client.cookies) <= {"_streamlit_xsrf"}
    assert shown(deployment.address, client) == SIGNED_OUT
    assert len(provider.signed_out) == told + 1
    assert provider.signed_out[-1]["id_token_hint"].count(".") == 2


def test_any_process_finishes_the_sign_in_that_another_began(deployment, new_browser, tmp_path):
    other = f"http://127.0.0.1:{free_ports(1)[0]}"
    with signing_in.process(deployment, SCRIPT, other, tmp_path / "log.txt"):
        client = new_browser()
        back = answered(begin(deployment, client), PERSON)
        client.get(back.replace(deployment.address, other))
        assert shown(other, client, origin=deployment.address) == SIGNED_IN
        assert shown(deployment.address, client) == SIGNED_IN


def test_the_log_names_no_person_and_no_secret(deployment, provider, signed_in):
    client = signed_in(PERSON)
    shown(deployment.address, client)
    signed_in(PERSON, "expired")
    log = deployment.secrets_file.with_name("log.txt").read_text()
    assert "token exchange failed" in log
    for secret in (
        PERSON.email,
        PERSON.name,
        PERSON.sub,
        provider.client_secret,
        deployment.cookie_secret,
        client.cookies[USER_COOKIE],
        *provider.access,
    ):
        assert secret not in log
