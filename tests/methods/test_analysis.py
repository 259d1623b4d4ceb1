import dataclasses

import numpy as np
import pandas as pd
import pytest

from geo.data.inventory import surveyed
from geo.data.vocabulary import CLASSES
from geo.methods.analysis import (
    analyse,
    approach_coverage,
    coverage_table,
    scarcity_table,
)
from geo.methods.findings import approach_table, headline, why_scarce
from geo.methods.rollup import roll_up
from geo.parameters import Parameters

COMPLETE = {"general", "poverty", "mental", "children", "single_parent", "health"}


@pytest.mark.parametrize("minutes", [1, 30, 60, 120, 10_000])
def test_all_towns_and_fields_always_come_back(shipped, minutes):
    result = analyse(shipped, Parameters(minutes=minutes))
    assert len(scarcity_table(result)) == 179
    assert len(coverage_table(result)) == 179 * len(shipped.fields)
    assert set(coverage_table(result)["class"]) <= set(CLASSES)
    assert np.isfinite(result.scarcity).all()
    assert ((result.scarcity >= 0) & (result.scarcity <= 100)).all()


def test_only_complete_inventories_are_judged(analysis):
    known = analysis.arrays.surveyed
    judged = {field for field, c in zip(analysis.arrays.fields, known.T, strict=True) if c.all()}
    assert judged == COMPLETE
    table = coverage_table(analysis)
    assert not ((table["class"] == "none") & ~table["surveyed"]).any()
    assert not ((table["class"] == "unknown") & table["surveyed"]).any()


def test_survey_makes_a_field_known_in_that_town_only(shipped):
    row = {"municipality_code": "012301", "field": "food", "surveyed_on": "2026-11-01"}
    row |= {"by": "登別市", "source": "生成した調査"}
    changed = dataclasses.replace(shipped, surveys=pd.DataFrame([row]))
    before, after = surveyed(shipped), surveyed(changed)
    town = list(shipped.municipalities.index).index("012301")
    field = list(shipped.fields.index).index("food")
    assert after[town, field]
    assert (after != before).sum() == 1


def test_accessibility_agrees_with_loops_over_the_services(analysis):
    arrays = analysis.arrays
    field = list(arrays.fields).index("children")
    part = arrays.slices[field]
    edge = np.exp(-0.5)
    people = arrays.demand[:, field]

    def weight(m, j):
        t = arrays.minutes[m, j]
        if t > 60 or not arrays.in_person[m, j]:
            return 0.0
        return (np.exp(-0.5 * (t / 60) ** 2) - edge) / (1 - edge)

    total = np.zeros(len(people))
    for j in range(part.start, part.stop):
        if not arrays.inventory[j]:
            continue
        weights = np.array([weight(m, j) for m in range(len(people))])
        if weights @ people > 0:
            total += arrays.supply[j] / (weights @ people) * weights
    mean = total @ people / people.sum()
    assert analysis.relative[:, field] == pytest.approx(total / mean, rel=1e-9)


def test_wider_catchment_never_takes_a_class_away(shipped):
    order = {name: i for i, name in enumerate(["local", "neighbour", "remote", "none", "unknown"])}
    rank = np.vectorize(order.get)
    near, far = (analyse(shipped, Parameters(minutes=m)) for m in (30, 90))
    assert (rank(far.klass) <= rank(near.klass)).all()


def test_slower_winter_roads_reach_less(shipped, analysis):
    winter = analyse(shipped, Parameters(speed=45))
    assert (winter.nearest >= analysis.nearest - 1e-9).all()
    assert (winter.klass == "neighbour").sum() < (analysis.klass == "neighbour").sum()


def test_confidence_c_counts_only_when_asked_except_in_a_complete_layer(shipped, analysis):
    grades = shipped.services["confidence"][analysis.arrays.services]
    assert analysis.arrays.inventory[(grades == "C").to_numpy()].all()
    with_c = analyse(shipped, Parameters(confidence=("A", "B", "C")))
    assert len(with_c.arrays.services) == len(shipped.services)
    # Every city runs its own 自立相談支援 by law, whatever is doubtful about the desk.
    poverty = coverage_table(analysis, "poverty").set_index("code")
    cities = shipped.municipalities.index[shipped.municipalities["name"].str.endswith("市")]
    assert (poverty.loc[cities, "class"] == "local").all()


def test_weights_move_scarcity_and_flags(shipped, analysis):
    moved = analyse(shipped, Parameters(weights=(("mental", 0.0),)))
    assert (moved.scarcity != analysis.scarcity).any()
    none = analyse(shipped, Parameters(weights=tuple((f, 0.0) for f in shipped.fields.index)))
    assert np.isnan(none.scarcity).all()
    assert set(none.flag) == {"middle"}


def test_partial_switch_brings_every_field_in(shipped):
    result = analyse(shipped, Parameters(partial=True))
    assert result.entered.all()
    assert not result.arrays.surveyed.all()
    assert not analyse(shipped, Parameters()).entered.all()


def test_candidates_are_the_needy_among_the_scarce(analysis):
    table = scarcity_table(analysis)
    assert set(table.loc[table["candidate"], "flag"]) == {"few"}
    assert table["robust"].sum() >= 5
    assert set(table.loc[table["robust"], "flag"]) == {"few"}
    assert 55 <= (table["flag"] == "few").sum() <= 65


def test_ranking_begins_with_the_scarcest(analysis):
    ranked = analysis.scarcity[analysis.ranking]
    assert (np.diff(ranked.round(9)) <= 0).all()
    assert sorted(analysis.ranking) == list(range(179))


def test_same_question_gives_the_same_object(shipped):
    assert analyse(shipped, Parameters(minutes=45)) is analyse(shipped, Parameters(minutes=45))


def test_headline_counts_what_the_table_counts(analysis):
    table, found = scarcity_table(analysis), headline(analysis)
    assert found.few == (table["flag"] == "few").sum()
    assert found.candidates == table["candidate"].sum()
    people = table.loc[table["flag"] == "few", "population"].sum() / table["population"].sum()
    assert found.share_of_people == pytest.approx(people)


def test_reason_of_a_scarce_town_names_its_farthest_field_first(analysis):
    position = list(analysis.arrays.codes).index("013676")  # 奥尻町
    assert "最寄りの" in why_scarce(analysis, position)


def test_approach_without_inventory_is_unknown_never_none(analysis):
    for approach in "123":
        assert 3 not in approach_coverage(analysis, approach).klass
    table = approach_table(analysis, np.ones(179, dtype=bool))
    assert (table[list(CLASSES.values())].sum(axis=1) == 179).all()


@pytest.mark.parametrize("unit", ["subprefecture", "secondary_medical_area"])
def test_roll_up_loses_nobody(analysis, unit):
    table = roll_up(analysis, unit)
    assert table["municipalities"].sum() == 179
    assert table["population"].sum() == 5_224_614
    assert table["few"].sum() == (analysis.flag == "few").sum()
