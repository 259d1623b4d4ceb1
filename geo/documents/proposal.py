"""Set the front of a study plan: the 伺い that asks for the decision, ready to be handed in."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm, Pt

from geo.documents.word import (
    NOTE_POINTS,
    NOTHING,
    add_heading,
    add_run,
    add_table,
    add_text,
)
from geo.documents.word_xml import rule_rows, shade
from geo.maps.colours import HEAD_RULE, INK, SECONDARY
from geo.parameters import ROBUST_SHARE
from geo.plans.estimate import dated_steps
from geo.plans.plan import Cell, Plan, Table

TO_FILL = "(　　　　　　　　)"
# Columns of each table with their widths in mm, of an upright page (170 inside its margins).
AREA_WIDTHS = {
    "市町村": 19,
    "人口(人)": 15,
    "不足度(0〜100)": 14,
    "必要度(0〜100)": 14,
    "区分": 22,
    "理由": 86,
}
QUESTION_WIDTHS = {"分野": 34, "聞き取り項目": 136}
STEP_WIDTHS = {"時期": 28, "年月": 42, "すること": 100}
COST_WIDTHS = {"費目": 52, "数量": 15, "単位": 16, "単価(円)": 20, "金額(円)": 22, "計算のもと": 45}
RESULTS = (
    "聞き取りの記録(団体・支援の情報。個人の相談の内容は含まない)",
    "確かめた分野を反映した台帳と、調査前後の指標の比較",
    "対象市町村ごとの市町村カルテ(A4一枚)",
    "地域にない社会資源との連携のしかたをまとめた報告書",
)
PRIVACY = (
    "聞き取るのは、団体と支援についての情報です。相談した人の氏名・住所・相談の内容は集めません。",
    "聞き取りの前に、目的、使いかた、公表の範囲を説明し、同意を得ます。同意はあとから取り消せます。",
    "所在を公表しない団体(DVの避難先など)の所在は、聞かず、書かず、台帳・地図・書類に載せません。",
    "記録は所管が保管し、担当者の連絡先は、業務用のものだけを扱います。",
)


def head(document: Any, plan: Plan) -> None:
    """Write the head of the 伺い: what is asked for, when, by whom."""
    section = document.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(210), Mm(297)
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.paragraph_format.space_after = Pt(6)
    add_run(title, "伺　い", 20, INK).bold = True
    lines = (
        ("件名", f"{plan.title}の実施について"),
        ("起案日", japanese_date(plan.drafted_on or plan.made_on) or TO_FILL),
        ("起案者", plan.drafter or TO_FILL),
        ("所管", plan.office or TO_FILL),
        ("決裁", ""),
    )
    table = document.add_table(rows=0, cols=2)
    table.autofit = False
    for column, width in zip(table.columns, (28, 142), strict=True):
        column.width = Mm(width)
    for label, words in lines:
        cells = table.add_row().cells
        for cell, text, width in zip(cells, (label, words), (28, 142), strict=True):
            cell.width = Mm(width)
            add_run(cell.paragraphs[0], text)
        shade(cells[0])
    table.rows[-1].height = Mm(16)
    rule_rows(table, HEAD_RULE)
    asked = add_text(
        document, "次のとおり調査研究を実施してよろしいか伺います。詳しい資料は別紙のとおりです。"
    )
    asked.paragraph_format.space_before = Pt(8)


def purpose(document: Any, plan: Plan) -> None:
    """Write what the study is for, and what the plan itself has found."""
    add_heading(document, "1 目的")
    for line in plan.aims.splitlines() or [""]:
        add_text(document, line)
    areas = rows_of(plan, "対象地域")
    if not areas:
        return
    frame = plan.table("対象地域").frame()  # type: ignore[union-attr]
    few = int(frame["区分"].astype(str).str.contains("資源少数").sum())
    people = int(frame["人口(人)"].sum())
    words = f"対象の{len(areas)}市町村({people:,}人)のうち、資源少数区域は{few}市町村。"
    counts = _classes(plan)
    if counts:
        words += (
            f"市町村と分野の組{sum(counts.values()):,}のうち、地域内に窓口があるのは"
            f"{counts['地域内にあり']:,}、まだ調べていない(未確認)のは{counts['未確認']:,}。"
        )
    add_text(document, words + plan.sentence("inequality"))


def areas(document: Any, plan: Plan, picture: bytes | None) -> None:
    """Write which municipalities and why, in one table, with the map."""
    add_heading(document, "2 対象地域と選定理由")
    table = plan.table("対象地域")
    if table is None or not table.rows:
        add_text(document, NOTHING)
        return
    frame = table.frame()
    notes = [f"(メモ: {note})" if note else "" for note in frame["メモ"].fillna("")]
    frame["理由"] = frame["理由"] + notes
    add_table(document, Table.of("対象地域", frame), AREA_WIDTHS)
    add_text(
        document,
        "不足度は0〜100で高いほど不足、必要度は0〜100で50が全道の中央。頑健は、すべての前提を同時に"
        f"変えた試行の{float(ROBUST_SHARE):.0%}以上で資源少数区域に入ったもの。"
        + plan.sentence("clusters"),
        NOTE_POINTS,
        SECONDARY,
    )
    if picture is not None:
        document.add_picture(io.BytesIO(picture), width=Mm(160))
        document.paragraphs[-1].alignment = WD_ALIGN_PARAGRAPH.CENTER


def body(document: Any, plan: Plan) -> None:
    """Write hypotheses, method, questions, who does what, schedule, estimate, results, privacy."""
    add_heading(document, "3 仮説")
    _list(document, hypotheses(plan))
    add_heading(document, "4 調査方法")
    _list(document, _methods(plan))
    add_heading(document, "5 聞き取り項目")
    add_table(document, plan.table("聞き取り項目"), QUESTION_WIDTHS)
    add_heading(document, "6 体制")
    towns = "、".join(str(row[0]) for row in rows_of(plan, "対象地域")) or "対象市町村"
    add_table(
        document,
        Table(
            "体制",
            ("役割", "担当"),
            (
                ("企画・取りまとめ", plan.office or TO_FILL),
                ("担当者", plan.drafter or TO_FILL),
                ("地域の調整", f"{towns}の福祉担当課と社会福祉協議会"),
                ("助言", "ほっかいどう孤独・孤立対策官民連携プラットフォームの会員"),
            ),
        ),
        {"役割": 42, "担当": 128},
    )
    add_heading(document, "7 工程")
    add_table(document, Table("工程", tuple(STEP_WIDTHS), dated_steps(plan)), STEP_WIDTHS)
    add_heading(document, "8 概算")
    add_table(document, plan.table("概算"), COST_WIDTHS)
    add_text(
        document,
        "単価と金額の空欄は、規程・見積もりを確かめて起案者が入れます(本製品は値段を定めません)。",
        NOTE_POINTS,
        SECONDARY,
    )
    add_heading(document, "9 成果物")
    _list(document, RESULTS)
    add_heading(document, "10 個人情報の扱い")
    _list(document, PRIVACY)


def attached(document: Any, names: tuple[str, ...]) -> None:
    """Write what is attached; names: the titles of the annexes in order."""
    add_heading(document, "11 添付")
    _list(document, tuple(f"別紙{number} {name}" for number, name in enumerate(names, 1)))


def hypotheses(plan: Plan) -> tuple[str, ...]:
    """Return what the study is to test, from the plan's own counts of classes, blocks and venues."""
    counts, found = _classes(plan), []
    if counts.get("未確認"):
        found.append(
            f"未確認の{counts['未確認']:,}(市町村×分野)には、台帳に載っていない支え手がいる。"
            "聞き取りで掘り起こせば、地域内の窓口として数えられるものがある。"
        )
    away = counts.get("近隣にあり", 0) + counts.get("遠隔のみ", 0)
    if away:
        found.append(
            f"地域内に窓口がなく、近隣または遠隔で届く{away:,}(市町村×分野)は、対象地域と費用の"
            "取り決めがあれば、地域にない社会資源との連携で補える。"
        )
    if counts.get("空白"):
        found.append(f"空白の{counts['空白']:,}(市町村×分野)は、連携だけでは補えず、担い手が要る。")
    blocks = rows_of(plan, "連携ブロック")
    if blocks:
        found.append(
            f"連携ブロック{len(blocks)}組では、隣り合う市町村が合わせて使える分野が増える。"
        )
    return tuple(found) or ("対象地域を選ぶと、その市町村の数字から仮説が入る。",)


