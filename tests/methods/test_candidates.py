from dataclasses import replace

import numpy as np
import pytest

from geo.errors import UnknownCodeError
from geo.methods.analysis import Analysis
from geo.methods.candidates import candidates, reason, to_dig
from geo.methods.need import TODAY, high_need


def test_candidates_are_needy_and_scarce_and_robust_ones_lead(analysis: Analysis):
    table = candidates(analysis)
    assert set(table["code"]) == set(analysis.arrays.codes[analysis.candidate])
    robust = table["robust"].tolist()
    assert robust == sorted(robust, reverse=True)
    assert table.loc[table["robust"], "scarcity"].is_monotonic_decreasing


def test_filters_narrow_and_never_add(analysis: Analysis):
    everyone = candidates(analysis, everyone=True)
    assert len(everyone) == len(analysis.arrays.codes)
    assert everyone["candidate"].tolist() == sorted(everyone["candidate"], reverse=True)
    hidaka = candidates(analysis, subprefectures=("日高",), everyone=True)
    assert set(hidaka["subprefecture"]) == {"日高"}
    assert len(hidaka) == 7
    column = list(analysis.arrays.fields).index("health")
    lacking = candidates(analysis, field="health", everyone=True)
    has = set(analysis.arrays.codes[analysis.klass[:, column] == "local"])
    assert not has & set(lacking["code"])
    assert len(lacking) + len(has) == len(everyone)
    assert len(candidates(analysis, approach="1", everyone=True)) < len(everyone)


def test_unknown_filter_is_named(analysis: Analysis):
    with pytest.raises(UnknownCodeError, match="karaoke"):
        candidates(analysis, field="karaoke")
    with pytest.raises(UnknownCodeError, match="9"):
        candidates(analysis, approach="9")


def test_places_to_dig_are_needy_and_unsurveyed(analysis: Analysis):
    table = to_dig(analysis)
    needy = set(analysis.arrays.codes[high_need(analysis.need[TODAY])])
    assert set(table["code"]) <= needy
    assert (table["unknown"] > 0).all()
    assert table["unknown"].is_monotonic_decreasing
    assert table["reason"].str.contains("まだ調べていません").all()
    narrowed = to_dig(analysis, field="elderly")
    column = list(analysis.arrays.fields).index("elderly")
    rows = np.isin(analysis.arrays.codes, narrowed["code"])
    assert (analysis.klass[rows, column] == "unknown").all()


def test_town_without_a_judged_field_is_no_candidate_and_says_so(analysis: Analysis):
    score, candidate = analysis.scarcity.copy(), analysis.candidate.copy()
    m = list(analysis.arrays.codes).index("015865")
    score[m], candidate[m] = np.nan, False
    blank = replace(analysis, scarcity=score, candidate=candidate)
    assert "不足度は未確認" in reason(blank, "015865")
    assert "015865" not in set(candidates(blank)["code"])


def test_reason_gives_need_parts_and_robustness(analysis: Analysis):
    words = reason(analysis, "015865")
    assert "必要度73" in words
    assert "65歳以上の割合41.0%" in words
    assert "生活困窮が20.0点" in words
    share = analysis.few_share[list(analysis.arrays.codes).index("015865")]
    assert f"{share:.0%}でも変わらない(頑健)" in words
    assert "10,000通り" in words
    assert "頑健" in words
    assert "資源少数区域ではない" in reason(analysis, "012301")
