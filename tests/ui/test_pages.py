import io
import json
import re

import pandas as pd
import pytest
from pptx import Presentation
from streamlit.testing.v1 import AppTest

from data.renumber import renumber
from geo.data import dataset
from geo.documents.sheet import compose
from geo.methods.analysis import analyse
from geo.methods.findings import headline
from geo.parameters import Parameters
from geo.store import snapshot
from tests.ui.opened import PAGES, html, open_page


@pytest.mark.parametrize("page", PAGES)
def test_page_draws_with_its_source_and_without_an_error(page):
    app = open_page(page)
    assert not app.exception
    assert not app.error
    assert app.title
    assert "データ版" in html(app)
    assert "機械的に用いないでください" in html(app)


def test_first_page_says_how_many_towns_are_scarce():
    assert "資源少数区域" in html(open_page("overview"))


def test_karte_opens_on_noboribetsu_and_on_any_code():
    assert open_page("karte").title[0].value == "登別市 市町村カルテ"
    assert open_page("karte", code="014702").title[0].value == "音威子府村 市町村カルテ"


def test_karte_says_what_its_sheet_says():
    sheet = compose(analyse(snapshot.current(), Parameters()), "014702")
    page = html(open_page("karte", code="014702"))
    words = re.sub(r"<[^>]+>", "", page)
    assert sheet.finding in words
    assert f"(全{len(sheet.rows)}分野)" in page
    assert sheet.level in "".join(text.value for text in open_page("karte", code="014702").markdown)
    for figure in sheet.figures:
        assert f"{figure.label}{figure.number} {figure.of}" in words


def test_code_that_does_not_exist_falls_back_and_says_so():
    app = open_page("karte", code="<script>")
    assert app.title[0].value == "登別市 市町村カルテ"
    assert "<script>" not in app.warning[0].value
    assert "code=999999 は使えません" in open_page("karte", code="999999").warning[0].value
    assert not open_page("karte", code="014702").warning


def test_karte_begins_with_whom_to_call():
    app = open_page("karte")
    heads = [head.value for head in app.subheader]
    assert heads[0] == "まず電話する"
    page = html(app)
    assert page.index("tel:0143851911") < page.index("不足度")
    assert "ここにあるもの" in heads[1]


def test_catchment_moves_the_flags():
    slow, fast = open_page("gaps", t="30"), open_page("gaps", t="120")
    assert "到達圏30分" in html(slow)
    assert html(slow) != html(fast)


@pytest.mark.parametrize(
    ("tab", "words"),
    [
        ("分野の一覧表", "斜線は暫定"),
        ("アプローチ別", "掘り起こしの対象"),
        ("振興局・医療圏別", "比べる範囲の値です"),
        ("順位", "順に並べています"),
    ],
)
def test_every_tab_of_the_gaps_opens_from_its_address(tab, words):
    app = open_page("gaps", tab=tab)
    assert not app.exception
    assert any(words in caption.value for caption in app.caption)


def test_robustness_is_explained():
    app = open_page("gaps", tab="頑健さ")
    assert not app.exception
    assert any("10,000回" in text.value for text in app.markdown)


def test_area_without_a_town_says_what_to_do():
    app = open_page("gaps", subprefecture="胆振", area="宗谷")
    assert not app.exception
    assert "減らしてください" in app.info[0].value


def test_weight_of_a_field_moves_the_result_and_enters_the_address():
    app = open_page("gaps")
    before = html(app)
    app.slider(key="weight_mental").set_value(0.0).run()
    assert not app.exception
    assert html(app) != before
    assert app.query_params["field_weights"] == "mental:0"
    # The same link opened by somebody else shows the same figures.
    assert html(open_page("gaps", field_weights="mental:0")) == html(app)


def test_directory_finds_by_need_and_says_so_when_nothing_is_found():
    app = open_page("directory", need="food")
    assert "フードバンク" in html(app)
    empty = open_page("directory", q="存在しない名前")
    assert not empty.exception
    assert "掘り起こし" in empty.info[0].value


def test_record_opens_by_its_id():
    data = snapshot.current()
    some = data.organisations.index[5]
    assert data.organisations.at[some, "name"] in html(open_page("directory", id=some))


def test_a_record_opens_by_the_id_that_it_had_before_unless_it_is_hidden(copied, monkeypatch):
    offices = pd.read_csv(copied / "organisations.csv", dtype=str, keep_default_na=False)
    offers = pd.read_csv(copied / "services.csv", dtype=str, keep_default_na=False)
    public = offices.index[offices["location_public"] == "yes"][:2]
    for old, row in zip(("first-011002-1", "first-011002-2"), public, strict=True):
        offers.loc[offers["organisation"] == offices.at[row, "organisation"], "organisation"] = old
        offices.at[row, "organisation"] = old
    offices.to_csv(copied / "organisations.csv", index=False)
    offers.to_csv(copied / "services.csv", index=False)
    renumber(copied)
    shown, hidden = offices.loc[public, "name"]
    text = (copied / "organisations.csv").read_text(encoding="utf-8")
    lines = [
        one.replace(",yes,", ",no,") if f",{hidden}," in one else one for one in text.split("\n")
    ]
    (copied / "organisations.csv").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv(dataset.DIRECTORY_VARIABLE, str(copied))
    assert shown in html(open_page("directory", id="first-011002-1"))
    asked, unknown = (
        open_page("directory", id=one) for one in ("first-011002-2", "first-012301-2")
    )
    assert hidden not in html(asked)
    assert html(asked) == html(unknown)
    assert [one.value for one in asked.info] == [one.value for one in unknown.info]


