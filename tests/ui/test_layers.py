"""重ね地図 by its address: what is laid over, in which order and how."""

import json

import pytest

from geo.maps import selection
from geo.ui.layers import chosen
from tests.ui.opened import html, open_page


def layers(app):
    """Return what the page tells the map, the lowest layer first."""
    (instance,) = (
        one for one in app.get("component_instance") if "st_folium" in one.proto.component_name
    )
    script = json.loads(instance.proto.json_args)["feature_group"]
    start = script.index("window.hk.apply(") + len("window.hk.apply(")
    state, _ = json.JSONDecoder().raw_decode(script[start:])
    return state["layers"]


def titles(app):
    return [layer["title"] for layer in layers(app)]


def test_page_opens_on_scarcity_and_the_organisations():
    app = open_page("layers")
    assert not app.exception
    assert titles(app) == ["不足度", "団体(公表分)"]
    assert any("範囲を描くと" in info.value for info in app.info)


def test_an_address_says_what_is_laid_over():
    app = open_page(
        "layers",
        over="need:2050,class:food",
        nopoints="1",
        reach="children",
        **{"from": "012301", "areas": "016101", "meet": "016101", "t": "30"},
    )
    assert not app.exception
    assert titles(app) == [
        "必要度 2050年",
        "分野の充足区分: 食料支援",
        "到達圏 30分(子ども・子育て・学習の窓口から)",
        "到達圏 30分(選んだ市町村の役場から)",
        "調査の対象地域",
        "会場",
    ]


def test_nothing_laid_over_says_what_to_do():
    app = open_page("layers", over="", nopoints="1")
    assert not app.exception
    assert any("色分け" in info.value for info in app.info)


def test_an_address_says_order_opacity_and_names():
    look = "organisations~2~100~0~-1;measure-scarcity~1~50~1~-1"
    app = open_page("layers", look=look)
    assert titles(app) == ["団体(公表分)", "不足度"]
    top = layers(app)[-1]
    assert (top["opacity"], top["labels"]) == (0.5, True)
    assert app.query_params["look"] == look


@pytest.mark.parametrize("look", ["<b>", "a~1~50~1", "a~0~50~1~0", "a~1~5~1~0", "a~1~50~1~99", ""])
def test_a_look_that_is_none_leaves_the_address(look):
    app = open_page("layers", look=look)
    assert not app.exception
    assert titles(app) == ["不足度", "団体(公表分)"]
    assert "look" not in app.query_params


def test_a_look_comes_back_as_it_was_written():
    look = {"own-1": (1, 60, True, "緑"), "measure-need": (2, 90, False, "")}
    assert chosen._read(chosen._write(look)) == look


@pytest.mark.parametrize(
    ("query", "rule", "least", "metres"),
    [
        ({"rule": "office"}, "office", 0, 41_000),
        ({"rule": "area", "least": "100"}, "area", 1, 41_000),
        ({"rule": "people", "people": "10000"}, "people", 10_000, 41_000),
        ({"around": "60"}, "office", 0, 101_000),
    ],
)
def test_the_shape_of_an_address_chooses_by_the_rule_of_the_address(
    shipped, query, rule, least, metres
):
    app = open_page("layers", drawn="c42.2500,142.7500,41000", **query)
    assert not app.exception
    area = selection.area_of([("circle", [42.25, 142.75], metres)])
    expected = selection.towns_inside(shipped, area, rule=rule, least=least)
    assert len(expected) > 1
    assert f'市町村</div><div class="figure">{len(expected)} <' in html(app)


@pytest.mark.parametrize("drawn", ["<b>", "c42", "p1,2,3", "c42.25,142.75,-5"])
def test_a_shape_that_is_none_leaves_the_address(drawn):
    app = open_page("layers", drawn=drawn)
    assert not app.exception
    assert "drawn" not in app.query_params


def test_towns_inside_become_the_areas_of_the_plan_or_the_range_compared():
    app = open_page("layers", drawn="c42.2500,142.7500,41000")
    app.button(key="inside_to_plan").click().run()
    assert "016101" in app.session_state["areas"]
    assert "調査の対象地域" in titles(app)
    app.button(key="inside_to_range").click().run()
    assert not app.exception
    assert "比べる範囲: 選んだ4市町村" in html(app)
