"""Choose the range compared (比べる範囲): which municipalities stand beside each other."""

from __future__ import annotations

import numpy as np

from geo.data.dataset import Dataset
from geo.errors import UnknownCodeError

EVERYWHERE = ""
WHOLE = "全道"
SUBPREFECTURE, MEDICAL_AREA, TOWNS = "振興局", "二次医療圏", "市町村"
COLUMNS = {SUBPREFECTURE: "subprefecture", MEDICAL_AREA: "secondary_medical_area"}
MARK, SEPARATOR = ":", ","


def ranges(dataset: Dataset) -> list[str]:
    """Return the ranges that a planner can choose: all, each 振興局, each 二次医療圏."""
    towns = dataset.municipalities
    return [
        EVERYWHERE,
        *(
            f"{kind}{MARK}{name}"
            for kind, column in COLUMNS.items()
            for name in dict.fromkeys(towns[column])
        ),
    ]


def range_of(dataset: Dataset, text: str) -> str:
    """Return the range that a text names: 全道, 胆振, 振興局:胆振, 西胆振, or codes with commas.

    A name that is a 振興局 and a 二次医療圏 means the 振興局, unless its kind stands before it.
    Raises UnknownCodeError for a text that names none.
    """
    text = text.strip()
    if text in {EVERYWHERE, WHOLE}:
        return EVERYWHERE
    known = set(ranges(dataset))
    for kind in ("", f"{SUBPREFECTURE}{MARK}", f"{MEDICAL_AREA}{MARK}"):
        if kind + text in known:
            return kind + text
    codes = text.removeprefix(f"{TOWNS}{MARK}").split(SEPARATOR)
    if all(code in dataset.municipalities.index for code in codes):
        return towns_range(codes)
    kind = "比べる範囲"
    raise UnknownCodeError(kind, text)


def towns_range(codes: list[str] | tuple[str, ...]) -> str:
    """Return the range of single municipalities (codes), such as the areas of a plan."""
    return f"{TOWNS}{MARK}{SEPARATOR.join(sorted(set(codes)))}"


def members(dataset: Dataset, within: str) -> np.ndarray:
    """Return (M,), whether a municipality is in the range; raise UnknownCodeError for none such."""
    towns = dataset.municipalities
    if within == EVERYWHERE:
        return np.ones(len(towns), dtype=bool)
    kind, _, name = within.partition(MARK)
    if kind == TOWNS:
        inside = towns.index.isin(name.split(SEPARATOR))
    else:
        inside = (towns[COLUMNS[kind]] == name).to_numpy() if kind in COLUMNS else np.zeros(1, bool)
    if not inside.any():
        raise UnknownCodeError("比べる範囲", within)  # noqa: EM101 (the kind of code)
    result: np.ndarray = inside
    return result


def label(dataset: Dataset, within: str) -> str:
    """Return a range in Japanese, with the number of its municipalities where it is not all."""
    if within == EVERYWHERE:
        return WHOLE
    kind, _, name = within.partition(MARK)
    count = int(members(dataset, within).sum())
    if kind == TOWNS:
        return f"選んだ{count}市町村"
    return f"{name}({kind}、{count}市町村)"
