import ast
import re

import pytest

from tests import ROOT

PACKAGES = sorted(
    path.parent
    for path in (ROOT / "geo").rglob("__init__.py")
    if path.parent not in (ROOT / "geo", ROOT / "geo" / "assets")
)
ROOMS = [path for path in PACKAGES if path.parent == ROOT / "geo"]
LAYOUT = re.search(
    r"^## Layout\n(.*?)^## ", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S
)[1]


# A notebook asks the package itself, `from geo.maps import folium_map`; nobody else waits for folium.
LENDS = {"maps"}


def is_lazy(node):
    """Tell whether a statement only answers when somebody asks: __getattr__, or its types."""
    return (isinstance(node, ast.FunctionDef) and node.name == "__getattr__") or (
        isinstance(node, ast.ImportFrom) and node.module == "typing"
    )


def docstring(package):
    return ast.get_docstring(ast.parse((package / "__init__.py").read_text(encoding="utf-8")))


def test_the_readme_has_a_line_for_each_package_in_the_packages_own_words():
    lines = dict(re.findall(r"^      (\w+)/ +(.+)$", LAYOUT, re.M))
    assert len(ROOMS) == 12
    assert lines == {package.name: docstring(package) for package in ROOMS}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_package_says_one_line_and_exports_nothing(package):
    tree = ast.parse((package / "__init__.py").read_text(encoding="utf-8"))
    first, *rest = tree.body
    assert first.value.value == docstring(package)
    assert [ast.unparse(one) for one in rest if not is_lazy(one)] == []
    assert not rest or package.name in LENDS
    assert "\n" not in docstring(package)


@pytest.mark.parametrize("package", ROOMS, ids=lambda path: path.name)
def test_a_package_asks_a_question(package):
    assert "?" in docstring(package)


def test_the_readme_names_every_folder_with_code_at_the_top():
    named = set(re.findall(r"^    ([\w.]+)/? ", LAYOUT, re.M)) | {"geo"}
    assert [name for name in named if not (ROOT / name).exists()] == []
    assert {path.parent.name for path in ROOT.glob("[!.]*/*.py")} <= named


def test_every_benchmark_that_the_readme_names_is_one():
    line = re.search(r"^    benchmarks/ +(.+)$", LAYOUT, re.M)[1]
    named = re.findall(r"\.(\w+)", line)
    assert len(named) > 4
    assert [name for name in named if not (ROOT / "benchmarks" / f"{name}.py").exists()] == []
