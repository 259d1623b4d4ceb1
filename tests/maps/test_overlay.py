import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from xml.dom import minidom

import folium
import geopandas as gpd
import jinja2
import numpy as np
import pytest
import shapely
from branca.element import Template

from geo.assets import ASSETS
from geo.documents import handout
from geo.maps import folium_map, folium_maps
from geo.maps.catchment import field_catchment, town_catchment
from geo.maps.geopackage import geopackage
from geo.maps.overlay import DRAWN_VERTICES, Features, json_text, state_text
from geo.maps.payload import build
from geo.maps.product_layers import Choice, measures_of, overlays, own_layer
from geo.maps.selection import (
    area_of,
    drawn_shapes,
    organisations_inside,
    read,
    towns_inside,
    written,
)
from geo.methods.analysis import analyse
from geo.methods.travel import great_circle_km
from geo.parameters import Parameters
from tests.generated import SHELTER
from tests.generated_layers import CORNERS, frame

HOSTILE = (
    "{{7*7}}",
    "{{ cycler.__init__.__globals__.os.getcwd() }}",
    "{% for i in range(9) %}x{% endfor %}",
    "{# hidden #}生成",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "<img src=x onerror=alert(1)>",
    "'\"`${7*7}\\",
    "alert(coords);",
    "\u2028\u2029\ufffe",
    "_div_0 map_div {{'div'}}",
)
SQUARE = shapely.Polygon(CORNERS)


def own(labels, key="own-1", title="生成の層"):
    made = frame(
        [SQUARE] * len(labels), label=list(labels), detail=[f"値: {one}" for one in labels]
    )
    return own_layer(key, title, made, "#0B5C8A")


