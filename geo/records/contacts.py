"""Keep the contacts of organisations that are not public: a person, a direct line, an address."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import Connection, Engine, select

from geo.errors import UnknownCodeError
from geo.people import history
from geo.people.permissions import Person, require_town
from geo.store.database import reading
from geo.store.tables import contacts, organisations


@dataclass(frozen=True)
class Contact:
    """Whom to reach at an organisation; for those who may edit its record, for nobody else."""

    person: str = ""
    phone: str = ""
    email: str = ""
    note: str = ""


def read_contact(engine: Engine, organisation: str, who: Person) -> Contact:
    """Return the contact of an organisation, an empty one when none is kept.

    Raises NotAllowedError when the person may not change the organisation's record,
    UnknownCodeError for an unknown organisation.
    """
    with reading(engine) as connection:
        require_town(connection, who, town_of(connection, organisation))
        here = contacts.c.organisation == organisation
        row = connection.execute(select(contacts).where(here)).mappings().first()
    if row is None:
        return Contact()
    return Contact(row["person"], row["phone"], row["email"], row["note"])


def set_contact(engine: Engine, organisation: str, contact: Contact, who: Person) -> int:
    """Keep the contact of an organisation; return the number of the change."""
    with history.changing(engine, who) as (connection, person):
        require_town(connection, who, town_of(connection, organisation))
        title = f"非公開の連絡先: {organisation}"
        change = history.begin(connection, "contact", title, person)
        cells = {name: text.strip() for name, text in asdict(contact).items()}
        history.put(connection, change, contacts, {"organisation": organisation} | cells)
    return change


def town_of(connection: Connection, organisation: str) -> str:
    """Return the municipality of an organisation, '' where none is known; not public for all.

    Raises UnknownCodeError for an unknown organisation.
    """
    here = organisations.c.organisation == organisation
    code = connection.scalar(select(organisations.c.municipality_code).where(here))
    if code is None:
        raise UnknownCodeError.organisation(organisation)
    return str(code)
