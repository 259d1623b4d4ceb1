import pytest
from streamlit.testing.v1 import AppTest

from geo.imports.seed import open_store
from geo.methods.what_if import Outpost
from geo.parameters import Parameters
from geo.plans import saved
from geo.plans.plan import Area, Contact, Plan, VenueAsk
from geo.ui.plan.draft import with_figures
from tests.generated import WRITER
from tests.ui.opened import html, open_page


@pytest.fixture(autouse=True)
def may_write(own_store, monkeypatch):
    monkeypatch.setenv("SHIGEN_WRITE", "1")


HIDAKA = "016012,016021,016047,016071,016080,016098,016101"


def open_plan_page(**query: str) -> AppTest:
    return open_page("plan", **query)


def press(app: AppTest, label: str) -> AppTest:
    button = next(one for one in app.button if one.label == label)
    return button.click().run()


def words(app: AppTest) -> str:
    return html(app) + "".join(str(one.value) for one in [*app.markdown, *app.info, *app.warning])


@pytest.mark.parametrize("step", ["areas", "partners", "venues", "what_if", "document", "saved"])
@pytest.mark.parametrize("areas", ["", HIDAKA])
def test_every_step_draws_with_and_without_areas(step, areas):
    app = open_plan_page(step=step, areas=areas)
    assert not app.exception
    assert not app.error
    assert "機械的に用いないでください" in html(app)
    if not areas:
        assert app.info  # says what to do


def test_areas_come_from_the_address_and_from_a_list():
    app = open_plan_page(areas="016012,<script>,016098")
    assert "対象は<b>2市町村</b>(日高町・えりも町)" in html(app)
    app = open_plan_page(subprefecture="日高", list="all")
    assert "対象は<b>0市町村</b>" in html(app)
    app = press(app, "この一覧の7市町村を加える")
    assert "対象は<b>7市町村</b>" in html(app)
    assert len(app.query_params["areas"].split(",")) == 7


def test_venues_of_the_address_are_found_and_kept_for_the_plan():
    app = open_plan_page(step="venues", areas=HIDAKA, k="1")
    assert "新ひだか町の1か所" in words(app)
    assert "会場は<b>1か所</b>" in html(app)


def test_step_by_step_to_a_saved_plan_that_its_link_reopens(store_url):
    app = open_plan_page(step="partners", areas=HIDAKA, fields="poverty")
    app = press(app, "全7市町村: 分野ごとに最も近い1件を選ぶ")
    assert "聞く相手は<b>2件</b>" in html(app)
    app.session_state["step"] = "venues"
    app.run()
    app.session_state["step"] = "what_if"
    app.run()
    app = press(app, "仮定を加える")
    assert "仮定は<b>1件</b>" in html(app)
    app = press(app, "保存")
    assert not app.exception
    (entry,) = saved.list_plans(open_store())
    assert app.query_params["plan"] == entry.id
    kept = saved.open_plan(open_store(), entry.id).plan
    assert len(kept.areas) == 7
    assert kept.contacts
    assert kept.changes
    assert kept.venues is not None
    assert kept.table("指標") is not None

    again = open_plan_page(plan=entry.id, step="document")
    assert not again.exception
    assert "対象は<b>7市町村</b>" in html(again)
    assert "聞く相手は<b>2件</b>" in html(again)
    assert "会場は<b>2か所</b>" in html(again)
    assert "仮定は<b>1件</b>" in html(again)
    assert next(one for one in again.button if one.label == "保存").disabled


def test_plan_made_on_other_data_says_so_and_keeps_its_figures(analysis):
    old = with_figures(Plan(), analysis)
    key = saved.save(open_store(), Plan(**{**vars(old), "data_version": "0123456789ab"}), WRITER).id
    app = open_plan_page(plan=key, step="document")
    assert "データ版 0123456789ab で作りました" in words(app)
    app = press(app, "今のデータで計算し直す")
    assert "0123456789ab" not in words(app)
    press(app, "保存")
    assert saved.open_plan(open_store(), key).plan.data_version == analysis.dataset.version


def test_link_to_a_plan_that_is_gone_says_so_and_starts_anew(empty_url):
    app = open_plan_page(plan="nothere")
    assert not app.exception
    assert "保存されていません" in words(app)
    assert "plan" not in app.query_params


def test_two_saved_plans_are_listed_copied_and_compared(store_url):
    app = open_plan_page(areas=HIDAKA)
    press(app, "保存")
    (entry,) = saved.list_plans(open_store())
    app.session_state["step"] = "saved"
    app.run()
    app.button(key=f"copy_{entry.id}").click().run()
    assert len(saved.list_plans(open_store())) == 2
    assert any("2つの計画を比べる" in one.value for one in app.subheader)
    shown = [frame.value for frame in app.dataframe][-1]
    assert shown["項目"].tolist() == ["題名"]


def test_plan_with_what_the_data_no_longer_has_opens_without_it():
    plan = Plan(
        areas=(Area("016012"), Area("999999")),
        fields=("poverty", "karaoke"),
        contacts=(Contact("016012", "poverty", "gone"),),
        changes=(Outpost("gone", "016012"),),
        venues=VenueAsk(k=99, minutes=50.0, fixed=("000000",)),
        parameters=Parameters(minutes=47.0, speed=50.0),
    )
    key = saved.save(open_store(), plan, WRITER).id
    for step in ("areas", "partners", "venues", "what_if", "document"):
        app = open_plan_page(plan=key, step=step)
        assert not app.exception, step
        assert "今のデータにないため" in words(app), step
        assert "gone" in words(app)
        assert "対象は<b>1市町村</b>(日高町)" in html(app)
        assert not app.error
