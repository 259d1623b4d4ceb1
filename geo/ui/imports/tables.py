"""Show what an import would do as tables for reading."""

from __future__ import annotations

import pandas as pd

from geo.data.dataset import Dataset
from geo.data.schema import ORGANISATION_COLUMNS, RECORD_COLUMNS, RECORD_NAMES
from geo.imports.preview import OUTCOMES, Preview
from geo.store.frames import LOCATION


def summary(plans: list[Preview]) -> pd.DataFrame:
    """Return one row per file and kind of record, with the number of records by outcome."""
    return pd.DataFrame(
        [
            {"ファイル": plan.incoming.file, "出典": plan.incoming.source, "記録": label}
            | {OUTCOMES[key]: number for key, number in plan.counts(kind).items()}
            for plan in plans
            for kind, label in RECORD_NAMES.items()
        ]
    )


def new_records(plan: Preview, data: Dataset) -> pd.DataFrame:
    """Return the organisations that are new: name, municipality, operator, source, precision."""
    records = plan.records["organisations"]
    new = records[records["outcome"] == "new"]
    town = new["municipality_code"].map(data.municipalities["name"]).fillna("")
    return pd.DataFrame(
        {
            "行": new["file_row"],
            ORGANISATION_COLUMNS["name"].label: new["name"],
            "市町村": town.where(new["location_public"].astype(bool), "(非公開)"),
            "運営": new["operator"],
            "電話": new["phone"],
        }
    ).reset_index(drop=True)


def changed_records(plan: Preview) -> pd.DataFrame:
    """Return one row per cell that changes: kind, id, name, column, before and after.

    The location of a record that is or was not public is not shown, neither before nor after.
    """
    rows = []
    names = plan.records["organisations"]["name"]
    for kind in RECORD_NAMES:
        records, before, differs = plan.records[kind], plan.before[kind], plan.differs[kind]
        for key in records.index[records["outcome"] == "changed"]:
            hidden = kind == "organisations" and not (
                bool(records.at[key, "location_public"]) and bool(before.at[key, "location_public"])
            )
            office = key if kind == "organisations" else str(records.at[key, "organisation"])
            shared = {
                "記録": RECORD_NAMES[kind],
                "名称": names.get(office, office),
                "記録番号": key,
            }
            if not before.at[key, "listed"]:
                rows.append(shared | {"列": "掲載", "前": "掲載なし", "後": "再び掲載"})
            for column in differs.columns[differs.loc[key].to_numpy(bool)]:
                secret = hidden and column in LOCATION
                rows.append(
                    shared
                    | {
                        "列": RECORD_COLUMNS[kind][column].label,
                        "前": "(非公開)" if secret else _text(before.at[key, column]),
                        "後": "(非公開)" if secret else _text(records.at[key, column]),
                    }
                )
    return pd.DataFrame(rows, columns=["記録", "名称", "記録番号", "列", "前", "後"])


def unlisted_records(plan: Preview, data: Dataset) -> pd.DataFrame:
    """Return the organisations that the new edition lists no more."""
    keys = plan.unlisted["organisations"]
    names = data.organisations["name"].reindex(keys).fillna("").to_numpy()
    return pd.DataFrame({"名称": names, "記録番号": keys, "扱い": "掲載なし(廃止とは限りません)"})


def _text(value: object) -> str:
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return ""
    return {True: "はい", False: "いいえ"}[value] if isinstance(value, bool) else str(value)
