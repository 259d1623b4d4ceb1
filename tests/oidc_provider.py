"""Serve an OpenID Connect provider from this machine, and answer like a hostile one on request.

A person types who they are into a form; there are no passwords. Every generated person is at
`example.jp`. The endpoints keep to the specification (code flow, PKCE with S256, registered
redirect addresses, codes good once), so that a client that cuts corners fails here.
"""

import base64
import hashlib
import hmac
import html
import json
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT = "shigen-map"
TOKEN_SECONDS = 300
START_SECONDS = 10

# What the id token says otherwise than it should; a claim of None is left out.
WRONG_CLAIMS = {
    "expired": lambda now: {"iat": now - 7200, "exp": now - 3600},
    "issued in the future": lambda now: {"iat": now + 3600, "exp": now + 7200},
    "not valid yet": lambda now: {"nbf": now + 3600},
    "other issuer": lambda _: {"iss": "https://other-issuer.example.jp"},
    "other audience": lambda _: {"aud": "other-client"},
    "other audience, in our name": lambda _: {"aud": "other-client", "azp": CLIENT},
    "wrong nonce": lambda _: {"nonce": "another sign-in"},
    "no nonce": lambda _: {"nonce": None},
    "no subject": lambda _: {"sub": None},
    "no expiry": lambda _: {"exp": None},
}
# How the id token is signed otherwise than it should be.
WRONG_SIGNATURES = (
    "key of another, our key's name",
    "key of another",
    "no signature",
    "public key as a secret",
    "client secret",
    "changed after signing",
)
FAULTS = (*WRONG_CLAIMS, *WRONG_SIGNATURES, "no id token", "server error")


@dataclass(frozen=True)
class Person:
    """Somebody who signs in, as the form asks for them."""

    sub: str
    email: str
    name: str = "生成 太郎"
    email_verified: bool = True

    def claims(self) -> dict[str, object]:
        """Return the claims that are about the person."""
        return {
            "sub": self.sub,
            "email": self.email,
            "email_verified": self.email_verified,
            "name": self.name,
        }


@dataclass(frozen=True)
class Granted:
    """What a code stands for: who said yes, to which request."""

    person: Person
    redirect_uri: str
    nonce: str
    challenge: str


@dataclass
class Provider:
    """The provider: where it is, its one client, its keys, and the fault it answers with."""

    issuer: str
    client_secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    redirect_uris: set[str] = field(default_factory=set)
    fault: str | None = None
    algorithms: list[str] = field(default_factory=lambda: ["RS256"])
    codes: dict[str, Granted] = field(default_factory=dict)
    access: dict[str, Person] = field(default_factory=dict)
    signed_out: list[dict[str, str]] = field(default_factory=list)
    key: RSAKey = field(init=False)

    def __post_init__(self) -> None:
        self.rotate_key()

    @property
    def metadata_url(self) -> str:
        return f"{self.issuer}/.well-known/openid-configuration"

    def rotate_key(self) -> None:
        """Sign with a new key from now on, and publish that one alone."""
        self.key = _new_key(secrets.token_hex(4))

    def id_token(self, granted: Granted) -> str:
        """Return the id token of a sign-in, spoilt by the fault if there is one."""
        now = int(time.time())
        claims = granted.person.claims() | {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "nonce": granted.nonce,
        }
        if self.fault in WRONG_CLAIMS:
            claims |= WRONG_CLAIMS[self.fault](now)
            claims = {name: value for name, value in claims.items() if value is not None}
        return self._signed(claims)

    def _signed(self, claims: dict[str, object]) -> str:
        kid = self.key.kid
        header = {"alg": "RS256", "kid": kid}
        match self.fault:
            case "key of another, our key's name":
                return jwt.encode(header, claims, _new_key(kid))
            case "key of another":
                return jwt.encode(header | {"kid": "stranger"}, claims, _new_key("stranger"))
            case "no signature":
                return f"{_unsigned({'alg': 'none'}, claims)}."
            case "public key as a secret":
                return _with_secret(kid, claims, self.key.as_pem(private=False))
            case "client secret":
                return _with_secret(kid, claims, self.client_secret.encode())
            case "changed after signing":
                token = jwt.encode(header, claims, self.key)
                signature = token.rpartition(".")[2]
                return f"{_unsigned(header, claims | {'sub': 'somebody-else'})}.{signature}"
        return jwt.encode(header, claims, self.key)


def _new_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, parameters={"kid": kid, "use": "sig"})


def _unsigned(header: dict[str, object], claims: dict[str, object]) -> str:
    return ".".join(_base64(json.dumps(part).encode()) for part in (header, claims))


