"""Name the columns of the result tables in Japanese, each with its unit."""

from __future__ import annotations

import pandas as pd

from geo.data.dataset import Dataset
from geo.data.schema import ORGANISATION_COLUMNS, SERVICE_COLUMNS
from geo.data.vocabulary import APPROACHES, CLASSES, FLAGS, MODES, PRECISIONS, YES
from geo.methods.analysis import Analysis, scarcity_table, small_towns
from geo.methods.basis import assumption_words, range_label
from geo.methods.beyond import beyond
from geo.methods.desks import PER_THOUSAND
from geo.methods.findings import why_scarce
from geo.methods.joint import STANDINGS
from geo.methods.need import TODAY, lonely_people, need_parts
from geo.methods.origin import ORIGINS, origin
from geo.methods.rollup import roll_up
from geo.records.directory import area_text

FIELD = SERVICE_COLUMNS["field"].label
DESK_COLUMNS = ("phone", "hours", "address", "url", "confidence", "source", "source_date")
DESK_LABELS = {"name": "窓口", "fields": "担当", "municipality": "所在の市町村"} | {
    name: ORGANISATION_COLUMNS[name].label for name in DESK_COLUMNS
}


def scarcity_columns(analysis: Analysis) -> pd.DataFrame:
    """Return the scarcity of every municipality for reading, in the order of the codes."""
    table, names = scarcity_table(analysis), analysis.dataset.fields["name"]
    towns = analysis.dataset.municipalities
    parts = need_parts(towns, TODAY)
    joint, come = analysis.joint, origin(analysis)
    missing = [
        "、".join(names[field] for field in cell.split(";") if field)
        for cell in table["missing_fields"]
    ]
    return pd.DataFrame(
        {
            "市町村コード": table["code"],
            "市町村": table["name"],
            "振興局": table["subprefecture"],
            "二次医療圏": towns["secondary_medical_area"].to_numpy(),
            "人口(人)": table["population"],
            "小人口": ["※" if small else "" for small in small_towns(analysis.dataset)],
            "不足度(0〜100)": table["scarcity"],
            "区分": table["flag"].map(FLAGS),
            "支えの出どころ": [ORIGINS.get(kind, "") for kind in come.kind],
            "理由": [why_scarce(analysis, position) for position in range(len(towns))],
            "前提を変えても": [STANDINGS.get(key, "") for key in joint.standing],
            "少数区域になった試行(%)": (joint.few_share * 100).round(0),
            "順位の幅(5%)": joint.low,
            "順位の幅(95%)": joint.high,
            "決め手の前提": [assumption_words(analysis, key) for key in joint.decides],
            "地域内による割合(%)": (come.share * 100).round(0),
            "必要度(0〜100)": table["need"],
            "候補地域": table["candidate"].map(YES),
            "地域内にない分野(判定分)": missing,
            "最寄りまで平均(分)": analysis.mean_minutes.round(0),
            "判定できた分野(数)": analysis.entered.sum(axis=1),
            "65歳以上(%)": (parts["share_65plus"].to_numpy() * 100).round(1),
            "孤独を感じる人の目安(人)": lonely_people(table["population"]).round(-1).astype(int),
            "比べる範囲": range_label(analysis),
            "判定に入った分野": "、".join(names[field] for field in analysis.fields_entered),
        }
    )


def area_columns(analysis: Analysis, unit: str, label: str) -> pd.DataFrame:
    """Return the roll-up by an area unit for reading, scarcest first."""
    table = roll_up(analysis, unit)
    return pd.DataFrame(
        {
            label: table["area"],
            "市町村(数)": table["municipalities"],
            "人口(人)": table["population"],
            "不足度(人口で平均)": table["scarcity"].round(1),
            "必要度(人口で平均)": table["need"].round(1),
            "資源少数区域(市町村)": table["few"],
            "うち頑健(市町村)": table["robust"],
            "候補地域(市町村)": table["candidate"],
            "最も不足する市町村": table["worst"],
        }
    )


