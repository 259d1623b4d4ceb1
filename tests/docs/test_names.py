import importlib
import re

import pytest

from tests import ROOT

PROSE = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").glob("*.md"),
    *(ROOT / "docs").glob("*.py"),
    *(path for path in (ROOT / "deploy").iterdir() if path.is_file()),
    *(ROOT / "benchmarks").glob("*.py"),
    *(ROOT / "data").glob("*.md"),
    *(ROOT / "geo").rglob("*.py"),
    *(ROOT / "pages").glob("*.py"),
    ROOT / "app.py",
    ROOT / "Makefile",
    ROOT / ".streamlit" / "config.toml",
    ROOT / ".ci" / "run",
]
FOLDERS = "geo|pages|tests|docs|deploy|benchmarks"
# What people make, or a run of the runbook makes, and git does not keep.
MADE = re.compile(r"deploy/(shigen\.env|compose\.env|secrets\.toml)|\w*9999\w*|/var/")


def paths(text):
    """Return what looks like a file or folder of ours, from the top or from below geo/."""
    found = re.findall(rf"(?<![\w/.@-])((?:{FOLDERS})/[\w./@-]*\w)", text)
    return {path for path in found if not MADE.search(path)}


def names(text):
    """Return the dotted names that begin in one of our packages."""
    return set(re.findall(r"(?<![\w./@-])((?:geo|benchmarks)(?:\.[A-Za-z_]\w*)+)", text))


def exists(path):
    return (ROOT / path).exists() or any(ROOT.glob(f"{path}.*"))


def resolves(name):
    """Tell whether a dotted name is a module of ours or something in one."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        place = ROOT.joinpath(*parts[:cut])
        if place.with_suffix(".py").exists() or (place / "__init__.py").exists():
            break
        if cut == len(parts) and place.is_dir():
            return True
    else:
        return False
    if cut == len(parts):
        return True
    thing = importlib.import_module(".".join(parts[:cut]))
    for part in parts[cut:]:
        if not hasattr(thing, part):
            return part in getattr(thing, "__annotations__", {})
        thing = getattr(thing, part)
    return True


def untrue(text):
    return {path for path in paths(text) if not exists(path)} | {
        name for name in names(text) if not resolves(name) and not exists(name)
    }


@pytest.mark.parametrize("path", PROSE, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_and_module_that_is_named_exists(path):
    assert untrue(path.read_text(encoding="utf-8")) == set()


def test_a_name_that_is_gone_is_found():
    text = "see `geo/dataset.py`, geo.data.dataset.nothing, geo/data/dataset.py, geo.data.dataset"
    assert untrue(text) == {"geo/dataset.py", "geo.data.dataset.nothing"}
