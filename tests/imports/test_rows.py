"""Whatever shape a list has, its rows are taken, refused or left out with why; none is lost."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.data.dataset import load
from geo.errors import DataError
from tests.generated_shapes import drawn, faults, read_as_proposed

TODAY = date(2026, 11, 25)
WORDS = load()


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9))
def test_rows_of_a_file_are_those_taken_refused_and_left_out(seed):
    one = drawn(seed)
    try:
        found = read_as_proposed(one, WORDS, on=TODAY)
    except DataError as error:
        found = error
    assert faults(one, found) == []
