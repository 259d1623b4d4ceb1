"""Compose the screens of a meeting as data: for the projector, for slides and for paper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from geo.data.dataset import position_of
from geo.data.sources import map_note
from geo.data.vocabulary import APPROACHES, CLASSES
from geo.documents.sheet import Figure, Sheet, compose
from geo.maps.measures import bounds_of, measure_view, visible_organisations
from geo.maps.view import MapView
from geo.methods.analysis import Analysis
from geo.methods.basis import compared, range_label
from geo.methods.findings import Headline, approach_table, headline, why_scarce
from geo.methods.judged import INCOMPLETE, SURVEYING
from geo.methods.need import TODAY, lonely_people, need_parts
from geo.parameters import LONELY_SHARE

TITLES = {
    "today": "北海道の今",
    "scarce": "資源の少ないところ",
    "approach": "アプローチ別に見る",
    "unknown": "まだ分からないこと",
    "areas": "選んだ地域",
    "town": "一つの町を近くで見る",
    "partners": "誰と組めるか",
    "ask": "会員の皆さんへのお願い",
}
SURVEY = "survey"  # shown where somebody picks a round
ROWS_SHOWN = 6
NAMED = 12  # municipalities that a picture of Hokkaido can name and stay legible


@dataclass(frozen=True, eq=False)
class Screen:
    """One message: a headline that says the finding, large figures, one picture or table.

    key: of TITLES. view, labels: the map and the municipalities named on it. bars: one row a
    bar (first column its name), one column a coverage class. table: a few rows of text.
    points: short sentences. notes: what the presenter says. source: the line at the foot.
    place: what the meeting is about, where that is not all Hokkaido.
    """

    key: str
    headline: str
    figures: tuple[Figure, ...] = ()
    view: MapView | None = None
    labels: tuple[str, ...] = ()
    bars: pd.DataFrame | None = None
    table: pd.DataFrame | None = None
    points: tuple[str, ...] = ()
    notes: str = ""
    source: str = ""
    address: str = ""
    place: str = ""

    @property
    def title(self) -> str:
        """The screen's name in the sequence."""
        return (TITLES | {SURVEY: "調査の回答"})[self.key].replace("北海道", self.place or "北海道")


@dataclass(frozen=True, eq=False)
class _Meeting:
    """What every screen is made from."""

    analysis: Analysis
    found: Headline
    areas: tuple[str, ...]
    town: str
    base: str
    sheet: Sheet = field(repr=False)

    @property
    def names(self) -> pd.Series:
        return self.analysis.dataset.municipalities["name"]

    @property
    def kept(self) -> np.ndarray:
        """(M,), the municipalities that the meeting is about: the range compared."""
        return self.analysis.compared

    @property
    def place(self) -> str:
        """The range compared by its name, '' for all Hokkaido."""
        within = self.analysis.parameters.within
        return within and range_label(self.analysis).split("(", 1)[0]

    def view(self, measure: str, column: str = "", **options: Any) -> MapView:
        """Return a view of today, a close-up where the range is not all Hokkaido."""
        analysis = self.analysis
        if self.place:
            codes = analysis.dataset.municipalities.index[self.kept]
            options["focus"] = bounds_of(analysis, list(codes))
        note = map_note(analysis.dataset)
        return measure_view(analysis, measure, column, TODAY, note=note, **options)


def screens(
    analysis: Analysis,
    *,
    keys: Sequence[str] = tuple(TITLES),
    areas: Sequence[str] | None = None,
    town: str | None = None,
    base: str = "",
) -> list[Screen]:
    """Return the screens of a meeting in the order of keys.

    keys: of TITLES. areas: codes of the chosen areas; None takes the candidates, scarcest first.
    town: the one shown up close; None takes the first of the areas. base: address of the app.
    Raises KeyError for an unknown screen, UnknownCodeError for an unknown municipality.
    """
    chosen = tuple(candidate_codes(analysis) if areas is None else areas)
    for code in (*chosen, *([town] if town else [])):
        position_of(analysis.dataset, code)
    scarcest = analysis.dataset.municipalities.index[analysis.ranking[0]]
    close = town or (chosen[0] if chosen else scarcest)
    meeting = _Meeting(
        analysis, headline(analysis), chosen, close, base, compose(analysis, close, base=base)
    )
    return [replace(MAKERS[key](meeting), place=meeting.place) for key in keys]


def candidate_codes(analysis: Analysis) -> list[str]:
    """Return the codes of the candidate areas, scarcest first."""
    codes = analysis.dataset.municipalities.index
    return [codes[position] for position in analysis.ranking if analysis.candidate[position]]


