"""Give every page the same frame: style, parameters, downloads, source footer."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from geo.data.dataset import Dataset
from geo.data.sources import CAVEAT, footer_lines
from geo.data.spreadsheet import to_csv, to_excel
from geo.errors import DataError, UnknownCodeError
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
from geo.people.permissions import Person, how_to_write, local
from geo.store.errors import StoreError
from geo.store.snapshot import lost
from geo.ui import account, session
from geo.ui.controls import is_on, linked, one_of, select, take, toggle
from geo.ui.follow import follow

MARKDOWN = "\\`*_{}[]<>()#+-.!|~$:"  # signs that mean something in it
ROW_PX = 35  # of Streamlit's tables
SPEEDS = {int(ROAD_SPEED): "ふだん", int(WINTER_SPEED): "冬期"}  # km/h
WEIGHTS, HEAVIEST = "field_weights", 3.0
STYLE = """
<style>
.stMainBlockContainer { padding: 4.2rem 2.5rem 2rem 2.5rem; max-width: 1680px; }
.stMainBlockContainer a { color: #0B5C8A; }
h1 { font-size: 1.55rem !important; letter-spacing: .01em; padding: 0 0 .2rem 0 !important; }
h2 { font-size: 1.2rem !important; padding-top: 1.4rem !important; }
h3 { font-size: 1.02rem !important; }
/* The table's own CSV would carry cells that a spreadsheet runs; ours below it do not. */
[data-testid="stElementToolbarButton"]:has(button[aria-label="Download as CSV"]) { display: none; }
[data-testid="stMetricValue"], td, .figure { font-variant-numeric: tabular-nums; }
.finding { font-size: 1.18rem; line-height: 1.75; margin: 0 0 .6rem 0; }
.finding b { color: #0B5C8A; }
.figures { display: flex; flex-wrap: wrap; gap: .8rem 1.8rem; margin: .2rem 0 1rem 0; }
.figures .label { color: #5B6875; font-size: .82rem; }
.figures .figure { font-size: 1.75rem; line-height: 1.25; font-weight: 600; }
.figures .of { color: #5B6875; font-size: .82rem; font-weight: 400; }
.source { color: #5B6875; font-size: .78rem; line-height: 1.7; border-top: 1px solid #E3E8ED;
  margin-top: 2.4rem; padding-top: .8rem; }
.chip { display: inline-block; padding: .05rem .55rem; border-radius: 3px; font-size: .82rem;
  white-space: nowrap; }
table.plain { border-collapse: collapse; width: 100%; font-size: .9rem; }
table.plain th { text-align: left; color: #5B6875; font-weight: 500; font-size: .8rem;
  border-bottom: 1px solid #C9CFD6; padding: .3rem .6rem .3rem 0; vertical-align: bottom; }
table.plain td { border-bottom: 1px solid #E3E8ED; padding: .4rem .6rem .4rem 0;
  vertical-align: top; line-height: 1.5; }
table.plain td.n, table.plain th.n { text-align: right; }
table.plain small { color: #5B6875; }
</style>
"""


def dataset() -> Dataset:
    """Return the dataset, or show what is wrong with it and stop the page.

    Where the store is lost, show which version the page still holds. The settings that a link
    carries are taken on every page, so that they hold on the one that is opened next.
    """
    try:
        data = session.dataset()
    except DataError as error:
        st.error("データを読み込めません。次の場所を直してから、再読み込みしてください。")
        st.code(str(error), language=None)
        st.stop()
    except StoreError as error:
        st.error(f"{error}。")
        st.stop()
    if lost() is not None:
        st.warning(
            "台帳の保存先につながりません。最後に読めたデータ"
            f"(データ版 {data.version})を表示しています。いまは保存できません。"
            "つながり次第、自動で元に戻ります。",
            icon=":material/cloud_off:",
        )
    for key, read in _readers(data).items():
        take(key, read)
    return data


def heading(title: str) -> None:
    """Show a page's title with the shared style, and who works on which store."""
    st.html(STYLE)
    account.show(title)


def offer_sandbox(who: Person, first: str = "") -> None:
    """Say what somebody who may not write can do, and offer the private copy."""
    words = f"{first}。{how_to_write(who)}。" if first else f"{how_to_write(who)}。"
    with st.container(border=True):
        left, right = st.columns([4, 1], vertical_alignment="center")
        left.markdown(f":material/lock: {words}")
        if right.button("試し書きを始める", icon=":material/draw:", width="stretch"):
            with st.spinner("公開している記録の写しを作っています"):
                session.start_sandbox()


def signed(label: str, who: Person) -> Person | None:
    """Return the person that the history will name, None while nobody is named.

    A member is named by the office in the table of members; this machine's user says a name.
    """
    if not who.edits:
        return None
    if who.member is not None or session.sandbox() is not None:
        return who
    name: str = st.text_input(
        label,
        key=session.NAME,
        placeholder="名前か部署を書くと、進めます",
        persist_state="session",
    )
    return local(name) if name.strip() else None


def finding(html: str) -> None:
    """Show the page's finding; `html` is made by the page, with every text of the data escaped."""
    st.html(f'<p class="finding">{html}</p>')


def figures(items: list[tuple[str, str, str]]) -> None:
    """Show few large numbers: (label, number, what it is out of)."""
    blocks = "".join(
        f'<div><div class="label">{escape(label)}</div>'
        f'<div class="figure">{escape(figure)} <span class="of">{escape(of)}</span></div></div>'
        for label, figure, of in items
    )
    st.html(f'<div class="figures">{blocks}</div>')


def parameters(data: Dataset, *, expanded: bool = False) -> Parameters:
    """Show the settings that all pages share in the sidebar; return them, the weights among them."""
    readers = _readers(data)
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
            read=readers["t"],
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
            read=readers["speed"],
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
            "within",
            default=EVERYWHERE,
            format_func=lambda one: label(data, one),
            help="不足度と区分は、この範囲の市町村どうしを、範囲のすべてで台帳が完成した分野で比べます。",
        )
        profile = select(
            "必要度の見方",
            list(PROFILES),
            "profile",
            default=ELDERLY,
            format_func=lambda one: PROFILES[one][0],
            help="高齢(はじめの設定)・働く世代・ひとり親と子ども・全体のどれで必要度を見るか。",
        )
    chosen: dict[str, float] = linked(
        WEIGHTS, {}, st.session_state.get, read=readers[WEIGHTS], write=_weights_text
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
    asked = st.query_params.get("within") or st.session_state.get("within") or EVERYWHERE
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


def _readers(data: Dataset) -> dict[str, Callable[[str], Any]]:
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

    return {
        "t": one_of(CATCHMENT_CHOICES),
        "speed": one_of(list(SPEEDS)),
        "partial": is_on,
        "c": is_on,
        WEIGHTS: read_weights,
    }


def numbers(table: pd.DataFrame) -> dict[str, Any]:
    """Return the column settings that separate the thousands of every number."""
    return {
        name: st.column_config.NumberColumn(format="localized")
        for name, column in table.items()
        if pd.api.types.is_numeric_dtype(column) and column.dtype != bool
    }


def height(table: pd.DataFrame, most: int = 10) -> int:
    """Return the height in px of a table that shows its rows, `most` at once."""
    return ROW_PX * (min(len(table), most) + 1) + 3


def downloads(
    sheets: dict[str, pd.DataFrame], name: str, data: Dataset, chosen: Parameters | None = None
) -> None:
    """Offer tables for download: the first as CSV, all in one Excel file with the sources."""
    stem = f"{name}_{date.today().isoformat()}"
    sources = [CAVEAT, *footer_lines(data)]
    if chosen is not None:
        sources = [*_conditions(data, chosen), *sources]
    first = next(iter(sheets.values()))
    left, right, _ = st.columns([1, 1, 4])
    left.download_button(
        "CSV",
        data=lambda: to_csv(first, for_spreadsheet=True),
        file_name=f"{stem}.csv",
        mime="text/csv",
        icon=":material/download:",
        key=f"csv_{name}",
        on_click="ignore",
        width="stretch",
    )
    right.download_button(
        "Excel(出典つき)",
        data=lambda: to_excel(sheets, sources),
        file_name=f"{stem}.xlsx",
        mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        icon=":material/download:",
        key=f"excel_{name}",
        on_click="ignore",
        width="stretch",
    )


def _conditions(data: Dataset, chosen: Parameters) -> list[str]:
    """Return what every score rests on: the settings, the range and the fields that entered."""
    return [f"計算の条件: {describe(chosen)}", *basis(analyse(data, chosen))]


def plain(text: str) -> str:
    """Return a text in which Markdown finds nothing to do."""
    return "".join(f"\\{sign}" if sign in MARKDOWN else sign for sign in text)


def footer(data: Dataset, chosen: Parameters | None = None) -> None:
    """Show the sources, their dates, the data version and the caveat; follow newer data."""
    lines = [CAVEAT, *footer_lines(data)]
    if chosen is not None:
        lines = [*_conditions(data, chosen), *lines]
    st.html(f'<div class="source">{"<br>".join(escape(line) for line in lines)}</div>')
    if not data.trial:  # what others change is in the shared store
        follow(data.number)
