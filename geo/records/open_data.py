"""Give all public data back as open data: CSV, GeoJSON, HSDS 3 JSON and Excel.

Every form carries the same columns, the licence of each record's source and the date, and can be
imported again without loss. It is made from the Dataset, which has no location that is not public.
"""

from __future__ import annotations

import json
import uuid
from datetime import date

import pandas as pd

from geo.data.dataset import Dataset
from geo.data.schema import RECORD_COLUMNS, SERVICE_COLUMNS
from geo.data.sources import CAVEAT, footer_lines
from geo.data.spreadsheet import to_csv, to_excel
from geo.data.tables import Column, text
from geo.imports.reading.headers import EXPORTED, OWN, SHIGEN_HEADERS
from geo.imports.reading.own_export import LICENCE, MADE_ON
from geo.maps.colours import RULE

FILE_TYPES = {
    "csv": "CSV(自治体標準の列名)",
    "geojson": "GeoJSON",
    "hsds": "HSDS 3 JSON",
    "xlsx": "Excel",
}
SUFFIXES = {"csv": "csv", "geojson": "geojson", "hsds": "json", "xlsx": "xlsx"}
FACTS = "事実のみを記載(出典を示して利用)"
# By column: what the rows of the export call it.
OFFICE = {name: column.header for name, column in RECORD_COLUMNS["organisations"].items()}
SERVICE = {name: column.header for name, column in RECORD_COLUMNS["services"].items()}
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "shigen.hokkaido.generated-ids")


def table(dataset: Dataset, licences: dict[str, str], day: date) -> pd.DataFrame:
    """Return one row a service, in the columns of 自治体標準オープンデータセット and our own.

    licences: by organisation, of the source that gave the record. day: of the export. Numbers are
    written so that they read back as the same; what is several is separated by `;`.
    """
    services = _listed(dataset)
    offices = dataset.organisations.loc[services["organisation"]].set_index(services.index)
    town = offices["municipality_code"].map(dataset.municipalities["name"]).fillna("")
    keys = pd.Series(services.index, index=services.index).where(services["field"] != "", "")
    frames = {
        "organisations": offices.assign(organisation=services["organisation"]),
        "services": services.assign(service=keys, status="active"),
    }
    parts = {}
    for kind, name in EXPORTED:
        column = RECORD_COLUMNS[kind][name]
        parts[column.header] = _written(frames[kind][name], column)
        if name == "municipality_code":
            parts[SHIGEN_HEADERS["town"]] = town
    made = pd.DataFrame(parts)
    made.insert(0, "全国地方公共団体コード", offices["municipality_code"])
    made.insert(1, "地方公共団体名", town)
    made.insert(2, "ID", services.index)
    made[LICENCE] = [licences.get(key) or FACTS for key in services["organisation"]]
    made[MADE_ON] = day.isoformat()
    return made.reset_index(drop=True)


def export(dataset: Dataset, form: str, licences: dict[str, str], day: date) -> bytes:
    """Return all public records as a file; raise KeyError for a form not in FILE_TYPES."""
    made = table(dataset, licences, day)
    about = [
        f"作成日 {day.isoformat()}。ライセンスと出典は記録ごとの列にあります",
        *footer_lines(dataset),
        CAVEAT,
    ]
    return {
        "csv": lambda: to_csv(made, for_spreadsheet=True).encode(),
        "geojson": lambda: _json(_geojson(made, about)),
        "hsds": lambda: _json([_service(dataset, row) for row in made.to_dict("records")]),
        "xlsx": lambda: to_excel({"団体と支援": made}, about, head=RULE),
    }[form]()


def _listed(dataset: Dataset) -> pd.DataFrame:
    """Return the services whose source names them, and a blank one for a lone organisation."""
    services = dataset.services[dataset.services["listed"]]
    named = set(dataset.services["organisation"])
    lone = [key for key in dataset.organisations.index if key not in named]
    if not lone:
        return services
    blank = {name: [column.blank] * len(lone) for name, column in SERVICE_COLUMNS.items()}
    shared = dataset.organisations.loc[lone, ["source", "source_date", "confidence"]]
    rows = pd.DataFrame(blank, index=lone).assign(organisation=lone, listed=True, **shared)
    return pd.concat([services, rows[services.columns]])


def _written(cells: pd.Series, column: Column) -> pd.Series:
    return cells if column.parse is text else cells.map(column.written)


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False).encode()


def _geojson(made: pd.DataFrame, about: list[str]) -> dict[str, object]:
    """Return a FeatureCollection; a record without a point has a null geometry (RFC 7946)."""
    return {
        "type": "FeatureCollection",
        "about": about,
        "features": [
            {
                "type": "Feature",
                "id": row[SERVICE["service"]],
                "geometry": None
                if row[OFFICE["lat"]] == ""
                else {
                    "type": "Point",
                    "coordinates": [float(row[OFFICE["lon"]]), float(row[OFFICE["lat"]])],
                },
                "properties": row,
            }
            for row in made.to_dict("records")
        ],
    }


def _service(dataset: Dataset, row: dict[str, str]) -> dict[str, object]:
    """Return a service of HSDS 3.0 with its organisation, place, phone, area and our own columns.

    Ids of HSDS are UUIDs: made from ours, which stand among the attributes.
    """
    key, office = row[SERVICE["service"]], row[OFFICE["organisation"]]
    service_id, location_id = _uuid("service", key or office), _uuid("location", office)
    organisation_id = _uuid("organization", office)
    field = dataset.fields["name"].get(row[SERVICE["field"]])
    phones = [{"id": _uuid("phone", key), "service_id": service_id, "number": row[OFFICE["phone"]]}]
    service: dict[str, object] = {
        "id": service_id,
        "name": f"{row[OFFICE['name']]}({field})" if field else row[OFFICE["name"]],
        "description": row[OFFICE["note"]],
        "url": row[OFFICE["url"]],
        "status": "active",
        "assured_date": row[OFFICE["checked_on"]],
        "last_modified": row[MADE_ON],
        "eligibility_description": row[SERVICE["target"]],
        "licenses": row[LICENCE],
        "organization": {
            "id": organisation_id,
            "name": row[OFFICE["name"]],
            "description": row[OFFICE["note"]] or row[OFFICE["name"]],
            "website": row[OFFICE["url"]],
        },
        "phones": phones if row[OFFICE["phone"]] else [],
        "service_areas": [
            {
                "id": _uuid("service_area", f"{key} {area}"),
                "service_id": service_id,
                "name": _area_name(dataset, area),
                "description": row[SERVICE["service_area_note"]],
            }
            for area in row[SERVICE["service_area"]].split(";")
            if area
        ],
        "service_at_locations": [],
        "attributes": [
            {
                "id": _uuid("attribute", f"{key} {name}"),
                "link_id": service_id,
                "link_entity": "service",
                "link_type": f"{OWN}{name}",
                "value": value,
            }
            for name, value in row.items()
        ],
    }
    if row[OFFICE["municipality_code"]]:
        location = _location(row, location_id)
        service["service_at_locations"] = [
            {
                "id": _uuid("service_at_location", key),
                "service_id": service_id,
                "location_id": location_id,
                "location": location,
            }
        ]
    return service


def _location(row: dict[str, str], location_id: str) -> dict[str, object]:
    location: dict[str, object] = {
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
