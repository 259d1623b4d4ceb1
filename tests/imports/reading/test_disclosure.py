import json
from datetime import date
from typing import NamedTuple

import pandas as pd
import pytest

from geo.imports.reading import own_export
from geo.imports.reading.disclosure import hints_at_refuge, publishes
from geo.imports.reading.files import open_tables
from geo.imports.reading.matching import make_match
from geo.imports.template import HEADER_ROW, template
from geo.records.open_data import FILE_TYPES, SUFFIXES, export
from tests.generated_files import csv_of, excel_of, read, rows_of
from tests.imports.reading.test_own_export import SALON, filled

DAY = date(2026, 11, 24)
NO = [
    "非公開", "no", "No", "NO", "ＮＯ", "n", "N", "false", "False", "FALSE", "0", "０", "いいえ", "イイエ", "ｲｲｴ",
    "×", "✕", "✖", "x", "X", "公開しない", "公開しません", "公開不可", "公開 しない", "不可", "秘密", "秘匿", "非公表",
    "未公開", "否", "無", "なし", "だめ", "ダメ", "NG", "off", " 非公開 ", "「非公開」", "private",
]  # fmt: skip
UNREAD = [
    "?", "-", "ー", "―", "要確認", "未定", "公開は控える", "公開(非)", "一部公開", "公開/非公開", "町まで公開", "2",
    "要相談", "公開か非公開か", "ヒ公開", "電話だけ公開", "公開前",
]  # fmt: skip
YES = [
    "公開", "公開する", "公開可", "公表", "はい", "ハイ", "ﾊｲ", "yes", "Yes", "YES", "ｙｅｓ", "y", "true", "TRUE",
    "1", "１", "○", "◯", "〇", "可", " 公開　", "✓",
]  # fmt: skip
REFUGES = [
    "民間シェルター", "民間ｼｪﾙﾀｰ", "シエルター", "民間しぇるたー", "シェルタ―はまなす", "シ ェ ル タ ー",
    "dv避難所", "DV相談室", "ＤＶ相談室", "D.V.サポート", "ドメスティック・バイオレンス相談", "母子寮",
    "生成市母子生活支援施設", "一時保護所", "女性自立支援施設はまなす", "婦人保護施設", "駆け込み寺",
    "ステップハウスはまなす", "ｽﾃｯﾌﾟﾊｳｽ", "Women's Shelter", "自立援助ホームはまなす",
]  # fmt: skip
PLAIN = [
    "生成サロン",
    "母子寡婦福祉会",
    "DVDを見る会",
    "アドバンス",
    "ステップ",
    "女性センター",
    "advance",
]


def public_of(found):
    return found.organisations["location_public"].tolist()


def asked(found):
    return [each for each in found.repaired if "非公開とした" in each.reason]


def assert_hidden(found, *, note):
    [(_, record)] = found.organisations.iterrows()
    told = str([*found.repaired, *found.refused])
    assert_hides(Answer(record, asked(found), told), notes=note)


class Answer(NamedTuple):
    """What became of one line of a form: its record, what was said of it, and all that was said."""

    record: pd.Series
    asked: list
    told: str


def answers(shipped, lines):
    """Return what a form says of each of these lines, in their order."""
    numbered = [line | {"name": f"{line['name']}{at}"} for at, line in enumerate(lines, 100)]
    found = read(filled(template(shipped, "012301"), *numbered), "x.xlsx")
    records = found.organisations.set_index(found.organisations["name"].str[-3:])
    said = [*found.repaired, *found.refused]
    return [
        Answer(
            records.loc[str(row - HEADER_ROW - 2 + 100)],
            [one for one in asked(found) if one.row == row],
            str([one for one in said if one.row == row]),
        )
        for row in range(HEADER_ROW + 2, HEADER_ROW + 2 + len(lines))
    ]


def assert_hides(answer, *, notes):
    record = answer.record
    assert not record["location_public"]
    assert (record["municipality_code"], record["address"], record["precision"]) == ("", "", "")
    assert record[["lat", "lon"]].isna().all()
    assert len(answer.asked) == notes
    assert "登別" not in answer.told
    assert "中央町" not in answer.told


@pytest.fixture(scope="module")
def by_word(shipped):
    """Return the answer to each word under 所在地の公開, beside a name that hints at nothing."""
    words = [*NO, *UNREAD, *YES]
    lines = [SALON | {"location_public": word} for word in words]
    return dict(zip(words, answers(shipped, lines), strict=True))


def by_name(shipped, names, word):
    lines = [SALON | {"name": name, "location_public": word} for name in names]
    return dict(zip(names, answers(shipped, lines), strict=True))


@pytest.fixture(scope="module")
def by_name_alone(shipped):
    return by_name(shipped, [*REFUGES, *PLAIN], "")


@pytest.fixture(scope="module")
def by_name_and_a_yes(shipped):
    return by_name(shipped, REFUGES, SALON["location_public"])


@pytest.mark.parametrize("word", NO)
def test_every_spelling_of_no_hides(by_word, word):
    assert publishes(word) is False
    assert_hides(by_word[word], notes=0)


