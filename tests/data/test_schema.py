import ast
from pathlib import Path

from geo.data import schema
from geo.data.schema import RECORD_COLUMNS
from tests import ROOT

SAID = {
    (name, said)
    for columns in RECORD_COLUMNS.values()
    for name, column in columns.items()
    for said in (column.label, column.asked, column.header)
}


def typed_again(path: Path) -> list[str]:
    """Return the places where a column's name stands beside its own label in a dictionary."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Dict):
            continue
        for pair in zip(node.keys, node.values, strict=True):
            words = [set(_texts(side)) if side is not None else set() for side in pair]
            for one, other in (words, words[::-1]):
                found += [
                    f"{path.name}:{node.lineno} {name}: {said}"
                    for name, said in SAID
                    if name in one and said in other
                ]
    return found


def _texts(node: ast.AST) -> list[str]:
    return [
        each.value
        for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]


def test_what_a_column_of_a_record_is_called_stands_once():
    modules = [path for path in (ROOT / "geo").rglob("*.py") if path != Path(schema.__file__)]
    # There the headers of others stand, which may be ours too.
    published = {"headers.py", "heading.py", "matching.py", "town_blocks.py"}
    assert len(modules) > 100
    assert [
        place for path in modules if path.name not in published for place in typed_again(path)
    ] == []


def test_a_label_typed_again_is_seen(tmp_path):
    path = tmp_path / "tables.py"
    path.write_text('a = {"note": "備考"}\nb = {"備考": table["note"]}\nc = {"備考": "x"}\n')
    assert len(typed_again(path)) == 2


def test_every_column_of_a_record_is_called_something():
    for columns in RECORD_COLUMNS.values():
        headers = [column.header for column in columns.values()]
        assert all(column.label and column.header for column in columns.values())
        assert len(set(headers)) == len(headers)
