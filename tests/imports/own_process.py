"""Import generated offices in a process of its own, which a test may kill or rob of its store."""

import os
import subprocess
import sys

from tests import ROOT

COUNT = 4000
IMPORT = f"""
import sys
from geo.data import dataset
from geo.imports import importing, seed
from tests.generated import WRITER, many
engine, data = seed.open_store(), dataset.load()
one = many({COUNT})
print("ready", flush=True)
importing.apply(engine, [one], data, WRITER)
"""


def start_import(stderr: int | None = None) -> subprocess.Popen[bytes]:
    """Start to import COUNT offices into the store of DATABASE_URL; return when it is at it."""
    child = subprocess.Popen(
        [sys.executable, "-c", IMPORT],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    return child
