from datetime import date, timedelta

from geo.documents.projector import shown
from geo.documents.survey import round_screen
from geo.imports.reading import answers
from geo.methods.analysis import analyse
from geo.parameters import Parameters
from geo.plans.figures import computed
from geo.plans.maps import round_view
from geo.plans.plan import Area, Plan
from geo.plans.round import call, of_areas, reminders, sentence, status_table
from geo.records import loading
from geo.store import snapshot
from geo.store.database import reading
from geo.store.rounds import STATES, towns
from tests.generated import WRITER
from tests.generated_answers import TODAY, Letter, open_one

TOWN = "012301"


def round_with_one_answer(engine):
    data = snapshot.current()
    asked = open_one(engine, data)
    letter = Letter(data, asked, TOWN).check_all().add(0, name="生成の食堂")
    letter.look("食料支援", answers.THERE).look("居場所・交流", answers.ABSENT)
    found, _ = loading.read_files([("a.xlsx", letter.bytes())], data)
    loading.load(engine, data, asked.id, found, WRITER, TODAY)
    with reading(engine) as connection:
        return snapshot.current(), asked, towns(connection, asked.id)


def test_who_has_not_answered_is_late_after_the_deadline_and_is_called_first(engine):
    data, asked, known = round_with_one_answer(engine)
    table = status_table(data, asked, known, TODAY + timedelta(days=1))
    states = table.set_index("code")["state"]
    assert states[TOWN] == "questions"
    assert (states.drop(TOWN) == "overdue").all()
    assert reminders(table)["state"].tolist() == ["overdue"] * 10 + ["questions"]


def test_the_desk_to_call_stands_in_the_municipality_itself(shipped):
    for code in shipped.municipalities.index:
        name, phone = call(shipped, code)
        assert bool(name) == bool(phone)
        inside = shipped.organisations.query("municipality_code == @code")["phone"]
        assert not phone or phone in {*inside, shipped.municipal_offices.at[code, "phone"]}


def test_a_meeting_and_a_plan_say_how_far_the_round_of_its_areas_is(engine):
    data, asked, known = round_with_one_answer(engine)
    words = sentence(data, asked, known, TODAY)
    assert "11市町村のうち1市町村が回答" in words
    screen = round_screen(data, asked, known, TODAY, "https://a.jp")
    sent = shown(analyse(data, Parameters()), screen)
    assert sent["title"] == "調査の回答"
    assert sent["headline"].endswith("新しい団体が1件見つかった")
    assert f"round={asked.id}" in sent["address"]
    assert sent["picture"]
    with reading(engine) as connection:
        told = of_areas(connection, data, (TOWN,), TODAY)
        assert of_areas(connection, data, ("011002",), TODAY) == ()
    plan = computed(
        Plan(areas=(Area(TOWN),)), analyse(data, Parameters()), date(2026, 1, 1), surveys=told
    )
    assert words in [line for _, line in plan.sentences]


def test_the_map_has_a_legend_for_each_state_and_for_what_is_outside(engine):
    data, asked, known = round_with_one_answer(engine)
    view = round_view(data, status_table(data, asked, known, TODAY))
    assert len(view.legend) == len(STATES) + 1
    assert view.values[data.municipalities.index.get_loc("011002")] == "調査回の範囲の外"
