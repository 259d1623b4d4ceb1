import numpy as np
import pytest

from geo.data.vocabulary import CLASSES
from geo.maps import payload
from geo.maps.colours import BIVARIATE
from geo.maps.measures import MEASURES, bounds_of, measure_view, visible_organisations
from geo.methods.need import YEARS


@pytest.fixture(scope="module")
def data(shipped):
    return payload.build(shipped)


@pytest.mark.parametrize("measure", list(MEASURES))
@pytest.mark.parametrize("year", YEARS)
def test_every_measure_colours_all_towns_with_a_legend(analysis, data, measure, year):
    view = measure_view(analysis, measure, "children", year)
    state = payload.encode(view, data)
    assert len(view.colours) == len(view.values) == 179
    assert state["legend"] or state["bivariate"]
    assert view.measure
    assert all(view.values)


def test_class_colours_are_the_classes_and_the_legend_counts_them(analysis):
    view = measure_view(analysis, "class", "health", 2020)
    column = list(analysis.arrays.fields).index("health")
    names = list(CLASSES)
    assert [names[i] for i in view.colours] == analysis.klass[:, column].tolist()
    for entry, name in zip(view.legend, names, strict=True):
        assert f"{(analysis.klass[:, column] == name).sum()}市町村" in entry.label


def test_unjudged_field_is_hatched_not_scored(analysis):
    view = measure_view(analysis, "relative", "elderly", 2020)
    assert np.all(view.hatched)
    assert set(view.colours) == {len(view.palette) - 1}


def test_candidates_stand_in_the_darkest_cell_and_are_outlined(analysis):
    view = measure_view(analysis, "both", "health", 2020)
    assert (np.asarray(view.colours)[analysis.candidate] == len(BIVARIATE) - 1).all()
    assert (view.outlined == analysis.candidate).all()


def test_filters_narrow_down_and_none_lets_everything_through(analysis, shipped):
    everything = visible_organisations(analysis, confidence=("A", "B", "C"))
    assert everything.all()
    food = visible_organisations(analysis, fields=("food",))
    expected = shipped.services.query("field == 'food' and confidence != 'C'")["organisation"]
    assert set(shipped.organisations.index[food]) == set(expected)
    north = visible_organisations(analysis, subprefectures=("宗谷",), modes=("phone",))
    codes = shipped.organisations["municipality_code"][north]
    assert set(shipped.municipalities.loc[codes, "subprefecture"]) == {"宗谷"}
    assert visible_organisations(analysis, approaches=("1",)).sum() < everything.sum()
    area = visible_organisations(analysis, medical_areas=("西胆振",))
    assert set(
        shipped.municipalities.loc[
            shipped.organisations["municipality_code"][area], "secondary_medical_area"
        ]
    ) == {"西胆振"}


def test_bounds_hold_the_towns(analysis, shipped):
    south, west, north, east = bounds_of(analysis, ["012301", "012050"])
    assert south < shipped.municipalities.at["012301", "office_lat"] < north
    assert west < shipped.municipalities.at["012050", "office_lon"] < east
