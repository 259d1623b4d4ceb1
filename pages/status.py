"""データの状態: how fresh, linked, placed and surveyed the records are, each leading to them."""

from datetime import date
from html import escape

import pandas as pd
import streamlit as st

from geo.data.inventory import surveyed
from geo.errors import GeoError, NotAllowedError
from geo.methods.completeness import JUDGED, MISSING, board
from geo.parameters import AGEING_YEARS, OLD_YEARS
from geo.records import addresses, duplicates, surveys
from geo.records.open_data import FILE_TYPES, SUFFIXES, export
from geo.records.quality import ADVICE, AGES, CHECKS, condition
from geo.store.database import reading
from geo.store.queries import licences
from geo.ui import controls, fetching, frame, session
from geo.ui.status import (
    board_html,
    board_table,
    check_table,
    pair_table,
    side_by_side,
    source_table,
    survey_grid,
)

data = frame.dataset()
engine, who = session.store(), session.person()
towns, fields = data.municipalities, data.fields
frame.heading("データの状態")
with reading(engine) as connection:
    found = condition(connection, data, date.today())
    sources = source_table(connection, who)
total = len(data.organisations)
known = surveyed(data)
fresh = int((found.ages == "fresh").sum())
known_board = board(data)
judged = known_board.loc[known_board["state"] == JUDGED, "field"].nunique()
waiting = known_board.loc[known_board["state"] == MISSING, "field"].nunique()
frame.finding(
    f"{len(fields)}分野のうち、一覧がそろって判定できるのは<b>{judged}分野</b>、公的な一覧を読めば"
    f"判定できるようになるのは<b>{waiting}分野</b>。記録のある<b>{total:,}</b>団体のうち、出典が"
    f"{AGES['fresh']}は<b>{fresh / max(total, 1):.0%}</b>です。"
)

st.header("台帳の完成度")
picture, todo = st.columns([3, 2], gap="large")
with picture:
    st.html(board_html(known_board))
with todo:
    st.markdown(
        "**足りない一覧の読み方**\n\n"
        "1. インターネットにつながる端末で、下の「まとめて取る」(または `python -m geo fetch --all`)で"
        "取れる一覧をすべて取ります。取れないものは「一覧のありか」を開きます。\n"
        "2. 取れたファイルを「データの取り込み」に入れます。種類ごとに分かれた一覧は、判定に使う種類が"
        "そろうと、その分野が判定に入ります。\n"
        "3. つながる端末がない部屋では、この表を印刷して持ち出し、取ったファイルを持ち帰ります。"
    )
    if st.button("データの取り込みへ", icon=":material/upload_file:", width="stretch"):
        st.switch_page("pages/imports.py")
lists = board_table(known_board)
frame.table(
    lists, columns={"一覧のありか": st.column_config.LinkColumn("一覧のありか")}, height="content"
)
frame.downloads({"台帳の完成度": lists}, "台帳の完成度", data)
with st.expander("まとめて取る", icon=":material/cloud_download:"):
    fetching.panel(data, who)

st.header("記録の状態")
frame.figures(
    [
        (label, f"{len(found.flagged[check]):,}", f"/ {total:,}団体")
        for check, label in CHECKS.items()
    ]
)
if not who.edits:
    frame.offer_sandbox(who)

st.header("確かめ直す記録")
check = controls.select("点検", list(CHECKS), "check", default="ageing", format_func=CHECKS.get)
st.caption(ADVICE[check])
records = check_table(data, found, check)
if records.empty and check == "links" and found.links.empty:
    st.info(
        "リンクはまだ確認していません。`python -m geo check-links` で確認すると、ここに結果が出ます。"
    )
elif records.empty:
    st.success("この点検に当たる記録はありません。", icon=":material/check_circle:")
else:
    st.caption("行の左端を選ぶと、その記録を団体台帳で開きます。")
    picked = frame.table(records, pick="single-row")
    if picked:
        one = str(records["記録番号"].iloc[picked[0]])
        st.switch_page("pages/directory.py", query_params={"id": one})
    if st.button("団体台帳でまとめて開く", icon=":material/menu_book:"):
        st.switch_page("pages/directory.py", query_params={"check": check})
frame.downloads(
    {CHECKS[check]: records, "リンクの確認": found.links, "出典": sources},
    "データの状態",
    data,
)

