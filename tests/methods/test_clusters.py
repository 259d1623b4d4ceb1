from dataclasses import replace

import esda
import libpysal
import numpy as np
import pytest
from inequality.gini import Gini
from inequality.theil import TheilD

from geo.methods.analysis import Analysis
from geo.methods.clusters import (
    access_inequality,
    cluster_sentence,
    inequality_sentence,
    neighbours,
    scarcity_clusters,
)
from geo.parameters import CLUSTER_PERMUTATIONS, CLUSTER_SEED


def weights_by_hand(analysis: Analysis) -> libpysal.weights.W:
    towns = analysis.dataset.municipalities
    lat, lon = np.radians(towns[["office_lat", "office_lon"]].to_numpy()).T
    near = {m: set() for m in range(len(towns))}
    for a, b in analysis.travel.pairs.tolist():
        near[a].add(b)
        near[b].add(a)
    for m in [m for m, others in near.items() if not others]:
        arc = np.arccos(
            np.clip(
                np.sin(lat[m]) * np.sin(lat) + np.cos(lat[m]) * np.cos(lat) * np.cos(lon - lon[m]),
                -1,
                1,
            )
        )
        arc[m] = np.inf
        other = int(arc.argmin())
        near[m].add(other)
        near[other].add(m)
    made = libpysal.weights.W(
        {m: sorted(others) for m, others in near.items()}, silence_warnings=True
    )
    made.transform = "r"
    return made


def test_inequality_counts_only_the_towns_that_are_asked_for(analysis):
    inside = (analysis.dataset.municipalities["subprefecture"] == "胆振").to_numpy()
    assert access_inequality(analysis, among=inside) != access_inequality(analysis)
    assert f"選んだ{inside.sum()}市町村" in inequality_sentence(analysis, among=inside)
    assert access_inequality(analysis, among=inside).between == pytest.approx(0, abs=1e-9)


def test_clusters_agree_with_esda_called_directly(analysis: Analysis):
    made = weights_by_hand(analysis)
    moran = esda.Moran_Local(
        analysis.scarcity,
        made,
        permutations=int(CLUSTER_PERMUTATIONS),
        seed=int(CLUSTER_SEED),
    )
    cut = esda.fdr(moran.p_sim, 0.05)
    scarce = (moran.q == 1) & (moran.p_sim <= cut)
    sufficient = (moran.q == 3) & (moran.p_sim <= cut)
    table = scarcity_clusters(analysis)
    np.testing.assert_array_equal(table["cluster"] == "scarce", scarce)
    np.testing.assert_array_equal(table["cluster"] == "sufficient", sufficient)
    np.testing.assert_array_equal(table["p"], moran.p_sim)
    assert scarce.any()
    assert sufficient.any()


def test_islands_have_a_neighbour_and_no_p_is_missing(analysis: Analysis):
    towns = analysis.dataset.municipalities
    made = neighbours(
        analysis.travel.pairs, towns["office_lat"].to_numpy(), towns["office_lon"].to_numpy()
    )
    assert made.islands == []
    okushiri = towns.index.get_loc("013676")
    assert len(made.neighbors[okushiri]) == 1
    assert okushiri in made.neighbors[made.neighbors[okushiri][0]]
    assert scarcity_clusters(analysis)["p"].notna().all()


def test_unjudged_town_is_unknown_and_the_others_keep_their_values(analysis: Analysis):
    score = analysis.scarcity.copy()
    score[[0, 100]] = np.nan
    table = scarcity_clusters(replace(analysis, scarcity=score))
    assert table["cluster"].iloc[[0, 100]].tolist() == ["unknown", "unknown"]
    assert table["p"].isna().sum() == 2
    assert len(table) == len(score)


def test_equal_scarcity_everywhere_is_no_cluster(analysis: Analysis):
    flat = replace(analysis, scarcity=np.full_like(analysis.scarcity, 40.0))
    assert (scarcity_clusters(flat)["cluster"] == "other").all()
    assert "見つかりません" in cluster_sentence(flat)


@pytest.mark.parametrize("unit", ["subprefecture", "secondary_medical_area"])
def test_inequality_agrees_with_the_library_and_adds_up(analysis: Analysis, unit):
    judged = analysis.entered
    access = np.array(
        [analysis.relative[m][judged[m]].mean() for m in range(len(analysis.arrays.codes))]
    )
    areas = analysis.dataset.municipalities[unit].to_numpy().astype(str)
    found, twin = access_inequality(analysis, unit), TheilD(access, areas)
    assert found.gini == pytest.approx(Gini(access).g)
    assert found.theil == pytest.approx(twin.T)
    assert found.between == pytest.approx(twin.bg)
    assert found.between + found.within == pytest.approx(found.theil)
    # The sentence says the share that Theil's own formula gives.
    share = access / access.sum()
    groups = {area: share[areas == area] for area in set(areas)}
    between = sum(s.sum() * np.log(len(access) * s.sum() / len(s)) for s in groups.values())
    total = (share * np.log(len(access) * share)).sum()
    assert f"偏在の{between / total:.0%}は" in inequality_sentence(analysis, unit)


def test_equal_access_is_no_inequality(analysis: Analysis):
    found = access_inequality(replace(analysis, relative=np.ones_like(analysis.relative)))
    assert (found.gini, found.theil, found.share_between) == (0, 0, 0)
