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


def test_a_row_that_comes_back_under_its_old_id_gets_the_one_that_it_had(copied):
    call(copied, "first-011002-1")
    before = {name: (copied / name).read_bytes() for name in ("organisations.csv", "services.csv")}
    renumber(copied)
    first = {path: path.read_bytes() for path in copied.glob("*.csv")}
    for name, content in before.items():
        (copied / name).write_bytes(content)
    renumber(copied)
    assert {path: path.read_bytes() for path in copied.glob("*.csv")} == first


def test_the_old_id_of_a_hidden_record_is_kept_only_when_it_names_no_town(copied):
    call(copied, "first-hokkaido-1", "first-011002-1", public="no")
    assert renumber(copied)[1] == 2  # the organisation and its service
    former = [one for one in read_former(copied) if one.startswith("first-")]
    assert former == ["first-hokkaido-1", "first-hokkaido-1-service"]


def test_the_old_id_of_a_record_that_becomes_hidden_is_told_no_more(copied):
    call(copied, "first-011002-1")
    renumber(copied)
    key = read_former(copied)["first-011002-1"]
    offices = table(copied, "organisations")
    offices.loc[offices["organisation"] == key, "location_public"] = "no"
    offices.to_csv(copied / "organisations.csv", index=False)
    assert renumber(copied) == (0, 2)
    assert not [one for one in read_former(copied) if one.startswith("first-")]
    assert renumber(copied) == (0, 0)


def test_what_was_retired_leads_to_the_successor_under_its_new_id(copied):
    call(copied, "first-011002-1")
    rows = [("gone-1", "organisation", "first-011002-1"), ("gone-2", "organisation", "")]
    retired = pd.DataFrame(rows, columns=["id", "kind", "successor"])
    retired.to_csv(copied / "retired.csv", index=False)
    renumber(copied)
    after = table(copied, "retired")
    assert list(after["id"]) == ["gone-1", "gone-2"]
    assert list(after["successor"]) == [read_former(copied)["first-011002-1"], ""]


def call(folder, *ids, public="yes"):
    """Give records of a folder, and the one service of each, ids of the first edition."""
    offices, offers = table(folder, "organisations"), table(folder, "services")
    single = offers["organisation"][~offers["organisation"].duplicated(keep=False)]
    for one, old in zip(single, ids, strict=False):
        offers.loc[offers["organisation"] == one, ["service", "organisation"]] = (
            f"{old}-service",
            old,
        )
        mine = offices["organisation"] == one
        offices.loc[mine, ["organisation", "location_public"]] = old, public
    offices.to_csv(folder / "organisations.csv", index=False)
    offers.to_csv(folder / "services.csv", index=False)


def _opaque(one):
    return any(is_opaque(kind, one) for kind in ("organisations", "services"))
