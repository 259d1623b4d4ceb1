import pytest

from geo.data.names import fold
from geo.errors import UnknownCodeError
from geo.records.directory import area_text, records, search
from geo.ui.tables import record_columns


@pytest.fixture(scope="module")
def table(shipped):
    return records(shipped)


def test_every_service_has_a_record_and_every_organisation_a_service(shipped, table):
    assert len(table) == len(shipped.services)
    assert set(table["organisation"]) == set(shipped.organisations.index)
    assert len(record_columns(shipped, table)) == len(table)


def test_width_case_and_kana_do_not_matter():
    assert fold("ﾌｰﾄﾞ バンク ＮＰＯ") == fold("ふーどばんくnpo")


def test_words_are_all_looked_for(shipped, table):
    found = search(table, shipped, words="ハローワーク 室蘭")
    assert len(found) >= 1
    assert found["name"].str.contains("室蘭").all()
    assert search(table, shipped, words="はろーわーく　室蘭").index.equals(found.index)
    assert search(table, shipped, words=".*").empty


def test_need_leads_to_its_fields(shipped, table):
    found = search(table, shipped, need="food")
    assert set(found["field"]) <= {"food", "poverty"}
    assert len(found) > 0


def test_town_finds_what_stands_there_and_what_serves_it(shipped, table):
    found = search(table, shipped, town="012301")
    assert (found["municipality_code"] == "012301").any()
    assert found["service_area"].map(lambda area: "nation" in area).any()
    with pytest.raises(UnknownCodeError):
        search(table, shipped, town="000000")


def test_service_area_reads_as_a_person_would_say(shipped):
    assert area_text(shipped, ("nation",)) == "全国"
    assert area_text(shipped, ("012301", "012050")) == "登別市、室蘭市"
    assert area_text(shipped, ()) == "未確認"


def test_a_towns_own_come_first(shipped):
    found = search(records(shipped), shipped, town="012301")
    own = (found["municipality_code"] == "012301").tolist()
    assert any(own)
    assert own == sorted(own, reverse=True)
