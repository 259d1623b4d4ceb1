import io
import json
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from geo.commands.main import main
from geo.imports import catalogue
from tests.generated_files import csv_of, excel_of, rows_of
from tests.official_server import official_server

LINES = [
    ["名称", "住所", "郵便番号"], ["生成甲", "登別市中央町6-11", ""], ["生成乙", "清水町3-5", ""],
    ["生成丙", "青森市1", ""], ["生成丁", "清水町3-5", "089-0100"], ["生成戊", "", "059-0012"],
]  # fmt: skip


@pytest.mark.parametrize("write", [csv_of, excel_of, lambda rows: csv_of(rows, "cp932")])
def test_geocode_gives_code_precision_and_why_not(tmp_path, capsys, write):
    path = tmp_path / "x.dat"
    path.write_bytes(write(LINES))
    assert main(["geocode", str(path), "--address", "住所", "--postal", "郵便番号"]) == 0
    table = pd.read_csv(io.StringIO(capsys.readouterr().out), dtype=str, keep_default_na=False)
    assert table["row"].tolist() == ["2", "3", "4", "5", "6"]
    assert table["code"].tolist() == ["012301", "", "", "016365", "012301"]
    assert table["precision"].tolist() == ["address", "", "", "address", "municipality"]
    assert "静岡県" in table["reason"][1]
    assert "青森県" in table["reason"][2]


def test_geocode_says_which_column_lacks(tmp_path, capsys):
    path = tmp_path / "x.csv"
    path.write_bytes(csv_of(LINES))
    assert main(["geocode", str(path), "--address", "場所"]) == 2
    assert "「場所」列" in capsys.readouterr().err


def test_geocode_reads_a_single_column(tmp_path, capsys):
    path = tmp_path / "x.csv"
    path.write_text("住所\n登別市中央町6-11\n", encoding="utf-8")
    assert main(["geocode", str(path), "--address", "住所"]) == 0
    assert "012301" in capsys.readouterr().out


def table_of(written):
    return pd.read_csv(io.StringIO(written), dtype=str, keep_default_na=False)


def test_fetch_brings_what_it_can_and_names_what_fails(tmp_path, capsys, monkeypatch):
    with official_server() as server:
        name = "/jigyosho_110_all_20260709180342.csv"
        server.files[name] = csv_of(rows_of("kaigo"))
        server.files["/page"] = f'<a href="{name}">x</a>'.encode()
        good = replace(
            catalogue.SOURCES["kaigo"], page=server.address("/page"), hosts=(server.host,)
        )
        bad = replace(
            catalogue.SOURCES["wamnet"], page=server.address("/none"), hosts=(server.host,)
        )
        monkeypatch.setitem(catalogue.SOURCES, "kaigo", good)
        monkeypatch.setitem(catalogue.SOURCES, "wamnet", bad)
        assert main(["fetch", "--list", "--to", str(tmp_path)]) == 0
        listed = table_of(capsys.readouterr().out)
        assert listed["source"].tolist() == list(catalogue.SOURCES)
        assert set(listed["seen_on"]) == {one.seen_on for one in catalogue.SOURCES.values()}
        assert main(["fetch", "kaigo", "--to", str(tmp_path)]) == 0
        told = capsys.readouterr()
        assert table_of(told.out)["seen_on"].tolist() == [date.today().isoformat()]
        assert main(["fetch", "kaigo", "--list", "--to", str(tmp_path)]) == 0
        listed = table_of(capsys.readouterr().out)
        assert listed["seen_on"].tolist() == [date.today().isoformat()]
        assert "CC BY 4.0" in told.out
        assert "MB" in told.err
        assert main(["fetch", "kaigo", "wamnet", "--to", str(tmp_path)]) == 2
        told = capsys.readouterr()
        assert "404" in told.err
        assert "取得済み" in told.err
    assert main(["fetch", "nothing"]) == 2
    assert "知らない取得先" in capsys.readouterr().err


def test_an_import_accounts_for_every_row_and_takes_sheet_header_and_match(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("SHIGEN_WRITE", "1")
    rows = [
        ["生成の一覧", "", ""],
        ["店", "ところ", "何"],
        ["生成甲", "旭川市7条通1丁目1", "子ども食堂"],
    ]
    rows += [["", "", ""], ["生成乙", "東京都新宿区1-1", "子ども食堂"]]
    path, match, report = tmp_path / "x.xlsx", tmp_path / "m.json", tmp_path / "r.csv"
    path.write_bytes(excel_of(rows, more=[("別", [["a", "b"]])]))
    assert main(["import", str(path), "--dry-run", "--header-row", "2"]) == 2
    said = capsys.readouterr().err
    assert "--match FILE" in said
    columns = {"name": "店", "address": "ところ", "kind": "何"}
    match.write_text(json.dumps({"name": "生成", "columns": columns}), encoding="utf-8")
    asked = ["import", str(path), "--dry-run", "--sheet", "一覧", "--header-row", "2"]
    assert main([*asked, "--match", str(match), "--report", str(report)]) == 0
    out = capsys.readouterr().out
    assert "ファイルの6行 = 取り込む1行 + 取り込めない1行 + 読まない4行" in out
    assert "シート「別」1行目(1行)" in out
    written = table_of(report.read_text(encoding="utf-8-sig"))
    refused = written[written["区分"] == "取り込めない行"]
    assert refused[["シート", "行"]].to_numpy().tolist() == [["一覧", "5"]]
    assert (written["区分"] == "行の内訳").sum() == 7


def test_a_row_that_is_none_is_refused_in_words(tmp_path, capsys):
    path = tmp_path / "x.csv"
    path.write_bytes(csv_of(LINES))
    assert main(["import", str(path), "--header-row", "三"]) == 2
    assert "行の番号ではありません" in capsys.readouterr().err
    (tmp_path / "m.json").write_text("[]", encoding="utf-8")
    assert main(["import", str(path), "--match", str(tmp_path / "m.json")]) == 2
    assert "列の対応が読めません" in capsys.readouterr().err
