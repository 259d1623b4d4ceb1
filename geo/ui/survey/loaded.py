"""Take the answers of a survey round in: one preview by town, one change, one undo."""

from __future__ import annotations

from datetime import date

import pandas as pd
import streamlit as st
from sqlalchemy import Engine

from geo import worker
from geo.data.dataset import Dataset
from geo.errors import GeoError
from geo.people import reversal
from geo.people.permissions import Person
from geo.records import loading
from geo.records.answers import DIFFERENT, SAME, Plan
from geo.store.rounds import Round
from geo.ui import frame, parts

TOLD, CHANGE, TIMES = "_survey_told", "_survey_change", "_survey_times"
DECISIONS = {"": "まだ決めない", SAME: "同じ団体", DIFFERENT: "別の団体"}


def panel(engine: Engine, data: Dataset, round_: Round, who: Person) -> None:
    """Take files, show what they would do, and write them when asked."""
    if told := st.session_state.get(TOLD):
        st.success(told, icon=":material/check_circle:")
        if st.button("この読み込みを取り消す", icon=":material/undo:"):
            try:
                reversal.undo(engine, st.session_state[CHANGE], who)
            except GeoError as error:
                st.error(frame.plain(str(error)))
            else:
                st.session_state[TOLD] = None
                st.rerun()
    worker.warm()
    style = parts.uploader_style("回答を選ぶ", "Excel・CSV・ZIPをまとめて置けます")
    st.html(f"<style>{style}</style>")
    files = st.file_uploader(
        "返ってきた回答(何件でも)",
        accept_multiple_files=True,
        key=f"answers_{st.session_state.get(TIMES, 0)}",
    )
    if not files:
        st.caption(
            "ファイルの名前が変わっていても、行が動いていても読めます。同じ回答は二重に入りません。"
        )
        return
    key = tuple(file.file_id for file in files), data.version, round_.id
    if st.session_state.get("_answers_key") != key:
        bar = st.progress(0.0, "読んでいます")
        st.session_state["_answers_read"] = loading.read_files(
            [(file.name, file.getvalue()) for file in files],
            data,
            apart=True,
            progress=lambda share, words: bar.progress(share, words),
        )
        st.session_state["_answers_key"] = key
        bar.empty()
    answers, refused = st.session_state["_answers_read"]
    decided = {
        str(name).removeprefix("_double_"): value
        for name, value in st.session_state.items()
        if str(name).startswith("_double_") and value
    }
    today = date.today()
    with st.spinner("台帳と比べています"):
        plan = loading.preview(engine, data, round_.id, answers, who, today, decided)
    preview(data, plan, refused)
    acting = frame.signed("読み込む人(履歴に残ります)", who)
    if not st.button(
        "回答を台帳に反映する",
        type="primary",
        icon=":material/upload:",
        disabled=acting is None or plan.changes_nothing,
    ):
        return
    bar = st.progress(0.0, "始めています")
    try:
        done = loading.load(
            engine,
            data,
            round_.id,
            answers,
            acting or who,
            today,
            decided,
            lambda share, words: bar.progress(share, words),
        )
    except GeoError as error:
        st.error(frame.plain(str(error)))
        return
    towns = done.plan.towns.values()
    st.session_state[TOLD] = (
        f"{len(towns)}市町村の回答を反映しました(変更の番号 {done.change})。"
        f"見つかった団体{sum(len(one.found) for one in towns)}件、"
        f"分かった分野は延べ{sum(len(one.known) + len(one.empty) for one in towns)}です。"
    )
    st.session_state[CHANGE] = done.change
    st.session_state[TIMES] = st.session_state.get(TIMES, 0) + 1  # the files are done with
    st.rerun()


def preview(data: Dataset, plan: Plan, refused: list[tuple[str, str]]) -> None:
    """Show what the answers would do, town by town, and the doubles beside each other."""
    table = loading.preview_table(data, plan)
    if plan.again:
        st.info(f"読み込み済みのファイル: {frame.plain('、'.join(plan.again))}")
    if table.empty:
        st.info("反映できる回答はありません。")
    else:
        frame.table(table, rows=12)
    details = loading.details(data, plan)
    lost = details["読めなかったところ"]
    more = pd.DataFrame(refused, columns=["ファイル", "理由"]).assign(市町村="")
    if len(more):
        lost = pd.concat([lost, more.reindex(columns=lost.columns)], ignore_index=True)
    details["読めなかったところ"] = lost
    for double in plan.doubles:
        with st.container(border=True):
            town = data.municipalities.at[double.code, "name"]
            st.markdown(f"**同じ団体ですか({frame.plain(town)})**: {double.reason}")
            st.table(
                pd.DataFrame(
                    {
                        "": ["名称", "電話番号", "住所"],
                        "回答": [double.name, double.phone, double.address],
                        "台帳": [
                            double.existing_name,
                            double.existing_phone,
                            double.existing_address,
                        ],
                    }
                ).set_index("")
            )
            st.radio(
                "判断",
                list(DECISIONS),
                format_func=DECISIONS.get,
                key=f"_double_{double.key}",
                horizontal=True,
            )
    tabs = st.tabs([f"{name} {len(one):,}" for name, one in details.items()])
    for tab, (name, one) in zip(tabs, details.items(), strict=True):
        with tab:
            if one.empty:
                st.caption(f"{name}はありません。")
            else:
                frame.table(one, rows=8)
    frame.downloads({"回答の確認": table, **details}, "回答の確認", data)
