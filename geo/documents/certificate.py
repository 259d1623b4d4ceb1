"""Word the certificate of a flag (区分の根拠書) once, for page, command and PDF."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import pandas as pd

from geo.data.vocabulary import FLAGS
from geo.methods.analysis import Analysis
from geo.methods.basis import assumption_words, flag_words, footer, level_sentence, range_label
from geo.methods.certificate import Certificate, certificate
from geo.methods.explain import lacks
from geo.methods.joint import STANDINGS
from geo.methods.origin import ORIGINS
from geo.parameters import OLD_YEARS, ROBUST_SHARE

SHOWN_SUPPLIERS = 4
SMALLEST_SHARE = 0.01  # of the support, named alone
UNDATED = "日付不明"


@dataclass(frozen=True, eq=False)
class Worded:
    """A certificate in Japanese.

    title: one line. lines: (label, sentence). units, grounds: tables of texts. notes: what it
    rests on, and the sources, as at the foot of every page.
    """

    code: str
    title: str
    lines: tuple[tuple[str, str], ...]
    units: pd.DataFrame
    grounds: pd.DataFrame
    notes: tuple[str, ...]


def worded(analysis: Analysis, code: str, made_on: date | None = None) -> Worded:
    """Return the certificate of a municipality; raise UnknownCodeError for an unknown code.

    made_on: the day from which the age of the sources is counted; today by default.
    """
    found = certificate(analysis, code, made_on or date.today())
    return Worded(
        code=code,
        title=f"{found.name} 区分の根拠書",
        lines=tuple(_lines(analysis, found)),
        units=_units(analysis, found),
        grounds=_grounds(analysis, found),
        notes=tuple(footer(analysis, made_on)),
    )


def plain_text(words: Worded) -> str:
    """Return a certificate as text in UTF-8 for a terminal, a line each."""
    lines = [words.title, ""]
    lines += [f"{label}: {sentence}" for label, sentence in words.lines]
    for title, table in (("何か所ぶんか", words.units), ("よりどころの記録", words.grounds)):
        lines += ["", title]
        lines += [
            "- " + "、".join(f"{name} {cell}" for name, cell in row.items() if cell != "")
            for row in table.to_dict("records")
        ]
    return "\n".join([*lines, "", *words.notes]) + "\n"


def _lines(analysis: Analysis, found: Certificate) -> list[tuple[str, str]]:
    names = analysis.dataset.fields["name"]
    row = analysis.dataset.municipalities.index.get_loc(found.code)
    where = range_label(analysis)
    lines = [
        ("区分", f"{flag_words(analysis)[row]}(比べる範囲 {where}、{found.compared}市町村)"),
        ("読み方", level_sentence(analysis, found.code)),
    ]
    if math.isnan(found.scarcity):
        return lines
    lines += [
        ("不足度", f"{found.scarcity:.1f}点(0〜100)。不足の大きいほうから{found.rank:g}番目"),
        (
            "前提を変えても",
            f"{STANDINGS[found.standing]}。重み・到達圏・速度・迂回・移動時間の誤差・減り方・計算法・数え方を"
            f"同時に変えた{analysis.joint.trials:,}回のうち{found.few_share:.0%}で{FLAGS['few']}"
            f"({float(ROBUST_SHARE):.0%}以上で頑健)。順位は10回に9回、{found.low:g}〜{found.high:g}番目",
        ),
    ]
    if found.decides:
        lines.append(
            ("決め手の前提", f"区分をいちばん動かすのは{assumption_words(analysis, found.decides)}")
        )
    why = "、".join(f"{names[lack.field]}({lack.words})" for lack in lacks(analysis, found.code))
    lines.append(("足りない理由", why or "判定した分野はどれも平均以上"))
    if found.flip is None:
        lines.append(("区分が変わる条件", "判定に入った分野のどの変化でも変わらない"))
    else:
        changes = "、".join(
            f"{names[field]}の足り具合が{now:.2f}から{then:.2f}に"
            for field, now, then in zip(
                found.flip.fields, found.flip.now, found.flip.then, strict=True
            )
        )
        lines.append(
            (
                "区分が変わる条件",
                f"{changes}なれば、{FLAGS[found.flip.flag]}になる(ほかの市町村は今のまま)",
            )
        )
    towns = analysis.dataset.municipalities["name"]
    given = "、".join(
        f"{towns[code]}{share:.0%}"
        for code, share in found.suppliers[:SHOWN_SUPPLIERS]
        if share >= SMALLEST_SHARE
    )
    if given:
        lines.append(("支えの出どころ", f"{ORIGINS[found.origin]}。{given}"))
    old = sum(ground.old for ground in found.grounds)
    if old:
        lines.append(
            (
                "古い記録",
                f"よりどころの{len(found.grounds)}件のうち{old}件は、{float(OLD_YEARS):g}年より前の資料か"
                "日付不明。先に確かめる",
            )
        )
    return lines


def _units(analysis: Analysis, found: Certificate) -> pd.DataFrame:
    names = analysis.dataset.fields["name"]
    return pd.DataFrame(
        [
            {
                "分野": names[unit.field],
                "層": unit.layer,
                "この町のぶん": f"{unit.amount:,.2f}",
                "全道": f"{unit.total:,.0f}",
                "単位": "人・件(統計)" if unit.counted else "か所(平均的な1か所=1)",
                "到達圏を超える分": f"{unit.over_minutes:.0f}分"
                if 0 < unit.over_minutes < math.inf
                else ("行く道なし" if math.isinf(unit.over_minutes) else ""),
            }
            for unit in found.units
            if unit.field in found.fields
        ]
    )


def _grounds(analysis: Analysis, found: Certificate) -> pd.DataFrame:
    names = analysis.dataset.fields["name"]
    return pd.DataFrame(
        [
            {
                "分野": names[ground.field],
                "層": ground.layer,
                "名称": ground.name,
                "市町村": ground.municipality,
                "分": f"{ground.minutes:.0f}",
                "出典": ground.source,
                "出典の日付": ground.source_date,
                "古い": "" if not ground.old else (UNDATED if ground.day is None else "○"),
            }
            for ground in found.grounds
        ]
    )
