import io
import os
import signal
import zipfile
from html import unescape

import pandas as pd
import pytest

from geo.errors import DataError, NotAllowedError
from geo.imports.letter import CHECK, FIELDS
from geo.imports.reading import answers
from geo.people import reversal
from geo.people.permissions import VISITOR
from geo.plans.round import analysis_of, field_changes, flag_changes, found_table, status_table
from geo.records import loading, rounds
from geo.store import database, snapshot
from geo.store.database import reading
from geo.store.rounds import RoundMissingError, open_round, towns
from tests.generated import WRITER, member
from tests.generated_answers import TODAY, Letter, open_one

NOBORIBETSU, DATE, SHIRAOI = "012301", "012335", "015784"


@pytest.fixture
def data(engine):
    return snapshot.current()


@pytest.fixture
def asked(engine, data):
    return open_one(engine, data)


def load(engine, data, asked, *files, **more):
    found, refused = loading.read_files(list(files), data)
    done = loading.load(engine, data, asked.id, found, WRITER, TODAY, **more)
    return done, refused


def town(engine, asked, code=NOBORIBETSU):
    with reading(engine) as connection:
        return towns(connection, asked.id)[code]


def test_what_came_back_is_confirmed_corrected_closed_and_added_in_one_change(engine, data, asked):
    letter = Letter(data, asked, NOBORIBETSU).check_all()
    first, second = [row for row, _ in letter.rows(CHECK)][:2]
    letter.check(first, answers.MENDED, phone="0143-00-0001").check(second, answers.STOPPED)
    letter.add(0, name="生成の食堂", address="登別市中央町6丁目11番地", phone="0143-00-0002")
    letter.look("食料支援", answers.THERE)
    done, refused = load(engine, data, asked, ("回答.xlsx", letter.bytes()))
    assert refused == []
    found = done.plan.towns[asked.id, NOBORIBETSU]
    assert (found.lost, found.questions) == ([], [])
    now = snapshot.current()
    offices = now.organisations[now.organisations["municipality_code"] == NOBORIBETSU]
    assert "生成の食堂" in set(offices["name"])
    assert "0143-00-0001" in set(offices["phone"])
    answer = town(engine, asked).answer
    assert (len(answer.changed), len(answer.closed), len(answer.found)) == (1, 1, 1)
    assert answer.known == ("food",)
    mine = now.surveys[now.surveys["municipality_code"] == NOBORIBETSU]
    assert mine[["field", "by"]].to_numpy().tolist() == [["food", "生成の係"]]
    reversal.undo(engine, done.change, WRITER)
    again = snapshot.current()
    pd.testing.assert_frame_equal(again.organisations, data.organisations)
    pd.testing.assert_frame_equal(again.services, data.services)
    assert again.surveys.empty
    assert town(engine, asked).answered_on is None


def test_the_same_file_again_and_the_same_words_in_another_file_double_nothing(engine, data, asked):
    letter = Letter(data, asked, NOBORIBETSU).add(0, name="生成の食堂")
    letter.add(1, name="生成の隠れ家", location_public="非公開")
    content = letter.bytes()
    load(engine, data, asked, ("a.xlsx", content))
    count = len(snapshot.current().organisations)
    done, _ = load(engine, data, asked, ("b.xlsx", content))
    assert done.change is None
    assert done.plan.again == ("b.xlsx",)
    letter.look("居場所・交流", answers.UNASKED)
    done, _ = load(engine, data, asked, ("c.xlsx", letter.bytes()))
    assert len(snapshot.current().organisations) == count
    assert done.plan.towns[asked.id, NOBORIBETSU].found == []


def test_there_without_a_name_and_absent_beside_a_name_are_asked_back(engine, data, asked):
    letter = Letter(data, asked, NOBORIBETSU)
    letter.look("食料支援", answers.THERE).look("居場所・交流", answers.ABSENT)
    done, _ = load(engine, data, asked, ("a.xlsx", letter.bytes()))
    questions = done.plan.towns[asked.id, NOBORIBETSU].questions
    assert [q.split(":")[0] for q in questions] == ["食料支援", "居場所・交流"]
    assert snapshot.current().surveys.empty
    assert town(engine, asked).state(asked.deadline, TODAY) == "questions"


