"""Make files of the shapes that offices really publish; who stands in them is generated.

Each is drawn by a seeded generator from the kinds of fault that real lists have: headers over two rows,
none at all, blocks with equal labels, rows of titles, totals and notes, second tables, hidden sheets,
merged cells, formulas without a value, envelopes of servers and containers of other machines.
"""

import csv
import io
import json
import random
import zipfile
from dataclasses import dataclass, field

import openpyxl

from geo.errors import DataError
from geo.imports.reading import published
from geo.imports.reading.files import open_tables
from geo.imports.reading.incoming import Incoming
from geo.imports.reading.matching import make_match
from geo.imports.reading.recognise import UnknownFormatError

TOWNS = (
    "旭川市7条通",
    "登別市中央町",
    "富良野市本町",
    "室蘭市幸町",
    "帯広市西2条南",
    "北見市大通東",
)
KINDS = {
    "子ども食堂": "food", "地域食堂": "food", "生活介護": "disability", "居宅介護": "disability",
    "放課後等デイサービス": "disability", "就労継続支援B型": "disability", "訪問介護": "elderly",
    "地域包括支援センター": "elderly", "放課後児童クラブ": "children", "認可保育所": "children",
}  # fmt: skip
PHONES = ("0166-20-0001", "166200001", "9012345678", "0166 20 0001", "0166.20.0001", "0166-20-\n0001", "", "なし")  # fmt: skip
DAYS = (
    "2026-04-01",
    "令和8年4月1日現在",
    "令和8年4月",
    "R8.4.1",
    "先月",
    "",
    "2099-01-01",
    "46113",
)
REMARKS = ("", "", "日曜休業", "令和7年3月31日閉店", "現在休止中", "予約が要ります", "〃")
OTHER_HEADER = ["施設名", "電話番号", "定員", "備考"]


@dataclass
class Drawn:
    """One file. rows: how many it has over all sheets. names: who is to be found in it, by row.

    apart: rows, by sheet, that are of another table. sheet: that of the list.
    """

    name: str
    blob: bytes
    rows: int
    names: dict[int, str]
    sheet: str = ""
    apart: set[tuple[str, int]] = field(default_factory=set)


def drawn(seed: int) -> Drawn:
    """Return the file of a seed."""
    dice = random.Random(seed)
    rows, names, second = _rows(dice)
    how = dice.choice(("csv", "csv", "tsv", "xlsx", "xlsx", "strict", "zip", "ods", "json", "lines", "ckan", "esri"))  # fmt: skip
    if how in ("json", "lines", "ckan", "esri"):
        return _json(dice, how)
    if how in ("csv", "tsv", "zip"):
        mark = "\t" if how == "tsv" else dice.choice((",", ",", ";"))
        code = dice.choice(("utf-8", "utf-8-sig", "cp932", "utf-16"))
        stream = io.StringIO(newline="")
        csv.writer(stream, delimiter=mark).writerows(rows)
        blob = stream.getvalue().encode(code, "replace")
        if how == "zip":
            blob = _zipped({"一覧.csv": blob, "__MACOSX/._一覧.csv": b"\0\5\26\7"})
        count = len(_trimmed(rows))
        return Drawn(f"生成{seed}.{how}", blob, count, names, apart={("", n) for n in second})
    if how == "ods":
        blob = _opendocument(rows)
        count = len(_trimmed(rows))
        return Drawn(f"生成{seed}.ods", blob, count, names, "一覧", {("一覧", n) for n in second})
    return _workbook(dice, seed, rows, names, second, strict=how == "strict")


def read_as_proposed(one: Drawn, data, **options) -> Incoming:
    """Read a drawn file as the page proposes it."""
    tables = open_tables(one.blob, one.name)
    try:
        return published.read(tables, data, **options)
    except UnknownFormatError as asked:
        match = make_match(
            "生成の一覧", asked.header, asked.proposals, none=asked.sight.head.tiers == 0
        )
        return published.read(tables, data, match=match, **options)


