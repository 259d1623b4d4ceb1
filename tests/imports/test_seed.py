"""A store follows the records that ship when these come to have other ids."""

import dataclasses
from datetime import date

import pandas as pd
import pytest
from sqlalchemy import select

from data.renumber import renumber
from geo.data.dataset import load
from geo.data.ids import read_former
from geo.imports import importing, seed
from geo.methods.what_if import Outpost
from geo.people import reversal
from geo.plans import saved
from geo.plans.plan import Area, Plan
from geo.plans.plan import Contact as Asked
from geo.records import editing
from geo.store import queries, snapshot, tables
from geo.store.database import reading
from geo.store.keys import successors
from tests.generated import WRITER, incoming, office

DAY = date(2026, 11, 24)


def held(engine, name="organisations"):
    with reading(engine) as connection:
        return queries.rows(connection, getattr(tables, name))


def old_style(folder):
    """Give three records of a folder and their services ids of the first edition; return these."""
    offices, offers = (
        pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)
        for name in ("organisations", "services")
    )
    public = offices.loc[offices["location_public"] == "yes", "organisation"][:3]
    names = {one: f"first-011002-{number}" for number, one in enumerate(public)}
    for table in (offices, offers):
        table["organisation"] = table["organisation"].map(lambda one: names.get(one, one))
    theirs = offers["organisation"].isin(list(names.values()))
    offers.loc[theirs, "service"] = offers["organisation"] + "-" + offers["field"]
    offices.to_csv(folder / "organisations.csv", index=False)
    offers.to_csv(folder / "services.csv", index=False)
    (folder / "former_ids.csv").unlink(missing_ok=True)
    return list(names.values())


@pytest.fixture
def offices(copied, monkeypatch, empty_url):
    """Return the ids of organisations of a folder that ships old ids and has no newer ones."""
    monkeypatch.setenv("SHIGEN_DATA", str(copied))
    monkeypatch.setenv("SHIGEN_WRITE", "1")
    return old_style(copied)


def test_what_was_done_to_a_record_stays_with_it_when_what_ships_has_other_ids(copied, offices):
    engine, data = seed.open_store(), load(copied)
    one, gone, *_ = offices
    edit = editing.open_edit(engine, "organisations", one, WRITER)
    noted = dataclasses.replace(edit, cells=edit.cells | {"note": "生成の備考"})
    change = editing.save(engine, data, noted, WRITER, DAY)
    key = data.services.index[data.services["organisation"] == one][0]
    asked = Asked("011002", data.services.at[key, "field"], key)
    plan = Plan(areas=(Area("011002"),), contacts=(asked,), changes=(Outpost(key, "012050"),))
    kept = saved.save(engine, plan, WRITER)
    importing.apply(engine, [incoming([office("k1")])], data, WRITER)
    before = queries.version()
    rows = len(held(engine))

    renumber(copied)
    offers = pd.read_csv(copied / "services.csv", dtype=str, keep_default_na=False)
    table = pd.read_csv(copied / "organisations.csv", dtype=str, keep_default_na=False)
    names = read_former(copied)
    # One of them does not ship any more.
    table[table["organisation"] != names[gone]].to_csv(copied / "organisations.csv", index=False)
    offers[offers["organisation"] != names[gone]].to_csv(copied / "services.csv", index=False)
    (copied / "former_ids.csv").write_text(
        "old,new\n" + "".join(f"{a},{b}\n" for a, b in names.items() if not a.startswith(gone)),
        encoding="utf-8",
    )
    seed.prepare(engine, copied)

    stored = held(engine)
    assert len(stored) == rows
    assert stored.at[names[one], "note"] == "生成の備考"
    assert not set(stored.index) & set(offices)
    assert (~stored["listed"]).sum() == 1  # it is kept, under an id that says nothing
    assert queries.version() > before
    assert set(snapshot.current().organisations.index) == set(stored.index[stored["listed"]])
    found = saved.open_plan(engine, kept.id).plan
    assert {found.contacts[0].service, found.changes[0].service} == {names[key]}
    assert saved.with_ids_of_today(engine, plan) == found
    reversal.undo(engine, change, WRITER)
    assert held(engine).at[names[one], "note"] != "生成の備考"
    with reading(engine) as connection:
        led = successors(connection, "organisations", offices)
    assert led[one] == names[one]
    assert set(led) == set(offices)


def test_an_untouched_store_stays_as_it_ships_and_knows_the_old_ids(copied, offices):
    engine = seed.open_store()
    renumber(copied)
    seed.prepare(engine, copied)
    seed.prepare(engine, copied)
    assert queries.version() == 0
    assert set(held(engine).index) == set(load(copied).organisations.index)
    assert held(engine)["listed"].all()
    with reading(engine) as connection:
        assert set(successors(connection, "organisations", offices)) == set(offices)
        assert connection.scalar(select(tables.former_ids.c.shipped).distinct())


def test_a_new_store_knows_the_old_ids_too(copied, offices):
    renumber(copied)
    engine = seed.open_store()
    with reading(engine) as connection:
        assert successors(connection, "organisations", offices).keys() == set(offices)


def test_a_former_id_of_a_hidden_record_answers_only_when_everybody_knows_it_without_a_town(
    copied, offices
):
    for path in (copied / "organisations.csv", copied / "services.csv"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(offices[0], "first-hokkaido-9"), encoding="utf-8")
    renumber(copied)  # both are public, and their old ids are told
    engine, data, names = seed.open_store(), load(copied), read_former(copied)
    both = ["first-hokkaido-9", offices[1]]
    for old in both:
        edit = editing.open_edit(engine, "organisations", names[old], WRITER)
        hidden = dataclasses.replace(edit, cells=edit.cells | {"location_public": "no"})
        editing.save(engine, data, hidden, WRITER, DAY)
    with reading(engine) as connection:
        led = successors(connection, "organisations", both)
    assert led == {both[0]: names[both[0]]}
