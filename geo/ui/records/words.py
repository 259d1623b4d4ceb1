"""Say the cells of a record in the words of the pages."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from geo.data.dataset import Dataset
from geo.data.vocabulary import APPROACHES, CONFIDENCE, MODES, STATUSES
from geo.records.cells import TYPED
from geo.records.directory import area_text
from geo.records.editing import Edit

BLANK = "(空欄)"


def words(data: Dataset) -> dict[str, Callable[[str], str]]:
    """Return, by column of choices, what says one of them."""
    return {
        "municipality_code": lambda code: data.municipalities["name"].get(code, code) or "なし",
        "location_public": lambda word: "公開する" if word == "yes" else "公開しない",
        "layer": lambda word: data.layers["name"].get(word, word),
        "confidence": lambda word: f"{word} {CONFIDENCE.get(word, '')}",
        "field": lambda word: data.fields["name"].get(word, word),
        "status": lambda word: STATUSES.get(word, word),
        "approaches": lambda word: f"{word} {APPROACHES.get(word, '')}",
        "modes": lambda word: MODES.get(word, word),
        "service_area": lambda word: area_text(data, (word,)),
    }


def shown(data: Dataset, name: str, cell: str | None) -> str:
    """Return a cell as a page says it, '' for an empty one."""
    if not cell:
        return ""
    say = words(data).get(name)
    return cell if say is None else "・".join(say(part) for part in cell.split(";") if part)


def differences(data: Dataset, edit: Edit) -> pd.DataFrame:
    """Return what an edit changes, for reading: 項目, 前, 後."""
    rows = [
        (
            TYPED[edit.kind][name].asked,
            *(shown(data, name, one) or BLANK for one in (edit.base.get(name), cell)),
        )
        for name, cell in edit.cells.items()
        if cell != edit.base.get(name, "")
    ]
    return pd.DataFrame(rows, columns=["項目", "前", "後"])
