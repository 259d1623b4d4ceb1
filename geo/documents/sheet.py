"""Compose a municipality's one-page sheet once, as data, for every format it leaves in."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import pandas as pd

from geo.data.dataset import position_of
from geo.data.vocabulary import CLASSES, MODES
from geo.documents.links import address_of
from geo.maps.measures import bounds_of, measure_view
from geo.maps.view import MapView
from geo.methods.analysis import Analysis
from geo.methods.basis import flag_words, footer, level_sentence
from geo.methods.collaboration import shared_gaps
from geo.methods.desks import PER_THOUSAND, desks, statistics
from geo.methods.findings import why_scarce
from geo.methods.karte import comparison, field_rows, neighbourhood, peers
from geo.methods.need import TODAY, need_parts
from geo.methods.partners import services_for

PEERS = 2
NEIGHBOURS = 4  # named in one cell
BY_PHONE, NO_PHONE = "電話で届く", "番号は未確認"
CALLED = 3  # desks on the sheet: more than a glance finds is a list
BESIDE_COUNTS = {  # official counts per 1,000 people on the sheet: label
    "doctors_2022": "医師(千人あたり・人)",
    "medical_welfare_employees_2021": "医療・福祉の従業者(同)",
}
NOT_FOUND = "見つかっていません(公表分)"
DIG = "役場の福祉担当と社協に、支援者がいないか尋ねる"
PROVISIONAL = "斜線と「暫定」: その分野の台帳がまだ完成していない"
CLOSE_IN_SIZE = "右の2つは人口の近い市町村"
COMPARED = {
    "scarcity": ("不足度(0〜100)", "{:.1f}"),
    "need": ("必要度(0〜100)", "{:.0f}"),
    "local_fields": ("窓口がある分野(全17)", "{:.1f}"),
    "population": ("人口(人)", "{:,.0f}"),
    "share_65plus": ("65歳以上", "{:.1%}"),
    "share_alone": ("うち一人暮らし", "{:.1%}"),
    "decline": ("年あたり人口減少率", "{:.1%}"),
}


class Figure(NamedTuple):
    """One large number: what it is, the number with its unit, what it is out of."""

    label: str
    number: str
    of: str


@dataclass(frozen=True)
class Partner:
    """Whom to ask about a field that the municipality lacks."""

    field: str
    klass: str
    name: str
    place: str
    contact: str

    @property
    def detail(self) -> str:
        """Place and contact in one line, a telephone named once."""
        place = "" if self.place == BY_PHONE and self.contact != NO_PHONE else self.place
        return "・".join(part for part in (place, self.contact) if part)


@dataclass(frozen=True, eq=False)
class Sheet:
    """Everything on one municipality's page, in the order it is read.

    call: whom to call now. rows: as `karte.field_rows`. shared: by field, the neighbours that lack
    it, too. compared: header and rows of texts. address: '' for none.
    """

    code: str
    name: str
    kana: str
    area: str
    finding: str
    level: str
    call: str
    figures: tuple[Figure, ...]
    reason: str
    rows: pd.DataFrame
    partners: tuple[Partner, ...]
    shared: Mapping[str, tuple[str, ...]]
    compared: tuple[tuple[str, ...], ...]
    view: MapView
    address: str
    sources: tuple[str, ...]


def compose(analysis: Analysis, code: str, *, base: str = "", made_on: date | None = None) -> Sheet:
    """Return the sheet of a municipality.

    base: address of the app, for the link on the page. made_on: date printed on it, today by
    default. Raises UnknownCodeError for an unknown code.
    """
    position = position_of(analysis.dataset, code)
    town = analysis.dataset.municipalities.loc[code]
    rows = field_rows(analysis, code)
    return Sheet(
        code=code,
        name=town["name"],
        kana=town["kana"],
        area=area(town),
        finding=finding(rows),
        level=level_sentence(analysis, code),
        call=call(analysis, code),
        figures=figures(analysis, position),
        reason=why_scarce(analysis, position),
        rows=rows,
        partners=partners(analysis, code, rows),
        shared=shared_gaps(analysis, code),
        compared=(
            *compared(comparison(analysis, code, peers(analysis, code, PEERS))),
            *counted(analysis, code),
        ),
        view=measure_view(
            analysis,
            "scarcity",
            "",
            TODAY,
            focus=bounds_of(analysis, neighbourhood(analysis, code)),
            highlighted=code,
            show_points=False,
        ),
        address=address_of(base, "karte", {"code": code}),
        sources=tuple(footer(analysis, made_on)),
    )


def call(analysis: Analysis, code: str) -> str:
    """Return in Japanese whom to call first: the town's own desks with their numbers and hours."""
    found = desks(analysis.dataset, code).head(CALLED)
    if found.empty:
        return "番号の読めた窓口がありません。市町村のサイトで福祉の担当課の番号を確かめてください"
    return "　".join(
        f"{row['name']} {row['phone']}" + (f"({row['hours']})" if row["hours"] else "")
        for row in found.to_dict("records")
    )


