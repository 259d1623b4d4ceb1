"""What is installed is what was locked: every pin, of what the pins bring in too, with its hashes."""

import re
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests import ROOT

PIN_RE = re.compile(r"^([A-Za-z0-9][\w.\-\[\]]*)==([^\s;\\]+)", re.M)


def pins(text):
    return {
        canonicalize_name(name.partition("[")[0]): version for name, version in PIN_RE.findall(text)
    }


def asked(path: Path) -> dict[str, str]:
    """Return the pins of a file of requirements and of those that it includes."""
    text = path.read_text(encoding="utf-8")
    found = pins(text)
    for other in re.findall(r"^-r (\S+)", text, re.M):
        found |= asked(path.parent / other)
    return found


@pytest.mark.parametrize("name", ["requirements", "requirements-server", "requirements-test"])
def test_every_pin_is_locked_with_its_hashes(name):
    text = (ROOT / f"{name}.lock").read_text(encoding="utf-8")
    locked = pins(text)
    missing = {
        pin: version
        for pin, version in asked(ROOT / f"{name}.txt").items()
        if locked.get(pin) != version
    }
    assert missing == {}, "run make lock"
    blocks = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.M)[1:]
    assert len(blocks) == len(locked)
    for block in blocks:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block[:60]


def test_whatever_an_installed_package_brings_in_is_locked():
    locked = pins((ROOT / "requirements-test.lock").read_text(encoding="utf-8"))
    for one in distributions():
        if canonicalize_name(one.metadata["Name"]) not in locked:
            continue
        for line in one.requires or ():
            need = Requirement(line)
            if need.marker is None or need.marker.evaluate({"extra": ""}):
                assert canonicalize_name(need.name) in locked, (one.metadata["Name"], line)


def test_set_up_takes_nothing_but_what_is_locked():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    installs = [line for line in text.splitlines() if "$(BIN)/python -m pip install" in line]
    assert installs
    assert all(re.search(r"\$\(PIP\) -r requirements[\w-]*\.lock$", line) for line in installs)
    assert "--no-deps --require-hashes" in re.search(r"^PIP := (.*)$", text, re.M)[1]