def _with_secret(kid: str, claims: dict[str, object], secret: bytes) -> str:
    signed = _unsigned({"alg": "HS256", "kid": kid}, claims)
    return f"{signed}.{_base64(hmac.digest(secret, signed.encode(), 'sha256'))}"


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _application(provider: Provider) -> Starlette:
    async def metadata(_: Request) -> Response:
        issuer = provider.issuer
        return JSONResponse(
            {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "userinfo_endpoint": f"{issuer}/userinfo",
                "end_session_endpoint": f"{issuer}/end-session",
                "jwks_uri": f"{issuer}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "scopes_supported": ["openid", "email", "profile"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "id_token_signing_alg_values_supported": provider.algorithms,
            }
        )

    async def keys(_: Request) -> Response:
        return JSONResponse({"keys": [provider.key.as_dict(private=False)]})

    async def authorize(request: Request) -> Response:
        asked = request.query_params
        if asked.get("client_id") != CLIENT or asked.get("redirect_uri") not in (
            provider.redirect_uris
        ):
            return Response("unknown client or redirect address", status_code=400)
        needed = {"response_type": "code", "code_challenge_method": "S256"}
        wrong = [name for name, value in needed.items() if asked.get(name) != value]
        wrong += [name for name in ("state", "nonce", "code_challenge") if not asked.get(name)]
        if wrong or "openid" not in asked.get("scope", "").split():
            return Response(f"invalid request: {', '.join(wrong)}", status_code=400)
        if request.method == "GET":
            return HTMLResponse(_form(f"{request.url.path}?{request.url.query}"))
        typed = parse_qs((await request.body()).decode(), keep_blank_values=True)
        answer = {"state": asked["state"]}
        if "deny" in typed:
            answer |= {"error": "access_denied", "error_description": "<b>no</b>"}
        else:
            code = secrets.token_urlsafe(16)
            answer["code"] = code
            provider.codes[code] = Granted(
                Person(
                    sub=typed["sub"][0],
                    email=typed["email"][0],
                    name=typed["name"][0],
                    email_verified="email_verified" in typed,
                ),
                asked["redirect_uri"],
                asked["nonce"],
                asked["code_challenge"],
            )
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer)}", status_code=303)

    async def token(request: Request) -> Response:
        if provider.fault == "server error":
            return Response("Internal Server Error", status_code=500)
        if not _is_our_client(request, provider.client_secret):
            return JSONResponse({"error": "invalid_client"}, status_code=401)
        sent = {
            name: values[0] for name, values in parse_qs((await request.body()).decode()).items()
        }
        granted = provider.codes.pop(sent.get("code", ""), None)
        challenge = _base64(hashlib.sha256(sent.get("code_verifier", "").encode()).digest())
        if (
            sent.get("grant_type") != "authorization_code"
            or granted is None
            or granted.redirect_uri != sent.get("redirect_uri")
            or granted.challenge != challenge
        ):
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        access = secrets.token_urlsafe(24)
        provider.access[access] = granted.person
        answer = {"access_token": access, "token_type": "Bearer", "expires_in": TOKEN_SECONDS}
        if provider.fault != "no id token":
            answer["id_token"] = provider.id_token(granted)
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    async def userinfo(request: Request) -> Response:
        person = provider.access.get(
            request.headers.get("authorization", "").removeprefix("Bearer ")
        )
        if person is None:
            return Response(status_code=401)
        return JSONResponse(person.claims())

    async def end_session(request: Request) -> Response:
        asked = dict(request.query_params)
        provider.signed_out.append(asked)
        back = asked.get("post_logout_redirect_uri")
        if back not in provider.redirect_uris:
            return Response("unknown redirect address", status_code=400)
        return RedirectResponse(back, status_code=303)

    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", metadata),
            Route("/keys", keys),
            Route("/authorize", authorize, methods=["GET", "POST"]),
            Route("/token", token, methods=["POST"]),
            Route("/userinfo", userinfo),
            Route("/end-session", end_session),
        ]
    )


def _is_our_client(request: Request, secret: str) -> bool:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    client, _, given = base64.b64decode(encoded).decode().partition(":")
    return unquote(client) == CLIENT and hmac.compare_digest(unquote(given), secret)


def _form(action: str) -> str:
    return f"""<!doctype html><html lang="ja"><meta charset="utf-8"><title>Sign in</title>
<form method="post" action="{html.escape(action)}">
<label>sub <input name="sub"></label>
<label>email <input name="email"></label>
<label>name <input name="name"></label>
<label><input type="checkbox" name="email_verified"> email_verified</label>
<button>Sign in</button> <button name="deny">Deny</button>
</form></html>"""


@contextmanager
def oidc_provider() -> Iterator[Provider]:
    """Run a provider on a free port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        provider = Provider(f"http://127.0.0.1:{listening.getsockname()[1]}")
        application = _application(provider)
        server = uvicorn.Server(uvicorn.Config(application, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        give_up = time.monotonic() + START_SECONDS
        while not server.started:
            if time.monotonic() > give_up or not thread.is_alive():
                msg = "the provider did not start"
                raise RuntimeError(msg)
            time.sleep(0.01)
        try:
            yield provider
        finally:
            server.should_exit = True
            thread.join(START_SECONDS)
