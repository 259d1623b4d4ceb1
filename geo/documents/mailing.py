"""Write what goes round a survey's letters: the covering letter, the list for it, one ZIP of all."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date

import docx
import pandas as pd
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph

from geo.data.dataset import Dataset
from geo.data.spreadsheet import to_csv
from geo.documents.links import address_of, qr_png
from geo.documents.word import ZIP_EPOCH, add_run, settled
from geo.documents.word_xml import merge, set_style_face
from geo.imports.letter import file_name, letter
from geo.plans.round import call
from geo.store.rounds import Round

LIST, COVER = "000_差し込み用の宛名一覧.csv", "000_送付文(差し込み印刷).docx"
TO = (
    "市町村コード",
    "市町村",
    "宛先",
    "郵便番号",
    "住所",
    "電話",
    "調査票",
    "調査回",
    "期限",
    "回答の画面",
)
QR_SCALE = 4


def recipients(data: Dataset, round_: Round, base: str = "") -> pd.DataFrame:
    """Return the list for the mail merge: one row for each municipality, columns TO.

    base: where the app is reached, '' for nowhere.
    """
    rows = []
    for code in round_.codes:
        office = data.municipal_offices.loc[code]
        rows.append(
            (
                code,
                data.municipalities.at[code, "name"],
                f"{office['name']} 福祉担当課 御中",
                office["postal_code"],
                office["address"],
                call(data, code)[1],
                file_name(data, round_, code),
                round_.name,
                round_.deadline.isoformat(),
                answer_address(base, round_, code),
            )
        )
    return pd.DataFrame(rows, columns=list(TO))


def answer_address(base: str, round_: Round, code: str) -> str:
    """Return where a municipality answers on the page, '' where nobody knows the app's address."""
    return address_of(base, "survey", {"round": round_.id, "town": code})


def cover(round_: Round, made_on: date) -> bytes:
    """Return the covering letter as a Word document with merge fields of the columns of the list."""
    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(25)
    style = document.styles["Normal"]
    set_style_face(style)
    style.font.size = Pt(11)
    _line(document.add_paragraph(), "〒«郵便番号»　«住所»")
    _line(document.add_paragraph(), "«宛先»")
    right = document.add_paragraph()
    right.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _line(right, f"{made_on.isoformat()}\n{round_.asked_by}")
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    add_run(title, f"{round_.name}への回答のお願い", 14).bold = True
    for words in (
        "支援に携わる方と社会資源を確かめるため、«市町村»の記録をお送りします。"
        f"同封(添付)の調査票「«調査票»」に書き込み、{round_.deadline.isoformat()}までにお返しください。",
        "1. 台帳の記録を見て、「この通り」「直す」「やめた」を選びます。\n"
        "2. 台帳にない団体を書き加えます。\n"
        "3. 分野ごとに、探した結果(ある・調べたが無い・調べていない)、調べた日、調べた人、根拠を書きます。",
        "「調べたが無い」と「調べていない」は違う答えです。探していない分野は、「調べていない」で構いません。",
        "個人の名前や相談の内容は書かないでください。シェルターなどの場所は、必ず「非公開」にしてください。",
        "サインインできる方は、画面からも回答できます: «回答の画面»",
        f"お問い合わせ: {round_.contact or round_.asked_by}",
    ):
        _line(document.add_paragraph(), words)
    stream = io.BytesIO()
    document.save(stream)
    return settled(stream.getvalue(), made_on.isoformat())


def _line(paragraph: Paragraph, words: str) -> None:
    """Add words in which «列» stands for a merge field of that column."""
    for n, part in enumerate(words.replace("»", "«").split("«")):
        if n % 2:
            merge(paragraph, add_run(paragraph, f"«{part}»", 11), part)
        elif part:
            add_run(paragraph, part, 11)


def letters(
    data: Dataset,
    round_: Round,
    made_on: date,
    base: str = "",
    progress: Callable[[float, str], object] | None = None,
) -> bytes:
    """Return one ZIP of all letters of a round, the covering letter and the list for it.

    base: where the app is reached; each letter then shows its address as a QR code.
    """
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:

        def put(name: str, content: bytes) -> None:
            entry = zipfile.ZipInfo(name, ZIP_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)

        listed = to_csv(recipients(data, round_, base), for_spreadsheet=True)
        put(LIST, listed.encode())
        put(COVER, cover(round_, made_on))
        for place, code in enumerate(round_.codes):
            if progress is not None:
                name = data.municipalities.at[code, "name"]
                progress(place / len(round_.codes), f"{name}の調査票を作っています")
            put(file_name(data, round_, code), one_letter(data, round_, code, base))
    return stream.getvalue()


def one_letter(data: Dataset, round_: Round, code: str, base: str = "") -> bytes:
    """Return the letter of one municipality, with a QR code where the app's address is known."""
    address = answer_address(base, round_, code)
    return letter(data, round_, code, address, qr_png(address, QR_SCALE) if address else b"")
