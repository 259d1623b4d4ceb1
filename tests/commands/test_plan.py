import io
import json
from pathlib import Path

import pandas as pd
import pytest

from geo.commands.main import EXIT_BAD_INPUT, main
from geo.documents.plan import to_xlsx
from geo.imports.seed import open_store
from geo.methods.analysis import Analysis
from geo.plans import saved
from geo.plans.figures import computed
from geo.plans.plan import to_json
from tests.generated import WRITER
from tests.plans.hidaka import DAY, hidaka_plan


@pytest.fixture(autouse=True)
def may_write(own_store, monkeypatch):
    monkeypatch.setenv("SHIGEN_WRITE", "1")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[pd.DataFrame, str]:
    assert main(["plan", *arguments]) == 0
    captured = capsys.readouterr()
    return pd.read_csv(io.StringIO(captured.out), dtype={"code": str}), captured.err


def test_venues_are_one_row_each_with_the_code_first(capsys):
    table, said = run(capsys, "venues", "--k", "2", "--minutes", "60", "--areas", "胆振,日高")
    assert table.columns[0] == "code"
    assert table["code"].tolist() == ["012301", "016101"]
    assert "425,537人(95.5%)" in said
    assert "えりも町" in said


def test_venues_as_json_and_by_codes(capsys):
    assert (
        main(
            [
                "plan",
                "venues",
                "--all",
                "--minutes",
                "30",
                "--areas",
                "016071,016080",
                "--format",
                "json",
            ]
        )
        == 0
    )
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == 1
    assert next(iter(rows[0])) == "code"


def test_fixed_venue_counts_within_k(capsys):
    table, _ = run(capsys, "venues", "--k", "2", "--areas", "日高", "--fixed", "016098")
    assert table.loc[table["fixed"], "code"].tolist() == ["016098"]
    assert len(table) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["venues", "--all", "--areas", "日高", "--sites", "016012"], "えりも町"),
        (["venues", "--k", "0", "--areas", "日高"], "会場の数は1から"),
        (["venues", "--k", "2", "--areas", "999999"], "999999"),
        (["partners", "999999"], "999999"),
        (["partners", "016012", "--field", "karaoke"], "karaoke"),
        (["candidates", "--areas", "東京"], "東京"),
        (["export", "nothere"], "nothere"),
    ],
)
def test_ask_that_cannot_be_met_is_said_on_standard_error(capsys, arguments, said):
    assert main(["plan", *arguments]) == EXIT_BAD_INPUT
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
    assert "Traceback" not in captured.err


def test_partners_are_services_and_neighbours_with_the_same_gap(capsys):
    table, _ = run(capsys, "partners", "015865", "--field", "poverty")
    assert table.columns[0] == "code"
    assert {"remote", "same_gap"} <= set(table["kind"])
    assert "日高町" in table.loc[table["kind"] == "same_gap", "name"].tolist()


def test_candidates_blocks_and_explanation_come_as_tables(capsys, analysis: Analysis):
    found = run(capsys, "candidates", "--areas", "胆振")[0]["name"].tolist()
    iburi = (analysis.dataset.municipalities["subprefecture"] == "胆振").to_numpy()
    names = analysis.dataset.municipalities["name"]
    assert sorted(found) == sorted(names[analysis.candidate & iburi])
    assert run(capsys, "candidates", "--dig")[0]["unknown"].min() > 0
    blocks, _ = run(capsys, "blocks", "--areas", "日高")
    assert (blocks["gain"] > 0).all()
    parts, said = run(capsys, "explain", "015865")
    score = analysis.scarcity[list(analysis.arrays.codes).index("015865")]
    assert parts["part"].sum() == pytest.approx(score, abs=0.02)
    assert "境目" in said


def test_plan_leaves_by_id_or_from_its_json(
    capsys, store_url: str, tmp_path: Path, analysis: Analysis
):
    plan = computed(hidaka_plan(analysis), analysis, DAY)
    kept = saved.save(open_store(), plan, WRITER)
    assert run(capsys, "list")[0]["title"].tolist() == ["日高の調査"]
    (tmp_path / "plan.json").write_text(to_json(plan), encoding="utf-8")
    for source in (kept.id, str(tmp_path / "plan.json")):
        out = tmp_path / "plan.xlsx"
        assert main(["plan", "export", source, "--format", "xlsx", "--out", str(out)]) == 0
        assert out.read_bytes() == to_xlsx(plan)
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    assert main(["plan", "export", str(tmp_path / "bad.json")]) == EXIT_BAD_INPUT
