"""Say which services are known where: by a complete layer, kind by kind, or by a survey."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo.data.dataset import KIND_MARK, Dataset

BY_LAW = "law"  # of complete_for: every municipality has the desk, though nobody read its record


@dataclass(frozen=True)
class Judge:
    """One inventory that a field is judged by.

    layer: code. label: in Japanese, with the kind where there is one. kind: of service, "" for
    the whole layer. complete: whether it is. count_column: of dataset.statistics, "" for a list
    of offices. by_law: whether it is the desk that every municipality has by law.
    """

    layer: str
    label: str
    kind: str
    complete: bool
    count_column: str
    by_law: bool


def judges(dataset: Dataset, field: str) -> list[Judge]:
    """Return the inventories that a field is judged by; empty where only a survey can judge it."""
    by_name = {name: code for code, name in dataset.layers["name"].items()}
    found = []
    for words in dataset.fields.at[field, "judged_by"]:
        name, _, kind = words.partition(KIND_MARK)
        code = by_name[name]
        layer = dataset.layers.loc[code]
        complete = bool(layer["complete"]) or (kind != "" and kind in layer["complete_kinds"])
        label = f"{name}({kind})" if kind else name
        law = layer["complete_for"] == BY_LAW
        found.append(Judge(code, label, kind, complete, layer["count_column"], law))
    return found


def asked(dataset: Dataset) -> np.ndarray:
    """Return (M, C), whether a municipality has been surveyed in a field."""
    towns, fields = dataset.municipalities.index, dataset.fields.index
    known = np.zeros((len(towns), len(fields)), dtype=bool)
    rows = towns.get_indexer(dataset.surveys["municipality_code"])
    known[rows, fields.get_indexer(dataset.surveys["field"])] = True
    return known


def surveyed(dataset: Dataset) -> np.ndarray:
    """Return (M, C), whether the services of a field in a municipality are known.

    Known where every inventory that the field is judged by is complete, or where the municipality
    has been surveyed in that field (docs/methods.md).
    """
    by_layer = [
        bool(found) and all(judge.complete for judge in found)
        for found in (judges(dataset, field) for field in dataset.fields.index)
    ]
    result: np.ndarray = asked(dataset) | np.array(by_layer, dtype=bool)
    return result


def in_inventory(dataset: Dataset) -> pd.Series:
    """Return, by service id, whether it is in a complete inventory that its field is judged by.

    A record that its source names no more is not: the list is complete without it.
    """
    judging = {
        (field, judge.layer, judge.kind)
        for field in dataset.fields.index
        for judge in judges(dataset, field)
        if judge.complete
    }
    services = dataset.services
    layers = services["organisation"].map(dataset.organisations["layer"])
    rows = zip(services["field"], layers, services["kind"], strict=True)
    judged = [
        (field, layer, kind) in judging or (field, layer, "") in judging
        for field, layer, kind in rows
    ]
    return pd.Series(judged, index=services.index, dtype=bool) & services["listed"]
