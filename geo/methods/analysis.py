"""Run every method on a dataset under one set of parameters, and give the results as tables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from geo.data.dataset import Dataset
from geo.data.memory import kept
from geo.methods.access import catchment_weights, e2sfca, relative_to_mean
from geo.methods.arrays import Arrays, build_arrays, travel_between_offices
from geo.methods.coverage import CLASS_CODES, CLASS_NAMES, Coverage, classify
from geo.methods.joint import Joint, joint_trials
from geo.methods.judged import ENTERED, JudgedField, judged_fields
from geo.methods.need import TODAY, YEARS, high_need, need
from geo.methods.scarcity import FEW, FLAG_NAMES, held_thirds, is_robust, scarcity, thirds
from geo.methods.travel import Travel
from geo.methods.within import members
from geo.parameters import SMALL_POPULATION, Parameters

KEPT_RESULTS = 32  # parameter sets whose results stay in memory


@dataclass(frozen=True, eq=False)
class Analysis:
    """The results for M municipalities and C fields; arrays are shared and must not be changed.

    compared: (M,), the range compared. klass: (M, C) class names. nearest, second: (M, C) minutes.
    count: (M, C) in-person services inside. nearest_service: (M, C) service ids, "" for none.
    judged: C fields with what each is judged by, and whether it enters. relative: (M, C)
    accessibility, 1.0 = the mean of the range; of what is known, where a field is not judged.
    enough: (M, C) sufficiency 0 to 1, NaN where a field is not judged. entered: (M, C) what enters
    the scarcity. scarcity: (M,) 0 to 100, NaN outside the range or where nothing enters. flag: (M,)
    few, middle, many, outside. need: (M, years). today: the state that a what-if compares with.
    """

    dataset: Dataset
    parameters: Parameters
    travel: Travel
    arrays: Arrays
    compared: np.ndarray
    klass: np.ndarray
    nearest: np.ndarray
    second: np.ndarray
    count: np.ndarray
    nearest_service: np.ndarray
    judged: tuple[JudgedField, ...]
    relative: np.ndarray
    enough: np.ndarray
    entered: np.ndarray
    scarcity: np.ndarray
    flag: np.ndarray
    need: pd.DataFrame
    candidate: np.ndarray
    today: Analysis | None = None

    @property
    def fields_entered(self) -> list[str]:
        """Codes of the fields that the scarcity is made of."""
        return [field.field for field in self.judged if field.state == ENTERED]

    @property
    def mean_minutes(self) -> np.ndarray:
        """(M,) mean minutes to the nearest in-person service over the fields that entered."""
        reached = self.entered & np.isfinite(self.nearest)
        total = np.where(reached, self.nearest, 0).sum(axis=1)
        result: np.ndarray = total / np.maximum(reached.sum(axis=1), 1)
        return result

    @cached_property
    def joint(self) -> Joint:
        """What the joint trials say; drawn when somebody asks, and the same for every T and weight."""
        return self._trials[0]

    @cached_property
    def _trials(self) -> tuple[Joint, np.ndarray]:
        if self.today is not None:
            return _joint(self, self.today._trials[1])
        chosen = self.parameters
        usual = Parameters(
            within=chosen.within, partial=chosen.partial, confidence=chosen.confidence
        )
        if not self.dataset.trial and chosen != usual:
            other = analyse(self.dataset, usual)
            if other.fields_entered == self.fields_entered:
                return other._trials
        return _joint(self, None)

    @property
    def few_share(self) -> np.ndarray:
        """(M,) share of the joint trials that flag a municipality few; NaN outside the range."""
        return self.joint.few_share

    @property
    def robust(self) -> np.ndarray:
        """(M,) flagged few, and so in at least ROBUST_SHARE of the joint trials."""
        return is_robust(np.where(self.flag == "few", FEW, 0), self.joint.few_share)

    @property
    def ranking(self) -> np.ndarray:
        """(M,) positions, scarcest first; ties by few_share, then by mean_minutes.

        Those outside the range come last.
        """
        score = np.where(np.isfinite(self.scarcity), self.scarcity, -1).round(9)
        share = np.where(np.isfinite(self.few_share), self.few_share, -1)
        return np.lexsort((-self.mean_minutes, -share, -score))


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

    today: the state to compare with, in a what-if. The fields that enter, the means of their layers
    and the scores from which a municipality is flagged stay as they are, so that one town's gain is
    no other's loss.
    """
    columns = [
        _cover(arrays, part, arrays.surveyed[:, c], parameters.minutes)
        for c, part in enumerate(arrays.slices)
    ]
    klass = np.column_stack([column.klass for column in columns])
    nearest = np.column_stack([column.nearest for column in columns])
    # Where a field is judged by the desk that the law gives every municipality, that desk is here.
    klass[:, arrays.by_law], nearest[:, arrays.by_law] = CLASS_CODES["local"], 0.0
    compared = members(dataset, parameters.within)
    judged = judged_fields(
        dataset, arrays, travel, parameters, compared, None if today is None else today.judged
    )
    enters = np.array([field.state == ENTERED for field in judged])
    entered = compared[:, None] & enters
    enough = np.column_stack([field.enough for field in judged])
    score = scarcity(np.nan_to_num(enough), entered, field_weights(dataset, parameters))
    flag = thirds(score) if today is None else held_thirds(score, today.scarcity)
    needs = pd.DataFrame({year: need(dataset, year, parameters.need) for year in YEARS})
    return Analysis(
        dataset=dataset,
        parameters=parameters,
        travel=travel,
        arrays=arrays,
        compared=compared,
        klass=CLASS_NAMES[klass],
        nearest=nearest,
        second=np.column_stack([column.second for column in columns]),
        count=np.column_stack([column.count for column in columns]),
        nearest_service=np.column_stack(
            [
                _ids(arrays.services[part], column.nearest_service)
                for part, column in zip(arrays.slices, columns, strict=True)
            ]
        ),
        judged=judged,
        relative=_relative(arrays, parameters.minutes, compared, judged),
        enough=enough,
        entered=entered,
        scarcity=score,
        flag=np.where(compared, np.array([FLAG_NAMES[value] for value in flag]), "outside"),
        need=needs,
        candidate=(flag == FEW) & high_need(needs[TODAY], compared).to_numpy(),
        today=today,
    )


