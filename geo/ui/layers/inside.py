"""Show what lies inside a shape, drawn or dropped: towns and organisations, and where they go."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import pandas as pd
import shapely
import streamlit as st

from geo.data.dataset import Dataset
from geo.data.schema import ORGANISATION_COLUMNS
from geo.maps.colours import LAYER_COLOURS
from geo.maps.measures import visible_organisations
from geo.maps.outlines import MAP_PLANE
from geo.maps.overlay import Overlay
from geo.maps.product_layers import Choice, own_layer
from geo.maps.selection import RULES, Drawn, area_of, organisations_inside, towns_inside
from geo.methods.analysis import Analysis
from geo.methods.within import towns_range
from geo.ui import conditions, controls, frame
from geo.ui.layers.files import Own
from geo.ui.plan import draft

DRAWN = "drawn"
DRAWN_COLOUR, DRAWN_FILL = LAYER_COLOURS["赤"], 0.06  # as the browser draws it
WIDEST = 100  # km around a shape
MOST_PEOPLE = 2_000_000
SHARE, PEOPLE = 50, 1000  # where the rules begin


def show(
    data: Dataset, analysis: Analysis, choice: Choice, drawn: Sequence[Drawn], own: Sequence[Own]
) -> None:
    """Show the towns and organisations inside, their files, and the buttons that use them."""
    st.subheader("範囲の中の市町村と団体")
    titles = {DRAWN: "地図に描いた範囲"} | {one.key: f"層: {one.title}" for one in own}
    one, two, three, four = st.columns([3, 3, 2, 2], vertical_alignment="bottom")
    with one:
        source = st.selectbox("範囲", list(titles), format_func=titles.__getitem__, key="inside_of")
    with two:
        rule = controls.select(
            "市町村の数え方", list(RULES), "rule", default="office", format_func=RULES.__getitem__
        )
    least = 0.0
    with three:
        if rule == "area":
            least = _number("面積の割合(%以上)", "least", 1, 100, SHARE, 5) / 100
        elif rule == "people":
            least = float(_number("推計の人口(人以上)", "people", 1, MOST_PEOPLE, PEOPLE, 100))
    with four:
        around = float(_number("まわりに広げる(km)", "around", 0, WIDEST, 0, 1))
    area = _area(drawn, own, source, around)
    if area is None or area.is_empty:
        _say_what_to_do(source)
        return
    towns = towns_inside(data, area, rule=rule, least=least)
    shown = visible_organisations(
        analysis,
        fields=choice.fields,
        approaches=choice.approaches,
        confidence=analysis.parameters.confidence,
    )
    organisations = organisations_inside(data, area, shown)
    frame.figures(
        [
            ("市町村", f"{len(towns)}", "/ 179"),
            ("人口(2020年、市町村全体)", f"{int(towns['population'].sum()):,}", "人"),
            ("範囲の中の人口(面積按分の推計)", f"{int(towns['people'].sum()):,}", "人"),
            ("団体", f"{len(organisations):,}", "件(公表分)"),
        ]
    )
    _use(list(towns.index))
    tables = {"市町村": _town_table(analysis, towns), "団体": _organisation_table(organisations)}
    tabs = st.tabs([f"{title} {len(table):,}" for title, table in tables.items()])
    for tab, table in zip(tabs, tables.values(), strict=True):
        with tab:
            if table.empty:
                st.caption("この範囲にはありません。範囲を広げるか、数え方を変えてください。")
            else:
                frame.table(table, rows=10, thousands=True)
    st.caption(
        "人口の推計は、市町村の中で人が一様に住むとみなした按分です。所在が市町村までしか分からない団体は、"
        "役場の位置で数えます。所在を公開しない団体は、どの範囲にも入りません。"
    )
    frame.downloads(tables, "範囲の中", data, analysis.parameters)


def _number(label: str, key: str, low: int, high: int, default: int, step: int) -> int:
    """Show a linked number."""

    def read(text: str) -> int:
        if not low <= (number := int(text)) <= high:
            msg = f"not a number of this control: {text!r}"
            raise ValueError(msg)
        return number

    asked: int = controls.linked(
        key,
        default,
        lambda k: st.number_input(label, low, high, step=step, key=k, persist_state="session"),
        read=read,
    )
    return asked


def as_layer(drawn: Sequence[Drawn]) -> list[Overlay]:
    """Return the drawn shapes as a layer to take away, none where nothing is drawn."""
    if not drawn:
        return []
    words = {"label": ["描いた範囲"], "detail": [""]}
    frame_of = gpd.GeoDataFrame(words, geometry=[area_of(drawn)], crs="EPSG:4326")
    return [own_layer("drawn", "描いた範囲", frame_of, DRAWN_COLOUR, fill=DRAWN_FILL)]


def _area(
    drawn: Sequence[Drawn], own: Sequence[Own], source: str, around: float
) -> shapely.Geometry | None:
    if source == DRAWN:
        area = area_of(drawn) if drawn else None
    else:
        found = next(one for one in own if one.key == source)
        area = shapely.union_all(found.dropped.frame.geometry.to_numpy())
    if area is not None and around:
        plane = gpd.GeoSeries([area], crs="EPSG:4326").to_crs(MAP_PLANE)
        area = plane.buffer(around * 1000).to_crs("EPSG:4326").iloc[0]
    if area is not None and shapely.get_dimensions(area) < shapely.get_dimensions(
        shapely.box(0, 0, 1, 1)
    ):
        return shapely.Polygon()  # a line or a point has nothing inside until it is widened
    return area


def _say_what_to_do(source: str) -> None:
    if source == DRAWN:
        st.info(
            "地図の左上の「多角形」「四角」「円」で範囲を描くと、その中の市町村と団体がここに出ます。"
        )
    else:
        st.info("線や点の層です。「まわりに広げる(km)」を1以上にすると、その近くを選べます。")


def _use(codes: list[str]) -> None:
    """Offer to take the towns into the plan, or as the range that is compared."""
    one, two, _ = st.columns([2, 2, 3])
    one.button(
        f"この{len(codes)}市町村を調査研究計画に加える",
        disabled=not codes,
        on_click=_add,
        args=(codes,),
        icon=":material/add:",
        type="primary",
        width="stretch",
        key="inside_to_plan",
    )
    two.button(
        f"この{len(codes)}市町村だけで比べる",
        disabled=not codes,
        on_click=_compare,
        args=(codes,),
        icon=":material/compare_arrows:",
        width="stretch",
        key="inside_to_range",
    )
    if told := st.session_state.pop("_inside_said", None):
        st.success(told, icon=":material/check_circle:")
        st.page_link("pages/plan.py", label="調査研究計画を開く", icon=":material/edit_note:")


def _add(codes: list[str]) -> None:
    draft.add_areas(codes)
    st.session_state["_inside_said"] = (
        f"{len(codes)}市町村を調査研究計画の対象地域に加えました。地図に太い線で出ます。"
    )


def _compare(codes: list[str]) -> None:
    st.session_state[conditions.RANGE] = towns_range(codes)
    st.session_state["_inside_said"] = (
        f"比べる範囲を、この{len(codes)}市町村にしました。左の「比べる範囲」で全道に戻せます。"
    )


def _town_table(analysis: Analysis, towns: pd.DataFrame) -> pd.DataFrame:
    places = analysis.dataset.municipalities.index.get_indexer(towns.index)
    return pd.DataFrame(
        {
            "市町村コード": towns.index,
            "市町村": towns["name"].to_numpy(),
            "振興局": towns["subprefecture"].to_numpy(),
            "人口(人)": towns["population"].to_numpy(),
            "範囲の中の面積(%)": (100 * towns["share"]).round(1).to_numpy(),
            "範囲の中の人口(推計、人)": towns["people"].to_numpy(),
            "役場": ["中" if inside else "外" for inside in towns["office"]],
            "不足度(0〜100)": analysis.scarcity[places].round(1),
        }
    )


def _organisation_table(organisations: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "団体": organisations["name"].to_numpy(),
            "市町村": organisations["town"].to_numpy(),
            "位置": ["市町村まで" if rough else "地点" for rough in organisations["at_office"]],
            ORGANISATION_COLUMNS["address"].label: organisations["address"].to_numpy(),
            "電話": organisations["phone"].to_numpy(),
            ORGANISATION_COLUMNS["source"].label: organisations["source"].to_numpy(),
            ORGANISATION_COLUMNS["checked_on"].label: organisations["checked_on"].to_numpy(),
        }
    )
