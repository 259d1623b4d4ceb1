"""Put together what one area needs to hold its own meeting of 90 minutes, as one zip."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd
from docx import Document

from geo.data.dataset import Dataset
from geo.data.inventory import asked, surveyed
from geo.data.spreadsheet import to_excel
from geo.documents.handout import handout
from geo.documents.karte_pdf import karte_pdf
from geo.documents.meeting import Screen, screens
from geo.documents.slides import slides
from geo.documents.word import add_heading, add_table, add_text, set_up, settled
from geo.errors import DataError, Problem
from geo.maps.colours import RULE
from geo.methods.analysis import Analysis, analyse
from geo.methods.basis import footer
from geo.methods.within import EVERYWHERE, label, ranges
from geo.parameters import Parameters
from geo.plans.plan import Plan, Table

Progress = Callable[[int, int], object]

ASKED, LISTED, UNASKED = "調査済み", "一覧がそろう", "未調査"


class Item(NamedTuple):
    """One point of the running order.

    minutes: how long it lasts. does: what happens. screens: keys of the slides that are shown.
    uses: what lies on the tables.
    """

    minutes: int
    does: str
    screens: tuple[str, ...]
    uses: str


# The 90 minutes: half of them are the towns' own.
RUNNING_ORDER = (
    Item(5, "開会。何を決める会議かを確かめる", (), "この進行表"),
    Item(10, "この地域の今と、足りないところを見る", ("today", "scarce"), "スライド"),
    Item(10, "アプローチ別の姿と、まだ分からないことを見る", ("approach", "unknown"), "スライド"),
    Item(10, "自分の町のカルテを読み、違うところに印を付ける", (), "市町村カルテ(各町1枚)"),
    Item(25, "町ごとに話す: ないもの、知っている支援者、困っていること", (), "カルテ、配布資料"),
    Item(15, "一つの町を例に、だれと組めるかを考える", ("areas", "town", "partners"), "スライド"),
    Item(10, "調べる順番と分担を決める", ("ask",), "調査の状況"),
    Item(5, "次の日程と連絡先を確かめ、閉会", (), "この進行表"),
)
LENGTH = sum(item.minutes for item in RUNNING_ORDER)  # minutes


def areas(dataset: Dataset) -> list[str]:
    """Return the areas that a pack can be made for: the 14 振興局, then the 21 二次医療圏."""
    return [one for one in ranges(dataset) if one != EVERYWHERE]


def pack(
    dataset: Dataset,
    parameters: Parameters,
    area: str,
    *,
    base: str = "",
    template: bytes | None = None,
    made_on: date | None = None,
    progress: Progress | None = None,
    deck: Callable[[Dataset, list[Screen], bytes | None], bytes] = slides,
) -> bytes:
    """Return the zip of an area: slides, sheets, handout, state of the survey, running order.

    area: of `areas`; everything is compared within it. template: a .pptx for the slides. progress:
    called with (steps done, steps in all). deck: makes the slides.
    Raises DataError for an area that is none, or a template that cannot be read.
    """
    if area not in areas(dataset):
        raise DataError([Problem("振興局パック", None, None, f"{area} という地域はありません")])
    day = made_on or date.today()
    analysis = analyse(dataset, replace(parameters, within=area))
    towns = dataset.municipalities.index[analysis.compared]
    steps = len(towns) + 4  # beside the sheets: slides, running order, handout, state of the survey
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for done, (name, content) in enumerate(
            _files(analysis, list(towns), base, template, day, deck), start=1
        ):
            archive.writestr(_entry(name, day), content)
            if progress:
                progress(done, steps)
    return stream.getvalue()


def file_name(area: str, day: date) -> str:
    """Return what the zip of an area is called."""
    return f"{area.replace(':', '_')}_会議パック_{day.isoformat()}.zip"


def _files(
    analysis: Analysis,
    towns: list[str],
    base: str,
    template: bytes | None,
    day: date,
    deck: Callable[[Dataset, list[Screen], bytes | None], bytes],
) -> Iterator[tuple[str, bytes]]:
    data = analysis.dataset
    made = screens(analysis, base=base)
    yield "1_スライド.pptx", deck(data, made, template)
    yield "0_進行表(90分).docx", running_order(analysis, made, day)
    names = data.municipalities["name"]
    for code in towns:
        sheet = karte_pdf(analysis, [code], base=base, made_on=day)
        yield f"2_市町村カルテ/{code}_{names[code]}.pdf", sheet
    yield "3_配布資料.html", handout(analysis, made_on=day)
    sources = footer(analysis, day)
    state = {"町ごと": survey_state(analysis), "分野ごと": survey_state(analysis, by_field=True)}
    yield "4_調査の状況.xlsx", to_excel(state, sources, head=RULE)


def _entry(name: str, day: date) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, (day.year, day.month, day.day, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def survey_state(analysis: Analysis, *, by_field: bool = False) -> pd.DataFrame:
    """Return how far the range compared is asked about: fields of each town, or towns of each field.

    Columns: 市町村 or 分野, then how many were asked in a survey, are known by a complete list, and
    are still unasked, and which are unasked.
    """
    data = analysis.dataset
    kept = analysis.compared
    by_survey = asked(data)[kept]
    by_list = surveyed(data)[kept] & ~by_survey
    open_ = ~(by_survey | by_list)
    rows, columns = data.municipalities["name"][kept], data.fields["name"]
    unit = "分野"
    if by_field:
        by_survey, by_list, open_ = by_survey.T, by_list.T, open_.T
        rows, columns, unit = columns, rows, "市町村"
    others = columns.to_numpy()
    return pd.DataFrame(
        {
            "分野" if by_field else "市町村": rows.to_numpy(),
            f"{ASKED}({unit})": by_survey.sum(axis=1),
            f"{LISTED}({unit})": by_list.sum(axis=1),
            f"{UNASKED}({unit})": open_.sum(axis=1),
            f"{UNASKED}の{unit}": ["、".join(others[np.asarray(row)]) for row in open_],
        }
    )


def running_order(analysis: Analysis, made: list[Screen], day: date) -> bytes:
    """Return the running order as Word, to be edited: minutes, what happens, which slides."""
    data, where = analysis.dataset, label(analysis.dataset, analysis.parameters.within)
    document = Document()
    title = f"{where} 社会資源の会議 進行表({LENGTH}分)"
    set_up(document, Plan(title=title, made_on=day.isoformat(), data_version=data.version))
    add_heading(document, title)
    add_text(document, "日時:　　　　　　　　会場:　　　　　　　　進行:　　　　　　　　記録:")
    numbers = {screen.key: number for number, screen in enumerate(made, start=1)}
    rows, minute = [], 0
    for item in RUNNING_ORDER:
        shown = "、".join(str(numbers[key]) for key in item.screens if key in numbers)
        span = f"{minute}〜{minute + item.minutes}分"
        rows.append((span, item.minutes, item.does, shown, item.uses, ""))
        minute += item.minutes
    columns = ("時間", "分", "すること", "スライド", "使うもの", "担当")
    widths = dict(zip(columns, (24, 12, 108, 24, 54, 34), strict=True))
    add_table(document, Table("", columns, tuple(rows)), widths)
    add_heading(document, "スライドで言うこと", 2)
    for number, screen in enumerate(made, start=1):
        add_text(document, f"{number} {screen.headline}。{screen.notes}")
    add_heading(document, "はじめる前に", 2)
    for words in PREPARED:
        add_text(document, words)
    for words in footer(analysis, day):
        add_text(document, words, 8)
    stream = io.BytesIO()
    cast("Any", document).save(stream)
    return settled(stream.getvalue(), day.isoformat())


PREPARED = (
    "インターネットは要りません。zipを開いてから、中のファイルを使ってください。",
    "カルテは町の数だけ、A4の片面に刷ります。配布資料はブラウザーで開きます(印刷もできます)。",
    "個人の名前や相談の中身は書きません。支援者は、団体の名前と連絡先だけを集めます。",
)