def field_weights(dataset: Dataset, parameters: Parameters) -> np.ndarray:
    """Return (C,) weights of the fields, 1 where the planner set none."""
    chosen = dict(parameters.weights)
    return np.array([chosen.get(field, 1.0) for field in dataset.fields.index])


def flags_at(analysis: Analysis, minutes: float) -> np.ndarray:
    """Return (M,) flags under another catchment, with the fields that entered here."""
    chosen = replace(analysis.parameters, minutes=minutes)
    judged = judged_fields(
        analysis.dataset, analysis.arrays, analysis.travel, chosen, analysis.compared
    )
    enough = np.nan_to_num(np.column_stack([field.enough for field in judged]))
    return thirds(scarcity(enough, analysis.entered, field_weights(analysis.dataset, chosen)))


def _relative(
    arrays: Arrays, minutes: float, compared: np.ndarray, judged: tuple[JudgedField, ...]
) -> np.ndarray:
    """Return (M, C) accessibility as multiples of the mean of the range.

    Of a judged field, the mean over its layers; else of all services that are known.
    """
    columns = []
    for column, (field, part) in enumerate(zip(judged, arrays.slices, strict=True)):
        if field.access:
            columns.append(np.mean([one.relative for one in field.access], axis=0))
            continue
        people = arrays.demand[:, column]
        weight = catchment_weights(arrays.minutes[:, part], minutes, arrays.in_person[:, part])
        access = e2sfca(people, arrays.supply[part], weight)
        columns.append(relative_to_mean(access, np.where(compared, people, 0.0)))
    return np.column_stack(columns)


def _joint(analysis: Analysis, bounds: np.ndarray | None) -> tuple[Joint, np.ndarray]:
    layers = [
        part.layer for field in analysis.judged if field.state == ENTERED for part in field.access
    ]
    parameters = analysis.parameters
    base = parameters.speed, parameters.detour
    return joint_trials(layers, analysis.compared, analysis.arrays.fields, base, bounds)


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
    (few, middle, many, outside), robust, missing_fields (surveyed fields without an in-person service in
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