def test_a_field_looked_for_and_not_there_is_empty_and_no_longer_unknown(engine, data, asked):
    letter = Letter(data, asked, "015750").look("食料支援", "無し", on="令和8年11月20日")
    load(engine, data, asked, ("a.xlsx", letter.bytes()))
    assert town(engine, asked, "015750").answer.empty == ("food",)
    assert snapshot.current().surveys[["field"]].to_numpy().tolist() == [["food"]]


def test_rows_that_moved_a_sheet_that_went_and_another_name_read_the_same(engine, data, asked):
    letter = Letter(data, asked, NOBORIBETSU).check_all()
    sheet, _columns = letter.sheet(CHECK)
    rows = list(sheet.iter_rows(min_row=4, values_only=True))
    sheet.delete_rows(4, len(rows))
    for row in reversed(rows):
        sheet.append(row)
    sheet.insert_rows(1, 3)
    del letter.book[FIELDS]
    found, refused = loading.read_files([("Book1 - コピー.xlsx", letter.bytes())], data)
    plan = loading.preview(engine, data, asked.id, found, WRITER, TODAY)
    assert refused == []
    assert len(plan.towns[asked.id, NOBORIBETSU].confirmed) == len(rows)
    assert plan.towns[asked.id, NOBORIBETSU].lost == []


def test_every_row_of_the_records_is_counted_the_unanswered_ones_too(engine, data, asked):
    letter = Letter(data, asked, NOBORIBETSU)
    sheet, columns = letter.sheet(CHECK)
    rows = len(list(sheet.iter_rows(min_row=4, values_only=True)))
    sheet.cell(4, columns[answers.VERDICT]).value = answers.SAME
    found, _ = loading.read_files([("a.xlsx", letter.bytes())], data)
    plan = loading.preview(engine, data, asked.id, found, WRITER, TODAY)
    town = plan.towns[asked.id, NOBORIBETSU]
    assert len(town.confirmed) == 1
    assert town.unanswered == rows - 1
    assert loading.preview_table(data, plan)["答えのない行"].tolist() == [rows - 1]


def test_a_sheet_typed_anew_as_csv_is_known_by_its_name_and_its_words(engine, data, asked):
    name = data.organisations.query("municipality_code == @DATE")["name"].iloc[0]
    fields = "分野,結果,調べた日,調べた人,根拠\n食料支援,ない,2026/11/20,係,電話\n"
    checked = f"確認,名称,電話番号\nその通り,{name},0142-00-0000\n変,{name},\n"
    files = [("伊達市 分野.csv", fields.encode("cp932")), ("伊達市.csv", checked.encode())]
    found, refused = loading.read_files(files, data)
    plan = loading.preview(engine, data, asked.id, found, WRITER, TODAY)
    assert refused == []
    mine = plan.towns[asked.id, DATE]
    assert [one.column for one in mine.changes] == ["phone"]
    assert [(one.column, one.value) for one in mine.lost] == [("確認", "変")]


def test_a_file_that_names_no_town_or_no_round_is_refused_with_its_name(engine, data, asked):
    files = [
        ("無題.csv", "分野,結果\n食料支援,ある\n".encode()),
        ("x.pdf", b"%PDF-1.7"),
        ("別の.csv", f"鍵(消さない),分野,結果\nffffffff-{DATE}-food,食料支援,ある\n".encode()),
        ("札幌市.csv", "分野,結果\n食料支援,ある\n".encode()),
    ]
    found, refused = loading.read_files(files, data)
    plan = loading.preview(engine, data, asked.id, found, WRITER, TODAY)
    assert [name for name, _ in refused] == ["無題.csv", "x.pdf"]
    assert [name for name, _ in plan.refused] == ["別の.csv", "札幌市.csv"]
    assert plan.changes_nothing


