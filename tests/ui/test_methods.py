import importlib
import inspect
import pkgutil

from geo import methods
from geo.data.sources import sources_text
from geo.methods import (
    access,
    analysis,
    arrays,
    candidates,
    clusters,
    collaboration,
    coverage,
    explain,
    need,
    scarcity,
    travel,
    venues,
    what_if,
)
from geo.parameters import CONSTANTS
from geo.ui.evidence import constant, paragraph
from geo.ui.methods import METHODS
from tests import ROOT

MODULES = (
    *(travel, access, arrays, coverage, scarcity, need, analysis),
    *(explain, clusters, candidates, collaboration, venues, what_if),
)
LISTED = {function for method in METHODS for function in method.functions}


def public_functions():
    """Return every public function that the modules define."""
    return {
        function
        for module in MODULES
        for name, function in vars(module).items()
        if not name.startswith("_")
        and callable(function)
        and not inspect.isclass(function)
        and getattr(function, "__module__", None) == module.__name__
    }


def test_every_public_method_is_on_the_page():
    missing = {f"{f.__module__}.{f.__name__}" for f in public_functions() - LISTED}
    assert not missing


def test_every_function_that_names_its_formula_or_its_source_is_on_the_page():
    told = {
        function
        for module in pkgutil.iter_modules(methods.__path__)
        for function in vars(importlib.import_module(f"geo.methods.{module.name}")).values()
        if callable(function)
        and getattr(function, "__module__", "") == f"geo.methods.{module.name}"
        and (paragraph(function, "Formula:") or paragraph(function, "Source:"))
    }
    assert len(told) > 20
    assert {f"{f.__module__}.{f.__name__}" for f in told - LISTED} == set()


def test_every_constant_is_on_the_page():
    shown = [name for method in METHODS for name in method.constants]
    assert sorted(shown) == sorted(CONSTANTS)
    assert constant("ROBUSTNESS_MINUTES").text == "30・60・90 分"


def test_every_method_names_a_formula_and_a_source():
    for method in METHODS:
        assert method.summary
        assert method.caveat
        assert any(paragraph(f, "Source:") for f in method.functions), method.title
        assert all(f.__doc__ for f in method.functions)


def test_paragraph_ends_where_the_next_begins():
    assert paragraph(access.e2sfca, "Formula:").endswith("A_m = Σ_j R_j W_mj.")


def test_every_data_file_has_a_row_in_the_sources():
    text = sources_text()
    data = ROOT / "data"
    for path in data.iterdir():
        if path.is_file() and path.name != "SOURCES.md":
            assert path.name in text, path.name
