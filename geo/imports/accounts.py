"""Tell what became of every row and column of a file: tables for a page, a command and a report."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from geo.imports.preview import Preview
from geo.imports.reading.incoming import Incoming, Refusal


def refused_table(refused: Iterable[Refusal]) -> pd.DataFrame:
    """Return refused rows as a table for a planner to open and mend."""
    return pd.DataFrame(
        [(one.file, one.sheet, one.row, one.column, one.value, one.reason) for one in refused],
        columns=["ファイル", "シート", "行", "列", "値", "理由"],
    ).astype({"行": "Int64"})


def rows_table(plans: Iterable[Preview]) -> pd.DataFrame:
    """Return what becomes of every row: a line a file for what comes in and is refused, then each run
    of rows that is left, with why.

    The numbers of a file add up to its rows, over all sheets.
    """
    lines: list[tuple[str, str, str, int, str]] = []
    for plan in plans:
        incoming, file = plan.incoming, plan.incoming.file
        lines.append((file, "", "ファイルの行", incoming.rows_in_file, "。".join(incoming.headers)))
        lines.append((file, "", "取り込む", plan.rows_taken, ""))
        lines.append((file, "", "取り込めない", plan.rows_refused, "理由は「取り込めない行」に"))
        for one in incoming.left_out:
            rows = f"{one.first}行目" if one.first == one.last else f"{one.first}〜{one.last}行目"
            lines.append((file, one.sheet, "読まない", one.count, f"{rows}: {one.reason}"))
    return pd.DataFrame(lines, columns=["ファイル", "シート", "扱い", "行数", "内容"])


def unused_table(incomings: Iterable[Incoming]) -> pd.DataFrame:
    """Return the columns that are not used, how full they are, and what they might be."""
    return pd.DataFrame(
        [
            (one.file, each.sheet, each.label, each.filled, each.rows, each.proposal)
            for one in incomings
            for each in one.unused
        ],
        columns=["ファイル", "シート", "列", "値のある行", "行数", "こう読めるかもしれません"],
    )


def in_words(plan: Preview) -> str:
    """Return the account of a file in one line."""
    found = plan.incoming
    return (
        f"ファイルの{found.rows_in_file:,}行 = 取り込む{plan.rows_taken:,}行 + "
        f"取り込めない{plan.rows_refused:,}行 + 読まない{found.rows_left_out:,}行"
    )
