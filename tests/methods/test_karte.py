from dataclasses import replace

import pytest

from geo.errors import UnknownCodeError
from geo.methods.analysis import analyse
from geo.methods.collaboration import shared_gaps, sharing_neighbours
from geo.methods.karte import comparison, field_rows, peers
from geo.methods.partners import REACH, nearest_outside, services_for
from geo.parameters import Parameters
from geo.ui.karte import contacts_html, fields_html, here_html, link

NOBORIBETSU = "012301"


def test_every_field_of_every_town_type_has_a_row(analysis):
    for code in (NOBORIBETSU, "011002", "013676", "014702"):
        rows = field_rows(analysis, code)
        assert rows["field"].tolist() == list(analysis.arrays.fields)
        assert "<table" in fields_html(rows)


def test_nearest_of_a_missing_field_is_the_first_of_its_services(analysis):
    rows = field_rows(analysis, NOBORIBETSU).set_index("field")
    assert rows.at["children", "class"] == "neighbour"
    assert rows.at["children", "nearest_municipality"] == "室蘭市"
    assert rows.at["children", "minutes"] == pytest.approx(19, abs=3)
    reached = services_for(analysis, NOBORIBETSU, "children")
    assert reached["minutes"].min() == rows.at["children", "minutes"]


def test_services_come_in_order_of_kind_then_time_and_exclude_other_areas(analysis):
    table = services_for(analysis, NOBORIBETSU, "poverty")
    order = table["kind"].map(list(REACH).index)
    assert order.is_monotonic_increasing
    # 室蘭市 runs its own consultation for its own people; it is near, but not for 登別市.
    areas = analysis.dataset.services.loc[table["service"], "service_area"]
    assert all(
        not area or NOBORIBETSU in area or {"prefecture", "nation"} & set(area) for area in areas
    )


def test_nearest_outside_is_never_at_home(analysis):
    for field in analysis.arrays.fields:
        table = nearest_outside(analysis, NOBORIBETSU, field)
        assert "登別市" not in set(table["municipality"])
        assert table["minutes"].is_monotonic_increasing


def test_peers_are_the_nearest_in_population(analysis):
    towns = analysis.dataset.municipalities["population_2020"]
    found = peers(analysis, NOBORIBETSU)
    assert NOBORIBETSU not in found
    ratios = (towns / towns[NOBORIBETSU]).map(lambda r: max(r, 1 / r)).drop(NOBORIBETSU)
    assert set(found) == set(ratios.nsmallest(5).index)


def test_comparison_of_hokkaido_is_that_of_its_people_together(analysis):
    table = comparison(analysis, NOBORIBETSU, ["012050"]).set_index("name")
    towns = analysis.dataset.municipalities
    assert table.at["北海道", "population"] == 5_224_614
    assert table.at["北海道", "share_65plus"] == pytest.approx(
        towns["ipss_pop_65plus_2020"].sum() / 5_224_614
    )
    assert list(table.index) == ["登別市", "胆振(振興局)", "北海道", "室蘭市"]


def test_all_that_stands_in_a_town_is_listed_with_its_ways(analysis):
    html = here_html(analysis, NOBORIBETSU, editable=True)
    for field in analysis.arrays.fields:
        services = services_for(analysis, NOBORIBETSU, field)
        for organisation in services.loc[services["kind"] == "here", "organisation"]:
            assert f"directory?id={organisation}" in html
            assert f"editing?town={NOBORIBETSU}&amp;record={organisation}" in html
    assert "編集" not in here_html(analysis, NOBORIBETSU, editable=False)


def test_neighbours_lack_only_what_has_no_office_in_them(analysis):
    rows = field_rows(analysis, NOBORIBETSU).set_index("field")
    shared = shared_gaps(analysis, NOBORIBETSU)
    assert set(shared) == set(rows.index[rows["class"] != "local"])
    codes = analysis.dataset.municipalities.reset_index().set_index("name")["code"]
    for field, names in shared.items():
        assert names == tuple(sharing_neighbours(analysis, NOBORIBETSU, field)["name"])
        for name in names:
            assert (
                field_rows(analysis, codes[name]).set_index("field").at[field, "class"] != "local"
            )
    assert "室蘭市" not in shared["children"]


def test_field_that_is_here_names_who_is_here(analysis):
    for code in ("013676", NOBORIBETSU):
        rows = field_rows(analysis, code)
        assert (rows.loc[rows["class"] == "local", "nearest"] != "").all()


def test_unknown_town_and_field_are_refused(analysis):
    with pytest.raises(UnknownCodeError, match="999999"):
        field_rows(analysis, "999999")
    with pytest.raises(UnknownCodeError, match="magic"):
        services_for(analysis, NOBORIBETSU, "magic")


def test_field_with_nothing_says_whom_to_ask(analysis):
    services = analysis.dataset.services
    without = replace(analysis.dataset, services=services[services["field"] != "elderly"])
    html = contacts_html(analyse(without, Parameters()), NOBORIBETSU, "elderly")
    assert "登別市の福祉担当窓口と社会福祉協議会" in html
    assert "<table" in contacts_html(analysis, NOBORIBETSU, "children")


def test_only_web_addresses_become_links_and_text_stays_text():
    assert link("<b>x</b>", "javascript:alert(1)") == "&lt;b&gt;x&lt;/b&gt;"
    assert 'href="https://example.org/?a=1&amp;b=%22"' in link(
        "x", "https://example.org/?a=1&b=%22"
    )
