import numpy as np
import pytest

from geo.data.vocabulary import APPROACHES
from geo.documents.meeting import TITLES, candidate_codes, screens
from geo.documents.projector import payload
from geo.errors import UnknownCodeError
from geo.methods.analysis import Analysis, analyse, approach_coverage
from geo.methods.findings import headline
from geo.methods.karte import field_rows
from geo.methods.need import lonely_people
from geo.parameters import Parameters
from geo.ui.tables import scarcity_columns


@pytest.fixture(scope="module")
def made(analysis: Analysis):
    return {screen.key: screen for screen in screens(analysis, town="012301", base="https://a.jp")}


def number(screen, label: str) -> str:
    return next(figure.number for figure in screen.figures if figure.label == label)


def test_every_screen_has_one_message_notes_and_a_source(made):
    assert list(made) == list(TITLES)
    for screen in made.values():
        assert screen.headline
        assert len(screen.headline) <= 40
        assert screen.notes
        assert screen.source
        assert len(screen.figures) <= 4


def test_numbers_are_those_of_the_pages(analysis: Analysis, made):
    found, table = headline(analysis), scarcity_columns(analysis)
    assert number(made["scarce"], "資源少数区域") == str(found.few)
    assert found.few == (table["区分"] == "資源少数区域").sum()
    assert number(made["scarce"], "うち頑健") == str(
        ((table["前提を変えても"] == "頑健") & (table["区分"] == "資源少数区域")).sum()
    )
    assert number(made["scarce"], "そこに住む人") == f"{found.share_of_people:.1%}"
    people = lonely_people(analysis.dataset.municipalities["population_2020"]).sum()
    assert f"約{people / 1e4:.0f}万人" == number(made["today"], "孤独を感じる人")
    for key in APPROACHES:
        local = (approach_coverage(analysis, key).count > 0).sum()
        assert number(made["approach"], f"アプローチ{key}") == f"{local}市町村"
    unknown = int((analysis.klass == "unknown").sum())
    assert number(made["ask"], "未確認のまま") == f"{unknown:,}"


def test_areas_are_the_candidates_unless_chosen(analysis: Analysis, made):
    table = scarcity_columns(analysis)
    wanted = set(table.loc[table["候補地域"] == "○", "市町村"])
    assert set(made["areas"].table["市町村"]) == wanted
    assert len(candidate_codes(analysis)) == len(wanted)
    (chosen,) = screens(analysis, keys=("areas",), areas=["012301", "014702"])
    assert chosen.table["市町村"].tolist() == ["登別市", "音威子府村"]
    marked = np.flatnonzero(chosen.view.outlined)
    assert set(analysis.dataset.municipalities.index[marked]) == {"012301", "014702"}


def test_no_area_at_all_is_said(analysis: Analysis):
    (screen,) = screens(analysis, keys=("areas",), areas=[])
    assert "まだ選ばれていない" in screen.headline


def test_town_up_close_is_the_karte(analysis: Analysis, made):
    rows = field_rows(analysis, "012301")
    local = (rows["class"] == "local").sum()
    assert f"{len(rows)}分野のうち{local}分野" in made["town"].headline
    assert len(made["partners"].table) == (rows["class"] != "local").sum()
    assert made["town"].address == "https://a.jp/karte?code=012301"


def test_presenter_picks_and_orders(analysis: Analysis):
    assert [screen.key for screen in screens(analysis, keys=("ask", "today"))] == ["ask", "today"]


def test_unknown_choice_is_named(analysis: Analysis):
    with pytest.raises(UnknownCodeError):
        screens(analysis, areas=["999999"])
    with pytest.raises(UnknownCodeError):
        screens(analysis, town="999999")
    with pytest.raises(KeyError):
        screens(analysis, keys=("lunch",))


def test_payload_has_a_picture_where_a_screen_has_a_map(analysis: Analysis, made):
    sent = payload(analysis, ("scarce", "partners", "ask"), None, "012301", "https://a.jp")
    scarce, partners, ask = sent
    assert scarce["picture"].startswith("<?xml")
    assert scarce["headline"] == made["scarce"].headline
    assert partners["picture"] == ""
    assert len(partners["table"]) - 1 + partners["left"] == len(made["partners"].table)
    assert "<svg" in ask["qr"]


def test_a_meeting_of_one_subprefecture_speaks_of_its_own_towns(shipped):
    inside = analyse(shipped, Parameters(within="振興局:胆振"))
    towns = shipped.municipalities
    mine = towns[towns["subprefecture"] == "胆振"]
    made = {screen.key: screen for screen in screens(inside)}
    assert made["today"].title == "胆振の今"
    assert number(made["today"], "人口") == f"{mine['population_2020'].sum() / 1e4:.0f}万人"
    here = shipped.organisations["municipality_code"].isin(mine.index).to_numpy()
    assert not made["today"].view.visible[~here].any()
    assert set(made["areas"].table["市町村"]) <= set(mine["name"])
    assert made["approach"].bars.iloc[:, 1:].sum(axis=1).eq(len(mine)).all()
    unknown = int((inside.klass[inside.compared] == "unknown").sum())
    assert number(made["ask"], "未確認のまま") == f"{unknown:,}"
