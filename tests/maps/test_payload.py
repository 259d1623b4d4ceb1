import base64
import dataclasses
import json

import numpy as np
import pytest
import shapely
from streamlit.testing.v1 import AppTest

from benchmarks import generated
from geo.data.dataset import load
from geo.maps import payload
from geo.maps.view import BivariateKey, LegendEntry, MapView
from geo.store import snapshot

SECRET = "秘密の家"


@pytest.fixture(scope="module")
def data(shipped):
    return payload.build(shipped)


def view(data, **options):
    towns = len(data.codes)
    settings = {
        "title": "図",
        "measure": "不足度",
        "unit": "点",
        "palette": ("#FFFFFF", "#C9CFD6"),
        "colours": np.zeros(towns, int),
        "values": ["1.0"] * towns,
        "legend": (LegendEntry("#FFFFFF", "足りている"),),
    }
    return MapView(**(settings | options))


def files(data):
    return {name: json.loads(content) for name, content in data.files.items()}


def test_every_municipality_is_drawn_once_and_the_northern_territories_apart(shipped, data):
    boundaries = files(data)["boundaries.json"]
    assert [town["code"] for town in boundaries["towns"]] == list(shipped.municipalities.index)
    assert boundaries["northern"]
    assert len(boundaries["subprefectures"]) == 14


def test_subprefecture_circles_stand_inside_their_area(shipped, data):
    boundaries = files(data)["boundaries.json"]
    for number, area in enumerate(boundaries["subprefectures"]):
        codes = [t["code"] for t in boundaries["towns"] if t["subprefecture"] == number]
        lat, lon = area["centre"]
        assert shipped.boundaries.loc[codes].contains(shapely.Point(lon, lat)).any(), area["name"]


def test_only_public_and_placed_organisations_are_on_the_map(shipped, data):
    organisations = shipped.organisations
    expected = organisations[
        organisations["location_public"] & (organisations["municipality_code"] != "")
    ]
    assert data.organisations == tuple(expected.index)
    assert files(data)["organisations.json"]["id"] == list(expected.index)


def test_a_hidden_record_is_in_no_byte_even_when_its_place_slipped_into_the_dataset(shipped):
    organisations = shipped.organisations.copy()
    hidden = organisations.index[organisations["municipality_code"] != ""][0]
    organisations.loc[hidden, ["name", "location_public"]] = [SECRET, False]
    organisations.loc[hidden, ["lat", "lon"]] = [43.123456, 141.654321]
    data = payload.build(dataclasses.replace(shipped, organisations=organisations))
    assert hidden not in data.organisations
    state = json.dumps(payload.encode(view(data), data), ensure_ascii=False)
    sent = b"".join(data.files.values()).decode() + state
    for trace in (SECRET, hidden, "43.12346", "141.65432"):
        assert trace not in sent


def test_a_row_known_to_its_municipality_has_no_coordinates(shipped, data):
    organisations = files(data)["organisations.json"]
    without = shipped.organisations.loc[list(data.organisations), "lat"].isna()
    assert [lat is None for lat in organisations["lat"]] == without.tolist()


def test_the_version_names_the_content(shipped, data):
    renamed = shipped.organisations.copy()
    renamed.loc[data.organisations[0], "name"] = "別の名前"
    other = payload.build(dataclasses.replace(shipped, organisations=renamed))
    assert other.version != data.version
    assert payload.build(shipped).version == data.version


def test_visible_organisations_are_one_bit_each_in_the_order_of_the_map(shipped, data):
    visible = np.arange(data.total) % 3 == 0
    state = payload.encode(view(data, visible=visible), data)
    bits = np.frombuffer(base64.b64decode(state["visible"]), np.uint8)
    bits = np.unpackbits(bits, bitorder="little")[: len(data.organisations)]
    shown = shipped.organisations.index[visible]
    assert [bool(bit) for bit in bits] == [i in set(shown) for i in data.organisations]


