from itertools import combinations

import numpy as np
import pytest

from geo.data.dataset import Dataset
from geo.methods.analysis import Analysis, analyse
from geo.methods.collaboration import (
    adjacency,
    collaboration_blocks,
    connected_sets,
    sharing_neighbours,
)
from geo.parameters import Parameters


def is_connected(near: np.ndarray, members: frozenset[int]) -> bool:
    seen, todo = set(), [min(members)]
    while todo:
        one = todo.pop()
        seen.add(one)
        todo += [other for other in members if near[one, other] and other not in seen]
    return seen == set(members)


def test_connected_sets_are_all_and_only_the_connected_ones():
    rng = np.random.default_rng(3)
    near = rng.random((8, 8)) < 0.25
    near = near | near.T
    np.fill_diagonal(near, False)
    wanted = {
        frozenset(group)
        for size in (2, 3)
        for group in combinations(range(8), size)
        if {1, 5} & set(group) and is_connected(near, frozenset(group))
    }
    assert wanted
    assert connected_sets(near, [1, 5], 3) == wanted


@pytest.fixture(scope="module")
def wide(shipped: Dataset) -> Analysis:
    return analyse(shipped, Parameters(minutes=120.0))


def test_every_block_is_contiguous_within_reach_and_gains(wide: Analysis):
    codes = wide.dataset.municipalities.index
    near = adjacency(wide.dataset, wide.travel.pairs)
    local = wide.klass == "local"
    table = collaboration_blocks(wide, list(codes))
    assert len(table) > 100
    for row in table.itertuples():
        group = codes.get_indexer(row.codes.split(";"))
        assert is_connected(near, frozenset(group.tolist()))
        assert wide.travel.minutes[np.ix_(group, group)].max() <= 120
        together = local[group].any(axis=0)
        assert row.fields == together.sum()
        assert row.gain == (together & ~local[group]).sum() > 0
        assert row.mutual == (together.sum() > local[group].sum(axis=1).max())


def test_islands_join_by_ferry_only(wide: Analysis):
    near = adjacency(wide.dataset, wide.travel.pairs)
    codes = wide.dataset.municipalities.index
    rebun, rishirifuji, okushiri = codes.get_indexer(["015172", "015199", "013676"])
    assert near[rebun, rishirifuji]
    assert near[okushiri].sum() == 1
    table = collaboration_blocks(wide, ["013676"])
    assert not table["codes"].str.contains("013676").any()  # 江差 is 130 minutes away


def test_smaller_block_with_the_same_gains_is_enough(wide: Analysis):
    table = collaboration_blocks(wide, list(wide.dataset.municipalities.index[:40]))
    gains = {frozenset(row.codes.split(";")): row.gains for row in table.itertuples()}
    for members, words in gains.items():
        if len(members) == 3:
            inside = [gains[pair] for pair in gains if pair < members]
            assert any(part not in " / ".join(inside) for part in words.split(" / "))


def test_gain_from_an_area_that_excludes_the_town_needs_agreement(analysis: Analysis):
    table = collaboration_blocks(analysis, ["015857"], fields=("poverty",)).set_index("codes")
    # 千歳市's office is for 千歳市 alone.
    assert table.at["012246;015857", "to_agree"] == table.at["012246;015857", "gain"] == 1
    usable = collaboration_blocks(analysis, ["016080"], fields=("poverty",)).set_index("codes")
    # 浦河町's office is for the towns of 日高.
    assert usable.at["016071;016080", "to_agree"] == 0


def test_neighbours_that_share_the_gap_are_adjacent_and_lack_it(analysis: Analysis):
    near = adjacency(analysis.dataset, analysis.travel.pairs)
    codes = analysis.dataset.municipalities.index
    table = sharing_neighbours(analysis, "015865", "poverty")
    column = list(analysis.arrays.fields).index("poverty")
    row = codes.get_loc("015865")
    wanted = {codes[m] for m in np.flatnonzero(near[row]) if analysis.klass[m, column] != "local"}
    assert set(table["code"]) == wanted != set()
    assert table["minutes"].is_monotonic_increasing