def _today(meeting: _Meeting) -> Screen:
    analysis, data = meeting.analysis, meeting.analysis.dataset
    towns = data.municipalities[meeting.kept]
    people = int(towns["population_2020"].sum())
    lonely = float(lonely_people(towns["population_2020"]).sum())
    together = towns.select_dtypes("number").sum().to_frame().T
    old = float(need_parts(together, TODAY)["share_65plus"].iloc[0])
    shown = visible_organisations(analysis, confidence=analysis.parameters.confidence)
    if meeting.place:
        shown = shown & data.organisations["municipality_code"].isin(towns.index).to_numpy()
    who = f"{meeting.place}の" if meeting.place else "道民"
    return Screen(
        "today",
        f"{who}{_many(people)}人、孤独を感じる人は約{_many(lonely)}人(推計)",
        figures=(
            Figure("人口", f"{_many(people)}人", "2020年 国勢調査"),
            Figure("65歳以上", f"{old:.1%}", "人口のうち"),
            Figure("孤独を感じる人", f"約{_many(lonely)}人", f"人口 × {float(LONELY_SHARE):.1%}"),
            Figure("読めた団体・窓口", f"{int(shown.sum()):,}件", "公表された分だけ"),
        ),
        view=meeting.view("need", visible=shown, show_points=True),
        notes=(
            "必要度は、65歳以上の割合、一人暮らしの高齢者の割合、人口減少率の順位の平均です。"
            "孤独を感じる人は道民アンケート(2023年1月)の7.5%を人口に掛けた目安で、"
            "どこに多いかは示していません。"
        ),
        source=map_note(data),
    )


def _scarce(meeting: _Meeting) -> Screen:
    analysis, found = meeting.analysis, meeting.found
    judged = "、".join(found.judged_fields)
    return Screen(
        "scarce",
        f"{found.few}市町村が資源少数区域、うち{found.robust}はすべての前提を変えても変わらない",
        figures=(
            Figure("資源少数区域", f"{found.few}", f"/ {found.municipalities}市町村"),
            Figure("うち頑健", f"{found.robust}", f"/ {found.few}市町村"),
            Figure(
                "そこに住む人",
                f"{found.share_of_people:.1%}",
                f"{meeting.place or '道民'}のうち(2020年)",
            ),
        ),
        view=meeting.view("scarcity", show_points=False),
        labels=_codes(analysis, found.worst),
        notes=(
            f"{range_label(analysis)}の{found.municipalities}市町村を、判定に入った"
            f"{len(found.judged_fields)}分野({judged})で比べています。"
            f"すべての前提を同時に変えた{analysis.joint.trials:,}回の試行の8割以上で少数区域に入る市町村を"
            "頑健と呼びます。"
            f"最も不足するのは{'、'.join(found.worst)}。相対的な目安であり、機械的に用いません。"
        ),
        source=f"{map_note(analysis.dataset)}。{'。'.join(compared(analysis))}",
    )


def _approach(meeting: _Meeting) -> Screen:
    analysis = meeting.analysis
    table = approach_table(analysis, meeting.kept)
    local = CLASSES["local"]
    least = table.loc[table[local].idxmin()]
    return Screen(
        "approach",
        f"窓口が町の中にあるのが最も少ないのは、アプローチ{least['アプローチ'].split()[0]}",
        figures=tuple(
            Figure(f"アプローチ{key}", f"{row[local]}市町村", f"{APPROACHES[key]}が地域内に")
            for key, row in zip(APPROACHES, table.to_dict("records"), strict=True)
        ),
        bars=table[["アプローチ", *CLASSES.values()]],
        notes=(
            "どのアプローチにも完成した台帳がありません。見つからない市町村は空白ではなく未確認で、"
            "掘り起こしの対象です。アプローチ1は予防・居場所、2は早期の気づき、3は専門的な解決です。"
        ),
        source=map_note(analysis.dataset),
    )


def _unknown(meeting: _Meeting) -> Screen:
    analysis = meeting.analysis
    fields = analysis.dataset.fields
    per_field = (analysis.klass[meeting.kept] == "unknown").sum(axis=0)
    most = int(per_field.argmax())
    total = len(fields)
    names = [
        fields.at[one.field, "name"]
        for one in analysis.judged
        if one.state in {INCOMPLETE, SURVEYING}
    ]
    return Screen(
        "unknown",
        f"{total}分野のうち{len(names)}分野は、台帳がまだ完成していない",
        figures=(
            Figure("台帳が未完成", f"{len(names)}", f"/ {total}分野"),
            Figure(
                f"未確認が最も多い: {fields['name'].iloc[most]}",
                f"{int(per_field[most])}",
                f"/ {int(meeting.kept.sum())}市町村",
            ),
        ),
        view=meeting.view("class", fields.index[most], show_points=False),
        points=("未確認は、空白ではありません。",),
        notes=f"台帳がそろっていないのは{'、'.join(names)}。分からないところから調べます。",
        source=map_note(analysis.dataset),
    )


