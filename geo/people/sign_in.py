"""Check what a sign-in says of a person, whenever it is used and not only when it arrives.

Streamlit checks the id token once, when the provider sends the person back: signature, issuer,
nonce, expiry. What it then keeps is a signed cookie that it believes for 30 days, whatever has
become of the account. Here the cookie's claims are checked again at every use, and sooner given up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from geo.errors import SignInError

DISCOVERY = "/.well-known/openid-configuration"  # OpenID Connect Discovery 1.0, section 4
CALLBACK = "/oauth2callback"  # where Streamlit waits for the provider's answer
SETTINGS = ("client_id", "client_secret", "server_metadata_url", "redirect_uri", "cookie_secret")
LOOPBACK = ("127.0.0.1", "localhost", "::1")
# The longest working day: in the morning everyone asks the provider again, who knows which
# accounts are closed. NIST SP 800-63B (revision 3), section 4.2.3, asks again after 12 hours too.
SIGN_IN_HOURS = 12
LEEWAY_SECONDS = 120  # clocks of two machines differ; as much as Authlib allows at the callback
# Characters; 128 bits in hexadecimal. Whoever guesses the secret signs in as anybody.
SHORTEST_SECRET = 32
LONGEST_SUBJECT = 255  # OpenID Connect Core 1.0, section 2
LONGEST_NAME = 100  # as much as a page has room for
# What the address holds after the provider sent somebody back without a sign-in. A page says FAILED
# to visitors only: who went back to an old address may well be signed in.
FAILED_PARAMETER = ("sign_in", "failed")
FAILED = (
    "サインインできませんでした。もう一度お試しください。続くときは、管理者に知らせてください。"
)


class SignInSettingsError(SignInError):
    """Raised when the `[auth]` part of the secrets is incomplete or unsafe."""


class ForeignSignInError(SignInError):
    """Raised when another provider vouched, or ours did to another client."""

    def __init__(self) -> None:
        super().__init__(
            "このサインインは、このサービスのためのものではありません。"
            "いったんサインアウトして、もう一度サインインしてください。"
        )


class IncompleteSignInError(SignInError):
    """Raised when the provider left out what is needed to tell who or when."""

    def __init__(self, *, claim: str) -> None:
        super().__init__(
            f"サインイン先から必要な情報({claim})が届きませんでした。管理者に知らせてください。"
        )


class SignInTooOldError(SignInError):
    """Raised when the person signed in more than SIGN_IN_HOURS ago."""

    def __init__(self) -> None:
        super().__init__(
            f"サインインから{SIGN_IN_HOURS}時間を過ぎました。もう一度サインインしてください。"
        )


class SignInInFutureError(SignInError):
    """Raised when the sign-in is later than this machine's clock: one of the two is wrong."""

    def __init__(self) -> None:
        super().__init__(
            "サインインの時刻が、このサーバーの時計より先になっています。時計が合うまで、"
            "サインインできません。管理者に知らせてください。"
        )


@dataclass(frozen=True)
class Provider:
    """Who may vouch for a person (its issuer), and to whom (our client id there)."""

    issuer: str
    client: str


@dataclass(frozen=True)
class Identity:
    """Who signed in, in the provider's words.

    issuer and subject together name the account for ever. email: lower case, for finding an
    invitation; None unless the provider has verified it. name: text from outside, maybe empty.
    """

    issuer: str
    subject: str
    email: str | None
    name: str


def provider(auth: Mapping[str, object]) -> Provider | None:
    """Return the provider that the `[auth]` part of Streamlit's secrets names; None without one.

    The issuer follows from the metadata's address, as Discovery demands. A provider for which it
    does not (one address for every tenant of a cloud) would vouch for strangers: its sign-ins are
    refused as foreign.

    Raises
    ------
    SignInSettingsError
        If a setting is missing, the cookie secret is short, or an address is not https outside
        of this machine.
    """
    if not auth:
        return None
    texts = {name: str(auth.get(name) or "") for name in SETTINGS}
    missing = [name for name, text in texts.items() if not text]
    if missing:
        msg = f"サインインの設定 [auth] に {', '.join(missing)} がありません。"
        raise SignInSettingsError(msg)
    if len(texts["cookie_secret"]) < SHORTEST_SECRET:
        msg = f"サインインの設定 cookie_secret は{SHORTEST_SECRET}文字以上にしてください。"
        raise SignInSettingsError(msg)
    for name, end in {"server_metadata_url": DISCOVERY, "redirect_uri": CALLBACK}.items():
        address = urlsplit(texts[name])
        safe = address.scheme == "https" or (
            address.scheme == "http" and address.hostname in LOOPBACK
        )
        if not safe or not texts[name].endswith(end):
            msg = f"サインインの設定 {name} は https:// で始まり {end} で終わるものにしてください。"
            raise SignInSettingsError(msg)
    return Provider(texts["server_metadata_url"].removesuffix(DISCOVERY), texts["client_id"])


def identity(
    claims: Mapping[str, object], provider: Provider | None, now: float
) -> Identity | None:
    """Return who signed in, from the claims in `st.user`; None for a visitor.

    now: seconds since 1970 by this machine's clock. A clock that jumps forward signs people out
    early; one that jumps back refuses everyone who signed in after the time it now shows. Both end
    when the clock is right again, and neither lets a stranger in.

    Raises
    ------
    ForeignSignInError, IncompleteSignInError, SignInTooOldError, SignInInFutureError
        If the claims are not those of a sign-in of today, here.
    """
    if provider is None or claims.get("is_logged_in") is not True:
        return None
    issuer = claims.get("iss")
    if not _same_issuer(issuer, provider.issuer) or not _is_for(claims, provider.client):
        raise ForeignSignInError
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise IncompleteSignInError(claim="sub")
    _require_recent(claims.get("iat"), now)
    return Identity(str(issuer), subject, _verified_email(claims), _name(claims))


def _same_issuer(found: object, expected: str) -> bool:
    """Tell whether both are one issuer; Discovery lets a final slash fall away."""
    return isinstance(found, str) and found.removesuffix("/") == expected


def _is_for(claims: Mapping[str, object], client: str) -> bool:
    """Tell whether the token was made out to us.

    Authlib accepts a token made out to another client if `azp` names ours.
    """
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    return client in audiences and claims.get("azp", client) == client


def _require_recent(issued: object, now: float) -> None:
    """Require a sign-in of the last SIGN_IN_HOURS.

    Not by `exp`, minutes away: it bounds the token's way here, not the session. Not by
    `auth_time`: it is optional, and a provider that still remembers yesterday's password would send
    the same one again, so that nobody could sign in any more.
    """
    if isinstance(issued, bool) or not isinstance(issued, int | float):
        raise IncompleteSignInError(claim="iat")
    if issued > now + LEEWAY_SECONDS:
        raise SignInInFutureError
    if not now - issued <= SIGN_IN_HOURS * 3600:  # so that a NaN is too old
        raise SignInTooOldError


def _verified_email(claims: Mapping[str, object]) -> str | None:
    """Return the e-mail address if the provider says, in so many words, that it is the person's.

    ASCII alone: lower case maps other letters to these (the Kelvin sign to k), and one who owns the
    look-alike would take up another's invitation.
    """
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str):
        return None
    return email.strip().lower() if email.isascii() and "@" in email else None


def _name(claims: Mapping[str, object]) -> str:
    name = claims.get("name")
    return " ".join(name.split())[:LONGEST_NAME] if isinstance(name, str) else ""
