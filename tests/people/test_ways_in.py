"""A municipal editor, and others with less, try another town's records by every way in."""

import dataclasses
import shutil
from dataclasses import dataclass
from datetime import date

import pytest
from sqlalchemy import Engine, make_url, select

from geo.data.dataset import Dataset
from geo.errors import NotAllowedError
from geo.imports import importing, read, seed
from geo.people import members, reversal
from geo.people.permissions import Person
from geo.plans import saved
from geo.plans.plan import Plan
from geo.records import contacts, drafts, duplicates, editing, link_checks, surveys
from geo.records.contacts import Contact
from geo.records.editing import Edit, EditConflictError
from geo.store import database, queries, tables
from geo.store.database import reading
from tests.generated import SHELTER, WRITER, incoming, member, office, service

MINE, OTHER = "012301", "012050"  # 登別市, 室蘭市
DAY = date(2026, 11, 1)


@dataclass
class Here:
    """A store with generated offices of two towns, and what somebody else did in it."""

    engine: Engine
    data: Dataset
    edits: dict[str, Edit]
    change: int
    plan: str
    editor: Person

    def save(self, name, who, **cells):
        edit = self.edits[name]
        changed = dataclasses.replace(edit, cells=edit.cells | cells)
        return editing.save(self.engine, self.data, changed, who, DAY)

    def unseen(self, record):
        """Return an edit of a revision that is long gone, as one who never saw it may make up."""
        return dataclasses.replace(self.edits["o1"], record=record, base_revision=0)

    def save_unseen(self, record, who):
        return editing.save(self.engine, self.data, self.unseen(record), who, DAY)

    def send_unseen(self, record, who):
        draft = drafts.start(self.engine, self.unseen(record), who)
        return drafts.submit(self.engine, draft, who)

    def bring(self, who, offices, services=None, **values):
        one = incoming(offices, services, **{"source": "別の一覧", **values})
        return importing.apply(self.engine, [one], self.data, who)

    def publish(self, who, *, send):
        edit = self.edits["o1"]
        changed = dataclasses.replace(edit, cells=edit.cells | {"phone": "0143-11-1111"})
        draft = drafts.start(self.engine, changed, who)
        if send:
            draft = drafts.submit(self.engine, draft, who)
        return drafts.publish(self.engine, self.data, draft, who, DAY)


