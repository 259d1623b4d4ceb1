"""The tables of docs/methods.md that say what speaks for the methods are those of today."""

import pytest

from geo.methods.analysis import analyse
from geo.parameters import Parameters
from geo.ui.evidence import convergence_table, heard_table
from tests import ROOT


@pytest.mark.parametrize("table", [heard_table, convergence_table])
def test_the_document_holds_what_the_page_shows(shipped, table):
    text = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    heads = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines]
    found = table(analyse(shipped, Parameters())).astype(str)
    [start] = [
        n for n, head in enumerate(heads) if len(head) > 3 and set(head) <= set(found.columns)
    ]
    head = heads[start]
    assert heads[start + 2 : start + 2 + len(found)] == found[head].to_numpy().tolist()
