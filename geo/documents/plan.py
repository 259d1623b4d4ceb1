"""Write a study plan as Word and Excel: the same plan gives the same bytes."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pandas as pd
from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.shared import Mm

from geo.data.spreadsheet import to_excel
from geo.documents import proposal
from geo.documents.word import (
    NOTE_POINTS,
    NOTHING,
    add_heading,
    add_table,
    add_text,
    set_up,
    settled,
)
from geo.maps.colours import RULE, SECONDARY
from geo.methods.basis import METHOD_EDITION
from geo.parameters import describe
from geo.plans.estimate import dated_steps
from geo.plans.plan import MEASURED_LATER, Plan, Table

TEXT_WIDTH = 257  # mm, of a landscape A4 page inside its margins
OLD_METHOD = "この計画の数字は、前の版の方法で計算したものです。今の方法では、判定に入る分野と区分が変わります"
CHANGE_NOTE = (
    "仮定の計算です。台帳の記録は変わりません。今ある窓口の量と、区分の境目、全道平均は、"
    "今のままに固定しています。対象地域を広げる場合は、同じ窓口を分け合うため、"
    "もとの地域の不足度が少し上がることがあります。"
)
# Columns of each table in Word with their widths in mm; the rest are told in words or in Excel.
CONTACT_WIDTHS = {
    "分野": 27,
    "団体": 52,
    "所在": 20,
    "どの市町村に": 88,
    "電話": 28,
    "確度": 11,
    "メモ": 31,
}
BLOCK_WIDTHS = {
    "ブロック": 52,
    "人口(人)": 20,
    "合わせた分野(数)": 20,
    "増える分野": 105,
    "増える(市町村×分野)": 22,
    "うち対象地域の調整が要る": 22,
    "最も遠い組(分)": 16,
}
VENUE_WIDTHS = {
    "会場(役場)": 28,
    "振興局": 22,
    "受け持つ人(人)": 26,
    "受け持つ市町村(数)": 24,
    "平均(分)": 18,
    "最も遠い(分)": 20,
    "受け持つ市町村": 119,
}
DIFFERENCE_WIDTHS = {
    "市町村": 24,
    "人口(人)": 20,
    "不足度 今": 18,
    "不足度 仮定": 20,
    "差(点)": 16,
    "区分 今": 27,
    "区分 仮定": 27,
    "充足区分の変化": 105,
}
INDICATOR_WIDTHS = {"指標": 70, "今日の値": 28, "単位": 50, "測り方": 69, MEASURED_LATER: 40}


def to_docx(plan: Plan, picture: bytes | None = None) -> bytes:
    """Return a plan as a Word document: a 伺い to hand in, and its annexes.

    picture: a map of the areas and venues as PNG, shown with the areas. Fonts are named, not
    embedded: Yu Gothic, or the reader's own Japanese face.
    """
    document = Document()
    set_up(document, plan)
    proposal.head(document, plan)
    proposal.purpose(document, plan)
    proposal.areas(document, plan, picture)
    proposal.body(document, plan)
    proposal.attached(document, tuple(ANNEXES))
    section = document.add_section(WD_SECTION.NEW_PAGE)
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    for number, (title, write) in enumerate(ANNEXES.items(), 1):
        add_heading(document, f"別紙{number} {title}")
        write(document, plan)
    stream = io.BytesIO()
    document.save(stream)
    return settled(stream.getvalue(), plan.made_on)


def to_xlsx(plan: Plan) -> bytes:
    """Return a plan as an Excel workbook, a sheet for each part, the sources last."""
    head = [
        ("題名", plan.title),
        ("目的", plan.aims),
        ("対象地域", "、".join(str(row[0]) for row in proposal.rows_of(plan, "対象地域"))),
        ("会場", plan.sentence("venues") or NOTHING),
        ("集まり", plan.sentence("clusters")),
        ("偏在", plan.sentence("inequality")),
        ("計算の条件", describe(plan.parameters)),
        ("計算した日", plan.made_on),
        ("データ版", plan.data_version),
    ]
    sheets = {"計画": pd.DataFrame(head, columns=["項目", "内容"])}
    for table in plan.tables:
        if table.title != "名前" and table.rows:
            sheets[table.title] = table.frame()
    sheets["日程"] = pd.DataFrame(dated_steps(plan), columns=["時期", "年月", "すること"])
    if "指標" in sheets:
        sheets["指標"] = sheets["指標"].assign(**{MEASURED_LATER: None})
    return settled(to_excel(sheets, _sources(plan), head=RULE), plan.made_on)


def _partners(document: Any, plan: Plan) -> None:
    add_table(document, plan.table("聞く相手"), CONTACT_WIDTHS)
    blocks = plan.table("連携ブロック")
    if blocks is not None and blocks.rows:
        add_heading(document, "連携ブロック", 2)
        add_text(document, "隣り合い、互いに到達圏の中にあり、合わせると使える分野が増える組です。")
        add_table(document, blocks, BLOCK_WIDTHS)


def _venues(document: Any, plan: Plan) -> None:
    found = plan.table("会場")
    if found is None or plan.venues is None:
        add_text(document, NOTHING)
        return
    add_text(document, plan.sentence("venues"))
    add_table(document, found, VENUE_WIDTHS)
    curve, served = plan.table("会場の数と届く範囲"), plan.table("会場までの時間")
    if curve is not None:
        add_heading(document, "会場の数と、届く範囲", 2)
        add_table(document, curve, dict.fromkeys(curve.columns, 50))
    if served is not None:
        add_heading(document, "市町村ごとの、会場までの時間", 2)
        add_table(document, served, dict.fromkeys(served.columns, 50))
    add_text(
        document,
        "会場は市町村の役場の位置で計算しました。施設の空きや設備は含みません。"
        "時間は陸路と航路の推定で、雪と待ち時間を含みません。",
        NOTE_POINTS,
        SECONDARY,
    )


def _changes(document: Any, plan: Plan) -> None:
    words, found = plan.table("もし…なら"), plan.table("もし…ならの前と後")
    if words is None or found is None:
        add_text(document, NOTHING)
        return
    for row in words.rows:
        add_text(document, f"・{row[0]}")
    if found.rows:
        add_table(document, found, DIFFERENCE_WIDTHS)
    else:
        add_text(document, "不足度も充足区分も変わりません。")
    add_text(document, CHANGE_NOTE, NOTE_POINTS, SECONDARY)


def _indicators(document: Any, plan: Plan) -> None:
    add_text(document, "後で同じ条件で測り直し、比べるための値です。")
    table = plan.table("指標")
    if table is not None and table.rows:
        rows = tuple((*row, None) for row in table.rows)
        add_table(document, Table("指標", (*table.columns, MEASURED_LATER), rows), INDICATOR_WIDTHS)
    areas = plan.table("対象地域")
    if areas is not None and areas.rows:
        add_heading(document, "市町村ごとに、何が変われば区分が変わるか", 2)
        add_table(document, areas, {"市町村": 30, "前提を変えても": 34, "何が変われば": 193})
    towns = plan.table("市町村ごとの指標")
    if towns is not None and towns.rows:
        add_heading(document, "市町村ごとの指標", 2)
        add_table(document, towns, dict.fromkeys(towns.columns, TEXT_WIDTH // len(towns.columns)))


def _premises(document: Any, plan: Plan) -> None:
    for line in _sources(plan):
        add_text(document, line, NOTE_POINTS)


def _sources(plan: Plan) -> list[str]:
    lines = [
        f"計算の条件: {describe(plan.parameters)}",
        f"計算した日: {plan.made_on}　データ版: {plan.data_version}",
        plan.sentence("caveat"),
        "未確認は、調べていないという意味で、ないという意味ではありません。",
    ]
    if plan.changes:
        lines.append(CHANGE_NOTE)
    if plan.tables and plan.sentence("method") != METHOD_EDITION:
        lines.append(OLD_METHOD)
    return lines + [words for key, words in plan.sentences if key.startswith(("basis", "source"))]


# What is attached to the 伺い, in order: its title, and what writes it.
ANNEXES: dict[str, Callable[[Any, Plan], None]] = {
    "聞く相手と、連携ブロック": _partners,
    "会場": _venues,
    "もし…なら": _changes,
    "指標(今日の値)": _indicators,
    "前提と出典": _premises,
}
