import numpy as np
import pandas as pd
import pytest

from geo.data.dataset import Dataset
from geo.errors import UnknownCodeError
from geo.methods.analysis import Analysis, analyse, analyse_arrays
from geo.methods.arrays import build_arrays
from geo.methods.what_if import (
    ChangeError,
    Extend,
    Online,
    Outpost,
    after,
    change_from_row,
    change_to_row,
    describe_change,
    difference,
)
from geo.parameters import Parameters
from tests.shipped_ids import today

HIDAKA = today("jiritsu-016071-1-poverty")  # the 日高 office for the towns of 日高, in 新ひだか町
TOMAKOMAI = today("jiritsu-012131-1-poverty")  # for 苫小牧市 only


def test_no_change_changes_nothing(analysis: Analysis):
    assert after(analysis, ()) is analysis
    again = analyse_arrays(
        analysis.dataset, analysis.parameters, analysis.travel, analysis.arrays, analysis
    )
    for name in ("klass", "nearest", "relative", "scarcity", "flag", "few_share", "candidate"):
        np.testing.assert_array_equal(getattr(again, name), getattr(analysis, name))
    assert difference(analysis, again).empty


def test_held_bounds_follow_when_few_is_widened(shipped: Dataset):
    for minutes in (30.0, 90.0):
        base = analyse(shipped, Parameters(minutes=minutes))
        again = analyse_arrays(shipped, base.parameters, base.travel, base.arrays, base)
        np.testing.assert_array_equal(again.flag, base.flag)


@pytest.mark.slow
@pytest.mark.parametrize("code", ["016012", "015172", "011002", "013676"])
@pytest.mark.parametrize("field", ["poverty", "mental", "children", "food"])
def test_outpost_raises_nobodys_scarcity_and_flags_nobody_new(analysis: Analysis, code, field):
    part = analysis.arrays.slices[analysis.dataset.fields.index.get_loc(field)]
    public = analysis.dataset.services.loc[analysis.arrays.services[part], "organisation"].map(
        analysis.dataset.organisations["location_public"]
    )
    service = public.index[public.to_numpy(bool)][0]
    then = after(analysis, (Outpost(service, code),))
    assert (then.scarcity <= analysis.scarcity + 1e-9).all()
    assert set(then.arrays.codes[then.flag == "few"]) <= set(
        then.arrays.codes[analysis.flag == "few"]
    )
    assert (then.few_share <= analysis.few_share + 1e-12).all()
    m, c = list(then.arrays.codes).index(code), list(then.arrays.fields).index(field)
    assert then.klass[m, c] == "local"


def test_outpost_for_some_towns_helps_those_alone(analysis: Analysis):
    then = after(analysis, (Outpost(HIDAKA, "016098"),))
    table = difference(analysis, then).set_index("name")
    assert table.at["えりも町", "change"] == pytest.approx(-20)
    assert "生活困窮: 近隣にあり→地域内にあり" in table.at["えりも町", "classes"]
    assert set(table["subprefecture"]) == {"日高"}  # 広尾町 is near, but outside the area


def test_given_analysis_and_dataset_stay_untouched(analysis: Analysis):
    before = {
        name: getattr(analysis.arrays, name).copy()
        for name in ("minutes", "here", "in_person", "remote", "supply", "services")
    }
    services = analysis.dataset.services.copy()
    changes = (
        Extend(TOMAKOMAI, ("015865",)),
        Outpost(HIDAKA, "016012"),
        Online(TOMAKOMAI, ("015865", "016012")),
    )
    then = after(analysis, changes)
    for name, array in before.items():
        np.testing.assert_array_equal(getattr(analysis.arrays, name), array)
    pd.testing.assert_frame_equal(analysis.dataset.services, services)
    assert then.dataset.version != analysis.dataset.version
    assert len(then.dataset.services) == len(services) + 1
    row = then.dataset.services.loc[f"{HIDAKA}@016012"]
    assert "仮定" in then.dataset.organisations.at[row["organisation"], "name"]