def _areas(meeting: _Meeting) -> Screen:
    analysis, names = meeting.analysis, meeting.names
    rows = [position_of(analysis.dataset, code) for code in meeting.areas]
    people = analysis.dataset.municipalities["population_2020"].to_numpy()[rows]
    table = pd.DataFrame(
        {
            "市町村": [names.iloc[row] for row in rows],
            "不足度": [_score(analysis.scarcity[row]) for row in rows],
            "必要度": [f"{analysis.need[TODAY].iloc[row]:.0f}" for row in rows],
            "人口": [f"{value:,}人" for value in people],
        }
    )
    chosen = np.zeros(len(names), bool)
    chosen[rows] = True
    first = "、".join(table["市町村"][:3])
    view = meeting.view("scarcity", show_points=False, outlined=chosen)
    return Screen(
        "areas",
        f"調べる地域は{len(rows)}市町村: {first}{'ほか' if len(rows) > 3 else ''}"
        if rows
        else "調べる地域は、まだ選ばれていない",
        figures=(
            Figure("選んだ地域", f"{len(rows)}", f"/ {int(meeting.kept.sum())}市町村"),
            Figure("そこに住む人", f"{int(people.sum()):,}人", "2020年"),
        ),
        view=_with_outline(view, "選んだ地域(太い線)"),
        labels=meeting.areas[:NAMED],
        table=table,
        notes="選んだ理由: "
        + "。".join(f"{names.iloc[row]}は{why_scarce(analysis, row)}" for row in rows[:ROWS_SHOWN]),
        source=map_note(analysis.dataset),
    )


def _town(meeting: _Meeting) -> Screen:
    sheet = meeting.sheet
    counts = sheet.rows["class"].value_counts()
    local, total = int(counts.get("local", 0)), len(sheet.rows)
    return Screen(
        "town",
        f"{sheet.name}: 窓口が町の中にあるのは{total}分野のうち{local}分野",
        figures=(sheet.figures[0], sheet.figures[2], sheet.figures[3], sheet.figures[4]),
        view=sheet.view,
        points=(sheet.level,),
        notes=f"{sheet.level}{sheet.finding}不足度の理由: {sheet.reason}。",
        source=map_note(meeting.analysis.dataset),
        address=sheet.address,
    )


def _partners(meeting: _Meeting) -> Screen:
    sheet = meeting.sheet
    table = pd.DataFrame(
        [(p.field, p.name, p.place) for p in sheet.partners], columns=["分野", "相手", "所在・時間"]
    )
    found = sum(partner.contact != "" for partner in sheet.partners)
    return Screen(
        "partners",
        f"{sheet.name}にない{len(table)}分野のうち、{found}分野は組める相手が見つかっている"
        if len(table)
        else f"{sheet.name}には全分野の窓口がある",
        table=table,
        notes="。".join(
            f"{partner.field}: {partner.name}({partner.place}、{partner.contact})"
            for partner in sheet.partners
            if partner.contact
        ),
        source=map_note(meeting.analysis.dataset),
        address=sheet.address,
    )


def _ask(meeting: _Meeting) -> Screen:
    classes = meeting.analysis.klass[meeting.kept]
    unknown, total = int((classes == "unknown").sum()), classes.size
    return Screen(
        "ask",
        "知っている支援者を、一人でも教えてください",
        figures=(Figure("未確認のまま", f"{unknown:,}", f"/ {total:,}(市町村 × 分野)"),),
        points=(
            "自分の町の、地図にない支援者を教える",
            "隣の町にも対象地域を広げられるか考える",
            "自分の団体の記載を確かめる",
        ),
        notes="団体台帳から、記載の確認と追加の連絡ができます。個人の情報は集めません。",
        source=map_note(meeting.analysis.dataset),
        address=f"{meeting.base}/directory" if meeting.base else "",
    )


MAKERS: dict[str, Callable[[_Meeting], Screen]] = {
    "today": _today,
    "scarce": _scarce,
    "approach": _approach,
    "unknown": _unknown,
    "areas": _areas,
    "town": _town,
    "partners": _partners,
    "ask": _ask,
}


def shortened(table: pd.DataFrame, rows: int = ROWS_SHOWN) -> tuple[pd.DataFrame, int]:
    """Return the first rows of a screen's table, and how many are left out."""
    return table.head(rows), max(0, len(table) - rows)


def _many(people: float) -> str:
    """Return a number of people, rounded as it is said: to 10,000 of a million, else to 100."""
    return f"{people / 1e4:,.0f}万" if people >= 1e5 else f"{round(people, -2):,.0f}"


def _codes(analysis: Analysis, names: Sequence[str]) -> tuple[str, ...]:
    towns = analysis.dataset.municipalities["name"]
    return tuple(towns.index[towns == name][0] for name in names)


def _score(value: float) -> str:
    return f"{value:.1f}" if np.isfinite(value) else "未確認"


def _with_outline(view: MapView, label: str) -> MapView:
    """Return a view whose outline means something else than in its legend."""
    entries = tuple(replace(e, label=label) if e.outline else e for e in view.legend)
    return replace(view, legend=entries)
