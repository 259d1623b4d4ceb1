import json
from pathlib import Path

import pytest

from geo.commands.main import main
from tests.generated_layers import bus_kml, hazard_zip

STARTS = {
    "pdf": b"%PDF",
    "docx": b"PK",
    "pptx": b"PK",
    "zip": b"PK",
    "png": b"\x89PNG",
    "html": b"<!DOCTYPE html>",
    "gpkg": b"SQLite format 3",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["karte", "012301"], "a.pdf"),
        (["karte", "012301", "--url", "https://a.jp"], "a.docx"),
        (["karte", "012301", "014702"], "a.zip"),
        (["slides", "--screens", "ask", "approach"], "a.pptx"),
        (["map", "--measure", "class", "--field", "food", "--focus", "013676"], "a.png"),
        (["layers", "--measures", "need:2050", "class:food", "--reach", "children"], "a.html"),
        (["layers", "--from", "012301", "--areas", "016101", "--venues", "016101"], "a.gpkg"),
        (["layers", "--no-points"], "a.png"),
        (["layers", "--fields", "place"], "a.pdf"),
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
        (["layers", "--measures", "lunch", "-o", "a.html"], "lunch"),
        (["layers", "--reach", "lunch", "-o", "a.html"], "lunch"),
        (["layers", "--from", "999999", "-o", "a.html"], "999999"),
        (["layers", "--layer", "nowhere.kml", "-o", "a.html"], "nowhere.kml"),
        (["layers", "-o", "a.svg"], ".gpkg"),
    ],
)
def test_bad_request_is_named_and_nothing_is_written(
    tmp_path: Path, capsys, monkeypatch, arguments, words
):
    monkeypatch.chdir(tmp_path)
    assert main(["report", *arguments]) == 2
    assert words in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_own_layers_lie_over_the_others_and_what_was_mended_is_told(tmp_path: Path, capsys):
    (tmp_path / "生成バス.kml").write_bytes(bus_kml())
    (tmp_path / "生成災害.zip").write_bytes(hazard_zip())
    files = [str(tmp_path / name) for name in ("生成バス.kml", "生成災害.zip")]
    assert main(["report", "layers", "--layer", *files, "-o", str(tmp_path / "a.html")]) == 0
    held = (tmp_path / "a.html").read_text(encoding="utf-8").split('id="hk-data">')[1]
    layers = json.loads(held.split("</script>")[0])["state"]["layers"]
    assert [layer["title"] for layer in layers][-2:] == ["生成バス", "災害"]
    assert "生成災害.zip: 表の文字コードを" in capsys.readouterr().err