@pytest.mark.parametrize("word", UNREAD)
def test_a_word_that_is_neither_hides_and_asks(by_word, word):
    assert publishes(word) is None
    assert_hides(by_word[word], notes=1)
    assert by_word[word].asked[0].column == "所在地の公開"


@pytest.mark.parametrize("word", YES)
def test_a_clear_yes_publishes(by_word, word):
    assert by_word[word].record["location_public"]
    assert not by_word[word].asked


@pytest.mark.parametrize("name", REFUGES)
def test_a_blank_beside_the_name_of_a_refuge_hides_and_asks(by_name_alone, name):
    assert hints_at_refuge(name)
    assert_hides(by_name_alone[name], notes=1)


@pytest.mark.parametrize("name", PLAIN)
def test_a_blank_beside_any_other_name_publishes(by_name_alone, name):
    assert not hints_at_refuge(name)
    assert by_name_alone[name].record["location_public"]


@pytest.mark.parametrize("name", REFUGES)
def test_a_yes_that_the_form_asked_for_publishes_even_a_refuges_name(by_name_and_a_yes, name):
    assert by_name_and_a_yes[name].record["location_public"]


ROWS = [["なまえ", "ばしょ", "こうかい"], ["生成サロン", "登別市中央町6-11", ""]]
COLUMNS = {"name": "なまえ", "address": "ばしょ", "location_public": "こうかい"}


@pytest.mark.parametrize("write", [csv_of, excel_of])
@pytest.mark.parametrize(
    ("name", "word", "public", "notes"),
    [
        ("生成サロン", "公開", True, 0),
        ("生成サロン", "", True, 0),
        ("生成サロン", "No", False, 0),
        ("生成サロン", "要確認", False, 1),
        ("民間ｼｪﾙﾀｰ", "", False, 1),
        ("民間ｼｪﾙﾀｰ", "公開", False, 1),
    ],
)
def test_columns_matched_by_hand_publish_no_refuge(write, name, word, public, notes):
    match = make_match("生成の一覧", tuple(ROWS[0]), COLUMNS, kind="サロン")
    rows = [ROWS[0], [name, ROWS[1][1], word]]
    found = read(write(rows), "x.dat", match=json.loads(json.dumps(match)))
    assert public_of(found) == [public]
    assert len(asked(found)) == notes


@pytest.mark.parametrize("kind", ["child", "care", "clinic", "kaigo", "wam", "medical"])
@pytest.mark.parametrize("name", ["民間ｼｪﾙﾀｰ", "シエルター", "ｄｖ避難所", "母子寮", "一時保護所"])
def test_a_published_list_that_names_a_refuge_shows_no_place(kind, name):
    rows = rows_of(kind)
    header = next(one for one in rows[0] if one in ("名称", "事業所名", "事業所の名称", "介護サービス事業所名称", "施設名"))  # fmt: skip
    rows[1][rows[0].index(header)] = name
    assert_hidden(read(csv_of(rows), "x.csv", on=DAY), note=1)


def test_a_service_of_hsds_that_names_a_refuge_shows_no_place():
    service = {
        "id": "s1", "name": "サロン", "status": "active", "organization": {"id": "o1", "name": "民間ｼｪﾙﾀｰ"},
        "service_at_locations": [{"location": {"id": "l1", "latitude": 42.41, "longitude": 141.1, "addresses": [{"address_1": "中央町6-11", "city": "登別市", "state_province": "北海道"}]}}],
    }  # fmt: skip
    assert_hidden(read(json.dumps([service]).encode(), "x.json"), note=1)


@pytest.mark.slow
@pytest.mark.parametrize("form", FILE_TYPES)
def test_what_ships_as_public_beside_such_a_name_survives_export_and_import(shipped, form):
    held = shipped.organisations
    named = held["name"].map(hints_at_refuge) & held["location_public"]
    assert named.any()
    blob = export(shipped, form, {}, DAY)
    exact = own_export.read(open_tables(blob, f"x.{SUFFIXES[form]}"))
    # What somebody spoilt is left to the reader that mends row by row.
    mended = read(blob, f"x.{SUFFIXES[form]}")
    public = held.groupby("name")["location_public"].all()
    for found in (exact, mended):
        again = found.organisations.groupby("name")["location_public"].all()
        assert again[held.loc[named, "name"]].all()
        assert (again == public[again.index]).all()


@pytest.mark.parametrize("word", ["No", "いいえ", "公開しない", "要確認", ""])
def test_our_own_export_that_somebody_edited_hides_by_any_no(shipped, word):
    held = shipped.organisations
    name = held["name"][held["name"].map(hints_at_refuge) & held["location_public"]].iloc[0]
    lines = export(shipped, "csv", {}, DAY).decode().splitlines()
    number = next(i for i, line in enumerate(lines) if name in line)
    edited = lines[number].replace(",公開,", f",{word},")
    assert edited != lines[number]
    found = read("\n".join([lines[0], edited]).encode(), "x.csv")
    assert_hidden_own(found)


def assert_hidden_own(found):
    row = found.organisations.iloc[0]
    assert not row["location_public"]
    assert (row["municipality_code"], row["address"]) == ("", "")
