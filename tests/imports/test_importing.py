import dataclasses
from datetime import date

import pytest
from sqlalchemy import select

from geo.data.inventory import surveyed
from geo.errors import DataError, NotAllowedError
from geo.imports.accounts import refused_table
from geo.imports.importing import apply, preview
from geo.imports.reading.incoming import Refusal
from geo.people import reversal
from geo.store import queries, snapshot, tables
from geo.store.database import reading
from geo.ui.imports.tables import changed_records, new_records, summary, unlisted_records
from tests.generated import WRITER, incoming, later, many, office, service


def rows(engine, table):
    with reading(engine) as connection:
        return queries.rows(connection, table)


def dump(engine):
    """Return everything the store holds, table by table."""
    with reading(engine) as connection:
        return {
            table.name: connection.execute(select(table)).fetchall()
            for table in tables.metadata.sorted_tables
        }


def test_new_records_come_in_with_their_source_and_licence(engine, shipped):
    [done] = apply(engine, [many(10)], shipped, WRITER)
    assert done.counts["organisations"]["new"] == done.counts["services"]["new"] == 10
    sources = rows(engine, tables.sources)
    assert sources.iloc[-1][["title", "licence", "edition"]].tolist() == [
        "生成の一覧",
        "CC BY 4.0",
        "2026-06-30",
    ]
    assert len(snapshot.current().services) == len(shipped.services) + 10


def test_the_same_file_twice_changes_nothing_at_all(engine, shipped):
    apply(engine, [many(10)], shipped, WRITER)
    before = dump(engine)
    [done] = apply(engine, [many(10)], shipped, WRITER)
    assert done.change is None
    assert done.counts["organisations"]["unchanged"] == 10
    assert dump(engine) == before


def test_a_newer_edition_changes_only_what_it_says_otherwise(engine, shipped):
    first = many(4)
    apply(engine, [first], shipped, WRITER)
    second = later(first)
    second.organisations.loc["g000002", "phone"] = "0143-00-0000"
    [done] = apply(engine, [second], shipped, WRITER)
    counts = done.counts["organisations"]
    assert (counts["changed"], counts["confirmed"], counts["new"]) == (1, 3, 0)
    stored = rows(engine, tables.organisations)
    assert stored.at["g000002", "phone"] == "0143-00-0000"
    assert stored.at["g000000", "checked_on"] == date(2027, 1, 5)
    assert stored.at["g000002", "revision"] == 2


def test_a_record_that_vanished_is_marked_and_kept_and_counts_no_more(engine, shipped):
    first = many(4)
    apply(engine, [first], shipped, WRITER)
    second = later(
        first,
        organisations=first.organisations.drop(index="g000001"),
        services=first.services.drop(index="g000001-s"),
    )
    plan = preview(engine, second, shipped, WRITER)
    assert plan.unlisted == {"organisations": ["g000001"], "services": ["g000001-s"]}
    apply(engine, [second], shipped, WRITER)
    stored = rows(engine, tables.organisations)
    assert not stored.at["g000001", "listed"]
    assert rows(engine, tables.services).at["g000001-s", "status"] == "active"
    shown = snapshot.current()
    assert shown.services.at["g000001-s", "confidence"] == "C"
    assert shown.organisations.at["g000001", "note"].startswith("掲載なし")
    assert "廃止とは限りません" in shown.organisations.at["g000001", "note"]


def test_a_record_that_comes_back_is_listed_again(engine, shipped):
    first = many(2)
    apply(engine, [first], shipped, WRITER)
    gone = {
        "organisations": first.organisations.iloc[:1],
        "services": first.services.iloc[:1],
    }
    apply(engine, [later(first, **gone)], shipped, WRITER)
    [done] = apply(engine, [later(first, edition="2027-06-30")], shipped, WRITER)
    assert done.counts["organisations"]["changed"] == 1
    assert rows(engine, tables.organisations)["listed"].all()


def test_another_file_of_the_same_publisher_lets_nothing_vanish(engine, shipped):
    apply(engine, [many(3)], shipped, WRITER)
    other = incoming([office("x")], source="生成の一覧(訪問介護)")
    apply(engine, [other], shipped, WRITER)
    assert rows(engine, tables.organisations)["listed"].all()


