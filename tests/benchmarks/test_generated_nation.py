import json

import numpy as np
import pytest
import shapely

from benchmarks.generated_nation import EXTENT, POPULATION, nationwide, write
from benchmarks.nationwide import EVERY_GRADE, STEPS
from geo.data import dataset
from geo.data.boundaries import NORTHERN_TERRITORIES, touching_pairs
from geo.data.codes import is_code
from geo.errors import DataError
from geo.imports import seed
from geo.maps import payload
from geo.maps.measures import measure_view
from geo.methods.analysis import analyse
from geo.store import database
from geo.store.frames import public_records

pytestmark = pytest.mark.slow

TOWNS, SERVICES = 60, 500


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    path = tmp_path_factory.mktemp("nation")
    write(path, SERVICES, TOWNS)
    return path


@pytest.fixture
def nation(directory):
    with nationwide(TOWNS):
        yield dataset.load(directory)


def test_municipalities_tile_the_extent_and_hold_the_whole_population(nation):
    towns = nation.municipalities
    assert len(towns) == TOWNS
    assert all(is_code(code) for code in towns.index)
    assert towns["population_2020"].sum() == POPULATION
    polygons = nation.boundaries.geometry.drop(NORTHERN_TERRITORIES)
    assert shapely.area(polygons.to_numpy()).sum() == pytest.approx(EXTENT.area)
    assert shapely.union_all(polygons.to_numpy()).area == pytest.approx(EXTENT.area)
    offices = shapely.points(towns["office_lon"], towns["office_lat"])
    assert shapely.contains(polygons[towns.index].to_numpy(), offices).all()
    assert set(touching_pairs(nation.boundaries, list(towns.index)).ravel()) == set(range(TOWNS))


def test_everything_generated_says_so(nation):
    assert nation.municipalities["name"].str.startswith("生成").all()
    assert nation.organisations["name"].str.startswith("生成").all()
    assert (nation.services["source"] == "生成").all()


def test_shipped_code_refuses_a_nation_unless_told(directory):
    with pytest.raises(DataError):
        dataset.load(directory)
    with nationwide(TOWNS):
        dataset.load(directory)
    with pytest.raises(DataError):
        dataset.load(directory)


def test_whole_pipeline_runs_and_the_totals_add_up(nation):
    result = analyse(nation, EVERY_GRADE)
    assert len(nation.services) == len(result.arrays.services) == SERVICES
    assert np.isfinite(result.travel.minutes).all()
    in_person = (result.arrays.here & result.arrays.in_person).sum()
    assert result.count.sum() == in_person > 0
    assert np.isfinite(result.scarcity).all()

    files = payload.build(nation)
    assert len(json.loads(files.files["organisations.json"])["id"]) == SERVICES
    assert (
        len(payload.encode(measure_view(result, "scarcity", "", 2020), files)["colours"]) == TOWNS
    )


def test_store_gives_back_what_was_generated(directory, nation, own_store):
    engine = database.engine(f"sqlite:///{own_store}")
    seed.prepare(engine, directory)
    with database.reading(engine) as connection:
        frames = public_records(connection)
    assert set(frames["services"].index) == set(nation.services.index)
    assert set(frames["organisations"].index) == set(nation.organisations.index)


def test_step_reports_what_it_took_or_that_the_budget_did_not_do(directory, nation, monkeypatch):
    monkeypatch.setattr("benchmarks.nationwide.held", lambda _: nation)
    for step in ("travel", "arrays", "coverage", "access", "analysis", "prefectures", "search"):
        assert isinstance(STEPS[step](directory)(), str)
