import re

import pytest

from geo.data.ids import fresh, is_opaque, kind_of, may_name_a_town, read_former
from geo.errors import DataError


@pytest.mark.parametrize("kind", ["organisations", "services"])
def test_an_id_is_random_and_of_one_form(kind):
    made = [fresh(kind) for _ in range(2000)]
    assert len(set(made)) == 2000
    assert all(is_opaque(kind, one) and kind_of(one) == kind for one in made)
    assert all(re.fullmatch("[os][0-9a-z]{10}", one) for one in made)
    # Every sign comes up in every place, and none that is taken for another.
    for place in range(1, 11):
        assert len({one[place] for one in made}) == 32
    assert not set("ilou") & set("".join(one[1:] for one in made))


def test_an_id_that_is_taken_is_not_given_again(monkeypatch):
    numbers = iter([0, 0, 1])
    monkeypatch.setattr("secrets.randbits", lambda _: next(numbers))
    first = fresh("services")
    assert first == "s0000000000"
    assert fresh("services", {first}) == "s1000000000"


@pytest.mark.parametrize(
    "key",
    ["", "o", "s0123456789", "o012345678", "o01234567890", "O0123456789", "o012345678i", "npo-1"],
)
def test_what_is_not_of_the_form_is_not_taken_for_an_id(key):
    assert not is_opaque("organisations", key)


@pytest.mark.parametrize(
    ("key", "may"),
    [
        ("npo-011002-1", True),
        ("kaigo-0173300001-01101", True),
        ("inochi-hokkaido-1", False),
        ("other-hokkaido-1234", False),
    ],
)
def test_five_digits_may_be_a_town(key, may):
    assert may_name_a_town(key) is may


def test_former_ids_are_read_and_a_bad_one_is_named(tmp_path):
    assert read_former(tmp_path) == {}
    path = tmp_path / "former_ids.csv"
    path.write_text("old,new\nnpo-011002-1,o0123456789\n", encoding="utf-8")
    assert read_former(tmp_path) == {"npo-011002-1": "o0123456789"}
    path.write_text("old,new\na,o0123456789\na,npo-1\n", encoding="utf-8")
    with pytest.raises(DataError) as raised:
        read_former(tmp_path)
    assert {problem.row for problem in raised.value.problems} == {3}
    assert "npo-1" in str(raised.value)
