import re

import pytest

from geo import parameters
from geo.parameters import CONSTANTS, Constant, Constants, describe
from tests import ROOT

SOURCE = (ROOT / "geo" / "parameters.py").read_text(encoding="utf-8")
TOLD = {"label": "長さ", "unit": "分", "since": "2026-11-24", "source": "本製品の取り決め"}


def loaded(source: str) -> None:
    exec(compile(source, "parameters.py", "exec"), {"__name__": "geo.parameters"})


def test_every_number_has_label_unit_date_and_source():
    written = re.findall(r"^([A-Z_]+) = ", SOURCE, flags=re.MULTILINE)
    assert sorted(CONSTANTS) == sorted(set(written) - {"CONSTANTS"})
    for value in CONSTANTS.values():
        assert value.label
        assert value.unit
        assert value.source
        assert re.fullmatch(r"20\d\d(-\d\d){0,2}", value.since)


@pytest.mark.parametrize("line", ["unit", "since", "source", "label"])
@pytest.mark.parametrize("name", ["DETOUR_FACTOR", "ROBUSTNESS_MINUTES"])
def test_constants_without_a_word_of_themselves_do_not_load(name, line):
    loaded(SOURCE)
    start = SOURCE.index(f"\n{name} = ")
    without = SOURCE[:start] + re.sub(rf"    {line}=.*\n", "", SOURCE[start:], count=1)
    with pytest.raises(TypeError, match=line):
        loaded(without)


def test_bare_number_does_not_load():
    with pytest.raises(TypeError, match="TOO_FAR"):
        loaded(SOURCE.replace("\nDETOUR_FACTOR = ", "\nTOO_FAR = 90\nDETOUR_FACTOR = "))


@pytest.mark.parametrize(
    "made", [lambda **told: Constant(1, **told), lambda **t: Constants([], **t)]
)
@pytest.mark.parametrize(
    "words", [{"unit": " "}, {"source": ""}, {"label": ""}, {"since": "昨日"}, {"since": ""}]
)
def test_blank_is_no_word(made, words):
    assert made(**TOLD).since == "2026-11-24"
    with pytest.raises(ValueError, match=r"長さ|label"):
        made(**TOLD | words)


def test_numbers_are_told_with_their_unit():
    assert parameters.LONELY_SHARE.text == "7.5%"
    assert parameters.CLUSTER_PERMUTATIONS.text == "9,999 回"
    assert parameters.CATCHMENT_CHOICES.text == "30・45・60・90・120 分"
    assert "到達圏60分" in describe(parameters.Parameters())
