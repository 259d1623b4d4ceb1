"""Say what is known of each field (台帳の完成度), and what would complete it."""

from __future__ import annotations

import pandas as pd

from geo.data.dataset import Dataset
from geo.data.inventory import Judge, asked, judges

JUDGED, MISSING, SURVEY = "judged", "missing", "survey"
STATES = {
    JUDGED: "一覧がそろい、判定できる",
    MISSING: "公的な一覧を読めば判定できる",
    SURVEY: "調査で確かめる",
}


def board(dataset: Dataset) -> pd.DataFrame:
    """Return one row per field and inventory that it is judged by; one for a field judged by survey.

    Columns: field, name, state (of the field, a key of STATES), inventory (label, "" for none), layer
    (code), complete, read (records in the layer, of the kind where there is one), total (official,
    NaN where unknown), publisher, url, how, minutes (how long it takes, NaN where unknown),
    asked (municipalities surveyed in the field), note (on the two numbers), effect (what reading it changes, in Japanese).
    """
    surveyed = asked(dataset).sum(axis=0)
    rows = []
    for position, (field, name) in enumerate(dataset.fields["name"].items()):
        by = judges(dataset, field)
        missing = [judge for judge in by if not judge.complete]
        state = SURVEY if not by else MISSING if missing else JUDGED
        of_field = {
            "field": field,
            "name": name,
            "state": state,
            "asked": int(surveyed[position]),
        }
        inventories: list[Judge | None] = [*by] if by else [None]
        rows += [
            of_field | {"effect": _effect(str(name), judge, missing)} | _inventory(dataset, judge)
            for judge in inventories
        ]
    return pd.DataFrame(rows)


def layer_counts(dataset: Dataset) -> pd.Series:
    """Return, by layer, how many organisations somebody read; desks by law and counts are none."""
    counts = dataset.organisations["layer"].value_counts()
    return counts.reindex(dataset.layers.index).fillna(0).astype(int)


def _inventory(dataset: Dataset, judge: Judge | None) -> dict[str, object]:
    if judge is None:
        blank = dict.fromkeys(("inventory", "layer", "publisher", "url", "how", "note"), "")
        return blank | {"complete": False, "read": 0, "total": None, "minutes": None}
    layer = dataset.layers.loc[judge.layer]
    services = dataset.services
    offices = services["organisation"].map(dataset.organisations["layer"]) == judge.layer
    if judge.kind:
        offices &= services["kind"] == judge.kind
    read = services.loc[offices, "organisation"].nunique()
    if judge.count_column:
        read = int(dataset.statistics[judge.count_column].sum())
    if judge.by_law:
        read = len(dataset.municipalities)
    return {
        "inventory": judge.label,
        "layer": judge.layer,
        "complete": judge.complete,
        "read": int(read),
        "total": layer["official_total"],
        "publisher": layer["publisher"],
        "url": layer["official_url"],
        "how": layer["how"],
        "minutes": layer["minutes"],
        "note": layer["note"],
    }


def _effect(name: str, judge: Judge | None, missing: list[Judge]) -> str:
    if judge is None:
        return "範囲のすべての市町村が答えると、その範囲で判定に入る"
    if judge.complete:
        return "読めている"
    others = [one.label for one in missing if one != judge]
    if others:
        return f"あわせて{'、'.join(others)}も読むと、{name}が全道で判定できる"
    return f"読むと、{name}が全道で判定できる"
