"""Measure what of a nation of 1,741 generated municipalities fits one process, and what does not.

Run: python -m benchmarks.nationwide [--services 10000 300000] [--budget 8] [--steps load arrays]
Every step runs in a fresh process that may hold `--budget` GiB; a step that asks for more is
printed as such. The steps of the store use a SQLite file, or the empty database of `--database`.
docs/growing.md holds the table.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd

from benchmarks.generated_nation import nationwide, write
from geo.data import dataset
from geo.data.boundaries import NORTHERN_TERRITORIES
from geo.data.dataset import Dataset
from geo.imports import seed
from geo.maps import payload
from geo.maps.measures import measure_view, visible_organisations
from geo.methods.access import catchment_weights, e2sfca
from geo.methods.analysis import Analysis, analyse
from geo.methods.arrays import Arrays, build_arrays, travel_between_offices
from geo.methods.coverage import classify
from geo.methods.joint import mid_ranks
from geo.parameters import Parameters
from geo.records import directory, open_data
from geo.store import database, queries
from geo.store.frames import public_records
from geo.ui.tables import record_columns

SIZES = (10_000, 30_000, 100_000, 300_000)
BUDGET = 8.0  # GiB, of one process
PATIENCE = 900  # s
EVERY_GRADE = Parameters(confidence=("A", "B", "C"))
PICKLE = "dataset.pickle"
ASKED = 100  # versions asked for in one measurement

Work = Callable[[], str]


def held(where: Path) -> Dataset:
    """Return the dataset that the step `load` left behind."""
    return pickle.loads((where / PICKLE).read_bytes())


def laid_out(where: Path) -> Arrays:
    """Return the arrays of the dataset."""
    data = held(where)
    return build_arrays(data, EVERY_GRADE, travel_between_offices(data, EVERY_GRADE))


def load(where: Path) -> Work:
    """Read and check every table."""

    def work() -> str:
        data = dataset.load(where)
        (where / PICKLE).write_bytes(pickle.dumps(data))
        return f"{len(data.services):,} services"

    return work


def travel(where: Path) -> Work:
    """Find the travel between all offices."""
    data = held(where)
    return lambda: f"{travel_between_offices(data, EVERY_GRADE).minutes.nbytes / 1e6:,.0f} MB"


def arrays(where: Path) -> Work:
    """Lay out demand, supply and travel time."""
    data = held(where)
    ways = travel_between_offices(data, EVERY_GRADE)

    def work() -> str:
        made = build_arrays(data, EVERY_GRADE, ways)
        sizes = {
            name: value.nbytes for name, value in vars(made).items() if hasattr(value, "nbytes")
        }
        return f"{sum(sizes.values()) / 1e9:.2f} GB, minutes {sizes['minutes'] / 1e9:.2f}"

    return work


def coverage(where: Path) -> Work:
    """Classify every municipality in every field."""
    made = laid_out(where)

    def work() -> str:
        for column, part in enumerate(made.slices):
            each = made.minutes, made.here, made.in_person, made.remote
            classify(*(one[:, part] for one in each), made.surveyed[:, column])
        return ""

    return work


def access(where: Path) -> Work:
    """Measure accessibility by E2SFCA under one catchment."""
    made = laid_out(where)
    pairs = sum(
        catchment_weights(made.minutes[:, part], 60.0, made.in_person[:, part]).nnz
        for part in made.slices
    )

    def work() -> str:
        people = made.demand.T
        for column, part in zip(people, made.slices, strict=True):
            weight = catchment_weights(made.minutes[:, part], 60.0, made.in_person[:, part])
            e2sfca(column, made.supply[part], weight)
        return f"{pairs / made.minutes.size:.1%} of the pairs within 60 minutes"

    return work


def trials(where: Path) -> Work:
    """Rank the municipalities in 10,000 trials, accessibility apart."""
    towns = len(held(where).municipalities)
    scores = np.random.default_rng(0).uniform(0, 100, (10_000, towns)).astype(np.float32)

    def work() -> str:
        mid_ranks(scores)
        return ""

    return work


def analysis(where: Path) -> Work:
    """Run every method from the dataset on, as the first visitor waits for it."""
    data = held(where)

    def work() -> str:
        result = analyse(data, EVERY_GRADE)
        return f"{(result.flag == 'few').sum()} flagged, {result.robust.sum()} robust"

    return work


def again(where: Path) -> Work:
    """Move the speed once: the analysis of another set of parameters, both of them kept."""
    data = held(where)
    analyse(data, EVERY_GRADE)

    def work() -> str:
        analyse(data, replace(EVERY_GRADE, speed=45))
        return ""

    return work


def prefectures(where: Path) -> Work:
    """Analyse each prefecture with those that touch it, all in one process."""
    data = held(where)
    areas = data.boundaries.assign(area=data.municipalities["subprefecture"]).dissolve("area")
    left, right = areas.sindex.query(areas.geometry, predicate="intersects")

    def work() -> str:
        largest = 0
        for number in range(len(areas)):
            part = _within(data, areas.index[right[left == number]])
            largest = max(largest, analyse(part, EVERY_GRADE).arrays.minutes.size)
        return f"{len(areas)} analyses, the largest of {largest * 11 / 1e6:,.0f} MB"

    return work


def map_files(where: Path) -> Work:
    """Make what a browser fetches once."""
    data = held(where)

    def work() -> str:
        sizes = {
            name.removesuffix(".json"): (len(body), len(gzip.compress(body)))
            for name, body in payload.build(data).files.items()
        }
        return ", ".join(f"{n} {a / 1e6:.1f} MB, gzip {b / 1e6:.1f}" for n, (a, b) in sizes.items())

    return work


def map_view(where: Path) -> Work:
    """Filter and encode what a browser gets at every rerun of the map."""
    data = held(where)
    files, result = payload.build(data), _drawable(data)

    def work() -> str:
        visible = visible_organisations(result, fields=("elderly",), approaches=("1", "2"))
        view = measure_view(result, "scarcity", "", 2020, visible=visible)
        return f"{len(json.dumps(payload.encode(view, files))) / 1e3:,.0f} kB"

    return work


def search(where: Path) -> Work:
    """Search the directory for two words and show them, as every rerun of the page does."""
    data = held(where)

    def work() -> str:
        found = directory.search(directory.records(data), data, words="生成 299", need="food")
        return f"{len(record_columns(data, found)):,} found"

    return work


def export(where: Path) -> Work:
    """Give everything back as CSV and as GeoJSON."""
    return _given_back(where, "csv", "geojson")


def hsds(where: Path) -> Work:
    """Give everything back as HSDS, where a service for all of a prefecture names its towns."""
    return _given_back(where, "hsds")


def excel(where: Path) -> Work:
    """Give everything back as Excel."""
    return _given_back(where, "xlsx")


def fill(where: Path) -> Work:
    """Fill the store, which is empty, in one transaction with its history."""
    engine = database.engine()

    def work() -> str:
        seed.prepare(engine, where)
        return engine.dialect.name

    return work


def read_back(where: Path) -> Work:  # noqa: ARG001 (all steps are called alike)
    """Read the records of the store into frames, as every process does after every edit."""

    def work() -> str:
        with database.reading(database.engine()) as connection:
            frames = public_records(connection)
        return f"{len(frames['services']):,} services"

    return work


def version(where: Path) -> Work:  # noqa: ARG001
    """Ask for the store's version, as every rerun of a page does."""
    queries.version()

    def work() -> str:
        times = []
        for _ in range(ASKED):
            begun = time.perf_counter()
            queries.version()
            times.append(time.perf_counter() - begun)
        return f"{median(times) * 1000:.2f} ms each, of {ASKED}"

    return work


