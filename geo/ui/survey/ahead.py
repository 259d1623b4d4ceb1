"""Show whom to call next, and how many organisations nobody has found yet."""

from __future__ import annotations

from html import escape

import pandas as pd
import streamlit as st

from geo.data.dataset import Dataset
from geo.methods.analysis import Analysis
from geo.methods.next_call import next_calls
from geo.methods.unlisted import NONE, unlisted
from geo.plans.round import call
from geo.store.rounds import Round
from geo.ui import frame

FIRST = 30  # calls that are listed
NO_PHONE = "電話は未確認"


def calls(data: Dataset, round_: Round, analysis: Analysis) -> None:
    """Show the calls that settle most, the first of them as a sentence with the number."""
    found = next_calls(analysis, round_.codes)
    found = found[found["field"].isin(round_.fields)].head(FIRST)
    if found.empty:
        st.success(
            "この調査回の範囲に、確かめると決まる区分は残っていません。", icon=":material/check:"
        )
        return
    desks = {code: call(data, code) for code in found["code"].unique()}
    first = found.iloc[0]
    name, phone = desks[first["code"]]
    frame.finding(
        f"次は<b>{escape(first['name'])}</b>の<b>{escape(first['field_name'])}</b>を"
        f"<b>{escape(name)} {escape(phone or NO_PHONE)}</b>に確かめます。{escape(first['why'])}。"
    )
    table = pd.DataFrame(
        {
            "市町村": found["name"],
            "分野": found["field_name"],
            "決まる区分(見込み)": found["gain"].round(1),
            "わけ": found["why"],
            "窓口": [desks[code][0] for code in found["code"]],
            "電話": [desks[code][1] or NO_PHONE for code in found["code"]],
        }
    )
    frame.table(table, rows=8)
    frame.downloads({"次に確かめる一件": table}, "次に確かめる一件", data)


def unseen(data: Dataset, round_: Round) -> None:
    """Show how many organisations nobody has found yet, by field and 振興局."""
    areas = data.municipalities.loc[list(round_.codes), "subprefecture"].unique()
    found = unlisted(data)
    found = found[found["area"].isin(areas) & found["field"].isin(round_.fields)]
    known = found["method"] != NONE
    if known.any():
        st.markdown(
            f"{len(found)}の分野・振興局のうち、推計できるのは**{int(known.sum())}**です。"
            "ほかは一覧の重なりが足りず、何件とも言えません。"
        )
    else:
        st.info("この調査回の分野と振興局では、一覧の重なりが足りず、推計できません。")
    missing = found["total"] - found["listed"]
    table = pd.DataFrame(
        {
            "分野": found["name"],
            "振興局": found["area"],
            "載っている(件)": found["listed"],
            "まだ見つかっていない(件、推計)": [
                f"約{n:.0f}" if ok else NONE for n, ok in zip(missing, known, strict=True)
            ],
            "90%の区間(全部で、件)": [
                f"{low:.0f}〜{high:.0f}" if ok else ""
                for low, high, ok in zip(found["low"], found["high"], known, strict=True)
            ],
            "方法": found["method"],
            "わけ": found["why"],
        }
    )
    frame.table(table, rows=8)
    st.caption(
        "一覧どうしが互いに関わりなく作られたとみなす推計です。片方を見てもう片方を作った一覧では少なめに出て、"
        "載りやすさに差があると下限になります。どこにいるかは示しません。区分や区域には使いません。"
    )
    frame.downloads({"まだ見つかっていない団体": table}, "まだ見つかっていない団体", data)
