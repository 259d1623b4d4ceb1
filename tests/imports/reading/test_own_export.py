import io
import json

import numpy as np
import openpyxl
import pandas as pd
import pytest

from geo.data.dataset import Dataset
from geo.errors import DataError, UnknownCodeError
from geo.imports.reading.headers import SHIGEN_HEADERS, TEMPLATE_HEADERS
from geo.imports.reading.service_types import FILE, match_types, read_service_types, service_types
from geo.imports.template import HEADER_ROW, LIST_SHEET, SHEET, template
from tests.generated_files import csv_of, excel_of, read

COLUMN = {role: column for column, role in enumerate(TEMPLATE_HEADERS, start=1)}


def filled(blob, *lines):
    """Return a form with lines written below its example."""
    book = openpyxl.load_workbook(io.BytesIO(blob))
    for row, line in enumerate(lines, start=HEADER_ROW + 2):
        for role, value in line.items():
            book[SHEET].cell(row, COLUMN[role], value)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


SALON = {"name": "生成サロン", "field": "居場所・交流", "location_public": "公開",
         "address": "登別市中央町6-11", "mode_place": "○", "approach_1": "○",
         "updated": "令和8年11月1日", "service_area": "この市町村;室蘭市"}  # fmt: skip


def test_an_empty_form_holds_no_rows_and_its_example_is_never_one(shipped: Dataset):
    blob = template(shipped, "012301")
    with pytest.raises(DataError, match="行がありません"):
        read(blob, "x.xlsx")
    found = read(filled(blob, SALON), "x.xlsx")
    assert found.organisations["name"].tolist() == ["生成サロン"]


def test_a_filled_form_is_read_as_its_words_say(shipped: Dataset):
    lines = [
        SALON,
        {"name": "生成の宿", "field": "女性・DV", "location_public": "非公開", "address": "登別市中央町6-12", "mode_phone": "○"},
        {"name": "生成電話", "field": "こころ・自殺対策", "location_public": "公開", "mode_phone": "○", "approach_2": "○", "service_area": "全道", "status": "休止"},
        {"name": "生成不明", "field": "ない分野", "location_public": "公開", "mode_place": "○"},
        {"name": "生成配送", "field": "食料支援", "location_public": "公開", "mode_delivery": "○", "mode_place": "○", "approach_2": "○", "approach_3": "○", "service_area": "胆振総合振興局;どこか"},
    ]  # fmt: skip
    found = read(filled(template(shipped, "012301"), *lines), "x.xlsx")
    assert found.source == "登別市「団体と支援の一覧(記入様式)」"
    assert [(each.row, each.column) for each in found.refused] == [(9, "支援の分野")]
    services = found.services.set_index("field")
    assert services.at["place", "service_area"] == ("012301", "012050")
    assert services.at["place", "approaches"] == ("1",)
    assert services.at["women", "modes"] == ("phone",)
    assert services.at["mental", "status"] == "suspended"
    assert services.at["mental", "service_area"] == ("prefecture",)
    assert services.at["food", "modes"] == ("place", "delivery")
    assert services.at["food", "service_area_note"] == "どこか"
    iburi = shipped.municipalities.index[shipped.municipalities["subprefecture"] == "胆振"]
    assert set(services.at["food", "service_area"]) == set(iburi)
    offices = found.organisations.set_index("name")
    assert offices.at["生成サロン", "checked_on"].isoformat() == "2026-11-01"
    hidden = offices.loc["生成の宿"]
    assert (hidden["municipality_code"], hidden["address"], hidden["location_public"]) == ("", "", False)  # fmt: skip
    assert "6-12" not in found.organisations.to_csv() + repr(found.repaired)


def test_the_form_has_drop_downs_of_the_words_the_reader_knows(shipped: Dataset):
    book = openpyxl.load_workbook(io.BytesIO(template(shipped, "012301")))
    assert book[LIST_SHEET].sheet_state == "hidden"
    checks = book[SHEET].data_validations.dataValidation
    assert {check.type for check in checks} == {"list"}
    columns = {str(check.sqref).split("$")[0][:2].rstrip("0123456789:") for check in checks}
    assert len(checks) == len(columns) == 4 + 5 + 3
    words = [cell.value for cell in book[LIST_SHEET]["A"] if cell.value]
    assert words[1:] == shipped.fields["name"].tolist()
    with pytest.raises(UnknownCodeError):
        template(shipped, "999999")


