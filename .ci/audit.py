"""Audit the pinned dependencies against the registry's advisories, and never pass in silence.

Returns 0 when every pin was looked up and none is known to be vulnerable, 1 when one is, and 3 when
some or all could not be looked up (no registry, or one without advisories), naming how many.
"""

from __future__ import annotations

import json
import subprocess
import sys

VULNERABLE, NOT_POSSIBLE = 1, 3


def verdict(report: dict) -> tuple[int, list[str]]:
    """Return the code and the lines to print for a report of `pip-audit --format json`."""
    pins = report["dependencies"]
    skipped = [pin["name"] for pin in pins if "skip_reason" in pin]
    found = [
        f"{pin['name']} {pin['version']}: {bug['id']}"
        f" (mended in {', '.join(bug['fix_versions']) or 'no release'})"
        for pin in pins
        for bug in pin.get("vulns", [])
    ]
    lines = [
        *found,
        f"{len(pins) - len(skipped)} of {len(pins)} pins audited, {len(found)} advisories",
    ]
    if skipped or not pins:
        lines.append("AUDIT NOT POSSIBLE for " + (", ".join(skipped) or "anything"))
    return (VULNERABLE if found else NOT_POSSIBLE if skipped or not pins else 0), lines


def main(requirements: list[str]) -> int:
    """Audit requirements files."""
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]
    command += ["--disable-pip", "--no-deps", "--timeout", "20"]
    for path in requirements:
        command += ["--requirement", path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    try:
        code, lines = verdict(json.loads(done.stdout))
    except (json.JSONDecodeError, KeyError):
        code, lines = NOT_POSSIBLE, ["AUDIT NOT POSSIBLE: " + done.stderr.strip()[-500:]]
    sys.stdout.write("\n".join(lines) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
