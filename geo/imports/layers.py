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


def completed_layer(incoming: Incoming, dataset: Dataset) -> str | None:
    """Return the layer that a file completes, None when it completes none."""
    if incoming.format not in table().index:
        return None
    row = table().loc[incoming.format]
    if row["layer"] not in dataset.layers.index:
        return None
    named = incoming.organisations["municipality_code"]
    enough = named[named != ""].nunique() >= row["municipalities"]
    return str(row["layer"]) if enough else None
