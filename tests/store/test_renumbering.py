"""A store of the first edition, whose ids told of places, comes to ids that say nothing, and back."""

import dataclasses
import re
from datetime import date

import pytest
from sqlalchemy import MetaData, inspect, select

from geo.imports import importing
from geo.methods.what_if import Outpost
from geo.people import history, reversal
from geo.plans import saved
from geo.plans.plan import Area, Plan, Table
from geo.plans.plan import Contact as Asked
from geo.records import contacts, drafts, duplicates, editing
from geo.records.contacts import Contact
from geo.store import queries, snapshot, tables
from geo.store.database import reading
from geo.store.keys import successors
from geo.store.migrate import known, migrate
from tests.generated import SHELTER, WRITER, incoming, later, office, service

DAY = date(2026, 11, 25)  # no shipped record was confirmed later
FIRST_EDITION = "0003"
RENUMBERED = "0004"  # the step of the ids alone, before later ones add columns
NEWEST = known()[-1]
# As the readers of the first edition made them, and the page: a digest, a number, a town's code.
DIGEST, NUMBER, SECRET = "standard_child-3f2b9a61c07d", "kaigo-0173300001", "template-77aa01bc93de"
PAGE, DRAFTED = "012301-5a6b7c8d9e0f", "012301-0f9e8d7c6b5a"
TAKEN_BACK = "wam-0113300001-4be1a2"
OLD = [
    *(f"{one}{end}" for one in (DIGEST, NUMBER, SECRET, TAKEN_BACK) for end in ("", "-elderly-1a2b3c")),
    *(PAGE, f"{PAGE}-6f5e4d3c2b1a", DRAFTED),
]  # fmt: skip


def offices(*keys, **cells):
    """Return what a list brings; under ids of the store, as once, or under keys of its source."""
    made = [
        office(key, name=f"生成事業所{key[:5]}", **(SHELTER if key == SECRET else {}))
        for key in keys
    ]
    return incoming(made, [service(f"{key}-elderly-1a2b3c", key) for key in keys], **cells)


def contents(engine):
    """Return all rows of all tables, as they are in the database."""
    found = MetaData()
    with reading(engine) as connection:
        found.reflect(connection)
        return {
            table.name: sorted(repr(tuple(row)) for row in connection.execute(select(table)))
            for table in found.sorted_tables
            if table.name != "alembic_version"
        }


def under(names, text):
    """Return a text with other ids; a longer one first, since it may begin with another."""
    known_ids = sorted(names, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, known_ids)), lambda found: names[found[0]], text)


def fill(engine, dataset):
    """Do with a store what its users did, under the ids of the first edition."""
    lists = offices(DIGEST, NUMBER, SECRET)
    importing.apply(engine, [lists], dataset, WRITER)
    newer = later(lists)
    newer.organisations.loc[NUMBER, "phone"] = "0143-00-0000"
    importing.apply(engine, [newer], dataset, WRITER)
    [again] = importing.apply(engine, [offices(TAKEN_BACK, source="別の一覧")], dataset, WRITER)
    reversal.undo(engine, again.change, WRITER)

    new = editing.new_organisation("012301", DAY, WRITER)
    new = dataclasses.replace(new, record=PAGE, cells=new.cells | {"name": "生成の居場所"})
    editing.save(engine, dataset, new, WRITER, DAY)
    offer = editing.new_service(PAGE, DAY, WRITER)
    cells = offer.cells | {"field": "place"}
    offer = dataclasses.replace(offer, record=f"{PAGE}-6f5e4d3c2b1a", cells=cells)
    editing.save(engine, dataset, offer, WRITER, DAY)
    shipped = editing.open_edit(engine, "organisations", dataset.organisations.index[3], WRITER)
    shipped = dataclasses.replace(shipped, cells=shipped.cells | {"note": "生成の備考"})
    editing.save(engine, dataset, shipped, WRITER, DAY)

    draft = editing.new_organisation("012301", DAY, WRITER)
    drafts.start(engine, dataclasses.replace(draft, record=DRAFTED), WRITER)
    key = f"{DIGEST}-elderly-1a2b3c"
    drafts.start(engine, editing.open_edit(engine, "services", key, WRITER), WRITER)
    contacts.set_contact(engine, SECRET, Contact("生成の担当者"), WRITER)
    duplicates.decide(engine, DIGEST, NUMBER, "same", WRITER)
    duplicates.decide(engine, PAGE, NUMBER, "different", WRITER)
    plan = Plan(
        title="生成の計画",
        areas=(Area("012301"),),
        contacts=(Asked("012301", "elderly", key),),
        changes=(Outpost(key, "012050"),),
        tables=(Table("名前", ("key", "name"), ((key, "生成"), ("012301", "登別市"))),),
    )
    saved.save(engine, plan, WRITER)


@pytest.fixture
def landed(engine, shipped):
    """Return a store as the first edition left it."""
    fill(engine, shipped)
    migrate(engine, FIRST_EDITION)
    return engine


def former(engine):
    with reading(engine) as connection:
        return {row.old: row.new for row in connection.execute(select(tables.former_ids))}


