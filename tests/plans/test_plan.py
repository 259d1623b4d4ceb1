import json
from dataclasses import replace

import pytest

from geo.data.dataset import Dataset
from geo.errors import UnknownCodeError
from geo.methods.analysis import Analysis, analyse
from geo.methods.basis import flag_words
from geo.parameters import Parameters
from geo.plans.figures import computed
from geo.plans.plan import (
    Area,
    Contact,
    Plan,
    PlanError,
    VenueAsk,
    choices,
    compare,
    from_json,
    to_json,
)
from tests.plans.hidaka import DAY, hidaka_plan


@pytest.fixture(scope="module")
def plan(analysis: Analysis) -> Plan:
    return computed(hidaka_plan(analysis), analysis, DAY)


def test_plan_survives_json(plan: Plan):
    text = to_json(plan)
    assert from_json(text) == plan
    assert to_json(from_json(text)) == text


def test_plan_rests_on_figures_with_version_day_and_settings(
    plan: Plan, shipped: Dataset, analysis: Analysis
):
    assert plan.data_version == shipped.version
    assert plan.made_on == "2026-11-24"
    areas = plan.table("対象地域").frame().set_index("市町村")
    row = list(analysis.arrays.codes).index("016012")
    assert areas.at["日高町", "不足度(0〜100)"] == analysis.scarcity[row].round(1)
    assert areas.at["日高町", "区分"] == flag_words(analysis)[row]
    assert areas.at["日高町", "メモ"] == "要確認"
    assert f"不足度{analysis.scarcity[row]:.1f}点のうち" in areas.at["日高町", "理由"]
    indicators = plan.table("指標").frame().set_index("指標")["今日の値"]
    inside = (shipped.municipalities["subprefecture"] == "日高").to_numpy()
    assert indicators["資源少数区域"] == (analysis.flag[inside] == "few").sum()
    assert indicators["対象地域の人口"] == areas["人口(人)"].sum()
    assert "新ひだか町の1か所" in plan.sentence("venues")
    slower = analyse(shipped, Parameters(speed=45.0))
    assert computed(choices(plan), slower, DAY).parameters == slower.parameters


def test_contact_names_every_town_it_is_for(plan: Plan, shipped: Dataset):
    table = plan.table("聞く相手").frame().set_index("団体")
    names = shipped.organisations["name"]
    served = {}
    for contact in plan.contacts:
        office = names[shipped.services.at[contact.service, "organisation"]]
        served.setdefault(office, set()).add(shipped.municipalities.at[contact.code, "name"])
    assert sum(map(len, served.values())) == len(plan.contacts) == 5  # two have their own
    for office, towns in served.items():
        for town in towns:
            assert town in table.at[office, "どの市町村に"]


def test_choices_leave_the_figures_out(plan: Plan, analysis: Analysis):
    assert choices(plan).tables == ()
    assert computed(choices(plan), analysis, DAY) == plan


def test_comparison_names_what_differs_and_nothing_else(plan: Plan, analysis: Analysis):
    assert compare(plan, plan).empty
    other = computed(
        replace(
            choices(plan),
            areas=tuple(area for area in plan.areas if area.code != "016098"),
            contacts=tuple(one for one in plan.contacts if one.code != "016098"),
            venues=VenueAsk(k=2, minutes=60.0),
        ),
        analysis,
        DAY,
    )
    table = compare(plan, other).set_index("item")
    assert "えりも町" in table.at["対象地域", "one"]
    assert "えりも町" not in table.at["対象地域", "other"]
    assert table.at["会場の条件", "one"].startswith("1か所")
    assert table.at["会場の条件", "other"].startswith("2か所")
    left = [list(analysis.arrays.codes).index(area.code) for area in other.areas]
    few = (analysis.flag[left] == "few").sum()
    assert table.at["指標 資源少数区域 今日の値", "other"] == str(few)
    assert "題名" not in table.index


@pytest.mark.parametrize(
    "spoil",
    [
        lambda c: c.pop("areas"),
        lambda c: c.update(format=99),
        lambda c: c.update(surplus=1),
        lambda c: c["areas"][0].pop("code"),
        lambda c: c.update(title=3),
        lambda c: c["changes"].append({"kind": "explode"}),
        lambda c: c["tables"][0]["rows"].append(["too short"]),
        lambda c: c["parameters"].update(minutes=-1),
        lambda c: c.update(venues=[]),
    ],
)
def test_text_that_is_no_plan_is_refused_in_words(plan: Plan, spoil):
    content = json.loads(to_json(plan))
    spoil(content)
    with pytest.raises(PlanError, match="読めません"):
        from_json(json.dumps(content))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"plan"', "{}"])
def test_text_that_is_no_json_object_is_refused(text):
    with pytest.raises(PlanError):
        from_json(text)


def test_contact_of_a_service_out_of_the_data_is_named(analysis: Analysis):
    gone = Plan(areas=(Area("016012"),), contacts=(Contact("016012", "poverty", "gone"),))
    with pytest.raises(UnknownCodeError, match="gone"):
        computed(gone, analysis, DAY)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        '{"a":' * 200_000,
        "[" * 200_000 + "]" * 200_000,
        '{"format": 1, "title": "\\ud800"}',
        '{"format": 1}' + " " * 3_000_000,
    ],
    ids=["open lists", "open objects", "closed lists", "half a pair", "too long"],
)
def test_a_hostile_text_is_no_plan_and_breaks_nothing(text):
    with pytest.raises(PlanError, match="計画として読めません"):
        from_json(text)


def test_a_plan_whose_parts_are_of_another_shape_is_none(plan):
    for name, value in (
        ("parameters", []),
        ("parameters", {"weights": 1}),
        ("areas", [1]),
        ("venues", "x"),
        ("venues", {"k": float("inf"), "minutes": 1, "counted": "", "everywhere": 0, "fixed": []}),
        ("changes", [[]]),
        ("tables", [{"title": 1, "columns": 1, "rows": 1}]),
        ("sentences", {"a": 1}),
        ("title", 1),
    ):
        content = json.loads(to_json(plan)) | {name: value}
        with pytest.raises(PlanError, match=r"計画として読めません|形が違います"):
            from_json(json.dumps(content))
