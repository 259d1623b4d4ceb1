import numpy as np
import pandas as pd
import pytest
from access import Access, weights
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geo.methods.access import (
    catchment_weights,
    e2sfca,
    gaussian_weight,
    mean_accessibility,
    relative_to_mean,
    supply_by_people,
)


def naive_e2sfca(demand, supply, minutes, catchment):
    """Compute both steps with loops over one pair at a time."""

    def weight(t):
        if t > catchment:
            return 0.0
        edge = np.exp(-0.5)
        return (np.exp(-0.5 * (t / catchment) ** 2) - edge) / (1 - edge)

    towns, services = range(len(demand)), range(len(supply))
    ratios = []
    for j in services:
        people = sum(demand[k] * weight(minutes[k][j]) for k in towns)
        ratios.append(supply[j] / people if people > 0 else 0.0)
    return [sum(ratios[j] * weight(minutes[m][j]) for j in services) for m in towns]


def test_gaussian_is_one_at_the_door_zero_at_the_edge_and_never_rises():
    minutes = np.linspace(0, 80, 81)
    weight = gaussian_weight(minutes, 60)
    assert weight[0] == 1
    assert (weight[60:] == 0).all()
    assert (np.diff(weight) <= 0).all()
    assert gaussian_weight(np.array([np.inf]), 60)[0] == 0


def test_three_towns_worked_by_hand():
    # One office in town A; B is at the half weight, C out of reach.
    weight = np.array([[1.0], [0.5], [0.0]])
    result = e2sfca(np.array([100.0, 200.0, 50.0]), np.array([2.0]), weight)
    # R = 2 / (100 + 0.5*200) = 0.01; A = R, half of it, nothing
    assert result == pytest.approx([0.01, 0.005, 0.0])
    # mean = (100*0.01 + 200*0.005) / 350 = 2 / 350
    assert relative_to_mean(result, np.array([100.0, 200.0, 50.0])) == pytest.approx(
        [1.75, 0.875, 0.0]
    )


def test_sparse_weights_are_the_dense_ones_within_the_service_area():
    rng = np.random.default_rng(11)
    minutes, eligible = rng.uniform(0, 120, (20, 30)), rng.random((20, 30)) < 0.7
    sparse = catchment_weights(minutes, 60, eligible)
    assert np.allclose(sparse.toarray(), gaussian_weight(minutes, 60) * eligible)
    assert catchment_weights(np.empty((3, 0)), 60).shape == (3, 0)


def test_huge_catchment_gives_everybody_total_supply_over_total_demand():
    demand, supply = np.array([100.0, 300.0]), np.array([1.0, 3.0])
    minutes = np.array([[0.0, 50.0], [50.0, 0.0]])
    result = e2sfca(demand, supply, gaussian_weight(minutes, 1e9))
    assert result == pytest.approx([0.01, 0.01])


def test_empty_supply_gives_every_town_a_zero():
    result = e2sfca(np.array([10.0, 20.0]), np.empty(0), np.empty((2, 0)))
    assert result.tolist() == [0, 0]
    assert relative_to_mean(result, np.array([10.0, 20.0])).tolist() == [0, 0]


def test_service_in_an_empty_island_adds_nothing_and_nobody_is_lost():
    weight = np.array([[1.0, 0.0], [0.0, 0.0]])
    assert e2sfca(np.array([10.0, 20.0]), np.array([1.0, 1.0]), weight).tolist() == [0.1, 0]


@settings(max_examples=40, deadline=None)
@given(
    demand=arrays(float, 5, elements=st.floats(1, 1e5)),
    supply=arrays(float, 7, elements=st.floats(0, 50)),
    minutes=arrays(float, (5, 7), elements=st.floats(0, 200)),
)
def test_agrees_with_the_naive_twin_and_keeps_the_supply(demand, supply, minutes):
    weight = gaussian_weight(minutes, 60)
    result = e2sfca(demand, supply, weight)
    assert result == pytest.approx(naive_e2sfca(demand, supply, minutes, 60), rel=1e-9, abs=1e-15)
    # Every service with somebody in its catchment is handed out whole.
    used = supply[(demand @ weight) > 0].sum()
    assert mean_accessibility(result, demand) * demand.sum() == pytest.approx(used, rel=1e-9)