def test_state_is_plain_json_with_flags_texts_and_keys(data):
    towns = len(data.codes)
    flags = np.arange(towns) == 1
    key = BivariateKey(("#FFFFFF",) * 9, "不足度", "必要度")
    state = payload.encode(
        view(
            data,
            values=["多い" if flag else "少ない" for flag in flags],
            details=[""] * towns,
            hatched=flags,
            outlined=~flags,
            highlighted=data.codes[2],
            focus=(41.0, 140.0, 42.0, 141.0),
            bivariate=key,
        ),
        data,
    )
    assert json.loads(json.dumps(state))["hatched"] == "01" + "0" * (towns - 2)
    assert state["outlined"] == "10" + "1" * (towns - 2)
    assert state["values"] == [["少ない", "多い"], [0, 1] + [0] * (towns - 2)]
    assert state["highlighted"] == 2
    assert state["bivariate"] == [["#FFFFFF"] * 9, "不足度", "必要度"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"colours": [0]}, "colours has 1 entries, not 179"),
        ({"values": ["1"]}, "values has 1 entries"),
        ({"hatched": [True]}, "hatched has 1 entries"),
        ({"visible": [True]}, "visible has 1 entries"),
        ({"colours": [2] * 179}, "outside the palette"),
        ({"colours": [-1] * 179}, "outside the palette"),
        ({"palette": ("#000000",) * 37}, "at most 36"),
        ({"focus": "999999"}, "not a municipality"),
        ({"highlighted": "999999"}, "not a municipality"),
    ],
)
def test_a_view_that_does_not_fit_the_data_is_refused(data, options, message):
    with pytest.raises(ValueError, match=message):
        payload.encode(view(data, **options), data)


def test_a_bivariate_key_has_nine_colours():
    with pytest.raises(ValueError, match="9 colours, not 3"):
        BivariateKey(("#FFFFFF",) * 3, "x", "y")


def test_revision_follows_the_state(data):
    first = payload.encode(view(data), data)
    assert payload.revision(first) == payload.revision(dict(first))
    other = payload.encode(view(data, note="出典"), data)
    assert payload.revision(first) != payload.revision(other)


@pytest.mark.parametrize(("count", "limit"), [(2_000, 30_000), (10_000, 80_000)])
def test_what_a_rerun_sends_stays_small(tmp_path, count, limit):
    generated.write(tmp_path, count)
    many = load(tmp_path)
    data = payload.build(many)
    assert len(data.organisations) == count
    different = [f"{number}.5点・生成" for number in range(len(data.codes))]
    state = payload.encode(view(data, values=different, details=different), data)
    assert len(json.dumps(state)) < limit


def test_generated_points_lie_in_their_municipality_and_are_named_so(shipped):
    made = generated.organisations(shipped, 300)
    polygons = shipped.boundaries.geometry.loc[made["municipality_code"]].to_numpy()
    assert shapely.contains_xy(polygons, made["lon"], made["lat"]).all()
    assert made["name"].str.startswith("生成 ").all()


def page():
    import numpy as np
    import streamlit as st

    from geo.maps.view import LegendEntry, MapView
    from geo.store import snapshot
    from geo.ui.components import hokkaido_map

    towns = len(snapshot.current().municipalities)
    event = hokkaido_map(
        snapshot.current(),
        MapView(
            title="図",
            measure="不足度",
            unit="",
            palette=("#FFFFFF",),
            colours=np.zeros(towns, int),
            values=["1"] * towns,
            legend=(LegendEntry("#FFFFFF", "白"),),
        ),
        key="map",
    )
    st.write(str(event))


def test_the_component_runs_without_a_browser_and_names_its_files_by_content():
    app = AppTest.from_function(page, default_timeout=30).run()
    assert not app.exception
    assert "municipality=None" in app.markdown[0].value
    [component] = app.get("bidi_component")
    data = json.loads(component.proto.mixed.json or component.proto.json)
    current = payload.of(snapshot.current())
    assert data["files"] == f"map/{current.version}/"
    assert "://" not in component.proto.js_content + component.proto.html_content
