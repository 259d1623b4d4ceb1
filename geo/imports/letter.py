"""Make the Excel letter of a survey round: what is known of a municipality, to be confirmed."""

from __future__ import annotations

import io
import json
import math
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.drawing.image import Image
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from geo.data.dataset import Dataset, position_of
from geo.data.spreadsheet import writable
from geo.data.vocabulary import APPROACHES, MODES, PUBLIC, STATUSES
from geo.imports.reading import answers
from geo.imports.reading.headers import HERE, TEMPLATE_HEADERS
from geo.imports.template import MARK, REQUIRED
from geo.maps.colours import ACCENT, INK, PANEL, RULE, SECONDARY, WHITE, rrggbb
from geo.store.rounds import Round

COVER, CHECK, NEW, FIELDS, LISTS = (
    "はじめに",
    "1 台帳の確認",
    "2 新しい団体",
    "3 分野の調査",
    "選択肢",
)
NEW_ROWS = 40  # blank ones
HEADER_ROW = 3
WIDTHS = {
    **dict.fromkeys(("名称", "住所", TEMPLATE_HEADERS["name"], TEMPLATE_HEADERS["address"]), 30),
    **dict.fromkeys((answers.REMARK, answers.SOURCE, "運営者", "利用できる時間"), 24),
    **dict.fromkeys((answers.FIELD, answers.BY, TEMPLATE_HEADERS["field"]), 20),
}
USUAL_WIDTH = 14
LINE_POINTS = 16
QR_PIXELS = 150


@dataclass(frozen=True)
class _Row:
    cells: tuple[str, ...]
    free: frozenset[int]  # columns that may be written, from 1


def file_name(data: Dataset, round_: Round, code: str) -> str:
    """Return the name of a letter; the names of all letters sort as the municipalities do."""
    place = position_of(data, code) + 1
    return f"{place:03d}_{code}_{data.municipalities.at[code, 'name']}_調査票_{round_.id}.xlsx"


def letter(data: Dataset, round_: Round, code: str, address: str = "", qr: bytes = b"") -> bytes:
    """Return the letter of one municipality as an Excel workbook without macros.

    address, qr: where the same form is on the page, and that address as a picture (PNG); '' for none.
    What is hidden is in no letter: a dataset does not know where it stands.
    Raises UnknownCodeError when there is no such municipality.
    """
    town = str(data.municipalities["name"].iloc[position_of(data, code)])
    book = Workbook()
    _cover(book.active, round_, town, address, qr)
    records = _records(data, round_, code)
    sheet = _sheet(book, CHECK, f"{town}の記録(台帳にあるもの {len(records)}件)",
        "各行を「この通り」「直す」「やめた」から選びます。直すときは、その場で書き換えます。",
        answers.CHECK_HEADERS, records, {answers.VERDICT})  # fmt: skip
    lists = {answers.VERDICT: list(answers.VERDICTS)}
    _choose(book, sheet, answers.CHECK_HEADERS, lists, len(records))
    blank = _Row(
        tuple(
            f"{round_.id}-{code}-{answers.NEW_KEY}" if name == answers.KEY else
            town if name == TEMPLATE_HEADERS["town"] else "" for name in answers.NEW_HEADERS
        ),
        frozenset(range(2, len(answers.NEW_HEADERS) + 1)),
    )  # fmt: skip
    sheet = _sheet(book, NEW, f"{town}の新しい団体と支援",
        "台帳にない団体を、1行に1つの支援で書きます。シェルターなどは「所在地の公開」を必ず非公開にします。",
        answers.NEW_HEADERS, [blank] * NEW_ROWS, {TEMPLATE_HEADERS[one] for one in REQUIRED})  # fmt: skip
    words = {
        "field": data.fields["name"].tolist(),
        "location_public": list(PUBLIC.values()),
        "status": list(STATUSES.values()),
        "service_area": [HERE, "全道", "全国"],
        **{f"mode_{mode}": [MARK] for mode in MODES},
        **{f"approach_{number}": [MARK] for number in APPROACHES},
    }
    named = {TEMPLATE_HEADERS[role]: choices for role, choices in words.items()}
    _choose(book, sheet, answers.NEW_HEADERS, named, NEW_ROWS)
    asked = [
        _Row(
            (f"{round_.id}-{code}-{one}", data.fields.at[one, "name"], "", "", "", ""),
            frozenset(range(3, 7)),
        )
        for one in round_.fields
    ]
    sheet = _sheet(book, FIELDS, f"{town}で調べた分野",
        "探した結果を書きます。「ある」は、台帳か「新しい団体」に団体を書いたとき。"
        "「調べたが無い」は、探しても見つからなかったとき。",
        answers.FIELD_HEADERS, asked, {answers.RESULT, answers.ON, answers.BY})  # fmt: skip
    _choose(book, sheet, answers.FIELD_HEADERS, {answers.RESULT: list(answers.RESULTS)}, len(asked))
    for row in range(HEADER_ROW + 1, HEADER_ROW + 1 + len(asked)):
        sheet.cell(row, answers.FIELD_HEADERS.index(answers.ON) + 1).number_format = "yyyy-mm-dd"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _records(data: Dataset, round_: Round, code: str) -> list[_Row]:
    """Return one row for each support of the municipality, with its key and what it says today."""
    here = data.organisations[
        (data.organisations["municipality_code"] == code) & data.organisations["location_public"]
    ]
    mine = data.services[data.services["organisation"].isin(here.index)]
    free = frozenset(
        n for n, name in enumerate(answers.CHECK_HEADERS, 1)
        if name not in (answers.KEY, answers.BASE, answers.FIELD)
    )  # fmt: skip
    rows = []
    for service, row in sorted(
        mine.iterrows(), key=lambda each: (here.at[each[1]["organisation"], "name"], each[0])
    ):
        office = here.loc[row["organisation"]]
        says = {name: str(office[name]) for name in answers.ORGANISATION}
        says |= {name: str(row[name]) for name in answers.SERVICE}
        base = json.dumps(says, ensure_ascii=False)
        field = data.fields.at[row["field"], "name"]
        rows.append(
            _Row((f"{round_.id}-{code}-{service}", base, "", *says.values(), field, ""), free)
        )
    return rows


