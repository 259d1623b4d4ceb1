"""Compose the screen of a survey round for a meeting: who has answered, and what was found."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from geo.data.dataset import Dataset
from geo.data.sources import map_note
from geo.documents.links import address_of
from geo.documents.meeting import SURVEY, Screen
from geo.documents.sheet import Figure
from geo.plans.maps import round_view
from geo.plans.round import (
    analysis_of,
    field_changes,
    flag_changes,
    found_table,
    reminders,
    sentence,
    status_table,
)
from geo.store.rounds import Round, Town

NAMED = 6  # of those who are still waited for


def round_screen(
    data: Dataset, round_: Round, towns: Mapping[str, Town], today: date, base: str = ""
) -> Screen:
    """Return the screen of a round: figures, the map of who has answered, what it changed.

    No telephone and nothing that is asked back is on it: a room looks at it.
    """
    table = status_table(data, round_, towns, today)
    answered = table[table["state"].isin(["answered", "questions"])]
    found = found_table(data, towns)
    after = analysis_of(data, round_)
    fields = field_changes(data, round_, after)
    entered = fields[(fields["後"] == "判定に入る") & (fields["前"] != fields["後"])]
    flags = flag_changes(data, round_, after)
    moved = int((flags["前"] != flags["後"]).sum())
    waiting = reminders(table)
    waiting = waiting[waiting["state"] != "questions"]["name"]
    rest = "ほか" if len(waiting) > NAMED else ""
    words = f"新たに判定に入った分野: {'、'.join(entered['分野']) or 'まだない(範囲の全部の回答で入る)'}。"
    if len(waiting):
        words += f"回答を待つ: {'、'.join(waiting[:NAMED])}{rest}。"
    return Screen(
        SURVEY,
        f"{len(table)}市町村のうち{len(answered)}市町村が回答、"
        f"新しい団体が{found['名称'].nunique()}件見つかった",
        figures=(
            Figure("回答", f"{len(answered)}", f"/ {len(table)}市町村"),
            Figure("見つかった団体", f"{found['名称'].nunique()}件", "台帳になかったもの"),
            Figure(
                "分かった分野",
                f"{int(table['known'].sum() + table['empty'].sum())}",
                f"/ {len(table) * len(round_.fields)}(市町村 × 分野)",
            ),
        ),
        view=round_view(data, table),
        points=(f"区分が変わったのは{moved}市町村",),
        notes=f"{sentence(data, round_, towns, today)}{words}",
        source=map_note(data),
        address=address_of(base, "survey", {"round": round_.id}),
    )
