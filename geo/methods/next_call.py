"""Say which town and field to confirm next: the call that settles the most classes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geo.methods.analysis import Analysis
from geo.methods.coverage import CLASS_CODES
from geo.parameters import CALL_MOST, CALL_ODDS, CALL_PLAN

LOCAL, NEIGHBOUR = CLASS_CODES["local"], CLASS_CODES["neighbour"]
UNKNOWN = CLASS_CODES["unknown"]


def chances(has: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Return (M, C), how likely somebody is there whom no list names, where none is named.

    Formula: q/(1-q) times the odds that one who is there is not listed, at most 0.95; q is the share of
    the towns of like size (thirds by people) in which the field is listed, (n + 1/2)/(N + 1).

    has: (M, C), whether an in-person service is listed in the town. people: (M,).
    Source: this project; the half is Jeffreys' prior of a share.
    """
    size = np.argsort(np.argsort(people, kind="stable"), kind="stable") * 3 // len(people)
    made = np.zeros(has.shape)
    for group in np.unique(size):
        mine = size == group
        share = (has[mine].sum(axis=0) + 0.5) / (mine.sum() + 1)
        made[mine] = np.minimum(share / (1 - share) * float(CALL_ODDS), float(CALL_MOST))
    return made


def gains(klass: np.ndarray, asked: np.ndarray, near: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Return (M, C), how many classes a confirmation of a town's field would settle on average.

    Formula: nothing where it was asked or is local already; else 1 where the class is 未確認 (whatever
    the answer, it is known), else the chance that somebody is there; and for each town within T whose
    class is not local or near yet, that chance times the chance that it has nobody of its own.

    klass: (M, C) positions in CLASSES. asked: (M, C), whether it is known. near: (M, M), whether k is
    within T of m, k != m. chance: (M, C), of `chances`.
    Source: this project: the expected number of classes that change, as in greedy active learning.
    """
    open_ = ~asked & (klass != LOCAL)
    own = np.where(klass == UNKNOWN, 1.0, chance)
    waiting = (klass != LOCAL) & (klass != NEIGHBOUR)
    others = near.astype(float).T @ (waiting * (1 - chance))
    result: np.ndarray = np.where(open_, own + chance * others, 0.0)
    return result


def next_calls(
    analysis: Analysis, codes: tuple[str, ...] = (), plan: tuple[str, ...] = ()
) -> pd.DataFrame:
    """Return the towns and fields to confirm, those first that settle most.

    codes: the municipalities to look at, all by default. plan: the areas of a plan, which count more.
    Columns: code, name, field, field_name, gain (classes, on average), last (whether the field enters the
    comparison of the range once this one has answered), why (in Japanese).
    """
    data, arrays = analysis.dataset, analysis.arrays
    klass = np.vectorize(CLASS_CODES.get)(analysis.klass)
    people = data.municipalities["population_2020"].to_numpy(dtype=float)
    minutes = analysis.travel.minutes
    near = (minutes <= analysis.parameters.minutes) & ~np.eye(len(minutes), dtype=bool)
    chance = chances(klass == LOCAL, people)
    gain = gains(klass, arrays.surveyed, near, chance)
    inside = analysis.compared[:, None]
    waiting = (inside & ~arrays.asked).sum(axis=0)
    names = data.municipalities["name"]
    kept = np.isin(arrays.codes, codes or arrays.codes)
    weight = np.where(np.isin(arrays.codes, plan), float(CALL_PLAN), 1.0)
    # The towns whose flags a field moves once the last one has answered, shared among those missing.
    flags = inside * np.where(waiting > 0, analysis.compared.sum() / np.maximum(waiting, 1), 0.0)
    score = np.where(gain > 0, (gain + flags * (waiting <= 1)) * weight[:, None], 0.0)
    score *= kept[:, None]
    order = np.argsort(-score, axis=None, kind="stable")
    rows = []
    for place in order[: int((score > 0).sum())]:
        m, c = divmod(int(place), score.shape[1])
        last = bool(waiting[c] == 1 and analysis.compared[m])
        reached = int((near[:, m] & (klass[:, c] != LOCAL) & (klass[:, c] != NEIGHBOUR)).sum())
        field = data.fields["name"].iloc[c]
        state = "未確認で、答えがどちらでも区分が決まります" if klass[m, c] == UNKNOWN else (
            f"見つかれば区分が変わります(見込み{chance[m, c]:.0%})"
        )  # fmt: skip
        why = f"{names.iloc[m]}の{field}は{state}"
        why += f"。近くの{reached}市町村の区分にも関わります" if reached else ""
        why += "。この1件で、範囲の全部がそろい、区域の区分に入ります" if last else ""
        why += "。計画の対象地域です" if arrays.codes[m] in plan else ""
        rows.append(
            {
                "code": arrays.codes[m],
                "name": names.iloc[m],
                "field": arrays.fields[c],
                "field_name": field,
                "gain": float(score[m, c]),
                "last": last,
                "why": why,
            }
        )
    columns = ["code", "name", "field", "field_name", "gain", "last", "why"]
    return pd.DataFrame(rows, columns=columns)