def test_broken_data_is_told_in_japanese_on_every_page(copied, monkeypatch):
    path = copied / "needs.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("food,", "food2,", 1), "utf-8")
    (copied / "services.csv").unlink()
    monkeypatch.setenv(dataset.DIRECTORY_VARIABLE, str(copied))
    app = open_page("overview")
    assert not app.exception
    assert "データを読み込めません" in app.error[0].value
    assert "services.csv: ファイルがありません" in app.code[0].value


@pytest.mark.parametrize(
    "query",
    [
        {"measure": "class", "field": "food"},
        {"measure": "relative", "field": "health", "need": "food,debt"},
        {"measure": "both", "year": "2050"},
        {"measure": "need", "year": "2030", "subprefecture": "胆振,日高", "approach": "1"},
        {
            "measure": "missing",
            "mode": "phone",
            "area": "西胆振",
            "confidence": "C",
            "partial": "1",
        },
        {"measure": "<b>", "field": "x", "t": "-3", "speed": "abc", "fields": "x,y"},
    ],
)
def test_every_setting_of_the_map_opens_from_its_address(query):
    app = open_page("overview", **query)
    assert not app.exception
    assert not app.error


WEIGHTS = {"field_weights": "health:3,poverty:0"}
WEIGHTED = Parameters(weights=(("health", 3.0), ("poverty", 0.0)))


def slide_words(app: AppTest) -> str:
    app.button(key="make_slides").click().run()
    deck = Presentation(io.BytesIO(app.session_state["made_slides"][1]))
    return "\n".join(
        shape.text_frame.text
        for slide in deck.slides
        for shape in slide.shapes
        if shape.has_text_frame
    )


def overlaid_state(app: AppTest) -> str:
    (instance,) = (
        one for one in app.get("component_instance") if "st_folium" in one.proto.component_name
    )
    return json.loads(instance.proto.json_args)["feature_group"]


# Of every page that shows a figure resting on the weights: where it stands, how it is written.
RESTING = {
    "overview": (html, {}, "最も不足するのは{worst}。"),
    "gaps": (html, {}, "候補地域は<b>{candidates}市町村</b>"),
    "karte": (html, {}, '<div class="figure">{scarcity:.1f} <'),
    "plan": (
        lambda app: str(app.selectbox(key="list").options),
        {},
        "'候補地域({candidates}市町村)'",
    ),
    "layers": (overlaid_state, {}, '"{scarcity:.1f}"'),
    "meeting": (html, {"screens": "ask"}, "地域は{candidates}市町村です"),
    "reports": (
        slide_words,
        {"screens": "areas", "document": "スライドと配布資料"},
        "調べる地域は{candidates}市町村",
    ),
}


def figure(page: str, chosen: Parameters) -> str:
    analysis = analyse(snapshot.current(), chosen)
    place = analysis.dataset.municipalities.index.get_loc("012301")
    return RESTING[page][2].format(
        **vars(headline(analysis)) | {"worst": "、".join(headline(analysis).worst)},
        scarcity=analysis.scarcity[place],
    )


@pytest.mark.parametrize("page", PAGES)
def test_weights_travel_with_a_link_to_every_page(page):
    app = open_page(page, **WEIGHTS, **RESTING.get(page, (None, {}))[1])
    assert not app.exception
    assert ("計算の条件: " in html(app)) == (page in RESTING)
    if page in RESTING:
        assert "重みを変更" in html(app)
        assert figure(page, WEIGHTED) != figure(page, Parameters())
        assert figure(page, WEIGHTED) in RESTING[page][0](app)


@pytest.mark.parametrize("page", ["gaps", "status", "methods"])
def test_settings_of_a_link_hold_on_the_page_that_is_opened_next(page):
    app = open_page(page, **WEIGHTS, t="90", speed="45", c="1", partial="1")
    app.query_params.clear()
    app.switch_page("pages/overview.py").run()
    assert "到達圏90分、平均速度45km/h" in html(app)
    assert "確度A・B・C、未完成の分野を含む(暫定)、重みを変更" in html(app)


@pytest.mark.parametrize(
    "text", ["health:nan", "health:inf", "health", "nothing:2", "health:1", ""]
)
def test_weights_that_say_nothing_leave_the_figures_alone(text):
    app = open_page("karte", field_weights=text)
    assert not app.exception
    assert "重みを変更" not in html(app)
    assert figure("karte", Parameters()) in html(app)


def test_weights_are_put_back_by_their_button():
    app = open_page("gaps", **WEIGHTS)
    assert app.slider(key="weight_health").value == 3.0
    next(one for one in app.button if one.label == "重みを戻す").click().run()
    assert app.slider(key="weight_health").value == 1.0
    assert "field_weights" not in app.query_params
    assert figure("gaps", Parameters()) in html(app)


@pytest.mark.parametrize("page", sorted(RESTING))
def test_range_and_need_profile_travel_with_a_link_to_every_page(page):
    app = open_page(page, range="胆振", profile="working", **RESTING[page][1])
    assert not app.exception
    assert "比べる範囲: 胆振(振興局、11市町村)" in html(app)
    assert "必要度の見方: 働く世代・若者" in html(app)


def test_range_that_is_none_falls_back_to_all_of_hokkaido():
    app = open_page("gaps", range="<b>", profile="x")
    assert not app.exception
    assert "比べる範囲: 全道" in html(app)


def test_every_field_says_why_it_enters_or_not():
    app = open_page("gaps", tab="判定に入る分野")
    assert not app.exception
    table = app.dataframe[0].value.set_index("分野")
    assert len(table) == 17
    assert {"判定に入る", "未完成", "差がつかない", "同じ窓口"} == set(table["判定"])
