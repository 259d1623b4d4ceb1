import pytest
from streamlit.testing.v1 import AppTest

from geo.data import dataset
from geo.store import snapshot
from tests.ui.opened import APP, PAGES, html, open_page


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


def test_code_that_does_not_exist_falls_back():
    assert open_page("karte", code="<script>").title[0].value == "登別市 市町村カルテ"


def test_catchment_moves_the_flags():
    slow, fast = open_page("gaps", t="30"), open_page("gaps", t="120")
    assert "到達圏30分" in html(slow)
    assert html(slow) != html(fast)


@pytest.mark.parametrize(
    ("tab", "words"),
    [
        ("分野の一覧表", "斜線は暫定"),
        ("アプローチ別", "掘り起こしの対象"),
        ("振興局・医療圏別", "全道の値です"),
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
    assert any("1,000通り" in text.value for text in app.markdown)


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


def test_broken_data_is_told_in_japanese_on_every_page(copied, monkeypatch):
    path = copied / "needs.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("food,", "food2,", 1), "utf-8")
    (copied / "services.csv").unlink()
    monkeypatch.setenv(dataset.DIRECTORY_VARIABLE, str(copied))
    app = AppTest.from_file(APP, default_timeout=60).run()
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
