"""Choose venues that put the most people, or all chosen towns, within T minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from geo.data.dataset import Dataset, position_of
from geo.errors import ImpossibleError, UnknownCodeError
from geo.methods.travel import Travel

COUNTED = {"people": "人口", "towns": "市町村の数"}


class VenueError(ImpossibleError):
    """Raised when what was asked of the venues cannot be had; `unreached` names the towns."""

    def __init__(self, reason: str, unreached: Sequence[str] = ()) -> None:
        self.unreached = tuple(unreached)
        towns = f": {'、'.join(self.unreached)}" if self.unreached else ""
        super().__init__(reason + towns)


@dataclass(frozen=True, eq=False)
class Venues:
    """Chosen venues for the towns of a study.

    towns: (A,) positions of the study's towns. sites: (k,) positions of the venues, the one that
    serves most first. fixed: (k,) whether it was set beforehand. nearest: (A,) index into sites.
    minutes: (A,) to that venue. limit: T in minutes. weight: (A,) people, or 1 for each town.
    """

    towns: np.ndarray
    sites: np.ndarray
    fixed: np.ndarray
    nearest: np.ndarray
    minutes: np.ndarray
    limit: float
    weight: np.ndarray

    @property
    def covered(self) -> np.ndarray:
        """(A,) whether a town has a venue within the limit."""
        return self.minutes <= self.limit

    @property
    def value(self) -> float:
        """What is covered: people, or towns."""
        return float(self.weight[self.covered].sum())


def areas_of(dataset: Dataset, words: Sequence[str]) -> np.ndarray:
    """Return the positions of municipalities named by codes or by whole 振興局, in their order.

    Nothing named means all. Raises UnknownCodeError for a word that is neither.
    """
    towns = dataset.municipalities
    if not words:
        return np.arange(len(towns))
    chosen: set[int] = set()
    for word in words:
        inside = np.flatnonzero((towns["subprefecture"] == word).to_numpy())
        if inside.size:
            chosen.update(inside.tolist())
        elif word.isdigit():
            chosen.add(position_of(dataset, word))
        else:
            raise UnknownCodeError.of(word, "市町村コードまたは振興局")
    return np.array(sorted(chosen))


def choose_venues(
    minutes: np.ndarray,
    weight: np.ndarray,
    towns: np.ndarray,
    sites: np.ndarray,
    *,
    k: int,
    limit: float,
    fixed: np.ndarray | None = None,
) -> Venues:
    """Return the k venues that put the most weight within the limit (maximal covering).

    Formula: max Σ_m w_m y_m with y_m <= Σ_{j: t_mj <= T} x_j, Σ_j x_j = k, x and y 0 or 1. Of
    equally good choices, venues are moved as long as the weighted mean minutes fall.

    minutes: (M, M) between offices. weight: (M,) people or ones. towns: (A,) positions to cover.
    sites: positions where a venue may be. fixed: positions that are venues already; they count
    within k. limit: T in minutes.
    Raises VenueError when k does not fit the sites and the fixed venues.
    Source: Church and ReVelle (1974), by `spopt` (PySAL) with the solver HiGHS, no gap allowed.
    """
    ask = _Ask.of(minutes, weight, towns, sites, limit, fixed)
    if not ask.fewest <= k <= len(ask.pool):
        reason = f"会場の数は{ask.fewest}から{len(ask.pool)}までにしてください: {k}"
        raise VenueError(reason)
    return _best(ask, _covering_model(ask), k)


def cover_all(
    minutes: np.ndarray,
    weight: np.ndarray,
    towns: np.ndarray,
    sites: np.ndarray,
    *,
    limit: float,
    fixed: np.ndarray | None = None,
) -> Venues:
    """Return the fewest venues that put every town within the limit (set covering).

    Formula: min Σ_j x_j with Σ_{j: t_mj <= T} x_j >= 1 for every town m.

    The same shapes and units as `choose_venues`.
    Raises VenueError with the names' positions (as text) of towns that no site can reach.
    Source: Toregas et al. (1971), by `spopt` (PySAL) with the solver HiGHS.
    """
    from spopt.locate import LSCP  # takes seconds to import; only who asks for venues waits

    ask = _Ask.of(minutes, weight, towns, sites, limit, fixed)
    lost = unreachable(minutes, towns, ask.pool, limit)
    if lost.size:
        reason = f"{limit:g}分以内に会場の候補がない市町村があります"
        raise VenueError(reason, [str(position) for position in lost])
    model = LSCP.from_cost_matrix(
        ask.cost, limit, predefined_facilities_arr=ask.is_fixed.astype(int)
    )
    model.solve(_solver(), results=False)
    return _venues(ask, _settle(ask, _opened(model.fac_vars)))


def unreachable(
    minutes: np.ndarray, towns: np.ndarray, sites: np.ndarray, limit: float
) -> np.ndarray:
    """Return the positions of the towns that have no site within the limit."""
    result: np.ndarray = towns[~(minutes[np.ix_(towns, sites)] <= limit).any(axis=1)]
    return result


def coverage_curve(
    minutes: np.ndarray,
    weight: np.ndarray,
    towns: np.ndarray,
    sites: np.ndarray,
    *,
    most: int,
    limit: float,
    fixed: np.ndarray | None = None,
) -> pd.DataFrame:
    """Return what k = 1 … most venues cover: columns k, covered (weight), share (0 to 1).

    It begins at the number of fixed venues and ends early once all that can be covered is.
    """
    ask = _Ask.of(minutes, weight, towns, sites, limit, fixed)
    total = float(ask.weight.sum())
    reachable = total - float(weight[unreachable(minutes, towns, ask.pool, limit)].sum())
    model = _covering_model(ask)
    rows = []
    for k in range(ask.fewest, min(most, len(ask.pool)) + 1):
        value = _best(ask, model, k).value
        rows.append({"k": k, "covered": value, "share": value / total if total else 0})
        if value >= reachable:
            break
    return pd.DataFrame(rows, columns=["k", "covered", "share"])


def venue_table(dataset: Dataset, venues: Venues) -> pd.DataFrame:
    """Return one row per venue, the one that serves most people first.

    Columns: code, name, subprefecture, people and towns (whose nearest venue this is, within the
    limit), mean_minutes (weighted by people) and longest_minutes of those, served (their names,
    `;`-separated), fixed.
    """
    frame, population = dataset.municipalities, dataset.municipalities["population_2020"]
    rows = []
    for index, site in enumerate(venues.sites):
        mine = (venues.nearest == index) & venues.covered
        served = venues.towns[mine]
        people = population.iloc[served].to_numpy()
        rows.append(
            {
                "code": frame.index[site],
                "name": frame["name"].iloc[site],
                "subprefecture": frame["subprefecture"].iloc[site],
                "people": int(people.sum()),
                "towns": len(served),
                "mean_minutes": round(float(np.average(venues.minutes[mine], weights=people)), 1)
                if served.size
                else np.nan,
                "longest_minutes": round(float(venues.minutes[mine].max()), 1)
                if served.size
                else np.nan,
                "served": ";".join(frame["name"].iloc[served]),
                "fixed": bool(venues.fixed[index]),
            }
        )
    return pd.DataFrame(rows)


def venues_for(
    dataset: Dataset,
    travel: Travel,
    towns: np.ndarray,
    *,
    k: int | None,
    limit: float,
    counted: str = "people",
    sites: np.ndarray | None = None,
    fixed: np.ndarray | None = None,
) -> Venues:
    """Return the venues of a study: the best k, or the fewest that reach all where k is None.

    counted: a key of COUNTED. sites: all municipal offices unless given.
    Raises VenueError that names the towns which cannot be reached.
    """
    people = dataset.municipalities["population_2020"].to_numpy(dtype=float)
    weight = people if counted == "people" else np.ones(len(people))
    places = np.arange(len(people)) if sites is None else sites
    try:
        if k is None:
            return cover_all(travel.minutes, weight, towns, places, limit=limit, fixed=fixed)
        return choose_venues(travel.minutes, weight, towns, places, k=k, limit=limit, fixed=fixed)
    except VenueError as error:
        names = dataset.municipalities["name"]
        raise VenueError(
            str(error).split(":")[0] if error.unreached else str(error),
            [names.iloc[int(position)] for position in error.unreached],
        ) from None


@dataclass(frozen=True, eq=False)
class _Ask:
    """What is asked: A towns with their weight, P sites (pool), (A, P) cost, T; P are fixed."""

    towns: np.ndarray
    weight: np.ndarray
    pool: np.ndarray
    is_fixed: np.ndarray
    minutes: np.ndarray
    limit: float

    @classmethod
    def of(
        cls,
        minutes: np.ndarray,
        weight: np.ndarray,
        towns: np.ndarray,
        sites: np.ndarray,
        limit: float,
        fixed: np.ndarray | None,
    ) -> Self:
        set_already = np.array([], dtype=int) if fixed is None else np.asarray(fixed)
        pool = np.union1d(sites, set_already)
        return cls(
            towns=towns,
            weight=weight[towns],
            pool=pool,
            is_fixed=np.isin(pool, set_already),
            minutes=minutes[np.ix_(towns, pool)],
            limit=limit,
        )

    @property
    def cost(self) -> np.ndarray:
        """Times with the unreachable ones far above the limit, since sums need numbers."""
        return np.where(np.isfinite(self.minutes), self.minutes, 1e6 + self.limit)

    @property
    def fewest(self) -> int:
        """The least number of venues that can be asked for."""
        return max(1, int(self.is_fixed.sum()))


def _covering_model(ask: _Ask) -> Any:
    from spopt.locate import MCLP  # takes seconds to import; only who asks for venues waits

    return MCLP.from_cost_matrix(
        ask.cost,
        ask.weight,
        ask.limit,
        p_facilities=ask.fewest,
        predefined_facilities_arr=ask.is_fixed.astype(int),
    )


def _best(ask: _Ask, model: Any, k: int) -> Venues:
    """Solve the model for k venues. It is built once, since that takes longer than solving."""
    _number_of_venues(model).changeRHS(k)
    model.solve(_solver(), results=False)
    return _venues(ask, _settle(ask, _opened(model.fac_vars)))


def _number_of_venues(model: Any) -> Any:
    """Return the constraint Σ_j x_j = k, which spopt 0.7 does not name: the only one of all x."""
    places = {variable.name for variable in model.fac_vars}
    (found,) = (
        constraint
        for constraint in model.problem.constraints()
        if {variable.name for variable in constraint} == places
    )
    return found


def _solver() -> Any:
    import pulp

    return pulp.HiGHS(msg=False, gapRel=0.0, threads=1)


def _opened(variables: list[Any]) -> np.ndarray:
    return np.flatnonzero([(variable.varValue or 0) > 0.5 for variable in variables])


def _settle(ask: _Ask, chosen: np.ndarray) -> np.ndarray:
    """Move single venues while nothing covered is lost and the weighted travel time falls."""
    chosen, cost, limit = chosen.copy(), ask.cost, ask.limit
    moved = True
    while moved:
        moved = False
        for place in np.flatnonzero(~ask.is_fixed[chosen]):
            others = np.delete(chosen, place)
            rest = cost[:, others].min(axis=1, initial=np.inf)
            reach = np.minimum(rest[:, None], cost)
            within = ask.weight @ (reach <= limit)
            time = ask.weight @ np.where(reach <= limit, reach, 0)
            time[others] = np.inf
            now = chosen[place]
            best = int(np.argmin(np.where(within >= within[now], time, np.inf)))
            if time[best] < time[now] - 1e-6:
                chosen[place] = best
                moved = True
    return np.sort(chosen)


def _venues(ask: _Ask, chosen: np.ndarray) -> Venues:
    reach = ask.minutes[:, chosen]
    nearest, times = reach.argmin(axis=1), reach.min(axis=1)
    served = [ask.weight[(nearest == i) & (times <= ask.limit)].sum() for i in range(len(chosen))]
    order = np.argsort(-np.array(served), kind="stable")
    return Venues(
        towns=ask.towns,
        sites=ask.pool[chosen][order],
        fixed=ask.is_fixed[chosen][order],
        nearest=np.argsort(order)[nearest],
        minutes=times,
        limit=ask.limit,
        weight=ask.weight,
    )
