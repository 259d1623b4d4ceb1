import dataclasses

import numpy as np
import pandas as pd
import pytest

from geo.errors import UnknownCodeError
from geo.methods.analysis import analyse
from geo.methods.judged import ENTERED, SURVEY, alike_share
from geo.methods.within import label, members, range_of, ranges, towns_range
from geo.parameters import Parameters

IBURI = "振興局:胆振"


def surveys(codes, fields):
    rows = [
        {
            "municipality_code": code,
            "field": field,
            "surveyed_on": "2026-11-01",
            "by": "生成",
            "source": "生成した調査",
        }
        for code in codes
        for field in fields
    ]
    return pd.DataFrame(rows)


def with_surveys(dataset, codes, fields):
    return dataclasses.replace(dataset, surveys=surveys(codes, fields))


def with_organisation(dataset, code, field, layer="other"):
    """Return the dataset with a generated organisation that its town reported itself."""
    office = dataset.organisations.iloc[0].copy()
    office["name"], office["municipality_code"], office["layer"] = "生成した居場所", code, layer
    office["location_public"], office["lat"], office["lon"] = True, np.nan, np.nan
    service = dataset.services.iloc[0].copy()
    service["organisation"], service["field"], service["kind"] = "made", field, ""
    service["modes"], service["service_area"], service["confidence"] = ("place",), (code,), "A"

    def added(table, key, row):
        one = pd.DataFrame({name: [row[name]] for name in table.columns}, index=[key])
        one.index.name = table.index.name
        return pd.concat([table, one.astype(table.dtypes.to_dict())])

    return dataclasses.replace(
        dataset,
        organisations=added(dataset.organisations, "made", office),
        services=added(dataset.services, "made-service", service),
    )


def same(one, other, kept=slice(None)):
    np.testing.assert_array_equal(one.scarcity[kept], other.scarcity[kept])
    np.testing.assert_array_equal(one.flag[kept], other.flag[kept])
    np.testing.assert_array_equal(one.few_share[kept], other.few_share[kept])


def test_removing_every_record_outside_complete_inventories_changes_nothing(shipped, analysis):
    listed = set(analysis.arrays.services[analysis.arrays.inventory])
    only = dataclasses.replace(
        shipped, services=shipped.services[shipped.services.index.isin(listed)]
    )
    assert len(only.services) < len(shipped.services) / 2
    bare = analyse(only, Parameters())
    same(bare, analysis)
    np.testing.assert_array_equal(bare.ranking[:60], analysis.ranking[:60])


@pytest.mark.parametrize("count", [1, 7, 60, 178])
def test_marking_towns_as_surveyed_changes_no_score(shipped, analysis, count):
    towns = np.random.default_rng(count).permutation(shipped.municipalities.index)[:count]
    asked = analyse(with_surveys(shipped, towns, shipped.fields.index), Parameters())
    same(asked, analysis)
    assert (asked.arrays.surveyed != analysis.arrays.surveyed).any()


def test_noboribetsu_answering_everything_stays_where_it_is(shipped, analysis):
    asked = analyse(with_surveys(shipped, ["012301"], shipped.fields.index), Parameters())
    row = list(analysis.arrays.codes).index("012301")
    assert asked.scarcity[row] == analysis.scarcity[row]
    by_field = {field.field: field for field in asked.judged}
    assert by_field["food"].state == "surveying"
    assert "179市町村のうち1市町村が調査済み" in by_field["food"].why


@pytest.mark.parametrize("field", ["place", "food", "children", "health", "poverty"])
def test_self_reported_organisation_moves_no_flag_before_its_field_is_complete(
    shipped, analysis, field
):
    more = analyse(with_organisation(shipped, "012301", field), Parameters())
    same(more, analysis)


def test_field_enters_within_a_range_once_all_its_towns_have_answered(shipped):
    towns = shipped.municipalities
    iburi = towns.index[towns["subprefecture"] == "胆振"]
    data = with_organisation(shipped, "012301", "place")
    before = analyse(data, Parameters(within=IBURI))
    almost = analyse(with_surveys(data, iburi[:-1], ["place"]), Parameters(within=IBURI))
    same(almost, before)
    after = analyse(with_surveys(data, iburi, ["place"]), Parameters(within=IBURI))
    place = {field.field: field for field in after.judged}["place"]
    assert [part.layer.name for part in place.access] == [SURVEY]
    assert not place.crosses
    assert {"made-service"} <= set(place.access[0].layer.services)
    everywhere = analyse(with_surveys(data, iburi, ["place"]), Parameters())
    same(everywhere, analyse(data, Parameters()))


def test_field_that_tells_nobody_apart_is_shown_and_does_not_enter(analysis):
    general = {field.field: field for field in analysis.judged}["general"]
    assert general.state == "alike"
    assert general.alike == 1.0
    assert "general" not in analysis.fields_entered
    assert (analysis.klass[:, 0] == "local").all()


def test_share_of_towns_that_are_alike():
    assert alike_share(np.array([0.0, 0.0, 0.0, 1.0])) == 0.75
    assert alike_share(np.array([0.1, 0.1 + 1e-12, 0.3])) == pytest.approx(2 / 3)


def test_desks_that_serve_two_fields_count_once(analysis):
    states = {field.field: field for field in analysis.judged}
    assert states["poverty"].state == ENTERED
    assert states["housing"].state != ENTERED


def test_fields_that_enter_tell_towns_apart_and_no_tie_is_large(analysis):
    assert len(analysis.fields_entered) >= 5
    assert all(field.alike <= 0.6 for field in analysis.judged if field.state == ENTERED)
    _, ties = np.unique(analysis.scarcity.round(9), return_counts=True)
    assert ties.max() <= 10


def test_range_compares_its_own_towns_alone(shipped):
    within = analyse(shipped, Parameters(within=IBURI))
    inside = members(shipped, IBURI)
    assert inside.sum() == 11
    assert np.isfinite(within.scarcity[inside]).all()
    assert np.isnan(within.scarcity[~inside]).all()
    assert set(within.flag[~inside]) == {"outside"}
    assert (within.flag[inside] == "few").sum() in {3, 4}
    assert not within.candidate[~inside].any()
    assert np.isnan(within.few_share[~inside]).all()


def test_ranges_are_named_and_found(shipped):
    assert len(ranges(shipped)) == 1 + 14 + 21
    assert range_of(shipped, "全道") == ""
    assert range_of(shipped, "胆振") == IBURI
    assert range_of(shipped, "西胆振") == "二次医療圏:西胆振"
    assert range_of(shipped, "二次医療圏:日高") == "二次医療圏:日高"
    assert range_of(shipped, "012301,012050") == towns_range(["012050", "012301"])
    assert label(shipped, IBURI) == "胆振(振興局、11市町村)"
    for wrong in ("胆", "012301,1", "<b>", "振興局:西胆振", "振興局:"):
        with pytest.raises(UnknownCodeError):
            range_of(shipped, wrong)