def test_two_answers_of_one_town_that_disagree_are_asked_and_not_written(engine, data, asked):
    first = Letter(data, asked, NOBORIBETSU).check(4, answers.MENDED, phone="0143-00-0001")
    second = Letter(data, asked, NOBORIBETSU).check(4, answers.MENDED, phone="0143-00-0002")
    third = Letter(data, asked, NOBORIBETSU).check(4, answers.STOPPED)
    files = [(f"{n}.xlsx", one.bytes()) for n, one in enumerate((first, second, third))]
    done, _ = load(engine, data, asked, *files)
    mine = done.plan.towns[asked.id, NOBORIBETSU]
    assert (mine.changes, mine.closed) == ([], [])
    assert sum("2つの答え" in one for one in mine.questions) == 2


def test_what_the_store_changed_since_the_letter_went_out_is_asked(engine, data, asked):
    old = Letter(data, asked, NOBORIBETSU).check(4, answers.MENDED, phone="0143-00-0009")
    new = Letter(data, asked, NOBORIBETSU).check(4, answers.MENDED, phone="0143-00-0001")
    load(engine, data, asked, ("new.xlsx", new.bytes()))
    done, _ = load(engine, snapshot.current(), asked, ("old.xlsx", old.bytes()))
    mine = done.plan.towns[asked.id, NOBORIBETSU]
    assert mine.changes == []
    assert "台帳でも変わっています" in mine.questions[0]


def test_a_possible_double_waits_for_a_decision(engine, data, asked):
    row = data.organisations[
        (data.organisations["municipality_code"] == NOBORIBETSU)
        & (data.organisations["phone"] != "")
    ].iloc[0]
    letter = Letter(data, asked, NOBORIBETSU)
    letter.add(0, name=row["name"], phone="0143-99-9999", address="登別市中央町6丁目11番地")
    files = [("a.xlsx", letter.bytes())]
    found, _ = loading.read_files(files, data)
    plan = loading.preview(engine, data, asked.id, found, WRITER, TODAY)
    (double,) = plan.doubles
    assert (double.existing_name, double.name) == (row["name"], row["name"])
    assert plan.towns[asked.id, NOBORIBETSU].found == []
    told = {double.key: "different"}
    plan = loading.preview(engine, data, asked.id, found, WRITER, TODAY, told)
    assert plan.towns[asked.id, NOBORIBETSU].found == [row["name"]]


def test_no_town_can_ask_by_a_key_where_a_hidden_record_stands(engine, data, asked):
    hidden = Letter(data, asked, NOBORIBETSU).add(0, name="生成の隠れ家", location_public="非公開")
    load(engine, data, asked, ("a.xlsx", hidden.bytes()))
    now = snapshot.current()
    office = now.organisations.index[now.organisations["name"] == "生成の隠れ家"][0]
    service = now.services.index[now.services["organisation"] == office][0]
    assert town(engine, asked).answer.found == ()
    said = []
    for code in (NOBORIBETSU, DATE):
        line = f"鍵(消さない),確認,名称\n{asked.id}-{code}-{service},やめた,x\n"
        found, _ = loading.read_files([("a.csv", line.encode())], now)
        plan = loading.preview(engine, now, asked.id, found, WRITER, TODAY)
        said.append([(one.column, one.reason) for one in plan.towns[asked.id, code].lost])
    assert said[0] == said[1]
    for content in (Letter(now, asked, NOBORIBETSU).bytes(), Letter(now, asked, DATE).bytes()):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            parts = unescape(
                "".join(book.read(n).decode("utf-8", "replace") for n in book.namelist())
            )
        assert "登別市" in parts or "伊達市" in parts
        assert "生成の隠れ家" not in parts


