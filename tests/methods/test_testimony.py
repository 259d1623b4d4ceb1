import shutil
from dataclasses import replace

import pandas as pd
import pytest

from geo.data.dataset import DATA_DIRECTORY
from geo.errors import DataError
from geo.methods.analysis import analyse
from geo.methods.testimony import AGREES, CLAIMS, DIFFERS, FILE, UNHEARD, heard, read_statements
from geo.parameters import Parameters


@pytest.fixture(scope="module")
def said(shipped):
    return heard(analyse(shipped, Parameters()))


def test_every_statement_of_the_minutes_has_an_answer_and_a_source(said, shipped):
    assert len(said) == len(read_statements(shipped)) > 5
    assert (said["answer"] != "").all()
    assert said["source"].str.contains("2023-10-26").all()


def test_noboribetsu_is_heard_though_its_level_says_many(said, shipped):
    row = said[said["where"] == "登別市"].iloc[0]
    assert row["outcome"] == AGREES
    assert "近隣" in row["answer"]


def test_what_no_list_can_say_is_never_called_agreement(said):
    silent = said[said["claim"] == CLAIMS["unheard"]]
    assert len(silent)
    assert set(silent["outcome"]) == {UNHEARD}


def test_a_statement_that_the_records_deny_is_said_to_differ(shipped):
    offers = shipped.services
    mine = offers["organisation"].map(shipped.organisations["municipality_code"]) == "012025"
    gone = offers[~(mine & (offers["field"] == "hikikomori"))]
    surveyed = pd.DataFrame(
        {
            "municipality_code": ["012025"],
            "field": ["hikikomori"],
            "surveyed_on": [pd.Timestamp("2026-11-01").date()],
        }
    ).reindex(columns=shipped.surveys.columns)
    other = replace(shipped, services=gone, surveys=surveyed, trial=True)
    table = heard(analyse(other, Parameters()))
    assert table[table["where"] == "函館市"]["outcome"].tolist() == [DIFFERS]


@pytest.mark.parametrize(
    ("column", "cell"), [("municipalities", "099999"), ("field", "nothing"), ("claim", "nothing")]
)
def test_a_wrong_cell_is_named_with_its_row(shipped, tmp_path, column, cell):
    shutil.copy(DATA_DIRECTORY / FILE, tmp_path)
    table = pd.read_csv(tmp_path / FILE, dtype=str, keep_default_na=False)
    table.loc[1, column] = cell
    table.to_csv(tmp_path / FILE, index=False)
    with pytest.raises(DataError, match=cell) as raised:
        read_statements(shipped, tmp_path)
    assert [(one.row, one.column) for one in raised.value.problems] == [(3, column)]
