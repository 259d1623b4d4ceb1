"""Give the records of a folder ids that say nothing, and keep the old ones so that links answer.

Every row of `organisations.csv` and `services.csv` whose id is of the old style (a layer, a
municipality's code, a number) gets a random one; `former_ids.csv` says which was which, and the
successors in `retired.csv`, where there is one, follow. Rows that have such an id keep it, so that a
second run writes nothing; a row that comes back under an old id gets the one that it had. A hidden record's old id is kept only when it holds no code.

    python -m data.renumber              # this folder
    python -m data.renumber FOLDER       # the one that SHIGEN_DATA names, say
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from pathlib import Path

from geo.data.ids import FORMER_COLUMNS, FORMER_FILE, fresh, is_opaque, may_name_a_town, read_former

FOLDER = Path(__file__).resolve().parent
KEYS = {"organisations": "organisation", "services": "service"}
Row = dict[str, str]


def main() -> None:
    """Renumber the folder that the command names, and say what was done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    given, untold = renumber(parser.parse_args().folder)
    print(f"{given} ids are new, {untold} old ones of hidden records are not told")


def renumber(folder: Path) -> tuple[int, int]:
    """Write the tables of a folder with new ids.

    Return the number of ids that are new, and of old ids that are told no more, or never.
    """
    tables = {name: _read(folder / f"{name}.csv") for name in KEYS}
    hidden = {
        row["organisation"] for row in tables["organisations"] if row["location_public"] != "yes"
    }
    taken = {row[key] for name, key in KEYS.items() for row in tables[name]}
    former = read_former(folder)
    new: dict[str, dict[str, str]] = {name: {} for name in KEYS}
    told = []
    for name, key in KEYS.items():
        for row in tables[name]:
            old = row[key]
            if is_opaque(name, old):
                continue
            known = former.get(old, "")
            again = is_opaque(name, known) and known not in taken
            new[name][old] = known if again else fresh(name, taken)
            taken.add(new[name][old])
            if old not in former:
                told.append({"old": old, "new": new[name][old]})
    count = sum(map(len, new.values()))
    if count:
        _give(folder, tables, new)
    secret = {
        row[key]
        for name, key in KEYS.items()
        for row in tables[name]
        if row["organisation"] in hidden | {new["organisations"].get(one) for one in hidden}
    }
    before = [{"old": old, "new": one} for old, one in former.items()]
    rows = [
        row
        for row in (*before, *told)
        if not (row["new"] in secret and may_name_a_town(row["old"]))
    ]
    if rows != before:
        _write(folder / FORMER_FILE, rows, list(FORMER_COLUMNS))
    return count, len(before) + len(told) - len(rows)


def _give(folder: Path, tables: dict[str, list[Row]], new: dict[str, dict[str, str]]) -> None:
    """Write the new ids wherever the tables name a record."""
    for name, key in KEYS.items():
        for row in tables[name]:
            row[key] = new[name].get(row[key], row[key])
            row["organisation"] = new["organisations"].get(row["organisation"], row["organisation"])
        _write(folder / f"{name}.csv", tables[name])
    retired = folder / "retired.csv"
    if retired.exists():
        rows = _read(retired)
        for row in rows:
            known = new[f"{row['kind']}s"]
            row["successor"] = known.get(row["successor"], row["successor"])
        _write(retired, rows)


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _write(path: Path, rows: list[Row], header: list[str] | None = None) -> None:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, header or list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(stream.getvalue(), encoding="utf-8", newline="")


if __name__ == "__main__":
    sys.exit(main())
