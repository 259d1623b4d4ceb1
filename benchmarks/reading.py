"""Measure reading 100,000 generated rows of the care-service shape, as CSV and as Excel.

Each way runs in a process of its own, so that the memory is its own.

    python -m benchmarks.reading [--rows 100000]
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from pathlib import Path

from geo.data.dataset import load
from geo.imports.places.postal import hokkaido
from tests.generated_files import csv_of, excel_of, rows_of

KINDS = ("訪問介護", "通所介護", "居宅介護支援", "訪問看護", "福祉用具貸与")


def generated(rows: int) -> list[list[str]]:
    """Return rows of offices that do not exist, at real neighbourhoods and near real offices."""
    towns = load().municipalities
    places = [each for each in hokkaido() if each.code in towns.index]
    lines = []
    for number in range(rows):
        place = places[number % len(places)]
        office = towns.loc[place.code]
        lines.append(
            {
                "都道府県コード又は市町村コード": place.code,
                "市区町村名": place.city,
                "事業所名": f"生成事業所{number // 2}",
                "サービスの種類": KINDS[number % 5],
                "住所": f"北海道{place.city}{place.neighbourhood}{number % 50 + 1}-{number % 7 + 1}",
                "緯度": f"{office['office_lat'] + number % 97 / 20000:.5f}",
                "経度": f"{office['office_lon']:.5f}",
                "事業所番号": f"01{number // 2:08d}",
            }
        )
    return rows_of("kaigo", lines)


def peak_megabytes() -> float:
    """Return the most memory of this process; ru_maxrss would count what its parent had."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1000


def measure(path: str, answer: multiprocessing.Queue) -> None:
    """Read a file; answer seconds, of them processor seconds, MB at most, rows read, organisations, refused."""
    from geo.imports.reading.files import open_tables
    from geo.imports.reading.published import read

    words = load()
    start = time.perf_counter()
    found = read(open_tables(Path(path)), words)
    seconds = time.perf_counter() - start
    answer.put(
        (
            seconds,
            time.process_time(),
            peak_megabytes(),
            found.rows_read,
            len(found.organisations),
            len(found.refused),
        )
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    options = parser.parse_args()
    rows = generated(options.rows)
    print(
        f"{'file':<8}{'MB':>8}{'rows':>10}{'offices':>10}{'refused':>9}{'seconds':>9}{'cpu s':>7}{'memory MB':>11}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, blob in (("csv", csv_of(rows)), ("xlsx", excel_of(rows))):
            path = Path(folder) / f"generated.{name}"
            path.write_bytes(blob)
            answer = multiprocessing.get_context("spawn").Queue()
            worker = multiprocessing.get_context("spawn").Process(
                target=measure, args=(str(path), answer)
            )
            worker.start()
            seconds, busy, memory, read, offices, refused = answer.get()
            worker.join()
            print(
                f"{name:<8}{len(blob) / 1e6:>8.1f}{read:>10,}{offices:>10,}{refused:>9,}{seconds:>9.1f}{busy:>7.1f}{memory:>11,.0f}"
            )


if __name__ == "__main__":
    main()
