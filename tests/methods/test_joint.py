import numpy as np
import pytest
from scipy.stats import rankdata

from geo.methods.access import e2sfca, flat_weight, gaussian_weight, step_weight
from geo.methods.joint import (
    KERNELS,
    ROBUST,
    STANDINGS,
    SUPPLIES,
    VARIANTS,
    Joint,
    joint_trials,
    mid_ranks,
    pair_errors,
    scenarios,
    trial_sufficiency,
)
from geo.methods.scarcity import FEW, scarcity, thirds
from geo.parameters import PAIR_ERROR

WEIGHTS = {"gauss": gaussian_weight, "steps": step_weight, "flat": flat_weight}


def entered(analysis):
    return [
        part.layer for field in analysis.judged if field.state == "entered" for part in field.access
    ]


def base(analysis):
    return analysis.parameters.speed, analysis.parameters.detour


def test_scenarios_fill_every_combination_evenly_and_repeat():
    drawn = scenarios()
    cells = np.column_stack((drawn.minutes, drawn.kernel, drawn.variant, drawn.supply))
    _, counts = np.unique(cells, axis=0, return_counts=True)
    assert len(counts) == 3 * len(KERNELS) * len(VARIANTS) * len(SUPPLIES)
    assert counts.max() - counts.min() <= 1
    for values, low, high in ((drawn.speed, 45, 75), (drawn.detour, 1.12, 1.36)):
        # A Latin hypercube: one value in each of as many equal steps.
        steps = np.floor((values - low) / (high - low) * len(values)).astype(int)
        assert sorted(steps) == list(range(len(values)))
    assert scenarios() is drawn


def test_pair_errors_are_the_same_there_and_back_and_as_wide_as_said():
    errors = pair_errors(40, 5)
    np.testing.assert_array_equal(errors, errors.transpose(0, 2, 1))
    assert np.log(errors).std() == pytest.approx(float(PAIR_ERROR), rel=0.02)


def test_trial_equals_the_plain_methods_under_the_same_assumptions(analysis):
    """Compute the first trials again, one office after another, by the published formulas."""
    drawn, layers = scenarios(), entered(analysis)
    found = trial_sufficiency(layers, analysis.compared, drawn, base(analysis))
    errors = pair_errors(179, drawn.seed)
    for s in range(6):
        by_field = {}
        for layer in layers:
            stretch = drawn.detour[s] / base(analysis)[1] * base(analysis)[0] / drawn.speed[s]
            minutes = (layer.minutes - layer.fixed) * stretch + layer.fixed
            minutes = minutes * errors[drawn.error[s]][:, layer.town]
            weight = WEIGHTS[KERNELS[drawn.kernel[s]]](minutes, drawn.minutes[s])
            weight = weight * layer.eligible
            if VARIANTS[drawn.variant[s]] == "3sfca":
                reached = weight.sum(axis=1, keepdims=True)
                chosen = np.divide(weight, reached, out=np.zeros_like(weight), where=reached > 0)
                weight = weight * chosen
            supply = layer.supply
            if SUPPLIES[drawn.supply[s]] == "one" and not layer.counted:
                supply = np.ones_like(supply)
            access = e2sfca(layer.demand, supply, weight)
            mean = layer.demand @ access / layer.demand.sum()
            by_field.setdefault(layer.field, []).append(np.minimum(access / mean, 1))
        expected = np.column_stack([np.mean(by_field[c], axis=0) for c in sorted(by_field)])
        np.testing.assert_allclose(found[s], expected, atol=2e-4)


def test_mid_ranks_are_those_of_scipy_and_ties_share_theirs():
    scores = np.random.default_rng(2).integers(0, 40, (50, 30)).astype(np.float32)
    np.testing.assert_allclose(mid_ranks(scores), rankdata(scores, axis=1))


def test_flags_of_a_trial_are_the_thirds_of_its_scores():
    scores = np.random.default_rng(4).integers(0, 60, (40, 31)).astype(np.float32)
    few = mid_ranks(scores) > 31 * 2 / 3 + 1e-3
    np.testing.assert_array_equal(few, thirds(scores.T).T == FEW)


def test_two_seeds_agree_within_the_sampling_error(analysis):
    layers, fields = entered(analysis), analysis.arrays.fields
    one, other = (
        joint_trials(layers, analysis.compared, fields, base(analysis), seed=seed)[0]
        for seed in (1, 2)
    )
    error = np.hypot(one.sampling, other.sampling)
    moved = np.abs(one.few_share - other.few_share)
    # Five standard errors; a share near 0 or 1 is seen in too few scenarios to have one.
    assert (moved <= 5 * error + 0.01).all()
    assert np.corrcoef(one.few_share, other.few_share)[0, 1] > 0.995


def test_ten_thousand_trials_repeat_exactly(analysis):
    layers, fields = entered(analysis), analysis.arrays.fields
    one, other = (
        joint_trials(layers, analysis.compared, fields, base(analysis))[0] for _ in range(2)
    )
    assert one.trials == 10_000
    np.testing.assert_array_equal(one.few_share, other.few_share)
    assert ((one.low >= 1) & (one.low <= one.high) & (one.high <= 179)).all()


def test_standing_has_three_answers_and_none_outside_the_range():
    share = np.array([0.0, 0.2, 0.21, 0.79, 0.8, 1.0, np.nan])
    blank = np.zeros(7)
    joint = Joint(share, blank, blank, blank, np.full(7, ""), {}, 10)
    words = [STANDINGS.get(key, "") for key in joint.standing]
    assert words == [
        "少数でない", "少数でない", "どちらとも言えない", "どちらとも言えない", "頑健", "頑健", "",
    ]  # fmt: skip


def test_assumption_that_alone_decides_is_named(analysis):
    """In a world of one field and offices an hour away, only what moves the minutes can decide."""
    joint = analysis.joint
    for row in np.flatnonzero((joint.few_share > 0.2) & (joint.few_share < 0.8)):
        effects = {name: values[row] for name, values in joint.effects.items()}
        assert joint.decides[row] == max(effects, key=effects.get)
    assert (np.array(list(joint.effects.values())) >= 0).all()
    assert (np.nansum(list(joint.effects.values()), axis=0) < 1.3).all()


def test_robust_is_flagged_and_stands(analysis):
    robust = analysis.robust
    assert (analysis.flag[robust] == "few").all()
    assert (analysis.joint.standing[robust] == ROBUST).all()
    assert robust.sum() >= 5
    score = scarcity(np.nan_to_num(analysis.enough), analysis.entered, np.ones(17))
    np.testing.assert_allclose(score, analysis.scarcity)
