import ast
import json

import folium
import pytest

from tests import ROOT

NOTEBOOK = json.loads((ROOT / "docs" / "notebook.ipynb").read_text(encoding="utf-8"))
CELLS = ["".join(cell["source"]) for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]


def shown(code, names):
    """Run a cell as a notebook does, and return what its last line shows."""
    *body, last = ast.parse(code).body
    if not isinstance(last, ast.Expr):
        body, last = [*body, last], None
    exec(compile(ast.Module(body, []), "cell", "exec"), names)
    return (
        None if last is None else eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    )


@pytest.mark.slow
def test_the_notebook_runs_from_its_first_cell_to_its_last(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    answers = [shown(code, names) for code in CELLS]
    maps = [one for one in answers if isinstance(one, folium.Map)]
    assert len(maps) == 2
    assert all("srcdoc" in one._repr_html_() for one in maps)
    assert "新ひだか町" in set(answers[3]["name"])
    assert (tmp_path / "map.html").stat().st_size < 5_000_000
    assert (tmp_path / "map.gpkg").read_bytes().startswith(b"SQLite format 3")


def test_the_notebook_ships_without_what_somebody_ran():
    cells = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells)
