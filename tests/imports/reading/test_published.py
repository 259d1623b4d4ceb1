import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.data.schema import ORGANISATION_COLUMNS, SERVICE_COLUMNS
from geo.data.vocabulary import STATUSES
from geo.errors import DataError
from geo.imports.reading import headers
from geo.imports.reading.matching import make_match
from geo.imports.reading.published import edition_of_name
from geo.imports.reading.recognise import UnknownFormatError
from tests.generated_files import (
    HEADERS,
    STANDARD_PUBLIC,
    csv_of,
    excel_of,
    geojson_of,
    read,
    rows_of,
)

TODAY = date(2026, 11, 24)
FORMATS = {
    "kaigo": "kaigo", "wam": "wamnet", "medical": "hokkaido_medical", "child": "standard_child",
    "public": "standard_public", "care": "standard_kaigo", "program": "standard_program",
    "clinic": "standard_medical", "consumer": "kokusen",
}  # fmt: skip
OURS = {"shigen", "template"}  # tried in test_own_export


def incoming(kind, *changes, name="x.csv", **options):
    return read(csv_of(rows_of(kind, changes or ({},))), name, on=TODAY, **options)


def reasons(found):
    return [(each.row, each.reason) for each in found.refused]


@pytest.mark.parametrize("kind", HEADERS)
@pytest.mark.parametrize("write", [csv_of, lambda rows: csv_of(rows, "cp932"), excel_of])
def test_each_published_form_is_recognised_by_content(kind, write):
    found = read(write(rows_of(kind)), "一覧.dat", on=TODAY)
    assert found.format == FORMATS[kind]
    assert found.rows_read == len(found.organisations) == 1
    assert not found.refused
    # A list of public places has no kind of support: its names hint at it, and that is said of the
    # column where a kind would stand, by the name that it has in the file.
    assert {each.column for each in found.repaired} == (
        {"POIコード"} if kind == "public" else set()
    )
    assert found.organisations["municipality_code"].tolist() == ["012301"]
    assert found.organisations["file_row"].tolist() == [2]


def test_every_form_that_is_read_is_tried():
    assert {form.key for form in headers.FORMATS} - OURS == set(FORMATS.values())
    assert set(FORMATS) == set(HEADERS)


def test_the_frames_have_the_columns_of_the_dataset():
    found = incoming("kaigo")
    assert found.organisations.index.name == "organisation"
    assert [*found.organisations] == [*list(ORGANISATION_COLUMNS)[1:], "file_row", "sheet"]
    assert found.services.index.name == "service"
    assert [*found.services] == [*list(SERVICE_COLUMNS)[1:], "file_row", "sheet", "status"]
    service = found.services.iloc[0]
    assert service["organisation"] == "kaigo-0173300001"
    assert (service["field"], service["modes"]) == ("elderly", ("outreach",))
    assert found.organisations["precision"].tolist() == ["point"]
    assert found.licence == "CC BY 4.0"


def test_header_variants_and_description_rows_above():
    rows = rows_of("child")
    variants = {
        "名称_カナ": "名称_ｶﾅ", "所在地_連結表記": "所在地_連結標記", "建物名等(方書)": "建物名等（方書）",
        "名称": "名称（必須）", "電話番号": "電話 番号",
    }  # fmt: skip
    rows[0] = [variants.get(name, name) for name in rows[0]]
    above = [["子育て施設一覧", "令和8年4月1日現在"], [], ["※ 赤字は必須", ""]]
    for write in (csv_of, excel_of):
        found = read(write([*above, *rows]), "x", on=TODAY)
        assert found.format == "standard_child"
        assert found.organisations["file_row"].tolist() == [5]


def test_geojson_gives_the_point_of_its_geometry():
    found = read(geojson_of(rows_of("child")), "x.geojson", on=TODAY)
    assert found.format == "standard_child"
    assert found.organisations[["lat", "lon"]].to_numpy().tolist() == [[42.4128, 141.1066]]
    assert found.organisations["file_row"].tolist() == [1]


def test_one_office_with_several_services_is_one_organisation():
    found = incoming(
        "kaigo",
        {"サービスの種類": "訪問介護"},
        {"サービスの種類": "居宅介護支援", "電話番号": ""},
        {"サービスの種類": "訪問介護"},
    )
    assert len(found.organisations) == 1
    assert len(found.services) == 2
    assert reasons(found) == [(4, "2行目と同じ団体・同じ支援です")]
    assert incoming("care").services["target"].tolist() == [
        "訪問介護(介護が必要な高齢者)", "居宅介護支援(介護が必要な高齢者)",
    ]  # fmt: skip


