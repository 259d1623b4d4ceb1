"""The zip for a machine without internet: what is in it, and that it serves with the network cut."""

import os
import re
import shutil
import subprocess
import zipfile

import pytest

from deploy.bundling import BESIDE, FOLDER, PINS, SYSTEMS, files, lacking, pins, wanted, write
from tests import ROOT

TEXT = (ROOT / PINS).read_text(encoding="utf-8")
BATCH = (BESIDE / "起動.bat").read_bytes()
WORDS = {name: (BESIDE / name).read_bytes() for name in ("起動.bat", "start.sh", "はじめに.txt")}
# What a clerk's folder may be called.
AWKWARD = "町の 道具 (試し) 100%"
SERVED = """
ip link set lo up
sh ./start.sh > log.txt 2>&1 &
server=$!
for second in $(seq 1 300); do
    sleep 1
    .venv/bin/python -c "
import sys, urllib.request
for path in ('_stcore/health', 'health/ready', '', 'data-version'):
    urllib.request.urlopen('http://127.0.0.1:$PORT/' + path, timeout=5).read()
" 2> asked.txt && break
    kill -0 $server 2> /dev/null || break
done
.venv/bin/python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$PORT/').read()" && echo SERVED
.venv/bin/python -c "import socket; socket.create_connection(('192.0.2.1', 80), 2)" || echo CUT
kill $server
wait $server
"""


def test_pins_are_read_with_their_marks_and_without_hashes():
    text = "# why\na==1  # what\nb==2 \\\n    --hash=sha256:0\nc==3 ; sys_platform == 'win32'\n-r d.txt\n"
    assert [str(one) for one in pins(text)] == ["a==1", "b==2", 'c==3; sys_platform == "win32"']
    assert [one.name for one in wanted(text, "linux")] == ["a", "b"]
    assert [one.name for one in wanted(text, "windows")] == ["a", "b", "c"]


def test_every_pin_is_exact_so_that_the_bundle_is_what_was_tried():
    for system in SYSTEMS:
        assert len(wanted(TEXT, system)) > 60
        assert all(str(one.specifier).startswith("==") for one in wanted(TEXT, system))


def test_the_bundle_holds_the_app_and_nothing_that_is_made_or_secret():
    names = set(files())
    assert {"app.py", "pages/overview.py", "data/fields.csv", ".streamlit/config.toml"} <= names
    assert {*WORDS, "requirements.lock", "geo/assets/map.js", "docs/guide.ja.md"} <= names
    for name in names:
        assert "__pycache__" not in name
        assert "secret" not in name
        assert not name.startswith(("var/", "tests/", ".venv/"))


def test_windows_starts_it_from_any_folder():
    text = BATCH.decode("cp932")  # as a Japanese cmd.exe reads it
    assert BATCH.count(b"\r\n") == BATCH.count(b"\n")
    lines = text.split("\r\n")
    assert 'pushd "%~dp0"' in lines
    labels = {line[1:] for line in lines if line.startswith(":")}
    assert set(re.findall(r"goto (\w+)", text)) <= labels
    for line in lines:
        # A path with a bracket ends a block, one with a space a word.
        assert not line.rstrip().endswith("(")
        if line.startswith(("echo", "rem")):
            continue
        bare = re.sub(r'"[^"]*"', "", line)
        assert ".venv" not in bare
        assert "%~dp0" not in bare
    assert "--no-index" in text


def test_the_page_of_instructions_opens_in_notepad():
    assert WORDS["はじめに.txt"].startswith(b"\xef\xbb\xbf")
    assert "起動.bat" in WORDS["はじめに.txt"].decode("utf-8-sig")


@pytest.mark.slow
@pytest.mark.service
def test_it_is_whole_for_both_and_serves_with_the_network_cut(tmp_path):
    alone = ["unshare", "-rn"]
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"], check=False).returncode:
        pytest.skip("no network namespaces on this machine")
    made = tmp_path / "bundle.zip"
    write(made)
    place = tmp_path / AWKWARD
    with zipfile.ZipFile(made) as archive:
        assert archive.testzip() is None
        archive.extractall(place)
    app = place / FOLDER
    for system in SYSTEMS:
        assert lacking(app / "wheels", system) == []
    there = os.environ | {"SHIGEN_HEADLESS": "true", "PORT": "8501"}
    there.pop("DATABASE_URL", None)
    done = subprocess.run(
        [*alone, "sh", "-c", SERVED],
        cwd=app,
        env=there,
        capture_output=True,
        text=True,
        check=False,
    )
    log = (app / "log.txt").read_text(encoding="utf-8")
    assert "SERVED" in done.stdout, log
    assert "CUT" in done.stdout
    assert (app / "var" / "shigen.sqlite3").is_file()
