import numpy as np
import pytest

from geo.methods.unlisted import CHAO, CHAPMAN, NONE, estimate, linked, unlisted

WORLDS = 1000


def world(rng, lists):
    """Return how many there are and which list has which, as lists that know nothing of each other."""
    total = int(rng.integers(20, 150))
    shares = (
        rng.uniform(0.3, 0.7, size=lists) if lists == 2 else np.full(lists, rng.uniform(0.25, 0.5))
    )
    found = rng.random((total, lists)) < shares
    return total, found[found.any(axis=1)]


@pytest.mark.parametrize("lists", [2, 3, 4])
def test_the_interval_holds_the_truth_in_85_to_95_of_100_generated_worlds(lists):
    rng = np.random.default_rng(20261125)
    held, told = 0, 0
    for _ in range(WORLDS):
        total, found = world(rng, lists)
        one = estimate(found)
        if one.method != NONE:
            told += 1
            held += one.low <= total <= one.high
    assert told > 0.95 * WORLDS
    assert 0.85 <= held / told <= 0.95


def test_two_lists_are_estimated_by_chapman_worked_by_hand():
    found = np.array([[1, 0]] * 6 + [[0, 1]] * 4 + [[1, 1]] * 4, dtype=bool)
    one = estimate(found)
    assert one.method == CHAPMAN
    assert one.total == pytest.approx(11 * 9 / 5 - 1)
    assert one.low < one.total < one.high


def test_more_lists_give_a_lower_bound():
    found = np.array([[1, 0, 0]] * 6 + [[1, 1, 0]] * 3 + [[1, 1, 1]] * 2, dtype=bool)
    one = estimate(found)
    assert one.method == CHAO
    assert one.total == pytest.approx(11 + 2 / 3 * 6 * 5 / (2 * 4))


@pytest.mark.parametrize(
    "found", [np.zeros((0, 0)), np.ones((5, 1)), np.array([[1, 0]] * 5 + [[0, 1]] * 5)]
)
def test_without_overlap_there_is_no_estimate(found):
    one = estimate(found)
    assert one.method == NONE
    assert one.why
    assert np.isnan(one.total)


def test_lists_of_which_every_one_is_on_both_leave_nobody_out():
    one = estimate(np.ones((6, 2)))
    assert (one.total, one.low, one.high) == (6, 6, 6)


def test_every_field_and_area_has_a_row_and_nothing_hidden_is_linked(shipped):
    table = unlisted(shipped)
    areas = shipped.municipalities["subprefecture"].nunique()
    assert len(table) == len(shipped.fields) * areas
    offices = shipped.organisations
    assert not set(linked(shipped)["organisation"]) & set(
        offices.index[~offices["location_public"]]
    )
    known = table[table["method"] != NONE]
    assert (known["low"] <= known["total"]).all()
