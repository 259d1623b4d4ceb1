"""Lay out the field × municipality matrix of coverage classes."""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd

from geo.data.vocabulary import CLASSES
from geo.maps.colours import CLASS_COLOURS, ink_on
from geo.methods.analysis import Analysis

SHORT = {"local": "内", "neighbour": "近", "remote": "遠", "none": "空", "unknown": "?"}


def class_matrix(analysis: Analysis) -> pd.DataFrame:
    """Return one row per municipality: 市町村コード, 市町村, 振興局, then a class per field.

    Classes are in Japanese; one that rests on an incomplete inventory ends with (暫定).
    """
    towns = analysis.dataset.municipalities
    words = np.vectorize(CLASSES.get)(analysis.klass)
    provisional = (analysis.klass != "local") & ~analysis.arrays.surveyed
    marked = np.where(
        provisional & (analysis.klass != "unknown"), np.char.add(words, "(暫定)"), words
    )
    head = pd.DataFrame(
        {
            "市町村コード": towns.index,
            "市町村": towns["name"].to_numpy(),
            "振興局": towns["subprefecture"].to_numpy(),
        }
    )
    names = analysis.dataset.fields["name"].to_numpy()
    return pd.concat([head, pd.DataFrame(marked, columns=names)], axis=1)


def matrix_html(analysis: Analysis, order: list[int]) -> str:
    """Return the matrix as an HTML table with a legend, municipalities in the order given."""
    towns, names = analysis.dataset.municipalities, analysis.dataset.fields["name"]
    judged: np.ndarray = np.any(analysis.entered, axis=0)
    header = "".join(
        f"<th><span>{'●' if known else ''}{escape(name)}</span></th>"
        for name, known in zip(names, judged, strict=True)
    )
    rows = []
    for position in order:
        name = towns["name"].iloc[position]
        cells = []
        for column, klass in enumerate(analysis.klass[position]):
            known = analysis.arrays.surveyed[position, column]
            minutes = analysis.nearest[position, column]
            nearest = f" 最寄り{minutes:.0f}分" if np.isfinite(minutes) else ""
            mark = "" if known or klass == "local" else " 暫定"
            title = f"{name} {names.iloc[column]}: {CLASSES[klass]}{mark}{nearest}"
            cells.append(
                f'<td class="{klass}{"" if known or klass == "local" else " p"}" '
                f'title="{escape(title)}">{SHORT[klass]}</td>'
            )
        link = f"karte?code={towns.index[position]}"
        rows.append(
            f'<tr><th><a href="{link}" target="_self">{escape(name)}</a></th>{"".join(cells)}</tr>'
        )
    legend = "".join(
        f'<span class="chip {key}">{SHORT[key]} {label}</span> ' for key, label in CLASSES.items()
    )
    return (
        f"{_style()}<div class='matrix-legend'>{legend}</div>"
        f"<div class='matrix'><table><thead><tr><th></th>{header}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _style() -> str:
    """Return the colours of the classes; how the matrix is laid out stands in assets/page.css."""
    colours = "".join(
        f".matrix td.{key}, .matrix-legend .{key} "
        f"{{ background-color: {colour}; color: {ink_on(key)}; }}"
        for key, colour in CLASS_COLOURS.items()
    )
    return f"<style>{colours}</style>"
