import pandas as pd

from data.renumber import renumber
from geo.data.dataset import load
from geo.data.ids import is_opaque, read_former


def table(folder, name):
    return pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)


def test_every_record_gets_an_id_that_says_nothing_and_the_old_one_leads_to_it(copied):
    before = {name: table(copied, name) for name in ("organisations", "services")}
    old = [*before["organisations"]["organisation"], *before["services"]["service"]]
    known = read_former(copied)
    assert renumber(copied) == (sum(not _opaque(one) for one in old), 0)
    former = read_former(copied)
    data = load(copied)  # what refers to a record refers to it still
    for name, key in (("organisations", "organisation"), ("services", "service")):
        after = table(copied, name)
        assert all(is_opaque(name, one) for one in after[key])
        there = before[name][key].map(lambda one: former.get(one, one))
        assert list(there) == list(after[key])
        assert set(after[key]) == set(getattr(data, name).index)
        ids = ["organisation", key]
        pd.testing.assert_frame_equal(after.drop(columns=ids), before[name].drop(columns=ids))
    assert known.items() <= former.items()


def test_a_second_run_writes_nothing_and_a_new_row_alone_is_renumbered(copied):
    renumber(copied)
    first = {path: path.read_bytes() for path in copied.glob("*.csv")}
    assert renumber(copied) == (0, 0)
    assert {path: path.read_bytes() for path in copied.glob("*.csv")} == first
    offices = table(copied, "organisations")
    new = offices.iloc[[0]].assign(organisation="npo-011002-99")
    pd.concat([offices, new]).to_csv(copied / "organisations.csv", index=False)
    assert renumber(copied) == (1, 0)
    assert list(table(copied, "organisations")["organisation"][:-1]) == list(
        offices["organisation"]
    )
    assert is_opaque("organisations", read_former(copied)["npo-011002-99"])


def test_the_old_id_of_a_hidden_record_is_kept_only_when_it_names_no_town(copied):
    offices, offers = table(copied, "organisations"), table(copied, "services")
    hidden = offices.loc[offices["location_public"] == "no", "organisation"].iloc[0]
    told = offices.loc[offices["organisation"].str.contains("[0-9]{6}"), "organisation"].iloc[0]
    offices.loc[offices["organisation"] == told, "location_public"] = "no"
    offices.to_csv(copied / "organisations.csv", index=False)
    assert renumber(copied)[1] == 1 + (offers["organisation"] == told).sum()
    former = read_former(copied)
    assert hidden in former
    assert not [one for one in former if one.startswith(told)]


def test_what_was_retired_leads_to_the_successor_under_its_new_id(copied):
    offices = table(copied, "organisations")["organisation"]
    rows = [("gone-1", "organisation", offices[0]), ("gone-2", "organisation", "")]
    retired = pd.DataFrame(rows, columns=["id", "kind", "successor"])
    retired.to_csv(copied / "retired.csv", index=False)
    renumber(copied)
    after = table(copied, "retired")
    assert list(after["id"]) == ["gone-1", "gone-2"]
    assert list(after["successor"]) == [read_former(copied)[offices[0]], ""]


def _opaque(one):
    return any(is_opaque(kind, one) for kind in ("organisations", "services"))
