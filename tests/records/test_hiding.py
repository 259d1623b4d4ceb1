"""Hiding works backwards: what was found to be the same hides too, and what was made before is named."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from geo.data.schema import LOCATION_COLUMNS
from geo.imports import importing
from geo.imports.naming import unseen
from geo.people import reversal
from geo.people.permissions import VISITOR, local
from geo.records import duplicates, editing, hiding
from geo.records.addresses import FILES
from geo.store import queries, snapshot, tables
from geo.store.database import reading
from geo.store.frames import concealed
from geo.store.keys import successors
from geo.store.sandbox import open_sandbox
from tests.generated import SHELTER, WRITER, incoming, office

DAY = date(2026, 11, 25)
PLACE = {"address": "生成町9丁目8番7号", "lat": 42.4112233, "lon": 141.1033221}
SECRETS = ("生成町", "42.41", "141.10")


@pytest.fixture
def three(engine, shipped):
    """Return a store with one organisation that is hidden and two that stand where it stands."""
    offices = [office("h", **SHELTER), office("p", **PLACE), office("q", **PLACE)]
    importing.apply(engine, [incoming(offices)], shipped, WRITER)
    return engine


def hide(engine, key, word="no"):
    edit = editing.open_edit(engine, "organisations", key, WRITER)
    hidden = replace(edit, cells=edit.cells | {"location_public": word})
    return editing.save(engine, snapshot.current(), hidden, WRITER, DAY)


def assert_nowhere(engine, keys):
    """Fail where anything that everybody is shown holds the place of some organisations."""
    data = snapshot.current()
    shown = data.organisations.loc[data.organisations.index.intersection(keys)]
    assert len(shown)
    assert not shown["location_public"].any()
    assert (shown["municipality_code"] == "").all()
    sandbox = open_sandbox(engine, data)
    with reading(sandbox.engine) as connection:
        held = queries.rows(connection, tables.organisations).loc[list(keys)]
        assert not held["location_public"].any()
        assert not [word for word in SECRETS if word in repr(held.to_dict("records"))]
    with reading(engine) as connection:
        whole = {name: queries.rows(connection, table) for name, table in tables.RECORDS.items()}
        assert {*keys} <= unseen(whole, VISITOR)["organisations"]
        assert not {*duplicates.proposals(connection)[["first", "second"]].to_numpy().ravel()} & {*keys}  # fmt: skip


@pytest.mark.parametrize(("first", "second"), [("h", "p"), ("p", "h")])
def test_who_is_the_same_as_a_hidden_one_is_hidden(three, first, second):
    change = duplicates.decide(three, first, second, "same", WRITER)
    assert_nowhere(three, ["h", "p"])
    assert snapshot.current().organisations.at["q", "location_public"]
    reversal.undo(three, change, WRITER)
    assert snapshot.current().organisations.at["p", "location_public"]


@pytest.mark.parametrize("hidden", ["p", "q"])
def test_hiding_either_of_two_that_are_the_same_hides_both(three, hidden):
    duplicates.decide(three, "p", "q", "same", WRITER)
    assert snapshot.current().organisations.at["p", "location_public"]
    hide(three, hidden)
    assert_nowhere(three, ["p", "q"])


def test_an_old_id_of_who_is_the_same_as_a_hidden_one_is_not_answered(three):
    with three.begin() as connection:
        row = {"kind": "organisations", "old": "012301-abc", "new": "p", "shipped": False}
        connection.execute(tables.former_ids.insert().values(row))
    with reading(three) as connection:
        assert successors(connection, "organisations", ["012301-abc"]) == {"012301-abc": "p"}
    duplicates.decide(three, "h", "p", "same", WRITER)
    with reading(three) as connection:
        assert successors(connection, "organisations", ["012301-abc"]) == {}


def test_a_ring_of_records_that_are_the_same_ends():
    table = pd.DataFrame(
        {"location_public": [True, True, False, True], "same_as": ["b", "a", "a", None]},
        index=["a", "b", "c", "d"],
    )
    assert concealed(table) == {"a", "b", "c"}


def test_who_hides_a_record_is_told_what_still_shows_it(three):
    assert hiding.told(three, [hide(three, "q", "yes")]) == ""
    told = hiding.told(three, [hide(three, "p")])
    assert snapshot.current().organisations.at["p", "name"] in told
    for made in (*hiding.MADE_BEFORE, *FILES):
        assert made in told
    assert not [word for word in SECRETS if word in told]


def test_it_is_told_whatever_the_way_of_hiding(three, shipped):
    by_merge = duplicates.decide(three, "h", "p", "same", WRITER)
    assert hiding.told(three, [by_merge])
    back = reversal.undo(three, by_merge, WRITER)
    assert hiding.told(three, [back]) == ""
    assert hiding.told(three, [reversal.undo(three, back, WRITER)])
    file = incoming([office("h", **SHELTER), office("q", **(PLACE | {"location_public": False}))])
    [done] = importing.apply(three, [replace(file, edition="2026-12-31")], shipped, WRITER)
    with reading(three) as connection:
        assert [one.name for one in hiding.hidden_by(connection, [done.change])] == [
            snapshot.current().organisations.at["q", "name"]
        ]


def test_nothing_is_told_of_what_was_never_public(three):
    edit = editing.new_organisation("012301", DAY, local("生成の課"))
    cells = edit.cells | {"name": "生成の家", "location_public": "no", "address": PLACE["address"]}
    made = editing.save(three, snapshot.current(), replace(edit, cells=cells), WRITER, DAY)
    assert hiding.told(three, [made]) == ""


def test_what_a_form_says_is_public_is_what_is_shown(three):
    cells = editing.open_edit(three, "organisations", "h", WRITER).cells
    cells |= {
        "phone": "0143-85-0000/0120-000-000", "source": "登別市の一覧", "note": "登別駅のそば",
        "url": "https://www.city.noboribetsu.lg.jp/a", "operator": "生成の会",
    }  # fmt: skip
    data = snapshot.current()
    said = hiding.public_cells(cells, data)
    edit = editing.open_edit(three, "organisations", "h", WRITER)
    editing.save(three, data, replace(edit, cells=cells), WRITER, DAY)
    shown = snapshot.current().organisations.loc["h"]
    for name in ("phone", "source", "note", "url", "operator", "name", "address"):
        assert said.get(name, "") == shown[name]
    assert said["phone"] == "0120-000-000"
    assert all(said.get(name, "") == "" for name in LOCATION_COLUMNS)


def test_a_name_that_says_the_town_is_noticed(shipped):
    assert hiding.names_a_town("登別シェルター", shipped)
    assert not hiding.names_a_town("はまなすシェルター", shipped)
