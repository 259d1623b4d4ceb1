"""Keep the table of members: who may do what, from which office, for which municipalities."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import pandas as pd
from sqlalchemy import Connection, Engine, func, insert, select, update

from geo.data.dataset import Dataset, position_of
from geo.errors import DataError, NotAllowedError, Problem, UnknownCodeError
from geo.people import history
from geo.people.permissions import (
    AREA_SEPARATOR,
    EDITORS,
    ROLES,
    Person,
    of_row,
    require,
)
from geo.store.database import reading, writing
from geo.store.queries import rows
from geo.store.tables import members

ADMINISTRATORS = frozenset({"administrator"})
ASSIGNED = tuple(role for role in ROLES if role != "visitor")
EMAIL_RE = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
LONGEST_EMAIL = 254  # RFC 5321, section 4.5.3.1.3


def recognise(engine: Engine, issuer: str, subject: str, email: str | None) -> Person:
    """Return the member who has signed in; a viewer when there is none.

    A member is invited by an e-mail address, and bound to the issuer and subject of the first
    sign-in with it; from then on only these count, since an address may pass to somebody else.
    email: only when the issuer has verified it.
    """
    bound = (members.c.issuer == issuer) & (members.c.subject == subject)
    with reading(engine) as connection:
        row = connection.execute(select(members).where(bound)).mappings().first()
    if row is None and email:
        invited = (members.c.email == email.lower()) & members.c.subject.is_(None)
        with reading(engine) as connection:
            known = connection.scalar(select(members.c.id).where(invited))
        if known is not None:
            with writing(engine) as connection:
                first = {"issuer": issuer, "subject": subject}
                connection.execute(update(members).where(invited).values(first))
                row = connection.execute(select(members).where(bound)).mappings().first()
    if row is None or not row["active"]:
        return Person(None, ROLES["viewer"], "viewer")
    return of_row(dict(row))


def set_member(
    engine: Engine,
    dataset: Dataset,
    email: str,
    who: Person,
    *,
    role: str,
    affiliation: str,
    municipalities: Iterable[str] = (),
    reviewed: bool = False,
    active: bool = True,
) -> int:
    """Invite a member, or change one; return the member's number.

    Raises NotAllowedError for anybody but an administrator and when no administrator would be
    left, DataError for a cell that does not fit, UnknownCodeError for an unknown municipality.
    """
    codes = tuple(dict.fromkeys(municipalities))
    problems = []
    if not EMAIL_RE.fullmatch(email) or len(email) > LONGEST_EMAIL:
        problems.append(Problem("会員", None, "メールアドレス", "メールアドレスではありません"))
    if role not in ASSIGNED:
        problems.append(Problem("会員", None, "役割", f"役割ではありません: {role!r}"))
    if role in EDITORS and not affiliation.strip():
        reason = "空欄です。履歴に残る所属(例: 登別市 社会福祉グループ)を書いてください"
        problems.append(Problem("会員", None, "所属", reason))
    if (role == "municipal") != bool(codes):
        reason = "市町村の編集者には市町村を1つ以上、ほかの役割には付けずに指定してください"
        problems.append(Problem("会員", None, "市町村", reason))
    if problems:
        raise DataError(problems)
    for code in codes:
        position_of(dataset, code)
    cells = {
        "affiliation": affiliation.strip(),
        "role": role,
        "municipalities": AREA_SEPARATOR.join(codes),
        "reviewed": reviewed,
        "active": active,
    }
    email = email.lower()
    with history.changing(engine, who, ADMINISTRATORS) as (connection, person):
        title = f"会員: {cells['affiliation'] or ROLES[role]} を{ROLES[role]}に"
        title += "" if active else "(停止)"
        change = history.begin(connection, "member", title, person)
        number = connection.scalar(select(members.c.id).where(members.c.email == email))
        if number is None:
            made = insert(members).values(cells | {"email": email}).returning(members.c.id)
            number = int(connection.execute(made).scalar_one())
            history.note(connection, change, members, [(str(number), "new", None)])
        else:
            history.put(connection, change, members, {"id": number, **cells})
        if person.member is not None:  # who runs the commands can always make another
            _require_an_administrator(connection)
    return int(number)


def bind(engine: Engine, number: int, issuer: str, subject: str, who: Person) -> None:
    """Bind a member to an account by hand, where the issuer verifies no e-mail addresses."""
    if not (issuer.strip() and subject.strip()):
        raise DataError([Problem("会員", None, "アカウント", "発行者と番号の両方が要ります")])
    with history.changing(engine, who, ADMINISTRATORS) as (connection, person):
        change = history.begin(
            connection, "member", f"会員: {number}番をアカウントに結び付け", person
        )
        account = {"issuer": issuer.strip(), "subject": subject.strip()}
        _change_binding(connection, change, number, account)


def release(engine: Engine, number: int, who: Person) -> None:
    """Let a member be bound anew at the next sign-in, after a change of the account."""
    with history.changing(engine, who, ADMINISTRATORS) as (connection, person):
        title = f"会員: {number}番のサインインの結び付けを解く"
        change = history.begin(connection, "member", title, person)
        _change_binding(connection, change, number, {"issuer": None, "subject": None})


def list_members(engine: Engine, who: Person) -> pd.DataFrame:
    """Return the members by number: email, affiliation, role, municipalities, reviewed, active.

    bound: whether somebody has signed in. Raises NotAllowedError for anybody but administrators.
    """
    with reading(engine) as connection:
        require(connection, who, ADMINISTRATORS)
        table = rows(connection, members).sort_index()
    table["bound"] = table["subject"].notna()
    return table.drop(columns=["issuer", "subject"])


def _change_binding(
    connection: Connection, change: int, number: int, account: Mapping[str, str | None]
) -> None:
    """Write whom a member is bound to; raise UnknownCodeError when there is no such member."""
    if connection.scalar(select(members.c.id).where(members.c.id == number)) is None:
        raise UnknownCodeError.of(str(number), "会員")
    history.put(connection, change, members, {"id": number, **account})


def _require_an_administrator(connection: Connection) -> None:
    """Raise NotAllowedError when no member is left who could administer the others."""
    here = (members.c.role == "administrator") & members.c.active
    if not connection.scalar(select(func.count()).select_from(members).where(here)):
        message = "管理者が1人もいなくなります。先に、ほかの会員を管理者にしてください"
        raise NotAllowedError(message)
