import numpy as np
import pandas as pd
import pytest

from geo.methods.analysis import analyse
from geo.methods.convergence import CHECKS, area_means, checks
from geo.parameters import Parameters


@pytest.fixture(scope="module")
def analysis(shipped):
    return analyse(shipped, Parameters())


def ranks(values):
    """Return mid-ranks, one pair at a time."""
    return [sum(b < a for b in values) + (sum(b == a for b in values) + 1) / 2 for a in values]


def test_rank_correlation_is_that_of_ranks_counted_by_hand(analysis, shipped):
    found = checks(analysis).set_index("column")
    towns = shipped.municipalities
    doctors = shipped.statistics["doctors_2022"]
    mean, rate = [], []
    for _, area in towns.groupby("secondary_medical_area"):
        people = area["population_2020"].to_numpy(float)
        scores = analysis.scarcity[towns.index.get_indexer(area.index)]
        mean.append(sum(people * scores) / sum(people))
        rate.append(sum(doctors[area.index]) / sum(people))
    expected = np.corrcoef(ranks(mean), ranks(rate))[0, 1]
    assert found.at["doctors_2022", "rho"] == pytest.approx(expected)
    assert found.at["doctors_2022", "n"] == towns["secondary_medical_area"].nunique()


def test_every_check_says_what_it_means_and_what_it_does_not(analysis):
    found = checks(analysis)
    assert len(found) == len(CHECKS)
    assert found["rho"].between(-1, 1).all()
    assert (found["meaning"].str.len() > 10).all()
    assert (found["limit"].str.len() > 10).all()


def test_a_range_is_checked_on_its_own_towns(shipped):
    found = checks(analyse(shipped, Parameters(within="振興局:胆振"))).set_index("column")
    assert found.at["medical_welfare_employees_2021", "n"] == 11


def test_a_lone_municipality_is_its_own_mean():
    frame = pd.DataFrame({"area": ["a"], "people": [2000.0], "scarcity": [7.0], "count": [4.0]})
    assert area_means(frame).loc["a"].tolist() == [7.0, 2.0]
