"""Bring every official list that can be fetched, at the press of one button."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from geo.data.dataset import Dataset
from geo.errors import DataError
from geo.imports.catalogue import Source, by_key
from geo.imports.fetch import DIRECTORY, Progress, fetch, seen_on
from geo.people.permissions import Person
from geo.ui import frame, session

CAME, SAME, FAILED = "取れた", "前と同じ", "取れない"
STATES = {True: CAME, False: SAME}
REPORT = "_fetched"
RULES = {
    "table": "データの取り込みに置く",
    "blocks": "置くだけで、住所から位置を探すときに使う",
    "boundaries": "python -m geo fetch n03 が、データのフォルダーに置く形にする",
}


def sources_table(directory: Path = DIRECTORY) -> pd.DataFrame:
    """Return what can be fetched, for reading and for a page to take to a machine with a network."""
    return pd.DataFrame(
        [
            {
                "一覧": source.title,
                "公表者": source.publisher,
                "ありか": source.page or next(iter(source.files), ""),
                "更新": source.cadence,
                "ライセンス": source.licence,
                "取ったあと": RULES[source.reader],
                "最後に取れた日": seen_on(source, directory),
            }
            for source in by_key([])
        ]
    )


def panel(data: Dataset, who: Person) -> None:
    """Draw what can be fetched, the button that brings it all, and the report of the last time."""
    known = sources_table()
    frame.table(known, columns={"ありか": st.column_config.LinkColumn("ありか")}, height="content")
    frame.downloads({"取れる一覧": known}, "取れる一覧", data)
    if who.edits_all and session.sandbox() is None:
        st.caption(
            f"取ったファイルは、この機械の {DIRECTORY.parent.name}/{DIRECTORY.name} に、版とライセンスを"
            "書いたメモとともに残ります。途中で切れても、次は続きから取ります。"
        )
        if st.button("取れる一覧をすべて取る", icon=":material/cloud_download:", key="fetch_all"):
            st.session_state[REPORT] = _bring_all()
    else:
        st.caption(
            "ここで取れるのは、すべてを変更できる人だけです。だれでも、上の表のありかから取れます。"
        )
    report: pd.DataFrame | None = st.session_state.get(REPORT)
    if report is None:
        return
    missed = int((report["結果"] == FAILED).sum())
    if missed:
        st.warning(
            f"{len(report) - missed:,}件のファイルがここにあり、{missed:,}件の一覧は取れませんでした。"
            "理由は表のとおりです。もう一度押すと、取れていないものだけを続きから取ります。"
        )
    else:
        st.success(f"{len(report):,}件のファイルがここにあります。", icon=":material/check_circle:")
    frame.table(report, height="content")
    frame.downloads({"取得の結果": report}, "取得の結果", data)


def _bring_all(directory: Path = DIRECTORY) -> pd.DataFrame:
    """Bring every source, showing how far it is; a source that fails does not stop the others."""
    sources = by_key([])
    bar = st.progress(0.0, "始めています")
    rows: list[dict[str, object]] = []
    for number, source in enumerate(sources):
        done = number / len(sources)

        def tell(
            name: str, there: int, total: int, source: Source = source, done: float = done
        ) -> None:
            part = there / total / len(sources) if total else 0.0
            words = f"{source.publisher}「{source.title}」 {name} {there / 1e6:,.1f}MB"
            bar.progress(min(done + part, 1.0), frame.plain(words))

        bar.progress(done, frame.plain(f"{source.publisher}「{source.title}」に尋ねています"))
        rows += _brought(source, directory, tell)
    bar.empty()
    return pd.DataFrame(rows)


def _brought(source: Source, directory: Path, tell: Progress) -> list[dict[str, object]]:
    named = {"一覧": source.title, "公表者": source.publisher}
    try:
        files = fetch(source, directory, progress=tell)
    except DataError as error:
        blank = {"ファイル": "", "大きさ(MB)": 0.0, "版": "", "説明": str(error)}
        return [named | {"結果": FAILED} | blank]
    return [
        named
        | {
            "結果": STATES[each.fresh],
            "ファイル": str(each.path.relative_to(directory)),
            "大きさ(MB)": round(each.bytes / 1e6, 1),
            "版": each.edition,
            "説明": RULES[source.reader],
        }
        for each in files
    ]