def beyond_columns(analysis: Analysis) -> pd.DataFrame:
    """Return who lives beyond the catchment, layer by layer of the judged fields, for reading."""
    table, names = beyond(analysis), analysis.dataset.fields
    minutes = analysis.parameters.minutes
    return pd.DataFrame(
        {
            FIELD: table["field"].map(names["name"]),
            "層": table["layer"],
            "数えた人": table["field"].map(names["population_label"]),
            f"{minutes:g}分を超える人(人)": table["people"].round(0),
            f"{minutes:g}分を超える人の割合(%)": (table["share"] * 100).round(1),
            "平均で何分超えるか(分)": table["minutes"].round(1),
            "行く道のない人(人)": table["unreached"].round(0),
        }
    )


def statistics_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Return a municipality's official counts (from `desks.statistics`) for reading."""
    return pd.DataFrame(
        {
            "公式統計": table["label"],
            "年": table["year"].astype(str),
            "この町": table["value"],
            "単位": table["unit"],
            **{
                f"千人あたり {name.removeprefix(PER_THOUSAND)}": table[name].round(2)
                for name in table
                if name.startswith(PER_THOUSAND)
            },
            "読み方の注意": table["caveat"],
            ORGANISATION_COLUMNS["source"].label: table["source"],
        }
    )


def desk_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Return whom to call (from `desks.desks`) for reading."""
    return table[list(DESK_LABELS)].rename(columns=DESK_LABELS)


def field_columns(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a municipality's rows of fields (from `karte.field_rows`) for reading."""
    words = rows["class"].map(CLASSES)
    provisional = rows["provisional"] & (rows["class"] != "unknown")
    return pd.DataFrame(
        {
            "分野": rows["name"],
            "充足区分": words.where(~provisional, words + "(暫定)"),
            "地域内の窓口(件、公表分)": rows["count"],
            "最寄り": rows["nearest"],
            "最寄りの市町村": rows["nearest_municipality"],
            "最寄りまで(分)": rows["minutes"].round(0),
            "2番目まで(分)": rows["second_minutes"].round(0),
            "地元以外の最寄り": rows["outside"],
            "その市町村": rows["outside_municipality"],
            "地元以外の最寄りまで(分)": rows["outside_minutes"].round(0),
            "遠隔で届く支援(件)": rows["remote"],
            "行きやすさ(範囲の平均=1)": rows["relative"].round(2),
        }
    )


def record_columns(data: Dataset, records: pd.DataFrame) -> pd.DataFrame:
    """Return directory records (from `directory.records`) for reading."""
    office, service = ORGANISATION_COLUMNS, SERVICE_COLUMNS
    areas = {area: area_text(data, area) for area in records["service_area"].unique()}
    return pd.DataFrame(
        {
            office["name"].label: records["name"],
            "分野": records["field_name"],
            "市町村": records["municipality"],
            service["service_area"].label: records["service_area"].map(areas),
            service["service_area_note"].label: records["service_area_note"],
            service["modes"].label: _words(records["modes"], MODES),
            service["approaches"].label: _words(
                records["approaches"], {key: key for key in APPROACHES}
            ),
            "電話": records["phone"],
            office["address"].label: records["address"],
            office["precision"].label: records["precision"].map(PRECISIONS),
            "運営": records["operator"],
            "対象": records["target"],
            service["confidence"].label: records["confidence"],
            office["checked_on"].label: records["checked_on"],
            service["source"].label: records["source"],
            service["source_date"].label: records["source_date"],
            "ウェブサイト": records["url"],
            office["note"].label: records["note"],
            office["organisation"].label: records["organisation"],
        }
    ).reset_index(drop=True)


def _words(cells: pd.Series, words: dict[str, str]) -> pd.Series:
    return cells.map(lambda cell: "・".join(words[key] for key in cell))
