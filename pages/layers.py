"""重ね地図: layers over one another, what lies inside a shape, and the map to take away."""

from datetime import date

import streamlit as st

from geo.data.sources import map_note
from geo.maps import folium_maps
from geo.maps.geopackage import geopackage
from geo.maps.product_layers import overlays
from geo.maps.selection import read, written
from geo.methods.analysis import analyse
from geo.ui import conditions, controls, frame
from geo.ui.components import overlaid_map
from geo.ui.layers import chosen, files, inside

data = frame.dataset()
frame.heading("重ね地図")
with st.sidebar:
    settings = st.container()
parameters = conditions.parameters(data)
analysis = analyse(data, parameters)
with settings:
    choice = chosen.choice(data, analysis)
frame.finding(
    "色分けや到達圏に<b>自分の層</b>(バス路線、学区など)を重ね、<b>範囲で選び</b>、"
    "1つのファイルで<b>持ち帰れます</b>。"
)
with st.expander("自分の層を重ねる", icon=":material/layers:"):
    own = files.own_layers(data)
product = overlays(analysis, choice)
place = st.container()
with st.expander("層の順・濃さ・名前・色", icon=":material/swap_vert:"):
    layers = chosen.arranged(product, own)
drawn = controls.linked("drawn", [], st.session_state.get, read=read, write=written)
with place:
    now = overlaid_map(
        data,
        layers,
        drawn=drawn,
        focus=files.bounds_of(own),
        note=map_note(data),
        key="overlaid",
    )
if now != drawn:
    st.session_state["drawn"] = now
    st.rerun()
if not layers:
    st.info("重ねる層がありません。左の「色分け」を選ぶか、自分の層を置いてください。")
st.caption(
    "到達圏は、直線距離と迂回係数による推定です。凡例・順・濃さは地図の右の一覧でも変えられます(その画面だけ)。"
)
inside.show(data, analysis, choice, drawn, own)

st.subheader("持ち帰る")
given = [*layers, *inside.as_layer(drawn)]
stem = f"重ね地図_{date.today().isoformat()}"
one, two, three, four = st.columns(4)
with one:
    frame.download(
        "HTML(通信なしで開く)",
        lambda: folium_maps.html(analysis, given),
        f"{stem}.html",
        primary=True,
    )
with two:
    frame.download("GeoPackage(QGISの色つき)", lambda: geopackage(analysis, given), f"{stem}.gpkg")
for column, kind in ((three, "png"), (four, "pdf")):
    with column:
        frame.download(
            kind.upper(),
            lambda kind=kind: folium_maps.drawn(analysis, given, kind),
            f"{stem}.{kind}",
            icon="image",
        )
st.caption(
    "HTML は、重ねた層と、表示している団体だけを持ちます。スクリプトも中に入っていて、どこにも通信しません。"
    "画像には、一番上の色分けと、層・団体を描きます。"
)
frame.footer(data, parameters)
