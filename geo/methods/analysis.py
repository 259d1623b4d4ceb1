"""Run every method on a dataset under one set of parameters, and give the results as tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo.data.dataset import Dataset
from geo.data.memory import kept
from geo.methods.access import catchment_weights, e2sfca, mean_accessibility, relative_to_mean
from geo.methods.arrays import Arrays, build_arrays, travel_between_offices
from geo.methods.coverage import CLASS_NAMES, Coverage, classify
from geo.methods.need import YEARS, high_need, need
from geo.methods.scarcity import (
    FEW,
    FLAG_NAMES,
    held_thirds,
    is_robust,
    random_weightings,
    robustness,
    scarcity,
    sufficiency,
    thirds,
)
from geo.methods.travel import Travel
from geo.parameters import ROBUSTNESS_MINUTES, SMALL_POPULATION, Parameters

KEPT_RESULTS = 32  # parameter sets whose results stay in memory


@dataclass(frozen=True, eq=False)
class Analysis:
    """The results for M municipalities and C fields; arrays are shared and must not be changed.

    klass: (M, C) class names. nearest, second: (M, C) minutes. count: (M, C) in-person services
    inside. nearest_service: (M, C) service ids, "" for none. relative: (M, C) accessibility,
    1.0 = 全道平均. entered: (M, C) fields that enter the scarcity. scarcity: (M,) 0 to 100.
    flag: (M,) few, middle, many. few_share: (M,) share of trials flagged few. need: (M, years).
    """

    dataset: Dataset
    parameters: Parameters
    travel: Travel
    arrays: Arrays
    klass: np.ndarray
    nearest: np.ndarray
    second: np.ndarray
    count: np.ndarray
    nearest_service: np.ndarray
    relative: np.ndarray
    entered: np.ndarray
    scarcity: np.ndarray
    flag: np.ndarray
    few_share: np.ndarray
    robust: np.ndarray
    need: pd.DataFrame
    candidate: np.ndarray

    @property
    def mean_minutes(self) -> np.ndarray:
        """(M,) mean minutes to the nearest in-person service over the fields that entered."""
        reached = self.entered & np.isfinite(self.nearest)
        total = np.where(reached, self.nearest, 0).sum(axis=1)
        mean: np.ndarray = total / np.maximum(reached.sum(axis=1), 1)
        return mean

    @property
    def ranking(self) -> np.ndarray:
        """(M,) positions, scarcest first; ties by few_share, then by mean_minutes."""
        return np.lexsort((-self.mean_minutes, -self.few_share, -self.scarcity.round(9)))


@kept(KEPT_RESULTS)
def analyse(dataset: Dataset, parameters: Parameters) -> Analysis:
    """Return the analysis of a dataset; the same dataset and parameters give the same object."""
    travel = _travel(dataset, parameters.detour, parameters.speed)
    arrays = _arrays(dataset, parameters.detour, parameters.speed, parameters.confidence)
    return analyse_arrays(dataset, parameters, travel, arrays)


@kept(KEPT_RESULTS)
def _travel(dataset: Dataset, detour: float, speed: float) -> Travel:
    return travel_between_offices(dataset, Parameters(detour=detour, speed=speed))


@kept(KEPT_RESULTS)
def _arrays(dataset: Dataset, detour: float, speed: float, confidence: tuple[str, ...]) -> Arrays:
    parameters = Parameters(detour=detour, speed=speed, confidence=confidence)
    return build_arrays(dataset, parameters, _travel(dataset, detour, speed))


def analyse_arrays(
    dataset: Dataset,
    parameters: Parameters,
    travel: Travel,
    arrays: Arrays,
    today: Analysis | None = None,
) -> Analysis:
    """Return the analysis of arrays that are laid out already.

    today: the state to compare with, in a what-if. Its means (1.0 = 全道平均) and the scores from
    which a municipality is flagged stay as they are, so that one town's gain is no other's loss.
    """
    columns = [
        _cover(arrays, part, arrays.surveyed[:, c], parameters.minutes)
        for c, part in enumerate(arrays.slices)
    ]
    before = None if today is None else today.arrays
    relative = accessibility(arrays, parameters.minutes, before)
    enough = sufficiency(relative)
    entered = np.ones_like(arrays.surveyed) if parameters.partial else arrays.surveyed
    score = scarcity(enough, entered, field_weights(dataset, parameters))
    flag = thirds(score) if today is None else held_thirds(score, today.scarcity)
    few_share = robustness(
        _trials(arrays, before),
        entered,
        random_weightings(len(arrays.fields)),
        None if before is None else _trials(before),
    )
    needs = pd.DataFrame({year: need(dataset.municipalities, year) for year in YEARS})
    return Analysis(
        dataset=dataset,
        parameters=parameters,
        travel=travel,
        arrays=arrays,
        klass=CLASS_NAMES[np.column_stack([column.klass for column in columns])],
        nearest=np.column_stack([column.nearest for column in columns]),
        second=np.column_stack([column.second for column in columns]),
        count=np.column_stack([column.count for column in columns]),
        nearest_service=np.column_stack(
            [
                _ids(arrays.services[part], column.nearest_service)
                for part, column in zip(arrays.slices, columns, strict=True)
            ]
        ),
        relative=relative,
        entered=entered,
        scarcity=score,
        flag=np.array([FLAG_NAMES[value] for value in flag]),
        few_share=few_share,
        robust=is_robust(flag, few_share),
        need=needs,
        candidate=(flag == FEW) & high_need(needs[YEARS[0]]).to_numpy(),
    )


def field_weights(dataset: Dataset, parameters: Parameters) -> np.ndarray:
    """Return (C,) weights of the fields, 1 where the planner set none."""
    chosen = dict(parameters.weights)
    return np.array([chosen.get(field, 1.0) for field in dataset.fields.index])


def accessibility(arrays: Arrays, minutes: float, today: Arrays | None = None) -> np.ndarray:
    """Return (M, C) accessibility to in-person services under a catchment, 1.0 = 全道平均.

    The mean of a field is that of its complete layers, where it has any: a service that happens to
    be known in one town must not make the others look poorer.
    minutes: T. today: in a what-if the arrays whose means stay 1.0; a field that nobody offers
    there takes the mean of the new arrays. Unit: multiples of the mean.
    """
    held = np.zeros(len(arrays.fields)) if today is None else _field_access(today, minutes)[1]
    access, means = _field_access(arrays, minutes)
    columns = [
        relative_to_mean(column, people, mean)
        for column, people, mean in zip(
            access.T, arrays.demand.T, np.where(held > 0, held, means), strict=True
        )
    ]
    return np.column_stack(columns)


def _field_access(arrays: Arrays, minutes: float) -> tuple[np.ndarray, np.ndarray]:
    """Return (M, C) accessibility in capacity per person, and its (C,) means."""
    columns, means = [], []
    for people, part in zip(arrays.demand.T, arrays.slices, strict=True):
        supply, listed = arrays.supply[part], arrays.inventory[part]
        weight = catchment_weights(arrays.minutes[:, part], minutes, arrays.in_person[:, part])
        access = e2sfca(people, supply, weight)
        counted = access
        if listed.any() and not listed.all():
            counted = e2sfca(people, supply * listed, weight)
        columns.append(access)
        means.append(mean_accessibility(counted, people))
    return np.column_stack(columns), np.array(means)


def _trials(arrays: Arrays, today: Arrays | None = None) -> np.ndarray:
    """Return (K, M, C) sufficiency under each catchment of the robustness."""
    return np.stack(
        [sufficiency(accessibility(arrays, minutes, today)) for minutes in ROBUSTNESS_MINUTES]
    )


def _cover(arrays: Arrays, part: slice | np.ndarray, surveyed: np.ndarray, t: float) -> Coverage:
    return classify(
        arrays.minutes[:, part],
        arrays.here[:, part],
        arrays.in_person[:, part],
        arrays.remote[:, part],
        surveyed,
        t,
    )


def _ids(services: np.ndarray, positions: np.ndarray) -> np.ndarray:
    ids: np.ndarray = np.append(services, "")[positions]
    return ids


def coverage_table(analysis: Analysis, field: str | None = None) -> pd.DataFrame:
    """Return one row per municipality and field.

    Columns: code, name, field, class, minutes and second_minutes (minutes to the nearest and the
    second nearest in-person service, NaN for none), count (in-person services inside the
    municipality), surveyed.
    """
    towns, fields = analysis.dataset.municipalities, analysis.arrays.fields
    table = pd.DataFrame(
        {
            "code": np.repeat(towns.index.to_numpy(), len(fields)),
            "name": np.repeat(towns["name"].to_numpy(), len(fields)),
            "field": np.tile(fields, len(towns)),
            "class": analysis.klass.ravel(),
            "minutes": analysis.nearest.ravel(),
            "second_minutes": analysis.second.ravel(),
            "count": analysis.count.ravel(),
            "surveyed": analysis.arrays.surveyed.ravel(),
        }
    )
    table[["minutes", "second_minutes"]] = (
        table[["minutes", "second_minutes"]].replace(np.inf, np.nan).round(1)
    )
    return table if field is None else table[table["field"] == field].reset_index(drop=True)


def scarcity_table(analysis: Analysis) -> pd.DataFrame:
    """Return one row per municipality.

    Columns: code, name, subprefecture, population (people, 2020), scarcity (0 to 100), flag
    (few, middle, many), robust, missing_fields (surveyed fields without an in-person service in
    the municipality, `;`-separated), need (0 to 100, today), candidate.
    """
    towns = analysis.dataset.municipalities
    missing = (analysis.klass != "local") & analysis.arrays.surveyed
    return pd.DataFrame(
        {
            "code": towns.index,
            "name": towns["name"].to_numpy(),
            "subprefecture": towns["subprefecture"].to_numpy(),
            "population": towns["population_2020"].to_numpy(),
            "scarcity": analysis.scarcity.round(1),
            "flag": analysis.flag,
            "robust": analysis.robust,
            "missing_fields": [";".join(analysis.arrays.fields[row]) for row in missing],
            "need": analysis.need[YEARS[0]].round(1).to_numpy(),
            "candidate": analysis.candidate,
        }
    )


def small_towns(dataset: Dataset) -> np.ndarray:
    """Return (M,), whether a municipality has so few people that its rates carry a mark."""
    small: np.ndarray = dataset.municipalities["population_2020"].to_numpy() < float(
        SMALL_POPULATION
    )
    return small


def approach_coverage(analysis: Analysis, approach: str) -> Coverage:
    """Return the coverage of an approach (1, 2 or 3) over the services of all fields.

    The approach gap. No inventory of an approach is complete, so that a municipality where no
    service is known is always unknown (未確認), never none (空白).
    Source: 内閣官房 孤独・孤立対策のアプローチ1〜3; this project (docs/methods.md).
    """
    services = analysis.dataset.services.loc[analysis.arrays.services, "approaches"]
    part = np.flatnonzero([approach in cell for cell in services])
    unknown = np.zeros(len(analysis.arrays.codes), dtype=bool)
    return _cover(analysis.arrays, part, unknown, analysis.parameters.minutes)
