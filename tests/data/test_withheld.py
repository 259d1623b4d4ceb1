import pandas as pd
import pytest

from geo.data.withheld import (
    BY_HAND,
    SOURCE_WITHHELD,
    public_offers,
    public_offices,
    public_text,
    telling,
)

TELLING = [
    "登別市「団体と支援の一覧」",
    "登別の団体",
    "画面で登別市こども課",
    "noboribetsu_2026.csv",
    "NOBORIBETU.xlsx",
    "https://www.city.noboribetsu.lg.jp/page",
    "https://example.jp/%E7%99%BB%E5%88%A5%E5%B8%82",
    "012301_list.csv",
    "01230.csv",
    "〒059-0012",
    "059-0012 中央町",
    "ﾉﾎﾞﾘﾍﾞﾂ 登別市",
    "https://www.town.mori.hokkaido.jp/",
]
SAYING_NOTHING = [
    "生成の一覧",
    "厚生労働省「全国の一覧」",
    "https://example.jp/list",
    "2026-11-01に読み込み",
    "北海道",
    "",
]


def shown(column, cell, name="生成の宿", hidden=True, towns=None):
    row = {"name": name, "operator": "", "phone": "", "url": "", "source": "生成", "note": ""}
    table = pd.DataFrame([row | {column: cell}], index=["a"])
    return public_offices(table, pd.Series([hidden], ["a"]), towns).at["a", column]


@pytest.mark.parametrize("text", TELLING)
@pytest.mark.parametrize("column", ["operator", "url", "source", "note"])
def test_a_text_that_names_a_municipality_is_left_out(shipped, column, text):
    towns = shipped.municipalities
    assert telling(towns).towns(text)
    left = SOURCE_WITHHELD if column == "source" else ""
    assert shown(column, text, towns=towns) == left
    assert shown(column, text, hidden=False, towns=towns) == text


@pytest.mark.parametrize("text", SAYING_NOTHING)
def test_a_text_that_names_none_stays(shipped, text):
    assert shown("note", text, towns=shipped.municipalities) == text


def test_a_text_may_name_what_the_name_names(shipped):
    towns = shipped.municipalities
    source = "https://www.city.noboribetsu.lg.jp/page"
    assert shown("source", source, "登別の宿", towns=towns) == source
    assert shown("source", source, "室蘭の宿", towns=towns) == SOURCE_WITHHELD
    assert public_text("登別市の条件", "生成の宿", towns) == ""


def test_of_several_sources_those_that_tell_are_left_out(shipped):
    towns = shipped.municipalities
    both = "https://example.jp/a | https://www.city.muroran.lg.jp/b"
    assert shown("source", both, towns=towns) == "https://example.jp/a"
    assert shown("source", f"{BY_HAND}(登別市 こども課)", towns=towns) == BY_HAND
    assert shown("source", f"{BY_HAND}(こども課)", towns=towns) == BY_HAND


@pytest.mark.parametrize(
    ("phone", "public"),
    [
        ("0143-85-0000", ""),
        ("0143850000", ""),
        ("０１４３－８５－００００", ""),
        ("+81-143-85-0000", ""),
        ("85-0000", ""),
        ("0120-279-338", "0120-279-338"),
        ("0570-064-556", "0570-064-556"),
        ("050-1234-5678", "050-1234-5678"),
        ("090-1234-5678", "090-1234-5678"),
        ("#8008", "#8008"),
        ("189", "189"),
        ("0143-85-0000(公開)", "0143-85-0000(公開)"),
        ("0143-85-0000(非公開)", ""),
        ("0120-279-338/0143-85-0000", "0120-279-338"),
        ("011-231-4343(相談・公開)/011-251-6464(事務)", "011-231-4343(相談・公開)"),
    ],
)
def test_an_area_code_is_told_only_where_the_record_says_so(shipped, phone, public):
    assert shown("phone", phone, towns=shipped.municipalities) == public


def test_the_source_of_a_hidden_organisations_service_is_left_out(shipped):
    rows = {"a-s": ("a", "登別市の一覧"), "b-s": ("b", "登別市の一覧")}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["organisation", "source"])
    found = public_offers(table, {"a": "生成の宿"}, shipped.municipalities)
    assert found["source"].tolist() == [SOURCE_WITHHELD, "登別市の一覧"]


def test_every_municipality_is_known_by_each_of_its_names(shipped):
    told = telling(shipped.municipalities)
    for code, name in shipped.municipalities["name"].items():
        assert code in told.towns(f"{name}の一覧")
        assert code in told.towns(f"{code}.csv")