def rows_of(plan: Plan, title: str) -> tuple[tuple[Cell, ...], ...]:
    """Return the rows of a plan's table, none where it has no such table."""
    table = plan.table(title)
    return () if table is None else table.rows


def japanese_date(day: str) -> str:
    """Return an ISO day as 2026年11月24日, blank for a blank."""
    if not day:
        return ""
    made = date.fromisoformat(day)
    return f"{made.year}年{made.month}月{made.day}日"


def _classes(plan: Plan) -> dict[str, int]:
    """Return how many pairs of municipality and field are in each class, by its Japanese name."""
    table = plan.table("市町村ごとの指標")
    if table is None or not table.rows:
        return {}
    frame = table.frame()
    names = ("地域内にあり", "近隣にあり", "遠隔のみ", "空白", "未確認")
    return {name: int(frame[name].sum()) for name in names if name in frame}


def _methods(plan: Plan) -> tuple[str, ...]:
    contacts = len({contact.service for contact in plan.contacts})
    whom = f"別紙1の{contacts}件" if contacts else "対象市町村の福祉担当課と社会福祉協議会"
    return (
        f"聞き取り: {whom}に、5の項目を訪問・電話・オンラインで聞く。",
        "市町村への照会: 未確認の分野について、知っている団体を照会し、台帳に反映する。",
        f"意見交換会: {plan.sentence('venues') or '会場は別に定める。'}",
        "指標の測り直し: 別紙の指標を同じ条件で測り直し、調査の前後を比べる。",
    )


def _list(document: Any, lines: tuple[str, ...]) -> None:
    for line in lines:
        add_text(document, f"・{line}")
