import io
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