def test_extended_area_takes_in_the_town_and_is_shared(analysis: Analysis):
    then = after(analysis, (Extend(TOMAKOMAI, ("015814",)),))
    table = difference(analysis, then).set_index("name")
    assert table.at["厚真町", "classes"] == "生活困窮: 遠隔のみ→近隣にあり"
    assert table.at["厚真町", "change"] < 0
    c = list(then.arrays.fields).index("poverty")
    m = list(then.arrays.codes).index("012131")
    assert then.relative[m, c] < analysis.relative[m, c]  # the same office for more people


def test_online_reaches_without_travel_and_leaves_scarcity_alone(analysis: Analysis):
    column = list(analysis.arrays.fields).index("elderly")
    m = int(np.flatnonzero(analysis.klass[:, column] == "unknown")[0])
    part = analysis.arrays.slices[column]
    service, code = analysis.arrays.services[part][0], analysis.arrays.codes[m]
    then = after(analysis, (Online(service, (code,)),))
    assert then.klass[m, column] == "remote"
    np.testing.assert_array_equal(then.scarcity, analysis.scarcity)


def test_area_extended_in_the_arrays_equals_one_written_in_the_records(analysis: Analysis):
    then = after(analysis, (Extend(TOMAKOMAI, ("015814", "015865")),))
    rebuilt = build_arrays(then.dataset, analysis.parameters, analysis.travel)
    np.testing.assert_array_equal(rebuilt.in_person, then.arrays.in_person)
    np.testing.assert_array_equal(rebuilt.remote, then.arrays.remote)


def test_outpost_in_the_arrays_equals_one_written_in_the_records(analysis: Analysis):
    # Prefecture-wide, in a layer without official capacities.
    service = today("minutes-011002-1-poverty")
    then = after(analysis, (Outpost(service, "016012"),))
    rebuilt = build_arrays(then.dataset, analysis.parameters, analysis.travel)
    there = pd.Index(rebuilt.services).get_indexer(pd.Index(then.arrays.services))
    for name in ("minutes", "here", "in_person", "remote"):
        np.testing.assert_array_equal(getattr(rebuilt, name)[:, there], getattr(then.arrays, name))
    assert then.arrays.slices[-1].stop == len(then.arrays.services)


def test_outpost_in_a_field_that_does_not_enter_moves_its_class_and_no_score(analysis: Analysis):
    column = list(analysis.arrays.fields).index("work")
    part = analysis.arrays.slices[column]
    m = int(np.flatnonzero(analysis.klass[:, column] != "local")[0])
    data = analysis.dataset
    office = data.services["organisation"].reindex(analysis.arrays.services[part])
    layer = office.map(data.organisations["layer"])
    place = str(layer.index[layer == "hellowork"][0])
    then = after(analysis, (Outpost(place, analysis.arrays.codes[m]),))
    assert then.klass[m, column] == "local"
    np.testing.assert_array_equal(then.scarcity, analysis.scarcity)
    np.testing.assert_array_equal(then.flag, analysis.flag)


def test_changes_that_cannot_be_made_are_refused(analysis: Analysis):
    hidden = analysis.dataset.organisations.index[
        ~analysis.dataset.organisations["location_public"].to_numpy(bool)
    ]
    services = analysis.dataset.services
    secret = services.index[services["organisation"].isin(hidden)]
    counted = secret[np.isin(secret, analysis.arrays.services)]
    assert len(counted)
    for service in counted:
        with pytest.raises(ChangeError, match="所在を公表していない"):
            after(analysis, (Outpost(service, "016012"),))
    with pytest.raises(UnknownCodeError):
        after(analysis, (Outpost("nobody", "016012"),))
    with pytest.raises(UnknownCodeError):
        after(analysis, (Extend(HIDAKA, ("999999",)),))
    with pytest.raises(ChangeError, match="同じ出張所"):
        after(analysis, (Outpost(HIDAKA, "016012"), Outpost(HIDAKA, "016012")))


def test_change_survives_plain_values(analysis: Analysis):
    for change in (Extend("a", ("1", "2")), Outpost("a", "1"), Online("a", ("1",))):
        assert change_from_row(change_to_row(change)) == change
    for row in ({}, {"kind": "outpost", "service": "a", "codes": ["1", "2"]}, {"kind": "x"}):
        with pytest.raises(ChangeError):
            change_from_row(row)
    words = describe_change(analysis.dataset, Outpost(HIDAKA, "016012"))
    assert "日高町に出張所を開く" in words