def test_every_field_of_the_form_has_a_standard_of_modes_and_approaches(shipped: Dataset):
    lines = [
        {"name": f"生成{field}", "field": name, "location_public": "公開"}
        for field, name in shipped.fields["name"].items()
    ]
    found = read(filled(template(shipped, "012301"), *lines), "x.xlsx")
    assert len(found.services) == len(shipped.fields)
    assert all(found.services["modes"].map(len) > 0)
    assert len(found.repaired) >= len(lines)


def exported(data: Dataset, write):
    """Return the shipped records under the headers of our own export."""
    both = data.services.reset_index().merge(
        data.organisations.reset_index(), on="organisation", suffixes=("", "_of")
    )
    both = both.assign(
        place_code=both["municipality_code"],
        town=both["municipality_code"].map(data.municipalities["name"]).fillna(""),
        location_public=both["location_public"].map({True: "公開", False: "非公開"}),
        status="現存",
        service_kind=both["kind"],
        updated=both["checked_on"].map(str),
        source=both["source_of"],
        source_date=both["source_date_of"],
        confidence=both["confidence_of"],
    )
    lines = []
    for row in both.to_dict("records"):
        line = [row[role] for role in SHIGEN_HEADERS]
        lines.append(
            [";".join(c) if isinstance(c, tuple) else "" if c != c else str(c) for c in line]
        )
    return write([list(SHIGEN_HEADERS.values()), *lines])


@pytest.mark.parametrize("write", [csv_of, excel_of])
def test_what_is_exported_comes_back_the_same(shipped: Dataset, write):
    found = read(exported(shipped, write), "x")
    assert found.format == "shigen"
    assert not found.refused
    ours, theirs = found.organisations, shipped.organisations.loc[found.organisations.index]
    assert len(ours) == shipped.services["organisation"].nunique()
    for column in theirs.columns:
        if column in ("lat", "lon"):
            assert np.array_equal(ours[column], theirs[column], equal_nan=True)
        else:
            differs = ours[column] != theirs[column]
            assert not differs.any(), (column, ours[differs][column], theirs[differs][column])
    services = found.services
    for column in ("organisation", "field", "approaches", "modes", "target", "service_area", "service_area_note"):  # fmt: skip
        assert services[column].tolist() == shipped.services.loc[services.index, column].tolist()
    capacity = shipped.services.loc[services.index, "capacity"]
    assert np.array_equal(services["capacity"], capacity, equal_nan=True)


def test_the_table_of_service_types_names_only_known_fields_and_layers(copied, shipped: Dataset):
    table, problems = read_service_types(copied, shipped.fields.index, shipped.layers.index)
    assert not problems
    assert set(table["field"]) - {""} <= set(shipped.fields.index)
    text = (copied / FILE).read_text(encoding="utf-8")
    (copied / FILE).write_text(text.replace("kaigo,訪問介護,elderly", "kaigo,訪問介護,old", 1), encoding="utf-8")  # fmt: skip
    with pytest.raises(DataError, match=r"service_types.csv 2行目 「field」列"):
        service_types(shipped, copied)


@pytest.mark.parametrize(
    ("scheme", "cell", "field"),
    [
        ("kaigo", "介護予防訪問看護", "elderly"), ("wam", "就労継続支援Ｂ型", "disability"),
        ("wam", "地域相談支援（地域移行支援）", "disability"), ("medical", "無床診療所", "health"),
        ("medical", "歯科診療所", ""), ("public", "1406", "children"), ("public", "市営プール", None),
        ("child", "放課後等デイサービス", "disability"), ("any", "子ども食堂", "food"),
        ("kaigo", "", None),
    ],
)  # fmt: skip
def test_the_longest_type_wins(shipped: Dataset, scheme, cell, field):
    table = service_types(shipped)
    row = match_types(pd.Series([cell], dtype="str"), scheme, table).iloc[0]
    assert (None if row < 0 else table["field"].iloc[row]) == field


def test_an_incoming_record_can_be_written_as_json():
    found = read(csv_of([["記録番号", "支援の番号", "名称", "支援の分野", "提供方法", "位置の精度"],
                         ["a", "a-1", "生成", "place", "来所", "地点"]]), "x.csv")  # fmt: skip
    assert found.organisations.at["a", "precision"] == ""
    json.dumps(found.services.drop(columns=["service_area"]).to_dict("records"), default=str)
