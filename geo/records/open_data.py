"""Give all public data back as open data: CSV, GeoJSON, HSDS JSON and Excel.

Every form of the records carries the same columns, the licence of each record's source and the date, and can be
imported again without loss. It is made from the Dataset, which has no location that is not public.
"""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas as pd
import shapely

from geo.data.boundaries import NORTHERN_TERRITORIES
from geo.data.dataset import Dataset
from geo.data.schema import RECORD_COLUMNS, SERVICE_COLUMNS
from geo.data.sources import BOUNDARY_SOURCE, CAVEAT, footer_lines
from geo.data.spreadsheet import to_csv, to_excel
from geo.data.tables import Column, text
from geo.data.vocabulary import CLASSES, FLAGS
from geo.data.withheld import public_text
from geo.imports.reading.headers import EXPORTED, SHIGEN_HEADERS
from geo.imports.reading.own_export import LICENCE, MADE_ON
from geo.maps.colours import RULE
from geo.methods.analysis import Analysis, coverage_table
from geo.methods.basis import basis, certified_table, range_label
from geo.methods.origin import ORIGINS
from geo.parameters import describe
from geo.records import hsds

FILE_TYPES = {
    "csv": "CSV(自治体標準の列名)",
    "geojson": "GeoJSON",
    "hsds": "HSDS 3.1 JSON",
    "xlsx": "Excel",
}
SUFFIXES = {"csv": "csv", "geojson": "geojson", "hsds": "json", "xlsx": "xlsx"}
FACTS = "事実のみを記載(出典を示して利用)"
# By column: what the rows of the export call it.
OFFICE = {name: column.header for name, column in RECORD_COLUMNS["organisations"].items()}
SERVICE = {name: column.header for name, column in RECORD_COLUMNS["services"].items()}
TERMS = "公共データ利用規約 第1.0版など、出典ごとの条件(「データの状態」の出典の表)"
DECIMALS = 4  # of a boundary's degrees, some 10 m: what the boundaries that ship carry


def table(dataset: Dataset, licences: dict[str, str], day: date) -> pd.DataFrame:
    """Return one row a service, in the columns of 自治体標準オープンデータセット and our own.

    licences: by organisation, of the source that gave the record. day: of the export. Numbers are
    written so that they read back as the same; what is several is separated by `;`.
    """
    services = _listed(dataset)
    public = _offices(dataset)
    offices = public.loc[services["organisation"]].set_index(services.index)
    town = offices["municipality_code"].map(dataset.municipalities["name"]).fillna("")
    keys = pd.Series(services.index, index=services.index).where(services["field"] != "", "")
    frames = {
        "organisations": offices.assign(organisation=services["organisation"]),
        "services": services.assign(service=keys),
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
    made[LICENCE] = [_terms(dataset, public, licences, key) for key in services["organisation"]]
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
        "hsds": lambda: _json(hsds.services(dataset, made)),
        "xlsx": lambda: to_excel({"団体と支援": made}, about, head=RULE),
    }[form]()


def coverage(analysis: Analysis, day: date) -> bytes:
    """Return the coverage class of every municipality and field as CSV, UTF-8.

    Each row says what it was compared with, under which parameters, from which sources, on which
    terms and on which day, so that no line of the file is anything but a row.
    """
    data, found = analysis.dataset, coverage_table(analysis)
    judged = pd.Series(analysis.entered.ravel(), index=found.index)
    made = pd.DataFrame(
        {
            "市町村コード": found["code"],
            "市町村": found["name"],
            f"{SERVICE_COLUMNS['field'].label}コード": found["field"],
            SERVICE_COLUMNS["field"].label: found["field"].map(data.fields["name"]),
            "充足区分コード": found["class"],
            "充足区分": found["class"].map(CLASSES),
            "最寄りまで(分)": found["minutes"],
            "2番目まで(分)": found["second_minutes"],
            "地域内の窓口(件、公表分)": found["count"],
            "不足度に入れた": judged.map({True: "はい", False: "いいえ"}),
            "比べた範囲": _range(analysis),
            "計算の条件": describe(analysis.parameters),
            "出典": "。".join(footer_lines(data)),
            LICENCE: TERMS,
            MADE_ON: day.isoformat(),
            "注意": CAVEAT,
        }
    )
    return to_csv(made, for_spreadsheet=True).encode()


