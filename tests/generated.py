"""Generated records for tests of the store; every name says so, and none is real."""

import dataclasses
import hashlib
from datetime import date

import pandas as pd

from geo.data.schema import ORGANISATION_COLUMNS, SERVICE_COLUMNS
from geo.imports.reading.incoming import Incoming
from geo.people import members
from geo.people.permissions import local

WRITER = local("試験")  # counts where SHIGEN_WRITE=1
TOWNS = ("012301", "012050", "012335", "011002", "012025")
OFFICE = {name: column.blank for name, column in ORGANISATION_COLUMNS.items()} | {
    "name": "生成事業所",
    "operator": "生成法人",
    "municipality_code": "012301",
    "precision": "municipality",
    "location_public": True,
    "layer": "kaigo",
    "source": "生成の出典",
    "source_date": "2026-06-30",
    "checked_on": date(2026, 7, 1),
    "confidence": "A",
}
SERVICE = {name: column.blank for name, column in SERVICE_COLUMNS.items()} | {
    "field": "elderly",
    "approaches": ("3",),
    "modes": ("place",),
    "source": "生成の出典",
    "source_date": "2026-06-30",
    "confidence": "A",
    "status": "active",
}


def office(key, **values):
    return {**OFFICE, "organisation": key, "name": f"生成事業所{key}", **values}


def service(key, organisation, **values):
    return {**SERVICE, "service": key, "organisation": organisation, **values}


def incoming(offices, services=None, **values):
    """Return an Incoming of these rows; without services, every office gives one."""
    if services is None:
        services = [service(f"{one['organisation']}-s", one["organisation"]) for one in offices]
    frames = {
        "organisations": pd.DataFrame(offices, columns=list(OFFICE)),
        "services": pd.DataFrame(services, columns=list(SERVICE)),
    }
    for name, frame in frames.items():
        frame["file_row"] = range(2, len(frame) + 2)
        frames[name] = frame.set_index(name.removesuffix("s"))
    text = repr([offices, services, sorted(values.items())])
    return Incoming(
        **{
            "format": "test",
            "source": "生成の一覧",
            "licence": "CC BY 4.0",
            "edition": "2026-06-30",
            "file": "generated.csv",
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
            "rows_read": len(offices),
            "refused": (),
            "repaired": (),
            **frames,
            **values,
        }
    )


def many(count, **values):
    """Return an Incoming of `count` generated offices spread over five towns."""
    offices = [office(f"g{n:06d}", municipality_code=TOWNS[n % 5]) for n in range(count)]
    return incoming(offices, **values)


def later(one, edition="2026-12-31", **values):
    """Return an edition that says the same of a later day."""
    frame = one.organisations.assign(checked_on=date(2027, 1, 5), source_date=edition)
    digest = hashlib.sha256(f"{one.sha256}{edition}".encode()).hexdigest()
    changed = {"organisations": frame, "edition": edition, "sha256": digest, **values}
    return dataclasses.replace(one, **changed)


SHELTER = {
    "location_public": False,
    "address": "生成町9丁目8番7号",
    "lat": 42.4112233,
    "lon": 141.1033221,
    "precision": "point",
}


def member(engine, dataset, email, role, codes=(), **values):
    """Return a person of the table of members, made by this machine's user."""
    number = members.set_member(
        engine,
        dataset,
        email,
        WRITER,
        role=role,
        affiliation=f"生成の課{email.split('@')[0]}",
        municipalities=codes,
        **values,
    )
    members.recognise(engine, "https://issuer.example", f"sub-{number}", email)
    return members.recognise(engine, "https://issuer.example", f"sub-{number}", None)
