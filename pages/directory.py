"""団体台帳: search the records by name, need, field and town."""

from datetime import date

import streamlit as st

from geo.data.vocabulary import CONFIDENCE
from geo.records.directory import records, search
from geo.records.quality import ADVICE, CHECKS, condition
from geo.store.database import reading
from geo.ui import controls, frame, session
from geo.ui.directory import record_html
from geo.ui.tables import record_columns

PAGE_ROWS = 20
ALL = "all"

data = frame.dataset()
frame.heading("団体台帳")

words = controls.text("名前・ことばで探す", "q", placeholder="例: フードバンク 室蘭")
first, second, third, fourth = st.columns(4)
with first:
    need = controls.select(
        "困りごと",
        [ALL, *data.needs.index],
        "need",
        default=ALL,
        format_func=lambda key: "すべて" if key == ALL else data.needs.at[key, "words"],
    )
with second:
    fields = controls.fields(data, "fields")
with third:
    town = controls.town(
        data, "town", "市町村(所在または対象地域)", default=ALL, also={ALL: "すべて"}
    )
with fourth:
    grades = controls.grades()
one = st.query_params.get("id")
check = st.query_params.get("check")

table = records(data)
found = search(
    table,
    data,
    words=words,
    need=None if need == ALL else need,
    fields=fields,
    town=None if town == ALL else town,
    confidence=grades or tuple(CONFIDENCE),
)
if one is not None:
    found = table[table["organisation"] == one]
elif check in CHECKS:
    with reading(session.store()) as connection:
        kept = condition(connection, data, date.today()).flagged[check]
    found = found[found["organisation"].isin(kept)]
    st.caption(f"点検: {CHECKS[check]}。{ADVICE[check]}")
if (one is not None or check in CHECKS) and st.button(
    "台帳の全体に戻る", icon=":material/arrow_back:"
):
    st.query_params.pop("id", None)
    st.query_params.pop("check", None)
    st.rerun()

frame.finding(
    f"<b>{found['organisation'].nunique():,}</b>団体・<b>{len(found):,}</b>件の支援"
    f"(台帳の全体 {len(data.organisations):,}団体・{len(table):,}件)。"
)
if found.empty:
    st.info(
        "見つかりませんでした。ことばを短くするか、絞り込みを減らしてください。"
        "載っていないことは、支援がないという意味ではありません(掘り起こしの対象)。"
    )
else:
    pages = -(-len(found) // PAGE_ROWS)
    page = 1
    if pages > 1:
        page = st.pagination(pages, key="page") or 1
    st.html(record_html(found.iloc[(page - 1) * PAGE_ROWS : page * PAGE_ROWS], data))
    with st.expander("表で見る", icon=":material/table:"):
        frame.table(record_columns(data, found))
frame.downloads({"団体台帳": record_columns(data, found)}, "団体台帳", data)
frame.footer(data)
