"""印刷・資料: every document of the app as a download, and the links and QR codes of its views."""

from datetime import date

import streamlit as st

from geo import worker
from geo.documents.handout import handout
from geo.documents.karte_pdf import karte_pdf, zipped
from geo.documents.karte_word import karte_word
from geo.documents.links import (
    NO_ADDRESS,
    SHARED,
    VIEWS,
    address_of,
    base_address,
    checked,
    qr_png,
    seen_at,
)
from geo.documents.meeting import TITLES, screens
from geo.documents.pack import areas as areas_of_packs
from geo.documents.pack import file_name, pack
from geo.documents.slides import slides
from geo.errors import DataError
from geo.maps.measures import MEASURES, MEASURES_OF_A_FIELD, measure_view, visible_organisations
from geo.maps.picture import PICTURES, picture
from geo.methods.analysis import analyse
from geo.methods.basis import footer
from geo.methods.need import YEARS
from geo.methods.within import label
from geo.ui import conditions, controls, frame, heavy

data = frame.dataset()
towns = data.municipalities
names = towns["name"]
frame.heading("印刷・資料")
parameters = conditions.parameters(data)
analysis = analyse(data, parameters)
today = date.today().isoformat()
frame.finding(
    "会議で配る・映す・貼るものを、<b>今のデータと計算の条件</b>から作ります。"
    "どれにも出典、確認日、注意書きが入ります。"
)
try:
    known = base_address() or seen_at(st.context.url or "", "reports")
    base = checked(
        controls.text("公開アドレス(QRコードとリンクに使う)", "base", placeholder="https://…")
        or known
    )
except DataError as error:
    st.error(frame.plain(str(error)))
    base = ""
if base:
    st.caption(f"リンクとQRコードは {frame.plain(base)} を指します。")
else:
    st.caption(NO_ADDRESS)


def made(key, label, name, make, *settings):
    """Offer a document that rests on what the page shows."""
    heavy.made(key, label, name, make, (data.version, parameters, base, *settings))


def deck_in(template, dataset, shown, own):
    """Return slides, in a visitor's own template by a process that can be ended."""
    if own is None:
        return slides(dataset, shown)
    return worker.run(slides, dataset, shown, own, file=template.name)


# Only the open tab is computed and sent.
karte, room, deck, maps, links = st.tabs(
    ["市町村カルテ", "振興局パック", "スライドと配布資料", "地図", "リンクとQRコード"],
    key="document",
    on_change="rerun",
    bind="query-params",
)
if karte.open:
    with karte:
        code = controls.town(data, "code", where=True)
        one, two, _ = st.columns([1, 1, 2])
        with one:
            frame.download(
                "A4一枚(PDF)",
                lambda: karte_pdf(analysis, [code], base=base),
                f"カルテ_{names[code]}_{today}.pdf",
                icon="picture_as_pdf",
            )
        with two:
            frame.download(
                "A4一枚(Word)",
                lambda: karte_word(analysis, code, base=base),
                f"カルテ_{names[code]}_{today}.docx",
                icon="description",
            )
        st.subheader("全179市町村をまとめて")
        st.caption("それぞれ1〜2分かかります。進み具合が出ます。")
        one, two, three, _ = st.columns(4)
        with one:
            made(
                "all_pdf",
                "一つのPDFを作る",
                f"カルテ_全市町村_{today}.pdf",
                lambda progress: karte_pdf(
                    analysis, list(towns.index), base=base, progress=progress
                ),
            )
        with two:
            made(
                "all_zip",
                "PDFのzipを作る",
                f"カルテ_全市町村_PDF_{today}.zip",
                lambda progress: zipped(
                    lambda c: karte_pdf(analysis, [c], base=base),
                    {c: f"{c}_{names[c]}.pdf" for c in towns.index},
                    progress,
                ),
            )
        with three:
            made(
                "all_word",
                "Wordのzipを作る",
                f"カルテ_全市町村_Word_{today}.zip",
                lambda progress: zipped(
                    lambda c: karte_word(analysis, c, base=base),
                    {c: f"{c}_{names[c]}.docx" for c in towns.index},
                    progress,
                ),
            )
