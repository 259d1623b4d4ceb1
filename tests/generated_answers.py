"""Generated answers of a survey round: letters filled in as a town would; no name is real."""

import io
from datetime import date

import openpyxl

from geo.documents.mailing import one_letter
from geo.imports.letter import CHECK, FIELDS, HEADER_ROW, NEW
from geo.imports.reading import answers
from geo.imports.reading.headers import TEMPLATE_HEADERS
from geo.plans.round import with_before
from geo.records import rounds
from geo.store.rounds import Round
from tests.generated import WRITER

TODAY = date.today()
DAY = TODAY.isoformat()
IBURI = "胆振"


def open_one(engine, data, codes=None, fields=("food", "place"), name="生成の調査回"):
    codes = codes or data.municipalities.index[data.municipalities["subprefecture"] == IBURI]
    asked = Round("", name, TODAY, TODAY, IBURI, tuple(codes), tuple(fields), "生成の部署", "0000")
    return rounds.start(engine, data, with_before(data, asked), WRITER)


class Letter:
    """One letter, to be filled in by the words on its sheets."""

    def __init__(self, data, round_, code):
        self.book = openpyxl.load_workbook(io.BytesIO(one_letter(data, round_, code)))

    def sheet(self, name):
        sheet = self.book[name]
        return sheet, {cell.value: cell.column for cell in sheet[HEADER_ROW]}

    def rows(self, name):
        sheet, columns = self.sheet(name)
        for row in range(HEADER_ROW + 1, sheet.max_row + 1):
            yield row, {label: sheet.cell(row, n).value or "" for label, n in columns.items()}

    def check(self, row, verdict, **cells):
        sheet, columns = self.sheet(CHECK)
        sheet.cell(row, columns[answers.VERDICT], verdict)
        for name, cell in cells.items():
            sheet.cell(row, columns[answers.EDITED[name]], cell)
        return self

    def check_all(self, verdict=answers.SAME):
        for row, _ in list(self.rows(CHECK)):
            self.check(row, verdict)
        return self

    def add(self, place, **cells):
        sheet, columns = self.sheet(NEW)
        usual = {
            "field": "食料支援",
            "location_public": "公開",
            "mode_place": "○",
            "approach_1": "○",
        }
        for role, cell in (usual | cells).items():
            sheet.cell(HEADER_ROW + 1 + place, columns[TEMPLATE_HEADERS[role]], cell)
        return self

    def look(self, field, result, on=DAY, by="生成の係", source="生成の聞き取り"):
        sheet, columns = self.sheet(FIELDS)
        for row, cells in list(self.rows(FIELDS)):
            if cells[answers.FIELD] == field:
                for label, cell in ((answers.RESULT, result), (answers.ON, on), (answers.BY, by), (answers.SOURCE, source)):  # fmt: skip
                    sheet.cell(row, columns[label], cell)
        return self

    def bytes(self):
        stream = io.BytesIO()
        self.book.save(stream)
        return stream.getvalue()
