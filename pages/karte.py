"""市町村カルテ: what one municipality has, what is near, what reaches it, what it lacks."""

import pandas as pd
import streamlit as st

from geo.data.sources import map_note
from geo.data.vocabulary import CLASSES
from geo.documents import sheet
from geo.documents.certificate import worded
from geo.documents.certificate_pdf import certificate_pdf
from geo.maps.measures import bounds_of, measure_view
from geo.methods.analysis import analyse
from geo.methods.basis import level_sentence
from geo.methods.collaboration import shared_gaps, sharing_text
from geo.methods.desks import desks, desks_by_law, statistics
from geo.methods.findings import why_scarce
from geo.methods.karte import comparison, field_rows, neighbourhood, peers
from geo.methods.need import TODAY
from geo.ui import conditions, controls, frame, session
from geo.ui.charts import comparison_bars
from geo.ui.components import hokkaido_map
from geo.ui.karte import (
    contacts_html,
    desks_html,
    fields_html,
    finding_html,
    here_html,
    law_html,
    shared_columns,
)
from geo.ui.tables import desk_columns, field_columns, statistics_columns

data = frame.dataset()
towns = data.municipalities

with st.sidebar:
    code = controls.town(data, "code", where=True, always=True)
parameters = conditions.parameters(data)
analysis = analyse(data, parameters)
position = towns.index.get_loc(code)
town = towns.loc[code]
rows = field_rows(analysis, code)
frame.heading(f"{town['name']} 市町村カルテ")

lacking = rows[rows["class"] != "local"]
st.markdown(f"**{level_sentence(analysis, code)}**")
st.subheader("まず電話する")
own = desks(data, code)
site = data.municipal_offices.at[code, "url"]
if own.empty:
    st.info(
        "番号の読めた窓口がありません。市町村のサイトで、福祉の担当課の番号を確かめてください。"
    )
else:
    st.html(desks_html(own))
    frame.downloads({"窓口": desk_columns(own)}, f"窓口_{town['name']}", data)
by_law = desks_by_law(data, code)
if len(by_law):
    with st.expander(f"制度上の窓口({len(by_law)})", icon=":material/account_balance:"):
        st.caption(
            "法律や道のページによって、どの市町村にもある窓口です。1つずつ読んだ記録ではないので、"
            "団体の数には入りません。"
        )
        st.html(law_html(by_law, site))

left, right = st.columns([3, 2], gap="large")
with left:
    frame.finding(finding_html(sheet.finding(rows)))
    frame.figures(sheet.figures(analysis, position))
    st.markdown(f"{sheet.area(town)}。不足度の理由: {why_scarce(analysis, position)}。")
    chosen = controls.field(data, "field", "地図に示す分野")
with right:
    event = hokkaido_map(
        data,
        measure_view(
            analysis,
            "class",
            chosen,
            TODAY,
            highlighted=code,
            focus=bounds_of(analysis, neighbourhood(analysis, code)),
            show_points=False,
            note=map_note(data),
        ),
        key="karte",
        height="27rem",
    )
    if event.open_municipality and event.open_municipality != code:
        st.switch_page("pages/karte.py", query_params={"code": event.open_municipality})

st.subheader("ここにあるもの(分野ごとに全部)")
found_here = here_html(analysis, code, editable=session.person().edits)
if found_here:
    st.html(found_here)
else:
    st.info(
        "この市町村に立つ窓口の記録は、まだありません。ないという意味ではありません"
        "(掘り起こしの対象)。"
    )

st.subheader("分野ごとに、ここにあるもの・ないもの")
st.html(fields_html(rows))
frame.downloads({"分野": field_columns(rows)}, f"カルテ_{town['name']}", data, parameters)
st.page_link(
    "pages/reports.py",
    label="A4一枚(PDF・Word)にする",
    icon=":material/print:",
    query_params={"code": code},
)

st.subheader("地域にない分野は、どの隣も同じで、誰と組めるか")
st.caption(
    "通える = 到達圏の中で来所できる窓口、届く = 電話・オンライン・訪問・配送、"
    "到達圏の外 = 時間はかかるが来所できる窓口。地元の役場に行きにくい人のため、地元以外も示します。"
)
if lacking.empty:
    st.success("全分野の窓口が地域内にあります。")
else:
    together = shared_columns(
        shared_gaps(analysis, code), sheet.partners(analysis, code, rows), rows
    )
    frame.table(together, height="content")
    frame.downloads({"組む相手": together}, f"組む相手_{town['name']}", data, parameters)
for field, name, klass in zip(lacking["field"], lacking["name"], lacking["class"], strict=True):
    with st.expander(
        f"{name}({CLASSES[klass]})", icon=f":material/{data.fields.at[field, 'icon']}:"
    ):
        st.markdown(frame.plain(sharing_text(analysis, code, field)))
        st.html(contacts_html(analysis, code, field))

st.subheader("ほかの地域と比べる")
with_codes = controls.towns(
    data, "with", "比べる市町村(はじめは人口の近い5市町村)", placeholder="人口の近い市町村"
)
compared_with = list(with_codes) or peers(analysis, code)
table = comparison(analysis, code, compared_with)
panels = [
    ("不足度(0〜100)", "scarcity", False),
    ("必要度(0〜100)", "need", False),
    ("地域内に窓口がある分野(数、全17)", "local_fields", False),
    ("65歳以上の割合", "share_65plus", True),
    ("65歳以上のうち一人暮らし", "share_alone", True),
    ("年あたりの人口減少率", "decline", True),
]
for start in (0, 3):
    for column, (label, value, percent) in zip(
        st.columns(3), panels[start : start + 3], strict=True
    ):
        column.markdown(f"**{label}**")
        column.altair_chart(comparison_bars(table, value, percent=percent), width="stretch")
frame.downloads({"比較": table}, f"比較_{town['name']}", data, parameters)

st.subheader("公式統計")
counts_here = statistics_columns(statistics(data, code, compared_with))
frame.table(counts_here, thousands=True)
frame.downloads({"公式統計": counts_here}, f"公式統計_{town['name']}", data)

box = st.expander("区分の根拠書", icon=":material/verified:", on_change="rerun")
if box.open:
    with box, st.spinner("根拠書を作っています"):
        words = worded(analysis, code)
        frame.table(pd.DataFrame(words.lines, columns=["項目", "内容"]), height="content")
        frame.table(words.units, height="content")
        frame.table(words.grounds)
        frame.downloads(
            {"よりどころ": words.grounds, "何か所ぶん": words.units},
            f"根拠_{town['name']}",
            data,
            parameters,
        )
        frame.download(
            "根拠書(PDF)",
            lambda: certificate_pdf(analysis, [code]),
            f"根拠書_{town['name']}.pdf",
            icon="picture_as_pdf",
        )
frame.footer(data, parameters)