def municipalities(analysis: Analysis, day: date) -> bytes:
    """Return the boundaries as GeoJSON (RFC 7946), each with its scarcity and flag.

    The file says beside its features what was compared, which fields entered and why others did not,
    sources, terms and date; each flag where the support comes from. A municipality without a score has null; so has the Northern Territories, never scored.
    """
    data, parameters = analysis.dataset, analysis.parameters
    names, fields = data.fields["name"], data.fields.index
    shapes = shapely.set_precision(data.boundaries.geometry.to_numpy(), 10.0**-DECIMALS)
    shapes = dict(zip(data.boundaries.index, shapes, strict=True))
    features = []
    for position, town in enumerate(certified_table(analysis).itertuples()):
        entered = [names[fields[column]] for column in np.flatnonzero(analysis.entered[position])]
        scored = bool(entered) and not np.isnan(town.scarcity)
        features.append(
            {
                "type": "Feature",
                "id": town.code,
                "geometry": shapely.geometry.mapping(shapes[town.code]),
                "properties": {
                    "code": town.code,
                    "name": town.name,
                    "subprefecture": town.subprefecture,
                    "population_2020": int(town.population),
                    "scarcity": float(town.scarcity) if scored else None,
                    "flag": town.flag if scored else None,
                    "flag_name": FLAGS.get(town.flag) if scored else None,
                    "origin": ORIGINS.get(town.origin) if scored else None,
                    "robust": bool(town.robust) if scored else None,
                    "range": _range(analysis),
                    "fields": entered,
                },
            }
        )
    features.append(
        {
            "type": "Feature",
            "id": NORTHERN_TERRITORIES,
            "geometry": shapely.geometry.mapping(shapes[NORTHERN_TERRITORIES]),
            "properties": {"code": None, "name": "北方領土", "scarcity": None, "flag": None},
        }
    )
    content = {
        "type": "FeatureCollection",
        "title": "市町村の境界と不足度",
        "date": day.isoformat(),
        "data_version": data.version,
        "license": TERMS,
        "range": _range(analysis),
        "parameters": describe(parameters),
        "basis": basis(analysis),
        "fields": [
            names[fields[column]] for column in np.flatnonzero(analysis.entered.any(axis=0))
        ],
        "caveat": CAVEAT,
        "sources": [BOUNDARY_SOURCE, *footer_lines(data)],
        "features": features,
    }
    return _json(content)


def _range(analysis: Analysis) -> str:
    """Return what a score compares a municipality with, in words."""
    return f"{range_label(analysis)}({int(analysis.compared.sum())}市町村)"


def _offices(dataset: Dataset) -> pd.DataFrame:
    """Return the organisations, with those of which every service is suspended or closed."""
    if dataset.ended is None:
        return dataset.organisations
    over = dataset.ended.organisations
    return pd.concat([dataset.organisations, over[~over.index.isin(dataset.organisations.index)]])


def _terms(dataset: Dataset, public: pd.DataFrame, licences: dict[str, str], key: str) -> str:
    """Return the licence of an organisation's source, but none that tells where a hidden one is."""
    terms = licences.get(key) or FACTS
    if public.at[key, "location_public"]:
        return terms
    name = str(public.at[key, "name"])
    return public_text(terms, name, dataset.municipalities) or FACTS


def _listed(dataset: Dataset) -> pd.DataFrame:
    """Return the services whose source names them, and a blank one for a lone organisation.

    What is suspended or closed is among them, with its status.
    """
    services = dataset.services[dataset.services["listed"]].assign(status="active")
    if dataset.ended is not None and len(dataset.ended.services):
        services = pd.concat([services, dataset.ended.services[services.columns]])
    named = set(dataset.services["organisation"])
    lone = [key for key in dataset.organisations.index if key not in named]
    if not lone:
        return services
    blank = {name: [column.blank] * len(lone) for name, column in SERVICE_COLUMNS.items()}
    shared = dataset.organisations.loc[lone, ["source", "source_date", "confidence"]]
    rows = pd.DataFrame(blank, index=lone).assign(
        organisation=lone, listed=True, status="active", **shared
    )
    return pd.concat([services, rows[services.columns]])


def _written(cells: pd.Series, column: Column) -> pd.Series:
    return cells if column.parse is text else cells.map(column.written)


def _json(content: object) -> bytes:
    """Return JSON in one line: indented, it takes three times as long to write."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False).encode()


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
