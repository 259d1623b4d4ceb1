"""Give a service members that have signed in, and generated records for them to edit."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from geo.data import dataset
from geo.imports.seed import prepare
from geo.people import members
from geo.people.permissions import WRITE_VARIABLE, local
from geo.records import editing
from geo.store import tables
from geo.store.database import reading

# Nobody listens there: who has signed in needs the provider no more.
ISSUER, CLIENT = "http://127.0.0.1:9", "shigen-map"


@dataclass(frozen=True)
class SignIn:
    """What the processes of a service share, so that each believes the other's sign-ins."""

    secret: str
    file: Path

    def cookies(self, address: str, number: int) -> dict[str, str]:
        """Return the cookies of a browser in which an editor signed in, now, at an address."""
        claims = {
            "origin": address,
            "is_logged_in": True,
            "iss": ISSUER,
            "aud": CLIENT,
            "sub": f"generated-{number}",
            "email": _email(number),
            "email_verified": True,
            "iat": int(time.time()),
        }
        signed = create_signed_value(self.secret, USER_COOKIE_NAME, json.dumps(claims))
        return {USER_COOKIE_NAME: signed.decode()}


def set_up(folder: Path) -> SignIn:
    """Write the secrets file of a service that has a sign-in."""
    secret, file = secrets.token_hex(32), folder / "secrets.toml"
    file.write_text(
        f"""[auth]
redirect_uri = "http://127.0.0.1/oauth2callback"
cookie_secret = "{secret}"
client_id = "{CLIENT}"
client_secret = "{secrets.token_hex(16)}"
server_metadata_url = "{ISSUER}/.well-known/openid-configuration"
""",
        encoding="utf-8",
    )
    return SignIn(secret, file)


def invite(engine: Engine, towns: Sequence[str], count: int) -> tuple[list[tuple[str, str]], int]:
    """Lay the store out, with editors 0 to count - 1 and a generated record for each to edit.

    Every other editor is of the prefecture, the rest of the municipality in which the record
    stands. One record more stands in the first municipality, for all of the prefecture to share.
    Returns municipality and key of each record, and the number of the last change.
    """
    with _writing_here():
        prepare(engine, dataset.DATA_DIRECTORY)
        data, who, today = dataset.load(), local("生成の準備"), date.today()
        records = []
        for number in range(count + 1):
            town = towns[number % len(towns)] if number < count else towns[0]
            edit = editing.new_organisation(town, today, who)
            edit.cells["name"] = f"生成の団体{number}"
            editing.save(engine, data, edit, who, today)
            records.append((town, edit.record))
        for number in range(count):
            town = records[number][0]
            members.set_member(
                engine,
                data,
                _email(number),
                who,
                role="prefectural" if number % 2 else "municipal",
                affiliation=f"生成の課{number}",
                municipalities=() if number % 2 else (town,),
            )
    with reading(engine) as connection:
        return records, int(connection.scalar(select(func.max(tables.changes.c.id))) or 0)


@contextmanager
def _writing_here() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(WRITE_VARIABLE, "1")
        yield


def _email(number: int) -> str:
    return f"generated-{number}@example.jp"
