from pathlib import Path

import pytest

from geo.data.dataset import Dataset
from geo.maps.typeface import ELLIPSIS, GETA, Typeface, shipped, typeface


def test_face_has_every_character_of_the_shipped_names(shipped: Dataset):
    for column in (shipped.municipalities["name"], shipped.fields["name"]):
        for name in column:
            assert typeface().printable(name) == name


def test_character_that_would_be_a_box_becomes_a_geta():
    assert typeface().printable("笑\U0001f600") == f"笑{GETA}"
    assert typeface().printable("a\u200bb\x07\nc") == "ab c"


def test_full_width_text_is_one_em_a_character():
    assert typeface().width("札幌市", 10) == pytest.approx(30)


@pytest.mark.parametrize("text", ["北海道", "特定非営利活動法人" * 20, "i" * 300, ""])
def test_fitted_text_never_leaves_its_box(text):
    face = typeface()
    lines, size = face.fit(text, 12, 100, smallest=6, rows=2)
    assert len(lines) <= 2
    assert all(face.width(line, size) <= 100 for line in lines)
    assert 6 <= size <= 12


def test_text_that_was_cut_says_so():
    lines, _ = typeface().fit("特定非営利活動法人" * 20, 12, 100, smallest=6)
    assert lines[0].endswith(ELLIPSIS)
    assert "".join(typeface().lines("自分の町の支援者", 10, 35)) == "自分の町の支援者"


def test_no_line_begins_with_a_comma_or_a_full_stop():
    for width in range(30, 120, 7):
        for line in typeface().lines("札幌市、登別市、奥尻町。音威子府村、利尻富士町。", 10, width)[
            1:
        ]:
            assert line[0] not in "、。"


def test_machine_without_the_face_still_has_one(monkeypatch):
    monkeypatch.setattr("geo.maps.typeface.shipped", lambda: Path("/nowhere/ipaexg.ttf"))
    monkeypatch.setattr("geo.maps.typeface._installed", list)
    typeface.cache_clear()
    try:
        found = typeface()
        assert isinstance(found, Typeface)
        assert not found.embedded
        assert found.printable("札幌市") == "札幌市"
        assert found.width("札幌市", 10) == 30
    finally:
        typeface.cache_clear()


def test_shipped_face_is_there():
    found = shipped()
    assert found is not None
    assert found.is_file()
