"""Compute the figures and sentences that a study plan rests on, as plain tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from geo.data.dataset import Dataset, position_of
from geo.data.schema import ORGANISATION_COLUMNS, SERVICE_COLUMNS
from geo.data.sources import CAVEAT, footer_lines
from geo.data.vocabulary import CLASSES, YES
from geo.errors import UnknownCodeError
from geo.methods.analysis import Analysis
from geo.methods.basis import METHOD_EDITION, basis, flag_words
from geo.methods.candidates import reason
from geo.methods.clusters import cluster_sentence, inequality_sentence
from geo.methods.collaboration import collaboration_blocks
from geo.methods.explain import change_sentence
from geo.methods.joint import STANDINGS
from geo.methods.need import TODAY, lonely_people
from geo.methods.venues import Venues, coverage_curve, venue_table, venues_for
from geo.methods.what_if import after, describe_change, difference
from geo.parameters import VENUE_MOST
from geo.plans.contacts import link_options
from geo.plans.estimate import cost_table, question_table
from geo.plans.plan import TODAYS_VALUE, Plan, Table, VenueAsk


def computed(
    plan: Plan, analysis: Analysis, today: date | None = None, surveys: tuple[str, ...] = ()
) -> Plan:
    """Return the plan with its figures as of an analysis.

    surveys: how far the survey rounds of its areas are, as sentences.
    Raises UnknownCodeError for a municipality, service or field that the data no longer has,
    VenueError for venues that cannot be had.
    """
    tables = [
        area_table(plan, analysis),
        contact_table(plan, analysis),
        block_table(plan, analysis),
    ]
    sentences = [
        ("clusters", cluster_sentence(analysis)),
        ("inequality", inequality_sentence(analysis)),
        ("caveat", CAVEAT),
        ("method", METHOD_EDITION),
        *((f"basis{i}", line) for i, line in enumerate(basis(analysis))),
        *((f"source_survey{i}", line) for i, line in enumerate(surveys)),
        *((f"source{i}", line) for i, line in enumerate(footer_lines(analysis.dataset))),
    ]
    if plan.venues is not None and plan.areas:
        found = venues_of(plan, plan.venues, analysis)
        tables += [venue_rows(analysis, found), served_table(analysis, found)]
        tables.append(curve_table(plan, plan.venues, analysis))
        sentences.append(("venues", venue_sentence(analysis, found)))
    if plan.changes:
        tables += change_tables(plan, analysis)
    tables += [indicator_table(plan, analysis), town_indicators(plan, analysis)]
    tables += [question_table(plan, analysis.dataset), cost_table(plan, analysis.dataset)]
    tables.append(name_table(plan, analysis.dataset))
    return replace(
        plan,
        parameters=analysis.parameters,
        data_version=analysis.dataset.version,
        made_on=(today or date.today()).isoformat(),
        tables=tuple(tables),
        sentences=tuple(sentences),
    )


def area_table(plan: Plan, analysis: Analysis) -> Table:
    """Return the areas with their reasons."""
    towns, words = analysis.dataset.municipalities, flag_words(analysis)
    rows = []
    for area in plan.areas:
        m = position_of(analysis.dataset, area.code)
        town = towns.iloc[m]
        rows.append(
            {
                "市町村": town["name"],
                "市町村コード": area.code,
                "振興局": town["subprefecture"],
                "二次医療圏": town["secondary_medical_area"],
                "人口(人)": int(town["population_2020"]),
                "不足度(0〜100)": _rounded(analysis.scarcity[m]),
                "区分": words[m],
                "前提を変えても": STANDINGS.get(analysis.joint.standing[m], ""),
                "必要度(0〜100)": _rounded(analysis.need[TODAY].iloc[m]),
                "候補地域": YES[bool(analysis.candidate[m])],
                "理由": reason(analysis, area.code),
                "何が変われば": change_sentence(analysis, area.code),
                "メモ": area.note,
            }
        )
    return _table("対象地域", rows)


def contact_table(plan: Plan, analysis: Analysis) -> Table:
    """Return the services to hear, one row each and field, with how each reaches which town."""
    dataset = analysis.dataset
    rows: dict[tuple[str, str], dict[str, object]] = {}
    reaches: dict[tuple[str, str], dict[str, list[str]]] = {}
    notes: dict[tuple[str, str], list[str]] = {}
    for contact in plan.contacts:
        offered = link_options(analysis, contact.code, contact.field)
        here = offered[offered["service"] == contact.service]
        if here.empty:
            raise UnknownCodeError.of(contact.service, "連携候補の支援")
        one = here.iloc[0]
        key = (contact.service, contact.field)
        minutes = "" if np.isnan(one["minutes"]) else f" {one['minutes']:.0f}分"
        town = dataset.municipalities.at[contact.code, "name"]
        reaches.setdefault(key, {}).setdefault(one["how"], []).append(f"{town}{minutes}")
        if contact.note:
            notes.setdefault(key, []).append(contact.note)
        rows[key] = {
            "分野": dataset.fields.at[contact.field, "name"],
            "団体": one["name"],
            "所在": one["municipality"],
            "どの市町村に": "",
            "電話": one["phone"],
            SERVICE_COLUMNS["service_area_note"].label: one["service_area_note"],
            SERVICE_COLUMNS["confidence"].label: one["confidence"],
            ORGANISATION_COLUMNS["checked_on"].label: str(one["checked_on"]),
            SERVICE_COLUMNS["source"].label: one["source"],
            "メモ": "",
        }
    for key, row in rows.items():
        row["どの市町村に"] = "。".join(
            f"{how}: {'、'.join(towns)}" for how, towns in reaches[key].items()
        )
        row["メモ"] = "、".join(notes.get(key, []))
    return _table("聞く相手", list(rows.values()))


def block_table(plan: Plan, analysis: Analysis) -> Table:
    """Return the blocks that the plan chose, with what each gains today."""
    found = collaboration_blocks(analysis, list(plan.codes), fields=plan.fields)
    wanted = {";".join(sorted(block)) for block in plan.blocks}
    keys = found["codes"].map(lambda codes: ";".join(sorted(codes.split(";"))))
    return Table.of("連携ブロック", block_columns(found[keys.isin(wanted)]))


def block_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Return blocks for reading."""
    return pd.DataFrame(
        {
            "ブロック": table["block"],
            "人口(人)": table["people"],
            "合わせた分野(数)": table["fields"],
            "単独で最多(分野)": table["alone"],
            "増える分野": table["gains"],
            "増える(市町村×分野)": table["gain"],
            "うち対象地域の調整が要る": table["to_agree"],
            "最も遠い組(分)": table["longest_minutes"].round(0),
        }
    )


