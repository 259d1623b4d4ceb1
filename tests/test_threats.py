import re

from tests import ROOT

ROWS = [
    line.strip("| \n").split(" | ")
    for line in (ROOT / "docs" / "threats.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| what is", "| ---"))
]


def test_every_threat_names_tests_that_exist():
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    existing = set(re.findall(r"^def (test_\w+)", source, re.M))
    assert len(ROWS) > 10
    for what, whom, _how, tests in ROWS:
        named = re.findall(r"`(\w+)`", tests)
        assert named, (what, whom)
        assert set(named) <= existing, set(named) - existing
