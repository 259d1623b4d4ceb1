import numpy as np
import pytest

from geo.data.dataset import Dataset
from geo.errors import UnknownCodeError
from geo.methods.analysis import Analysis, analyse
from geo.methods.explain import change_sentence, flag_change, parts_sentence, scarcity_parts
from geo.parameters import Parameters


def test_parts_sum_to_the_scarcity_everywhere(analysis: Analysis):
    sums = [scarcity_parts(analysis, code)["part"].sum() for code in analysis.arrays.codes]
    np.testing.assert_allclose(sums, analysis.scarcity, atol=1e-9)


def test_parts_follow_the_planners_weights(shipped: Dataset):
    weighted = analyse(shipped, Parameters(weights=(("mental", 3.0), ("health", 0.0))))
    table = scarcity_parts(weighted, "015865").set_index("field")
    assert table.at["mental", "most"] == pytest.approx(3 * table.at["poverty", "most"])
    assert table.at["health", "part"] == 0
    assert table["most"].sum() == pytest.approx(100)


def test_field_that_nobody_judged_has_no_part(analysis: Analysis):
    table = scarcity_parts(analysis, "015865").set_index("field")
    assert np.isnan(table.at["housing", "part"])
    assert not table.at["housing", "judged"]


def test_named_fields_are_just_enough_to_lift_the_flag(analysis: Analysis):
    towns = analysis.arrays.codes[analysis.flag == "few"]
    several = 0
    for code in towns:
        change = flag_change(analysis, code)
        parts = scarcity_parts(analysis, code).set_index("field")["part"]
        score = parts.sum()
        assert change.margin >= -1e-9
        for field in change.enough:
            assert score - parts[field] < change.bound
        for field in parts.dropna().index.difference(change.enough):
            assert score - parts[field] >= change.bound - 1e-9
        if change.together:
            assert score - parts[list(change.together)].sum() < change.bound
            fewer = parts.nlargest(len(change.together) - 1).sum()
            assert score - fewer >= change.bound - 1e-9
            several += len(change.together) > 1
    assert several  # 平取町 and others need two fields at once


def test_margin_of_a_town_that_is_not_flagged(analysis: Analysis):
    change = flag_change(analysis, "012301")
    assert change.margin < 0
    assert change.enough == change.together == ()
    assert f"{-change.margin:.1f}点高いと" in change_sentence(analysis, "012301")


def test_flags_by_minutes_are_those_of_the_other_analyses(shipped: Dataset, analysis: Analysis):
    for minutes, flag in flag_change(analysis, "015865").by_minutes:
        other = analyse(shipped, Parameters(minutes=minutes))
        assert flag == other.flag[list(other.arrays.codes).index("015865")]


def test_sentences_carry_the_numbers_and_the_true_reason(analysis: Analysis):
    words = parts_sentence(analysis, "015865")
    total = analysis.scarcity[list(analysis.arrays.codes).index("015865")]
    assert words.startswith(f"不足度{total:.1f}点のうち、")
    assert "(遠い: 最寄りの" in words
    assert "まで0分" not in "".join(parts_sentence(analysis, c) for c in analysis.arrays.codes)


def test_unknown_code_is_named(analysis: Analysis):
    with pytest.raises(UnknownCodeError, match="999999"):
        scarcity_parts(analysis, "999999")