def faults(one: Drawn, found: Incoming | DataError) -> list[str]:
    """Return what is lost, or is not said, of a drawn file."""
    if isinstance(found, DataError):
        reason = str(found)
        return [] if "すべてが取り込めません" in reason or "選んでください" in reason else [reason]
    problems = []
    taken = set(zip(found.services["sheet"], found.services["file_row"], strict=True))
    refused = {(each.sheet, each.row) for each in found.refused}
    if found.rows_in_file != one.rows:
        problems.append(f"{one.rows} rows, {found.rows_in_file} told")
    if len(taken) + len(refused) + found.rows_left_out != one.rows:
        problems.append(f"{one.rows} rows: {len(taken)}, {len(refused)}, {found.rows_left_out}")
    left = {
        (each.sheet, row) for each in found.left_out for row in range(each.first, each.last + 1)
    }
    lost = [row for row in one.names if (one.sheet, row) not in taken | refused]
    if lost:
        problems.append(f"offices of rows {lost} are lost")
    if wrong := one.apart - left:
        problems.append(f"rows {sorted(wrong)} of another table came in")
    fields = dict(zip(found.services["kind"], found.services["field"], strict=True))
    wrong_kinds = [kind for kind in fields if KINDS.get(kind, fields[kind]) != fields[kind]]
    if wrong_kinds:
        problems.append(f"kinds {wrong_kinds} in a wrong field")
    if found.services["kind"].eq("").any():
        problems.append("a service without a kind")
    return problems


def _rows(dice: random.Random) -> tuple[list[list[str]], dict[int, str], list[int]]:
    """Return the rows of a table, the offices by row, and the rows of a second table below."""
    style = dice.choice(("plain", "plain", "tiers", "blocks", "numbered", "none"))
    header = {
        "plain": [["番号", "名称", "住所", "電話番号", "分類", "更新日", "備考"]],
        "numbered": [["", "名称", "住所", "電話番号", "分類", "更新日", "備考"]],
        "tiers": [["番号", "名称", "所在地・連絡先", "", "内容", "", ""], ["", "", "住所", "電話番号", "分類", "更新日", "備考"]],
        "blocks": [["番号", "申請者", "住所", "電話番号", "事業所", "住所", "電話番号", "分類"]],
        "none": [],
    }[style]  # fmt: skip
    width = len(header[0]) if header else 7
    rows: list[list[str]] = []
    if style != "none":
        above = (["生成の一覧"], [], ["令和8年4月1日現在", "生成課"])
        rows += [list(dice.choice(above)) for _ in range(dice.randint(0, 3))]
    rows += header
    names: dict[int, str] = {}
    for number in range(1, dice.randint(4, 12)):
        if number > 2 and dice.random() < 0.1:
            rows.append([])
        name = (
            dice.choice(("生成", "生成第"))
            + f"{dice.randrange(10**6)}"
            + dice.choice(("食堂", "の家", "センター"))
        )
        if dice.random() < 0.1:
            name += dice.choice(("【閉店】", "(休止中)"))
        address = f"{dice.choice(TOWNS)}{number}丁目{dice.randint(1, 20)}-1"
        if dice.random() < 0.08:
            address = dice.choice(("東京都新宿区1-1", "清水町3", ""))
        kind = dice.choice(list(KINDS)) if dice.random() < 0.95 else dice.choice(("生成", ""))
        if style == "blocks":
            row = [str(number), f"生成法人{number}", "札幌市中央区北1条西1丁目", "011-200-0001", name, address, dice.choice(PHONES), kind]  # fmt: skip
        else:
            row = [str(number), name, address, dice.choice(PHONES), kind, dice.choice(DAYS), dice.choice(REMARKS)]  # fmt: skip
        rows.append(row)
        names[len(rows)] = name
    if style != "none" and dice.random() < 0.3:
        rows.append(["合計", f"{len(names)}件"])
    if style != "none" and dice.random() < 0.3:
        rows += [[], ["※ 生成の注記"]]
    second: list[int] = []
    if style != "none" and dice.random() < 0.15:
        start = len(rows) + 2
        rows += [[], OTHER_HEADER, ["生成別館", "0166-20-0009", "3", ""]]
        second = [start, start + 1]
    return [row + [""] * (width - len(row)) for row in rows], names, second


def _trimmed(rows: list[list[str]]) -> list[list[str]]:
    last = max((n for n, row in enumerate(rows) if any(row)), default=-1)
    return rows[: last + 1]


