"""全道マップ: municipalities by a chosen measure, organisations as points."""

from html import escape

import streamlit as st

from geo.data.sources import map_note
from geo.data.vocabulary import APPROACHES, MODES
from geo.maps.measures import MEASURES, MEASURES_OF_A_FIELD, measure_view, visible_organisations
from geo.methods.analysis import analyse
from geo.methods.basis import range_label
from geo.methods.findings import headline
from geo.methods.need import YEARS
from geo.ui import conditions, controls, frame
from geo.ui.components import hokkaido_map
from geo.ui.tables import scarcity_columns

# Where each of the three users begins.
BEGIN = {
    "gaps": "**道庁・振興局** 足りない地域 → 偏在・空白",
    "karte": "**市町村・社協** わが町の相談先 → 市町村カルテ",
    "meeting": "**会議** 一画面ずつ映す → 会議モード",
}
data = frame.dataset()
frame.heading("全道マップ")
with st.container(horizontal=True, gap="xsmall"):
    for page, words in BEGIN.items():
        st.page_link(f"pages/{page}.py", label=words)

with st.sidebar:
    measure = controls.select(
        "色分け", list(MEASURES), "measure", default="scarcity", format_func=MEASURES.get
    )
    field, year = data.fields.index[0], YEARS[0]
    if measure in MEASURES_OF_A_FIELD:
        field = controls.field(data, "field")
    if measure in {"need", "both"}:
        year = controls.select(
            "年",
            list(YEARS),
            "year",
            default=YEARS[0],
            format_func=lambda y: f"{y}年" + ("(国勢調査)" if y == YEARS[0] else "(推計)"),
        )
    st.divider()
    st.markdown("**団体の絞り込み**")
    needs = controls.multiselect(
        "困りごと", list(data.needs.index), "need", format_func=data.needs["words"].get
    )
    fields = controls.fields(data, "fields", "団体の分野")
    approaches = controls.multiselect(
        "アプローチ", list(APPROACHES), "approach", format_func=lambda a: f"{a} {APPROACHES[a]}"
    )
    modes = controls.multiselect("提供方法", list(MODES), "mode", format_func=MODES.get)
    subprefectures = controls.areas(data, "subprefecture")
    medical_areas = controls.areas(data, "area")
    confidence = controls.grades("A・B")
    points = not controls.toggle("団体を表示しない", "nopoints")
    tiles = controls.toggle(
        "地理院タイルを重ねる", "tiles", help="国土地理院のサーバーに接続します。通常は使いません。"
    )
parameters = conditions.parameters(data)

analysis = analyse(data, parameters)
found = headline(analysis)
frame.finding(
    f"{escape(range_label(analysis))}を{len(found.judged_fields)}分野で比べると、"
    f"<b>{found.few}市町村</b>が資源少数区域、うち<b>{found.robust}市町村</b>はすべての前提を"
    f"同時に変えても変わらない(頑健)。最も不足するのは{escape('、'.join(found.worst))}。"
)

wanted = tuple(dict.fromkeys([*fields, *(f for n in needs for f in data.needs.at[n, "fields"])]))
visible = visible_organisations(
    analysis,
    fields=wanted,
    approaches=approaches,
    modes=modes,
    subprefectures=subprefectures,
    medical_areas=medical_areas,
    confidence=confidence or ("A", "B"),
)
event = hokkaido_map(
    data,
    measure_view(
        analysis,
        measure,
        field,
        year,
        visible=visible,
        show_points=points,
        gsi_tiles=tiles,
        note=map_note(data),
    ),
    key="overview",
)
if event.open_municipality:
    st.switch_page("pages/karte.py", query_params={"code": event.open_municipality})
if event.open_organisation:
    st.switch_page("pages/directory.py", query_params={"id": event.open_organisation})

placed = data.organisations["municipality_code"] != ""
shown = int((visible & placed.to_numpy()).sum())
st.caption(
    f"表示中の団体 {shown:,} / {int(placed.sum()):,}件(所在の公表がない{int((~placed).sum())}件は"
    "地図に出ません。団体台帳で見られます)。市町村までしか分からない記録は、役場の位置に"
    "まとめて輪で示します。"
)
if not visible.any():
    st.info("条件に合う団体がありません。左の絞り込みを減らしてください。")
box = st.expander("この地図の表を見る・保存する", icon=":material/table:", on_change="rerun")
if box.open:
    with box:
        table = scarcity_columns(analysis)
        frame.table(table, height=320)
        frame.downloads({"不足度": table}, "不足度", data, parameters)
frame.footer(data, parameters)
