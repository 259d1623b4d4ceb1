import numpy as np
import pytest

from geo.methods.access import e2sfca, gaussian_weight, step_weight, three_step, two_step
from geo.methods.layers import Layer, field_sufficiency, layer_access, only_inside

EVERYONE = np.ones(3, dtype=bool)


def layer(minutes, supply, demand=(100.0, 200.0, 100.0), town=(0, 1)):
    minutes = np.array(minutes, dtype=float)
    town = np.array(town)
    return Layer(
        field=0,
        name="窓口",
        key="desk",
        demand=np.array(demand),
        supply=np.array(supply, dtype=float),
        minutes=minutes,
        fixed=np.zeros_like(minutes),
        eligible=np.ones(minutes.shape, dtype=bool),
        here=town == np.arange(3)[:, None],
        town=town,
        services=np.array(["a", "b"], dtype=object),
    )


THREE = layer([[0, 30], [30, 0], [90, 45]], [1, 2])


def test_two_parts_of_an_access_sum_to_the_access_and_are_split_by_where_the_office_stands():
    part = layer_access(THREE, 60, EVERYONE)
    w = gaussian_weight(THREE.minutes)
    first = 1 / (100 + 200 * w[1, 0])
    second = 2 / (100 * w[0, 1] + 200 + 100 * w[2, 1])
    assert part.access == pytest.approx(
        [first + second * w[0, 1], first * w[1, 0] + second, second * w[2, 1]]
    )
    assert part.inside == pytest.approx([first, second, 0])


def test_what_falls_to_the_towns_sums_to_what_there_is():
    part = layer_access(THREE, 60, EVERYONE)
    assert part.units.sum() == pytest.approx(3)


def test_mean_is_over_the_people_of_the_range_alone():
    pair = np.array([True, True, False])
    part = layer_access(THREE, 60, pair)
    assert part.access == pytest.approx(layer_access(THREE, 60, EVERYONE).access)
    assert part.mean == pytest.approx((100 * part.access[0] + 200 * part.access[1]) / 300)


def test_layer_known_inside_a_range_neither_gives_nor_takes_across_its_edge():
    pair = np.array([True, False, True])
    inside = only_inside(THREE, pair)
    assert inside.services.tolist() == ["a"]
    part = layer_access(inside, 60, pair)
    assert part.access == pytest.approx([1 / 100, 0, 0])


def test_one_layer_does_not_drown_the_other():
    few = layer_access(THREE, 60, EVERYONE)
    many = layer_access(layer([[0, 90], [90, 0], [0, 90]], [10_000, 1]), 60, EVERYONE)
    enough = field_sufficiency([few, many])
    assert enough == pytest.approx((np.minimum(few.relative, 1) + np.minimum(many.relative, 1)) / 2)


def test_permuted_rows_give_permuted_results_and_twice_the_supply_changes_no_relative_figure():
    order = np.array([2, 0, 1])
    mixed = layer(THREE.minutes[order], THREE.supply, THREE.demand[order], town=(1, 2))
    same = layer_access(mixed, 60, EVERYONE)
    assert same.relative == pytest.approx(layer_access(THREE, 60, EVERYONE).relative[order])
    twice = layer_access(layer(THREE.minutes, THREE.supply * 2), 60, EVERYONE)
    assert twice.relative == pytest.approx(layer_access(THREE, 60, EVERYONE).relative)


def test_island_that_reaches_nobody_has_nothing():
    part = layer_access(layer([[0, 30], [30, 0], [np.inf, np.inf]], [1, 1]), 60, EVERYONE)
    assert part.access[2] == 0


def test_three_steps_are_those_of_the_formula_and_keep_the_supply():
    weight = gaussian_weight(THREE.minutes)
    chosen = weight / weight.sum(axis=1, keepdims=True)
    within = [sum(chosen[k, j] * THREE.demand[k] * weight[k, j] for k in range(3)) for j in (0, 1)]
    expected = [
        sum(chosen[m, j] * THREE.supply[j] / within[j] * weight[m, j] for j in (0, 1))
        for m in range(3)
    ]
    found = three_step(THREE.demand, THREE.supply, weight)
    assert found == pytest.approx(expected)
    assert THREE.demand @ found == pytest.approx(3)


def test_many_weightings_at_once_equal_one_after_another():
    rng = np.random.default_rng(3)
    weight = rng.random((5, 3, 2))
    together = two_step(THREE.demand, THREE.supply, weight)
    for one, made in zip(weight, together, strict=True):
        assert made == pytest.approx(e2sfca(THREE.demand, THREE.supply, one))


def test_steps_of_twenty_minutes():
    assert step_weight(np.array([0, 19.9, 20, 39, 40, 59, 60, np.inf])).tolist() == [
        1, 1, 0.68, 0.68, 0.22, 0.22, 0, 0,
    ]  # fmt: skip