# A supply is a count of desks and people: in thousandths, never a number that only a computer has.
COUNTS = st.integers(0, 50_000).map(lambda thousandths: thousandths / 1000)


@settings(max_examples=40, deadline=None)
@given(
    supply=arrays(float, 6, elements=COUNTS),
    more=arrays(float, 6, elements=COUNTS),
    minutes=arrays(float, (4, 6), elements=st.floats(0, 200)),
)
def test_more_supply_never_lowers_accessibility_against_a_fixed_mean(supply, more, minutes):
    demand, weight = np.array([10.0, 200.0, 3000.0, 40.0]), gaussian_weight(minutes, 60)
    before, after = (e2sfca(demand, s, weight) for s in (supply, supply + more))
    reference = mean_accessibility(before, demand)
    assert (
        relative_to_mean(after, demand, reference)
        >= relative_to_mean(before, demand, reference) - 1e-12
    ).all()


def test_agrees_with_pysal_access_and_returns_the_towns_that_it_drops():
    rng = np.random.default_rng(7)
    towns, services = 60, 200
    demand = rng.integers(500, 90_000, towns).astype(float)
    supply = rng.integers(1, 9, services).astype(float)
    minutes = rng.uniform(0, 240, (towns, services))
    minutes[3] = 500  # nothing in reach
    cost = pd.DataFrame(
        {
            "origin": np.repeat(np.arange(towns), services),
            "dest": np.tile(np.arange(services), towns),
            "cost": minutes.ravel(),
        }
    )
    edge = np.exp(-0.5)
    model = Access(
        demand_df=pd.DataFrame({"id": range(towns), "people": demand}),
        demand_index="id",
        demand_value="people",
        supply_df=pd.DataFrame({"id": range(services), "offices": supply}),
        supply_index="id",
        supply_value="offices",
        cost_df=cost,
        cost_origin="origin",
        cost_dest="dest",
        cost_name="cost",
    )
    published = model.two_stage_fca(
        name="a",
        max_cost=60,
        weight_fn=lambda t: (np.exp(-0.5 * (t / 60) ** 2) - edge) / (1 - edge),
    )["a_offices"]
    ours = e2sfca(demand, supply, gaussian_weight(minutes, 60))
    assert ours[3] == 0
    assert len(ours) == towns
    known = published.dropna().index
    assert 3 not in known
    assert len(known) > 50
    assert ours[known] == pytest.approx(published[known].to_numpy(), rel=1e-9)


def test_gravity_weights_of_pysal_are_the_same_gaussian_shape():
    # PySAL's own Gaussian does not fall to 0 at the edge; ours is that one, shifted and scaled.
    plain = weights.gaussian(60)
    minutes = np.array([0.0, 15.0, 30.0, 59.0])
    edge = plain(60.0) / plain(0.0)
    assert gaussian_weight(minutes, 60) == pytest.approx(
        (plain(minutes) / plain(0.0) - edge) / (1 - edge)
    )


def test_offices_share_the_people_they_are_in_charge_of_and_average_one():
    # Town A has its own office; B and C go to the other one, which may not serve A.
    demand = np.array([900.0, 60.0, 40.0])
    minutes = np.array([[0.0, 10.0], [30.0, 0.0], [60.0, 20.0]])
    eligible = np.array([[True, False], [True, True], [True, True]])
    supply = supply_by_people(demand, minutes, eligible)
    assert supply == pytest.approx([2 * 0.9, 2 * 0.1])
    assert supply.mean() == pytest.approx(1)


def test_two_equal_offices_in_one_town_share_its_people():
    supply = supply_by_people(np.array([100.0]), np.zeros((1, 2)), np.ones((1, 2), bool))
    assert supply.tolist() == [1, 1]
