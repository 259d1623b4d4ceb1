"""方法と出典: every method, parameter, source and caveat, read from the code and the data."""

import pandas as pd
import streamlit as st

from geo.data.sources import DATA_SOURCES, sources_text
from geo.data.vocabulary import CLASSES, CONFIDENCE
from geo.methods.analysis import analyse
from geo.parameters import Parameters
from geo.ui import frame
from geo.ui.evidence import (
    constant,
    convergence_table,
    heard_table,
    in_full,
    paragraph,
    worked_examples,
)
from geo.ui.methods import METHODS

data = frame.dataset()
frame.heading("方法と出典")
frame.finding(
    "どの数字も、ここに書いた式と出典から計算しています。"
    "式は、計算しているプログラムの説明文をそのまま示しています。"
)
methods, examples, checked, layers, sources, words = st.tabs(
    ["計算の方法", "計算の例", "照らし合わせ", "台帳の完成度", "データの出典", "ことば"]
)
with methods:
    for method in METHODS:
        st.subheader(method.title)
        st.markdown(method.summary)
        st.markdown(f"**注意** {method.caveat}")
        if method.constants:
            values = [constant(name) for name in method.constants]
            frame.table(
                pd.DataFrame(
                    {
                        "決めた値": [value.label for value in values],
                        "値": [value.text for value in values],
                        "時点": [value.since for value in values],
                        "根拠": [value.source for value in values],
                    }
                )
            )
        with st.expander("式と関数", icon=":material/function:"):
            for function in method.functions:
                st.markdown(f"`{function.__module__}.{function.__name__}`")
                for label in ("Formula:", "Source:"):
                    part = paragraph(function, label)
                    if part:
                        st.code(f"{label} {part}", language=None, wrap_lines=True)
with examples:
    st.caption(
        "手で計算した小さな例です。同じ表をプログラムが読み、同じ答えになることを試験で確かめています。"
    )
    st.markdown(worked_examples())
with checked:
    analysis = analyse(data, Parameters())
    st.subheader("会議の発言と")
    st.caption(
        "第1回会議(2023年10月26日)の議事録の発言のうち、台帳が語れるものです。(要旨)とあるものは、"
        "台帳に書き留めた要旨です。合わないものと、照らせないものも示します。"
    )
    said = heard_table(analysis)
    st.html(in_full(said))
    st.subheader("公式の数と")
    counts = convergence_table(analysis)
    st.html(in_full(counts))
    st.caption("順位相関は-1〜1。計算の条件は既定(全道、到達圏60分)。")
    frame.downloads(
        {"発言との照らし合わせ": said, "公式の数との照らし合わせ": counts}, "照らし合わせ", data
    )
with layers:
    st.markdown(
        "台帳の層ごとに、公表された総数と、読めた数、そろっているかを示します。"
        "そろっていない層は、空白の判定に使いません。"
    )
    counts = data.organisations["layer"].value_counts()
    table = pd.DataFrame(
        {
            "層": data.layers["name"],
            "公表された総数": data.layers["official_total"].astype("Int64"),
            "読めた数": data.layers.index.map(counts).fillna(0).astype(int),
            "そろっているか": data.layers["complete"].map({True: "○", False: "未完成"}),
            "注意": data.layers["note"],
            "総数の出典": data.layers["official_total_source"],
        }
    )
    frame.table(table, height="content")
    frame.downloads({"台帳の完成度": table}, "台帳の完成度", data)
with sources:
    frame.table(
        pd.DataFrame(DATA_SOURCES, columns=["データ", "発行者と題名", "時点", "利用条件"]),
        height="content",
    )
    with st.expander("作り方と確かめ方(英語、data/SOURCES.md)", icon=":material/description:"):
        st.markdown(sources_text())
with words:
    frame.table(
        pd.DataFrame(
            {
                "ことば": [*CLASSES.values(), *(f"確度{grade}" for grade in CONFIDENCE)],
                "意味": [
                    "その分野の来所できる窓口が市町村の中にある",
                    "中にはないが、到達圏の中にあり、対象地域から外れていない",
                    "到達圏の中にもないが、電話・オンライン・訪問・配送が届く",
                    "調べたうえで、どれもない",
                    "調べていない。ないという意味ではない",
                    *CONFIDENCE.values(),
                ],
            }
        )
    )
frame.footer(data)