def test_one_number_of_wam_net_may_be_several_offices():
    found = incoming("wam", {"事業所の名称": "生成甲"}, {"事業所の名称": "生成乙"})
    assert len(found.organisations) == 2
    again = incoming("wam", {"事業所の名称": "生成乙"})
    assert again.organisations.index[0] in found.organisations.index


def test_keys_do_not_depend_on_the_order_of_the_rows():
    places = ["中央町6-11", "幌別町3-1", "片倉町2-2"]
    changes = [{"事業所住所（番地以降）": place} for place in places]
    there = incoming("wam", *changes).organisations
    back = incoming("wam", *reversed(changes)).organisations
    assert there["address"].to_dict() == back["address"].to_dict()
    assert len(there) == 3


def test_each_file_of_one_kind_is_a_source_of_its_own():
    titles = {
        incoming("kaigo", {"サービスの種類": kind}).source for kind in ("訪問介護", "通所介護")
    }
    assert len(titles) == 2
    assert "登別市" in incoming("child").source


def test_a_code_that_names_the_publisher_is_not_the_place():
    found = incoming("medical", {"市町村": "室蘭市", "所在地": "室蘭市幸町1-2"})
    assert found.organisations["municipality_code"].tolist() == ["012050"]
    found = incoming("wam", {"都道府県コード又は市区町村コード": "01202", "指定機関名": "函館市"})
    assert found.organisations["municipality_code"].tolist() == ["012301"]


def test_lost_zeros_are_repaired_and_said():
    found = incoming("kaigo", {"都道府県コード又は市町村コード": "12301", "事業所番号": "173300001", "電話番号": "143000000"})  # fmt: skip
    assert found.organisations.index.tolist() == ["kaigo-0173300001"]
    assert found.organisations["phone"].tolist() == ["0143000000"]
    assert {each.value for each in found.repaired} == {"12301", "143000000"}


@pytest.mark.parametrize(
    ("lat", "lon", "precision", "words"),
    [
        ("42.4128", "141.1066", "point", None),
        ("141.1066", "42.4128", "point", "入れ替わって"),
        ("0", "0", "address", "座標が0"),
        ("", "", "address", None),
        ("34.3853", "132.4553", "address", "北海道の外"),
        ("43.0621", "141.3544", "address", "別の市町村"),
        ("42.4128", "", "address", "片方"),
        ("北緯42度", "東経141度", "address", "数として"),
        ("42°24′46″", "141°06′24″", "point", None),
        ("42.4001", "141.1201", "point", "岸に寄せた"),
        ("42.20", "141.30", "address", "海にあり"),
    ],
)
def test_coordinates_are_used_only_where_they_agree_with_the_town(lat, lon, precision, words):
    found = incoming("kaigo", {"緯度": lat, "経度": lon})
    office = found.organisations.iloc[0]
    assert office["precision"] == precision
    assert (office["lat"] == office["lat"]) == (precision == "point")
    assert office["municipality_code"] == "012301"
    notes = [each.reason for each in found.repaired]
    assert len(notes) == (words is not None)
    assert words is None or words in notes[0]


def test_kitahiroshima_is_not_placed_in_hiroshima():
    place = {"市区町村名": "北広島市", "住所": "北海道北広島市中央4-2-1", "緯度": "34.39", "経度": "132.45",
             "都道府県コード又は市町村コード": "012343"}  # fmt: skip
    found = incoming("kaigo", place)
    assert found.organisations["municipality_code"].tolist() == ["012343"]
    assert found.organisations["lat"].isna().all()


def test_a_point_without_an_address_says_its_town():
    found = incoming("child", {"所在地_連結表記": "", "所在地_全国地方公共団体コード": "", "全国地方公共団体コード": "", "地方公共団体名": ""})  # fmt: skip
    assert found.organisations["municipality_code"].tolist() == ["012301"]
    assert "座標による" in found.repaired[0].reason