if check == "duplicates" and not found.pairs.empty:
    st.subheader("同じ団体かを決める")
    pairs = pair_table(data, found.pairs)
    position = st.selectbox(
        "2つの記録",
        range(len(pairs)),
        format_func=lambda n: (
            f"{pairs.at[n, '記録1']} / {pairs.at[n, '記録2']}({pairs.at[n, '市町村']})"
        ),
    )
    st.caption(pairs.at[position, "理由"])
    st.table(side_by_side(pairs, position))
    acting = frame.signed("判断する人(履歴に残ります)", who)
    same, different, _ = st.columns([1, 1, 3])
    row = found.pairs.iloc[position]
    for place, decision in ((same, "same"), (different, "different")):
        if place.button(duplicates.DECISIONS[decision], disabled=acting is None, width="stretch"):
            try:
                duplicates.decide(engine, row["first"], row["second"], decision, acting or who)
            except NotAllowedError as error:
                st.error(frame.plain(str(error)))
            else:
                st.rerun()

st.header("調査状況")
left, right = st.columns([1, 2], gap="large")
with left:
    town = controls.town(data, "survey")
    counts = int(known[towns.index.get_loc(town)].sum())
    st.markdown(
        f"**{escape(towns.at[town, 'name'])}**: 分かっている分野 **{counts}** / {len(fields)}"
    )
    mine = who.edits_town(town)
    if who.edits and not mine:
        st.caption("担当の市町村だけ、調査状況を変えられます。")
    with st.form("survey_form"):
        chosen = st.multiselect(
            "分野", list(fields.index), format_func=fields["name"].get, placeholder="選ぶ"
        )
        on = st.date_input("調査した日", date.today(), max_value=date.today(), format="YYYY-MM-DD")
        by = st.text_input("調査した人・部署", placeholder="例: 登別市 社会福祉グループ")
        source = st.text_input("根拠", placeholder="例: 市内の団体への聞き取り")
        done = st.form_submit_button("調査済みにする", type="primary", disabled=not mine)
        undo = st.form_submit_button("未調査に戻す", disabled=not mine)
    try:
        if done:
            surveys.set_surveyed(engine, data, town, chosen, on, by, source, who)
            st.rerun()
        if undo:
            surveys.clear_surveyed(engine, data, town, chosen, who)
            st.rerun()
    except GeoError as error:
        st.error(frame.plain(str(error)))
with right:
    shown = surveys.town_table(data, town)
    table = pd.DataFrame(
        {
            "分野": shown["name"],
            "状態": shown["state"],
            "調査日": shown["surveyed_on"].astype(str),
            "調査した人": shown["by"],
            "根拠": shown["source"],
        }
    )
    frame.table(table, height="content")
grid = survey_grid(data, known)
with st.expander("すべての市町村の調査状況", icon=":material/table:"):
    frame.table(grid)
frame.downloads({"調査状況": grid, towns.at[town, "name"]: table}, "調査状況", data)

st.header("データを書き出す")
st.caption(
    "公開している団体と支援のすべてを、出典・ライセンス・作成日つきで持ち出せます。"
    "書き出したファイルは、そのまま取り込めます。所在地を公開しない団体の位置は含みません。"
)
with reading(engine) as connection:
    terms = licences(connection)
for place, (form, label) in zip(st.columns(4), FILE_TYPES.items(), strict=True):
    with place:
        frame.download(
            label,
            lambda form=form: export(data, form, terms, date.today()),
            f"hokkaido_shigen_{date.today().isoformat()}.{SUFFIXES[form]}",
            key=f"give_{form}",
        )

st.subheader("変わらない住所から読む")
st.caption(
    "ほかのサイトやプログラムは、次の住所からいつでも読めます。出典・利用条件・日付つきで、"
    "公開しない所在地は含みません。試し書きの内容は出ません。"
)
st.markdown(addresses.listing())

st.header("出典と版")
frame.table(sources)
st.caption(
    f"{AGEING_YEARS.label}: {AGEING_YEARS:g}{AGEING_YEARS.unit}、"
    f"{OLD_YEARS.label}: {OLD_YEARS:g}{OLD_YEARS.unit}。{AGEING_YEARS.source}。"
)
frame.footer(data)
