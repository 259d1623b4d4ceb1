"""Choose on what figures rest: catchment, speed, records, weights, range, need; say it again."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import streamlit as st

from geo.data.dataset import Dataset
from geo.errors import UnknownCodeError
from geo.methods.analysis import analyse
from geo.methods.basis import basis
from geo.methods.need import ELDERLY, PROFILES
from geo.methods.within import EVERYWHERE, label, range_of, ranges
from geo.parameters import (
    CATCHMENT_CHOICES,
    CATCHMENT_MINUTES,
    DETOUR_FACTOR,
    ROAD_SPEED,
    WINTER_SPEED,
    Parameters,
    describe,
)
from geo.ui.controls import is_on, linked, one_of, select, toggle

SPEEDS = {int(ROAD_SPEED): "ふだん", int(WINTER_SPEED): "冬期"}  # km/h
WEIGHTS, HEAVIEST = "field_weights", 3.0
RANGE, PROFILE = "range", "profile"


def parameters(data: Dataset, *, expanded: bool = False) -> Parameters:
    """Show the settings that all pages share in the sidebar; return them, the weights among them."""
    given = readers(data)
    with st.sidebar.expander("計算の条件", expanded=expanded, icon=":material/tune:"):
        minutes = linked(
            "t",
            int(CATCHMENT_MINUTES),
            lambda k: st.select_slider(
                "到達圏 T(分)",
                CATCHMENT_CHOICES,
                key=k,
                persist_state="session",
                help=f"「近隣」とみなす移動時間。{CATCHMENT_MINUTES.source}",
            ),
            read=given["t"],
        )
        speed = linked(
            "speed",
            int(ROAD_SPEED),
            lambda k: st.radio(
                "平均速度",
                list(SPEEDS),
                format_func=lambda kmh: f"{SPEEDS[kmh]} {kmh} km/h",
                key=k,
                horizontal=True,
                persist_state="session",
                help=f"{ROAD_SPEED.source}。冬期: {WINTER_SPEED.source}",
            ),
            read=given["speed"],
        )
        partial = toggle(
            "台帳が未完成の分野も判定に入れる(暫定)",
            "partial",
            help="入れると全分野で不足度を計算しますが、結果は暫定になります。",
        )
        grade_c = toggle(
            "確度Cの記録も数える", "c", help="確度C: 2020年より前の資料、または所在が不確かな記録。"
        )
        st.caption(f"迂回係数 {float(DETOUR_FACTOR):g}倍(固定)。{DETOUR_FACTOR.source}。")
    with st.sidebar:
        within = select(
            "比べる範囲",
            _ranges(data),
            RANGE,
            default=EVERYWHERE,
            format_func=lambda one: label(data, one),
            help="不足度と区分は、この範囲の市町村どうしを、範囲のすべてで台帳が完成した分野で比べます。",
        )
        profile = select(
            "必要度の見方",
            list(PROFILES),
            PROFILE,
            default=ELDERLY,
            format_func=lambda one: PROFILES[one][0],
            help="高齢(はじめの設定)・働く世代・ひとり親と子ども・全体のどれで必要度を見るか。",
        )
    chosen: dict[str, float] = linked(
        WEIGHTS, {}, st.session_state.get, read=given[WEIGHTS], write=_weights_text
    )
    return Parameters(
        minutes=float(minutes),
        speed=float(speed),
        partial=partial,
        confidence=("A", "B", "C") if grade_c else ("A", "B"),
        weights=tuple(sorted(chosen.items())),
        within=within,
        need=profile,
    )


def _ranges(data: Dataset) -> list[str]:
    """Return the ranges to choose from, with the one of the address where it names single towns."""
    found = ranges(data)
    asked = st.query_params.get(RANGE) or st.session_state.get(RANGE) or EVERYWHERE
    try:
        named = range_of(data, asked)
    except UnknownCodeError:
        return found
    return found if named in found else [*found, named]


def weights(data: Dataset) -> None:
    """Show a slider for the weight of each field in the sidebar; `parameters` gives the weights."""
    now = st.session_state.setdefault(WEIGHTS, {})
    with st.sidebar.expander("分野の重み", icon=":material/balance:"):
        st.caption("1が標準。0にするとその分野を数えません。判定できる分野だけが効きます。")
        for field, name in data.fields["name"].items():
            key = f"weight_{field}"
            if st.session_state.get(key) != now.get(field, 1.0):
                st.session_state[key] = now.get(field, 1.0)
            st.slider(
                name, 0.0, HEAVIEST, step=0.5, key=key, on_change=_weigh, args=(str(field), key)
            )
        st.button(
            "重みを戻す",
            icon=":material/restart_alt:",
            width="stretch",
            on_click=st.session_state.update,
            args=({WEIGHTS: {}},),
        )


def _weigh(field: str, key: str) -> None:
    moved = {**st.session_state[WEIGHTS], field: st.session_state[key]}
    st.session_state[WEIGHTS] = {one: weight for one, weight in moved.items() if weight != 1.0}


def _weights_text(chosen: dict[str, float]) -> str:
    return ",".join(f"{field}:{weight:g}" for field, weight in sorted(chosen.items()))


def readers(data: Dataset) -> dict[str, Callable[[str], Any]]:
    """Return what reads each setting that all pages share from an address, by its parameter."""

    def read_weights(text: str) -> dict[str, float]:
        pairs = [part.split(":") for part in text.split(",")]
        asked = {field: float(weight) for field, weight in pairs}
        if not all(math.isfinite(weight) for weight in asked.values()):
            msg = f"not a weight: {text!r}"
            raise ValueError(msg)
        return {
            field: min(max(weight, 0.0), HEAVIEST)
            for field, weight in asked.items()
            if field in data.fields.index and weight != 1.0
        }

    def read_range(text: str) -> str:
        try:
            return range_of(data, text)
        except UnknownCodeError as error:
            raise ValueError(str(error)) from error

    return {
        "t": one_of(CATCHMENT_CHOICES),
        "speed": one_of(list(SPEEDS)),
        "partial": is_on,
        "c": is_on,
        WEIGHTS: read_weights,
        RANGE: read_range,
        PROFILE: one_of(list(PROFILES)),
    }


def said(data: Dataset, chosen: Parameters) -> list[str]:
    """Return what every score rests on: the settings, the range and the fields that entered."""
    return [f"計算の条件: {describe(chosen)}", *basis(analyse(data, chosen))]
