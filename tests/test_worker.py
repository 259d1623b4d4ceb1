import io
import json
import os
import signal
import sys
import threading
import time
import zipfile

import pandas as pd
import pytest

from geo import worker
from geo.errors import DataError, Problem, UnknownCodeError
from geo.imports.read import read_upload
from geo.imports.reading.files import open_tables
from geo.imports.reading.heading import Head
from geo.imports.reading.recognise import Sight, UnknownFormatError
from geo.store.database import in_memory, metadata
from tests.generated_files import csv_of, excel_of

FILE, TOWN = "町.csv", "01999"
SECONDS = 4.0  # of the works here that never end

pytestmark = pytest.mark.serial


def never_ends():
    while True:
        pass


def never_ends_asleep():
    time.sleep(3600)


def takes_memory():
    return len([bytes(50_000_000) for _ in range(100)])


def dies():
    os.kill(os.getpid(), signal.SIGSEGV)


def refuses():
    raise DataError([Problem("町.csv", 3, "名称", "空欄です")])


def does_not_know():
    raise UnknownCodeError.town(TOWN)


def asks_for_columns():
    sample = pd.DataFrame({0: ["a"]})
    sight = Sight("", ("",), Head(1, 1, ("名", "所")), sample, "生成の一覧")
    raise UnknownFormatError(FILE, ("名", "所"), 2, sample, {"name": "名"}, sight)


def goes_wrong(cell):
    raise RuntimeError(cell)


def environment():
    sys.stdout.write("for nobody")
    return dict(os.environ)


def process():
    return os.getpid()


def test_work_comes_back_from_another_process_and_the_next_finds_it_warm():
    first = worker.run(process, file="町.csv")
    assert first != os.getpid()
    assert worker.run(process, file="町.csv") == first


def test_what_a_reader_raises_comes_whole():
    with pytest.raises(DataError) as refused:
        worker.run(refuses, file="x.csv")
    assert refused.value.problems == (Problem("町.csv", 3, "名称", "空欄です"),)
    with pytest.raises(UnknownCodeError, match="市町村コード '01999'"):
        worker.run(does_not_know, file="x.csv")
    with pytest.raises(UnknownFormatError) as unknown:
        worker.run(asks_for_columns, file="x.csv")
    assert unknown.value.header == ("名", "所")
    assert unknown.value.sample.to_numpy().tolist() == [["a"]]


def test_a_fault_of_ours_tells_where_but_no_cell():
    with pytest.raises(RuntimeError, match=r"RuntimeError at test_worker\.py:\d+") as fault:
        worker.run(goes_wrong, "秘密の住所", file="x.csv")
    assert "秘密" not in str(fault.value)


@pytest.mark.parametrize("work", [never_ends, never_ends_asleep])
def test_work_that_never_ends_is_ended_and_others_are_read_meanwhile(work):
    said = []

    def hostile():
        with pytest.raises(DataError) as refused:
            worker.run(work, file="終わらない.xlsx", seconds=SECONDS)
        said.append(str(refused.value))

    thread = threading.Thread(target=hostile)
    thread.start()
    read = 0
    while thread.is_alive():
        assert worker.run(
            open_tables, csv_of([["名称", "住所"], ["a", "b"]]), "町.csv", file="町.csv"
        )
        read += not said
    thread.join()
    assert said == [
        f"終わらない.xlsx: 読むのに{SECONDS:,.0f}秒を超えたので、止めました。ファイルを分けてください"
    ]
    assert read > 1
    assert worker.run(process, file="町.csv") != os.getpid()


def test_a_third_bomb_waits_for_a_place_and_says_so():
    told = []

    def hostile():
        try:
            worker.run(never_ends_asleep, file="x", seconds=SECONDS)
        except DataError as error:
            told.append(str(error))

    threads = [threading.Thread(target=hostile) for _ in range(worker.AT_ONCE)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    with pytest.raises(DataError, match=r"町\.csv: ほかのファイルを読んでいます"):
        worker.run(process, file="町.csv", seconds=0.5)
    for thread in threads:
        thread.join()
    assert len(told) == worker.AT_ONCE


def test_work_that_takes_too_much_memory_is_refused():
    with pytest.raises(DataError, match=r"大きい\.json: 読むのに1GBより多くのメモリー"):
        worker.run(takes_memory, file="大きい.json", memory=1)
    assert worker.run(process, file="町.csv") != os.getpid()


def test_a_child_that_dies_is_an_error_and_is_replaced():
    with pytest.raises(DataError, match=r"x\.csv: 読んでいる途中で止まりました"):
        worker.run(dies, file="x.csv")
    killed = worker.run(process, file="町.csv")
    os.kill(killed, signal.SIGKILL)
    assert worker.run(process, file="町.csv") != killed


def test_a_child_knows_no_store_and_no_secret(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:secret@host/name")
    monkeypatch.setenv("SHIGEN_SECRET", "secret")
    with worker._changing:
        while worker._idle:
            worker._idle.pop().end()
    given = worker.run(environment, file="x.csv")
    assert "secret" not in " ".join(given.values())
    assert given["OMP_NUM_THREADS"] == "1"


def packed(parts, method=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method, compresslevel=9) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return stream.getvalue()


def workbook(sheet, shared=""):
    """Return a workbook whose only sheet and whose shared strings are given as XML."""
    book = zipfile.ZipFile(io.BytesIO(excel_of([["名称", "住所"], ["a", "b"]])))
    parts = {name: book.read(name) for name in book.namelist()}
    place = next(name for name in parts if name.startswith("xl/worksheets/"))
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    parts[place] = f"<worksheet {space}><sheetData>{sheet}</sheetData></worksheet>"
    if shared:
        parts["xl/sharedStrings.xml"] = f"<sst {space}>{shared}</sst>"
    return packed(parts)


def wide_rows(number):
    return "".join(
        f'<row r="{row}"><c r="XFD{row}" t="inlineStr"><is><t/></is></c></row>'
        for row in range(1, number)
    )


BOMBS = {
    "many parts": packed({f"{n}.csv": "" for n in range(3_000)}),
    "a million lines": packed({"a.csv": "\n" * 999_999}),
    "a header that is all spaces": packed({"a.csv": "a,b\n" + "a" + " " * 900_000 + "a,b\n1,2"}),
    "a cell that is all quotes": packed({"a.csv": 'a,b\n"' + '""' * 400_000}),
    "a row at the end": workbook('<row r="1048576"><c r="A1048576"><v>1</v></c></row>'),
    "cells at the right": workbook(wide_rows(4_000)),
    "a text of many": workbook(
        "".join(f'<row r="{r}"><c r="A{r}" t="s"><v>0</v></c></row>' for r in range(1, 20_000)),
        f"<si><t>{'a' * 30_000}</t></si>",
    ),
    "nested lists": b"[" * 200_000,
    "nested and closed lists": b"[" * 200_000 + b"]" * 200_000,
    "nested objects": b'{"a":' * 200_000,
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_hostile_file_is_refused_within_the_budget(bomb, shipped):
    store = in_memory()
    metadata.create_all(store)
    with pytest.raises(DataError) as refused:
        read_upload(store, shipped, bomb, "爆弾.zip")
    assert "爆弾.zip" in str(refused.value)


def test_tiny_tokens_do_not_take_the_memory_of_the_server():
    tokens = json.dumps([{}] * 13_000_000, separators=(",", ":")).encode()
    assert len(tokens) > 38_000_000
    with pytest.raises(DataError, match=r"粒\.json: (大きすぎ|読むのに)"):
        worker.run(open_tables, tokens, "粒.json", file="粒.json")
