"""Draw every assumption at once, and see which flags stand: joint robustness."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.stats import qmc

from geo.methods.access import STEP_WEIGHTS, three_step, two_step
from geo.methods.layers import Layer
from geo.parameters import (
    DETOUR_RANGE,
    FLAG_SHARE,
    JOINT_SCENARIOS,
    JOINT_SEED,
    JOINT_WEIGHTINGS,
    PAIR_ERROR,
    ROBUST_SHARE,
    ROBUSTNESS_MINUTES,
    SPEED_RANGE,
)

KERNELS = ("gauss", "steps", "flat")
VARIANTS = ("e2sfca", "3sfca")
SUPPLIES = ("judged", "one")
ERROR_DRAWS = 64  # matrices of pair errors that the scenarios share
CHUNK = 24  # scenarios computed at once; what fits a core's cache
BINS = 5  # of an assumption that is a number, when its effect is measured
SAME = 1e-4  # of a point of scarcity, below which two scores are one
LOW, HIGH = 0.05, 0.95
ROBUST, UNSETTLED, NOT_FEW = "robust", "unsettled", "not_few"
STANDINGS = {ROBUST: "頑健", UNSETTLED: "どちらとも言えない", NOT_FEW: "少数でない"}
ASSUMPTIONS = {
    "minutes": "到達圏 T",
    "speed": "平均速度",
    "detour": "迂回係数",
    "error": "移動時間の誤差",
    "kernel": "距離による減り方",
    "variant": "計算法(2段階・3段階)",
    "supply": "窓口の大きさの数え方",
}


@dataclass(frozen=True, eq=False)
class Scenarios:
    """S draws of what is assumed about travel and supply; each is shared by several weightings.

    minutes, speed, detour: (S,) values. kernel, variant, supply, error: (S,) positions in KERNELS,
    VARIANTS, SUPPLIES and among the ERROR_DRAWS matrices of pair errors.
    """

    minutes: np.ndarray
    speed: np.ndarray
    detour: np.ndarray
    kernel: np.ndarray
    variant: np.ndarray
    supply: np.ndarray
    error: np.ndarray
    seed: int


@dataclass(frozen=True, eq=False)
class Joint:
    """What the joint trials say of the M municipalities; NaN or "" outside the range compared.

    few_share: (M,) share of trials flagged few. low, high: (M,) the 5% and 95% points of the rank,
    1 = scarcest. sampling: (M,) standard error of few_share. decides: (M,) the assumption whose
    value moves the flag most (a key of ASSUMPTIONS, or weight:field), "" where it moves in no
    trial. effects: by assumption, (M,) share of the flag's variance, 0 to 1. trials: their number.
    """

    few_share: np.ndarray
    low: np.ndarray
    high: np.ndarray
    sampling: np.ndarray
    decides: np.ndarray
    effects: dict[str, np.ndarray]
    trials: int

    @property
    def standing(self) -> np.ndarray:
        """(M,) a key of STANDINGS, "" outside the range compared.

        頑健 from ROBUST_SHARE of the trials on, 少数でない up to the rest, between them unsettled.
        """
        share = self.few_share
        made = np.select(
            [
                share >= float(ROBUST_SHARE),
                share > 1 - float(ROBUST_SHARE) + 1e-9,
                np.isfinite(share),
            ],
            [ROBUST, UNSETTLED, NOT_FEW],
            "",
        )
        return made.astype(object)


@lru_cache(maxsize=4)
def scenarios(count: int = int(JOINT_SCENARIOS), seed: int = int(JOINT_SEED)) -> Scenarios:
    """Return scenarios that fill the space of assumptions evenly.

    Speed and detour are a Latin hypercube over their ranges; every combination of T, kernel, variant and
    supply rule comes equally often; the errors of the pairs take turns.
    Source: McKay, Beckman and Conover (1979), Latin hypercube sampling, by scipy.stats.qmc.
    """
    draw = np.random.default_rng(seed)
    cube = qmc.LatinHypercube(2, rng=draw).random(count)
    sizes = (len(ROBUSTNESS_MINUTES), len(KERNELS), len(VARIANTS), len(SUPPLIES))
    cells = draw.permutation(np.arange(count) % np.prod(sizes))
    minutes, kernel, variant, supply = np.unravel_index(cells, sizes)
    return Scenarios(
        minutes=np.array(ROBUSTNESS_MINUTES)[minutes],
        speed=SPEED_RANGE[0] + cube[:, 0] * (SPEED_RANGE[1] - SPEED_RANGE[0]),
        detour=DETOUR_RANGE[0] + cube[:, 1] * (DETOUR_RANGE[1] - DETOUR_RANGE[0]),
        kernel=kernel,
        variant=variant,
        supply=supply,
        error=draw.permutation(np.arange(count) % ERROR_DRAWS),
        seed=seed,
    )


@lru_cache(maxsize=2)
def pair_errors(towns: int, seed: int) -> np.ndarray:
    """Return (ERROR_DRAWS, M, M) factors on the time of each pair, the same there and back.

    Formula: e = exp(σ z), z standard normal, σ = PAIR_ERROR.
    """
    normal = np.random.default_rng(seed).standard_normal((ERROR_DRAWS, towns, towns), np.float32)
    upper = np.triu(normal)
    both = upper + np.triu(upper, 1).transpose(0, 2, 1)
    result: np.ndarray = np.exp(np.float32(PAIR_ERROR) * both)
    return result


def trial_sufficiency(
    layers: list[Layer], compared: np.ndarray, drawn: Scenarios, base: tuple[float, float]
) -> np.ndarray:
    """Return (S, N, C) sufficiency of the N municipalities compared in the C fields of the layers.

    Formula: as `field_sufficiency`, of minutes t' = (fixed + (t - fixed) · (d'/d) · (v/v')) · e.

    base: the speed v (km/h) and detour d that the layers' minutes were made with.
    """
    fields = sorted({layer.field for layer in layers})
    errors = pair_errors(len(compared), drawn.seed)
    stretch = (drawn.detour / base[1]) * (base[0] / drawn.speed)
    made = np.zeros((len(stretch), int(compared.sum()), len(fields)), np.float32)
    jobs = [
        (layer, np.arange(start, min(start + CHUNK, len(stretch))))
        for layer in layers
        for start in range(0, len(stretch), CHUNK)
    ]
    share = {field: sum(layer.field == field for layer in layers) for field in fields}

    def work(job: tuple[Layer, np.ndarray]) -> tuple[int, np.ndarray, np.ndarray]:
        layer, rows = job
        relative = _relative(layer, compared, drawn, rows, stretch, errors)
        return fields.index(layer.field), rows, np.minimum(relative, 1) / share[layer.field]

    with ThreadPoolExecutor(2) as pool:
        for column, rows, part in pool.map(work, jobs):
            made[rows, :, column] += part
    return made


def _relative(
    layer: Layer,
    compared: np.ndarray,
    drawn: Scenarios,
    rows: np.ndarray,
    stretch: np.ndarray,
    errors: np.ndarray,
) -> np.ndarray:
    """Return (S, N) accessibility of one layer as multiples of its mean, in some scenarios."""
    fixed = layer.fixed.astype(np.float32)
    road = np.where(np.isfinite(layer.minutes), layer.minutes - layer.fixed, np.inf)
    road = np.where(layer.eligible, road, np.inf).astype(np.float32)
    minutes = road * stretch[rows, None, None].astype(np.float32) + fixed
    minutes *= errors[drawn.error[rows]][:, :, layer.town]
    ratio = minutes / drawn.minutes[rows, None, None].astype(np.float32)
    weight = _weights(ratio, drawn.kernel[rows])
    demand = layer.demand.astype(np.float32)
    judged = layer.supply.astype(np.float32)
    one = judged if layer.counted else np.ones_like(judged)
    supply = np.where(drawn.supply[rows, None] == 0, judged, one)
    access = np.empty((len(rows), len(compared)), np.float32)
    for position, method in enumerate((two_step, three_step)):
        chosen = drawn.variant[rows] == position
        access[chosen] = method(demand, supply[chosen], weight[chosen])
    access, people = access[:, compared], demand[compared]
    mean = access @ people / max(people.sum(), 1)
    result: np.ndarray = np.divide(
        access, mean[:, None], out=np.zeros_like(access), where=mean[:, None] > 0
    )
    return result


def _weights(ratio: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Return the weights of times over T, each scenario by its own kernel; as in geo.methods.access."""
    made = np.empty_like(ratio)
    edge = np.float32(np.exp(-0.5))
    for position in range(len(KERNELS)):
        chosen = kernel == position
        part = ratio[chosen]
        if KERNELS[position] == "gauss":
            part = np.minimum(part, 1)
            made[chosen] = (np.exp(np.float32(-0.5) * part * part) - edge) / (1 - edge)
        elif KERNELS[position] == "flat":
            made[chosen] = part < 1
        else:
            near, middle, far = (np.float32(weight) for weight in STEP_WEIGHTS)
            steps = (part < 1) * far + (part < 2 / 3) * (middle - far)
            made[chosen] = steps + (part < 1 / 3) * (near - middle)
    return made


def joint_trials(
    layers: list[Layer],
    compared: np.ndarray,
    fields: np.ndarray,
    base: tuple[float, float],
    bounds: np.ndarray | None = None,
    *,
    seed: int = int(JOINT_SEED),
) -> tuple[Joint, np.ndarray]:
    """Return what the joint trials say, and the (trials,) score from which each flags a town.

    Formula: few_share_m = (number of trials with thirds(100 (1 - Σ_c w_c q_mc)) = FEW) / trials.

    layers: complete layers of the fields that entered. compared: (M,). fields: (C,) codes of
    all fields. base: speed in km/h and detour of the layers' minutes. bounds: of today's trials,
    held in a what-if. One trial draws weights (Dirichlet), T, speed, detour, an error of each
    pair's time, kernel, variant and supply rule, all at once.
    Source: Saisana, Saltelli and Tarantola (2005) J. R. Stat. Soc. A 168, uncertainty of a composite
    indicator by drawing all its assumptions together.
    """
    if not layers:
        blank = np.full(len(compared), np.nan)
        return Joint(blank, blank, blank, blank, np.full(len(compared), "", object), {}, 0), blank
    drawn = scenarios(seed=seed)
    enough = trial_sufficiency(layers, compared, drawn, base)
    count, towns, judged = enough.shape
    each = int(JOINT_WEIGHTINGS)
    weights = np.random.default_rng(seed + 1).dirichlet(np.ones(judged), (count, each))
    weights = weights.astype(np.float32)
    # The same order of addition in every row, so that equal sufficiency gives equal scores.
    score = np.zeros((count, each, towns), np.float32)
    for column in range(judged):
        score += weights[:, :, column, None] * enough[:, None, :, column]
    scores = (100 * (1 - score)).reshape(count * each, towns)
    ranks = mid_ranks(scores)
    if bounds is None:
        few = ranks > towns * (1 - float(FLAG_SHARE)) + 1e-3
        bounds = np.where(few, scores, np.inf).min(axis=1)
    else:
        few = scores >= bounds[:, None] - SAME
    effects = assumption_effects(
        few, drawn, weights, fields[sorted({layer.field for layer in layers})]
    )
    return _joint(few, towns + 1 - ranks, effects, compared, count), bounds


def mid_ranks(scores: np.ndarray) -> np.ndarray:
    """Return the mid-ranks along the last axis, 1 = the least; scores closer than SAME are equal.

    scores: (T, N). The same as scipy.stats.rankdata of rounded scores, many rows at once.
    """
    order = np.argsort(scores, axis=1)
    ordered = np.take_along_axis(scores, order, axis=1)
    towns = scores.shape[1]
    place = np.broadcast_to(np.arange(towns, dtype=np.int32), scores.shape)
    new = np.ones(scores.shape, dtype=bool)
    new[:, 1:] = np.diff(ordered, axis=1) > SAME
    first = np.maximum.accumulate(np.where(new, place, 0), axis=1)
    ends = np.ones(scores.shape, dtype=bool)
    ends[:, :-1] = new[:, 1:]
    last = np.minimum.accumulate(np.where(ends, place, towns)[:, ::-1], axis=1)[:, ::-1]
    ranks = np.empty(scores.shape, np.float32)
    np.put_along_axis(ranks, order, ((first + last) / 2 + 1).astype(np.float32), axis=1)
    return ranks


def _joint(
    few: np.ndarray,
    ranks: np.ndarray,
    effects: dict[str, np.ndarray],
    compared: np.ndarray,
    count: int,
) -> Joint:
    share = few.mean(axis=0)
    by_scenario = few.reshape(count, -1, few.shape[1]).mean(axis=1)
    low, high = np.percentile(ranks, (100 * LOW, 100 * HIGH), axis=0, method="nearest")
    names = np.array(list(effects), dtype=object)
    strongest = names[np.argmax([effects[name] for name in names], axis=0)] if len(names) else ""
    moves = (share > 0) & (share < 1)

    def spread(values: np.ndarray) -> np.ndarray:
        made = np.full(len(compared), np.nan)
        made[compared] = values
        return made

    decides = np.full(len(compared), "", dtype=object)
    decides[compared] = np.where(moves, strongest, "")
    return Joint(
        few_share=spread(share),
        low=spread(low),
        high=spread(high),
        sampling=spread(by_scenario.std(axis=0, ddof=1) / np.sqrt(count)),
        decides=decides,
        effects={name: spread(values) for name, values in effects.items()},
        trials=len(few),
    )


def assumption_effects(
    few: np.ndarray, drawn: Scenarios, weights: np.ndarray, fields: np.ndarray
) -> dict[str, np.ndarray]:
    """Return by assumption the share of a flag's variance that it explains alone, (N,) 0 to 1.

    Formula: S_i = (MSB_i - MSW_i) / n_i / (p (1 - p)): the variance between the levels of the
    assumption, free of what chance puts between them, over the variance of the flag.
    Source: first-order Sobol index, estimated from given data: Plischke, Borgonovo and Smith
    (2013) Eur. J. of Operational Research 226; the correction is that of one-way random-effects
    analysis of variance.
    """
    count, each = weights.shape[:2]
    share = few.mean(axis=0)
    variance = share * (1 - share)
    by_scenario = few.reshape(count, each, -1).mean(axis=1)
    levels = {
        "minutes": np.unique(drawn.minutes, return_inverse=True)[1],
        "speed": _binned(drawn.speed),
        "detour": _binned(drawn.detour),
        "error": drawn.error,
        "kernel": drawn.kernel,
        "variant": drawn.variant,
        "supply": drawn.supply,
    }
    made = {name: _between(by_scenario, level) for name, level in levels.items()}
    if len(fields) > 1:
        flat = weights.reshape(count * each, -1)
        made |= {
            f"weight:{field}": _between(few.astype(np.float32), _binned(flat[:, column]))
            for column, field in enumerate(fields)
        }
    return {
        name: np.divide(part, variance, out=np.zeros_like(part), where=variance > 0).clip(0, 1)
        for name, part in made.items()
    }


def _binned(values: np.ndarray) -> np.ndarray:
    edges = np.quantile(values, np.linspace(0, 1, BINS + 1)[1:-1])
    return np.searchsorted(edges, values)


def _between(values: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Return (N,) variance between the levels, free of that within; values: (T, N)."""
    groups = int(level.max()) + 1
    chosen = np.zeros((groups, len(level)), np.float32)
    chosen[level, np.arange(len(level))] = 1
    sizes = chosen.sum(axis=1)
    means = (chosen @ values) / sizes[:, None]
    overall = values.mean(axis=0)
    between = (sizes[:, None] * (means - overall) ** 2).sum(axis=0)
    total = ((values - overall) ** 2).sum(axis=0)
    within = (total - between) / (len(level) - groups)
    result: np.ndarray = np.maximum(between / (groups - 1) - within, 0) / (len(level) / groups)
    return result
