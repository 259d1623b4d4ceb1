import numpy as np
import pytest

from geo.methods.coverage import classify
from geo.methods.next_call import chances, gains, next_calls

TOWNS, FIELDS, WORLDS = 60, 6, 12


class World:
    """Towns on a plane; of the services that stand in them, some are on lists.

    As in the data that ships, about ten towns are within T of one, and in three of four fields somebody
    is reached by telephone from everywhere.
    """

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.people = np.exp(rng.normal(9, 1.1, TOWNS))
        at = rng.uniform(0, 260, (TOWNS, 2))
        self.minutes = np.linalg.norm(at[:, None] - at[None], axis=2)
        size = (np.log(self.people) - 9) / 1.1
        likely = 1 / (1 + np.exp(-(rng.uniform(-2.5, 0.5, FIELDS) + 1.5 * size[:, None])))
        self.phone = rng.random(FIELDS) < 0.75
        self.there = rng.random((TOWNS, FIELDS)) < likely
        self.listed = self.there & (rng.random((TOWNS, FIELDS)) < 0.7)
        self.asked = np.zeros((TOWNS, FIELDS), dtype=bool)
        self.near = (self.minutes <= 60) & ~np.eye(TOWNS, dtype=bool)

    def classes(self, has, asked):
        made = np.empty((TOWNS, FIELDS), dtype=int)
        for c in range(FIELDS):
            stands = np.flatnonzero(has[:, c])
            here = np.arange(TOWNS)[:, None] == stands
            everyone = np.ones_like(here)
            called = np.full((TOWNS, 1), self.phone[c])
            minutes = np.column_stack([self.minutes[:, stands], np.zeros(TOWNS)])
            found = classify(
                minutes,
                np.column_stack([here, np.zeros_like(called)]),
                np.column_stack([everyone, np.zeros_like(called)]),
                np.column_stack([~everyone, called]),
                asked[:, c],
            )
            made[:, c] = found.klass
        return made

    def calls(self, choose):
        """Return how many calls it takes until 95% of the classes are right."""
        has, asked = self.listed.copy(), self.asked.copy()
        right = self.classes(self.there, np.ones_like(asked))
        for count in range(TOWNS * FIELDS + 1):
            now = self.classes(has, asked)
            if (now == right).mean() >= 0.95:
                return count
            m, c = choose(now, has, asked)
            asked[m, c] = True
            has[m, c] = self.there[m, c]
        raise AssertionError

    def by_gain(self, now, has, asked):
        score = gains(now, asked, self.near, chances(has, self.people))
        return np.unravel_index(np.argmax(score), score.shape)


@pytest.mark.slow
def test_a_third_of_the_calls_of_an_alphabetical_or_random_order_settles_95_of_100_classes():
    ours, listed, drawn = [], [], []
    for seed in range(WORLDS):
        world = World(seed)
        order = [divmod(n, FIELDS) for n in range(TOWNS * FIELDS)]
        mixed = np.random.default_rng(seed).permutation(TOWNS * FIELDS)
        ours.append(world.calls(world.by_gain))
        for kept, line in ((listed, order), (drawn, [divmod(int(n), FIELDS) for n in mixed])):
            rest = iter(line)
            kept.append(world.calls(lambda *_, rest=rest: next(rest)))
    assert np.sum(ours) <= np.sum(listed) / 3
    assert np.sum(ours) <= np.sum(drawn) / 3


def test_nothing_is_gained_where_it_is_known_and_most_where_neighbours_wait():
    klass = np.array([[4], [4], [0], [1]])  # unknown, unknown, local, neighbour
    near = np.zeros((4, 4), dtype=bool)
    near[0, 1] = near[1, 0] = True
    chance = np.full((4, 1), 0.5)
    asked = np.zeros((4, 1), dtype=bool)
    assert gains(klass, asked, near, chance).ravel() == pytest.approx([1.25, 1.25, 0, 0.5])
    asked[0] = True
    assert gains(klass, asked, near, chance)[0] == 0


def test_the_larger_a_town_the_likelier_somebody_is_there():
    has = np.repeat([[False], [True]], 6, axis=0)
    found = chances(has, np.arange(1, 13.0)).ravel()
    assert (np.diff(found) >= 0).all()
    assert found.max() <= 0.95


def test_the_calls_name_towns_fields_and_a_reason(analysis):
    table = next_calls(analysis, plan=("012301",))
    assert len(table)
    assert table["gain"].is_monotonic_decreasing
    mine = table[table["code"] == "012301"]
    assert mine["why"].str.contains("計画の対象地域").all()
    assert not table[["code", "field"]].duplicated().any()