def test_one_office_in_two_files_is_one_organisation_that_stays_while_one_lists_it(engine, shipped):
    one = incoming([office("k1")], [service("k1-110", "k1")], source="訪問介護")
    two = incoming([office("k1", phone="1")], [service("k1-430", "k1")], source="居宅介護支援")
    apply(engine, [one, two], shipped, WRITER)
    assert len(rows(engine, tables.organisations).loc[["k1"]]) == 1
    assert set(rows(engine, tables.services).query("organisation == 'k1'").index) == {
        "k1-110",
        "k1-430",
    }
    # Neither file takes the record from the other: read again, both change nothing.
    assert all(done.change is None for done in apply(engine, [one, two], shipped, WRITER))
    empty = {"organisations": one.organisations.iloc[:0], "services": one.services.iloc[:0]}
    apply(engine, [later(one, **empty)], shipped, WRITER)
    assert rows(engine, tables.organisations).at["k1", "listed"]
    apply(engine, [later(two, **empty)], shipped, WRITER)
    assert not rows(engine, tables.organisations).at["k1", "listed"]


def test_an_older_edition_is_refused_by_name(engine, shipped):
    apply(engine, [later(many(2))], shipped, WRITER)
    assert preview(engine, many(2), shipped, WRITER).older
    with pytest.raises(DataError, match=r"登録済みの版\(2026-12-31\)より古い版"):
        apply(engine, [many(2)], shipped, WRITER)


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"municipality_code": "131016"}, "市町村"),
        ({"layer": "nowhere"}, "台帳の層"),
        ({"confidence": "D"}, "確度"),
        ({"name": ""}, "名称"),
        ({"lat": 42.0}, "緯度"),
    ],
)
def test_a_record_that_does_not_fit_is_refused_with_its_row_and_its_services(
    engine, shipped, change, column
):
    one = incoming([office("good"), office("bad", **change)])
    [done] = apply(engine, [one], shipped, WRITER)
    assert [(r.file, r.row, r.column) for r in done.refused[:1]] == [("generated.csv", 3, column)]
    assert [r.value for r in done.refused][1] == "bad"
    assert {"good"} == set(rows(engine, tables.organisations).index) & {"good", "bad"}
    assert "bad-s" not in rows(engine, tables.services).index


def test_an_id_that_another_source_gave_to_someone_else_is_refused(engine, shipped):
    taken = shipped.organisations.index[0]
    stranger = incoming([office(taken, municipality_code="012025")])
    plan = preview(engine, stranger, shipped, WRITER)
    assert [r.column for r in plan.refused] == ["記録番号", "記録番号"]
    assert plan.changes_nothing


def test_the_second_row_of_an_id_is_refused_not_lost(engine, shipped):
    one = incoming([office("a"), office("a", phone="9")], [service("a-s", "a")])
    plan = preview(engine, one, shipped, WRITER)
    assert [(r.row, r.value) for r in plan.refused] == [(3, "a")]


def test_several_files_are_all_or_nothing(engine, shipped):
    apply(engine, [later(many(2))], shipped, WRITER)
    before = dump(engine)
    with pytest.raises(DataError):
        apply(engine, [incoming([office("z")], source="別の一覧"), many(2)], shipped, WRITER)
    assert dump(engine) == before


def test_writing_is_refused_where_it_is_not_allowed(engine, shipped, monkeypatch):
    monkeypatch.setenv("SHIGEN_WRITE", "0")
    before = dump(engine)
    for attempt in (
        lambda: apply(engine, [many(2)], shipped, WRITER),
        lambda: reversal.undo(engine, 1, WRITER),
    ):
        with pytest.raises(NotAllowedError):
            attempt()
    assert preview(engine, many(2), shipped, WRITER).counts("services")["new"] == 2
    assert dump(engine) == before


def test_a_hidden_location_survives_a_file_that_cannot_know_it(engine, shipped):
    hidden = office("h", location_public=False, address="生成町1", lat=42.4, lon=141.1)
    apply(engine, [incoming([hidden])], shipped, WRITER)
    blank = office("h", location_public=False, municipality_code="", precision="")
    plan = preview(engine, incoming([blank]), shipped, WRITER)
    assert plan.counts("organisations")["unchanged"] == 1


def test_a_whole_inventory_completes_its_kind_and_a_part_does_not(engine, shipped):
    towns = shipped.municipalities.index
    whole = [office(f"k{code}", municipality_code=code) for code in towns]
    kaigo = {"format": "kaigo", "source": "介護サービス情報公表システム"}
    judged = ("居宅介護支援", "通所介護", "介護老人福祉施設")

    def of(kind, offices):
        services = [
            service(
                f"{one['organisation']}-{kind}", one["organisation"], field="elderly", kind=kind
            )
            for one in offices
        ]
        return incoming(offices, services, **kaigo | {"source": f"介護公表 {kind}"})

    def kinds():
        return snapshot.current().layers.at["kaigo", "complete_kinds"]

    apply(engine, [of(judged[0], whole[:50])], shipped, WRITER)
    assert kinds() == ()
    apply(engine, [of(judged[0], whole)], shipped, WRITER)
    assert kinds() == (judged[0],)
    assert not snapshot.current().layers.at["kaigo", "complete"]
    column = list(shipped.fields.index).index("elderly")
    assert not surveyed(snapshot.current())[:, column].any()
    apply(engine, [of(kind, whole) for kind in judged[1:]], shipped, WRITER)
    assert set(kinds()) == set(judged)
    assert surveyed(snapshot.current())[:, column].all()