@pytest.mark.parametrize(
    ("status", "note", "expected"),
    [
        ("現存", "", "active"), ("休止", "", "suspended"), ("廃止", "", "closed"),
        ("", "現在休止中", "suspended"), ("", "休止日は水曜", "active"), ("", "定休日: 水曜", "active"),
        ("", "", "active"),
    ],
)  # fmt: skip
def test_what_is_suspended_or_closed_is_told_apart(status, note, expected):
    found = incoming("medical", {"現存・休止": status, "備考": note})
    assert found.services["status"].tolist() == [expected]
    assert expected in STATUSES


@pytest.mark.parametrize(
    ("cell", "kind", "capacity"),
    [("20", "通所介護", 20), ("20名", "通所介護", 20), ("0", "通所介護", None), ("", "通所介護", None), ("30", "訪問介護", None), ("0143000000", "通所介護", None)],
)  # fmt: skip
def test_a_capacity_of_zero_or_of_a_visiting_service_is_none(cell, kind, capacity):
    found = incoming("kaigo", {"定員": cell, "サービスの種類": kind}).services["capacity"].iloc[0]
    assert found == capacity or (capacity is None and found != found)


def test_mail_and_telephone_are_no_web_address():
    for cell in ("info@example.jp", "0143-00-0000"):
        found = incoming("kaigo", {"URL": cell})
        assert found.organisations["url"].tolist() == [""]
        assert "URLではない" in found.repaired[0].reason


def test_a_file_of_another_prefecture_is_refused_with_the_count():
    away = {"都道府県名": "青森県", "市区町村名": "八戸市", "住所": "青森県八戸市内丸1", "都道府県コード又は市町村コード": "022039"}  # fmt: skip
    with pytest.raises(DataError, match=r"2行すべてが.*青森県.*2行"):
        incoming("kaigo", away, {**away, "事業所番号": "0270000002"})
    mixed = incoming("kaigo", away, {})
    assert reasons(mixed) == [(2, "北海道の外(青森県)です")]
    assert len(mixed.organisations) == 1


def test_a_list_of_the_nation_gives_its_rows_of_hokkaido_by_the_number_of_the_prefecture():
    number = "都道府県コード（JIS X 0401）"
    # There is a 清水町 in Hokkaido, too.
    away = {number: "22", "所在地１": "清水町3-5", "消費生活センター名": "生成静岡"}
    near = {
        number: "1",
        "所在地１": "北海道室蘭市幸町1-2",
        "所在地２": "",
        "消費生活センター名": "生成室蘭",
    }
    found = incoming("consumer", away, near, {})
    assert reasons(found) == [(2, "北海道の外(静岡県)です")]
    assert found.refused[0].column == number
    assert found.organisations["municipality_code"].tolist() == ["012050", "012301"]
    assert found.organisations["address"].tolist() == [
        "室蘭市幸町1-2", "登別市中央町6丁目11番地生成会館1階",
    ]  # fmt: skip


def test_consumer_centres_count_for_justice_by_their_kind(shipped):
    found = incoming(
        "consumer", {}, {"消費生活センター区分": "相談窓口", "消費生活センター名": "生成窓口"}
    )
    assert set(found.services["field"]) == {"justice"}
    assert set(found.services["modes"]) == {("place", "phone")}
    assert found.organisations["phone"].tolist() == ["0143-00-0000"] * 2
    assert found.source == "独立行政法人国民生活センター「全国の消費生活センター等 一覧」"
    assert found.organisations["note"].tolist() == ["市区町村センター", "相談窓口"]
    # The layer of consumer centres takes them as soon as the ledger has it.
    layer = "shouhi" if "shouhi" in shipped.layers.index else "other"
    assert set(found.organisations["layer"]) == {layer}
    with pytest.raises(DataError, match="どの分野か分からない"):
        incoming("consumer", {"消費生活センター区分": "支所"})


def test_a_standard_file_of_another_prefecture_is_seen_by_its_code():
    place = {
        "全国地方公共団体コード": "72133", "地方公共団体名": "伊達市", "所在地_連結表記": "鹿島町1",
        "所在地_全国地方公共団体コード": "", "緯度": "", "経度": "",
    }  # fmt: skip
    with pytest.raises(DataError, match="北海道の外"):
        incoming("child", place)
    found = incoming("child", {**place, "所在地_連結表記": "北海道登別市中央町6-11"})
    assert found.organisations["municipality_code"].tolist() == ["012301"]


