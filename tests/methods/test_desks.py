import pytest

from geo.data.telephone import callable_numbers
from geo.errors import UnknownCodeError
from geo.methods.desks import PER_THOUSAND, desks, desks_by_law, statistics


def test_every_municipality_has_at_least_two_numbers_to_call(shipped):
    for code in shipped.municipalities.index:
        found = desks(shipped, code)
        assert sum(len(callable_numbers(phone)) for phone in found["phone"]) >= 2, code


def test_noboribetsu_calls_its_own_desk_first_with_its_address(shipped):
    found = desks(shipped, "012301")
    assert found["name"].iloc[0] == "登別市生活支援相談室"
    assert found["phone"].iloc[0] == "0143-85-1911"
    assert (found["address"].iloc[:2] != "").all()
    assert (found["source"] != "").all()


def test_desk_of_another_town_that_stands_here_is_not_ours(shipped):
    for code in shipped.municipalities.index[:60]:
        for organisation in filter(None, desks(shipped, code)["organisation"]):
            services = shipped.services[shipped.services["organisation"] == organisation]
            wide = {"nation", "prefecture"}
            assert any(
                not area or code in area or wide & set(area) for area in services["service_area"]
            )


def test_uncertain_records_are_not_called(shipped):
    for code in ("011002", "012025", "012041"):
        assert "C" not in set(desks(shipped, code)["confidence"])


def test_desks_by_law_are_no_organisations_and_leave_out_what_was_read(shipped):
    names = set(shipped.organisations["name"])
    for code in ("012301", "015865"):
        found = desks_by_law(shipped, code)
        assert not set(found["name"]) & names
        assert (found["source"] != "").all()
    read = shipped.organisations.query("layer == 'shakyo'")["municipality_code"].iloc[0]
    assert "社会福祉協議会" not in " ".join(desks_by_law(shipped, read)["name"])


def test_statistics_stand_beside_hokkaidos_per_thousand(shipped):
    table = statistics(shipped, "012301", ["012050"]).set_index("column")
    assert table.at["doctors_2022", "value"] == 54
    people = shipped.municipalities.at["012301", "population_2020"]
    assert table.at["doctors_2022", f"{PER_THOUSAND}登別市"] == pytest.approx(54 / people * 1000)
    whole = table[f"{PER_THOUSAND}北海道"]
    assert whole["doctors_2022"] == pytest.approx(13_613 / 5_224_614 * 1000)
    places = [name.removeprefix(PER_THOUSAND) for name in table if name.startswith(PER_THOUSAND)]
    assert places == ["登別市", "胆振(振興局)", "北海道", "室蘭市"]
    assert (table["source"] != "").all()


def test_unknown_code_is_named(shipped):
    for ask in (desks, desks_by_law, statistics):
        with pytest.raises(UnknownCodeError, match="999999"):
            ask(shipped, "999999")
