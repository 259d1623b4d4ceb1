import pytest

from geo.data.telephone import callable_numbers, numbers


@pytest.mark.parametrize(
    ("cell", "addresses"),
    [
        ("0143-85-1911", ["tel:0143851911"]),
        ("011-863-8733、0120-593852(無料)", ["tel:0118638733", "tel:0120593852"]),
        ("0120-0-78310", ["tel:0120078310"]),
        ("090-1234-5678", ["tel:09012345678"]),
        ("#8008", ["tel:%238008"]),
        ("188", ["tel:188"]),
        ("０１１−２３１−４１１１", []),  # a minus sign is no hyphen: not guessed at
        ("65-2278(市外局番は出典に記載なし)", []),
        ("令和5年4月1日", []),
        ("", []),
    ],
)
def test_whole_numbers_can_be_pressed_and_others_not(cell, addresses):
    assert [address for _, address in numbers(cell) if address] == addresses


@pytest.mark.parametrize(
    "cell", ["011-863-8733、0120-593852(無料)", "内線 12", "<b>0143-85-1911</b>"]
)
def test_nothing_of_a_cell_is_lost(cell):
    assert "".join(words for words, _ in numbers(cell)) == cell


def test_numbers_of_a_cell():
    assert callable_numbers("0143-85-1911 または #8008") == ["0143-85-1911", "#8008"]
