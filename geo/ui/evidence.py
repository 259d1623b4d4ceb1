"""Show what speaks for the methods: examples worked by hand, statements, and official counts."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from html import escape
from typing import Any

import pandas as pd

from geo import parameters
from geo.assets import ASSETS
from geo.data.schema import ORGANISATION_COLUMNS
from geo.methods.analysis import Analysis
from geo.methods.convergence import AREAS, checks
from geo.methods.testimony import AGREES, DIFFERS, heard
from geo.parameters import Constant, Constants

SOURCE = ORGANISATION_COLUMNS["source"].label
EXAMPLES = ASSETS / "worked.ja.md"  # made by docs/write_examples.py


def paragraph(function: Callable[..., Any], start: str) -> str:
    """Return the part of a docstring that begins with `start`, without it; blank for none.

    It ends at a blank line or at the next line that begins with a label of its own.
    """
    lines = (inspect.getdoc(function) or "").splitlines()
    labels = ("Formula:", "Source:", "Raises ")
    found: list[str] = []
    for line in lines:
        if line.startswith(start):
            found = [line.removeprefix(start).strip()]
        elif found and line.strip() and not line.startswith(labels):
            found.append(line.strip())
        elif found:
            break
    return " ".join(found)


def constant(name: str) -> Constant | Constants:
    """Return a named constant of the parameters; raise KeyError when there is none."""
    return parameters.CONSTANTS[name]


def worked_examples() -> str:
    """Return the worked examples of the methods as Markdown, without their title."""
    return EXAMPLES.read_text(encoding="utf-8").partition("\n\n")[2]


def heard_table(analysis: Analysis) -> pd.DataFrame:
    """Return what was said in the first meeting beside what the product says, for reading."""
    found = heard(analysis)
    return pd.DataFrame(
        {
            "発言": found["words"],
            "話した人": found["speaker"],
            "どこ": found["where"],
            "言っていること": found["claim"],
            "この製品の答え": found["answer"],
            "照らした結果": found["outcome"],
            SOURCE: found["source"],
        }
    )


def convergence_table(analysis: Analysis) -> pd.DataFrame:
    """Return the scarcity beside official counts, for reading; ρ from -1 to 1."""
    found = checks(analysis)
    items = analysis.dataset.statistics_items
    labels, years = items["label"], items["year"]
    return pd.DataFrame(
        {
            "問い": found["meaning"],
            "くらべる数": [f"{labels[one]}(人口千人あたり、{years[one]}年)" for one in found["column"]],
            "単位": [f"{AREAS.get(one, '市町村')} {n}" for one, n in zip(found["unit"], found["n"], strict=True)],
            "順位相関 ρ": [f"{rho:.2f}" for rho in found["rho"]],
            "偶然の確率 p": [f"{p:.1g}" if p >= 0.001 else "0.001未満" for p in found["p"]],
            "照らした結果": found["agrees"].map({True: AGREES, False: DIFFERS}),
            "読み方の注意": found["limit"],
            SOURCE: [items.at[one, "source"] for one in found["column"]],
        }
    )  # fmt: skip


def in_full(table: pd.DataFrame) -> str:
    """Return a table of texts as HTML that cuts none of them."""
    head = "".join(f"<th>{escape(str(column))}</th>" for column in table.columns)
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>"
        for row in table.itertuples(index=False)
    )
    return f'<table class="plain"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