def _cover(sheet: Worksheet, round_: Round, town: str, address: str, qr: bytes) -> None:
    sheet.title = COVER
    sheet.column_dimensions["A"].width = 96
    lines = (
        f"{round_.name}({town})",
        f"{round_.asked_by} より　回答の期限: {round_.deadline.isoformat()}",
        "",
        f"「{CHECK}」: 台帳にある記録を見て、この通りか、直すか、やめたかを選びます。",
        f"「{NEW}」: 台帳にない団体を書きます。空欄の行はそのままで構いません。",
        f"「{FIELDS}」: 分野ごとに、探した結果・調べた日・調べた人・根拠を書きます。",
        "色の付いた見出しの列は変えられません。行の並べ替えやファイルの名前の変更は構いません。",
        "個人の名前・住所・相談の内容は書かないでください。シェルターなどの場所は、必ず非公開にします。",
        f"お問い合わせ: {round_.contact or round_.asked_by}",
        *((f"サインインできる方は、画面からも回答できます: {address}",) if address else ()),
    )
    for row, words in enumerate(lines, start=1):
        cell = sheet.cell(row, 1, writable(words))
        cell.data_type = "s"
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.font = Font(size=16 if row == 1 else 11, bold=row == 1, color=rrggbb(ACCENT if row == 1 else INK))  # fmt: skip
    if qr:
        picture = Image(io.BytesIO(qr))
        picture.width = picture.height = QR_PIXELS
        sheet.add_image(picture, f"A{len(lines) + 2}")
    sheet.protection.sheet = True


def _sheet(
    book: Workbook,
    name: str,
    title: str,
    help_: str,
    headers: tuple[str, ...],
    rows: list[_Row],
    needed: set[str],
) -> Worksheet:
    sheet = book.create_sheet(name)
    first = 1 + sum(one in (answers.KEY, answers.BASE) for one in headers)  # that is seen
    for top, words, font in (
        (1, title, Font(size=14, bold=True, color=rrggbb(ACCENT))),
        (2, help_, Font(color=rrggbb(SECONDARY))),
    ):
        sheet.cell(top, first, words).font = font
    line = Side(style="thin", color=rrggbb(RULE))
    for column, header in enumerate(headers, start=1):
        cell = sheet.cell(HEADER_ROW, column, header)
        cell.font = Font(bold=True, color=rrggbb(WHITE if header in needed else INK))
        cell.fill = PatternFill("solid", fgColor=rrggbb(ACCENT if header in needed else PANEL))
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        cell.border = Border(bottom=line, right=line)
        dimension = sheet.column_dimensions[get_column_letter(column)]
        dimension.width = WIDTHS.get(header, USUAL_WIDTH)
        dimension.hidden = header in (answers.KEY, answers.BASE)
    free, frame = Protection(locked=False), Border(bottom=line, right=line)
    once, wrapped = Alignment(vertical="top"), Alignment(wrap_text=True, vertical="top")
    for place, row in enumerate(rows, start=HEADER_ROW + 1):
        for column, value in enumerate(row.cells, start=1):
            cell = sheet.cell(place, column)
            if value:
                cell.value = writable(value)
                cell.data_type = "s"  # never a formula, whatever it begins with
            cell.border = frame
            if column in row.free:
                cell.protection = free
            cell.alignment = once if headers[column - 1] == answers.BASE else wrapped
        lines = (
            math.ceil(2 * len(value) / (WIDTHS.get(header, USUAL_WIDTH) - 1))
            for header, value in zip(headers, row.cells, strict=True)
            if header not in (answers.KEY, answers.BASE)
        )
        sheet.row_dimensions[place].height = LINE_POINTS * max(1, *lines)
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = False
    sheet.protection.sort = sheet.protection.autoFilter = False
    sheet.freeze_panes = sheet.cell(HEADER_ROW + 1, first + 1)
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{HEADER_ROW}:{HEADER_ROW}"
    return sheet


def _choose(
    book: Workbook,
    sheet: Worksheet,
    headers: tuple[str, ...],
    lists: dict[str, list[str]],
    rows: int,
) -> None:
    """Give columns their drop-downs; the words stand on a hidden sheet of their own."""
    if not rows:
        return
    words = book[LISTS] if LISTS in book.sheetnames else book.create_sheet(LISTS)
    words.sheet_state = "hidden"
    for header, choices in lists.items():
        column = 1 if words["A1"].value is None else words.max_column + 1
        for row, choice in enumerate((header, *choices), start=1):
            words.cell(row, column, choice)
        letter_ = get_column_letter(column)
        source = f"'{LISTS}'!${letter_}$2:${letter_}${len(choices) + 1}"
        check = DataValidation(type="list", formula1=source, allow_blank=True)
        check.errorTitle, check.error = "一覧にない言葉です", "一覧から選んでください。"
        check.errorStyle = "warning" if header == TEMPLATE_HEADERS["service_area"] else "stop"
        letter_ = get_column_letter(headers.index(header) + 1)
        check.add(f"{letter_}{HEADER_ROW + 1}:{letter_}{HEADER_ROW + rows}")
        sheet.add_data_validation(check)
