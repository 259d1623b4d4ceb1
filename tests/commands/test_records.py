import io

import openpyxl
import pandas as pd
import pytest

from geo.commands.main import main
from geo.store import snapshot
from tests.generated_files import care_list, csv_of, rows_of

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def kaigo(tmp_path, shipped):
    path = tmp_path / "list.txt"
    path.write_bytes(care_list(shipped.municipalities))
    return path


def said(capsys):
    return capsys.readouterr().out


def test_dry_run_says_what_is_new_and_writes_nothing(kaigo, capsys, shipped):
    assert main(["import", str(kaigo), "--dry-run"]) == 0
    assert "団体: 新規 179" in said(capsys)
    assert snapshot.current().version == shipped.version


def test_import_completes_one_kind_and_flags_wait_for_the_others(kaigo, capsys):
    main(["scarcity"])
    before = said(capsys)
    assert main(["import", str(kaigo), "--by", "試験"]) == 0
    assert "変更の番号 2" in said(capsys)
    # One kind of three that 高齢・介護 is judged by: the field is still not judged.
    main(["scarcity"])
    assert said(capsys) == before
    layer = snapshot.current().layers.loc["kaigo"]
    assert not layer["complete"]
    assert layer["complete_kinds"] == ("通所介護",)
    assert main(["import", str(kaigo)]) == 0
    out = said(capsys)
    assert "変更なし 179" in out
    assert "変更はありません" in out
    assert main(["undo", "2"]) == 0
    said(capsys)
    main(["scarcity"])
    assert said(capsys) == before


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_refused_rows_are_reported_in_a_file_that_opens_in_a_spreadsheet(tmp_path, capsys, suffix):
    path, report = tmp_path / "list.csv", tmp_path / f"report.{suffix}"
    away = {
        "都道府県名": "青森県",
        "住所": "青森県青森市長島1",
        "市区町村名": "青森市",
        "都道府県コード又は市町村コード": "022012",
        "事業所名": "=cmd()",
    }
    path.write_bytes(csv_of(rows_of("kaigo", [{}, away])))
    assert main(["import", str(path), "--report", str(report)]) == 0
    assert "取り込めない行: 1" in said(capsys)
    if suffix == "csv":
        table = pd.read_csv(io.BytesIO(report.read_bytes()), encoding="utf-8-sig", dtype=str)
        rows = table.to_numpy().tolist()
    else:
        sheet = openpyxl.load_workbook(report)["取り込めない行"]
        rows = [list(row) for row in sheet.iter_rows(min_row=2, values_only=True)]
    # Beside what became of every other row of the file.
    [refused] = [row for row in rows if any("北海道の外" in str(cell) for cell in row)]
    assert refused[0] == "list.csv"
    assert "3" in map(str, refused[1:3])


def test_a_file_that_is_no_table_is_refused_in_japanese(tmp_path, capsys):
    path = tmp_path / "picture.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    assert main(["import", str(path)]) == 2
    assert "picture.csv" in capsys.readouterr().err
    assert main(["import", str(tmp_path / "nowhere.csv")]) == 2


def test_one_bad_file_keeps_the_good_one_out(kaigo, tmp_path, shipped):
    bad = tmp_path / "bad.csv"
    bad.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    assert main(["import", str(kaigo), str(bad)]) == 2
    assert snapshot.current().version == shipped.version


@pytest.mark.parametrize("form", ["csv", "geojson", "hsds", "xlsx"])
def test_an_export_can_be_imported_and_changes_nothing(tmp_path, capsys, form):
    path = tmp_path / "given"
    assert main(["export", "--format", form, "--output", str(path)]) == 0
    assert main(["import", str(path)]) == 0
    assert "変更はありません" in said(capsys)


def test_writing_can_be_forbidden_to_the_commands_too(kaigo, monkeypatch, capsys):
    monkeypatch.setenv("SHIGEN_WRITE", "0")
    assert main(["import", str(kaigo)]) == 2
    assert "閲覧のみ" in capsys.readouterr().err


def test_undoing_what_is_not_there_is_told(capsys):
    assert main(["undo", "99"]) == 2
    assert "変更99はありません" in capsys.readouterr().err
