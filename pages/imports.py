"""データの取り込み: drop a file, see what would change, then bring it in; take changes back."""

import pandas as pd
import streamlit as st

from geo import worker
from geo.errors import GeoError
from geo.imports import importing
from geo.imports.accounts import in_words, refused_table, rows_table, unused_table
from geo.imports.preview import OUTCOMES
from geo.imports.reading.files import MAX_BYTES
from geo.imports.template import file_name, template
from geo.records import hiding
from geo.ui import controls, frame, parts, reversing, session
from geo.ui.imports import columns
from geo.ui.imports.tables import changed_records, new_records, summary, unlisted_records

FEW = 5  # files that each can be read otherwise
LONG_TABLE = 10  # rows; a longer one scrolls

data = frame.dataset()
engine, who = session.store(), session.person()
frame.heading("データの取り込み")
frame.finding(
    "公表されている一覧のファイルを置くと、何が<b>新しく入り</b>、何が<b>変わり</b>、"
    "どの行が<b>取り込めないか</b>を、書き込む前に確かめられます。"
)
allowed = who.edits
if not allowed:
    frame.offer_sandbox(who, "内容の確認(プレビュー)はだれでもできます")

if told := st.session_state.pop("_imported", None):
    st.success(told, icon=":material/check_circle:")

limit = f"1つ{MAX_BYTES // 1_000_000}MBまで"
worker.warm()
style = parts.uploader_style("ファイルを選ぶ", f"ここにファイルを置いても読めます。{limit}")
st.html(f"<style>{style}</style>")
files = st.file_uploader(
    "CSV・Excel・OpenDocument(.ods)・GeoJSON・HSDS JSON(形式は中身から見分けます。複数可)",
    accept_multiple_files=True,
    key="files",
)
if not files:
    st.caption(
        "読める形式: 介護サービス情報公表システム、WAM NET、北海道の医療機関一覧、"
        "国民生活センターの消費生活センター一覧、推奨データセット、"
        "自治体標準オープンデータセット、HSDS 3、この製品の記入様式と書き出し。"
        "知らない形式の表は、列の対応を手で決めると取り込めます。"
    )

incomings = []
for file in files or []:
    found = columns.settled(engine, data, file.name, file.getvalue(), who, few=len(files) <= FEW)
    if found is not None:
        incomings.append(found)