def counted(analysis: Analysis, code: str) -> tuple[tuple[str, ...], ...]:
    """Return the official counts per 1,000 people as rows that continue `compared`."""
    table = statistics(analysis.dataset, code, peers(analysis, code, PEERS)).set_index("column")
    beside = [name for name in table if name.startswith(PER_THOUSAND)]
    return tuple(
        (label, *(f"{value:.1f}" for value in table.loc[key, beside]))
        for key, label in BESIDE_COUNTS.items()
    )


def area(town: pd.Series) -> str:
    """Return which area units a municipality (row of the table) is in."""
    return f"{town['subprefecture']}(振興局)・{town['secondary_medical_area']}(二次医療圏)"


def finding(rows: pd.DataFrame) -> str:
    """Return in one sentence what is here, near, remote and missing, from `karte.field_rows`."""
    counts = rows["class"].value_counts()
    lacking = rows[(rows["class"] != "local") & rows["surveyed"]]["name"]
    words = "、".join(
        f"{label}{counts.get(key, 0)}分野"
        for key, label in (
            ("local", "地域内に窓口があるのは"),
            ("neighbour", "近隣にあるのは"),
            ("remote", "遠隔だけが頼りは"),
            ("none", "空白は"),
            ("unknown", "未確認は"),
        )
    )
    sure = f"地域内にないと確かめられたのは{'、'.join(lacking)}。" if len(lacking) else ""
    return f"{words}(全{len(rows)}分野)。{sure}"


def figures(analysis: Analysis, position: int) -> tuple[Figure, ...]:
    """Return the large numbers of a municipality; position: its row."""
    towns = analysis.dataset.municipalities
    parts = need_parts(towns, TODAY).iloc[position]
    score = analysis.scarcity[position]
    judged = int(analysis.entered[position].sum())
    return (
        Figure(
            "不足度",
            "未確認" if math.isnan(score) else f"{score:.1f}",
            f"0〜100・{flag_words(analysis)[position]}",
        ),
        Figure("判定に入った分野", f"{judged}", f"/ {len(analysis.arrays.fields)}分野"),
        Figure("必要度(現在)", f"{analysis.need[TODAY].iloc[position]:.0f}", "0〜100。中央=50"),
        Figure("人口", f"{towns['population_2020'].iloc[position]:,}人", "2020年"),
        Figure("65歳以上", f"{parts['share_65plus']:.1%}", "人口のうち(2020年)"),
        Figure("65歳以上の一人暮らし", f"{parts['share_alone']:.1%}", "65歳以上のうち(2020年)"),
    )


def partners(analysis: Analysis, code: str, rows: pd.DataFrame) -> tuple[Partner, ...]:
    """Return for each field that the municipality lacks whom it can link with first.

    In reach before remote before farther away, as `partners.services_for` orders them; of those that
    come, one with a number.
    """
    found = []
    for row in rows[rows["class"] != "local"].to_dict("records"):
        services = services_for(analysis, code, row["field"])
        if services.empty:
            found.append(Partner(row["name"], row["class"], NOT_FOUND, DIG, ""))
            continue
        first = services.iloc[0]
        alike = services[(services["kind"] == first["kind"]) & (services["phone"] != "")]
        if first["kind"] == "remote" and len(alike):  # all as near: the one that can be called
            first = alike.iloc[0]
        modes = [mode for mode in first["modes"] if first["kind"] != "remote" or mode != "place"]
        words = "・".join(MODES[mode] for mode in modes)
        place = first["municipality"] or "所在の公表なし"
        found.append(
            Partner(
                row["name"],
                row["class"],
                first["name"],
                f"{words}で届く"
                if first["kind"] == "remote"
                else f"{place} {minutes_text(first['minutes'])}".strip(),
                f"電話 {first['phone']}" if first["phone"] else NO_PHONE,
            )
        )
    return tuple(found)


def compared(table: pd.DataFrame) -> tuple[tuple[str, ...], ...]:
    """Return a comparison (from `karte.comparison`) turned so that each place is a column."""
    header = ("", *(name.replace("(振興局)", "管内") for name in table["name"]))
    body = [
        (label, *("未確認" if math.isnan(value) else form.format(value) for value in table[key]))
        for key, (label, form) in COMPARED.items()
    ]
    return (header, *body)


def class_words(row: Mapping[Hashable, Any]) -> str:
    """Return the coverage class of a field row as it is printed, with 暫定 where it is."""
    provisional = row["provisional"] and row["class"] != "unknown"
    return CLASSES[row["class"]] + ("・暫定" if provisional else "")


def place_text(municipality: str, minutes: float, home: str) -> str:
    """Return where a service is, in brackets; '' for nowhere, and in the home municipality."""
    if municipality == home:
        return ""
    words = f"{municipality} {minutes_text(minutes)}".strip()
    return f"({words})" if words else ""


def shared_text(names: Sequence[str], *, found: bool) -> str:
    """Return which neighbours lack a field, too, in a cell of the nearest office elsewhere."""
    first = "同左" if found else "なし(公表分)"
    rest = len(names) - NEIGHBOURS
    more = f"ほか{rest}" if rest > 0 else ""
    return f"{first} 隣も:{'・'.join(names[:NEIGHBOURS])}{more}" if names else first


def minutes_text(minutes: float) -> str:
    """Return minutes of travel in words, '' for none."""
    return "" if math.isnan(minutes) else f"約{minutes:.0f}分"
