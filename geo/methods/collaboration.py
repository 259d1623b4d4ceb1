"""Find collaboration blocks: adjacent municipalities that together cover more than each alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from geo.data.dataset import Dataset, column_of, position_of
from geo.data.vocabulary import CLASSES
from geo.methods.analysis import Analysis
from geo.parameters import BLOCK_SIZE


def adjacency(dataset: Dataset, pairs: np.ndarray) -> np.ndarray:
    """Return (M, M), whether two municipalities touch or a ferry joins them.

    pairs: (P, 2) positions of municipalities whose polygons touch.
    """
    codes = dataset.municipalities.index
    near = np.zeros((len(codes), len(codes)), dtype=bool)
    near[pairs[:, 0], pairs[:, 1]] = True
    start = codes.get_indexer(dataset.ferries["from_code"])
    near[start, codes.get_indexer(dataset.ferries["to_code"])] = True
    return near | near.T


def connected_sets(near: np.ndarray, starts: list[int], size: int) -> set[frozenset[int]]:
    """Return every connected set of 2 to `size` positions that holds one of the starts."""
    found: set[frozenset[int]] = {frozenset([start]) for start in starts}
    layer = found
    for _ in range(size - 1):
        layer = {
            members | {other}
            for members in layer
            for other in np.flatnonzero(near[list(members)].any(axis=0)).tolist()
            if other not in members
        }
        found = found | layer
    return {members for members in found if len(members) > 1}


def collaboration_blocks(
    analysis: Analysis,
    codes: list[str],
    *,
    fields: tuple[str, ...] = (),
    size: int = int(BLOCK_SIZE),
) -> pd.DataFrame:
    """Return the blocks around chosen municipalities, mutual ones first, then by gain a member.

    A block is a connected set of 2 to `size` municipalities (touching, or joined by a ferry),
    each within T minutes of every other, in which a chosen one gains a field: a field without an
    in-person service in it, and with one in another member. Every member gains, or gives what no
    other member gives; and some member gains more than in any smaller block within it.
    Columns: block (names), codes (`;`-separated), size, people, fields (together), alone (most
    that a member has alone), mutual (together more than any alone), gains (town: fields, in
    Japanese), gain (number of town × field gained by the chosen), to_agree (of these, how many
    need a service to extend its area), longest_minutes between members.
    fields: only these count; none named means all.
    Source: this project (docs/methods.md).
    """
    chosen = {position_of(analysis.dataset, code) for code in codes}
    counted = np.isin(analysis.arrays.fields, fields) if fields else True
    local, minutes = (analysis.klass == "local") & counted, analysis.travel.minutes
    near = adjacency(analysis.dataset, analysis.travel.pairs)
    best: dict[frozenset[int], dict[int, int]] = {}
    rows = []
    for members in sorted(connected_sets(near, sorted(chosen), size), key=len):
        group = np.array(sorted(members))
        if minutes[np.ix_(group, group)].max() > analysis.parameters.minutes:
            continue
        gains = {m: local[group].any(axis=0) & ~local[m] for m in group.tolist() if m in chosen}
        smaller = [best[members - {r}] for r in members if members - {r} in best]
        before = {m: max((sub.get(m, 0) for sub in smaller), default=0) for m in gains}
        best[members] = {m: max(before[m], int(new.sum())) for m, new in gains.items()}
        more = any(new.sum() > before[m] for m, new in gains.items())
        if more and _all_matter(local, group, gains):
            rows.append(_block(analysis, local, group, gains))
    table = pd.DataFrame(rows, columns=BLOCK_COLUMNS)
    each = table["gain"] / table["size"]
    return (
        table.assign(each=each)
        .sort_values(
            ["mutual", "each", "longest_minutes", "codes"],
            ascending=[False, False, True, True],
            kind="stable",
        )
        .drop(columns="each")
        .reset_index(drop=True)
    )


def _block(
    analysis: Analysis, local: np.ndarray, group: np.ndarray, gains: dict[int, np.ndarray]
) -> dict[str, Any]:
    towns = analysis.dataset.municipalities
    names = analysis.dataset.fields["name"].to_numpy()
    together, alone = int(local[group].any(axis=0).sum()), int(local[group].sum(axis=1).max())
    return {
        "block": "・".join(towns["name"].iloc[group]),
        "codes": ";".join(towns.index[group]),
        "size": len(group),
        "people": int(towns["population_2020"].iloc[group].sum()),
        "fields": together,
        "alone": alone,
        "mutual": together > alone,
        "gains": " / ".join(
            f"{towns['name'].iloc[m]}: {'・'.join(names[new])}"
            for m, new in gains.items()
            if new.any()
        ),
        "gain": sum(int(new.sum()) for new in gains.values()),
        "to_agree": sum(
            int((new & ~_open_to(analysis, m, group)).sum()) for m, new in gains.items()
        ),
        "longest_minutes": round(float(analysis.travel.minutes[np.ix_(group, group)].max()), 1),
    }


BLOCK_COLUMNS = [
    "block",
    "codes",
    "size",
    "people",
    "fields",
    "alone",
    "mutual",
    "gains",
    "gain",
    "to_agree",
    "longest_minutes",
]


def sharing_neighbours(analysis: Analysis, code: str, field: str) -> pd.DataFrame:
    """Return the adjacent municipalities that lack a field too, the nearest first.

    Columns: code, name, class (in Japanese), minutes between the offices, surveyed.
    Raises UnknownCodeError for an unknown municipality or field.
    """
    row = position_of(analysis.dataset, code)
    column = column_of(analysis.dataset, field)
    near = adjacency(analysis.dataset, analysis.travel.pairs)[row]
    lacking = np.flatnonzero(near & (analysis.klass[:, column] != "local"))
    towns = analysis.dataset.municipalities.iloc[lacking]
    return (
        pd.DataFrame(
            {
                "code": towns.index,
                "name": towns["name"].to_numpy(),
                "class": [CLASSES[klass] for klass in analysis.klass[lacking, column]],
                "minutes": analysis.travel.minutes[row, lacking].round(1),
                "surveyed": analysis.arrays.surveyed[lacking, column],
            }
        )
        .sort_values(["minutes", "code"])
        .reset_index(drop=True)
    )


def sharing_text(analysis: Analysis, code: str, field: str) -> str:
    """Return in Japanese in which adjacent municipalities no office of a field was found, either.

    What each has instead stands in brackets: near is not nothing, and 未確認 is not known to lack.
    """
    table = sharing_neighbours(analysis, code, field)
    if table.empty:
        return "隣の市町村には、どこも地域内に窓口があります。"
    words = "、".join(
        f"{row['name']}({row['minutes']:.0f}分、{row['class']})" for row in table.to_dict("records")
    )
    return f"隣で、この分野の窓口が地域内に見つからないのは{words}。"


def shared_gaps(analysis: Analysis, code: str) -> dict[str, tuple[str, ...]]:
    """Return, for each field without an office in a municipality, which neighbours have none, either.

    By field: names, the nearest first. Raises UnknownCodeError for an unknown municipality.
    """
    row = position_of(analysis.dataset, code)
    near = np.flatnonzero(adjacency(analysis.dataset, analysis.travel.pairs)[row])
    minutes = analysis.travel.minutes[row, near].round(1)
    near = near[np.lexsort((analysis.arrays.codes[near], minutes))]
    lacking = analysis.klass[near] != "local"
    names = analysis.dataset.municipalities["name"].to_numpy()[near]
    return {
        field: tuple(names[lacking[:, column]])
        for column, field in enumerate(analysis.arrays.fields)
        if analysis.klass[row, column] != "local"
    }


def _open_to(analysis: Analysis, town: int, group: np.ndarray) -> np.ndarray:
    """Return (C,), whether a service that stands in the group receives people of a town."""
    arrays = analysis.arrays
    usable = arrays.in_person[town] & arrays.here[group].any(axis=0)
    return np.array([usable[part].any() for part in arrays.slices])


def _all_matter(local: np.ndarray, group: np.ndarray, gains: dict[int, np.ndarray]) -> bool:
    """Tell whether every member gains, or gives a gaining one what nobody else here gives."""
    wanted = np.any(list(gains.values()), axis=0)
    for member in group:
        if member in gains and gains[member].any():
            continue
        others = local[group[group != member]].any(axis=0)
        if not (wanted & local[member] & ~others).any():
            return False
    return True