if incomings:
    plans = columns.previews(engine, incomings, data, who)
    refused = refused_table(one for plan in plans for one in plan.refused)
    repaired = refused_table(one for plan in plans for one in plan.incoming.repaired)
    totals = {key: sum(plan.counts("organisations")[key] for plan in plans) for key in OUTCOMES}
    frame.figures(
        [
            ("新規の団体", f"{totals['new']:,}", "件"),
            ("変更", f"{totals['changed']:,}", "件"),
            ("内容は同じ", f"{totals['confirmed'] + totals['unchanged']:,}", "件"),
            ("掲載なしになる", f"{totals['unlisted']:,}", "件(廃止とは限りません)"),
            (
                "取り込めない行",
                f"{sum(plan.rows_refused for plan in plans):,}",
                f"/ {sum(one.rows_in_file for one in incomings):,}行",
            ),
        ]
    )
    for plan in plans:
        st.caption(frame.plain(f"{plan.incoming.file}: {in_words(plan)}"))
    overview = summary(plans)
    frame.table(overview)
    if not who.edits_all:
        st.caption("所在地を公開しない記録は、変更できる人にだけ、台帳と比べた結果を示します。")
    for plan in plans:
        if plan.older:
            st.error(
                f"{frame.plain(plan.incoming.file)}: 登録済みの版({plan.last_edition})より古い版"
                f"({plan.incoming.edition})です。取り込めません。"
            )
        if plan.completes:
            names = data.layers["name"]
            done = "、".join(
                f"{names[layer]}({kind})" if kind else names[layer]
                for layer, kind in plan.completes
            )
            st.success(
                f"{frame.plain(plan.incoming.file)}: 取り込むと{done}の一覧がそろいます。分野は、"
                "判定に使う種類がすべてそろうと判定に入ります。",
                icon=":material/check_circle:",
            )
        columns.ask_whole(plan)
        columns.ask_which(plan)
        if plan.unlisted["organisations"] and plan.refused:
            st.warning(
                f"{frame.plain(plan.incoming.file)}: 取り込めない行があるため、掲載なしになる"
                f"{len(plan.unlisted['organisations']):,}件には、読めなかっただけのものが"
                "含まれているかもしれません。"
            )
    sheets = {
        "取り込めない行": refused,
        "直して読んだところ": repaired,
        "新規": pd.concat([new_records(plan, data) for plan in plans]),
        "変更": pd.concat([changed_records(plan) for plan in plans]),
        "掲載なし": pd.concat([unlisted_records(plan, data) for plan in plans]),
        "行の内訳": rows_table(plans),
        "使わない列": unused_table(incomings),
        "まとめ": overview,
    }
    tabs = st.tabs([f"{title} {len(table):,}" for title, table in list(sheets.items())[:-1]])
    empty = {
        "取り込めない行": "取り込めない行はありません。",
        "直して読んだところ": "直して読んだところはありません。",
        "新規": "新しい団体はありません。",
        "変更": "変わる記録はありません。",
        "掲載なし": "前の版にあって、この版にない団体はありません。",
        "行の内訳": "行はありません。",
        "使わない列": "使わない列はありません。",
    }
    for tab, (title, table) in zip(tabs, list(sheets.items())[:-1], strict=True):
        with tab:
            if table.empty:
                st.caption(empty[title])
            else:
                frame.table(table, height="content" if len(table) < LONG_TABLE else 420)
    frame.downloads(sheets, "取り込みの確認", data)

    nothing = all(plan.changes_nothing for plan in plans)
    if nothing:
        st.info("このファイルで変わる記録はありません。すでに取り込み済みです。")
    acting = frame.signed("取り込む人(履歴に残ります)", who)
    blocked = acting is None or nothing or any(plan.older for plan in plans)
    if st.button("台帳に取り込む", type="primary", icon=":material/upload:", disabled=blocked):
        bar = st.progress(0.0, "始めています")
        try:
            done = importing.apply(
                engine,
                incomings,
                data,
                acting or who,
                whole=columns.whole(incomings),
                answers=columns.given_answers(),
                progress=lambda share, words: bar.progress(share, words),
            )
        except GeoError as error:
            st.error(frame.plain(str(error)))
        else:
            columns.forget()
            made = dict.fromkeys(one.change for one in done if one.change is not None)
            numbers = "・".join(map(str, made))
            st.session_state["_imported"] = (
                f"取り込みました(変更の番号 {numbers})。地図と区分に反映しています。"
                f"{frame.plain(hiding.told(engine, made))}"
            )
            st.rerun()

with st.expander("町で使う記入様式(Excel)を作る", icon=":material/edit_note:"):
    st.caption(
        "1つの市町村の団体と支援を書き込む表です。選択肢と記入例つき。"
        "書き込んだファイルは、このページにそのまま置けます。"
    )
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    names = data.municipalities["name"]
    first = names.index.get_loc(controls.FIRST_TOWN)
    code = left.selectbox("市町村", list(names.index), first, format_func=names.get)
    with right:
        frame.download("記入様式", lambda: template(data, code), file_name(data, code))

st.header("変更の履歴")
changes = columns.changes(engine, who)
shown = changes.drop(columns="取り消しの取り消し")
frame.table(shown)
frame.downloads({"変更の履歴": shown}, "変更の履歴", data)
standing = changes[(changes["取り消し"] == "") & (changes["記録(件)"] > 0)]
standing = standing[standing["種類"] != "出荷時のデータ"]
if allowed and (done := reversing.panel(engine, who, standing, "imports")):
    st.session_state["_imported"] = done
    st.rerun()
frame.footer(data)
