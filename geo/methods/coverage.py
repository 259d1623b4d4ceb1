"""Say for every municipality whether a field is here, near, only remote, absent or unknown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.data.vocabulary import CLASSES
from geo.parameters import CATCHMENT_MINUTES

CLASS_NAMES = np.array(list(CLASSES))
CLASS_CODES = {name: position for position, name in enumerate(CLASSES)}


@dataclass(frozen=True, eq=False)
class Coverage:
    """Coverage of M municipalities in one group of services.

    klass: (M,) positions in CLASSES. nearest, second: (M,) minutes, infinite for none.
    count: (M,) in-person services inside the municipality. nearest_service: (M,) the nearest
    service's position, -1 for none.
    """

    klass: np.ndarray
    nearest: np.ndarray
    second: np.ndarray
    count: np.ndarray
    nearest_service: np.ndarray


def classify(
    minutes: np.ndarray,
    here: np.ndarray,
    in_person: np.ndarray,
    remote: np.ndarray,
    surveyed: np.ndarray,
    catchment: float = float(CATCHMENT_MINUTES),
) -> Coverage:
    """Return the coverage class and the times to the nearest two services.

    Formula: local where an in-person service for the municipality stands in it; else neighbour
    where one is at t <= T; else remote where a phone, online, delivery or outreach service names
    the municipality in its area; else none where surveyed; else unknown.

    minutes: (M, J) travel times. here: (M, J), j stands in m. in_person: (M, J), j receives
    people in person and its service area does not exclude m. remote: (M, J), j comes to m
    without travel. surveyed: (M,), whether the field's services in m are known. catchment: T in
    minutes.
    Source: this project (docs/methods.md), after the order of HRSA's shortage rule (a local lack is
    not yet a shortage: contiguous areas are looked at first).
    """
    towns, services = minutes.shape
    reach = np.where(in_person, minutes, np.inf)
    if services >= 2:
        first_two = np.argpartition(reach, 1, axis=1)[:, :2]
        times = np.take_along_axis(reach, first_two, axis=1)
        order = np.argsort(times, axis=1, kind="stable")
        nearest_service = np.take_along_axis(first_two, order, axis=1)[:, 0]
        nearest, second = np.take_along_axis(times, order, axis=1).T
    else:
        nearest = reach[:, 0] if services else np.full(towns, np.inf)
        nearest_service = np.zeros(towns, dtype=int)
        second = np.full(towns, np.inf)
    count = (here & in_person).sum(axis=1)
    klass = np.select(
        [count > 0, nearest <= catchment, remote.any(axis=1), surveyed],
        [CLASS_CODES[name] for name in ("local", "neighbour", "remote", "none")],
        CLASS_CODES["unknown"],
    ).astype(np.int8)
    nearest_service = np.where(np.isfinite(nearest), nearest_service, -1)
    return Coverage(klass, nearest, second, count, nearest_service)
