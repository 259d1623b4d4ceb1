"""Make the Excel form in which one municipality lists its support, and nothing else."""

from __future__ import annotations

import io

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from geo.data.dataset import Dataset, position_of
from geo.data.vocabulary import APPROACHES, MODES, PUBLIC, STATUSES
from geo.imports.reading.headers import HERE, TEMPLATE_HEADERS
from geo.maps.colours import ACCENT, EXAMPLE, INK, PANEL, RULE, SECONDARY, WHITE, rrggbb

SHEET = "団体と支援"
HELP_SHEET = "書き方"
LIST_SHEET = "選択肢"
HEADER_ROW = 4
ROWS = 500  # that carry drop-downs
PRINTED = 40  # rows on paper
MARK = "○"
EXAMPLE_MARK = "例"
REQUIRED = ("name", "field", "location_public")
WIDTHS = {"name": 26, "operator": 20, "address": 30, "url": 22, "note": 30, "target": 16, "source": 22, "field": 20, "service_area": 16, "example": 8, "phone": 15}  # fmt: skip
HELP = {
    "example": "「例」と書いた行は取り込みません。",
    "name": "団体や窓口の名前。支援が2つ以上あるときは、行を分けて同じ名前を書きます。",
    "field": "一覧から選びます。",
    "location_public": "「非公開」を選ぶと、住所も市町村も地図や一覧に出ません。シェルターなどは必ず非公開にします。",
    "address": "市町村名から書きます。番地まで分からなければ、分かるところまでで構いません。",
    "lat": "分かるときだけ。空欄なら住所から位置を決めます。",
    "mode_place": f"当てはまるものに {MARK} を付けます(訪問・配送・電話・オンラインも同じ)。",
    "approach_1": f"当てはまるものに {MARK} を付けます。空欄なら分野の標準とします。",
    "service_area": f"「{HERE}」「全道」「全国」か、市町村名を「;」で区切って書きます。空欄は「分からない」です。",
    "status": "休止・廃止は、支援として数えません。",
    "updated": "内容を確かめた日。2026-11-24 や 令和8年11月24日 と書けます。",
    "source": "もとにした資料の名前やURL。",
}
EXAMPLE_CELLS = {
    "example": EXAMPLE_MARK,
    "name": "(例)ふれあいサロン",
    "operator": "(例)町内会",
    "field": "居場所・交流",
    "location_public": PUBLIC["yes"],
    "mode_place": MARK,
    "approach_1": MARK,
    "target": "どなたでも",
    "service_area": HERE,
    "status": STATUSES["active"],
    "updated": "2026-11-24",
    "source": "(例)団体への聞き取り",
    "note": "この行は書き方の例です。取り込みません",
}


def template(data: Dataset, code: str) -> bytes:
    """Return the form of one municipality as an Excel workbook.

    Raises UnknownCodeError when there is no such municipality.
    """
    town = str(data.municipalities["name"].iloc[position_of(data, code)])
    book = Workbook()
    sheet = book.active
    sheet.title = SHEET
    _head(sheet, town)
    lists = _lists(data)
    _choices(book, sheet, lists)
    _example(sheet, town)
    _help(book, town)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def file_name(data: Dataset, code: str) -> str:
    """Return the name under which the form is saved."""
    return f"記入様式_{code}_{data.municipalities.at[code, 'name']}.xlsx"


def _lists(data: Dataset) -> dict[str, list[str]]:
    return {
        "field": data.fields["name"].tolist(),
        "location_public": list(PUBLIC.values()),
        "status": list(STATUSES.values()),
        "service_area": [HERE, "全道", "全国"],
        **{f"mode_{mode}": [MARK] for mode in MODES},
        **{f"approach_{number}": [MARK] for number in APPROACHES},
    }


