"""Set what was said in the platform's first meeting beside what the figures say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from geo.data.dataset import DATA_DIRECTORY, Dataset
from geo.data.vocabulary import CLASSES, FLAGS
from geo.errors import DataError, Problem
from geo.methods.analysis import Analysis
from geo.methods.basis import level_sentence
from geo.methods.clusters import cluster_sentence, scarcity_clusters

FILE = "statements.csv"
AGREES, DIFFERS, UNHEARD = "一致", "不一致", "照らせない"
EVERYWHERE = "全道"
# What a statement claims, in words; `_tried` says by which figures each is tried.
CLAIMS = {
    "lacks": "地域の中にない分野がある",
    "place": "地域の中に窓口がある",
    "reached": "窓口のない町にも届く",
    "few_offices": "専門の窓口だけでは足りない",
    "uneven": "偏りがあり、固まっている",
    "unheard": "この台帳にその数字がない",
}


def read_statements(dataset: Dataset, directory: Path = DATA_DIRECTORY) -> pd.DataFrame:
    """Return the statements by key: words, speaker, municipalities, field, claim, source.

    Words that begin with (要旨) are the sense of what was said, as the ledger noted it.
    Raises DataError that names each row with an unknown municipality, field or claim.
    """
    table = pd.read_csv(directory / FILE, dtype=str, keep_default_na=False).set_index("statement")
    table["municipalities"] = table["municipalities"].map(
        lambda cell: tuple(code for code in cell.split(";") if code)
    )
    problems = []
    for number, row in enumerate(table.itertuples(), start=2):
        unknown = set(row.municipalities) - set(dataset.municipalities.index)
        problems += [Problem(FILE, number, "municipalities", one) for one in sorted(unknown)]
        if row.field and row.field not in dataset.fields.index:
            problems.append(Problem(FILE, number, "field", str(row.field)))
        if row.claim not in CLAIMS:
            problems.append(Problem(FILE, number, "claim", str(row.claim)))
    if problems:
        raise DataError(problems)
    return table


def heard(analysis: Analysis) -> pd.DataFrame:
    """Return one row per statement: words, speaker, where, claim, answer, outcome, source.

    answer: what the product says, in Japanese. outcome: AGREES, DIFFERS, or UNHEARD where no figure
    of the ledger speaks to it. The figures are those of the analysis, so that a statement that agrees
    today is seen when it does no more.
    Source: this project, after METHODS' face validity; the minutes of 2023-10-26.
    """
    names = analysis.dataset.municipalities["name"]
    rows = []
    for row in read_statements(analysis.dataset).itertuples():
        agrees, answer = _tried(analysis, str(row.claim), row.municipalities, str(row.field))
        rows.append(
            {
                "words": row.words,
                "speaker": row.speaker,
                "where": "・".join(names[code] for code in row.municipalities) or EVERYWHERE,
                "claim": CLAIMS[str(row.claim)],
                "answer": answer,
                "outcome": {True: AGREES, False: DIFFERS, None: UNHEARD}[agrees],
                "source": row.source,
            }
        )
    return pd.DataFrame(rows)


def _rows(analysis: Analysis, codes: tuple[str, ...]) -> np.ndarray:
    every = analysis.dataset.municipalities.index
    return every.get_indexer(codes) if codes else np.arange(len(every))


def _column(analysis: Analysis, field: str) -> int:
    return int(analysis.dataset.fields.index.get_loc(field))


def _tried(
    analysis: Analysis, claim: str, codes: tuple[str, ...], field: str
) -> tuple[bool | None, str]:
    """Return whether the figures bear a claim out, None where they cannot say, and their answer."""
    rows = _rows(analysis, codes)
    if claim == "unheard":
        return None, "人の数・年齢・中身は、公表された一覧にない。聞き取りで確かめる"
    if claim == "uneven":
        found = scarcity_clusters(analysis)["cluster"] == "scarce"
        return bool(found.any()), cluster_sentence(analysis)
    if claim == "lacks":
        inside = (analysis.klass[rows] == "local").sum(axis=1)
        words = "".join(level_sentence(analysis, code) for code in codes)
        if (analysis.flag[rows] == "many").any():
            words += f"区分({FLAGS['many']})だけなら合わない。"
        return bool((inside < analysis.klass.shape[1]).all()), words
    klass = analysis.klass[rows, _column(analysis, field)]
    answer = f"{analysis.dataset.fields.at[field, 'name']}は{_counts(klass)}(市町村)"
    unknown = bool((klass == "unknown").any())
    if claim == "place":
        return None if unknown else bool((klass == "local").all()), answer
    if claim == "reached":
        return not unknown and bool((klass == "remote").any() and (klass != "none").all()), answer
    return bool((klass == "local").mean() < 0.5), answer  # few_offices


def _counts(klass: np.ndarray) -> str:
    """Return in Japanese how many municipalities are in which class."""
    counts = {word: int((klass == key).sum()) for key, word in CLASSES.items()}
    return "、".join(f"{word}{count}" for word, count in counts.items() if count)
