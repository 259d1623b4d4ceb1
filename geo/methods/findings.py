"""Put the main results into figures and sentences, the same for pages, slides and sheets.

What is said of one municipality, `geo.documents.sheet` puts together for all of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo.data.memory import kept
from geo.data.vocabulary import APPROACHES, CLASSES
from geo.methods.analysis import KEPT_RESULTS, Analysis, approach_coverage
from geo.methods.coverage import CLASS_NAMES
from geo.methods.explain import lacks
from geo.parameters import FLAG_SHARE


@dataclass(frozen=True)
class Headline:
    """What Hokkaido looks like at a glance; numbers of municipalities unless said otherwise."""

    municipalities: int  # in the range compared
    few: int
    third: float  # of them, where a third would end without ties
    robust: int
    candidates: int
    share_of_people: float
    worst: tuple[str, ...]
    judged_fields: tuple[str, ...]
    emptiest_field: str
    emptiest_count: int

    @property
    def more_than_a_third(self) -> bool:
        """Whether ties at the end of the third put more municipalities among the few."""
        return self.few > math.ceil(self.third)


@kept(KEPT_RESULTS)
def headline(analysis: Analysis, worst: int = 5) -> Headline:
    """Return the figures of a headline; share_of_people is of the people in few areas, 0 to 1."""
    towns, names = analysis.dataset.municipalities, analysis.dataset.fields["name"].to_numpy()
    people = towns["population_2020"].to_numpy()
    few = analysis.flag == "few"
    people = np.where(analysis.compared, people, 0)
    empty = ((analysis.klass == "none") & analysis.compared[:, None]).sum(axis=0)
    return Headline(
        municipalities=int(analysis.compared.sum()),
        few=int(few.sum()),
        third=int(analysis.compared.sum()) * float(FLAG_SHARE),
        robust=int(analysis.robust.sum()),
        candidates=int(analysis.candidate.sum()),
        share_of_people=float(people[few].sum() / people.sum()),
        worst=tuple(
            towns["name"].iloc[row] for row in analysis.ranking[:worst] if analysis.compared[row]
        ),
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

    position: row of the municipality. Each judged field that lacks something is named with what it
    is (遠い, 人口あたりが少ない, 対象外), from the figures that make the score.
    """
    names = analysis.dataset.fields["name"]
    found = lacks(analysis, analysis.dataset.municipalities.index[position])
    parts = [f"{names[lack.field]}({lack.words})" for lack in found]
    return "、".join(parts) if parts else "判定できた分野はどれも平均以上"