STEPS: dict[str, Callable[[Path], Work]] = {
    made.__name__: made
    for made in (
        *(load, travel, arrays, coverage, access, trials, analysis, again, prefectures),
        *(map_files, map_view, search, export, hsds, excel, fill, read_back, version),
    )
}


def _given_back(where: Path, *kinds: str) -> Work:
    data = held(where)

    def work() -> str:
        sizes = []
        for kind in kinds:
            begun = time.perf_counter()
            size = len(open_data.export(data, kind, {}, date(2026, 1, 1)))
            sizes.append(f"{kind} {time.perf_counter() - begun:.1f} s {size / 1e6:,.0f} MB")
        return ", ".join(sizes)

    return work


def _within(data: Dataset, areas: pd.Index) -> Dataset:
    """Return a dataset of some prefectures alone."""
    towns = data.municipalities[data.municipalities["subprefecture"].isin(areas)]
    offices = data.organisations[data.organisations["municipality_code"].isin(towns.index)]
    return replace(
        data,
        municipalities=towns,
        boundaries=data.boundaries.loc[[*towns.index, NORTHERN_TERRITORIES]],
        organisations=offices,
        services=data.services[data.services["organisation"].isin(offices.index)],
    )


def _drawable(data: Dataset) -> Analysis:
    """Return the analysis of the first thousand services, with all records to be filtered."""
    some = replace(data, services=data.services.iloc[:1000])
    return replace(analyse(some, EVERY_GRADE), dataset=data)


