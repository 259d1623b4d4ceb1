"""Read Open Referral HSDS 3 JSON: services with their organisation, places and terms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from geo.imports.reading.headers import OWN, SHIGEN_HEADERS, Format
from geo.imports.reading.recognise import Layout
from geo.imports.reading.table import MAX_ROWS, Table, refusal

CARRIED = (
    "id", "service", "organisation", "name", "operator", "kind", "address", "postal", "lat", "lon",
    "phone", "url", "status", "updated", "note", "target", "field", "service_area",
    "service_area_note", "location_public",
)  # fmt: skip
FORMAT = Format(
    "hsds", "HSDS 3 のサービス一覧", "", "", "any", {role: (role,) for role in CARRIED}, ("name",)
)
# An export, a page of the API, a page of Open Referral UK; a bare list and one service beside.
LISTS = ("services", "service", "contents", "content")
# What only HSDS says of a service.
PARTS = ("service_at_locations", "organization", "organization_id", "service_taxonomys", "service_areas", "eligibilitys")  # fmt: skip
ASKED = f"{OWN}{SHIGEN_HEADERS['location_public']}"  # of our own export alone


def is_hsds(document: Any) -> bool:
    """Tell whether a JSON document holds services of HSDS."""
    if isinstance(document, dict) and document.get("type") == "FeatureCollection":
        return False
    return any(
        isinstance(one, dict)
        and "name" in one
        and any(part in one for part in PARTS)
        and ("id" in one or "status" in one)
        for one in _services(document)[:50]
    )


def as_table(table: Table) -> tuple[Table, Layout]:
    """Return the services as a table, one row for each place where one is offered."""
    rows = [[_text(cells.get(role)) for role in CARRIED] for cells in _rows(table.document)]
    if len(rows) > MAX_ROWS:
        raise refusal(table.file, f"大きすぎます。{MAX_ROWS:,}行までの表を読みます")
    frame = pd.DataFrame([list(CARRIED), *rows], dtype="str")
    made = Table(
        table.file, table.kind, "", frame, np.arange(len(frame)), table.sha256, table.document
    )
    positions = {role: column for column, role in enumerate(CARRIED)}
    return made, Layout(FORMAT, 0, positions, {role: role for role in CARRIED})


def _rows(document: Any) -> Iterator[dict[str, Any]]:
    flat = document if isinstance(document, dict) else {}
    organisations = _by_id(flat, "organizations", "organization")
    places = _by_id(flat, "locations", "location")
    links = _list(flat.get("service_at_locations") or flat.get("service_at_location"))
    for service in _services(document):
        if not isinstance(service, dict):
            yield {}
            continue
        owner = service.get("organization")
        if not isinstance(owner, dict):
            owner = organisations.get(_text(service.get("organization_id")), {})
        own = [
            link for link in _list(service.get("service_at_locations")) if isinstance(link, dict)
        ]
        own += [
            link
            for link in links
            if isinstance(link, dict) and link.get("service_id") == service.get("id")
        ]
        offered = [
            link["location"]
            if isinstance(link.get("location"), dict)
            else places.get(_text(link.get("location_id")), {})
            for link in own
        ]
        offered += [place for place in _list(service.get("locations")) if isinstance(place, dict)]
        for place in offered or [{}]:
            yield _cells(service, owner, place)


def _cells(service: dict[str, Any], owner: dict[str, Any], place: dict[str, Any]) -> dict[str, Any]:
    address = _first(place.get("addresses")) or _first(place.get("physical_addresses"))
    phone = (
        _first(service.get("phones"))
        or _first(_first(service.get("contacts")).get("phones"))
        or _first(place.get("phones"))
        or _first(owner.get("phones"))
    )
    virtual = _text(place.get("location_type")) == "virtual"
    attributes = [one for one in _list(service.get("attributes")) if isinstance(one, dict)]
    said = (_text(one.get("value")) for one in attributes if one.get("link_type") == ASKED)
    terms = [
        _text(term.get("code")) or _text(term.get("name"))
        for attribute in attributes
        if isinstance(term := attribute.get("taxonomy_term"), dict)
    ]
    terms += [
        _text(term.get("name"))
        for tag in _list(service.get("service_taxonomys"))  # Open Referral UK 1.0
        if isinstance(tag, dict) and isinstance(term := tag.get("taxonomy"), dict)
    ]
    areas = [area for area in _list(service.get("service_areas")) if isinstance(area, dict)]
    parts = ("state_province", "region", "city", "address_1", "address_2")
    seen: list[str] = []
    for part in parts if not virtual else ():
        text = _text(address.get(part))
        if text and not any(text in earlier for earlier in seen):
            seen.append(text)
    name = _text(owner.get("name")) or _text(service.get("name"))
    return {
        "id": "-".join(filter(None, (_text(owner.get("id"))[:36], _text(place.get("id"))[:36]))),
        "service": _text(service.get("id")),
        "name": name,
        "kind": " ".join(dict.fromkeys([_text(service.get("name")), *terms])),
        "address": "".join(seen),
        "postal": address.get("postal_code"),
        "lat": None if virtual else place.get("latitude"),
        "lon": None if virtual else place.get("longitude"),
        "phone": phone.get("number"),
        "url": service.get("url") or owner.get("website") or owner.get("url"),
        "status": service.get("status"),
        "updated": service.get("assured_date") or service.get("last_modified"),
        "note": service.get("description"),
        "target": service.get("eligibility_description")
        or _first(service.get("eligibilitys")).get("eligibility"),
        "field": next((term for term in terms if term), ""),
        "service_area": ";".join(
            filter(None, (_text(area.get("name") or area.get("service_area")) for area in areas))
        ),
        "location_public": next(said, ""),
    }


def _services(document: Any) -> list[Any]:
    """Return the services of a document, those of an organisation with it as their owner."""
    held: list[Any] = document if isinstance(document, list) else []
    if isinstance(document, dict):
        lists = LISTS if "name" not in document else ()  # an organisation holds its own services
        held = next((document[name] for name in lists if isinstance(document.get(name), list)), [])
        if (
            not held
            and "name" in document
            and any(part in document for part in (*PARTS, "services"))
        ):
            held = [document]
    found: list[Any] = []
    for one in held:
        offered = one.get("services") if isinstance(one, dict) else None
        if isinstance(offered, list) and not any(part in one for part in PARTS):
            owner = {key: value for key, value in one.items() if key != "services"}
            found += [{"organization": owner} | each for each in offered if isinstance(each, dict)]
        else:
            found.append(one)
    return found


def _by_id(document: dict[str, Any], *names: str) -> dict[str, dict[str, Any]]:
    found: list[Any] = next(
        (document[name] for name in names if isinstance(document.get(name), list)), []
    )
    return {_text(one.get("id")): one for one in found if isinstance(one, dict)}


def _first(value: Any) -> dict[str, Any]:
    return next((one for one in _list(value) if isinstance(one, dict)), {})


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, (dict, list)) else str(value)
