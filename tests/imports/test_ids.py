"""An id says nothing of a place, and no import tells whether somebody guessed one."""

import hashlib
import re
from datetime import date
from itertools import product

import pandas as pd
import pytest
from sqlalchemy import select

from geo.data.dataset import DATA_DIRECTORY
from geo.errors import GeoError
from geo.imports import seed
from geo.imports.accounts import refused_table
from geo.imports.importing import apply, preview
from geo.imports.places.gazetteer import normal
from geo.people import reversal
from geo.people.permissions import VISITOR
from geo.records import editing
from geo.records.open_data import FILE_TYPES, export
from geo.store import database, keys, queries, sandbox, snapshot, tables
from geo.store.database import reading, writing
from geo.ui.imports.tables import changed_records, new_records, summary, unlisted_records
from tests.generated import WRITER, incoming, member, office, service
from tests.generated_files import csv_of, read, rows_of

DAY = date(2026, 11, 24)
TOWN, OTHER = "012301", "012050"
CODES = {"登別市": TOWN, "室蘭市": OTHER}
PLACE = "登別市中央町{}丁目{}番地"
TRUE = PLACE.format(6, 11)
GUESSES = [PLACE.format(*pair) for pair in product(range(1, 8), range(1, 31))]
# Lists whose keys are made in different ways: of a digest alone, of numbers, of a number and a town.
LISTS = {
    "child": (
        "名称",
        {"ID": "", "緯度": "", "経度": ""},
        lambda town, rest: {
            "所在地_連結表記": f"北海道{town}{rest}",
            "所在地_全国地方公共団体コード": CODES[town],
        },
    ),
    "kaigo": (
        "事業所名",
        {"緯度": "", "経度": ""},
        lambda town, rest: {
            "住所": f"北海道{town}{rest}",
            "市区町村名": town,
            "都道府県コード又は市町村コード": CODES[town],
        },
    ),
    "wam": (
        "事業所の名称",
        {"事業所緯度": "", "事業所経度": ""},
        lambda town, rest: {
            "事業所住所（市区町村）": f"北海道{town}",
            "事業所住所（番地以降）": rest,
        },
    ),
    "medical": ("名称", {}, lambda town, rest: {"市町村": town, "所在地": town + rest}),
}
# One kind of list tells the rule; the others take as long again.
EVERY_LIST = [
    pytest.param(kind, marks=[pytest.mark.slow] if kind != "child" else []) for kind in LISTS
]


def listed(kind, *offices, same=()):
    """Return a list of (name, address), below rows that every edition holds."""
    name, cells, at = LISTS[kind]
    rows = [{**cells, name: one, **at(place[:3], place[3:])} for one, place in (*same, *offices)]
    if kind in ("kaigo", "wam"):  # where an office has a number of its own
        rows = [{**row, "事業所番号": _number(row[name])} for row in rows]
    return read(csv_of(rows_of(kind, rows)), f"{kind}.csv", on=DAY)


def _number(text):
    return "01733" + f"{int(hashlib.sha256(text.encode()).hexdigest(), 16) % 100_000:05d}"


def held(engine, name="organisations"):
    with reading(engine) as connection:
        return queries.rows(connection, getattr(tables, name))


def of_name(engine, name):
    stored = held(engine)
    return stored.index[stored["name"] == name][0]


def dump(engine, *names):
    with reading(engine) as connection:
        return {
            table.name: connection.execute(select(table)).fetchall()
            for table in tables.tables()
            if not names or table.name in names
        }


def hide(engine, dataset, key):
    edit = editing.open_edit(engine, "organisations", key, WRITER)
    return editing.save(
        engine,
        dataset,
        editing.Edit(
            edit.kind, key, edit.base_revision, edit.base, edit.cells | {"location_public": "no"}
        ),
        WRITER,
        DAY,
    )


@pytest.fixture
def another(monkeypatch):
    """Return a second store, of another site."""
    engine = database.in_memory()
    seed.prepare(engine, DATA_DIRECTORY)
    return engine


def test_nobody_finds_an_address_from_what_is_public(engine, shipped):
    """The attack on the first edition: an id was a digest of source, name, town and address."""
    found = listed("child", ("生成保育所", TRUE))
    apply(engine, [found], shipped, WRITER)
    data = snapshot.current()
    public = data.organisations[data.organisations["name"] == "生成保育所"]
    ids = "\n".join([*public.index, *data.services.index])
    row = public.iloc[0]
    for place in GUESSES:
        said = (row["source"], normal(row["name"]), row["municipality_code"], normal(place))
        for way in ("sha1", "sha256", "md5"):
            digest = hashlib.new(way, "\0".join(said).encode()).hexdigest()
            assert digest[:6] not in ids, place