def fill(url, data):
    """Put generated offices of two towns into a seeded store; return the rest of a Here."""
    engine = database.engine(url)
    offices = [
        office("m1", municipality_code=MINE, name="生成会"),
        office("o1", municipality_code=OTHER, name="生成会"),
        office("o2", municipality_code=OTHER),
        office("secret", municipality_code=OTHER, **SHELTER),
        office("nowhere", municipality_code=""),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHIGEN_WRITE", "1")
        importing.apply(engine, [incoming(offices)], data, WRITER)
        surveys.set_surveyed(engine, data, OTHER, ["food"], DAY, "x", "", WRITER)
        contacts.set_contact(engine, "o1", Contact("生成の担当者"), WRITER)
        edits = {
            record: editing.open_edit(
                engine, "services" if record.endswith("-s") else "organisations", record, WRITER
            )
            for record in ("m1", "o1", "nowhere", "m1-s", "o1-s")
        }
        for name, code in (("new", OTHER), ("new nowhere", "")):
            edit = editing.new_organisation(code, DAY, WRITER)
            edits[name] = dataclasses.replace(edit, cells=edit.cells | {"name": "生成の新しい会"})
        o2 = editing.open_edit(engine, "organisations", "o2", WRITER)
        o2 = dataclasses.replace(o2, cells=o2.cells | {"phone": "0143-22-2222"})
        found = {
            "edits": edits,
            "change": editing.save(engine, data, o2, WRITER, DAY),
            "plan": saved.save(engine, Plan(title="計画"), WRITER).id,
            "editor": member(engine, data, "editor@example.jp", "municipal", [MINE]),
        }
    engine.dispose()
    return found


@pytest.fixture(scope="module")
def filled_sqlite(seeded_sqlite, shipped, tmp_path_factory):
    path = tmp_path_factory.mktemp("filled") / "store.sqlite3"
    shutil.copy(seeded_sqlite, path)
    return path, fill(f"sqlite:///{path}", shipped)


@pytest.fixture(scope="module")
def filled_postgresql(postgres, seeded_postgresql, shipped):
    url = postgres.create(seeded_postgresql)
    return make_url(url).database, fill(url, shipped)


@pytest.fixture
def here(store_kind, store_like, shipped, monkeypatch, request):
    template, found = request.getfixturevalue(f"filled_{store_kind}")
    store_like(template)
    monkeypatch.setenv("SHIGEN_WRITE", "1")
    return Here(seed.open_store(), shipped, **found)


WAYS = {
    "open": lambda h, who: editing.open_edit(h.engine, "organisations", "o1", who),
    "open a hidden one": lambda h, who: editing.open_edit(h.engine, "organisations", "secret", who),
    "open a service": lambda h, who: editing.open_edit(h.engine, "services", "o1-s", who),
    "save": lambda h, who: h.save("o1", who, phone="0143-11-1111"),
    "save a service": lambda h, who: h.save("o1-s", who, target="だれでも"),
    "save over what one has not seen": lambda h, who: h.save_unseen("secret", who),
    "send over what one has not seen": lambda h, who: h.send_unseen("secret", who),
    "close a service": lambda h, who: h.save("o1-s", who, status="closed"),
    "take over": lambda h, who: h.save("o1", who, municipality_code=MINE),
    "push out": lambda h, who: h.save("m1", who, municipality_code=OTHER),
    "take a service over": lambda h, who: h.save("o1-s", who, organisation="m1"),
    "give a service away": lambda h, who: h.save("m1-s", who, organisation="o1"),
    "new office there": lambda h, who: h.save("new", who),
    "new office nowhere": lambda h, who: h.save("new nowhere", who),
    "change what is nowhere": lambda h, who: h.save("nowhere", who, phone="0143-11-1111"),
    "import": lambda h, who: h.bring(who, [office("o3", municipality_code=OTHER)]),
    "import among own": lambda h, who: h.bring(
        who, [office("m3", municipality_code=MINE), office("o3", municipality_code=OTHER)]
    ),
    "import an edited export": lambda h, who: h.bring(
        who, [office("o1", municipality_code=OTHER, phone="1")], format="shigen"
    ),
    "import an export that takes over": lambda h, who: h.bring(
        who, [office("o1", municipality_code=MINE, name="生成会")], format="shigen"
    ),
    "import an edition without the others": lambda h, who: h.bring(
        who,
        [office("m1", municipality_code=MINE, name="生成会")],
        source="生成の一覧",
        edition="2027-01-01",
    ),
    "import another licence": lambda h, who: h.bring(
        who,
        [office("m1", municipality_code=MINE, name="生成会2")],
        source="生成の一覧",
        format="test",
        licence="CC0",
        edition="2026-06-30",
    ),
    "import a service for another": lambda h, who: h.bring(who, [], [service("x", "o1")]),
    "survey": lambda h, who: surveys.set_surveyed(
        h.engine, h.data, OTHER, ["place"], DAY, "x", "", who
    ),
    "unsurvey": lambda h, who: surveys.clear_surveyed(h.engine, h.data, OTHER, ["food"], who),
    "join": lambda h, who: duplicates.decide(h.engine, "o1", "o2", "same", who),
    "join with own": lambda h, who: duplicates.decide(h.engine, "m1", "o1", "same", who),
    "part": lambda h, who: duplicates.decide(h.engine, "m1", "o1", "different", who),
    "undo": lambda h, who: reversal.undo(h.engine, h.change, who),
    "publish a draft": lambda h, who: h.publish(who, send=False),
    "accept one's own draft": lambda h, who: h.publish(who, send=True),
    "list what waits": lambda h, who: drafts.waiting(h.engine, who),
    "read a contact": lambda h, who: contacts.read_contact(h.engine, "o1", who),
    "set a contact": lambda h, who: contacts.set_contact(h.engine, "o1", Contact("x"), who),
    "match columns": lambda h, who: read.keep_match(h.engine, ["a"], {}, "x", who),
    "record links": lambda h, who: link_checks.record(h.engine, [], who),
    "list members": lambda h, who: members.list_members(h.engine, who),
    "promote oneself": lambda h, who: members.set_member(
        h.engine, h.data, "editor@example.jp", who, role="administrator", affiliation="x"
    ),
    "bind oneself": lambda h, who: members.bind(h.engine, 1, "https://issuer.example", "x", who),
    "release a member": lambda h, who: members.release(h.engine, 1, who),
    "remove a plan": lambda h, who: saved.remove_plan(h.engine, h.plan, who),
    "save over a plan": lambda h, who: saved.save(
        h.engine, Plan(title="x"), who, key=h.plan, lock=1
    ),
}
ADMINISTRATOR = {"role": "administrator"}
CLAIMS = {
    "municipal editor": {},
    "claims another town": {"municipalities": frozenset({MINE, OTHER})},
    "claims to be an administrator": ADMINISTRATOR,
    "claims a number": {"member": 99, **ADMINISTRATOR},
    "claims to sit at the server": {"member": None, **ADMINISTRATOR},
    "viewer": {"member": None, "role": "viewer"},
    "visitor": {"member": None, "role": "visitor"},
}


def records(engine):
    """Return all that the store holds but drafts, which are their author's own."""
    with reading(engine) as connection:
        return {
            table.name: connection.execute(select(table)).fetchall()
            for table in tables.metadata.sorted_tables
            if table is not tables.drafts
        }


@pytest.mark.parametrize("way", WAYS)
def test_nobody_changes_or_reads_what_is_not_theirs(here, monkeypatch, way):
    monkeypatch.delenv("SHIGEN_WRITE")
    before = records(here.engine)
    for claim in CLAIMS.values():
        with pytest.raises(NotAllowedError):
            WAYS[way](here, dataclasses.replace(here.editor, **claim))
        assert records(here.engine) == before, claim


UNSEEN = [way for way in WAYS if "not seen" in way]


@pytest.mark.parametrize("way", UNSEEN)
def test_who_may_change_it_is_shown_what_was_not_seen(here, way):
    with pytest.raises(EditConflictError) as told:
        WAYS[way](here, WRITER)
    assert told.value.theirs["address"] == SHELTER["address"]


@pytest.mark.parametrize("way", [way for way in WAYS if way not in UNSEEN])
def test_every_way_is_open_to_who_may_change_everything(here, way):
    WAYS[way](here, WRITER)


def test_a_municipal_editor_changes_what_is_theirs(here, monkeypatch):
    monkeypatch.delenv("SHIGEN_WRITE")
    who, engine = here.editor, here.engine
    change = here.save("m1", who, phone="0143-11-1111")
    here.bring(who, [office("m9", municipality_code=MINE)])
    surveys.set_surveyed(engine, here.data, MINE, ["food"], DAY, "x", "", who)
    contacts.set_contact(engine, "m1", Contact("生成の担当者", "0143-00-0000"), who)
    assert contacts.read_contact(engine, "m1", who).person == "生成の担当者"
    reversal.undo(engine, change, who)
    with reading(engine) as connection:
        held = queries.rows(connection, tables.organisations)
        made = queries.rows(connection, tables.changes)
    assert held.at["m1", "phone"] == ""
    assert "m9" in held.index
    assert set(made.loc[change:, "member"]) == {who.member}


def test_a_role_that_was_taken_away_ends_with_the_next_write(here, monkeypatch):
    email = "editor@example.jp"
    members.set_member(
        here.engine, here.data, email, WRITER, role="viewer", affiliation="", municipalities=[]
    )
    monkeypatch.delenv("SHIGEN_WRITE")
    with pytest.raises(NotAllowedError):
        here.save("m1", here.editor, phone="0143-11-1111")


def test_a_stopped_member_may_nothing(here, monkeypatch):
    members.set_member(
        here.engine,
        here.data,
        "editor@example.jp",
        WRITER,
        role="municipal",
        affiliation="x",
        municipalities=[MINE],
        active=False,
    )
    monkeypatch.delenv("SHIGEN_WRITE")
    with pytest.raises(NotAllowedError):
        here.save("m1", here.editor, phone="0143-11-1111")
