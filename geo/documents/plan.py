"""Write a study plan as Word and Excel: the same plan gives the same bytes."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pandas as pd
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm, Pt

from geo.data.spreadsheet import to_excel
from geo.documents.word import (
    NOTE_POINTS,
    NOTHING,
    add_heading,
    add_run,
    add_table,
    add_text,
    set_up,
    settled,
)
from geo.maps.colours import INK, RULE, SECONDARY
from geo.methods.basis import METHOD_EDITION
from geo.parameters import describe
from geo.plans.plan import MEASURED_LATER, Cell, Plan, Table

TEXT_WIDTH = 257  # mm, of a landscape A4 page inside its margins
OLD_METHOD = "この計画の数字は、前の版の方法で計算したものです。今の方法では、判定に入る分野と区分が変わります"
CHANGE_NOTE = (
    "仮定の計算です。台帳の記録は変わりません。今ある窓口の量と、区分の境目、全道平均は、"
    "今のままに固定しています。対象地域を広げる場合は、同じ窓口を分け合うため、"
    "もとの地域の不足度が少し上がることがあります。"
)
# Columns of each table in Word with their widths in mm; the rest are told in words or in Excel.
AREA_WIDTHS = {
    "市町村": 22,
    "人口(人)": 18,
    "不足度(0〜100)": 21,
    "必要度(0〜100)": 21,
    "区分": 26,
    "前提を変えても": 16,
    "理由と、何が変われば": 113,
    "メモ": 25,
}
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
    """Return a plan as a Word document.

    picture: a map of the areas and venues as PNG, shown with the areas. Fonts are named, not
    embedded: Yu Gothic, or the reader's own Japanese face.
    """
    document = Document()
    set_up(document, plan)
    _opening(document, plan)
    add_heading(document, "1 目的")
    for line in plan.aims.splitlines() or [""]:
        add_text(document, line)
    _areas(document, plan, picture)
    _partners(document, plan)
    _venues(document, plan)
    _changes(document, plan)
    add_heading(document, "6 日程")
    add_table(
        document,
        Table("日程", ("時期", "すること"), tuple((s.when, s.what) for s in plan.schedule)),
        {"時期": 50, "すること": 207},
    )
    _indicators(document, plan)
    _premises(document, plan)
    stream = io.BytesIO()
    document.save(stream)
    return settled(stream.getvalue(), plan.made_on)


def to_xlsx(plan: Plan) -> bytes:
    """Return a plan as an Excel workbook, a sheet for each part, the sources last."""
    head = [
        ("題名", plan.title),
        ("目的", plan.aims),
        ("対象地域", "、".join(str(row[0]) for row in _rows(plan, "対象地域"))),
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
    sheets["日程"] = pd.DataFrame(
        [(step.when, step.what) for step in plan.schedule], columns=["時期", "すること"]
    )
    if "指標" in sheets:
        sheets["指標"] = sheets["指標"].assign(**{MEASURED_LATER: None})
    return settled(to_excel(sheets, _sources(plan), head=RULE), plan.made_on)


def _opening(document: Any, plan: Plan) -> None:
    title = document.add_paragraph()
    title.paragraph_format.space_after = Pt(2)
    add_run(title, plan.title, 19, INK).bold = True
    names = [str(row[0]) for row in _rows(plan, "対象地域")]
    about = f"{_japanese_date(plan.made_on)}作成　ほっかいどう社会資源マップ"
    add_text(document, about, NOTE_POINTS, SECONDARY)
    words = [f"対象は{len(names)}市町村({'、'.join(names)})。"] if names else []
    if plan.contacts:
        contacts = len({contact.service for contact in plan.contacts})
        words.append(f"聞く相手は{contacts}件。")
    words.append(plan.sentence("venues"))
    add_text(document, "".join(words))


def _areas(document: Any, plan: Plan, picture: bytes | None) -> None:
    add_heading(document, "2 対象地域と、その理由")
    table = plan.table("対象地域")
    if table is None or not table.rows:
        add_text(document, NOTHING)
        return
    if picture is not None:
        document.add_picture(io.BytesIO(picture), width=Mm(190))
        document.paragraphs[-1].alignment = WD_ALIGN_PARAGRAPH.CENTER
    add_text(document, plan.sentence("clusters") + plan.sentence("inequality"))
    frame = table.frame()
    frame["理由と、何が変われば"] = frame["理由"] + "。" + frame["何が変われば"]
    add_table(document, Table.of("対象地域", frame), AREA_WIDTHS)
    add_text(
        document,
        "不足度は0〜100で高いほど不足、必要度は0〜100で50が全道の中央。頑健は、すべての前提を同時に"
        "変えた試行の8割以上で資源少数区域に入ったもの。",
        NOTE_POINTS,
        SECONDARY,
    )


def _partners(document: Any, plan: Plan) -> None:
    add_heading(document, "3 聞く相手と、連携ブロック")
    add_table(document, plan.table("聞く相手"), CONTACT_WIDTHS)
    blocks = plan.table("連携ブロック")
    if blocks is not None and blocks.rows:
        add_heading(document, "連携ブロック", 2)
        add_text(document, "隣り合い、互いに到達圏の中にあり、合わせると使える分野が増える組です。")
        add_table(document, blocks, BLOCK_WIDTHS)


def _venues(document: Any, plan: Plan) -> None:
    add_heading(document, "4 会場")
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
    add_heading(document, "5 もし…なら")
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
    add_heading(document, "7 指標(今日の値)")
    add_text(document, "後で同じ条件で測り直し、比べるための値です。")
    table = plan.table("指標")
    if table is not None and table.rows:
        rows = tuple((*row, None) for row in table.rows)
        add_table(document, Table("指標", (*table.columns, MEASURED_LATER), rows), INDICATOR_WIDTHS)
    towns = plan.table("市町村ごとの指標")
    if towns is not None and towns.rows:
        add_heading(document, "市町村ごとの指標", 2)
        add_table(document, towns, dict.fromkeys(towns.columns, TEXT_WIDTH // len(towns.columns)))


def _premises(document: Any, plan: Plan) -> None:
    add_heading(document, "8 前提と出典")
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


def _rows(plan: Plan, title: str) -> tuple[tuple[Cell, ...], ...]:
    table = plan.table(title)
    return () if table is None else table.rows


def _japanese_date(day: str) -> str:
    if not day:
        return ""
    made = date.fromisoformat(day)
    return f"{made.year}年{made.month}月{made.day}日"