@pytest.mark.parametrize("kind", EVERY_LIST)
def test_the_same_row_has_another_id_on_another_site(engine, another, shipped, kind):
    found = listed(kind, ("生成の家", TRUE))
    for one in (engine, another):
        apply(one, [found], shipped, WRITER)
    for name in ("organisations", "services"):
        ours, theirs = (set(held(one, name).index) for one in (engine, another))
        assert len(ours - theirs) == len(theirs - ours) == 1
        [ours], [theirs] = ours - theirs, theirs - ours
        assert re.fullmatch(rf"{name[0]}[0-9a-z]{{10}}", ours)
        assert sum(a == b for a, b in zip(ours[1:], theirs[1:], strict=True)) < 7


def test_what_is_made_on_the_page_is_named_after_nothing(shipped):
    made = [editing.new_organisation(TOWN, DAY, WRITER).record for _ in range(50)]
    offers = [editing.new_service(made[0], DAY, WRITER).record for _ in range(50)]
    assert len({*made, *offers}) == 100
    for one in (*made, *offers):
        assert TOWN[:5] not in one
        assert made[0] not in one or one == made[0]


@pytest.mark.parametrize("kind", EVERY_LIST)
def test_a_record_that_becomes_hidden_keeps_an_id_that_says_nothing(engine, shipped, kind):
    found = listed(kind, ("生成の家", TRUE))
    apply(engine, [found], shipped, WRITER)
    key = of_name(engine, "生成の家")
    hide(engine, shipped, key)
    assert of_name(engine, "生成の家") == key
    data = snapshot.current()
    assert not data.organisations.at[key, "location_public"]
    ids = [key, *data.services.index[data.services["organisation"] == key]]
    assert len(ids) == 2
    for one in ids:
        assert TOWN[:5] not in one
    # Neither a source's key nor its digest is in what is given away.
    with reading(engine) as connection:
        digests = connection.scalars(select(tables.source_keys.c.digest)).all()
    assert digests
    for form in FILE_TYPES:
        blob = export(data, form, {}, DAY)
        for secret in (*digests, *found.organisations.index, *found.services.index):
            assert secret.encode() not in blob


def test_the_order_of_the_records_does_not_tell_between_whom_a_hidden_one_stood(engine, shipped):
    names = [f"生成の家{number}" for number in range(9)]
    places = ["室蘭市中央町1丁目1番地"] * 3 + [TRUE] * 3 + ["登別市中央町1丁目1番地"] * 3
    apply(engine, [listed("child", *zip(names, places, strict=True))], shipped, WRITER)
    for one in (names[4], names[1]):
        hide(engine, shipped, of_name(engine, one))
    data = snapshot.current()
    hidden = data.organisations.index[~data.organisations["location_public"]]
    rest = data.organisations.index[data.organisations["location_public"]]
    assert list(data.organisations.index) == [*rest, *sorted(hidden)]
    behind = data.services["organisation"].isin(hidden).tolist()
    assert behind == sorted(behind)
    assert data.services.index[behind].is_monotonic_increasing
    table = export(data, "csv", {}, DAY).decode("utf-8-sig")
    assert max(map(table.index, [names[n] for n in (0, 2, 3, 5, 6, 7, 8)])) < min(
        map(table.index, [names[1], names[4]])
    )


@pytest.mark.parametrize("kind", EVERY_LIST)
def test_the_next_edition_finds_the_same_records(engine, shipped, kind):
    first = listed(kind, ("生成の家", TRUE), ("生成の窓口", PLACE.format(5, 1)))
    apply(engine, [first], shipped, WRITER)
    before = {name: set(held(engine, name).index) for name in ("organisations", "services")}
    again = listed(kind, ("生成の窓口", PLACE.format(5, 1)), ("生成の家", TRUE), ("生成の新", TRUE))
    plan = preview(engine, again, shipped, WRITER)
    assert plan.counts("organisations")["new"] == plan.counts("services")["new"] == 1
    assert not any(plan.unlisted.values())
    apply(engine, [again], shipped, WRITER)
    for name, ids in before.items():
        assert len(set(held(engine, name).index) - ids) == 1
    assert preview(engine, again, shipped, WRITER).changes_nothing


def test_an_import_that_is_taken_back_and_done_again_has_the_same_ids(engine, shipped):
    found = listed("child", ("生成の家", TRUE), ("生成の窓口", PLACE.format(5, 1)))

    def ids():
        return {name: list(held(engine, name).index) for name in ("organisations", "services")}

    before = ids()
    [done] = apply(engine, [found], shipped, WRITER)
    after = ids()
    undone = reversal.undo(engine, done.change, WRITER)
    assert ids() == before
    redone = reversal.undo(engine, undone, WRITER)
    assert ids() == after
    reversal.undo(engine, redone, WRITER)
    assert ids() == before
    apply(engine, [found], shipped, WRITER)
    assert ids() == after
    assert len(dump(engine, "source_keys")["source_keys"]) == 4


