import importlib.util

from tests import ROOT

SCRIPT = ROOT / ".ci" / "audit.py"
specification = importlib.util.spec_from_file_location("audit", SCRIPT)
audit = importlib.util.module_from_spec(specification)
specification.loader.exec_module(audit)

CLEAN = {"name": "generated-clean", "version": "1", "vulns": []}
BAD = {
    "name": "generated-bad",
    "version": "2",
    "vulns": [{"id": "GENERATED-1", "fix_versions": ["3"]}],
}
SKIPPED = {"name": "generated-unknown", "skip_reason": "not found"}


def verdict(*pins):
    code, lines = audit.verdict({"dependencies": list(pins)})
    return code, "\n".join(lines)


def test_an_audit_passes_only_when_every_pin_was_looked_up():
    assert verdict(CLEAN, CLEAN) == (0, "2 of 2 pins audited, 0 advisories")
    code, said = verdict(CLEAN, SKIPPED)
    assert code == 3
    assert "AUDIT NOT POSSIBLE for generated-unknown" in said
    assert verdict()[0] == 3


def test_a_known_vulnerability_fails_even_where_others_were_not_looked_up():
    code, said = verdict(BAD, SKIPPED)
    assert code == 1
    assert "generated-bad 2: GENERATED-1 (mended in 3)" in said
