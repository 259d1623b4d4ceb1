import dataclasses
from datetime import date

import pytest

from geo.errors import NotAllowedError
from geo.imports import importing
from geo.people import reversal
from geo.people.ownership import ReviewNeededError
from geo.records import drafts, editing
from geo.records.drafts import DraftGoneError, DraftMovedError
from geo.records.editing import EditConflictError
from geo.store import queries, tables
from geo.store.database import reading
from tests.generated import SHELTER, WRITER, incoming, member, office

TOWN, OTHER = "012301", "012050"
DAY = date(2026, 11, 1)


@pytest.fixture
def people(engine, shipped, monkeypatch):
    importing.apply(engine, [incoming([office("a"), office("h", **SHELTER)])], shipped, WRITER)
    made = {
        "author": member(engine, shipped, "a@example.jp", "municipal", [TOWN], reviewed=True),
        "free": member(engine, shipped, "f@example.jp", "municipal", [TOWN]),
        "neighbour": member(engine, shipped, "n@example.jp", "municipal", [OTHER]),
        "prefecture": member(engine, shipped, "p@example.jp", "prefectural"),
    }
    monkeypatch.delenv("SHIGEN_WRITE")
    return made


def started(engine, who, record="a", **cells):
    edit = editing.open_edit(engine, "organisations", record, who)
    return drafts.start(engine, dataclasses.replace(edit, cells=edit.cells | cells), who)


def held(engine, table):
    with reading(engine) as connection:
        return queries.rows(connection, table)


def test_a_reviewed_editor_sends_a_draft_and_the_prefecture_accepts_it(engine, shipped, people):
    author, prefecture = people["author"], people["prefecture"]
    draft = started(engine, author, phone="0143-11-1111")
    with pytest.raises(ReviewNeededError, match="審査"):
        drafts.publish(engine, shipped, draft, author, DAY)
    assert held(engine, tables.organisations).at["a", "phone"] == ""
    draft = drafts.submit(engine, draft, author)
    (waits,) = drafts.waiting(engine, prefecture)
    change = drafts.publish(engine, shipped, waits, prefecture, DAY)
    assert held(engine, tables.organisations).at["a", "phone"] == "0143-11-1111"
    row = held(engine, tables.changes).loc[change]
    assert (row["member"], row["reviewed_by"]) == (author.member, prefecture.member)
    assert row["by_whom"] == author.name
    assert drafts.waiting(engine, prefecture) == []
    assert drafts.mine(engine, author) == []
    with pytest.raises(ReviewNeededError):  # taking it back is a change like any other
        reversal.undo(engine, change, author)


def test_accepting_twice_writes_once(engine, shipped, people):
    draft = drafts.submit(
        engine, started(engine, people["author"], phone="0143-11-1111"), people["author"]
    )
    first = drafts.publish(engine, shipped, draft, people["prefecture"], DAY)
    assert drafts.publish(engine, shipped, draft, people["prefecture"], DAY) == first
    assert held(engine, tables.organisations).at["a", "revision"] == 2


def test_a_draft_goes_back_with_a_note_and_comes_again(engine, shipped, people):
    author, prefecture = people["author"], people["prefecture"]
    draft = drafts.submit(engine, started(engine, author, phone="0143-11-1111"), author)
    with pytest.raises(DraftMovedError):  # while it waits, the author cannot change it
        drafts.keep(engine, draft, draft.edit, author)
    drafts.send_back(engine, draft, "番号を確かめてください", prefecture)
    (back,) = drafts.mine(engine, author)
    assert (back.state, back.note) == ("returned", "番号を確かめてください")
    cells = back.edit.cells | {"phone": "0143-22-2222"}
    kept = drafts.keep(engine, back, dataclasses.replace(back.edit, cells=cells), author)
    drafts.publish(engine, shipped, drafts.submit(engine, kept, author), prefecture, DAY)
    assert held(engine, tables.organisations).at["a", "phone"] == "0143-22-2222"


def test_a_draft_of_an_older_record_is_laid_over_the_new_one_before_it_is_sent(
    engine, shipped, people
):
    author, prefecture = people["author"], people["prefecture"]
    draft = started(engine, author, phone="0143-11-1111")
    other = editing.open_edit(engine, "organisations", "a", people["free"])
    other = dataclasses.replace(other, cells=other.cells | {"note": "先"})
    editing.save(engine, shipped, other, people["free"], DAY)
    with pytest.raises(EditConflictError) as told:
        drafts.submit(engine, draft, author)
    assert drafts.read(engine, draft.id, author).state == "open"
    kept = drafts.keep(engine, draft, editing.rebase(draft.edit, told.value), author)
    drafts.publish(engine, shipped, drafts.submit(engine, kept, author), prefecture, DAY)
    row = held(engine, tables.organisations).loc["a"]
    assert (row["phone"], row["note"]) == ("0143-11-1111", "先")


