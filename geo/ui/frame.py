"""Give every page the same frame: style, parameters, downloads, source footer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from html import escape
from pathlib import PurePath
from typing import Any, Literal

import pandas as pd
import streamlit as st

from geo.assets import ASSETS
from geo.data.dataset import Dataset
from geo.data.sources import CAVEAT, footer_lines
from geo.data.spreadsheet import to_csv, to_excel
from geo.errors import DataError, StoreError
from geo.maps.colours import NEED, RULE, SCARCITY
from geo.parameters import (
    Parameters,
)
from geo.people.permissions import Person, how_to_write, local
from geo.store.snapshot import lost
from geo.ui import account, conditions, parts, session
from geo.ui.components import follow
from geo.ui.controls import take

MARKDOWN = "\\`*_{}[]<>()#+-.!|~$:"  # signs that mean something in it
NOT_KNOWN = "—"  # where a cell of a table has no value
ROW_PX = 35  # of Streamlit's tables
STYLE = (ASSETS / "page.css").read_text(encoding="utf-8")
SCORES = {"不足度": SCARCITY, "必要度": NEED}
# By the suffix of a file's name.
MEDIA_TYPES = {
    ".csv": "text/csv",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".geojson": "application/geo+json",
    ".gpkg": "application/geopackage+sqlite3",
    ".html": "text/html",
    ".json": "application/json",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".svg": "image/svg+xml",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
}


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
    for key, read in conditions.readers(data).items():
        take(key, read)
    return data


def heading(title: str) -> None:
    """Show a page's title with the shared style, and who works on which store."""
    st.html(f"<style>{STYLE}{parts.STYLE}</style>")
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


def signed(label: str, who: Person, key: str = session.NAME) -> Person | None:
    """Return the person that the history will name, None while nobody is named.

    A member is named by the office in the table of members; this machine's user says a name.
    key: of the field, where the page has more than one; it begins with the name that was said first.
    """
    if not who.edits:
        return None
    if who.member is not None or session.sandbox() is not None:
        return who
    name: str = st.text_input(
        label,
        **({} if key == session.NAME else {"value": st.session_state.get(session.NAME, "")}),
        key=key,
        placeholder="名前か部署を書くと、進めます",
        persist_state="session",
    )
    return local(name) if name.strip() else None


def finding(html: str) -> None:
    """Show the page's finding; `html` is made by the page, with every text of the data escaped."""
    st.html(f'<p class="finding">{html}</p>')


def figures(items: Iterable[tuple[str, str, str]]) -> None:
    """Show few large numbers: (label, number, what it is out of)."""
    blocks = "".join(
        f'<div><div class="label">{escape(label)}</div>'
        f'<div class="figure">{escape(figure)} <span class="of">{escape(of)}</span></div></div>'
        for label, figure, of in items
    )
    st.html(f'<div class="figures">{blocks}</div>')


def table(
    shown: pd.DataFrame,
    *,
    rows: int = 0,
    height: int | Literal["auto", "content"] = "auto",
    thousands: bool = False,
    columns: dict[str, Any] | None = None,
    pick: Literal["single-row", "multi-row"] | None = None,
    key: str | None = None,
) -> list[int]:
    """Show a table for reading; return the rows that are picked in it.

    rows: as many are seen at once; 0 leaves it to height, which is in px or "content" for all.
    thousands: separate those of every number. columns: settings of single columns, as Streamlit's
    column_config. pick: how many rows can be.
    """
    event: Any = st.dataframe(
        shown,
        hide_index=True,
        width="stretch",
        height=row_height(shown, rows) if rows else height,
        column_config=(numbers(shown) if thousands else {}) | (columns or {}),
        on_select="rerun" if pick else "ignore",
        selection_mode=pick or "multi-row",
        key=key,
        placeholder=NOT_KNOWN,
    )
    return [row for row in event["selection"]["rows"] if row < len(shown)] if pick else []


def numbers(shown: pd.DataFrame) -> dict[str, Any]:
    """Return the column settings that separate the thousands of every number."""
    return {
        name: st.column_config.NumberColumn(format="localized")
        for name, column in shown.items()
        if pd.api.types.is_numeric_dtype(column) and column.dtype != bool
    }


def scores(shown: pd.DataFrame) -> dict[str, Any]:
    """Return the column settings that draw scarcity and need, 0 to 100, as bars."""
    bars = {
        name: st.column_config.ProgressColumn(
            f"{measure}(0〜100)", min_value=0, max_value=100, format="%.1f", color=colour
        )
        for measure, colour in SCORES.items()
        for name in (measure, f"{measure}(0〜100)")
        if name in shown
    }
    return numbers(shown[["人口(人)"]]) | bars


def row_height(shown: pd.DataFrame, most: int) -> int:
    """Return the height in px of a table that shows its rows, `most` at once."""
    return ROW_PX * (min(len(shown), most) + 1) + 3


def download(
    label: str,
    content: bytes | Callable[[], bytes | str],
    name: str,
    *,
    icon: str = "download",
    primary: bool = False,
    key: str | None = None,
    help: str | None = None,  # noqa: A002 (streamlit's word)
) -> None:
    """Offer a file; its name says of which kind it is. content: a function is called when asked."""
    st.download_button(
        label,
        content,
        name,
        MEDIA_TYPES[PurePath(name).suffix],
        icon=f":material/{icon}:",
        type="primary" if primary else "secondary",
        key=key,
        help=help,
        on_click="ignore",
        width="stretch",
    )


def downloads(
    sheets: dict[str, pd.DataFrame], name: str, data: Dataset, chosen: Parameters | None = None
) -> None:
    """Offer tables for download: the first as CSV, all in one Excel file with the sources."""
    stem = f"{name}_{date.today().isoformat()}"
    sources = [CAVEAT, *footer_lines(data)]
    if chosen is not None:
        sources = [*conditions.said(data, chosen), *sources]
    first = next(iter(sheets.values()))
    left, right, _ = st.columns([1, 1, 4])
    with left:
        download(
            "CSV", lambda: to_csv(first, for_spreadsheet=True), f"{stem}.csv", key=f"csv_{name}"
        )
    with right:
        download(
            "Excel(出典つき)",
            lambda: to_excel(sheets, sources, head=RULE),
            f"{stem}.xlsx",
            key=f"excel_{name}",
        )


def plain(text: str) -> str:
    """Return a text in which Markdown finds nothing to do."""
    return "".join(f"\\{sign}" if sign in MARKDOWN else sign for sign in text)


def footer(data: Dataset, chosen: Parameters | None = None) -> None:
    """Show the sources, their dates, the data version and the caveat; follow newer data."""
    lines = [CAVEAT, *footer_lines(data)]
    if chosen is not None:
        lines = [*conditions.said(data, chosen), *lines]
    st.html(f'<div class="source">{"<br>".join(escape(line) for line in lines)}</div>')
    if not data.trial:  # what others change is in the shared store
        follow(data.number)
