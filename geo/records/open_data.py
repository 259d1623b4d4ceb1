"""Give all public data back as open data: CSV, GeoJSON, HSDS 3 JSON and Excel.

Every form carries the same columns, the licence of each record's source and the date, and can be
imported again without loss. It is made from the Dataset, which has no location that is not public.
"""

from __future__ import annotations

import json
import math
import uuid
from datetime import date

import pandas as pd

from geo.data.dataset import Dataset
from geo.data.sources import CAVEAT, footer_lines
from geo.data.spreadsheet import to_csv, to_excel
from geo.data.vocabulary import PRECISIONS, STATUSES
from geo.imports.reading.headers import OFFICE_HEADERS, OWN, SHIGEN_HEADERS, YES_NO

FORMATS = {
    "csv": ("CSV(自治体標準の列名)", "text/csv"),
    "geojson": ("GeoJSON", "application/geo+json"),
    "hsds": ("HSDS 3 JSON", "application/json"),
    "xlsx": (
        "Excel",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
}
SUFFIXES = {"csv": "csv", "geojson": "geojson", "hsds": "json", "xlsx": "xlsx"}
FACTS = "事実のみを記載(出典を示して利用)"
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "shigen.hokkaido.generated-ids")


def table(dataset: Dataset, licences: dict[str, str], day: date) -> pd.DataFrame:
    """Return one row a service, in the columns of 自治体標準オープンデータセット and our own.

    licences: by organisation, of the source that gave the record. day: of the export. Numbers are
    written so that they read back as the same; what is several is separated by `;`.
    """
    services = _listed(dataset)
    offices = dataset.organisations.loc[services["organisation"]].set_index(services.index)
    town = offices["municipality_code"].map(dataset.municipalities["name"]).fillna("")
    parts = {
        **{role: offices[role] for role in ("name", "operator", "address", "phone", "url", "note")},
        **{role: services[role] for role in ("organisation", "field", "target")},
        "service": pd.Series(services.index, index=services.index).where(
            services["field"] != "", ""
        ),
        "status": pd.Series(STATUSES["active"], index=services.index),
        "place_code": offices["municipality_code"],
        "town": town,
        "lat": offices["lat"].map(_number),
        "lon": offices["lon"].map(_number),
        "capacity": services["capacity"].map(_number),
        "precision": offices["precision"].map(PRECISIONS).where(offices["precision"] != "", ""),
        "location_public": offices["location_public"].map(YES_NO),
        "layer": offices["layer"],
        "confidence": services["confidence"],
        "updated": offices["checked_on"].map(str),
        "source": services["source"],
        "source_date": services["source_date"],
        "service_area_note": services["service_area_note"],
        **{role: services[role].map(";".join) for role in ("approaches", "modes", "service_area")},
    }
    made = pd.DataFrame({header: parts[role] for role, header in SHIGEN_HEADERS.items()})
    made.insert(0, "全国地方公共団体コード", offices["municipality_code"])
    made.insert(1, "地方公共団体名", town)
    made.insert(2, "ID", services.index)
    for column, header in OFFICE_HEADERS.items():
        made[header] = offices[column]
    made["ライセンス"] = services["organisation"].map(licences).fillna("").replace("", FACTS)
    made["作成日"] = day.isoformat()
    return made.reset_index(drop=True)


def export(dataset: Dataset, form: str, licences: dict[str, str], day: date) -> bytes:
    """Return all public records as a file; raise KeyError for a form not in FORMATS."""
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
        "xlsx": lambda: to_excel({"団体と支援": made}, about),
    }[form]()


def _listed(dataset: Dataset) -> pd.DataFrame:
    """Return the services whose source names them, and a blank one for a lone organisation."""
    services = dataset.services[dataset.services["listed"]]
    named = set(dataset.services["organisation"])
    lone = [key for key in dataset.organisations.index if key not in named]
    if not lone:
        return services
    blank = dict.fromkeys(services, "") | {"capacity": math.nan, "listed": True}
    several = {name: [()] * len(lone) for name in ("approaches", "modes", "service_area")}
    shared = dataset.organisations.loc[lone, ["source", "source_date", "confidence"]]
    rows = pd.DataFrame(blank | several, index=lone).assign(organisation=lone, **shared)
    return pd.concat([services, rows[services.columns]])


def _number(value: float) -> str:
    """Return the shortest text that reads back as the same number, '' for none."""
    if math.isnan(value):
        return ""
    return str(int(value)) if value == int(value) else repr(float(value))


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
                "id": row["支援の番号"],
                "geometry": None
                if row["緯度"] == ""
                else {"type": "Point", "coordinates": [float(row["経度"]), float(row["緯度"])]},
                "properties": row,
            }
            for row in made.to_dict("records")
        ],
    }


def _service(dataset: Dataset, row: dict[str, str]) -> dict[str, object]:
    """Return a service of HSDS 3.0 with its organisation, place, phone, area and our own columns.

    Ids of HSDS are UUIDs: made from ours, which stand among the attributes.
    """
    key, office = row["支援の番号"], row["記録番号"]
    service_id, location_id = _uuid("service", key or office), _uuid("location", office)
    organisation_id = _uuid("organization", office)
    field = dataset.fields["name"].get(row["支援の分野"])
    phones = [{"id": _uuid("phone", key), "service_id": service_id, "number": row["電話番号"]}]
    service: dict[str, object] = {
        "id": service_id,
        "name": f"{row['名称']}({field})" if field else row["名称"],
        "description": row["備考"],
        "url": row["URL"],
        "status": "active",
        "assured_date": row["確認日"],
        "last_modified": row["作成日"],
        "eligibility_description": row["対象者"],
        "licenses": row["ライセンス"],
        "organization": {
            "id": organisation_id,
            "name": row["名称"],
            "description": row["備考"] or row["名称"],
            "website": row["URL"],
        },
        "phones": phones if row["電話番号"] else [],
        "service_areas": [
            {
                "id": _uuid("service_area", f"{key} {area}"),
                "service_id": service_id,
                "name": _area_name(dataset, area),
                "description": row["対象地域の説明"],
            }
            for area in row["対象地域"].split(";")
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
    if row["所在地_全国地方公共団体コード"]:
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
        "name": row["名称"],
        "addresses": [
            {
                "id": _uuid("address", row["記録番号"]),
                "location_id": location_id,
                "address_1": row["所在地_連結表記"],
                "city": row["所在地_市区町村"],
                "state_province": "北海道",
                "postal_code": "",
                "country": "JP",
                "address_type": "physical",
            }
        ],
    }
    if row["緯度"]:
        location |= {"latitude": float(row["緯度"]), "longitude": float(row["経度"])}
    return location


def _area_name(dataset: Dataset, area: str) -> str:
    names = {"nation": "全国", "prefecture": "北海道"}
    return names.get(area) or str(dataset.municipalities.at[area, "name"])


def _uuid(kind: str, key: str) -> str:
    return str(uuid.uuid5(NAMESPACE, f"{kind} {key}"))
