"""Say which services are known where: by a complete layer, or by a survey."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geo.data.dataset import Dataset


def surveyed(dataset: Dataset) -> np.ndarray:
    """Return (M, C), whether the services of a field in a municipality are known.

    Known where every layer that the field is judged by is complete, or where the municipality has
    been surveyed in that field (docs/methods.md).
    """
    towns, fields = dataset.municipalities.index, dataset.fields
    complete = set(dataset.layers.loc[dataset.layers["complete"], "name"])
    by_layer = [bool(layers) and set(layers) <= complete for layers in fields["judged_by"]]
    known = np.tile(np.array(by_layer, dtype=bool), (len(towns), 1))
    rows = towns.get_indexer(dataset.surveys["municipality_code"])
    known[rows, fields.index.get_indexer(dataset.surveys["field"])] = True
    return known


def in_inventory(dataset: Dataset) -> pd.Series:
    """Return, by service id, whether it is in a complete layer that its field is judged by.

    A record that its source names no more is not: the list is complete without it.
    """
    layer = dataset.services["organisation"].map(dataset.organisations["layer"])
    complete = layer.map(dataset.layers["complete"]).astype(bool)
    names, judges = layer.map(dataset.layers["name"]), dataset.fields["judged_by"]
    judged = [
        name in judges[field] for name, field in zip(names, dataset.services["field"], strict=True)
    ]
    return complete & np.array(judged, dtype=bool) & dataset.services["listed"]