def _workbook(
    dice: random.Random,
    seed: int,
    rows: list[list[str]],
    names: dict[int, str],
    second: list[int],
    *,
    strict: bool,
) -> Drawn:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "一覧"
    for row in rows:
        sheet.append([cell or None for cell in row])
    at = next((n for n, row in enumerate(rows, 1) if "所在地・連絡先" in row), 0)
    if at:
        sheet.merge_cells(start_row=at, end_row=at, start_column=3, end_column=4)
        sheet.merge_cells(start_row=at, end_row=at, start_column=5, end_column=7)
    offices = sorted(names)
    if len(offices) > 2 and offices[1] == offices[0] + 1 and dice.random() < 0.3:
        kind = 8 if len(rows[0]) == 8 else 5
        sheet.merge_cells(start_row=offices[0], end_row=offices[1], start_column=kind, end_column=kind)  # fmt: skip
    if dice.random() < 0.2:
        sheet.cell(offices[-1], 4).value = '="0166-"&"20-0001"'
    count, apart = len(_trimmed(rows)), {("一覧", n) for n in second}
    if dice.random() < 0.4:
        other = book.create_sheet("生成の別表")
        for line in (["クラブ", "曜日"], ["生成会", "月"], ["生成会2", "火"]):
            other.append(line)
        other.sheet_state = dice.choice(("visible", "hidden"))
        count += 3
        apart |= {("生成の別表", n) for n in (1, 2, 3)}
    stream = io.BytesIO()
    book.save(stream)
    blob = stream.getvalue()
    if strict:
        with zipfile.ZipFile(io.BytesIO(blob)) as parts:
            blob = _zipped({name: _strict(parts.read(name)) for name in parts.namelist()})
    return Drawn(f"生成{seed}.xlsx", blob, count, names, "一覧", apart)


def _strict(part: bytes) -> bytes:
    here, there = b"http://schemas.openxmlformats.org/", b"http://purl.oclc.org/ooxml/"
    for usual, name in (
        (b"spreadsheetml/2006/main", b"spreadsheetml/main"),
        (b"officeDocument/2006/relationships", b"officeDocument/relationships"),
    ):
        part = part.replace(here + usual, there + name)
    return part


def _opendocument(rows: list[list[str]]) -> bytes:
    lines = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
            if cell
            else "<table:table-cell/>"
            for cell in (one.replace("\n", "</text:p><text:p>") for one in row)
        )
        + "</table:table-row>"
        for row in rows
    )
    names = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
        for short, long in (("office", "office"), ("table", "table"), ("text", "text"))
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {names} office:version="1.2">'
        '<office:body><office:spreadsheet><table:table table:name="一覧">'
        f"{lines}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
        'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry '
        'manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
        "</manifest:manifest>"
    )
    return _zipped(
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content.encode(),
            "META-INF/manifest.xml": manifest.encode(),
        }
    )


def _zipped(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in parts.items():
            out.writestr(name, content)
    return stream.getvalue()


def _json(dice: random.Random, how: str) -> Drawn:
    objects, names = [], {}
    for number in range(1, dice.randint(3, 9)):
        name = f"生成{dice.randrange(10**6)}食堂"
        objects.append(
            {
                "名称": name,
                "住所": f"{dice.choice(TOWNS)}{number}丁目1-1",
                "分類": dice.choice(list(KINDS)),
                "備考": dice.choice(REMARKS[:5]),
            }
        )
        names[number] = name
    x, y = 142.365, 43.77
    if how == "ckan":
        document = {"success": True, "result": {"records": objects, "total": len(objects)}}
    elif how == "esri":
        document = {
            "spatialReference": {"wkid": dice.choice((4326, 6668))},
            "features": [{"attributes": one, "geometry": {"x": x, "y": y}} for one in objects],
        }
    elif how == "lines":
        shapes = (
            {"type": "Point", "coordinates": [x, y]},
            {"type": "MultiPoint", "coordinates": [[x, y]]},
            {"type": "Polygon", "coordinates": [[[x, y], [x + 0.001, y], [x, y + 0.001], [x, y]]]},
        )
        lines = [
            json.dumps({"type": "Feature", "properties": one, "geometry": dice.choice(shapes)})
            for one in objects
        ]
        return Drawn("生成.geojson", "\n".join(lines).encode(), len(objects), names)
    else:
        document = objects
    return Drawn(f"生成.{how}.json", json.dumps(document).encode(), len(objects), names)