def test_each_refused_row_has_its_row_column_value_and_reason():
    found = incoming(
        "kaigo",
        {},
        {"事業所名": "", "事業所番号": "0173300002"},
        {"サービスの種類": "謎のサービス", "事業所番号": "0173300003"},
        {"住所": "札幌市中央区北1条西2", "事業所番号": "0173300004"},
        {"事業所名": "あ" * 30_000, "事業所番号": "0173300005"},
        {"住所": "北海道架空町1", "市区町村名": "", "都道府県コード又は市町村コード": "", "緯度": "", "事業所番号": "0173300006"},
    )  # fmt: skip
    told = {each.row: (each.column, each.reason) for each in found.refused}
    assert told[3] == ("事業所名", "名称が空欄です")
    assert told[4][0] == "サービスの種類"
    assert "合いません" in told[5][1]
    assert told[6] == ("事業所名", "セルが長すぎます")
    assert "架空町" in told[7][1]
    assert found.rows_read == 6 == len(found.refused) + found.organisations["file_row"].nunique()
    assert all(len(each.value) <= 100 for each in found.refused)


def test_a_merged_town_is_named_as_such():
    found = incoming("medical", {"市町村": "", "所在地": "静内郡静内町御幸町1"})
    assert found.organisations["municipality_code"].tolist() == ["016101"]
    assert "2006年3月" in found.repaired[0].reason


def test_dental_clinics_are_known_and_not_counted():
    found = incoming("medical", {"医療機関の種類": "歯科診療所"}, {})
    assert "数えない" in found.refused[0].reason
    assert len(found.organisations) == 1


def test_a_standard_table_that_lists_no_support_is_refused():
    rows = [["全国地方公共団体コード", "ID", "名称", "所在地_連結表記", "設置位置"],
            ["012301", "1", "生成公民館", "登別市中央町6-11", "玄関"]]  # fmt: skip
    with pytest.raises(DataError, match="支援の台帳ではない"):
        read(csv_of(rows), "aed.csv")


def test_hostile_text_stays_text():
    evil = "=cmd|'/C calc'!A0<script>{{ 7*7 }}\u202e"
    found = incoming("kaigo", {"事業所名": evil})
    assert found.organisations["name"].tolist() == [evil.removesuffix("\u202e")]
    assert found.repaired[0].reason == "見えない文字を除いた"


def test_a_shelter_never_shows_where_it_is():
    found = incoming("public", {"名称": "生成母子生活支援施設"}, {"名称": "生成DVシェルター", "所在地_連結表記": "登別市知らない1", "ID": "2"})  # fmt: skip
    assert not found.organisations["location_public"].any()
    assert found.organisations["municipality_code"].tolist() == [""] * len(found.organisations)
    for text in (found.organisations.to_csv(), found.services.to_csv(), repr(found.repaired), repr(found.refused)):  # fmt: skip
        assert "中央町" not in text
        assert "知らない" not in text


def test_a_programme_serves_the_towns_it_names_and_ends_with_its_date():
    found = incoming("program", {"対象地域群": "登別市;室蘭市"}, {"制度番号": "2", "受付終了日": "2020-03-31", "対象地域群": ""})  # fmt: skip
    assert found.services["service_area"].tolist() == [("012301", "012050"), ("012301",)]
    assert found.services["status"].tolist() == ["active", "closed"]


@pytest.mark.parametrize(
    ("name", "edition"),
    [
        ("sfkopendata_202503_11.csv", "2025-03-31"), ("jigyosho_110_all_20260709180342.csv", "2026-06-30"),
        ("jigyosho_110_all_20250106.csv", "2024-12-31"), ("jigyosho_110.csv", ""),
        ("012301_public_20260401.csv", "2026-04-01"), ("sfkopendata_202513_11.csv", ""), ("一覧.csv", ""),
    ],
)  # fmt: skip
def test_the_edition_is_read_from_the_name(name, edition):
    assert edition_of_name(name) == edition


UNKNOWN = [["団体の名前", "場所", "でんわ", "どんなところ"], ["生成の会", "登別市中央町6-11", "0143-00-0000", "居場所"],
           ["生成サロン", "室蘭市幸町1-2", "0143-11-1111", "サロン"]]  # fmt: skip


def test_an_unknown_table_comes_with_its_header_and_proposals():
    with pytest.raises(UnknownFormatError) as caught:
        read(csv_of([["私たちの一覧", ""], *UNKNOWN]), "x.csv")
    error = caught.value
    assert error.header == tuple(UNKNOWN[0])
    assert error.header_row == 2
    assert error.proposals["address"] == "場所"
    assert error.proposals["phone"] == "でんわ"
    assert error.sample.iloc[0, 0] == "生成の会"