def _head(sheet: Worksheet, town: str) -> None:
    sheet["A1"] = f"{town}の団体と支援の記入様式"
    sheet["A1"].font = Font(size=16, bold=True, color=rrggbb(ACCENT))
    sheet["A2"] = (
        "1行に1つの支援を書きます。「例」の行は取り込みません。色の付いた見出しは必ず書くところです。"
        "このファイルを「取り込み」の画面に置くと、地図に載ります。個人の名前や住所は書かないでください。"
    )
    sheet["A2"].font = Font(color=rrggbb(SECONDARY))
    line = Side(style="thin", color=rrggbb(RULE))
    for column, (role, header) in enumerate(TEMPLATE_HEADERS.items(), start=1):
        cell = sheet.cell(HEADER_ROW, column, header)
        needed = role in REQUIRED
        cell.font = Font(bold=True, color=rrggbb(WHITE if needed else INK))
        cell.fill = PatternFill("solid", fgColor=rrggbb(ACCENT if needed else PANEL))
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        cell.border = Border(bottom=line, right=line)
        if role in HELP:
            cell.comment = Comment(HELP[role], "記入様式", height=90, width=320)
        narrow = 9 if role.startswith("mode_") else 11
        sheet.column_dimensions[get_column_letter(column)].width = WIDTHS.get(role, narrow)
    sheet.sheet_format.defaultRowHeight = 18
    sheet.sheet_format.customHeight = True
    sheet.row_dimensions[1].height = 30
    sheet.row_dimensions[HEADER_ROW].height = 30
    sheet.freeze_panes = sheet.cell(HEADER_ROW + 1, 3)
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{HEADER_ROW}:{HEADER_ROW}"
    sheet.print_area = f"A1:{get_column_letter(len(TEMPLATE_HEADERS))}{HEADER_ROW + PRINTED}"


def _choices(book: Workbook, sheet: Worksheet, lists: dict[str, list[str]]) -> None:
    """Give columns their drop-downs; the words stand on a sheet of their own."""
    words = book.create_sheet(LIST_SHEET)
    words.sheet_state = "hidden"
    for position, (role, choices) in enumerate(lists.items(), start=1):
        words.cell(1, position, TEMPLATE_HEADERS[role])
        for row, choice in enumerate(choices, start=2):
            words.cell(row, position, choice)
        letter = get_column_letter(position)
        source = f"'{LIST_SHEET}'!${letter}$2:${letter}${len(choices) + 1}"
        check = DataValidation(type="list", formula1=source, allow_blank=True)
        check.errorTitle = "一覧にない言葉です"
        check.error = "一覧から選んでください。"
        # A service area may also be the names of municipalities.
        check.errorStyle = "warning" if role == "service_area" else "stop"
        column = get_column_letter(list(TEMPLATE_HEADERS).index(role) + 1)
        check.add(f"{column}{HEADER_ROW + 1}:{column}{HEADER_ROW + ROWS}")
        sheet.add_data_validation(check)
    town = get_column_letter(list(TEMPLATE_HEADERS).index("town") + 1)
    date_column = get_column_letter(list(TEMPLATE_HEADERS).index("updated") + 1)
    for row in range(HEADER_ROW + 1, HEADER_ROW + ROWS + 1):
        sheet[f"{date_column}{row}"].number_format = "yyyy-mm-dd"
    sheet[f"{town}{HEADER_ROW + 1}"].alignment = Alignment(horizontal="left")


def _example(sheet: Worksheet, town: str) -> None:
    cells = EXAMPLE_CELLS | {"town": town, "address": f"{town}(町名と番地)"}
    for column, role in enumerate(TEMPLATE_HEADERS, start=1):
        cell = sheet.cell(HEADER_ROW + 1, column, cells.get(role))
        cell.fill = PatternFill("solid", fgColor=rrggbb(EXAMPLE))
        cell.font = Font(italic=True, color=rrggbb(SECONDARY))
    # The town is written already, so that a planner types only what differs.
    column = list(TEMPLATE_HEADERS).index("town") + 1
    for row in range(HEADER_ROW + 2, HEADER_ROW + ROWS + 1):
        sheet.cell(row, column, town).font = Font(color=rrggbb(SECONDARY))


def _help(book: Workbook, town: str) -> None:
    sheet = book.create_sheet(HELP_SHEET)
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.row_dimensions[1].height = 28
    sheet.column_dimensions["A"].width = 22
    sheet.column_dimensions["B"].width = 90
    sheet["A1"] = f"{town}の記入様式の書き方"
    sheet["A1"].font = Font(size=14, bold=True, color=rrggbb(ACCENT))
    for row, (role, words) in enumerate(HELP.items(), start=3):
        sheet.cell(row, 1, TEMPLATE_HEADERS[role]).font = Font(bold=True)
        sheet.cell(row, 2, words).alignment = Alignment(wrap_text=True, vertical="top")
    last = len(HELP) + 4
    for row, (number, words) in enumerate(APPROACHES.items(), start=last):
        sheet.cell(row, 1, f"アプローチ{number}").font = Font(bold=True)
        sheet.cell(row, 2, words)
