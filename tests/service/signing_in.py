"""Serve an app with sign-in on this machine, sign in to it by HTTP, and read what it shows."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from joserfc import jwt
from joserfc.jwk import OctKey
from playwright.sync_api import Page
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from tests import ROOT
from tests.oidc_provider import CLIENT, Person, Provider
from tests.processes import free_ports, start, stop

SCRIPT = Path(__file__).with_name("shows_identity.py")
ANSWER_SECONDS = 20
USER_COOKIE = "_streamlit_user"
XSRF_COOKIE = "_streamlit_xsrf"


@dataclass(frozen=True)
class Deployment:
    """One service: its address for the browser, its provider, and what its processes share."""

    address: str
    provider: Provider
    cookie_secret: str
    secrets_file: Path


@contextmanager
def deployed(provider: Provider, script: Path, folder: Path) -> Iterator[Deployment]:
    """Serve a script with sign-in by the provider; its secrets lie in the folder."""
    address = f"http://127.0.0.1:{free_ports(1)[0]}"
    redirect_uri = f"{address}/oauth2callback"
    provider.redirect_uris.add(redirect_uri)
    deployment = Deployment(address, provider, secrets.token_hex(32), folder / "secrets.toml")
    deployment.secrets_file.write_text(
        f"""[auth]
redirect_uri = "{redirect_uri}"
cookie_secret = "{deployment.cookie_secret}"
client_id = "{CLIENT}"
client_secret = "{provider.client_secret}"
server_metadata_url = "{provider.metadata_url}"
"""
    )
    with process(deployment, script, address, folder / "log.txt"):
        yield deployment


@contextmanager
def process(
    deployment: Deployment, script: Path, address: str, log: Path, **environment: str
) -> Iterator[None]:
    """Run one process of the service at an address, and stop it."""
    port = int(address.rpartition(":")[2])
    own = {
        "DATABASE_URL": f"sqlite:///{log.parent / 'store.sqlite3'}",
        "PYTHONPATH": str(ROOT),
        "STREAMLIT_SECRETS_FILES": str(deployment.secrets_file),
    }
    running = start(script, port, log, asked="/_stcore/health", **own | environment)
    try:
        yield
    finally:
        stop(running)


def begin(deployment: Deployment, client: httpx.Client) -> str:
    """Go where the sign-in button leads, and return the address of the provider's form."""
    # The button's address carries the provider's name, signed by the app and good for two minutes.
    named = {"provider": "default", "exp": int(time.time()) + 120}
    token = jwt.encode({"alg": "HS256"}, named, OctKey.import_key(deployment.cookie_secret))
    answer = client.get(f"{deployment.address}/auth/login", params={"provider": token})
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def answered(form: str, person: Person) -> str:
    """Fill in the provider's form, and return the address that it sends the browser back to."""
    typed = {"sub": person.sub, "email": person.email, "name": person.name}
    if person.email_verified:
        typed["email_verified"] = "on"
    answer = httpx.post(form, data=typed)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def sign_in(deployment: Deployment, client: httpx.Client, person: Person) -> httpx.Response:
    """Sign in by HTTP; the cookies are then the client's. Return the app's last answer."""
    return client.get(answered(begin(deployment, client), person))


def sign_in_by_form(page: Page, person: Person) -> None:
    """Fill in the provider's form that a browser shows."""
    page.fill("[name=sub]", person.sub)
    page.fill("[name=email]", person.email)
    page.fill("[name=name]", person.name)
    page.set_checked("[name=email_verified]", person.email_verified)
    page.click("button:not([name])")


def shown(
    address: str, client: httpx.Client, *, origin: str | None = None, xsrf: str | None = None
) -> list[str]:
    """Return the texts that the app shows to a browser with the client's cookies.

    origin: the page that opens the connection, the app's own unless given. xsrf: the token that
    this page sends, the cookie's own unless given.
    """
    client.get(f"{address}/_stcore/health")  # sets the cookie against forged requests
    cookies = dict(client.cookies)
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    stream = address.replace("http", "ws", 1) + "/_stcore/stream"
    token = xsrf or cookies[XSRF_COOKIE].strip('"')
    texts: list[str] = []
    with connect(
        stream,
        origin=origin or address,
        subprotocols=["streamlit", token],
        additional_headers=headers,
        max_size=None,
    ) as connection:
        asked = BackMsg()
        asked.rerun_script.query_string = ""
        connection.send(asked.SerializeToString())
        while True:
            message = ForwardMsg()
            message.ParseFromString(connection.recv(timeout=ANSWER_SECONDS))
            kind = message.WhichOneof("type")
            if kind == "script_finished":
                return texts
            if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                texts += _texts(message.delta.new_element)


def _texts(element: object) -> list[str]:
    inner = getattr(element, element.WhichOneof("type"))
    return [getattr(inner, name) for name in ("body", "label") if getattr(inner, name, "")]