def test_a_kept_match_reads_the_table_and_survives_json():
    columns = {"name": "団体の名前", "address": "場所", "phone": "でんわ", "kind": "どんなところ"}
    match = make_match("生成の一覧", tuple(UNKNOWN[0]), columns, publisher="登別市")
    match = json.loads(json.dumps(match))
    found = read(csv_of(UNKNOWN), "x.csv", match=match, on=TODAY)
    assert found.source == "登別市「生成の一覧」"
    assert found.services["field"].tolist() == ["place", "place"]
    assert found.organisations["municipality_code"].tolist() == ["012301", "012050"]
    with pytest.raises(DataError, match="見出し"):
        read(csv_of([["a", "b"], ["1", "2"]]), "x.csv", match=match)
    with pytest.raises(DataError, match="読めません"):
        read(csv_of(UNKNOWN), "x.csv", match={"version": 99})
    with pytest.raises(DataError, match="名称の列"):
        make_match("x", ("a", "b"), {"address": "a"})


HSDS = {
    "id": "5f1f7b5e-0000-4000-8000-000000000001", "name": "生成の相談", "status": "active",
    "assured_date": "2026-10-01",
    "organization": {"id": "o1", "name": "生成の会", "description": "x"},
    "attributes": [{"taxonomy_term": {"id": "t", "code": "hikikomori", "name": "ひきこもり"}}],
    "service_areas": [{"id": "a", "name": "全道"}],
    "service_at_locations": [{"id": "l", "location": {
        "id": "p1", "location_type": "physical", "latitude": 42.4128, "longitude": 141.1066,
        "addresses": [{"address_1": "中央町6-11", "city": "登別市", "state_province": "北海道",
                       "postal_code": "059-0012", "country": "JP", "address_type": "physical"}],
        "phones": [{"number": "0143-00-0000"}]}}],
}  # fmt: skip


def test_hsds_services_are_read_with_place_terms_and_area():
    closed = HSDS | {
        "id": "2",
        "status": "defunct",
        "organization": {"id": "o2", "name": "生成の終"},
    }
    found = read(json.dumps([HSDS, closed]).encode(), "x.json", on=TODAY)
    assert (found.format, found.rows_read) == ("hsds", 2)
    office = found.organisations.iloc[0]
    assert (office["name"], office["municipality_code"], office["precision"]) == ("生成の会", "012301", "point")  # fmt: skip
    assert office["checked_on"] == date(2026, 10, 1)
    assert found.services["field"].tolist() == ["hikikomori"] * 2
    assert found.services["status"].tolist() == ["active", "closed"]
    assert found.services["service_area"].iloc[0] == ("prefecture",)


def test_sheets_that_are_not_read_are_named():
    book = excel_of(rows_of("public"), more=[("集計", [["a", "b"], ["1", "2"]]), ("2枚目", rows_of("public", [{"ID": "2", "名称": "生成公民館"}]))])  # fmt: skip
    found = read(book, "x.xlsx", on=TODAY)
    assert len(found.organisations) == 2
    assert [each.value for each in found.repaired if each.column == "シート"] == ["集計"]


hostile = st.text(max_size=15) | st.sampled_from(["0", "=1+1", "\0", "\u202e", "９９", "1e308", "nan", "-1", "休止", "北海道", "登別市", "12301"])  # fmt: skip


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(sorted(set(STANDARD_PUBLIC) - {""})), hostile, max_size=6), min_size=1, max_size=4))  # fmt: skip
def test_whatever_stands_in_the_cells_every_row_is_kept_or_refused(changes):
    changes.append({"ID": "終", "名称": "生成児童館終"})
    found = incoming("public", *changes)
    refused, kept = {each.row for each in found.refused}, set(found.services["file_row"])
    assert len(refused) == len(found.refused)
    assert not refused & kept
    assert refused | kept == set(range(2, found.rows_read + 2))
    assert set(found.services["organisation"]) == set(found.organisations.index)
    assert found.organisations.index.is_unique
    assert found.services.index.is_unique
    point = found.organisations["precision"].isin(["point", "block"])
    assert (point == found.organisations["lat"].notna()).all()