if room.open:
    with room:
        st.caption(
            "その地域の会議を90分で開くための一式(zip)です: 地域の数字のスライド、町ごとのカルテ、配布資料、"
            "調査の状況、進行表。インターネットは要りません。1分ほどかかります。"
        )
        area = controls.select(
            "地域",
            areas_of_packs(data),
            "pack",
            default=areas_of_packs(data)[0],
            format_func=lambda one: label(data, one),
        )
        room_template = st.file_uploader(
            "自分のテンプレート(.pptx、なくてもよい)", type=["pptx"], key="pack_template"
        )
        own_room = room_template.getvalue() if room_template else None
        left, _ = st.columns([1, 3])
        with left:
            made(
                "pack",
                "パックを作る",
                file_name(area, date.today()),
                lambda progress: pack(
                    data,
                    parameters,
                    area,
                    base=base,
                    template=own_room,
                    progress=progress,
                    deck=lambda *asked: deck_in(room_template, *asked),
                ),
                area,
                own_room,
            )
if deck.open:
    with deck:
        st.subheader("スライド(PowerPoint)")
        st.caption(
            "文字・表・グラフは編集できます。ノートに話すことが入ります。画面は会議モードと同じです。"
        )
        keys = controls.multiselect(
            "スライド(選んだ順に並びます)", list(TITLES), "screens", format_func=TITLES.get
        )
        areas = controls.towns(data, "areas", "選んだ地域", placeholder="候補地域(不足度の高い順)")
        template = st.file_uploader("自分のテンプレート(.pptx、なくてもよい)", type=["pptx"])
        own = template.getvalue() if template else None

        def deck_of(progress):
            progress(1, 3)
            chosen = screens(
                analysis, keys=tuple(keys) or tuple(TITLES), areas=list(areas) or None, base=base
            )
            progress(2, 3)
            return deck_in(template, data, chosen, own)

        left, _ = st.columns([1, 3])
        with left:
            made(
                "slides",
                "スライドを作る",
                f"社会資源マップ_{today}.pptx",
                deck_of,
                keys,
                areas,
                own,
            )
        st.subheader("一つのファイルで動く配布資料(HTML)")
        st.caption(
            "地図、順位、全市町村のカルテが入った1ファイルです。ネットワークなしで、USBメモリーから開けます。"
        )
        left, _ = st.columns([1, 3])
        with left:
            made(
                "handout",
                "配布資料を作る",
                f"社会資源マップ_配布資料_{today}.html",
                lambda progress: handout(analysis, progress=progress),
            )
if maps.open:
    with maps:
        first, second, third = st.columns(3)
        with first:
            measure = controls.select(
                "色分け", list(MEASURES), "measure", default="scarcity", format_func=MEASURES.get
            )
        with second:
            field = data.fields.index[0]
            if measure in MEASURES_OF_A_FIELD:
                field = controls.field(data, "field")
        with third:
            year = YEARS[0]
            if measure in {"need", "both"}:
                year = controls.select("年", list(YEARS), "year", default=YEARS[0])
        points = controls.toggle("団体を示す", "points")
        view = measure_view(
            analysis,
            measure,
            field,
            year,
            show_points=points,
            visible=visible_organisations(analysis, confidence=parameters.confidence),
        )
        below = footer(analysis)
        st.image(picture(data, view, "png", dpi=120, sources=below), width="stretch")
        for column, kind in zip(st.columns(len(PICTURES) + 1), PICTURES, strict=False):
            with column:
                frame.download(
                    kind.upper(),
                    lambda kind=kind: picture(data, view, kind, dpi=300, sources=below),
                    f"{view.title}_{today}.{kind}",
                    key=f"map_{kind}",
                )
if links.open:
    with links:
        st.caption("今の絞り込みと計算の条件が入ったリンクです。読み取ると、同じ画面が開きます。")
        if not base:
            st.info(
                "上の欄に公開アドレスを入れると、リンクとQRコードが出ます。例: https://shigen.example.jp"
            )
        else:
            for start in range(0, len(VIEWS), 3):
                for column, page in zip(
                    st.columns(3), list(VIEWS)[start : start + 3], strict=False
                ):
                    title, known_parameters = VIEWS[page]
                    written = {
                        key: st.session_state.get(f"_{key}_written") or st.query_params.get(key)
                        for key in (*known_parameters, *SHARED)
                    }
                    given = {key: value for key, value in written.items() if value}
                    address = address_of(base, page, given)
                    with column.container(border=True):
                        st.markdown(f"**{title}**")
                        st.image(qr_png(address), width=160)
                        st.code(address, language=None, wrap_lines=True)
                        code = qr_png(address, 16)
                        frame.download("QRコード(PNG)", code, f"QR_{title}.png", key=f"qr_{page}")
frame.footer(data, parameters)
