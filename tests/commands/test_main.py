import argparse
import csv
import io
import json

import pytest
from pypdf import PdfReader

from geo.commands.main import main, parser


def run(capsys, *arguments):
    status = main(list(arguments))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_municipalities(capsys):
    status, out, _ = run(capsys, "municipalities")
    assert status == 0
    assert len(rows(out)) == 179
    assert sum(int(row["population_2020"]) for row in rows(out)) == 5_224_614


def test_travel_has_the_columns_asked_for_and_starts_at_nothing(capsys):
    _, out, _ = run(capsys, "travel", "--from", "012025")
    table = {row["code"]: row for row in rows(out)}
    assert list(rows(out)[0]) == ["code", "name", "km", "minutes"]
    assert float(table["012025"]["minutes"]) == 0
    assert 165 <= float(table["012050"]["km"]) <= 215


def test_coverage_has_one_row_per_town_and_field(capsys):
    _, out, _ = run(capsys, "coverage")
    expected = ["code", "name", "field", "class", "minutes", "second_minutes", "count", "surveyed"]
    assert list(rows(out)[0]) == expected
    assert len(rows(out)) == 179 * 17
    _, out, _ = run(capsys, "coverage", "--field", "health", "--minutes", "30", "--format", "json")
    table = json.loads(out)
    assert len(table) == 179
    near = [row["minutes"] for row in table if row["class"] == "neighbour"]
    assert near
    assert max(near) <= 30


def test_scarcity_has_the_columns_asked_for(capsys):
    _, out, _ = run(capsys, "scarcity")
    expected = ["code", "name", "subprefecture", "population", "scarcity", "flag", "robust"]
    expected += ["missing_fields", "need", "candidate", "origin", "inside", "few_share", "standing"]
    expected += ["rank_low", "rank_high", "decides", "range", "fields"]
    assert list(rows(out)[0]) == expected
    assert {row["range"] for row in rows(out)} == {"全道"}
    assert {row["fields"].count(";") for row in rows(out)} == {4}
    assert all(row["origin"] for row in rows(out))
    assert len(rows(out)) == 179
    assert {row["flag"] for row in rows(out)} == {"few", "middle", "many"}
    assert {row["robust"] for row in rows(out)} == {"true", "false"}


def test_range_compared_is_named_and_compares_its_own_towns(capsys):
    _, out, _ = run(capsys, "scarcity", "--within", "胆振")
    assert sum(row["flag"] != "outside" for row in rows(out)) == 11
    assert {row["range"] for row in rows(out)} == {"胆振(振興局、11市町村)"}
    status, _, err = run(capsys, "scarcity", "--within", "ない所")
    assert status == 2
    assert "比べる範囲" in err


def test_certificate_comes_as_text_and_as_pdf(capsys, tmp_path):
    status, out, _ = run(capsys, "certificate", "012301")
    assert status == 0
    for words in ("登別市 区分の根拠書", "近隣依存型", "比べる範囲: 全道", "よりどころの記録"):
        assert words in out
    path = tmp_path / "根拠書.pdf"
    assert run(capsys, "certificate", "012301", "013676", "-o", str(path))[0] == 0
    assert len(PdfReader(path).pages) >= 2
    assert run(capsys, "certificate")[0] == 2
    assert run(capsys, "certificate", "999999")[0] == 2


def test_unknown_code_field_and_broken_data_end_with_a_message(capsys, tmp_path):
    assert run(capsys, "travel", "--from", "999999")[0] == 2
    status, out, err = run(capsys, "coverage", "--field", "magic")
    assert (status, out) == (2, "")
    assert "magic" in err
    status, _, err = run(capsys, "scarcity", "--data", str(tmp_path))
    assert status == 2
    assert "ファイルがありません" in err


def leaves(of):
    """Yield the parsers that have no commands below them."""
    below = [part for part in of._actions if isinstance(part, argparse._SubParsersAction)]
    if not below:
        yield of
    for part in below:
        for each in part.choices.values():
            yield from leaves(each)


def test_every_command_says_what_is_to_be_run():
    found = {each.prog: each.get_default("run") for each in leaves(parser())}
    assert len(found) >= 25
    assert [prog for prog, run in found.items() if not callable(run)] == []


@pytest.mark.parametrize("minutes", ["0", "-5", "nan", "inf", "x"])
def test_impossible_minutes_are_refused(minutes):
    with pytest.raises(SystemExit):
        main(["scarcity", "--minutes", minutes])
