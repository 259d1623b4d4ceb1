import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.addresses import WAYS, foreign_addresses, measure, real_addresses
from geo.data.dataset import Dataset
from geo.imports.places import postal
from geo.imports.places.addresses import code_from_cell, resolve
from geo.imports.places.gazetteer import former_municipalities, names_by_code

NOBORIBETSU, OTARU, KITAMI, SAPPORO = "012301", "012033", "012084", "011002"


def test_japan_post_names_the_same_179_municipalities(shipped: Dataset):
    assert names_by_code() == shipped.municipalities["name"].to_dict()


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("北海道札幌市中央区北1条西2丁目", SAPPORO),
        ("札幌市厚別区もみじ台", SAPPORO),
        ("札幌中央区北1西2", SAPPORO),
        ("北海道中央区北1条", SAPPORO),
        ("〒059-0012 登別市中央町6丁目11番地", NOBORIBETSU),
        ("059-0012", NOBORIBETSU),
        ("北海道　登別市　中央町６－１１", NOBORIBETSU),
        ("ニ海郡八雲町住初町138", "013463"),
        ("山越郡八雲町本町", "013463"),
        ("森町字御幸町144-1", "013455"),
        ("茅部郡森町", "013455"),
        ("上川郡新得町", "016357"),
        ("釧路町別保1", "016616"),
        ("釧路市黒金町7", "012068"),
        ("北広島市中央4-2-1", "012343"),
        ("古宇郡泊村大字茅沼村", "014036"),
        ("泊村大字茅沼村", "014036"),
        ("北海道空知総合振興局管内岩見沢市鳩が丘", "012106"),
        ("清水町南4条2丁目", "016365"),
        ("伊達市鹿島町20-1", "012335"),
        ("函館市追分町2", "012025"),
        ("静内郡静内町御幸町", "016101"),
    ],
)
def test_the_municipality_of_an_address(address, code):
    found = resolve(address)
    assert (found.code, found.reason) == (code, "")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "空欄"),
        ("中央町6丁目11番地", "市町村名がありません"),
        ("中央区北1条西2", "区だけ"),
        ("清水町3-5", "静岡県"),
        ("伊達市保原町1", "福島県"),
        ("伊達市", "決められません"),
        ("東川町12-3", "ほかの市の町名"),
        ("追分町12-3", "ほかの市の町名"),
        ("青森県八戸市内丸1", "北海道の外"),
        ("盛岡市内丸1", "北海道にない"),
        ("広島市中区", "広島県"),
        ("石狩郡新得町", "北海道にありません"),
        ("北海道架空町1", "北海道にありません"),
        ("国後郡泊村", "北方領土"),
        ("日高郡日高町", "和歌山県"),
    ],
)
def test_what_could_be_two_places_or_none_is_refused_with_its_reason(address, words):
    found = resolve(address)
    assert found.code == ""
    assert words in found.reason


def test_every_merged_town_leads_to_its_successor_and_says_so():
    towns = former_municipalities()
    assert len(towns[towns["name"] != "八雲町"]) == 40
    for row in towns.itertuples():
        found = resolve(f"北海道{row.county}{row.name}1番地")
        assert found.code == row.successor_code
        assert row.name in found.note
    assert "2006年3月" in resolve("常呂郡常呂町字常呂323").note


def test_the_town_of_the_same_row_helps_and_contradicts():
    assert resolve("清水町3-5", context=OTARU).code == OTARU
    assert resolve("常呂町字常呂323", context=KITAMI).code == KITAMI
    assert resolve("中央町6-11", context=NOBORIBETSU).code == NOBORIBETSU
    assert "合いません" in resolve("札幌市中央区北1条", context=KITAMI).reason
    assert resolve("青森県青森市1", context=KITAMI).foreign == "青森県"


def test_a_publisher_helps_but_never_contradicts():
    assert resolve("中央町6-11", publisher=NOBORIBETSU).code == NOBORIBETSU
    beyond = resolve("室蘭市幸町1", publisher=NOBORIBETSU)
    assert beyond.code == "012050"
    assert "登別市" in beyond.note


def test_a_postal_code_of_another_town_is_noted_and_the_address_holds():
    found = resolve("登別市中央町6-11", postal_code="051-0022")
    assert found.code == NOBORIBETSU
    assert "郵便番号" in found.note
    assert resolve("", postal_code="590012").code == NOBORIBETSU  # Excel dropped its zero
    assert resolve("", postal_code="100-0001").reason


@pytest.mark.parametrize(
    ("cell", "name", "code"),
    [
        ("012301", "", NOBORIBETSU),
        ("12301", "", NOBORIBETSU),  # its own check digit proves the lost zero
        ("01230", "登別市", NOBORIBETSU),  # a check digit can be added, and the name proves it
        ("1230", "登別市", NOBORIBETSU),
        ("1230", "", ""),
        ("12301", "伊達市", ""),
        ("12301", "八戸市", ""),
        ("012302", "登別市", ""),  # a wrong check digit
        ("13101", "", ""),
        ("131016", "", "131016"),
        ("010006", "", ""),
        ("12335", "伊達市", "012335"),
        ("012301.0", "登別市", NOBORIBETSU),
        ("なし", "", ""),
    ],
)
def test_a_code_is_repaired_only_where_something_proves_it(cell, name, code):
    assert code_from_cell(cell, name)[0] == code


def test_real_addresses_come_out_right_however_they_are_written():
    lines = random.Random(7).sample(real_addresses(), 600)
    asked = right = 0
    for way in WAYS.values():
        count, good, _, wrong = measure(lines, way)
        assert not wrong
        asked, right = asked + count, right + good
    assert right / asked >= 0.995


def test_no_address_of_another_prefecture_is_taken_for_hokkaido():
    for address in random.Random(7).sample(foreign_addresses(), 4000):
        assert resolve(address).code == "", address


def test_a_neighbourhood_is_never_silently_another_municipality():
    for each in postal.hokkaido():
        if each.neighbourhood and each.code in names_by_code():
            found = resolve(f"{each.neighbourhood}12-1")
            assert found.code in ("", each.code), each
            assert resolve(f"{each.neighbourhood}12-1", context=each.code).code == each.code


@settings(max_examples=200)
@given(st.text(max_size=40), st.sampled_from(["", NOBORIBETSU]))
def test_any_text_gives_a_known_code_or_a_reason(text, context):
    found = resolve(text, context=context)
    assert bool(found.code) != bool(found.reason)
    assert not found.code or found.code in names_by_code()


@settings(max_examples=200)
@given(st.sampled_from(postal.hokkaido()), st.text(max_size=12))
def test_what_follows_a_full_name_never_changes_the_municipality(place, rest):
    if place.code in names_by_code():
        assert resolve(f"北海道{place.city}{rest}").code == place.code
