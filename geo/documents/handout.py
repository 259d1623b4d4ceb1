"""Write the handout: one HTML file with the map, the flags and the sheets, for no network at all."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html import escape
from typing import Any

import numpy as np

from geo.assets import ASSETS
from geo.data.vocabulary import CLASSES
from geo.documents.sheet import Sheet, compose
from geo.maps.colours import CLASS_COLOURS, DARK
from geo.maps.embedded import POLICY, import_map, inert, inside, module, text_of
from geo.maps.measures import MEASURES, measure_view, visible_organisations
from geo.maps.payload import MapData, build, encode
from geo.maps.served import LEAFLET
from geo.methods.analysis import Analysis
from geo.methods.basis import flag_words, footer, range_label
from geo.methods.findings import headline
from geo.methods.need import TODAY

Progress = Callable[[int, int], None]

MODULES = ("dom", "keys", "legend", "symbols", "towns")
WHOLE = ("scarcity", "both", "need", "missing")  # measures that are not of one field


class Strings:
    """Texts that repeat, each kept once and named by its number."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {"": 0}

    def number(self, text: str) -> int:
        """Return the number of a text."""
        return self.numbers.setdefault(text, len(self.numbers))


def handout(
    analysis: Analysis, *, made_on: date | None = None, progress: Progress | None = None
) -> bytes:
    """Return the handout as HTML.

    It carries the records that the analysis counts, by confidence, and no others.
    progress: called with (sheets done, sheets in all).
    """
    day = made_on or date.today()
    content = _data(analysis, day, progress)
    found = headline(analysis)
    notes = "<br>".join(escape(line) for line in footer(analysis, day))
    styles = [LEAFLET / "leaflet.css", ASSETS / "map.css", ASSETS / "handout.css"]
    return f"""<!doctype html>
<html lang="ja"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ほっかいどう社会資源マップ 配布資料 {day.isoformat()}</title>
<style>{"".join(text_of(path) for path in styles)}</style></head>
<body><header><h1>ほっかいどう社会資源マップ 配布資料</h1>
<p>{escape(range_label(analysis))}の{found.municipalities}市町村を{len(found.judged_fields)}分野で比べると、
{found.few}市町村が資源少数区域、うち{found.robust}市町村はすべての前提を同時に変えても変わらない(頑健)。
必要度も高い候補地域は{found.candidates}市町村。</p>
<div class="controls"><label>色分け <select id="measure"></select></label>
<label>市町村 <input id="search" type="search" list="names" placeholder="名前で開く"></label>
<datalist id="names"></datalist></div></header>
<main><div class="hk-map"><div class="hk-canvas"></div></div><section id="panel"></section></main>
<footer>{notes}</footer>
<script>{inside(text_of(LEAFLET / "leaflet.js"))}</script>
<script type="application/json" id="data">{inert(content)}</script>
<script type="importmap">{import_map(MODULES)}</script>
<script type="module">{inside(module("handout.mjs"))}</script>
</body></html>
""".encode()


def _data(analysis: Analysis, day: date, progress: Progress | None) -> str:
    data = analysis.dataset
    shown = visible_organisations(analysis, confidence=analysis.parameters.confidence)
    public = build(replace(data, organisations=data.organisations[shown]))
    strings, sheets = Strings(), []
    codes = data.municipalities.index
    for number, code in enumerate(codes, start=1):
        sheets.append(_sheet(compose(analysis, code, made_on=day), strings))
        if progress:
            progress(number, len(codes))
    need = analysis.need[TODAY].to_numpy()
    return json.dumps(
        {
            **{name.removesuffix(".json"): json.loads(body) for name, body in public.files.items()},
            "views": _views(analysis, public),
            "sheets": sheets,
            "strings": list(strings.numbers),
            "classes": [[CLASSES[key], CLASS_COLOURS[key], key in DARK] for key in CLASSES],
            "fields": data.fields["name"].tolist(),
            "order": analysis.ranking.tolist(),
            "flags": [
                [
                    f"{score:.1f}" if np.isfinite(score) else "未確認",
                    words,
                    bool(robust),
                    f"{level:.0f}",
                ]
                for score, words, robust, level in zip(
                    analysis.scarcity, flag_words(analysis), analysis.robust, need, strict=True
                )
            ],
        },
        ensure_ascii=False,
        separators=(",", ":"),
        allow_nan=False,
    )


def _views(analysis: Analysis, public: MapData) -> list[dict[str, Any]]:
    views = [(MEASURES[key], measure_view(analysis, key, "", TODAY)) for key in WHOLE]
    views += [
        (f"充足区分: {name}", measure_view(analysis, "class", field, TODAY, show_points=False))
        for field, name in analysis.dataset.fields["name"].items()
    ]
    return [{"label": label, "state": encode(view, public)} for label, view in views]


def _sheet(sheet: Sheet, strings: Strings) -> dict[str, Any]:
    keys, number = list(CLASSES), strings.number
    return {
        "area": sheet.area,
        "finding": sheet.finding,
        "level": sheet.level,
        "reason": sheet.reason,
        "figures": [[figure.label, figure.number, figure.of] for figure in sheet.figures],
        "rows": [
            [
                keys.index(row["class"]),
                int(row["provisional"] and row["class"] != "unknown"),
                row["count"],
                number(row["nearest"]),
                number(row["nearest_municipality"]),
                _minutes(row["minutes"]),
                number(row["outside"]),
                number(row["outside_municipality"]),
                _minutes(row["outside_minutes"]),
                row["remote"],
            ]
            for row in sheet.rows.to_dict("records")
        ],
        "partners": [
            [number(part) for part in (partner.field, partner.name, partner.place, partner.contact)]
            for partner in sheet.partners
        ],
    }


def _minutes(minutes: float) -> int | None:
    return None if math.isnan(minutes) else round(minutes)
