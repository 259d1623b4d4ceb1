import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geo.methods.scarcity import (
    FEW,
    MANY,
    MIDDLE,
    scarcity,
    sufficiency,
    thirds,
)

ALL = np.ones((3, 2), dtype=bool)


def test_plenty_in_one_field_does_not_make_up_for_another():
    assert sufficiency(np.array([5.0, 0.2])).tolist() == [1.0, 0.2]


def test_three_towns_worked_by_hand():
    enough = np.array([[1.0, 1.0], [1.0, 0.0], [0.5, 0.0]])
    assert scarcity(enough, ALL, np.array([1.0, 1.0])) == pytest.approx([0, 50, 75])
    assert scarcity(enough, ALL, np.array([3.0, 1.0])) == pytest.approx([0, 25, 62.5])


def test_field_that_is_not_known_does_not_count_against_a_town():
    enough = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 0.0]])
    judged = np.array([[True, True], [True, False], [False, False]])
    result = scarcity(enough, judged, np.ones(2))
    assert result[:2] == pytest.approx([50, 0])
    assert np.isnan(result[2])


def test_thirds_of_nine_and_of_equals():
    assert thirds(np.arange(9.0)).tolist() == [MANY] * 3 + [MIDDLE] * 3 + [FEW] * 3
    assert thirds(np.full(9, 40.0)).tolist() == [MIDDLE] * 9


def test_tie_goes_whole_to_the_third_of_its_middle():
    # Four scarcest share ranks 6 to 9, middle 7.5 of 9: all few.
    assert thirds(np.array([1.0, 2, 3, 4, 5, 9, 9, 9, 9])).tolist()[-4:] == [FEW] * 4
    # Seven share ranks 3 to 9, middle 6 of 9: none.
    assert FEW not in thirds(np.array([1.0, 2, 9, 9, 9, 9, 9, 9, 9]))


def test_unknown_town_is_not_flagged_and_does_not_move_the_thirds():
    flags = thirds(np.append(np.arange(9.0), np.nan))
    assert flags.tolist() == [*thirds(np.arange(9.0)).tolist(), MIDDLE]


@settings(max_examples=60, deadline=None)
@given(
    enough=arrays(float, (6, 3), elements=st.floats(0, 1)),
    more=arrays(float, (6, 3), elements=st.floats(0, 1)),
    weights=arrays(float, 3, elements=st.floats(0.01, 5)),
)
def test_more_sufficiency_never_raises_scarcity_and_it_stays_in_range(enough, more, weights):
    judged = np.ones((6, 3), bool)
    before = scarcity(enough, judged, weights)
    after = scarcity(np.minimum(enough + more, 1), judged, weights)
    assert (after <= before + 1e-9).all()
    assert ((before >= 0) & (before <= 100)).all()