def venues_of(plan: Plan, ask: VenueAsk, analysis: Analysis) -> Venues:
    """Return the venues that a plan asks for, at most as many as there are places for them."""
    dataset = analysis.dataset
    towns = np.array(sorted(position_of(dataset, code) for code in plan.codes))
    fixed = np.array([position_of(dataset, code) for code in ask.fixed], dtype=int)
    places = len(dataset.municipalities) if ask.everywhere else len(np.union1d(towns, fixed))
    return venues_for(
        dataset,
        analysis.travel,
        towns,
        k=None if ask.k is None else min(ask.k, places),
        limit=ask.minutes,
        counted=ask.counted,
        sites=None if ask.everywhere else towns,
        fixed=fixed,
    )


def venue_rows(analysis: Analysis, found: Venues) -> Table:
    """Return the venues for reading."""
    table = venue_table(analysis.dataset, found)
    return Table.of(
        "会場",
        pd.DataFrame(
            {
                "会場(役場)": table["name"],
                "市町村コード": table["code"],
                "振興局": table["subprefecture"],
                "受け持つ人(人)": table["people"],
                "受け持つ市町村(数)": table["towns"],
                "平均(分)": table["mean_minutes"].round(0),
                "最も遠い(分)": table["longest_minutes"].round(0),
                "受け持つ市町村": table["served"].str.replace(";", "・"),
                "固定": table["fixed"].map(YES),
            }
        ),
    )