def test_only_the_author_reads_a_draft_until_it_is_sent(engine, people):
    draft = started(engine, people["author"], phone="0143-11-1111")
    assert drafts.read(engine, draft.id, people["author"]) == draft
    for other in ("free", "neighbour", "prefecture"):
        with pytest.raises(DraftGoneError):
            drafts.read(engine, draft.id, people[other])
    drafts.submit(engine, draft, people["author"])
    assert drafts.read(engine, draft.id, people["prefecture"]).state == "submitted"
    for other in ("free", "neighbour"):
        with pytest.raises(DraftGoneError):
            drafts.read(engine, draft.id, people[other])


def test_nobody_keeps_sends_or_drops_anothers_draft(engine, shipped, people):
    draft = started(engine, people["free"], phone="0143-11-1111")
    other = people["neighbour"]
    for step in (
        lambda: drafts.keep(engine, draft, draft.edit, other),
        lambda: drafts.submit(engine, draft, other),
        lambda: drafts.send_back(engine, draft, "", other),
        lambda: drafts.drop(engine, draft, other),
        lambda: drafts.publish(engine, shipped, draft, other, DAY),
    ):
        with pytest.raises((NotAllowedError, DraftGoneError)):
            step()
    assert drafts.mine(engine, people["free"]) == [draft]


def test_two_windows_on_one_draft_do_not_overwrite_each_other(engine, people):
    first = started(engine, people["free"], phone="0143-11-1111")
    drafts.keep(engine, first, first.edit, people["free"])
    with pytest.raises(DraftMovedError):
        drafts.keep(engine, first, first.edit, people["free"])


def test_the_prefecture_accepts_nothing_that_its_author_may_not_change(
    engine, shipped, people, monkeypatch
):
    author, prefecture = people["neighbour"], people["prefecture"]
    edit = editing.open_edit(engine, "organisations", "a", prefecture)
    edit = dataclasses.replace(edit, cells=edit.cells | {"phone": "0143-11-1111"})
    with pytest.raises(NotAllowedError):
        drafts.submit(engine, drafts.start(engine, edit, author), author)
    # Sent while it was the author's to change, and looked at when it is no more.
    sent = drafts.submit(engine, drafts.start(engine, edit, people["free"]), people["free"])
    monkeypatch.setenv("SHIGEN_WRITE", "1")
    member(engine, shipped, "f@example.jp", "municipal", [OTHER])
    monkeypatch.delenv("SHIGEN_WRITE")
    with pytest.raises(NotAllowedError):
        drafts.publish(engine, shipped, sent, prefecture, DAY)
    assert held(engine, tables.organisations).at["a", "phone"] == ""


def test_making_a_hidden_location_public_takes_two_pairs_of_eyes(engine, shipped, people):
    who = people["free"]
    draft = started(engine, who, "h", note="改めた")
    drafts.publish(engine, shipped, draft, who, DAY)
    draft = started(engine, who, "h", location_public="yes")
    with pytest.raises(ReviewNeededError, match="公開していない所在地"):
        drafts.publish(engine, shipped, draft, who, DAY)
    assert not held(engine, tables.organisations).at["h", "location_public"]
    draft = drafts.submit(engine, draft, who)
    drafts.publish(engine, shipped, draft, people["prefecture"], DAY)
    assert held(engine, tables.organisations).at["h", "location_public"]


def test_serving_another_town_takes_a_review_and_ones_own_does_not(engine, shipped, people):
    who = people["free"]
    for area, allowed in (("012301", True), ("012301;012050", False), ("prefecture", False)):
        edit = editing.open_edit(engine, "services", "a-s", who)
        edit = dataclasses.replace(edit, cells=edit.cells | {"service_area": area})
        if allowed:
            editing.save(engine, shipped, edit, who, DAY)
        else:
            with pytest.raises(ReviewNeededError, match="対象地域"):
                editing.save(engine, shipped, edit, who, DAY)
    assert held(engine, tables.services).at["a-s", "service_area"] == "012301"


def test_a_dropped_draft_is_in_no_list(engine, people):
    draft = started(engine, people["free"])
    drafts.drop(engine, draft, people["free"])
    assert drafts.mine(engine, people["free"]) == []