def test_a_flag_moves_only_when_all_of_the_range_have_answered(engine, data):
    codes = tuple(data.municipalities.index[data.municipalities["subprefecture"] == "日高"])
    asked = open_one(engine, data, codes, fields=("food",))
    letters = {
        code: Letter(data, asked, code)
        .add(0, name=f"生成の食堂{n}")
        .look("食料支援", answers.THERE)
        if n < 2
        else Letter(data, asked, code).look("食料支援", answers.ABSENT)
        for n, code in enumerate(codes)
    }
    files = [(f"{code}.xlsx", one.bytes()) for code, one in letters.items()]
    load(engine, data, asked, *files[:-1])
    now = snapshot.current()
    with reading(engine) as connection:
        kept = open_round(connection, asked.id)
    part = flag_changes(now, kept, analysis_of(now, kept))
    assert (part["前"] == part["後"]).all()
    load(engine, now, asked, files[-1])
    now = snapshot.current()
    whole = field_changes(now, kept, analysis_of(now, kept))
    assert whole["後"].tolist() == ["判定に入る"]
    with reading(engine) as connection:
        known = towns(connection, asked.id)
    assert len(found_table(now, known)) == 2
    table = status_table(now, kept, known, TODAY)
    assert (table["state"] == "answered").all()


def test_who_may_not_change_a_town_loads_nothing(engine, data, asked):
    found, _ = loading.read_files([("a.xlsx", Letter(data, asked, DATE).check_all().bytes())], data)
    with pytest.raises(NotAllowedError):
        loading.load(engine, data, asked.id, found, VISITOR, TODAY)
    with pytest.raises(RoundMissingError):
        loading.load(engine, data, "ffffffff", found, WRITER, TODAY)


def test_a_round_without_name_or_fields_is_refused_cell_by_cell(engine, data):
    with pytest.raises(DataError) as caught:
        open_one(engine, data, fields=(), name=" ")
    assert [problem.column for problem in caught.value.problems] == ["名前", "分野"]


def test_a_round_is_closed_and_stays_readable_and_reminders_are_noted(engine, data, asked):
    rounds.note_sent(engine, asked.id, asked.codes, TODAY, WRITER)
    rounds.note_reminded(engine, asked.id, [DATE], TODAY, WRITER)
    rounds.close(engine, asked.id, WRITER)
    with reading(engine) as connection:
        kept, known = open_round(connection, asked.id), towns(connection, asked.id)
    assert kept.closed
    assert known[DATE].reminded_on == known[SHIRAOI].sent_on == TODAY
    with pytest.raises(DataError):
        rounds.note_sent(engine, asked.id, ["011002"], TODAY, WRITER)


def test_a_town_loads_its_own_answer_and_nobody_elses(engine, data, asked):
    editor = member(engine, data, "town@example.jp", "municipal", [NOBORIBETSU])
    own = Letter(data, asked, NOBORIBETSU).check_all().add(0, name="生成の食堂")
    other = Letter(data, asked, DATE).check_all()
    found, _ = loading.read_files([("a.xlsx", own.bytes()), ("b.xlsx", other.bytes())], data)
    with pytest.raises(NotAllowedError):
        loading.load(engine, data, asked.id, found, editor, TODAY)
    assert town(engine, asked).answered_on is None
    mine = [one for one in found if one.code == NOBORIBETSU]
    loading.load(engine, data, asked.id, mine, editor, TODAY)
    assert town(engine, asked).answered_on == TODAY
    assert len(town(engine, asked).answer.found) == 1


def test_a_load_that_is_killed_leaves_nothing_and_comes_whole_the_second_time(engine, data, asked):
    files = [
        (
            f"{code}.xlsx",
            Letter(data, asked, code).check_all().add(0, name=f"生成の会{code}").bytes(),
        )
        for code in (NOBORIBETSU, DATE)
    ]
    found, _ = loading.read_files(files, data)
    url = engine.url.render_as_string(hide_password=False)
    engine.dispose()

    def strike(_share, words):
        if words.startswith("伊達市"):
            os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if child == 0:
        own = database.engine(url)
        loading.load(own, data, asked.id, found, WRITER, TODAY, progress=strike)
        os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert town(engine, asked).answered_on is None
    assert len(snapshot.current().organisations) == len(data.organisations)
    loading.load(engine, data, asked.id, found, WRITER, TODAY)
    assert len(snapshot.current().organisations) == len(data.organisations) + 2