def child(step: str, where: Path, budget: float) -> dict[str, object]:
    """Run one step in this process and return what it took, or that the budget did not do."""
    most = int(budget * 2**30) + _reserved()
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    try:
        with nationwide():
            work = STEPS[step](where)
            wall, cpu = time.perf_counter(), time.process_time()
            note = work()
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    except MemoryError as error:
        return {"refused": str(error)}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    return {"wall": wall, "cpu": cpu, "peak": peak, "note": note}


def _reserved() -> int:
    """Return the bytes that the libraries reserved but did not touch: they are no memory yet."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    kilobytes = dict(line.split(":", 1) for line in lines)
    data, touched = (int(kilobytes[name].split()[0]) for name in ("VmData", "RssAnon"))
    return (data - touched) * 1024


def measure(step: str, where: Path, budget: float, url: str) -> str:
    """Run one step in a fresh process and return its line of the table."""
    command = [sys.executable, "-m", "benchmarks.nationwide", "--child", step, "--data", str(where)]
    environment = os.environ | {database.URL_VARIABLE: url}
    try:
        done = subprocess.run(
            [*command, "--budget", str(budget)],
            env=environment,
            stdout=subprocess.PIPE,
            timeout=PATIENCE,
            check=True,
        )
    except subprocess.TimeoutExpired:
        return f"not done in {PATIENCE} s"
    took = json.loads(done.stdout)
    if "refused" in took:
        return f"does not fit {budget:g} GiB: {took['refused']}"
    return f"{took['wall']:>8.2f}{took['cpu']:>8.2f}{took['peak']:>8.2f}   {took['note']}"


def main() -> None:
    """Print one table for each size."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--services", type=int, nargs="+", default=SIZES)
    reader.add_argument("--budget", type=float, default=BUDGET, help="GiB of one process")
    reader.add_argument("--steps", nargs="+", choices=STEPS, default=list(STEPS))
    reader.add_argument("--database", default="", help="URL of an empty database; one size only")
    reader.add_argument("--data", type=Path, help="where to keep the generated data")
    reader.add_argument("--child", choices=STEPS, help=argparse.SUPPRESS)
    asked = reader.parse_args()
    if asked.child:
        print(json.dumps(child(asked.child, asked.data, asked.budget)))
        return
    with tempfile.TemporaryDirectory() as made:
        for services in asked.services:
            where = (asked.data or Path(made)) / str(services)
            if not where.exists():
                write(where, services)
            url = asked.database or f"sqlite:///{where}/store.sqlite3"
            print(f"\n1,741 generated municipalities, {services:,} generated services", flush=True)
            print(f"{'step':<12}{'wall s':>8}{'CPU s':>8}{'peak GB':>8}", flush=True)
            for step in asked.steps:
                print(f"{step:<12}{measure(step, where, asked.budget, url)}", flush=True)


if __name__ == "__main__":
    main()
