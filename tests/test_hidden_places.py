"""A hidden record is made by every way in; then every way out is searched for its town."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd
import pytest
from sqlalchemy import select

from geo.data.spreadsheet import to_csv
from geo.documents.handout import handout
from geo.documents.karte_word import karte_word
from geo.documents.meeting import TITLES, screens
from geo.documents.projector import payload as projected
from geo.documents.slides import slides
from geo.errors import GeoError
from geo.imports import importing
from geo.imports.read import read
from geo.imports.reading.matching import make_match
from geo.imports.template import template
from geo.maps import payload
from geo.methods.analysis import analyse
from geo.parameters import Parameters
from geo.people import history, reversal
from geo.people.permissions import VISITOR, local
from geo.records import directory, drafts, duplicates, editing
from geo.records.open_data import FILE_TYPES, export
from geo.records.quality import condition
from geo.store import snapshot, tables
from geo.store.database import reading
from geo.store.queries import licences
from geo.store.sandbox import open_sandbox
from geo.ui.imports.tables import changed_records
from geo.ui.status import source_table
from geo.ui.tables import record_columns
from tests.browser.test_shelter import assert_none
from tests.generated_files import csv_of, rows_of
from tests.imports.reading.test_own_export import SALON, filled

DAY = date(2026, 11, 25)
NAME = "はまなす生成シェルター"


@dataclass(frozen=True)
class Place:
    """Where the hidden record stands, and what of it tells that."""

    code: str
    town: str
    roman: str
    street: str
    postal: str
    phone: str
    lat: str
    lon: str

    @property
    def officer(self):
        return local(f"{self.town} こども課")

    @property
    def file(self):
        return f"{self.roman}_{self.code}"

    @property
    def near(self):
        return f"{self.town[:-1]}駅のそば"

    @property
    def source(self):
        return f"{self.town}「一覧」"

    @property
    def url(self):
        return f"https://www.city.{self.roman}.lg.jp/a"

    @property
    def cells(self):
        return {
            "name": NAME, "operator": self.town, "municipality_code": self.code,
            "address": f"{self.town}{self.street}", "lat": self.lat, "lon": self.lon,
            "phone": self.phone, "url": self.url, "source": self.source, "note": self.near,
        }  # fmt: skip


HERE = Place(
    "012301", "登別市", "noboribetsu", "中央町9丁目8番7号", "059-0012", "0143-85-9876", "42.4123456", "141.1065432"
)  # fmt: skip
THERE = Place(
    "012131", "苫小牧市", "tomakomai", "表町9丁目8番7号", "053-0022", "0144-85-9876", "42.6412345", "141.6065432"
)  # fmt: skip
TOLD = (
    "登別", "ﾉﾎﾞﾘﾍﾞﾂ", "ノボリベツ", "noboribetsu", "012301", "01230", "059-0012", HERE.street, "0143-85",
)  # fmt: skip


def take_in(engine, place, blob, name, match=None):
    with reading(engine) as connection:
        found = read(connection, snapshot.current(), blob, name, match)
    return importing.apply(engine, [found], snapshot.current(), place.officer)


def by_template(engine, place):
    row = SALON | {
        "name": NAME, "field": "女性・DV", "location_public": "非公開", "address": f"{place.town}{place.street}",
        "postal": place.postal, "phone": place.phone, "operator": place.town, "note": place.near,
        "service_area": "", "source": place.source, "url": place.url,
    }  # fmt: skip
    take_in(
        engine, place, filled(template(snapshot.current(), place.code), row), f"{place.file}.xlsx"
    )


def by_published_list(engine, place):
    rows = rows_of("child")
    cells = {
        "名称": NAME, "所在地_連結表記": f"北海道{place.town}{place.street}", "電話番号": place.phone, "団体名": place.town,
        "地方公共団体名": f"北海道{place.town}", "備考": place.near,
        "全国地方公共団体コード": place.code, "所在地_全国地方公共団体コード": place.code,
        "ID": f"{place.code}0000001", "緯度": place.lat, "経度": place.lon,
    }  # fmt: skip
    for label, cell in cells.items():
        if label in rows[0]:
            rows[1][rows[0].index(label)] = cell
    take_in(engine, place, csv_of(rows), f"{place.file}.csv")


def by_columns_matched(engine, place):
    header = ("なまえ", "ばしょ", "でんわ")
    columns = {"name": "なまえ", "address": "ばしょ", "phone": "でんわ"}
    match = make_match(
        place.file,
        header,
        columns,
        publisher=place.town,
        licence=f"{place.town}の条件",
        kind="シェルター",
    )
    blob = csv_of([[*header], [NAME, f"{place.town}{place.street}", place.phone]])
    take_in(engine, place, blob, f"{place.file}.csv", json.loads(json.dumps(match)))


def by_hsds(engine, place):
    stands = {
        "address_1": place.street,
        "city": place.town,
        "state_province": "北海道",
        "postal_code": place.postal,
    }
    service = {
        "id": "s1", "name": "シェルター", "status": "active", "phones": [{"number": place.phone}],
        "organization": {"id": "o1", "name": NAME, "website": place.url}, "description": place.near,
        "service_at_locations": [{"location": {"id": "l1", "addresses": [stands]}}],
    }  # fmt: skip
    take_in(engine, place, json.dumps([service]).encode(), f"{place.file}.json")


def by_the_page(engine, place):
    edit = editing.new_organisation(place.code, DAY, place.officer)
    cells = edit.cells | place.cells | {"source": edit.cells["source"], "location_public": "no"}
    editing.save(
        engine,
        snapshot.current(),
        replace(edit, cells=cells | {"precision": "point"}),
        place.officer,
        DAY,
    )
    _offer(engine, place, edit.record)
    return edit.record


def _offer(engine, place, key):
    offered = editing.new_service(key, DAY, place.officer)
    cells = offered.cells | {"field": "women"}
    editing.save(engine, snapshot.current(), replace(offered, cells=cells), place.officer, DAY)


def by_a_draft(engine, place):
    edit = editing.new_organisation(place.code, DAY, place.officer)
    draft = drafts.start(engine, edit, place.officer)
    draft = drafts.keep(
        engine,
        draft,
        replace(edit, cells=edit.cells | place.cells | {"location_public": "no"}),
        place.officer,
    )
    drafts.publish(engine, snapshot.current(), draft, place.officer, DAY)
    _offer(engine, place, edit.record)


def _public_first(engine, place):
    edit = editing.new_organisation(place.code, DAY, place.officer)
    shown = replace(edit, cells=edit.cells | place.cells)
    editing.save(engine, snapshot.current(), shown, place.officer, DAY)
    _offer(engine, place, edit.record)
    return edit.record


def _hide(engine, place, key):
    edit = editing.open_edit(engine, "organisations", key, place.officer)
    hidden = replace(edit, cells=edit.cells | {"location_public": "no"})
    return editing.save(engine, snapshot.current(), hidden, place.officer, DAY)


def by_hiding_later(engine, place):
    _hide(engine, place, _public_first(engine, place))


def by_taking_back_a_disclosure(engine, place):
    hidden = _hide(engine, place, _public_first(engine, place))
    shown = reversal.undo(engine, hidden, place.officer)
    reversal.undo(engine, shown, place.officer)


def by_an_edited_export(engine, place):
    key = _public_first(engine, place)
    data = snapshot.current()
    with reading(engine) as connection:
        lines = export(data, "csv", licences(connection), DAY).decode().splitlines()
    row = next(line for line in lines if key in line).replace(",公開,", ",いいえ,")
    take_in(engine, place, "\n".join([lines[0], row]).encode(), f"{place.file}.csv")


def by_a_merge(engine, place):
    kept, other = by_the_page(engine, place), _public_first(engine, place)
    duplicates.decide(engine, kept, other, "same", place.officer)


def by_a_merge_into_a_public_one(engine, place):
    kept, other = _public_first(engine, place), by_the_page(engine, place)
    duplicates.decide(engine, kept, other, "same", place.officer)


WAYS = [
    by_template, by_published_list, by_columns_matched, by_hsds, by_the_page, by_a_draft,
    by_hiding_later, by_taking_back_a_disclosure, by_an_edited_export, by_a_merge, by_a_merge_into_a_public_one,
]  # fmt: skip


@pytest.fixture
def store_kind() -> str:
    """Return one kind of store: what is told of a record does not rest on it, and takes minutes."""
    return "sqlite"


# What comes in through the same door as another way is tried with what is slow.
BESIDE = [by_columns_matched, by_hsds, by_a_draft, by_taking_back_a_disclosure]
TRIED = [
    pytest.param(way, marks=[pytest.mark.slow] if way in BESIDE else [], id=way.__name__)
    for way in WAYS
]


@pytest.fixture(params=TRIED)
def hidden(request, engine):
    """Return the store with one more hidden record, made by one of the ways, and its id."""
    made: Callable = request.param
    with reading(engine) as connection:
        before = {*connection.scalars(select(tables.organisations.c.organisation))}
    made(engine, HERE)
    data = snapshot.current()
    [key] = [key for key in data.organisations.index if key not in before]
    assert not data.organisations.at[key, "location_public"]
    assert data.organisations.at[key, "name"] == NAME
    return engine, key


def assert_silent(found, where):
    """Fail where a text about the record tells its town."""
    text = json.dumps(found, ensure_ascii=False, default=str)
    for word in TOLD:
        assert word.casefold() not in text.casefold(), (where, word, text[:2000])


def test_no_table_about_it_tells_its_town(hidden):
    engine, key = hidden
    data = snapshot.current()
    office = data.organisations.loc[[key]]
    offered = data.services[data.services["organisation"] == key]
    assert len(offered)
    assert_silent(
        [office.reset_index().to_dict("records"), offered.reset_index().to_dict("records")],
        "dataset",
    )
    found = directory.records(data)
    assert_silent(found[found["organisation"] == key].to_dict("records"), "directory")
    shown = record_columns(data, found[found["organisation"] == key])
    assert_silent(to_csv(shown), "download")
    with reading(engine) as connection:
        terms = licences(connection)
        links = condition(connection, data, DAY).links
        sources = source_table(connection, VISITOR)
    for form in FILE_TYPES.keys() - {"csv", "xlsx"}:  # the same table as the others
        rows = json.loads(export(data, form, terms, DAY))
        rows = rows if isinstance(rows, list) else rows["features"]
        mine = [row for row in rows if key in json.dumps(row)]
        assert mine
        assert_silent(mine, form)
    csv = export(data, "csv", terms, DAY).decode().splitlines()
    assert_silent([line for line in csv if key in line], "csv")
    assert_silent(links[links["url"].str.contains("noboribetsu")].to_dict("records"), "links")
    assert_silent(sources.to_dict("records"), "sources")


def test_the_history_tells_a_visitor_neither_whose_nor_of_what_file(hidden):
    engine, _ = hidden
    with reading(engine) as connection:
        told = history.recent(connection, VISITOR)
        whole = history.recent(connection, HERE.officer)
    assert_silent(told.to_dict("records"), "history")
    assert "登別" in str(whole["by_whom"].tolist())
    # Neither does what is refused to somebody who may not.
    for change in whole["id"]:
        with pytest.raises(GeoError) as refused:
            reversal.undo(engine, int(change), VISITOR)
        assert_silent(str(refused.value), "undo")


@pytest.mark.slow
def test_no_search_map_or_document_finds_it_by_its_town(hidden):
    _, key = hidden
    data = snapshot.current()
    analysis = analyse(data, Parameters(confidence=("A", "B", "C")))
    towns = directory.records(data)
    assert key not in set(towns[towns["municipality_code"] == "012301"]["organisation"])
    drawn = payload.of(data)
    assert key not in drawn.organisations
    made = screens(analysis, town="012301")
    documents = {
        "karte": karte_word(analysis, "012301"),
        "slides": slides(data, made),
        "handout": handout(analysis),
        "screens": json.dumps(projected(analysis, tuple(TITLES), None, "012301", ""), ensure_ascii=False).encode(),
        **dict(drawn.files.items()),
    }  # fmt: skip
    secret = [HERE.street, HERE.phone, "42.41234", "141.10654", "059-0012", "登別駅のそば"]
    for where, body in documents.items():
        assert_none(body, where, secret)
    assert NAME not in drawn.files["organisations.json"].decode()


def test_a_sandbox_holds_nothing_that_tells_its_town(hidden):
    engine, key = hidden
    sandbox = open_sandbox(engine, snapshot.current())
    with reading(sandbox.engine) as connection:
        offices, services = tables.organisations, tables.services
        office = (
            connection.execute(select(offices).where(offices.c.organisation == key))
            .mappings()
            .one()
        )
        offered = connection.execute(
            select(services).where(services.c.organisation == key)
        ).mappings()
        assert_silent([dict(office), *map(dict, offered)], "sandbox")


@pytest.mark.slow
def test_an_export_taken_back_in_loses_nothing_and_a_guess_finds_nothing(hidden):
    engine, key = hidden
    data = snapshot.current()
    with reading(engine) as connection:
        before = connection.execute(select(tables.organisations)).fetchall()
        blob = export(data, "csv", licences(connection), DAY)
        found = read(connection, data, blob, "x.csv")
    assert importing.preview(engine, found, data, HERE.officer).changes_nothing
    importing.apply(engine, [found], data, HERE.officer)
    with reading(engine) as connection:
        assert connection.execute(select(tables.organisations)).fetchall() == before
    # Whoever guesses the telephone is told the same as whoever guesses another.
    said = []
    for guess in (HERE.phone, "0144-00-0000"):
        guessed = found.organisations.copy()
        guessed.loc[key, ["phone", "operator"]] = [
            guess,
            "登別市" if guess == HERE.phone else "苫小牧市",
        ]
        plan = importing.preview(engine, replace(found, organisations=guessed), data, VISITOR)
        cells = changed_records(plan)
        said.append(cells[["記録", "名称", "列", "前"]].to_numpy().tolist())
        assert_silent(cells["前"].tolist(), "preview")
    assert said[0] == said[1]


def test_the_search_itself_would_find_it():
    for word in TOLD:
        with pytest.raises(AssertionError):
            assert_silent(pd.DataFrame({"x": [f"a{word}b"]}).to_dict("records"), "x")
