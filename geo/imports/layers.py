"""Say which published inventory makes which layer of the directory complete."""

from __future__ import annotations

from functools import lru_cache

import pandas as pd

from geo.data.dataset import DATA_DIRECTORY, Dataset
from geo.data.tables import Column, read_table, text, whole
from geo.imports.reading.incoming import Incoming

FILE = DATA_DIRECTORY / "layer_formats.csv"
INVENTORY_COLUMNS = {
    "format": Column(text),
    "layer": Column(text),
    "municipalities": Column(whole),
    "note": Column(text, required=False),
}


@lru_cache(maxsize=1)
def table() -> pd.DataFrame:
    """Return which format completes which layer, by format.

    municipalities: a file that names fewer of Hokkaido's is a part of the inventory, not all.
    """
    frame, problems = read_table(FILE, INVENTORY_COLUMNS, index="format")
    assert not problems, problems  # it ships with the code
    return frame


def completed(incoming: Incoming, dataset: Dataset) -> tuple[tuple[str, str], ...]:
    """Return the layers that a file completes, each with a kind of service.

    A publisher that issues one file a kind completes those kinds alone which the file holds; a layer
    without kinds is completed whole (kind ""). Empty when the file is only a part of the inventory.
    """
    if incoming.format not in table().index:
        return ()
    row = table().loc[incoming.format]
    layer = str(row["layer"])
    named = incoming.organisations["municipality_code"]
    if layer not in dataset.layers.index or named[named != ""].nunique() < row["municipalities"]:
        return ()
    kinds = dataset.layers.at[layer, "kinds"]
    if not kinds:
        return ((layer, ""),)
    return tuple((layer, kind) for kind in sorted(set(incoming.services["kind"]) & set(kinds)))
