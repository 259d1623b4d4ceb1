import pytest

from geo.documents.links import address_of, base_address, checked, qr_rows, seen_at
from geo.errors import DataError

BASE = "https://shigen.example.jp/app"


def test_address_carries_the_filters_that_the_page_knows():
    address = address_of(BASE, "karte", {"code": "012301", "t": "90", "screens": "ask"})
    assert address == f"{BASE}/karte?code=012301&t=90"


def test_japanese_in_a_filter_is_escaped():
    assert address_of(BASE, "gaps", {"subprefecture": "胆振"}).isascii()


def test_no_base_gives_no_address():
    assert address_of("", "karte", {"code": "012301"}) == ""


@pytest.mark.parametrize("text", ["javascript:alert(1)", "shigen", "ftp://example.jp", "https://"])
def test_base_that_is_no_web_address_is_named(text):
    with pytest.raises(DataError, match="https"):
        checked(text)


def test_base_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("SHIGEN_URL", f"{BASE}/")
    assert base_address() == BASE
    monkeypatch.delenv("SHIGEN_URL")
    assert base_address() == ""


def test_own_machine_is_no_address_to_print():
    assert seen_at("http://localhost:8501/reports", "reports") == ""
    assert seen_at(f"{BASE}/reports", "reports") == BASE


def test_qr_code_has_its_three_finders():
    rows = qr_rows(address_of(BASE, "karte", {"code": "012301"}))
    finder = [[True] * 7, [True, *[False] * 5, True]]
    for corner in (rows[0][:7], rows[0][-7:], rows[-1][:7]):
        assert corner == finder[0]
    assert rows[1][:7] == finder[1]
