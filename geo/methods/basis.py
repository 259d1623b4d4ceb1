"""Name what a flag rests on: the range compared, the fields that entered, and why others did not."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from geo.data.dataset import position_of
from geo.data.sources import CAVEAT, footer_lines
from geo.data.vocabulary import CLASSES, FLAGS
from geo.methods.analysis import Analysis, scarcity_table
from geo.methods.joint import ASSUMPTIONS
from geo.methods.judged import ENTERED, STATES
from geo.methods.need import PART_LABELS, PROFILES
from geo.methods.origin import NEIGHBOURS, NOWHERE, ORIGINS, origin, suppliers
from geo.methods.within import EVERYWHERE, label
from geo.parameters import ALIKE_SHARE, describe

METHOD_EDITION = (
    "第2版"  # of the rules in docs/methods.md; a saved plan carries the one it rests on
)
LEVELS = {"few": "下のほう", "middle": "中ほど", "many": "上のほう"}


def range_label(analysis: Analysis) -> str:
    """Return the range compared in Japanese."""
    return label(analysis.dataset, analysis.parameters.within)


def compared(analysis: Analysis) -> list[str]:
    """Return in Japanese, a line each, the range compared and the fields that entered."""
    names = analysis.dataset.fields["name"]
    words = [
        f"{names[field.field]}({'・'.join(part.layer.name for part in field.access)})"
        for field in analysis.judged
        if field.state == ENTERED
    ]
    none = "判定に入った分野はありません。区分も不足度もありません"
    return [
        f"比べる範囲: {range_label(analysis)}",
        f"判定に入った{len(words)}分野: {'、'.join(words)}" if words else none,
    ]


def footer(analysis: Analysis, made_on: date | None = None) -> list[str]:
    """Return in Japanese what stands below every figure that leaves: a line each, a day for today.

    Caveat, conditions, what is compared (`basis`), sources.
    """
    day = made_on or date.today()
    return [
        CAVEAT,
        f"計算の条件: {describe(analysis.parameters)}。作成日 {day.isoformat()}",
        *basis(analysis),
        *footer_lines(analysis.dataset),
    ]


def basis(analysis: Analysis) -> list[str]:
    """Return in Japanese, a line each, what every score and flag of an analysis rests on.

    The range compared; the fields that entered, with their inventories; the others by their reason; and
    which fields count nothing across the edge of the range.
    """
    names = analysis.dataset.fields["name"]
    entered = [field for field in analysis.judged if field.state == ENTERED]
    lines = compared(analysis)
    others = []
    for state, why in STATES.items():
        found = [names[one.field] for one in analysis.judged if one.state == state != ENTERED]
        if found:
            others.append(f"{why}: {'、'.join(found)}")
    if others:
        lines.append(f"入らない分野 {'。'.join(others)}")
    inside = [names[field.field] for field in entered if not field.crosses]
    if inside:
        lines.append(
            f"範囲の外の窓口を数えない分野(調査がそろったのは範囲の中だけ): {'、'.join(inside)}"
        )
    profile, parts = PROFILES[analysis.parameters.need]
    words = "・".join(PART_LABELS[part] for part in parts) or "3つの見方の平均"
    lines.append(f"必要度の見方: {profile}({words})")
    if analysis.parameters.partial:
        lines.append("一覧がそろわない分野も入れた暫定の結果です")
    return lines


def states(analysis: Analysis) -> list[tuple[str, str, str, str]]:
    """Return (code, name, state, why) of every field, in Japanese but for the code."""
    names = analysis.dataset.fields["name"]
    return [
        (field.field, str(names[field.field]), STATES[field.state], field.why)
        for field in analysis.judged
    ]


def flag_words(analysis: Analysis) -> list[str]:
    """Return the flag of every municipality in Japanese, never without where its support comes from.

    A municipality outside the range, or one that nothing judges, has no type.
    """
    kinds = origin(analysis).kind
    return [
        FLAGS[str(flag)] + (f"・{ORIGINS[kind]}" if kind else "")
        for flag, kind in zip(analysis.flag, kinds, strict=True)
    ]


def certified_table(analysis: Analysis) -> pd.DataFrame:
    """Return the scarcity table with what each flag must not be shown without.

    Columns as of `scarcity_table`, and origin (a key of ORIGINS), inside (share of the support from
    inside, 0 to 1), few_share (of the joint trials), standing (a key of STANDINGS), rank_low, rank_high
    (5% and 95% of the rank, 1 = scarcest), decides (the assumption that moves it most), range (in
    Japanese), fields (codes that entered, `;`-separated).
    """
    joint, come = analysis.joint, origin(analysis)
    return scarcity_table(analysis).assign(
        origin=come.kind,
        inside=come.share.round(3),
        few_share=joint.few_share.round(3),
        standing=joint.standing,
        rank_low=joint.low,
        rank_high=joint.high,
        decides=joint.decides,
        range=range_label(analysis),
        fields=";".join(analysis.fields_entered),
    )


def assumption_words(analysis: Analysis, key: str) -> str:
    """Return an assumption that decides a flag in Japanese; "" for none."""
    kind, _, field = key.partition(":")
    if field:
        return f"{analysis.dataset.fields.at[field, 'name']}の重み"
    return ASSUMPTIONS.get(kind, "")


def level_sentence(analysis: Analysis, code: str) -> str:
    """Return in Japanese a municipality's level with where its support comes from.

    The level is never said without it: many may rest on a neighbour's offices. Where the level is
    few, it says first that little comes from anywhere. Raises UnknownCodeError.
    """
    row = position_of(analysis.dataset, code)
    names = analysis.dataset.municipalities["name"]
    where = "全道" if analysis.parameters.within == EVERYWHERE else range_label(analysis)
    if not analysis.compared[row]:
        return f"比べる範囲({where})の外です。"
    if not np.isfinite(analysis.scarcity[row]):
        return "判定に入る分野がないため、区分はありません。"
    found = origin(analysis)
    share, kind = found.share[row], found.kind[row]
    local = int((analysis.klass[row] == "local").sum())
    fields = len(analysis.arrays.fields)
    tail = f"{fields}分野のうち{CLASSES['local']}は{local}分野。"
    flag = str(analysis.flag[row])
    if kind == NOWHERE:
        return f"判定した分野では、どこからの支えも届いていない({ORIGINS[NOWHERE]})。{tail}"
    given = [other for other, _ in suppliers(analysis, code) if other != code]
    first = f"{names[given[0]]}など近隣" if given else "近隣"
    if flag == "few":
        source = (
            f"届くもののうち{1 - share:.0%}は{first}による"
            if kind == NEIGHBOURS
            else f"届くもののうち{share:.0%}は地域内による"
        )
        return f"どこからの支えも少ない({where}で{LEVELS[flag]})。{source}({ORIGINS[kind]})。{tail}"
    if kind == NEIGHBOURS:
        return (
            f"行きやすさは{where}の{LEVELS[flag]}。ただし{1 - share:.0%}は{first}による"
            f"({ORIGINS[kind]})。{tail}"
        )
    return (
        f"行きやすさは{where}の{LEVELS[flag]}。{share:.0%}は地域内による({ORIGINS[kind]})。{tail}"
    )


def alike_rule() -> str:
    """Return in Japanese when a field tells nobody apart."""
    return (
        f"{float(ALIKE_SHARE):.0%}より多くの市町村が同じ足り具合の分野は、差がつかないので入れない"
    )
