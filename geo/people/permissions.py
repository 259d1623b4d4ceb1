"""Say who may do what; every write asks here, so that no page can be a way around it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection, select

from geo.errors import NotAllowedError
from geo.store.database import is_sandbox
from geo.store.tables import members

WRITE_VARIABLE = "SHIGEN_WRITE"
ROLES = {
    "visitor": "サインインしていない人",
    "viewer": "閲覧者",
    "municipal": "市町村の編集者",
    "prefectural": "道の編集者",
    "administrator": "管理者",
}
EDITORS = frozenset({"municipal", "prefectural", "administrator"})
WHOLE = frozenset({"prefectural", "administrator"})  # may change every municipality's records
AREA_SEPARATOR = ";"


@dataclass(frozen=True)
class Person:
    """Who acts.

    member: number in the store's table of members, None for a visitor, for the commands and for
    this machine's user. name: what the history shows, an office rather than a person. role: a key
    of ROLES. municipalities: codes a municipal editor is bound to. reviewed: whether every change
    waits for the prefecture.
    A person is only a claim: before anything is written or shown, `confirmed` reads the role again.
    """

    member: int | None
    name: str
    role: str
    municipalities: frozenset[str] = field(default_factory=frozenset)
    reviewed: bool = False

    @property
    def edits(self) -> bool:
        """Tell whether the role lets the person change anything at all."""
        return self.role in EDITORS

    @property
    def edits_all(self) -> bool:
        """Tell whether the role lets the person change every municipality's records."""
        return self.role in WHOLE

    def edits_town(self, code: str) -> bool:
        """Tell whether the person may change the records of a municipality."""
        return self.edits_all or (self.role == "municipal" and code in self.municipalities)


VISITOR = Person(None, ROLES["visitor"], "visitor")


def local(name: str = "") -> Person:
    """Return this machine's user, who owns the store's file; counts where SHIGEN_WRITE=1."""
    return Person(None, name.strip() or "この端末の利用者", "administrator")


def may_write_here() -> bool:
    """Tell whether this process is its machine's user's own: only where SHIGEN_WRITE=1 says so.

    The world can reach a served app, so that the default is read-only.
    """
    return os.environ.get(WRITE_VARIABLE) == "1"


def allow_on_this_machine() -> None:
    """Let the commands of this process write: who runs them owns the file anyway.

    SHIGEN_WRITE=0 still forbids it.
    """
    os.environ.setdefault(WRITE_VARIABLE, "1")


def confirmed(connection: Connection, who: Person) -> Person:
    """Return the person with the role that the store gives now; a visitor keeps none.

    In a sandbox everybody may do everything: it holds nothing but what is public and what its own
    visitor put there.
    """
    if is_sandbox(connection.engine):
        return replace(who, role="administrator", reviewed=False)
    if who.member is None:
        if who.role == "administrator" and may_write_here():
            return who
        role = "viewer" if who.role == "viewer" else "visitor"
        return replace(who, role=role, municipalities=frozenset())
    row = connection.execute(select(members).where(members.c.id == who.member)).mappings().first()
    if row is None or not row["active"]:
        return replace(who, role="viewer", municipalities=frozenset(), reviewed=False)
    return of_row(dict(row))


def of_row(row: dict[str, object]) -> Person:
    """Return the person of a row of members."""
    codes = str(row["municipalities"]).split(AREA_SEPARATOR)
    return Person(
        member=int(str(row["id"])),
        name=str(row["affiliation"]),
        role=str(row["role"]),
        municipalities=frozenset(code for code in codes if code),
        reviewed=bool(row["reviewed"]),
    )


def require(connection: Connection, who: Person, roles: frozenset[str] = EDITORS) -> Person:
    """Return the confirmed person; raise NotAllowedError unless the role is one of these."""
    person = confirmed(connection, who)
    if person.role in roles:
        return person
    if person.role in EDITORS:
        allowed = "・".join(label for role, label in ROLES.items() if role in roles)
        message = f"これができるのは{allowed}だけです(あなたは{ROLES[person.role]})"
        raise NotAllowedError(message)
    raise NotAllowedError(how_to_write(person))


def require_town(connection: Connection, who: Person, code: str) -> Person:
    """Return the confirmed person; raise NotAllowedError when the town is not theirs to change."""
    person = require(connection, who)
    if not person.edits_town(code):
        message = f"ほかの市町村の記録です。{person.name}が変えられるのは、担当の市町村だけです"
        raise NotAllowedError(message)
    return person


def how_to_write(person: Person) -> str:
    """Return in Japanese what somebody who may not write can do."""
    if person.role == "visitor":
        return (
            "共有の台帳は閲覧のみです。編集者としてサインインするか、試し書き(このブラウザだけに"
            "見える写し)を使ってください。自分の端末だけで使うときは、make run で起動すると書き込めます"
        )
    return (
        "共有の台帳を変える権限がありません。管理者に、編集者としての登録を頼んでください。"
        "試し書き(このブラウザだけに見える写し)はいつでも使えます"
    )