def test_an_export_leads_back_to_the_record_and_an_unknown_name_in_it_gets_an_id(engine, shipped):
    apply(engine, [listed("child", ("生成の家", TRUE))], shipped, WRITER)
    key = of_name(engine, "生成の家")
    offices = [office(key, name="生成の家", phone="1"), office("登別-012301-7", name="手で足した")]
    edited = incoming(offices, format="shigen", source="書き出し", own_ids=False)
    apply(engine, [edited], shipped, WRITER)
    assert held(engine).at[key, "phone"] == "1"
    added = of_name(engine, "手で足した")
    assert TOWN not in added
    assert preview(engine, edited, shipped, WRITER).counts("organisations")["new"] == 0
    # An id of the form is kept: the export of one site can fill another.
    other = incoming([office("o0123456789")], format="shigen", source="書き出し", own_ids=False)
    apply(engine, [other], shipped, WRITER)
    assert "o0123456789" in held(engine).index


def test_a_key_is_kept_only_as_a_digest_that_needs_the_secret_of_the_store(
    engine, another, shipped
):
    found = listed("child", ("生成の家", TRUE))
    for one in (engine, another):
        apply(one, [found], shipped, WRITER)
    kept = [{row.digest for row in dump(one, "source_keys")["source_keys"]} for one in (engine, another)]  # fmt: skip
    assert len(kept[0]) == len(kept[1]) == 2
    assert not kept[0] & kept[1]
    secrets = [dump(one, "secret")["secret"][0].value for one in (engine, another)]
    assert len(set(secrets)) == 2
    assert all(len(one) == 64 for one in secrets)
    known = {keys.digest(secrets[0], "organisations", key) for key in found.organisations.index}
    assert known < kept[0]


def test_a_sandbox_knows_nothing_by_which_a_hidden_record_was_known(engine, shipped):
    lists = [("生成の家", TRUE), ("生成の窓口", PLACE.format(5, 1))]
    apply(engine, [listed("child", *lists)], shipped, WRITER)
    hidden, public = of_name(engine, "生成の家"), of_name(engine, "生成の窓口")
    hide(engine, shipped, hidden)
    with writing(engine) as connection:
        for old, new in (("alt-012301-1", hidden), ("alt-012301-2", public)):
            row = {"kind": "organisations", "old": old, "new": new, "shipped": True}
            connection.execute(tables.former_ids.insert().values(row))
    mine = sandbox.open_sandbox(engine, snapshot.current())
    names = dump(mine.engine, "source_keys", "former_ids")
    offers = held(engine, "services")
    theirs = set(offers.index[offers["organisation"] == hidden])
    assert not {row.record for row in names["source_keys"]} & {hidden, *theirs}
    ours = [row.old for row in names["former_ids"] if row.old.startswith("alt-")]
    assert ours == ["alt-012301-2"]
    assert public in {row.record for row in names["source_keys"]}
    again = preview(mine.engine, listed("child", *lists), shipped, VISITOR)
    right = again.records["organisations"].set_index("name")["outcome"]
    assert right["生成の窓口"] == "unchanged"
    assert right["生成の家"] == "new"


def shown(plan, dataset, towns=()):
    """Return all that a preview shows, without what the file itself says of the place."""
    tables_ = [
        summary([plan]),
        new_records(plan, dataset),
        changed_records(plan),
        unlisted_records(plan, dataset),
        refused_table(plan.refused),
        refused_table(plan.incoming.repaired),
    ]
    text = "\n".join(table.to_csv() for table in tables_)
    for town in towns:
        text = text.replace(town, "")
    return (
        text,
        [plan.counts(kind) for kind in ("organisations", "services")],
        {kind: plan.records[kind]["outcome"].tolist() for kind in plan.records},
        {kind: frame.to_numpy().tolist() for kind, frame in plan.differs.items()},
        (plan.older, plan.changes_nothing, plan.completes, plan.last_edition),
    )


