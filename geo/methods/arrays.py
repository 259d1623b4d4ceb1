"""Lay a dataset out as the arrays that every method works on: demand, supply, travel time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd

from geo.data.boundaries import touching_pairs
from geo.data.dataset import Dataset
from geo.data.inventory import asked, in_inventory, judges, surveyed
from geo.data.schema import WIDE_AREAS
from geo.data.vocabulary import REMOTE_MODES
from geo.methods.access import supply_by_people
from geo.methods.travel import Travel, measured_travel, minutes_to_points, office_travel
from geo.parameters import Parameters


@dataclass(frozen=True, eq=False)
class Arrays:
    """M municipalities, C fields, J services ordered by field.

    codes: (M,) municipality codes. fields: (C,) field codes. services: (J,) service ids.
    demand: (M, C) people of each field's population. supply: (J,) capacity, an average office
    of its layer = 1. minutes: (M, J) travel time. here: (M, J) j stands in m. in_person: (M, J)
    j receives people of m. remote: (M, J) j reaches m without travel. surveyed: (M, C) the
    field's services in m are known. inventory: (J,) j belongs to a complete layer that its field
    is judged by. slices: one slice of J for each field.
    """

    codes: np.ndarray
    fields: np.ndarray
    services: np.ndarray
    demand: np.ndarray
    supply: np.ndarray
    minutes: np.ndarray
    here: np.ndarray
    in_person: np.ndarray
    remote: np.ndarray
    surveyed: np.ndarray
    asked: np.ndarray
    inventory: np.ndarray
    layer: np.ndarray
    kind: np.ndarray
    town: np.ndarray
    by_law: np.ndarray
    slices: tuple[slice, ...]


def travel_between_offices(dataset: Dataset, parameters: Parameters) -> Travel:
    """Return the travel between the 179 offices under the planner's detour and speed.

    A measured table of the dataset takes the place of the estimate; detour and speed then count
    only for the last way to a point.
    """
    towns = dataset.municipalities
    codes = towns.index.tolist()
    position = pd.Series(range(len(codes)), index=codes)
    ferries = np.column_stack(
        (
            position[dataset.ferries["from_code"]],
            position[dataset.ferries["to_code"]],
            dataset.ferries["minutes"],
        )
    )
    estimate = office_travel(
        towns["office_lat"].to_numpy(),
        towns["office_lon"].to_numpy(),
        touching_pairs(dataset.boundaries, codes),
        ferries,
        detour=parameters.detour,
        speed=parameters.speed,
    )
    if dataset.measured is None:
        return estimate
    minutes, km = measured_travel(dataset.measured, codes)
    return replace(estimate, minutes=minutes, km=km)


def build_arrays(dataset: Dataset, parameters: Parameters, travel: Travel) -> Arrays:
    """Return the arrays of a dataset.

    Services below the wanted confidence are left out, except those of a complete layer: that such
    an office exists is certain, whatever is doubtful about its name or place.
    """
    towns, fields = dataset.municipalities, dataset.fields
    listed = in_inventory(dataset)
    services = dataset.services[
        dataset.services["confidence"].isin(parameters.confidence).to_numpy() | listed.to_numpy()
    ]
    field_position = fields.index.get_indexer(services["field"])
    order = np.argsort(field_position, kind="stable")
    services, field_position = services.iloc[order], field_position[order]
    bounds = np.searchsorted(field_position, np.arange(len(fields) + 1))
    slices = tuple(slice(start, end) for start, end in pairwise(bounds))

    offices = dataset.organisations.loc[services["organisation"]]
    town = towns.index.get_indexer(offices["municipality_code"])
    minutes = minutes_to_points(
        travel,
        towns["office_lat"].to_numpy(),
        towns["office_lon"].to_numpy(),
        town,
        offices["lat"].to_numpy(),
        offices["lon"].to_numpy(),
    )
    here = town == np.arange(len(towns))[:, None]
    area = service_area(services["service_area"], towns.index)
    unread = np.array([not cell for cell in services["service_area"]], dtype=bool)
    modes = services["modes"]
    place = np.array(["place" in cell for cell in modes], dtype=bool) & (town >= 0)
    comes = np.array([not REMOTE_MODES.isdisjoint(cell) for cell in modes], dtype=bool)
    in_person = (area | unread) & place
    # An area that nobody has read is taken to be the office's own town at least.
    remote = (area | (unread & here)) & comes

    demand = towns[fields["population"]].to_numpy(dtype=float)
    supply = _supply(dataset, services, offices, demand, field_position, minutes, in_person)
    return Arrays(
        codes=towns.index.to_numpy(),
        fields=fields.index.to_numpy(),
        services=services.index.to_numpy(),
        demand=demand,
        supply=supply,
        minutes=minutes,
        here=here,
        in_person=in_person,
        remote=remote,
        surveyed=surveyed(dataset),
        asked=asked(dataset),
        inventory=listed[services.index].to_numpy(),
        layer=offices["layer"].to_numpy(),
        kind=services["kind"].to_numpy(),
        town=town,
        by_law=np.array([any(j.by_law for j in judges(dataset, field)) for field in fields.index]),
        slices=slices,
    )


def service_area(cells: pd.Series, codes: pd.Index) -> np.ndarray:
    """Return (M, J), whether the service area of j names municipality m; all False where unread."""
    area = np.zeros((len(codes), len(cells)), dtype=bool)
    words = np.array([word for cell in cells for word in cell], dtype=object)
    column = np.repeat(np.arange(len(cells)), [len(cell) for cell in cells])
    wide = np.isin(words, WIDE_AREAS)
    area[:, column[wide]] = True
    area[codes.get_indexer(pd.Index(words[~wide])), column[~wide]] = True
    return area


def _supply(
    dataset: Dataset,
    services: pd.DataFrame,
    offices: pd.DataFrame,
    demand: np.ndarray,
    field_position: np.ndarray,
    minutes: np.ndarray,
    in_person: np.ndarray,
) -> np.ndarray:
    """Return (J,) capacities on one scale: the average office of a layer in a field is 1."""
    capacity = services["capacity"].to_numpy(dtype=float)
    layer = offices["layer"].to_numpy()
    supply = np.ones(len(services))
    groups = pd.DataFrame({"layer": layer, "field": field_position}).groupby(["layer", "field"])
    for (name, field), positions in groups.indices.items():
        known = positions[np.isfinite(capacity[positions])]
        if known.size:
            mean = capacity[known].mean()
            supply[known] = capacity[known] / mean if mean > 0 else 0.0
        elif dataset.layers.loc[name, "staffed_by_people"]:
            columns = demand[:, field], minutes[:, positions], in_person[:, positions]
            supply[positions] = supply_by_people(*columns)
    return supply
