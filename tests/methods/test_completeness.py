from dataclasses import replace

from geo.data.inventory import judges, surveyed
from geo.methods.completeness import JUDGED, MISSING, SURVEY, board, layer_counts


def test_every_field_stands_on_the_board_with_its_state(shipped):
    table = board(shipped)
    assert list(dict.fromkeys(table["field"])) == list(shipped.fields.index)
    known = dict(zip(shipped.fields.index, surveyed(shipped).all(axis=0), strict=True))
    for row in table.to_dict("records"):
        assert (row["state"] == JUDGED) == known[row["field"]]
        assert (row["state"] == SURVEY) == (not judges(shipped, row["field"]))


def test_missing_list_says_who_publishes_it_and_what_it_changes(shipped):
    missing = board(shipped).query("state == @MISSING and not complete")
    national = missing[missing["field"].isin(["elderly", "disability"])]
    assert len(national) == 6
    assert (national["publisher"] != "").all()
    assert national["url"].str.startswith("https://").all()
    assert (national["how"] != "").all()
    assert national["effect"].str.contains("全道で判定できる").all()


def test_two_national_lists_lead_to_seven_judged_fields(shipped):
    layers = shipped.layers.copy()
    layers["complete_kinds"] = layers["kinds"]
    read = replace(shipped, layers=layers)
    judged = set(board(read).query("state == @JUDGED")["field"]) - {"general"}
    assert len(judged) == 7
    assert {"elderly", "disability"} <= judged


def test_one_kind_of_a_national_list_completes_that_kind_alone(shipped):
    layers = shipped.layers.copy()
    layers.at["shogai", "complete_kinds"] = ("共同生活援助",)
    assert not surveyed(replace(shipped, layers=layers))[
        :, list(shipped.fields.index).index("disability")
    ].any()
    layers.at["shogai", "complete_kinds"] = ("計画相談支援",)
    table = board(replace(shipped, layers=layers)).query("field == 'disability'")
    assert table["complete"].tolist() == [True, False, False]
    assert set(table["state"]) == {MISSING}


def test_counts_are_of_records_that_somebody_read(shipped):
    counts = layer_counts(shipped)
    assert counts.sum() == len(shipped.organisations)
    assert counts["ishi"] == 0
    assert counts["madoguchi"] < 179
