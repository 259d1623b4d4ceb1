import numpy as np
import pytest

from geo.methods.coverage import CLASS_NAMES, classify

# Towns A, B, C, D; service 0 stands in A, service 1 is a hotline for D.
MINUTES = np.array([[0.0, np.inf], [40.0, np.inf], [90.0, np.inf], [200.0, np.inf]])
HERE = np.array([[1, 0], [0, 0], [0, 0], [0, 0]], dtype=bool)
IN_PERSON = np.array([[1, 0], [1, 0], [1, 0], [1, 0]], dtype=bool)
REMOTE = np.array([[0, 0], [0, 0], [0, 0], [0, 1]], dtype=bool)
SURVEYED = np.array([True, True, True, True])


def classes(**changed):
    given = {
        "minutes": MINUTES,
        "here": HERE,
        "in_person": IN_PERSON,
        "remote": REMOTE,
        "surveyed": SURVEYED,
    } | changed
    return CLASS_NAMES[classify(**given).klass].tolist()


def test_four_answers_worked_by_hand():
    assert classes() == ["local", "neighbour", "none", "remote"]


def test_not_surveyed_is_a_fifth_answer_never_none():
    assert classes(surveyed=np.zeros(4, bool)) == ["local", "neighbour", "unknown", "remote"]


def test_service_area_that_excludes_the_town_next_door_takes_it_away():
    excluded = IN_PERSON.copy()
    excluded[1, 0] = False
    assert classes(in_person=excluded)[1] == "none"


def test_office_in_town_that_serves_only_others_is_not_local():
    excluded = IN_PERSON.copy()
    excluded[0, 0] = False
    assert classes(in_person=excluded)[0] == "none"


def test_catchment_edge_belongs_to_the_neighbour():
    edge = classify(MINUTES, HERE, IN_PERSON, REMOTE, SURVEYED, catchment=90.0)
    assert CLASS_NAMES[edge.klass[2]] == "neighbour"


def test_nearest_second_and_counts_agree_with_sorting_by_hand():
    rng = np.random.default_rng(3)
    minutes = rng.uniform(0, 100, (30, 12))
    in_person = rng.random((30, 12)) < 0.4
    here = minutes < 10
    cover = classify(minutes, here, in_person, np.zeros_like(here), np.ones(30, bool))
    for town in range(30):
        reached = [*sorted(minutes[town, in_person[town]]), np.inf, np.inf]
        assert cover.nearest[town] == reached[0]
        assert cover.second[town] == reached[1]
        assert cover.count[town] == (here & in_person)[town].sum()
        if np.isfinite(reached[0]):
            assert minutes[town, cover.nearest_service[town]] == reached[0]
        else:
            assert cover.nearest_service[town] == -1


@pytest.mark.parametrize("services", [0, 1])
def test_field_with_no_or_one_service_still_answers_for_every_town(services):
    part = (slice(None), slice(0, services))
    cover = classify(MINUTES[part], HERE[part], IN_PERSON[part], REMOTE[part], SURVEYED)
    assert len(cover.klass) == 4
    assert np.isinf(cover.second).all()
