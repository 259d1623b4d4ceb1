"""Write services as Open Referral HSDS 3.1: service, organisation, place, phone, area, attributes.

HSDS has UUIDs: they are made from our own keys, which stand among the attributes with every other
column of ours, so that nothing is lost on the way back. What is unknown is left out, and no licence
of the data is put where HSDS means a permit of the organisation.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from geo.data.dataset import Dataset
from geo.data.schema import RECORD_COLUMNS
from geo.data.vocabulary import STATUSES
from geo.imports.reading.headers import OWN, SHIGEN_HEADERS
from geo.imports.reading.own_export import MADE_ON

# By column: what the rows of the export call it.
OFFICE = {name: column.header for name, column in RECORD_COLUMNS["organisations"].items()}
SERVICE = {name: column.header for name, column in RECORD_COLUMNS["services"].items()}
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "shigen.hokkaido.generated-ids")
JAPAN = ZoneInfo("Asia/Tokyo")


# What HSDS calls the state of a service, by our label.
STATES = {
    STATUSES["active"]: "active",
    STATUSES["suspended"]: "temporarily closed",
    STATUSES["closed"]: "defunct",
}


def services(dataset: Dataset, made: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a service of HSDS for each row of the export's table (open_data.table)."""
    return [_service(dataset, row) for row in made.to_dict("records")]


def _service(dataset: Dataset, row: dict[str, str]) -> dict[str, Any]:
    key, office = row[SERVICE["service"]], row[OFFICE["organisation"]]
    own = key or office  # an organisation of which no service is known stands for itself
    service_id, location_id = _uuid("service", own), _uuid("location", office)
    name, note, url = row[OFFICE["name"]], row[OFFICE["note"]], row[OFFICE["url"]]
    field = dataset.fields["name"].get(row[SERVICE["field"]])
    made = datetime.combine(date.fromisoformat(row[MADE_ON]), time(), JAPAN)
    service: dict[str, Any] = {
        "id": service_id,
        "name": f"{name}({field})" if field else name,
        "description": note,
        "url": url,
        "status": STATES[row[SERVICE["status"]]],
        "eligibility_description": row[SERVICE["target"]],
        "assured_date": row[OFFICE["checked_on"]],
        "last_modified": made.isoformat(),
        "organization": _known(
            {
                "id": _uuid("organization", office),
                "name": name,
                "description": note or name,
                "website": url,
            }
        ),
        "phones": _phones(row, own, service_id),
        "service_areas": [
            _known(
                {
                    "id": _uuid("service_area", f"{own} {area}"),
                    "service_id": service_id,
                    "name": _area_name(dataset, area),
                    "description": row[SERVICE["service_area_note"]],
                }
            )
            for area in row[SERVICE["service_area"]].split(";")
            if area
        ],
        "service_at_locations": [],
        "attributes": [
            {
                "id": _uuid("attribute", f"{own} {label}"),
                "link_id": service_id,
                "link_entity": "service",
                "link_type": f"{OWN}{label}",
                "label": label,
                "value": value,
            }
            for label, value in row.items()
        ],
    }
    if row[OFFICE["municipality_code"]]:
        service["service_at_locations"] = [
            {
                "id": _uuid("service_at_location", own),
                "service_id": service_id,
                "location_id": location_id,
                "location": _location(row, location_id),
            }
        ]
    return _known(service)


def _known(cells: dict[str, Any]) -> dict[str, Any]:
    """Return an object without its blank texts: a format such as uri has no blank."""
    return {name: cell for name, cell in cells.items() if cell != ""}


def _phones(row: dict[str, str], own: str, service_id: str) -> list[dict[str, str]]:
    number = row[OFFICE["phone"]]
    return (
        [{"id": _uuid("phone", own), "service_id": service_id, "number": number}] if number else []
    )


def _location(row: dict[str, str], location_id: str) -> dict[str, Any]:
    location: dict[str, Any] = {
        "id": location_id,
        "location_type": "physical",
        "name": row[OFFICE["name"]],
        "addresses": [
            {
                "id": _uuid("address", row[OFFICE["organisation"]]),
                "location_id": location_id,
                "address_1": row[OFFICE["address"]],
                "city": row[SHIGEN_HEADERS["town"]],
                "state_province": "北海道",
                "postal_code": "",
                "country": "JP",
                "address_type": "physical",
            }
        ],
    }
    if row[OFFICE["lat"]]:
        location |= {"latitude": float(row[OFFICE["lat"]]), "longitude": float(row[OFFICE["lon"]])}
    return location


def _area_name(dataset: Dataset, area: str) -> str:
    names = {"nation": "全国", "prefecture": "北海道"}
    return names.get(area) or str(dataset.municipalities.at[area, "name"])


def _uuid(kind: str, key: str) -> str:
    return str(uuid.uuid5(NAMESPACE, f"{kind} {key}"))
