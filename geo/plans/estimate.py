"""Say what a study asks, costs, and when it is done: tables of `data/` counted out for one plan."""

from __future__ import annotations

import re
from datetime import date

import pandas as pd

from geo.data.dataset import Dataset
from geo.data.schema import SERVICE_COLUMNS
from geo.plans.plan import Plan, Table

EVERY_FIELD = "全分野"
MONTH = re.compile(r"(\d{1,2})(?:〜(\d{1,2}))?か月目")

FIELD, SOURCE = (SERVICE_COLUMNS[column].label for column in ("field", "source"))


def question_table(plan: Plan, dataset: Dataset) -> Table:
    """Return what is asked: first of every field, then of the plan's fields (all, if none is chosen).

    Source: `data/interview_items.csv`, a proposal of this project that a planner edits.
    """
    chosen = {*plan.fields, *(one.field for one in plan.contacts)} or set(dataset.fields.index)
    items = dataset.interview_items
    names = {"": EVERY_FIELD, **dataset.fields["name"].to_dict()}
    rows = [
        {FIELD: names[key], "聞き取り項目": row["question"], SOURCE: row["source"]}
        for key in ("", *(field for field in dataset.fields.index if field in chosen))
        for row in items[items["field"] == key].to_dict("records")
    ]
    return Table.of("聞き取り項目", pd.DataFrame(rows))


def cost_table(plan: Plan, dataset: Dataset) -> Table:
    """Return the estimate: each line with the quantity that the plan gives, and room for the price.

    No price is made up: what `data/cost_items.csv` leaves blank stays blank, and so does its amount
    (yen).
    """
    venues = 0 if plan.venues is None else plan.venues.k or 0
    counts = {
        "towns": len(plan.areas),
        "contacts": len({one.service for one in plan.contacts}),
        "venues": venues,
        "one": 1,
    }
    rows = []
    for row in dataset.cost_items.to_dict("records"):
        quantity = counts.get(row["counted"]) or None
        price = None if pd.isna(row["price"]) else int(row["price"])
        rows.append(
            {
                "費目": row["name"],
                "数量": quantity,
                "単位": row["unit"],
                "単価(円)": price,
                "金額(円)": price * quantity if price is not None and quantity else None,
                "計算のもと": row["note"],
            }
        )
    return Table.of("概算", pd.DataFrame(rows, dtype=object))


def dated_steps(plan: Plan) -> tuple[tuple[str, str, str], ...]:
    """Return the schedule as (when, dates, what); dates are blank where no beginning was said."""
    return tuple(
        (step.when, _months(plan.begins_on, step.when), step.what) for step in plan.schedule
    )


def _months(begins: str, when: str) -> str:
    found = MONTH.search(when)
    try:
        day = date.fromisoformat(begins)
    except ValueError:
        return ""
    if found is None:
        return ""
    first, last = int(found[1]), int(found[2] or found[1])
    words = [_month(day, number) for number in dict.fromkeys((first, last))]
    return "〜".join(words)


def _month(day: date, number: int) -> str:
    """Return the month with a number, the one of the beginning being the first."""
    months = day.year * 12 + day.month - 1 + number - 1
    return f"{months // 12}年{months % 12 + 1}月"