NAMES = ("生成シェルター", "生成の家")  # one that the reader hides, and one that a person hid


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", EVERY_LIST)
def test_a_preview_does_not_tell_whether_a_guessed_address_is_known(
    engine, shipped, monkeypatch, kind, name
):
    same = [("生成の窓口", PLACE.format(5, 1))]
    apply(engine, [listed(kind, (name, TRUE), same=same)], shipped, WRITER)
    if name != "生成シェルター":
        hide(engine, shipped, of_name(engine, name))
    town = member(engine, shipped, "town@example.jp", "municipal", [OTHER])
    viewer = member(engine, shipped, "view@example.jp", "viewer")
    monkeypatch.delenv("SHIGEN_WRITE")
    places = [*GUESSES[::50], "室蘭市中央町6丁目11番地", TRUE]
    files = [listed(kind, (name, place), same=same) for place in places]
    for who in (VISITOR, viewer, town):
        told = {str(shown(preview(engine, one, shipped, who), shipped, CODES)) for one in files}
        assert len(told) == 1, who
    # What is not hidden is compared as ever.
    plan = preview(engine, files[-1], shipped, VISITOR)
    assert "unchanged" in plan.records["organisations"]["outcome"].tolist()


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_guesses_gets_one_answer_for_all(engine, shipped, monkeypatch, name):
    apply(engine, [listed("child", (name, TRUE))], shipped, WRITER)
    if name != "生成シェルター":
        hide(engine, shipped, of_name(engine, name))
    monkeypatch.delenv("SHIGEN_WRITE")
    assert TRUE in GUESSES
    plan = preview(engine, listed("child", *((name, place) for place in GUESSES)), shipped, VISITOR)
    assert len({one.reason for one in plan.refused if one.column != "記録番号"}) <= 1
    for kind in ("organisations", "services"):
        assert len(set(plan.records[kind]["outcome"])) <= 1
        assert len(plan.records[kind]) in (0, len(GUESSES))
        assert plan.before[kind].isna().all(axis=None)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", EVERY_LIST)
def test_an_editor_of_another_town_learns_no_more_by_importing(engine, shipped, kind, name):
    same = [("生成の窓口", "室蘭市中央町1丁目1番地")]
    apply(engine, [listed(kind, (name, TRUE), same=same)], shipped, WRITER)
    if name != "生成シェルター":
        hide(engine, shipped, of_name(engine, name))
    town = member(engine, shipped, "town@example.jp", "municipal", [OTHER])
    before = dump(engine)
    told = set()
    for place in [*GUESSES[::100], TRUE]:
        try:
            done = apply(engine, [listed(kind, (name, place), same=same)], shipped, town)
            told.add(str([(one.counts, one.refused) for one in done]))
        except GeoError as error:
            told.add(re.sub(r"[os][0-9a-z]{10}", "", str(error)))
    assert len(told) == 1
    assert dump(engine) == before


def test_the_whole_prefecture_sees_that_a_hidden_record_is_the_same(engine, shipped):
    found = listed("child", ("生成シェルター", TRUE))
    apply(engine, [found], shipped, WRITER)
    assert preview(engine, found, shipped, WRITER).changes_nothing


def test_an_edited_export_does_not_let_an_editor_guess_either(engine, shipped):
    hidden = office("o0123456789", location_public=False, address=TRUE, lat=42.4, lon=141.1)
    export_ = {"format": "shigen", "source": "書き出し", "own_ids": False}
    offers = [service("s0123456789", "o0123456789")]
    apply(engine, [incoming([hidden], offers, **export_)], shipped, WRITER)
    town = member(engine, shipped, "town@example.jp", "municipal", [OTHER])
    told = set()
    for place in (*GUESSES[:6], TRUE):
        guess = incoming([hidden | {"address": place}], offers, **export_)
        told.add(str(shown(preview(engine, guess, shipped, town), shipped)))
        try:
            apply(engine, [guess], shipped, town)
            told.add("written")
        except GeoError as error:
            told.add(str(error))
    assert len(told) == 2
    assert held(engine).at["o0123456789", "address"] == TRUE


def test_a_former_id_that_is_guessed_is_not_answered_by_an_import(engine, shipped, monkeypatch):
    apply(engine, [listed("child", ("生成の家", TRUE))], shipped, WRITER)
    key = of_name(engine, "生成の家")
    with writing(engine) as connection:
        row = {"kind": "organisations", "old": f"alt-{TOWN}-1", "new": key, "shipped": False}
        connection.execute(tables.former_ids.insert().values(row))
    files = [
        incoming([office(old, name="生成の家")], format="shigen", source="書き出し", own_ids=False)
        for old in (f"alt-{TOWN}-1", f"alt-{OTHER}-1")
    ]
    right, wrong = (preview(engine, one, shipped, WRITER).counts("organisations") for one in files)
    assert (right["new"], wrong["new"]) == (0, 1)
    hide(engine, shipped, key)
    monkeypatch.delenv("SHIGEN_WRITE")
    right, wrong = (shown(preview(engine, one, shipped, VISITOR), shipped) for one in files)
    assert right == wrong


def test_two_lists_that_call_an_office_the_same_name_one_organisation(engine, shipped):
    place = {"事業所番号": "0173300001"}
    for kind in ("訪問介護", "居宅介護支援"):
        found = read(csv_of(rows_of("kaigo", [place | {"サービスの種類": kind}])), "k.csv", on=DAY)
        apply(engine, [found], shipped, WRITER)
    stored = held(engine)
    assert (stored["name"] == "生成訪問介護ステーション").sum() == 1
    assert isinstance(stored, pd.DataFrame)