def served_table(analysis: Analysis, found: Venues) -> Table:
    """Return, for every town of the study, its venue and the minutes to it."""
    names = analysis.dataset.municipalities["name"]
    rows = [
        {
            "市町村": names.iloc[town],
            "最寄りの会場": names.iloc[found.sites[nearest]],
            "時間(分)": _rounded(minutes, 0),
            f"{found.limit:g}分以内": YES[bool(minutes <= found.limit)],
        }
        for town, nearest, minutes in zip(found.towns, found.nearest, found.minutes, strict=True)
    ]
    return _table("会場までの時間", rows)


def curve_table(plan: Plan, ask: VenueAsk, analysis: Analysis) -> Table:
    """Return what each number of venues covers, up to what covers all that can be."""
    dataset = analysis.dataset
    towns = np.array(sorted(position_of(dataset, code) for code in plan.codes))
    people = dataset.municipalities["population_2020"].to_numpy(dtype=float)
    weight = people if ask.counted == "people" else np.ones(len(people))
    fixed = np.array([position_of(dataset, code) for code in ask.fixed], dtype=int)
    curve = coverage_curve(
        analysis.travel.minutes,
        weight,
        towns,
        np.arange(len(people)) if ask.everywhere else towns,
        most=int(VENUE_MOST),
        limit=ask.minutes,
        fixed=fixed,
    )
    unit = "人" if ask.counted == "people" else "市町村"
    return Table.of(
        "会場の数と届く範囲",
        pd.DataFrame(
            {
                "会場(か所)": curve["k"],
                f"{ask.minutes:g}分以内({unit})": curve["covered"].astype(int),
                "割合(%)": (curve["share"] * 100).round(1),
            }
        ),
    )


def venue_sentence(analysis: Analysis, found: Venues) -> str:
    """Return in Japanese what the venues cover and who is left out."""
    names = analysis.dataset.municipalities["name"]
    people = analysis.dataset.municipalities["population_2020"].to_numpy()[found.towns]
    where = "・".join(names.iloc[found.sites])
    covered = found.covered
    words = (
        f"{where}の{len(found.sites)}か所で、対象地域の{people[covered].sum() / people.sum():.1%}"
        f"({people[covered].sum():,}人、{covered.sum()}/{len(covered)}市町村)が"
        f"{found.limit:g}分以内。"
    )
    if covered.all():
        return words + "届かない市町村はありません。"
    left = [
        f"{names.iloc[town]}({'行けません' if np.isinf(minutes) else f'{minutes:.0f}分'})"
        for town, minutes in zip(found.towns[~covered], found.minutes[~covered], strict=True)
    ]
    return words + f"届かないのは{'、'.join(left)}。"


def change_tables(plan: Plan, analysis: Analysis) -> list[Table]:
    """Return the what-ifs in words, and what they change."""
    then = after(analysis, plan.changes)
    words = [{"仮定": describe_change(analysis.dataset, change)} for change in plan.changes]
    table = difference(analysis, then)
    return [
        _table("もし…なら", words),
        Table.of("もし…ならの前と後", difference_columns(table)),
    ]


def difference_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Return a what-if's differences for reading."""
    return pd.DataFrame(
        {
            "市町村": table["name"],
            "振興局": table["subprefecture"],
            "人口(人)": table["population"],
            "不足度 今": table["scarcity_before"],
            "不足度 仮定": table["scarcity_after"],
            "差(点)": table["change"].round(1),
            "区分 今": table["flag_before"],
            "区分 仮定": table["flag_after"],
            "候補 今": table["candidate_before"].map(YES),
            "候補 仮定": table["candidate_after"].map(YES),
            "充足区分の変化": table["classes"],
        }
    )


