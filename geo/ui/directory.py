"""Write directory records as HTML, every text of the data escaped."""

from __future__ import annotations

from html import escape

import pandas as pd

from geo.data.dataset import Dataset
from geo.data.vocabulary import APPROACHES, CONFIDENCE, MODES
from geo.records.directory import area_text
from geo.ui.karte import link, telephone

LONGEST_AREA = 60


def record_html(records: pd.DataFrame, data: Dataset) -> str:
    """Return records (from `directory.records`) as a table, one row a service."""
    rows = []
    for row in records.to_dict("records"):
        area = area_text(data, row["service_area"])
        shown = area if len(area) <= LONGEST_AREA else f"{len(row['service_area'])}市町村"
        note = row["service_area_note"]
        place = row["address"] or row["municipality"]
        if not place:
            place = "所在は公表しない" if not row["location_public"] else "所在の記録なし"
        modes = "・".join(MODES[mode] for mode in row["modes"])
        approaches = "・".join(row["approaches"])
        grade = row["confidence"]
        rows.append(
            "<tr>"
            f"<td><b>{link(row['name'], row['url'])}</b><br><small>{escape(row['operator'])}</small>"
            f"{_below(row['note'])}</td>"
            f"<td>{escape(row['field_name'])}<br><small>{modes}</small>"
            f"<br><small title='{_approach_title(row['approaches'])}'>アプローチ{approaches}</small></td>"
            f"<td>{escape(place)}<br><small>{telephone(row['phone'])}</small>{_below(row['hours'])}</td>"
            f"<td title='{escape(area)}'>{escape(shown)}"
            f"{_below(note if note != area else '')}</td>"
            f"<td><span title='{CONFIDENCE[grade]}'>確度{grade}</span><br>"
            f"<small>{row['checked_on']}確認</small></td>"
            f"<td><small>{_sources(row['source'])}<br>{escape(row['source_date'])}</small></td>"
            "</tr>"
        )
    return (
        '<table class="plain"><thead><tr><th style="width:30%">団体と支援</th><th style="width:13%">分野・方法</th>'
        '<th>所在・電話</th><th style="width:20%">対象地域</th><th>確認</th>'
        f'<th style="width:16%">出典</th></tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )


def _below(text: str) -> str:
    return f"<br><small>{escape(text)}</small>" if text else ""


def _sources(text: str) -> str:
    """Return a record's sources; each address as a short link to itself."""
    parts = []
    for part in text.split(" | "):
        short = part.split("//", 1)[-1].split("/", 1)[0] if "://" in part else part
        parts.append(link(short, part.strip()))
    return "<br>".join(parts)


def _approach_title(approaches: tuple[str, ...]) -> str:
    return escape("、".join(f"{key} {APPROACHES[key]}" for key in approaches))
