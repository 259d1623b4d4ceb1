"""Try what docs/threats.md promises: every test that it names, then promises broken on purpose.

Run: python -m tests.attack [pytest's arguments]
It needs no network but the loopback, no browser and no service, and is ended after SECONDS.
"""

import subprocess
import sys

from tests import ROOT
from tests.test_threats import NAMED, written

SECONDS = 600
WITHOUT = "not browser and not service"


def chosen() -> list[str]:
    """Return the addresses of the tests to run, as pytest takes them."""
    found = written()
    named = [
        f"{path.relative_to(ROOT)}::{name}" for name in sorted(NAMED) for path, _ in found[name]
    ]
    return [*named, "tests/test_threats.py::test_a_promise_that_is_broken_is_noticed"]


def main(arguments: list[str]) -> int:
    """Run them; return pytest's code, 1 when the time was over."""
    command = [sys.executable, "-m", "pytest", "-q", "-m", WITHOUT, *arguments, *chosen()]
    try:
        return subprocess.run(command, cwd=ROOT, timeout=SECONDS, check=False).returncode
    except subprocess.TimeoutExpired:
        sys.stderr.write(f"ended after {SECONDS} s\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
