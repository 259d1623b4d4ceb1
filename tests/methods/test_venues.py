from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spopt.locate import MCLP

from geo.errors import UnknownCodeError
from geo.methods.analysis import Analysis
from geo.methods.venues import (
    VenueError,
    areas_of,
    choose_venues,
    cover_all,
    coverage_curve,
    unreachable,
    venue_table,
    venues_for,
)


def covered(minutes, weight, towns, sites, limit):
    within = (minutes[np.ix_(towns, list(sites))] <= limit).any(axis=1)
    return weight[towns][within].sum()


def best_of_all(minutes, weight, towns, sites, k, limit, fixed=()):
    return max(
        covered(minutes, weight, towns, chosen, limit)
        for chosen in combinations(sites, k)
        if set(fixed) <= set(chosen)
    )


def greedy(minutes, weight, towns, k, limit):
    """Take the site that adds most, k times: the naive twin."""
    chosen: list[int] = []
    for _ in range(k):
        gains = [
            covered(minutes, weight, towns, [*chosen, site], limit) for site in range(len(minutes))
        ]
        chosen.append(int(np.argmax(gains)))
    return covered(minutes, weight, towns, chosen, limit)


@st.composite
def small_cases(draw):
    size = draw(st.integers(3, 8))
    seed = draw(st.integers(0, 10**6))
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 100, (size, 2))
    minutes = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    minutes[rng.random((size, size)) < 0.1] = np.inf
    minutes = np.minimum(minutes, minutes.T)
    np.fill_diagonal(minutes, 0)
    weight = rng.integers(1, 1000, size).astype(float)
    return (
        minutes,
        weight,
        draw(st.integers(1, size - 1)),
        draw(st.sampled_from([10.0, 30.0, 60.0])),
    )


@settings(max_examples=40, deadline=None)
@given(small_cases())
def test_k_venues_equal_brute_force(case):
    minutes, weight, k, limit = case
    towns = sites = np.arange(len(minutes))
    found = choose_venues(minutes, weight, towns, sites, k=k, limit=limit)
    assert found.value == best_of_all(minutes, weight, towns, sites.tolist(), k, limit)
    assert len(found.sites) == k


@settings(max_examples=25, deadline=None)
@given(small_cases())
def test_fixed_venues_stay_and_the_rest_is_best(case):
    minutes, weight, k, limit = case
    towns = sites = np.arange(len(minutes))
    fixed = np.array([len(minutes) - 1])
    found = choose_venues(minutes, weight, towns, sites, k=k, limit=limit, fixed=fixed)
    assert set(fixed) <= set(found.sites.tolist())
    assert found.fixed.sum() == 1
    best = best_of_all(minutes, weight, towns, sites.tolist(), k, limit, fixed.tolist())
    assert found.value == best


@settings(max_examples=25, deadline=None)
@given(small_cases())
def test_fewest_venues_equal_brute_force(case):
    minutes, weight, _, limit = case
    towns = sites = np.arange(len(minutes))
    found = cover_all(minutes, weight, towns, sites, limit=limit)
    assert found.covered.all()
    fewer = len(found.sites) - 1
    if fewer:
        assert best_of_all(minutes, weight, towns, sites.tolist(), fewer, limit) < weight.sum()


@pytest.mark.parametrize(("k", "limit"), [(1, 60.0), (4, 60.0), (9, 45.0), (15, 90.0)])
def test_never_worse_than_greedy_on_all_towns(analysis: Analysis, k, limit):
    minutes = analysis.travel.minutes
    people = analysis.dataset.municipalities["population_2020"].to_numpy(float)
    towns = np.arange(len(people))
    found = choose_venues(minutes, people, towns, towns, k=k, limit=limit)
    assert found.value >= greedy(minutes, people, towns, k, limit)
    assert found.value == covered(minutes, people, towns, found.sites, limit)


def test_number_of_venues_is_kept_wherever_its_constraint_stands(analysis: Analysis, monkeypatch):
    plain = MCLP.from_cost_matrix

    def longer(*asked, **options):
        model = plain(*asked, **options)
        model.problem += model.fac_vars[0] <= 1  # holds already, and is the last one now
        return model

    towns = areas_of(analysis.dataset, ["胆振", "日高"])
    people = analysis.dataset.municipalities["population_2020"].to_numpy(float)
    asked = (analysis.travel.minutes, people, towns, towns)
    before = coverage_curve(*asked, most=5, limit=60.0)
    monkeypatch.setattr(MCLP, "from_cost_matrix", longer)
    assert len(choose_venues(*asked, k=3, limit=60.0).sites) == 3
    assert coverage_curve(*asked, most=5, limit=60.0).equals(before)


def test_curve_rises_to_what_the_fewest_need(analysis: Analysis):
    towns = areas_of(analysis.dataset, ["胆振", "日高"])
    people = analysis.dataset.municipalities["population_2020"].to_numpy(float)
    minutes = analysis.travel.minutes
    curve = coverage_curve(minutes, people, towns, towns, most=20, limit=60.0)
    assert curve["covered"].is_monotonic_increasing
    assert curve["share"].iloc[-1] == 1
    assert len(curve) == len(cover_all(minutes, people, towns, towns, limit=60.0).sites)


def test_ask_that_cannot_be_had_names_the_towns(analysis: Analysis):
    dataset = analysis.dataset
    towns, sites = areas_of(dataset, ["宗谷"]), areas_of(dataset, ["012149"])
    lost = set(
        dataset.municipalities["name"].iloc[
            unreachable(analysis.travel.minutes, towns, sites, 60.0)
        ]
    )
    assert {"利尻町", "利尻富士町", "礼文町"} <= lost
    with pytest.raises(VenueError) as caught:
        venues_for(dataset, analysis.travel, towns, k=None, limit=60.0, sites=sites)
    assert set(caught.value.unreached) == lost
    assert "礼文町" in str(caught.value)


@pytest.mark.parametrize("k", [0, -1, 19])
def test_number_that_does_not_fit_is_refused(analysis: Analysis, k):
    towns = areas_of(analysis.dataset, ["胆振", "日高"])
    with pytest.raises(VenueError, match="1から18まで"):
        venues_for(analysis.dataset, analysis.travel, towns, k=k, limit=60.0, sites=towns)


def test_island_without_a_ferry_is_left_out_and_said_so():
    minutes = np.array([[0.0, 20, np.inf], [20, 0, np.inf], [np.inf, np.inf, 0]])
    towns = np.arange(3)
    found = choose_venues(minutes, np.array([5.0, 9, 4]), towns, np.arange(2), k=1, limit=30.0)
    assert found.covered.tolist() == [True, True, False]
    assert np.isinf(found.minutes[2])
    assert found.sites.tolist() == [1]  # where more people need not travel


def test_table_counts_each_town_once_at_its_nearest_venue(analysis: Analysis):
    dataset = analysis.dataset
    towns = areas_of(dataset, ["胆振", "日高"])
    found = venues_for(dataset, analysis.travel, towns, k=2, limit=60.0)
    table = venue_table(dataset, found)
    assert list(table.columns[:2]) == ["code", "name"]
    assert table["people"].sum() == found.value
    served = ";".join(table["served"]).split(";")
    assert len(served) == len(set(served)) == found.covered.sum()
    assert (table["longest_minutes"] <= 60).all()


def test_unknown_area_is_named(analysis: Analysis):
    for word in ("999999", "東京"):
        with pytest.raises(UnknownCodeError, match=word):
            areas_of(analysis.dataset, [word])
