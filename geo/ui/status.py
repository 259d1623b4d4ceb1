"""Show the condition of the records as tables for reading."""

from __future__ import annotations

import json
from html import escape

import numpy as np
import pandas as pd
from sqlalchemy import Connection, func, select

from geo.data.dataset import Dataset
from geo.data.schema import ORGANISATION_COLUMNS
from geo.data.vocabulary import YES
from geo.maps.colours import CLASS_COLOURS, ink_on
from geo.methods.completeness import JUDGED, MISSING, STATES, SURVEY
from geo.people.history import VEILED
from geo.people.permissions import Person, confirmed
from geo.records.quality import Condition
from geo.store.frames import concealed_in
from geo.store.tables import changes, imports, organisations, sources

ADDRESS = ORGANISATION_COLUMNS["address"].label


def board_html(table: pd.DataFrame) -> str:
    """Return the board of what is known (from `completeness.board`) as a picture, a line a field."""
    marks = {JUDGED: ("local", "●"), MISSING: ("remote", "▲"), SURVEY: ("unknown", "?")}
    rows = []
    for name, group in table.groupby("name", sort=False):
        klass, mark = marks[group["state"].iloc[0]]
        style = f"background-color:{CLASS_COLOURS[klass]};color:{ink_on(klass)}"
        inventories = "、".join(
            f"{'✓' if row['complete'] else '未読'} {escape(row['inventory'])}"
            for row in group.to_dict("records")
            if row["inventory"]
        )
        words = inventories or f"公的な一覧がない(調査済み {group['asked'].iloc[0]} 市町村)"
        rows.append(
            f"<tr><td style='white-space:nowrap'>{escape(str(name))}</td>"
            f"<td><span class='chip' style='{style}'>{mark} {STATES[group['state'].iloc[0]]}</span></td>"
            f"<td><small>{words}</small></td><td><small>{_way(group)}</small></td></tr>"
        )
    return (
        '<table class="plain"><thead><tr><th>分野</th><th>いま</th><th>一覧</th><th>次にすること</th></tr>'
        f"</thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _way(field: pd.DataFrame) -> str:
    """Return what to do next for a field: whose list to read where, how long, and what for."""
    first = field.iloc[0]
    if first["state"] == JUDGED:
        return ""
    if first["state"] == SURVEY:
        return escape(first["effect"])
    unread = field[~field["complete"]]
    words = []
    for url, part in unread.groupby("url", sort=False):
        publisher = escape(part["publisher"].iloc[0])
        link = f'<a href="{escape(str(url), quote=True)}" target="_blank" rel="noopener">{publisher}</a>'
        minutes = part["minutes"].max()
        words.append(link + ("" if pd.isna(minutes) else f"(約{int(minutes)}分)"))
    return f"{'、'.join(words)}の一覧を読む。{escape(str(first['name']))}が全道で判定できる"


def board_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return the board of what is known for reading."""
    return pd.DataFrame(
        {
            "分野": table["name"],
            "いま": table["state"].map(STATES),
            "一覧": table["inventory"],
            "読めているか": table["complete"].map(YES),
            "読めた数": table["read"],
            "公表された総数": table["total"].astype("Int64"),
            "公表者": table["publisher"],
            "一覧のありか": table["url"],
            "取り方": table["how"],
            "かかる時間(分)": table["minutes"].astype("Int64"),
            "読むと何が変わるか": table["effect"],
            "調査済み(市町村)": table["asked"],
            "数の注記": table["note"],
        }
    )


def check_table(data: Dataset, found: Condition, check: str) -> pd.DataFrame:
    """Return the organisations that a check names, oldest first."""
    offices = data.organisations.loc[found.flagged[check]].sort_values("checked_on")
    table = pd.DataFrame(
        {
            ORGANISATION_COLUMNS["name"].label: offices["name"],
            ORGANISATION_COLUMNS["municipality_code"].label: offices["municipality_code"]
            .map(data.municipalities["name"])
            .fillna(""),
            ORGANISATION_COLUMNS["checked_on"].label: offices["checked_on"].astype(str),
            ORGANISATION_COLUMNS["confidence"].label: offices["confidence"],
            ORGANISATION_COLUMNS["source"].label: offices["source"],
            ORGANISATION_COLUMNS["organisation"].label: offices.index,
        }
    ).reset_index(drop=True)
    if check == "links":
        answers = found.links.drop_duplicates("url").set_index("url")
        urls = offices["url"].to_numpy()
        table["アドレス"] = urls
        for column, label in (
            ("outcome", "結果"),
            ("final_url", "最後のアドレス"),
            ("note", "説明"),
        ):
            table[label] = answers.loc[urls, column].to_numpy()
        table["確かめた日"] = pd.to_datetime(answers.loc[urls, "checked_at"]).dt.date.to_numpy()
    return table


def pair_table(data: Dataset, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return possible doubles side by side."""
    offices = data.organisations
    columns = {ADDRESS: "address", "電話": "phone", "運営": "operator"}
    table = pd.DataFrame(
        {
            "記録1": pairs["first_name"],
            "記録2": pairs["second_name"],
            ORGANISATION_COLUMNS["municipality_code"].label: pairs["municipality_code"]
            .map(data.municipalities["name"])
            .fillna(""),
            "理由": pairs["reason"],
            "出典1": pairs["first_source"],
            "出典2": pairs["second_source"],
        }
    )
    for label, column in columns.items():
        cells = offices[column]
        table[f"{label}1"] = cells.reindex(pairs["first"]).fillna("").to_numpy()
        table[f"{label}2"] = cells.reindex(pairs["second"]).fillna("").to_numpy()
    return table


def side_by_side(pairs: pd.DataFrame, position: int) -> pd.DataFrame:
    """Return one of the possible doubles (from `pair_table`), a row a column and two columns."""
    labels = {"記録": "名称", ADDRESS: ADDRESS, "電話": "電話", "運営": "運営", "出典": "出典"}
    cells = [[pairs.at[position, f"{name}{n}"] for n in (1, 2)] for name in labels]
    return pd.DataFrame(cells, index=list(labels.values()), columns=["記録1", "記録2"])


def survey_grid(data: Dataset, known: np.ndarray) -> pd.DataFrame:
    """Return one row per municipality: fields known by survey or list, fields surveyed, last day.

    known: (M, C), from inventory.surveyed.
    """
    towns = data.municipalities
    mine = data.surveys.groupby("municipality_code")["surveyed_on"].agg(["size", "max"])
    mine = mine.reindex(towns.index)
    return pd.DataFrame(
        {
            "市町村コード": towns.index,
            "市町村": towns["name"].to_numpy(),
            "振興局": towns["subprefecture"].to_numpy(),
            f"分かっている分野(/{known.shape[1]})": known.sum(axis=1),
            "うち調査済みの分野": mine["size"].fillna(0).astype(int).to_numpy(),
            "最後の調査日": mine["max"].astype(object).where(mine["max"].notna(), "").astype(str),
        }
    ).reset_index(drop=True)


def source_table(connection: Connection, who: Person) -> pd.DataFrame:
    """Return the sources with licence, edition, the day of the last import and its counts.

    Of a source that named a hidden record, file and counts are shown only to who may change
    everything: with the records that name the source in public, they would say what is missing. One
    of which no record is public is not named at all.
    """
    last = (
        select(imports.c.source_id, func.max(imports.c.id).label("id"))
        .join(changes, changes.c.id == imports.c.change_id)
        .where(changes.c.undone_by.is_(None))
        .group_by(imports.c.source_id)
        .subquery()
    )
    query = (
        select(
            sources.c.id,
            sources.c.title,
            sources.c.licence,
            sources.c.edition,
            imports.c.file,
            imports.c.counts,
            imports.c.refused,
            changes.c.at,
        )
        .join(last, last.c.source_id == sources.c.id)
        .join(imports, imports.c.id == last.c.id)
        .join(changes, changes.c.id == imports.c.change_id)
        .order_by(imports.c.id)
    )
    rows = connection.execute(query).fetchall()
    counts = [json.loads(row.counts)["organisations"] for row in rows]
    table = pd.DataFrame(
        {
            "出典": [row.title for row in rows],
            "ライセンス": [row.licence or "事実のみを記載" for row in rows],
            "版": [row.edition or "記載なし" for row in rows],
            "最後の取り込み": [f"{row.at:%Y-%m-%d}" for row in rows],
            "ファイル": [row.file for row in rows],
            "団体(件)": [sum(n for key, n in c.items() if key != "unlisted") for c in counts],
            "掲載なし(件)": [c["unlisted"] for c in counts],
            "取り込めない行": [row.refused for row in rows],
        }
    )
    if confirmed(connection, who).edits_all:
        return table
    secret_offices = concealed_in(connection)
    public, hidden = set[int](), set[int]()
    for office in connection.execute(
        select(organisations.c.organisation, organisations.c.source_id)
    ):
        (hidden if office.organisation in secret_offices else public).add(office.source_id)
    mixed = [row.id in hidden for row in rows]
    secret = [row.id in hidden - public for row in rows]
    numbers = ["団体(件)", "掲載なし(件)", "取り込めない行"]
    table[numbers] = table[numbers].astype("Int64")
    table.loc[mixed, numbers] = pd.NA
    table.loc[mixed, "ファイル"] = VEILED
    table.loc[secret, ["出典", "ライセンス", "版"]] = VEILED
    return table
