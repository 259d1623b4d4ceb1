"""Time the planning methods on the shipped data: python benchmarks/plan.py."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from geo.data.dataset import DATA_DIRECTORY, load
from geo.data.ids import read_former
from geo.documents.plan import to_docx, to_xlsx
from geo.methods.analysis import _arrays, _travel, analyse, analyse_arrays
from geo.methods.candidates import candidates
from geo.methods.clusters import scarcity_clusters
from geo.methods.collaboration import collaboration_blocks
from geo.methods.venues import areas_of, coverage_curve, venues_for
from geo.methods.what_if import Outpost, after
from geo.parameters import ROBUSTNESS_MINUTES, VENUE_MOST, WEIGHTING_DRAWS, Parameters
from geo.plans.contacts import nearest_contacts
from geo.plans.figures import computed
from geo.plans.plan import Area, Plan, VenueAsk

REPEATS = 3


def seconds(act: Callable[[], object]) -> float:
    """Return the median time of a few runs."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        act()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    """Print one line for each method with its limit and how much of it is used."""
    dataset = load()
    parameters = Parameters()
    analysis = analyse(dataset, parameters)
    travel = _travel(dataset, parameters.detour, parameters.speed)
    arrays = _arrays(dataset, parameters.detour, parameters.speed, parameters.confidence)
    people = dataset.municipalities["population_2020"].to_numpy(float)
    everyone = np.arange(len(people))
    codes = list(dataset.municipalities.index[areas_of(dataset, ["胆振", "日高"])])
    plan = Plan(
        areas=tuple(map(Area, codes)),
        fields=("poverty", "mental"),
        contacts=nearest_contacts(analysis, codes, ["poverty", "mental"]),
        venues=VenueAsk(),
    )
    whole = computed(plan, analysis)
    office = "jiritsu-016071-1-poverty"  # as the first edition called it
    outpost = (Outpost(read_former(DATA_DIRECTORY).get(office, office), "016012"),)

    def curve() -> None:
        coverage_curve(travel.minutes, people, everyone, everyone, most=int(VENUE_MOST), limit=60.0)

    def candidate_table() -> None:
        candidates(analyse_arrays(dataset, parameters, travel, arrays))

    scarcity_clusters(analysis)  # PySAL's import is not the method's time
    trials = int(WEIGHTING_DRAWS) * len(ROBUSTNESS_MINUTES)
    rows = [
        (f"venues, k = 1…{int(VENUE_MOST)} on 179 towns, 60 min", curve, 10.0),
        (
            "fewest venues for all 179 towns, 30 min",
            lambda: venues_for(dataset, travel, everyone, k=None, limit=30.0),
            1.0,
        ),
        (f"candidates with {trials:,} trials, clusters, reasons", candidate_table, 1.0),
        ("clusters, 9,999 permutations", lambda: scarcity_clusters.__wrapped__(analysis), 1.0),
        ("what if: one outpost, all methods again", lambda: after(analysis, outpost), 1.0),
        (
            "blocks around all 179 towns",
            lambda: collaboration_blocks(analysis, list(arrays.codes)),
            1.0,
        ),
        (
            "contacts of 18 towns in 2 fields",
            lambda: nearest_contacts(analysis, codes, plan.fields),
            1.0,
        ),
        ("figures of a plan of 18 towns", lambda: computed(plan, analysis), 1.0),
        ("Word of that plan", lambda: to_docx(whole), 1.0),
        ("Excel of that plan", lambda: to_xlsx(whole), 1.0),
    ]
    print(f"{'':54}{'s':>8}{'limit':>8}{'used':>7}")
    for name, act, limit in rows:
        taken = seconds(act)
        print(f"{name:54}{taken:8.2f}{limit:8.1f}{taken / limit:7.0%}")


if __name__ == "__main__":
    main()