def indicator_table(plan: Plan, analysis: Analysis) -> Table:
    """Return the indicators of the whole study with today's values, to be measured again."""
    rows = [position_of(analysis.dataset, code) for code in plan.codes]
    if not rows:
        return _table("指標", [])
    people = analysis.dataset.municipalities["population_2020"].to_numpy()[rows]
    scores, klass = analysis.scarcity[rows], analysis.klass[rows]
    known = np.isfinite(scores)
    mean = float(np.average(scores[known], weights=people[known])) if known.any() else np.nan
    lines = [
        ("対象地域の人口", int(people.sum()), "人", "国勢調査2020"),
        ("不足度(人口で平均)", _rounded(mean), "0〜100", "判定できた分野"),
        (
            "資源少数区域",
            int((analysis.flag[rows] == "few").sum()),
            f"市町村(全{len(rows)})",
            "全道の3分の1",
        ),
        *(
            (
                f"{label}の分野(のべ)",
                int((klass == key).sum()),
                f"市町村×分野(全{klass.size})",
                "充足区分",
            )
            for key, label in CLASSES.items()
        ),
        (
            "調べ終えた分野(のべ)",
            int(analysis.arrays.surveyed[rows].sum()),
            f"市町村×分野(全{klass.size})",
            "完成した台帳、または調査済み",
        ),
        (
            "最寄りの窓口までの平均",
            _rounded(float(np.average(analysis.mean_minutes[rows], weights=people))),
            "分(人口で平均)",
            "判定できた分野",
        ),
        ("聞く相手(団体)", len({c.service for c in plan.contacts}), "件", "この計画"),
        (
            "孤独を感じる人の目安",
            int(round(float(lonely_people(pd.Series(people)).sum()), -1)),
            "人(推計)",
            "人口×全道の割合。地域差は表さない",
        ),
    ]
    if plan.venues is not None:
        found = venues_of(plan, plan.venues, analysis)
        share = people_share(found)
        lines.append(
            (f"会場から{found.limit:g}分以内の人", _rounded(share * 100), "%", "この計画の会場")
        )
    columns = ("指標", TODAYS_VALUE, "単位", "測り方")
    return Table.of("指標", pd.DataFrame(lines, columns=columns, dtype=object))


def people_share(found: Venues) -> float:
    """Return the share of what counts (people or towns) that is within the limit, 0 to 1."""
    total = float(found.weight.sum())
    return found.value / total if total else 0.0


def town_indicators(plan: Plan, analysis: Analysis) -> Table:
    """Return the indicators of each area with today's values."""
    rows, words = [], flag_words(analysis)
    for code in plan.codes:
        m = position_of(analysis.dataset, code)
        klass = analysis.klass[m]
        rows.append(
            {
                "市町村": analysis.dataset.municipalities.at[code, "name"],
                "不足度": _rounded(analysis.scarcity[m]),
                "区分": words[m],
                "判定できた分野": int(analysis.entered[m].sum()),
                **{label: int((klass == key).sum()) for key, label in CLASSES.items()},
                "最寄りまで平均(分)": _rounded(analysis.mean_minutes[m], 0),
            }
        )
    return _table("市町村ごとの指標", rows)


def name_table(plan: Plan, dataset: Dataset) -> Table:
    """Return the Japanese name of every code that the plan uses, so that it can be read alone."""
    services = {contact.service for contact in plan.contacts} | {c.service for c in plan.changes}
    codes = {*plan.codes, *(code for block in plan.blocks for code in block)}
    codes |= {c.code for c in plan.contacts} | set(plan.venues.fixed if plan.venues else ())
    chosen = {*plan.fields, *(contact.field for contact in plan.contacts)}
    offices = dataset.services["organisation"].map(dataset.organisations["name"])
    rows = [
        *((code, dataset.municipalities.at[code, "name"]) for code in sorted(codes)),
        *((key, dataset.fields.at[key, "name"]) for key in sorted(chosen)),
        *((key, offices.at[key]) for key in sorted(services)),
    ]
    return Table.of("名前", pd.DataFrame(rows, columns=["記号", "名前"]))


def _table(title: str, rows: Sequence[Mapping[str, object]]) -> Table:
    return Table.of(title, pd.DataFrame(rows))


def _rounded(value: float, digits: int = 1) -> float | None:
    return round(float(value), digits) if np.isfinite(value) else None
