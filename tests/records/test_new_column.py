import os
import subprocess
import sys

import pandas as pd
import pytest

from tests import ROOT


@pytest.mark.slow
def test_a_column_that_the_schema_declares_goes_everywhere_a_record_goes(copied, own_store):
    path = copied / "services.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table["languages"] = ""
    table.loc[0, "languages"] = "日本語"
    table.to_csv(path, index=False)
    ran = subprocess.run(
        [sys.executable, "-m", "tests.records.new_column"],
        cwd=ROOT,
        env=os.environ | {"SHIGEN_DATA": str(copied), "SHIGEN_WRITE": "1"},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
