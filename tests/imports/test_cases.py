"""Reduced files of real kinds, names generated: each comes through as its README said is right."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from geo.errors import DataError
from geo.imports import importing, layers
from geo.imports.read import keep_match
from geo.imports.read import read as read_file
from geo.imports.reading import own_export
from geo.imports.reading.files import open_tables
from geo.imports.reading.heading import Chosen
from geo.imports.reading.matching import make_match
from geo.imports.reading.recognise import UnknownFormatError
from geo.records.open_data import FILE_TYPES, export
from geo.store import queries, snapshot, tables
from geo.store.database import reading
from tests.generated import WRITER
from tests.generated_files import csv_of, excel_of, read

CASES = Path(__file__).parent / "cases"
TODAY = date(2026, 11, 25)


def case(start):
    (path,) = CASES.glob(f"{start}*")
    return path


def asked(source, name="x.csv", chosen=None):
    """Return what the page asks of a file that is in no known form."""
    with pytest.raises(UnknownFormatError) as unknown:
        read(source, name, on=TODAY, chosen=chosen)
    return unknown.value


def proposed(source, name="x.csv", chosen=None, **said):
    """Read a file as the page proposes it."""
    found = asked(source, name, chosen)
    match = make_match(
        "生成の一覧",
        found.header,
        found.proposals,
        none=found.sight.head.tiers == 0,
        **said,
    )
    return read(source, name, on=TODAY, match=match, chosen=chosen)


def of(start, **said):
    path = case(start)
    return proposed(path, path.name, **said)


def mends(found):
    return [(one.row, one.column, one.reason) for one in found.repaired]


def adds_up(found, source):
    tables = open_tables(source, "x")
    json = [one.kind in ("json", "geojson") for one in tables]
    rows = sum(len(one.frame) - is_json for one, is_json in zip(tables, json, strict=True))
    taken = len(set(zip(found.services["sheet"], found.services["file_row"], strict=True)))
    assert found.rows_in_file == rows == taken + len(found.refused) + found.rows_left_out
    assert found.rows_taken == taken


def test_a_list_without_a_header_loses_no_row():
    found = asked(case("01"))
    assert found.sight.head.tiers == 0
    assert found.proposals == {
        "name": "1列目",
        "postal": "2列目",
        "address": "3列目",
        "phone": "4列目",
    }
    taken = of("01", kind="診療所")
    assert taken.organisations["name"].tolist() == ["生成内科", "生成小児科", "生成ハル医院"]
    assert taken.rows_in_file == taken.rows_taken == 3
    assert taken.headers == ("見出しなしとして読んだ",)


def test_no_row_of_values_is_a_header_for_one_word_in_it():
    rows = [
        [f"生成{n}センター", f"旭川市7条通{n}丁目{n}-1", "なし" if n == 3 else "0166-20-0001", "生活介護", "現在休止中" if n == 3 else ""]
        for n in range(1, 6)
    ]  # fmt: skip
    assert asked(csv_of(rows)).sight.head.tiers == 0
    assert proposed(csv_of(rows)).rows_taken == 5


def test_a_header_over_two_rows_is_joined_and_the_first_office_stays():
    found = asked(case("02"))
    assert found.header == (
        "番号", "名称", "運営", "所在地/郵便番号", "所在地/住所", "連絡先/電話番号", "連絡先/メール",
    )  # fmt: skip
    taken = of("02", kind="子ども食堂")
    assert taken.organisations["name"].tolist() == ["生成食堂1", "生成食堂2", "生成食堂3"]
    assert taken.organisations["address"].str.startswith("旭川市7条通").all()
    assert [(left.first, left.last, left.reason[:3]) for left in taken.left_out] == [
        (1, 1, "見出し"), (2, 2, "空の行"), (3, 4, "見出し"),
    ]  # fmt: skip
    adds_up(taken, case("02"))


TIERS = [["", "申請者", "", "事業所", ""], ["番号", "名称", "住所", "名称", "住所"]]


@pytest.mark.parametrize("write", [csv_of, excel_of])
@pytest.mark.parametrize(
    ("header", "name", "operator"),
    [
        (TIERS, "事業所/名称", "申請者/名称"),
        ([["番号", "申請者", "住所", "事業所", "住所"]], "事業所", "申請者"),
        ([["", "申請者", "住所", "事業所", "住所"]], "事業所", "申請者"),
    ],
)
def test_labels_that_are_repeated_are_told_apart_by_their_block(write, header, name, operator):
    rows = [[str(n), f"生成法人{n}", "札幌市中央区北1条西1丁目", f"生成食堂{n}", f"旭川市7条通{n}丁目1"] for n in range(1, 4)]  # fmt: skip
    blob = write([*header, *rows])
    found = asked(blob)
    assert (found.proposals["name"], found.proposals["operator"]) == (name, operator)
    taken = proposed(blob, kind="子ども食堂")
    assert taken.organisations["name"].tolist() == ["生成食堂1", "生成食堂2", "生成食堂3"]
    assert set(taken.organisations["municipality_code"]) == {"012041"}
    assert set(taken.organisations["operator"]) == {"生成法人1", "生成法人2", "生成法人3"}
    adds_up(taken, blob)


def test_a_column_of_numbers_without_a_label_hides_no_header():
    rows = [["", "名称", "住所", "電話"]]
    rows += [
        [str(n), f"生成食堂{n}", f"旭川市7条通{n}丁目1", f"0166-20-000{n}"] for n in range(1, 4)
    ]
    found = asked(csv_of(rows))
    assert found.header == ("1列目", "名称", "住所", "電話")
    assert found.header_row == 1
    assert len(proposed(csv_of(rows), kind="子ども食堂").organisations) == 3


def test_the_header_that_a_person_names_is_taken():
    rows = [["名称", "住所"], ["区分A", "区分B"], ["生成食堂", "旭川市7条通1丁目1"]]
    assert asked(csv_of(rows), chosen=Chosen(rows=(1, 2))).header == ("名称/区分A", "住所/区分B")
    assert asked(csv_of(rows), chosen=Chosen(none=True)).header == ("1列目", "2列目")
    with pytest.raises(DataError, match="見出しにできません"):
        read(csv_of(rows), "x.csv", chosen=Chosen(rows=(9, 9)))


def test_a_match_is_asked_again_when_the_file_is_another_one(engine, shipped):
    first, second = case("05a"), case("05b")
    found = asked(first, first.name)
    match = make_match(
        "生成食堂の一覧", found.header, found.proposals, kind="子ども食堂", file=first.name,
        heading=found.sight.title,
    )  # fmt: skip
    keep_match(engine, found.header, match, "生成食堂の一覧", WRITER)
    with reading(engine) as connection:
        again = read_file(connection, shipped, first.read_bytes(), first.name)
        newer = first.name.replace("05a", "20270401_05a")
        assert len(read_file(connection, shipped, first.read_bytes(), newer).organisations) == 3
        with pytest.raises(UnknownFormatError, match="生成食堂の一覧") as other:
            read_file(connection, shipped, second.read_bytes(), second.name)
    assert set(again.services["field"]) == {"food"}
    assert "生成食堂の一覧" in "".join(again.headers)
    assert other.value.kept["kind"] == "子ども食堂"


def listed(engine):
    with reading(engine) as connection:
        held = queries.rows(connection, tables.organisations)
    return set(held["name"][held["listed"] & held["name"].str.startswith("第")])


def test_two_files_of_one_publisher_do_not_unlist_each_other(engine, shipped):
    first, second = (read(case(name), case(name).name, on=TODAY) for name in ("06a", "06b"))
    assert first.source != second.source
    for one in (first, second):
        importing.apply(engine, [one], shipped, WRITER)
    assert len(listed(engine)) == 5


@pytest.mark.parametrize("whole", [False, True])
def test_a_file_that_names_nobody_of_its_source_is_another_part_until_somebody_says_not(
    engine, shipped, whole
):
    header, *lines = [
        line.split(",") for line in case("06a").read_text(encoding="utf-8-sig").splitlines()
    ]
    other = [
        [cell.replace("A00", "C00").replace("第", "第生成") for cell in line] for line in lines
    ]
    importing.apply(engine, [read(csv_of([header, *lines]), "東.csv", on=TODAY)], shipped, WRITER)
    found = read(csv_of([header, *other]), "西.csv", on=TODAY)
    planned = importing.preview(engine, found, shipped, WRITER, whole=whole)
    assert (planned.spared, len(planned.unlisted["organisations"])) == ((0, 3) if whole else (3, 0))


@pytest.mark.parametrize(("name", "rows"), [("07a", 2), ("07b", 1), ("07c", 1), ("07e", 2)])
def test_hsds_is_read_however_it_is_wrapped(name, rows):
    found = read(case(name), case(name).name, on=TODAY)
    assert found.format == "hsds"
    assert found.rows_in_file == len(found.organisations) == rows
    assert set(found.services["field"]) == {"poverty"}


def test_a_page_of_hsds_says_that_it_is_a_page():
    page = case("07a").read_bytes().replace(b'"total_items": 2', b'"total_items": 70')
    assert "全70件のうち2件" in read(page, "x.json", on=TODAY).repaired[0].reason


def test_services_of_disability_are_never_of_the_elderly():
    found = of("08")
    assert len(found.organisations) == 7
    assert set(found.services["field"]) == {"disability"}


@pytest.mark.parametrize(
    ("kinds", "fields"),
    [
        (["生活介護", "デイサービス"], ["disability", ""]),
        (["訪問介護", "デイサービス"], ["elderly", "elderly"]),
        (["障がい者デイサービス"], ["disability"]),
        (["生活介護・就労継続支援B型"], ["disability"]),
        (["小規模多機能型居宅介護", "認知症対応型共同生活介護"], ["elderly", "elderly"]),
        (["放課後児童クラブ", "放課後等デイサービス"], ["children", "disability"]),
    ],
)
def test_a_kind_is_a_whole_term_in_the_context_of_its_list(kinds, fields):
    rows = [["名称", "住所", "種別"], *([f"生成{n}", f"旭川市7条通{n + 1}丁目1", kind] for n, kind in enumerate(kinds))]  # fmt: skip
    found = proposed(csv_of(rows))
    by_row = dict(zip(found.services["file_row"], found.services["field"], strict=True))
    assert [by_row.get(row + 2, "") for row in range(len(kinds))] == fields


@pytest.mark.parametrize(
    ("column", "cell", "name", "status"),
    [
        ("廃止年月日", "令和6年3月31日", "生成食堂", "closed"),
        ("廃止年月日", "令和30年3月31日", "生成食堂", "active"),
        ("休止年月日", "2025-04-01", "生成食堂", "suspended"),
        ("閉店", "○", "生成食堂", "closed"),
        ("休止理由", "", "生成食堂", "active"),
        ("特記", "令和7年3月末で閉店しました", "生成食堂", "closed"),
        ("特記", "現在休止中", "生成食堂", "suspended"),
        ("特記", "日曜・祝日は休業", "生成食堂", "active"),
        ("特記", "閉館時間は21時", "生成食堂", "active"),
        ("特記", "", "生成食堂【閉店】", "closed"),
        ("特記", "", "【休止中】生成食堂", "suspended"),
    ],
)
def test_closed_is_closed_wherever_it_is_said(column, cell, name, status):
    rows = [["名称", "住所", "分類", column], [name, "旭川市7条通1丁目1", "子ども食堂", cell]]
    rows.append(["生成二食堂", "旭川市7条通2丁目1", "子ども食堂", ""])
    found = proposed(csv_of(rows))
    assert found.services["status"].tolist() == [status, "active"]
    if status != "active" and cell:
        assert cell in found.organisations["note"].iloc[0]
    assert column not in asked(csv_of(rows)).proposals.values() or column == "特記"


@pytest.mark.parametrize("name", ["10a", "10b"])
def test_the_delimiter_is_what_gives_every_row_the_same_width(name):
    found = of(name)
    assert found.organisations["name"].tolist() == ["生成食堂1", "生成食堂2", "生成食堂3"]
    adds_up(found, case(name))


def test_a_list_of_shelters_says_no_kind_by_its_names():
    with pytest.raises(DataError, match="4行すべて"):
        of("11")


def test_a_kind_that_is_guessed_from_a_name_is_said_for_its_row():
    found = of("05b")
    assert [row for row, _, reason in mends(found) if "名称から" in reason] == [2, 3]


def test_every_sheet_that_is_not_read_is_named_and_every_refusal_names_its_sheet():
    found = read(case("13"), case("13").name, on=TODAY)
    assert {left.sheet: left.count for left in found.left_out if left.first == 1} == {
        "認可保育所": 1, "幼稚園": 1, "学童": 2, "非表示": 2,
    }  # fmt: skip
    assert [(one.sheet, one.row) for one in found.refused] == [("幼稚園", 2)]
    adds_up(found, case("13"))
    club = proposed(case("13"), chosen=Chosen(sheet="学童"), kind="放課後児童クラブ")
    assert club.organisations["name"].tolist() == ["生成学童"]
    hidden = read(case("13"), "x.xlsx", on=TODAY, chosen=Chosen(sheet="非表示"))
    assert len(hidden.organisations) == 1


def test_telephone_numbers_get_their_zero_back_and_are_joined():
    found = of("14")
    assert found.organisations["phone"].tolist() == [
        "09012345678", "05012345678", *["0166-25-0001"] * 4, "0166250001",
    ]  # fmt: skip
    assert sorted(row for row, column, _ in mends(found) if column == "電話番号") == [*range(2, 9)]


def test_an_overline_in_a_link_is_a_tilde():
    assert of("15").organisations["url"].tolist() == [
        "http://www10.example.ne.jp/~generated/", "http://generated.example.jp",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["16a", "16b", "16c"])
def test_answers_of_servers_are_read(name):
    found = of(name)
    assert found.organisations["name"].tolist() == ["生成食堂1", "生成食堂2"]
    if name != "16a":
        assert set(found.organisations["precision"]) == {"point"}


def test_a_zip_from_a_mac_holds_one_table():
    assert len(of("17").organisations) == 2


def test_strict_open_xml_is_read_and_what_no_sheet_is_in_says_how_to_save_it():
    assert len(read(case("18a"), case("18a").name, on=TODAY).organisations) == 1
    with pytest.raises(DataError, match=r"OpenDocument.*\.xlsx"):
        read(case("18b"), case("18b").name)


def test_a_code_without_its_zero_is_the_same_key(engine, shipped):
    for name in ("19a", "19b"):
        [done] = importing.apply(engine, [read(case(name), case(name).name)], shipped, WRITER)
    assert done.counts["organisations"]["new"] == 0
    assert done.counts["organisations"]["unlisted"] == 0


def test_formulas_that_were_never_calculated_are_said():
    found = read(case("20"), case("20").name, on=TODAY)
    said = Counter((row, column) for row, column, reason in mends(found) if "計算されていない式" in reason)  # fmt: skip
    assert said == Counter(
        [(row, column) for row in (2, 3) for column in ("所在地_連結表記", "電話番号")]
    )


def test_merged_cells_are_filled_down_and_said():
    found = of("21")
    assert found.organisations["municipality_code"].tolist() == ["012041", "012041", "012297", "012297"]  # fmt: skip
    assert [row for row, _, reason in mends(found) if "結合" in reason] == [3, 5]


def test_a_sign_that_nobody_can_show_is_named():
    found = of("22")
    assert found.organisations["name"].tolist() == ["〓橋食堂", "㈱髙﨑①食堂"]
    assert [(row, column) for row, column, reason in mends(found) if "外字" in reason] == [
        (2, "名称")
    ]


def test_shapes_become_a_point_and_it_is_said():
    found = of("23")
    assert set(found.organisations["precision"]) == {"point"}
    assert [row for row, column, _ in mends(found) if column == "緯度"] == [1, 2]


def test_rough_coordinates_are_no_point_and_a_date_is_read():
    found = of("24")
    assert found.organisations["precision"].tolist() == ["address", "point", "point"]
    assert set(found.organisations["checked_on"]) == {date(2023, 4, 1)}


@pytest.mark.parametrize("label", ["緯度(日本測地系)", "緯度"])
def test_a_point_in_the_old_datum_is_moved_and_said(label):
    rows = [["名称", "住所", label, "経度", "分類", *(["測地系"] if label == "緯度" else [])]]
    rows.append(["生成食堂", "旭川市7条通1丁目1", "43.76748", "142.36868", "子ども食堂", *(["旧測地系"] if label == "緯度" else [])])  # fmt: skip
    found = proposed(csv_of([*rows, [*rows[1][:1], "旭川市7条通2丁目1", *rows[1][2:]]]))
    assert found.organisations["lat"].iloc[0] == pytest.approx(43.77, abs=5e-4)
    assert found.organisations["lon"].iloc[0] == pytest.approx(142.365, abs=5e-4)
    assert any("日本測地系" in reason for _, _, reason in mends(found))


def test_a_date_that_cannot_be_read_is_never_today():
    rows = [
        ["名称", "住所", "分類", "更新日"],
        ["生成一", "旭川市7条通1丁目1", "子ども食堂", "先月"],
    ]
    with pytest.raises(DataError, match="日付として読めません"):
        proposed(csv_of(rows))
    rows.append(["生成二", "旭川市7条通2丁目1", "子ども食堂", "令和6年2月"])
    assert set(proposed(csv_of(rows)).organisations["checked_on"]) == {date(2024, 2, 1)}


def test_an_answer_of_a_catalogue_says_what_it_is():
    with pytest.raises(DataError, match="データカタログの検索の答え"):
        read(case("25"), case("25").name)


def test_what_is_suspended_or_closed_comes_in_with_its_state():
    assert of("27").services["status"].tolist() == ["active", "suspended", "closed"]


@pytest.mark.slow
@pytest.mark.parametrize("form", FILE_TYPES)
def test_what_is_suspended_or_closed_is_exported_with_its_state(engine, shipped, form):
    importing.apply(engine, [of("27")], shipped, WRITER)
    data = snapshot.current()
    names = {"生成食堂1": "active", "生成食堂2": "suspended", "生成食堂3": "closed"}
    assert set(names) & set(data.organisations["name"]) == {"生成食堂1"}  # the rest is no supply
    blob = export(data, form, {}, TODAY)
    back = own_export.read(open_tables(blob, "x"))
    offices = back.organisations["name"][back.organisations["name"].isin(names)]
    states = back.services["status"][back.services["organisation"].isin(offices.index)]
    found = dict(zip(back.services["organisation"].map(offices)[states.index], states, strict=True))
    assert found == names
    [again] = importing.apply(engine, [back], data, WRITER)
    assert again.change is None


def test_a_hidden_place_that_has_closed_is_exported_without_where_it_stood(engine, shipped):
    rows = [
        ["名称", "住所", "分類", "状態"],
        ["生成の家", "旭川市7条通9丁目77-7", "シェルター", "廃止"],
    ]
    importing.apply(engine, [proposed(csv_of([*rows, ["生成", "旭川市7条通1丁目1", "子ども食堂", ""]]))], shipped, WRITER)  # fmt: skip
    blob = export(snapshot.current(), "csv", {}, TODAY).decode("utf-8-sig")
    (line,) = [line for line in blob.splitlines() if "生成の家" in line]
    assert "廃止" in line
    assert "旭川" not in line
    assert "77-7" not in line


def test_a_list_of_one_kind_completes_that_kind_alone(shipped):
    found = read(case("28"), case("28").name, on=TODAY)
    assert layers.completed(found, shipped) == (("shogai", "共同生活援助"),)


def test_columns_that_are_not_used_are_listed_with_how_full_they_are():
    rows = [["名称", "住所", "分類", "園長名", "管理者TEL"], *([f"生成{n}", f"旭川市7条通{n}丁目1", "子ども食堂", "", "0166-20-0001"] for n in range(1, 4))]  # fmt: skip
    unused = {one.label: (one.filled, one.rows) for one in proposed(csv_of(rows)).unused}
    assert unused["園長名"] == (0, 3)


def test_totals_notes_and_a_second_table_are_left_out_with_their_reason():
    rows = [["名称", "住所", "分類"], ["生成一", "旭川市7条通1丁目1", "子ども食堂"], ["", "", ""]]
    rows += [["合計", "1件", ""], ["※ 令和8年4月1日現在", "", ""]]
    rows += [["施設名", "電話番号", "定員", "備考"], ["生成別", "0166-20-0001", "3", ""]]
    found = proposed(csv_of(rows))
    assert [(left.first, left.count, left.reason[:2]) for left in found.left_out] == [
        (1, 1, "見出"), (3, 1, "空の"), (4, 1, "合計"), (5, 1, "表の"), (6, 2, "2つ"),
    ]  # fmt: skip
    adds_up(found, csv_of(rows))
