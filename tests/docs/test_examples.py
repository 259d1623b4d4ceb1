import re
import runpy

from geo.ui.methods import METHODS
from tests import ROOT
from tests.spec.reader import specifications

# Methods whose arithmetic is a library's or a sentence's; each with the tests that hold it instead.
WITHOUT = {
    "到達圏の面(重ね地図)": "tests/maps/test_catchment.py, against the times between all offices",
    "アプローチ別の手薄さ": "the same classes as 充足区分, over other services",
    "集まりと偏り": "tests/methods/test_clusters.py, against esda and inequality called directly",
    "候補地域と掘り起こし対象": "two thirds at once, tests/methods/test_candidates.py",
    "連携ブロック": "tests/methods/test_collaboration.py, against a naive twin",
    "もし…なら": "tests/methods/test_what_if.py, the same methods on changed arrays",
    "まず電話する窓口と公式統計": "a list, tests/methods/test_desks.py",
    "記録の位置と新しさ": "tests/imports/places and tests/records/test_quality.py",
}


def test_worked_examples_are_those_of_the_specifications():
    made = runpy.run_path(str(ROOT / "docs" / "write_examples.py"))
    assert made["TARGET"].read_text(encoding="utf-8") == made["examples"]()


def test_every_method_has_a_worked_example_or_says_what_holds_it():
    specified = {name for spec in specifications() for name in spec.methods}
    for method in METHODS:
        names = {f"{function.__module__}.{function.__name__}" for function in method.functions}
        assert bool(names & specified) != (method.title in WITHOUT), method.title


def test_what_holds_a_method_without_an_example_exists():
    for words in WITHOUT.values():
        for path in re.findall(r"tests/[\w/.]+", words):
            assert (ROOT / path).exists(), path
