from datetime import date

import numpy as np
import pytest

from geo.errors import UnknownCodeError
from geo.methods.beyond import beyond
from geo.methods.certificate import certificate, flip, units
from geo.methods.explain import LACKS, lacks
from geo.methods.origin import NEIGHBOURS, OWN, origin, suppliers
from geo.methods.scarcity import FEW, scarcity, thirds

TODAY = date(2026, 11, 25)
NOBORIBETSU, MURORAN = "012301", "012050"


def taken_away(analysis, code, change):
    """Return whether a town is flagged once the named fields have the named sufficiency."""
    row = list(analysis.arrays.codes).index(code)
    enough = np.nan_to_num(analysis.enough).copy()
    for field, value in zip(change.fields, change.then, strict=True):
        enough[row, list(analysis.arrays.fields).index(field)] = value
    flags = thirds(scarcity(enough, analysis.entered, np.ones(enough.shape[1])))
    return flags[row] == FEW


def test_taking_away_the_named_cause_flips_every_flag(analysis):
    for row in np.flatnonzero(analysis.flag == "few"):
        code = analysis.arrays.codes[row]
        change = flip(analysis, code)
        assert change is not None, code
        assert not taken_away(analysis, code, change), code
        assert all(then > now for now, then in zip(change.now, change.then, strict=True))


def test_fewer_changes_would_not_do(analysis):
    for row in np.flatnonzero(analysis.flag == "few"):
        change = flip(analysis, analysis.arrays.codes[row])
        enough = np.nan_to_num(analysis.enough).copy()
        columns = [list(analysis.arrays.fields).index(field) for field in change.fields]
        enough[row, columns[:-1]] = 1.0
        flags = thirds(scarcity(enough, analysis.entered, np.ones(enough.shape[1])))
        assert flags[row] == FEW


def test_other_towns_learn_what_would_flag_them(analysis):
    change = flip(analysis, NOBORIBETSU)
    assert change.flag == "few"
    assert taken_away(analysis, NOBORIBETSU, change)


def test_certificate_names_range_fields_records_and_their_age(analysis):
    found = certificate(analysis, NOBORIBETSU, TODAY)
    assert found.flag == "many"
    assert found.compared == 179
    assert found.fields == tuple(analysis.fields_entered)
    assert {ground.field for ground in found.grounds} == set(found.fields)
    assert all(ground.source and ground.source_date for ground in found.grounds)
    assert any(ground.old for ground in found.grounds)
    assert {ground.old for ground in found.grounds if ground.day is None} <= {True}
    assert found.low <= found.rank <= found.high


def test_all_179_have_a_certificate(analysis):
    for code in analysis.arrays.codes:
        found = certificate(analysis, code, TODAY)
        assert found.standing
        assert found.grounds


def test_support_of_noboribetsu_comes_mostly_from_muroran(analysis):
    found = origin(analysis)
    row = list(analysis.arrays.codes).index(NOBORIBETSU)
    assert found.kind[row] == NEIGHBOURS
    assert found.kind[list(analysis.arrays.codes).index(MURORAN)] == OWN
    given = suppliers(analysis, NOBORIBETSU)
    assert given[0][0] == MURORAN
    assert sum(share for _, share in given) == pytest.approx(1)
    assert dict(given)[NOBORIBETSU] == pytest.approx(found.share[row])


def test_units_of_all_towns_sum_to_what_is_in_reach(analysis):
    totals = {}
    for code in analysis.arrays.codes:
        for unit in units(analysis, code):
            amount, _ = totals.get((unit.field, unit.layer), (0.0, 0.0))
            totals[unit.field, unit.layer] = amount + unit.amount, unit.total
    for (field, layer), (amount, total) in totals.items():
        assert amount == pytest.approx(total, rel=1e-9), (field, layer)


def test_people_beyond_agree_with_a_loop(analysis):
    table = beyond(analysis).set_index(["field", "layer"])
    children = {field.field: field for field in analysis.judged}["children"].access[0].layer
    people = far = minutes = 0.0
    for m in range(179):
        reach = [
            children.minutes[m, j] for j in range(len(children.town)) if children.eligible[m, j]
        ]
        people += children.demand[m]
        if min(reach) > 60:
            far += children.demand[m]
            minutes += children.demand[m] * (min(reach) - 60)
    row = table.loc[("children", children.name)]
    assert row["people"] == pytest.approx(far)
    assert row["share"] == pytest.approx(far / people)
    assert row["minutes"] == pytest.approx(minutes / people)
    assert row["excess"] == pytest.approx(minutes / people / 60)


def test_reason_says_far_only_of_what_is_far(analysis):
    kinds = set()
    for row, code in enumerate(analysis.arrays.codes):
        for lack in lacks(analysis, code):
            kinds.add(lack.kind)
            column = list(analysis.arrays.fields).index(lack.field)
            assert analysis.enough[row, column] < 1
            if lack.kind == "far":
                assert lack.minutes >= 60
            if lack.kind == "thin":
                assert lack.minutes < 60
                assert lack.relative < 1
                assert "分" not in lack.words.split("平均")[1]
    assert {"far", "thin"} <= kinds <= set(LACKS)


def test_unknown_code_is_named(analysis):
    with pytest.raises(UnknownCodeError, match="999999"):
        certificate(analysis, "999999", TODAY)
