"""Import generated rows into an empty store and print time and memory: `--rows 100000`.

The rows are generated, named so, and go into a temporary store that is deleted.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from geo.data import dataset
from geo.data.schema import ORGANISATION_COLUMNS, SERVICE_COLUMNS
from geo.imports import importing, seed
from geo.imports.reading.incoming import Incoming
from geo.people.permissions import local
from geo.store import snapshot

TARGET_SECONDS, TARGET_MIB = 60, 1024


def generated(rows: int, towns: list[str], edition: str) -> Incoming:
    """Return generated offices, one service each, spread over all municipalities."""
    number = pd.RangeIndex(rows)
    keys = [f"generated-{n:07d}" for n in number]
    read = {"source": "生成データ", "source_date": edition, "confidence": "A"}
    offices = pd.DataFrame(
        {name: [column.blank] * rows for name, column in ORGANISATION_COLUMNS.items()}
        | {
            "name": [f"生成事業所{n}" for n in number],
            "operator": [f"生成法人{n % 997}" for n in number],
            "municipality_code": [towns[n % len(towns)] for n in number],
            "address": [f"生成{n % 40}条{n % 30}丁目{n % 20}番" for n in number],
            "lat": [42 + (n % 3000) / 1000 for n in number],
            "lon": [140 + (n % 5000) / 1000 for n in number],
            "precision": "point",
            "phone": [f"000-{n // 10000:03d}-{n % 10000:04d}" for n in number],
            "location_public": True,
            "layer": "kaigo",
            **read,
            "checked_on": date.fromisoformat(edition),
            "file_row": number + 2,
        },
        index=pd.Index(keys, name="organisation"),
    ).drop(columns="organisation")
    services = pd.DataFrame(
        {name: [column.blank] * rows for name, column in SERVICE_COLUMNS.items()}
        | {
            "organisation": keys,
            "field": "elderly",
            "approaches": [("3",)] * rows,
            "modes": [("place",)] * rows,
            **read,
            "status": "active",
            "file_row": number + 2,
        },
        index=pd.Index([f"{key}-s" for key in keys], name="service"),
    ).drop(columns="service")
    return Incoming(
        format="generated",
        source="生成データ",
        licence="",
        edition=edition,
        file="generated.csv",
        sha256=edition,
        rows_read=rows,
        organisations=offices,
        services=services,
        refused=(),
        repaired=(),
    )


def main() -> None:
    """Print a table of steps with seconds, memory and the share of the target."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=100_000)
    rows = arguments.parse_args().rows
    os.environ["SHIGEN_WRITE"] = "1"
    with tempfile.TemporaryDirectory() as directory:
        os.environ["DATABASE_URL"] = f"sqlite:///{directory}/generated.sqlite3"
        engine, data = seed.open_store(), dataset.load()
        towns = data.municipalities.index.tolist()
        first = generated(rows, towns, "2026-06-30")
        second = generated(rows, towns, "2026-12-31")
        second.organisations.loc[second.organisations.index[::10], "phone"] = "000-000-0000"
        steps = [
            ("import, all new", lambda: importing.apply(engine, [first], data, local("benchmark"))),
            ("same file again", lambda: importing.apply(engine, [first], data, local("benchmark"))),
            ("newer edition", lambda: importing.apply(engine, [second], data, local("benchmark"))),
            ("dataset of the store", snapshot.current),
        ]
        print(
            f"{rows:,} generated rows\n{'step':<24}{'s':>8}{'of target':>11}{'peak MiB':>10}{'of target':>11}"
        )
        for name, step in steps:
            start = time.perf_counter()
            step()
            seconds = time.perf_counter() - start
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(
                f"{name:<24}{seconds:>8.1f}{seconds / TARGET_SECONDS:>10.0%} "
                f"{peak:>9.0f}{peak / TARGET_MIB:>10.0%}"
            )
        size = sum(path.stat().st_size for path in Path(directory).iterdir()) / 2**20
        print(f"store on disk: {size:.0f} MiB")


if __name__ == "__main__":
    main()