def test_undoing_an_import_restores_every_record(engine, shipped):
    towns = shipped.municipalities.index
    whole = [office(f"k{code}", municipality_code=code) for code in towns]
    first = incoming(whole, format="kaigo", source="介護サービス情報公表システム")
    second = later(
        first,
        organisations=first.organisations.iloc[1:].assign(phone="1"),
        services=first.services.iloc[1:],
    )
    kept = ("organisations", "services", "sources", "completions", "surveys")
    ignored = {"revision", "changed_in"}  # these only ever grow

    def state():
        return {
            name: rows(engine, getattr(tables, name))
            .drop(columns=ignored, errors="ignore")
            .to_csv()
            for name in kept
        }

    zero = state()
    [one] = apply(engine, [first], shipped, WRITER)
    after_one = state()
    [two] = apply(engine, [second], shipped, WRITER)
    after_two = state()
    with pytest.raises(reversal.UndoError, match="先に取り消して"):
        reversal.undo(engine, one.change, WRITER)
    undone = reversal.undo(engine, two.change, WRITER)
    assert state() == after_one
    reversal.undo(engine, undone, WRITER)  # taking the undo back does it again
    assert state() == after_two
    reversal.undo(engine, two.change, WRITER)
    reversal.undo(engine, one.change, WRITER)
    final = state()
    assert final["organisations"] == zero["organisations"]
    assert final["services"] == zero["services"]
    assert not snapshot.current().layers.at["kaigo", "complete"]
    with pytest.raises(reversal.UndoError, match="取り消し済み"):
        reversal.undo(engine, one.change, WRITER)
    with pytest.raises(reversal.UndoError, match="出荷時"):
        reversal.undo(engine, 1, WRITER)


def test_refused_rows_become_a_table_that_names_file_row_column_value_and_reason():
    refused = refused_table(
        [
            Refusal("a.csv", 7, "住所", "=1+1", "道外です"),
            Refusal("a.csv", None, "", "", "x"),
        ]
    )
    assert list(refused.columns) == ["ファイル", "シート", "行", "列", "値", "理由"]
    assert refused.iloc[0].tolist() == ["a.csv", "", 7, "住所", "=1+1", "道外です"]


def test_dates_never_go_backwards(engine, shipped):
    first = many(1)
    apply(engine, [later(first, edition="2026-06-30")], shipped, WRITER)
    stale = dataclasses.replace(first, sha256="0" * 64)
    assert preview(engine, stale, shipped, WRITER).counts("organisations")["unchanged"] == 1


def test_a_preview_does_not_let_the_world_guess_a_hidden_location(engine, shipped, monkeypatch):
    place = {"address": "生成町1", "lat": 42.4, "lon": 141.1, "precision": "point"}
    hidden = office("h", location_public=False, **place)
    apply(engine, [incoming([hidden])], shipped, WRITER)
    monkeypatch.delenv("SHIGEN_WRITE")

    def outcomes(**change):
        plan = preview(engine, incoming([office("h", **change)]), shipped, WRITER)
        shown = changed_records(plan).to_csv() + summary([plan]).to_csv()
        assert "生成町1" not in shown
        return shown

    right = outcomes(location_public=False, **place)
    wrong = outcomes(location_public=False, **place | {"address": "生成町2"})
    assert right == wrong
    right = outcomes(location_public=True, **place)
    wrong = outcomes(location_public=True, **place | {"address": "生成町2"})
    assert right == wrong


def test_changed_cells_are_shown_before_and_after(engine, shipped):
    first = many(2)
    apply(engine, [first], shipped, WRITER)
    second = later(first)
    second.organisations.loc["g000001", "phone"] = "0143-00-0000"
    plan = preview(engine, second, shipped, WRITER)
    rows = changed_records(plan).to_dict("records")
    assert [(row["列"], row["前"], row["後"]) for row in rows if row["列"] == "電話番号"] == [
        ("電話番号", "", "0143-00-0000")
    ]
    assert unlisted_records(plan, shipped).empty
    assert new_records(preview(engine, many(3), shipped, WRITER), shipped)["名称"].tolist() == [
        "生成事業所g000002"
    ]