def test_every_place_that_names_a_record_follows_and_nothing_else_changes(landed):
    before = contents(landed)
    for one in OLD:
        assert one in str(before)
    migrate(landed, RENUMBERED)
    names = former(landed)
    assert set(names) == set(OLD)
    assert all(re.fullmatch(r"[os][0-9a-hjkmnp-tv-z]{10}", new) for new in names.values())
    after = contents(landed)
    for name, rows in before.items():
        if name == "state":
            continue
        assert sorted(under(names, row) for row in rows) == after[name], name
    held = {name: rows for name, rows in after.items() if name != "former_ids"}
    assert not re.findall("|".join(map(re.escape, OLD)), str(held))


def test_the_way_back_gives_the_old_ids_again(landed):
    before = contents(landed)
    for _ in range(2):
        migrate(landed)
        migrate(landed, FIRST_EDITION)
        after = contents(landed)
        assert {k: v for k, v in after.items() if k != "state"} == {
            k: v for k, v in before.items() if k != "state"
        }
    with reading(landed) as connection:
        assert "former_ids" not in inspect(connection).get_table_names()


def test_what_is_made_after_the_step_keeps_its_id_on_the_way_back(landed, shipped):
    migrate(landed)
    importing.apply(landed, [offices("x-1", own_ids=False, source="新しい一覧")], shipped, WRITER)
    with reading(landed) as connection:
        stored = queries.rows(connection, tables.organisations)
    key = stored.index[stored["name"] == "生成事業所x-1"][0]
    migrate(landed, FIRST_EDITION)
    with reading(landed) as connection:
        stored = set(connection.scalars(select(tables.organisations.c.organisation)))
    assert {key, DIGEST, NUMBER, SECRET, PAGE} <= stored


def test_the_next_edition_of_a_list_finds_what_the_first_edition_made_of_it(landed, shipped):
    migrate(landed)
    again = later(offices(DIGEST, NUMBER, SECRET, own_ids=False))
    counts = importing.preview(landed, again, shipped, WRITER).counts("organisations")
    assert (counts["new"], counts["unlisted"]) == (0, 0)
    # What was taken back comes again under the id that the history knows.
    [done] = importing.apply(
        landed, [offices(TAKEN_BACK, source="別の一覧", own_ids=False)], shipped, WRITER
    )
    assert done.counts["organisations"]["new"] == 1
    with reading(landed) as connection:
        assert former(landed)[TAKEN_BACK] in queries.rows(connection, tables.organisations).index


def test_history_drafts_contacts_doubles_and_plans_go_on_under_the_new_ids(landed, shipped):
    migrate(landed)
    names = former(landed)
    with reading(landed) as connection:
        told = history.of_record(connection, tables.organisations, names[NUMBER])
        changes = history.recent(connection, WRITER)
    assert told["action"].tolist()[-2:] == ["changed", "new"]
    assert not changes["title"].str.contains("|".join(map(re.escape, OLD)), regex=True).any()
    assert contacts.read_contact(landed, names[SECRET], WRITER) == Contact("生成の担当者")
    [entry] = saved.list_plans(landed)
    plan = saved.open_plan(landed, entry.id).plan
    key = names[f"{DIGEST}-elderly-1a2b3c"]
    assert (plan.contacts[0].service, plan.changes[0].service) == (key, key)
    assert plan.tables[0].rows[0][0] == key
    assert key in snapshot.current().services.index
    kept = {one.edit.kind: one for one in drafts.mine(landed, WRITER)}
    assert kept["organisations"].edit.record == names[DRAFTED]
    assert kept["services"].edit.cells["organisation"] == names[DIGEST]
    moved = drafts.with_cells(kept["services"], kept["services"].edit.cells | {"target": "生成"})
    moved = drafts.keep(landed, moved, moved.edit, WRITER)
    change = drafts.publish(landed, shipped, moved, WRITER, DAY)
    assert snapshot.current().services.at[key, "target"] == "生成"
    reversal.undo(landed, change, WRITER)
    both = changes[changes["kind"] == "duplicate"]["id"]
    for one in both:
        reversal.undo(landed, int(one), WRITER)
    assert names[NUMBER] in snapshot.current().organisations.index
    # Redoing what was taken back before the step.
    undone = changes[(changes["kind"] == "undo")]["id"].iloc[0]
    reversal.undo(landed, int(undone), WRITER)
    assert names[TAKEN_BACK] in snapshot.current().organisations.index


def test_an_old_link_answers_unless_the_record_is_hidden(landed, shipped):
    migrate(landed)
    names = former(landed)
    with reading(landed) as connection:
        asked = successors(connection, "organisations", [*OLD, "no", "", "\0", "\ud800"])
        offered = successors(connection, "services", OLD)
        whole = successors(connection, "organisations", OLD, hidden=True)
    assert asked == {one: names[one] for one in (DIGEST, NUMBER, PAGE)}
    assert f"{SECRET}-elderly-1a2b3c" not in offered
    assert f"{DIGEST}-elderly-1a2b3c" in offered
    assert whole[SECRET] == names[SECRET]
    edit = editing.open_edit(landed, "organisations", names[PAGE], WRITER)
    hidden = dataclasses.replace(edit, cells=edit.cells | {"location_public": "no"})
    editing.save(landed, shipped, hidden, WRITER, DAY)
    with reading(landed) as connection:
        assert successors(connection, "organisations", [PAGE]) == {}


def test_browsers_are_told_that_the_data_changed(landed):
    def version():
        with reading(landed) as connection:
            return connection.scalar(select(tables.state.c.version))

    before = version()
    migrate(landed)
    assert version() == before + 1
    migrate(landed, FIRST_EDITION)
    assert version() == before + 2
