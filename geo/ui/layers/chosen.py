"""Let a planner choose which layers are laid over, and how: order, opacity, names, colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from geo.data.dataset import Dataset
from geo.data.vocabulary import APPROACHES
from geo.maps.colours import LAYER_COLOURS
from geo.maps.overlay import Overlay
from geo.maps.product_layers import Choice, measures_of
from geo.methods.analysis import Analysis
from geo.ui import controls
from geo.ui.layers.files import Own

FIRST = ["scarcity"]
LOOK = "look"
ORDER, LAYER, FAINT, NAMES, COLOUR = "順(1が一番上)", "層", "濃さ(%)", "名前を書く", "色"
FAINTEST = 10  # %

Look = dict[str, tuple[int, int, bool, str]]  # by key: place from the top, %, names, colour


def choice(data: Dataset, analysis: Analysis) -> Choice:
    """Show what can be laid over in the sidebar, and return what is."""
    words = measures_of(analysis)
    measures = controls.linked(
        "over",
        FIRST,
        lambda key: st.multiselect(
            "色分け(あとに選んだものが上)",
            list(words),
            format_func=words.__getitem__,
            key=key,
            placeholder="選ぶ",
            persist_state="session",
        ),
        read=controls.some_of(list(words)),
        write=",".join,
    )
    shown = not controls.toggle("団体を表示しない", "nopoints")
    fields: tuple[str, ...] = ()
    approaches: tuple[str, ...] = ()
    if shown:
        fields = controls.fields(data, "fields", "団体の分野")
        approaches = controls.multiselect(
            "アプローチ", list(APPROACHES), "approach", format_func=lambda a: f"{a} {APPROACHES[a]}"
        )
    st.divider()
    reached = controls.fields(data, "reach", "到達圏: どの分野の窓口から", placeholder="描かない")
    reached_from = controls.towns(
        data, "from", "到達圏: どの役場(会場)から", placeholder="描かない"
    )
    areas = controls.towns(
        data,
        "areas",
        "調査の対象地域",
        placeholder="描かない",
        help="「調査研究計画」の対象地域と同じものです。どちらで変えても、両方に出ます。",
    )
    venues = controls.towns(data, "meet", "会場にする役場", placeholder="描かない")
    return Choice(
        tuple(measures),
        shown,
        fields,
        approaches,
        reached,
        reached_from,
        analysis.parameters.minutes,
        areas,
        venues,
    )


def arranged(product: Sequence[Overlay], own: Sequence[Own]) -> list[Overlay]:
    """Show the layers as a table to order and style, and return them, the lowest first.

    The table keeps what it began with as long as the same layers are there: Streamlit applies what
    was edited to it on every run.
    """
    keys = [*(one.key for one in product), *(one.key for one in own)]
    titles = [*(one.title for one in product), *(one.title for one in own)]
    colours = {one.key: place for place, one in enumerate(own)}
    names = list(LAYER_COLOURS)
    look: Look = controls.linked(LOOK, {}, st.session_state.get, read=_read, write=_write)
    usual: Look = {
        key: (
            len(keys) - place,
            100 if key in colours else round(100 * product[place].opacity),
            product[place].labels if place < len(product) else False,
            names[colours[key] % len(names)] if key in colours else "",
        )
        for place, key in enumerate(keys)
    }
    kept = st.session_state.setdefault("_look_table", {})
    if kept.get("keys") != keys:
        kept.update(keys=keys, begun={key: look.get(key, usual[key]) for key in keys})
    begun: Look = kept["begun"]
    table = pd.DataFrame(
        [[begun[key][0], title, *begun[key][1:]] for key, title in zip(keys, titles, strict=True)],
        columns=[ORDER, LAYER, FAINT, NAMES, COLOUR],
    )
    edited = st.data_editor(
        table,
        hide_index=True,
        width="stretch",
        disabled=[LAYER] if own else [LAYER, COLOUR],
        column_config={
            ORDER: st.column_config.NumberColumn(min_value=1, max_value=99, step=1, required=True),
            FAINT: st.column_config.NumberColumn(
                min_value=FAINTEST, max_value=100, step=5, required=True
            ),
            COLOUR: st.column_config.SelectboxColumn(options=["", *names]),
        },
        key="look_" + "_".join(keys),
    )
    now: Look = {
        key: (int(row[0]), int(row[2]), bool(row[3]), str(row[4] or ""))
        for key, row in zip(keys, edited.itertuples(index=False), strict=True)
    }
    changed = {key: one for key, one in now.items() if one != usual[key]}
    elsewhere = {key: one for key, one in look.items() if key not in keys}
    if changed | elsewhere != look:
        st.session_state[LOOK] = changed | elsewhere
        st.query_params[LOOK] = _write(st.session_state[LOOK])
        st.session_state[f"_{LOOK}_written"] = st.query_params[LOOK]
    layers = [
        *product,
        *(
            one.overlay(LAYER_COLOURS.get(now[one.key][3], next(iter(LAYER_COLOURS.values()))))
            for one in own
        ),
    ]
    styled = [replace(one, opacity=now[one.key][1] / 100, labels=now[one.key][2]) for one in layers]
    return sorted(styled, key=lambda one: -now[one.key][0])


def _read(text: str) -> Look:
    """Return the look that an address carries; raise ValueError for one that is none."""
    found: Look = {}
    names = list(LAYER_COLOURS)
    for part in text.split(";"):
        key, order, faint, labels, colour = part.split("~")
        place, percent, number = int(order), int(faint), int(colour)
        if not (1 <= place <= 99 and FAINTEST <= percent <= 100 and -1 <= number < len(names)):
            msg = f"not a look: {part!r}"
            raise ValueError(msg)
        found[key] = (place, percent, labels == "1", names[number] if number >= 0 else "")
    return found


def _write(look: Look) -> str:
    names = list(LAYER_COLOURS)
    return ";".join(
        f"{key}~{order}~{faint}~{int(labels)}~{names.index(colour) if colour in names else -1}"
        for key, (order, faint, labels, colour) in look.items()
    )
