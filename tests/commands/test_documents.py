from pathlib import Path

import pytest

from geo.commands.main import main

STARTS = {"pdf": b"%PDF", "docx": b"PK", "pptx": b"PK", "zip": b"PK", "png": b"\x89PNG"}


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["karte", "012301"], "a.pdf"),
        (["karte", "012301", "--url", "https://a.jp"], "a.docx"),
        (["karte", "012301", "014702"], "a.zip"),
        (["slides", "--screens", "ask", "approach"], "a.pptx"),
        (["map", "--measure", "class", "--field", "food", "--focus", "013676"], "a.png"),
    ],
)
def test_document_is_written(tmp_path: Path, arguments, name):
    out = tmp_path / "new" / name
    assert main(["report", *arguments, "-o", str(out)]) == 0
    assert out.read_bytes().startswith(STARTS[out.suffix[1:]])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["karte", "999999", "-o", "a.pdf"], "999999"),
        (["karte", "-o", "a.pdf"], "--all"),
        (["karte", "012301", "-o", "a.txt"], ".pdf"),
        (["karte", "012301", "--url", "shigen", "-o", "a.pdf"], "https"),
        (["slides", "--template", "nowhere.pptx", "-o", "a.pptx"], "nowhere.pptx"),
        (["map", "--field", "lunch", "--measure", "class", "-o", "a.png"], "lunch"),
    ],
)
def test_bad_request_is_named_and_nothing_is_written(
    tmp_path: Path, capsys, monkeypatch, arguments, words
):
    monkeypatch.chdir(tmp_path)
    assert main(["report", *arguments]) == 2
    assert words in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
