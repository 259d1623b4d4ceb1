"""Put the main results into figures and sentences, the same for pages, slides and sheets.

What is said of one municipality, `geo.documents.sheet` puts together for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo.data.memory import kept
from geo.data.vocabulary import APPROACHES, CLASSES
from geo.methods.analysis import KEPT_RESULTS, Analysis, approach_coverage
from geo.methods.coverage import CLASS_NAMES

ROUNDING = 1e-6  # an accessibility this close to the mean is the mean


@dataclass(frozen=True)
class Headline:
    """What Hokkaido looks like at a glance; numbers of municipalities unless said otherwise."""

    municipalities: int
    few: int
    robust: int
    candidates: int
    share_of_people: float
    worst: tuple[str, ...]
    judged_fields: tuple[str, ...]
    emptiest_field: str
    emptiest_count: int


@kept(KEPT_RESULTS)
def headline(analysis: Analysis, worst: int = 5) -> Headline:
    """Return the figures of a headline; share_of_people is of the people in few areas, 0 to 1."""
    towns, names = analysis.dataset.municipalities, analysis.dataset.fields["name"].to_numpy()
    people = towns["population_2020"].to_numpy()
    few = analysis.flag == "few"
    empty = (analysis.klass == "none").sum(axis=0)
    return Headline(
        municipalities=len(towns),
        few=int(few.sum()),
        robust=int(analysis.robust.sum()),
        candidates=int(analysis.candidate.sum()),
        share_of_people=float(people[few].sum() / people.sum()),
        worst=tuple(towns["name"].iloc[analysis.ranking[:worst]]),
        judged_fields=tuple(names[analysis.entered.any(axis=0)]),
        emptiest_field=str(names[empty.argmax()]),
        emptiest_count=int(empty.max()),
    )


def approach_table(analysis: Analysis, kept: np.ndarray) -> pd.DataFrame:
    """Return one row per approach: its name, municipalities in each class, services known.

    kept: (M,) municipalities to count. Columns: アプローチ, the classes in Japanese, and
    公表された窓口(件), in-person services inside those municipalities.
    """
    rows = []
    for key, label in APPROACHES.items():
        cover = approach_coverage(analysis, key)
        classes = CLASS_NAMES[cover.klass][kept]
        rows.append(
            {"アプローチ": f"{key} {label}"}
            | {words: int((classes == name).sum()) for name, words in CLASSES.items()}
            | {"公表された窓口(件)": int(cover.count[kept].sum())}
        )
    return pd.DataFrame(rows)


def why_scarce(analysis: Analysis, position: int) -> str:
    """Return in Japanese why a municipality is as scarce as it is, field by field.

    position: row of the municipality. Names the judged fields that lack in-person access, the
    farthest first, with the minutes to the nearest; what cannot be reached is said so.
    """
    names = analysis.dataset.fields["name"].to_numpy()
    entered = analysis.entered[position]
    lacking = np.flatnonzero(entered & (analysis.relative[position] < 1 - ROUNDING))
    lacking = lacking[np.argsort(-analysis.nearest[position, lacking], kind="stable")]
    parts = [
        f"{names[c]} 最寄りまで{analysis.nearest[position, c]:.0f}分"
        if np.isfinite(analysis.nearest[position, c])
        else f"{names[c]} 行ける窓口なし"
        for c in lacking
    ]
    return "、".join(parts) if parts else "判定できた分野はどれも全道平均以上"
