import io
import json

import numpy as np
import openpyxl
import pandas as pd

from geo.data.spreadsheet import harmless, to_csv, to_excel, to_json
from geo.maps.colours import RULE

TABLE = pd.DataFrame(
    {
        "name": ["=cmd|' /C calc'!A0", "+1", "-1", "@x", "\t=1", "普通の町"],
        "minutes": [1.5, np.nan, -3.0, 0.0, 2.0, 60.0],
        "robust": [True, False, True, False, True, False],
        "areas": [("a", "b"), (), ("=1",), (), (), ()],
    }
)


def test_text_that_a_spreadsheet_would_run_gets_a_quote_and_numbers_stay_numbers():
    assert [harmless(cell) for cell in TABLE["name"]][:5] == [f"'{c}" for c in TABLE["name"][:5]]
    assert harmless(-3.0) == -3.0
    csv = pd.read_csv(io.StringIO(to_csv(TABLE)), dtype=str)
    assert csv["name"].str.startswith("'").tolist() == [True] * 5 + [False]
    assert csv["minutes"].tolist()[2] == "-3.0"
    assert csv["robust"].tolist()[:2] == ["true", "false"]
    assert csv["areas"].tolist()[0] == "a;b"


def test_excel_holds_texts_not_formulas_and_ends_with_the_sources():
    book = openpyxl.load_workbook(
        io.BytesIO(to_excel({"表": TABLE}, ["出典: 総務省", "=1+1"], head=RULE))
    )
    assert book.sheetnames == ["表", "出典"]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    assert book["出典"]["A1"].value == "出典: 総務省"
    assert book["表"]["B2"].value == 1.5
    assert book["表"]["B3"].value is None


def test_control_characters_do_not_break_the_workbook():
    table = pd.DataFrame({"a": ["x\x00y\x0b"]})
    book = openpyxl.load_workbook(io.BytesIO(to_excel({"t": table}, [], head=RULE)))
    assert book["t"]["A2"].value == "xy"


def test_json_keeps_japanese_and_says_null():
    rows = json.loads(to_json(TABLE))
    assert rows[5]["name"] == "普通の町"
    assert rows[1]["minutes"] is None


def test_bom_is_for_spreadsheets_only():
    assert to_csv(TABLE, for_spreadsheet=True).startswith("\ufeff")
    assert not to_csv(TABLE).startswith("\ufeff")