@pytest.fixture(scope="module")
def wild(shipped):
    """Return an analysis in which every organisation is called something hostile."""
    offices = shipped.organisations
    names = (HOSTILE * (len(offices) // len(HOSTILE) + 1))[: len(offices)]
    data = replace(shipped, version="wild", organisations=offices.assign(name=names))
    return analyse(data, Parameters())


def test_the_package_gives_a_folium_map_for_a_notebook(analysis):
    made = folium_map(analysis)
    assert isinstance(made, folium.Map)
    assert "<iframe" in made._repr_html_()


def test_state_of_a_page_holds_every_text_as_it_is(wild):
    layers = [*overlays(wild, Choice()), own(HOSTILE, title=HOSTILE[0])]
    text = state_text(layers, build(wild.dataset), note=HOSTILE[4])
    for sign in ("<", ">", "&", "\u2028", "{{", "{%", "{#", "\ufffe"):
        assert sign not in text
    state = json.loads(text)
    labels = [label for _, _, label, _, _ in state["layers"][-1]["features"]]
    writable = [text.replace("\ufffe", "") for text in HOSTILE]
    assert labels == writable
    assert state["note"] == HOSTILE[4]


def test_file_holds_every_text_as_it_is(wild):
    page = folium_maps.html(
        wild, [*overlays(wild, Choice()), own(HOSTILE)], title=HOSTILE[4]
    ).decode()
    content = page.split('id="hk-data">')[1].split("</script>")[0]
    held = json.loads(content)
    assert set(held["organisations"]["name"]) <= {text.replace("\ufffe", "") for text in HOSTILE}
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page
    assert page.count("<script") == page.count("</script>")


def test_no_template_is_made_of_a_record_or_of_a_layer(wild, monkeypatch):
    """Every way to a template of Jinja goes through its environment's compile."""
    compiled = []
    compile_ = jinja2.Environment.compile

    def watched(environment, source, *args, **kwargs):
        compiled.append(source)
        return compile_(environment, source, *args, **kwargs)

    monkeypatch.setattr(jinja2.Environment, "compile", watched)
    layers = [*overlays(wild, Choice()), own([*HOSTILE, "生成の印"], title="生成の印")]
    folium_maps.html(wild, layers, title="生成の印")
    linked = folium_maps.linked_map("0" * 12, "1" * 12)
    state = state_text(layers, build(wild.dataset), note="生成の印")
    as_streamlit_folium_renders(linked, folium_maps.shown_group(state))
    assert compiled
    sources = "".join(str(source) for source in compiled)
    assert "生成の印" not in sources
    assert [text for text in HOSTILE[:4] if text in sources] == []
    assert Template  # branca's own, which Environment.compile serves too


def as_streamlit_folium_renders(made, group):
    import streamlit_folium as component

    made.get_root().render()
    made.render()
    component._get_html(made)
    component._get_header(made)
    script = component._get_map_string(made)
    return script, component._get_feature_group_string(group, made)


def test_page_keeps_its_frame_whatever_is_laid_over(wild):
    import streamlit_folium as component

    data = build(wild.dataset)
    scripts = []
    for labels in (["a"], ["b", "c"]):
        state = state_text([own(labels)], data)
        script, given = as_streamlit_folium_renders(
            folium_maps.linked_map("0" * 12, "1" * 12), folium_maps.shown_group(state)
        )
        assert state in given
        scripts.append(component.generate_js_hash(script, "overlaid"))
    assert scripts[0] == scripts[1]


def test_what_streamlit_folium_does_to_a_script_leaves_every_text_alone(wild):
    state = state_text([own(HOSTILE)], build(wild.dataset))
    _, given = as_streamlit_folium_renders(
        folium_maps.linked_map("0" * 12, "1" * 12), folium_maps.shown_group(state)
    )
    assert f"window.hk.apply({state});" in given


def test_nothing_of_the_map_comes_from_another_address(analysis):
    made = folium_maps.linked_map("0" * 12, "1" * 12)
    links = [address for _, address in [*made.default_js, *made.default_css]]
    assert all(address.startswith("../../assets/map/") for address in links)
    assert folium.Map.default_js is not made.default_js
    page = folium_map(analysis).get_root().render()
    assert "connect-src" not in page
    assert "default-src 'none'" in page
    tags = re.sub(r"(<script[^>]*>).*?</script>", r"\1", page, flags=re.S)
    assert not re.search(r'(?:src|href)="', tags)


def test_file_with_every_layer_stays_small(analysis):
    fields = tuple(analysis.dataset.fields.index)
    choice = Choice(
        tuple(measures_of(analysis)), reached=fields, areas=("016101",), venues=("016101",)
    )
    assert len(folium_maps.html(analysis, choice)) < 5_000_000


def hidden(shipped):
    """Return the shipped data with the first organisation hidden, and its cells."""
    offices = shipped.organisations
    chosen = offices.index[:1]
    secret = offices.loc[chosen].assign(
        **{key: [cell] for key, cell in (SHELTER | {"name": "生成のかくれた家"}).items()}
    )
    from geo.data.dataset import public_organisations

    both = offices.copy()
    both.loc[chosen] = secret
    data = replace(
        shipped, version="hidden", organisations=public_organisations(both, shipped.municipalities)
    )
    return data, chosen[0]


def test_a_hidden_place_is_in_no_byte(shipped):
    data, key = hidden(shipped)
    analysis = analyse(data, Parameters())
    layers = overlays(analysis, Choice(reached=tuple(data.fields.index)))
    name = data.organisations.at[key, "name"]
    for content in (folium_maps.html(analysis, layers), geopackage(analysis, layers)):
        for secret in (key, name, SHELTER["address"], "42.41122", "141.10332"):
            assert str(secret).encode() not in content
    everywhere = shapely.box(130, 40, 150, 50)
    inside = organisations_inside(data, everywhere, np.ones(len(data.organisations), bool))
    assert key not in inside.index


def test_a_file_carries_no_organisation_that_it_does_not_show(analysis):
    names = analysis.dataset.organisations["name"]
    page = folium_maps.html(analysis, Choice(organisations=False)).decode()
    assert [name for name in names if len(name) > 8 and name in page] == []


def test_a_measure_that_is_none_is_an_error(analysis):
    with pytest.raises(KeyError):
        overlays(analysis, Choice(measures=("lunch",)))


def test_every_measure_and_layer_can_be_laid_over(analysis):
    choice = Choice(tuple(measures_of(analysis)), reached=("children",), reached_from=("012301",))
    made = overlays(analysis, choice)
    assert len({one.key for one in made}) == len(made) == len(measures_of(analysis)) + 3
    state = json.loads(state_text(made, build(analysis.dataset)))
    assert {layer["kind"] for layer in state["layers"]} == {"towns", "shapes", "organisations"}


def test_a_catchment_holds_the_offices_that_travel_reaches_in_time(analysis):
    """The polygon and the table of minutes come from one formula."""
    towns, minutes = analysis.dataset.municipalities, analysis.travel.minutes
    offices = shapely.points(towns["office_lon"], towns["office_lat"])
    for code, limit in (("012301", 60), ("016101", 90), ("011002", 30)):
        shape = town_catchment(analysis, [code], limit)
        reached = minutes[towns.index.get_loc(code)] <= limit
        clear = np.abs(minutes[towns.index.get_loc(code)] - limit) > 0.5  # a circle has corners
        inside = shapely.covers(shape, offices)
        assert (inside == reached)[clear].all()


def test_a_catchment_reaches_as_far_as_the_last_way_takes(analysis):
    towns = analysis.dataset.municipalities.loc["015113"]  # 猿払村, wide and alone
    shape = town_catchment(analysis, ["015113"], 10)
    corners = shapely.get_coordinates(shape)
    far = great_circle_km(
        np.full(len(corners), towns["office_lat"]), np.full(len(corners), towns["office_lon"]),
        corners[:, 1], corners[:, 0],
    ).max()  # fmt: skip
    assert far == pytest.approx(10 * 60 / 60 / analysis.travel.detour, rel=0.01)


def test_more_offices_and_more_time_reach_more(analysis):
    less = field_catchment(analysis, ["children"], 30)
    more = field_catchment(analysis, ["children"], 60)
    wide = field_catchment(analysis, ["children", "poverty"], 60)
    assert 0 < less.area < more.area <= wide.area + 1e-9
    assert field_catchment(analysis, [], 60).is_empty


def test_a_fine_layer_is_drawn_coarsely_and_says_how(analysis):
    angle = np.linspace(0, 2 * np.pi, 3 * DRAWN_VERTICES)
    ring = shapely.Polygon(np.column_stack((142.5 + np.cos(angle), 43 + np.sin(angle))))
    made = frame([ring, shapely.Point(142, 42)], label=["a", "b"], detail=["", ""], shade=[0, 0])
    text, tolerance = Features(made, ("#000000",), ()).drawn
    kinds = [kind for kind, *_ in json.loads(text)]
    assert kinds == ["a", "p"]
    assert tolerance > 0
    assert len(text) < 30 * DRAWN_VERTICES


def test_json_text_keeps_what_it_holds():
    content = {"a{{": ["{%", {"b": {}}, "<&>"], "{": "{#"}
    text = json_text(content)
    assert json.loads(text) == content
    assert not any(sign in text for sign in ("{{", "{%", "{#", "<", ">", "&"))


# Choosing.


def test_towns_inside_are_chosen_by_office_by_area_or_by_people(shipped):
    town = shipped.boundaries.geometry.loc["012301"]
    for rule, least in (("office", 0), ("area", 0.99), ("people", 40_000)):
        assert towns_inside(shipped, town, rule=rule, least=least).index.tolist() == ["012301"]
    whole = towns_inside(shipped, shapely.box(130, 40, 150, 50), rule="area", least=1 - 1e-9)
    assert len(whole) == 179
    assert whole["people"].sum() == shipped.municipalities["population_2020"].sum()
    west = shapely.box(130, 40, town.centroid.x, 50)
    half = towns_inside(shipped, west, rule="area").loc["012301"]
    assert 0.3 < half["share"] < 0.7
    assert half["people"] == round(half["share"] * half["population"])
    with pytest.raises(KeyError):
        towns_inside(shipped, town, rule="lunch")


def test_organisations_inside_stand_at_their_point_or_at_the_office(shipped):
    shown = np.ones(len(shipped.organisations), bool)
    inside = organisations_inside(shipped, shipped.boundaries.geometry.loc["012301"], shown)
    owners = shipped.organisations["municipality_code"] == "012301"
    assert set(inside.index) == set(shipped.organisations.index[owners])
    assert inside["at_office"].tolist() == inside["lat"].isna().tolist()
    assert organisations_inside(shipped, SQUARE, np.zeros_like(shown)).empty


def feature(kind, coordinates, **properties):
    return {
        "type": "Feature",
        "geometry": {"type": kind, "coordinates": coordinates},
        "properties": properties,
    }


def test_drawn_shapes_go_into_an_address_and_come_back():
    told = [
        feature("Polygon", [[[142, 42], [142.5, 42], [142.5, 42.5], [142, 42]]]),
        feature("Point", [142.61234567, 42.3], radius=20_000.4),
    ]
    shapes = drawn_shapes(told)
    assert [kind for kind, *_ in shapes] == ["polygon", "circle"]
    assert read(written(shapes)) == shapes
    circle = area_of(shapes[1:])
    corners = shapely.get_coordinates(circle)
    away = great_circle_km(
        np.full(len(corners), 42.3), np.full(len(corners), 142.6123), corners[:, 1], corners[:, 0]
    )
    assert away == pytest.approx(20, rel=1e-3)


@pytest.mark.parametrize(
    "text", ["", "x", "c1", "c42,142,-5", "cnan,142,5", "p42,142,43,142", "c42,142,1e9", "p1,2,3,4,5,6", "<b>"]
)  # fmt: skip
def test_an_address_without_a_shape_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        read(text)


@pytest.mark.parametrize(
    "told",
    [None, [{}], [feature("Point", [142, 42])], [feature("Polygon", [])], [feature("Point", ["a", 42], radius=3)]],
)  # fmt: skip
def test_what_a_browser_says_is_checked(told):
    assert drawn_shapes(told) == []


# Taking away.


def test_geopackage_holds_every_layer_whole_with_a_style_of_its_own(analysis, tmp_path):
    mixed = frame(
        [SQUARE, shapely.LineString([(142, 42), (143, 43)]), shapely.Point(142, 42)],
        label=["生成の面", HOSTILE[4], "点"], detail=["", "", ""],
    )  # fmt: skip
    layers = [
        *overlays(analysis, Choice(("scarcity", "both"))),
        own_layer("own-1", 'gpkg_"x', mixed, "#B2182B"),
    ]
    path = tmp_path / "a.gpkg"
    path.write_bytes(geopackage(analysis, layers))
    found = gpd.list_layers(path)
    tables = [
        name
        for name, kind in zip(found["name"], found["geometry_type"], strict=True)
        if isinstance(kind, str)
    ]
    assert tables == [
        "不足度",
        "必要度 × 不足度",
        "団体(公表分)",
        "_gpkg_x_面",
        "_gpkg_x_線",
        "_gpkg_x_点",
    ]
    towns = gpd.read_file(path, layer="不足度")
    assert len(towns) == 179
    whole = analysis.dataset.boundaries.geometry.loc[towns["code"]].to_numpy()
    assert shapely.area(towns.geometry.to_numpy()) == pytest.approx(shapely.area(whole))
    with closing(sqlite3.connect(path)) as store:
        styles = dict(store.execute("SELECT f_table_name, styleQML FROM layer_styles"))
    assert set(styles) == set(tables)
    for style in styles.values():
        drawn = minidom.parseString(style)
        assert drawn.getElementsByTagName("category").length >= 1
    assert "0〜20未満" in styles["不足度"]


@pytest.mark.slow
def test_a_picture_shows_the_topmost_measure_and_the_shapes(analysis):
    layers = [*overlays(analysis, Choice(("need",))), own(["生成"])]
    plain = folium_maps.drawn(analysis, layers[:-1])
    assert folium_maps.drawn(analysis, layers).startswith(b"\x89PNG")
    assert folium_maps.drawn(analysis, layers) != plain
    assert folium_maps.drawn(analysis, [], "pdf").startswith(b"%PDF")


@pytest.mark.parametrize("made", [folium_maps, handout])
def test_a_file_carries_every_module_that_its_code_asks_for(made):
    named = set(made.MODULES)
    for name in named:
        source = (ASSETS / f"{name}.js").read_text(encoding="utf-8")
        assert set(re.findall(r'from "\./(\w+)\.js"', source)) <= named
