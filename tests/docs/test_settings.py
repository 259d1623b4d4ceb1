import ast
import importlib
import re

import pytest
import uvicorn
from streamlit import config

from tests import ROOT

ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "settings.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| `")
]
TABLE = {row[0].strip("`"): row[1].strip("`") for row in ROWS}
# Whoever else reads what we set.
OTHERS = {"Matplotlib": r"MPL\w+", "the image of PostgreSQL": r"POSTGRES_\w+"}
NAMED = re.compile(
    r"\b(?:(?:SHIGEN|STREAMLIT|UVICORN|POSTGRES|REQUIRE)_[A-Z_]+[A-Z]|DATABASE_URL|MPLCONFIGDIR)\b"
)
OUR_CONSTANTS = {"SHIGEN_HEADERS"}  # headers of our own export, no variable
SCRIPTS = [
    *(path for path in (ROOT / "deploy").iterdir() if path.is_file()),
    ROOT / "Makefile",
    ROOT / ".ci" / "run",
]
CODE = [
    ROOT / "app.py",
    *(path for folder in ("geo", "pages") for path in (ROOT / folder).rglob("*.py")),
]
HANDS_ON = ROOT / "geo" / "worker.py"  # gives its child some of what it was given, and sets none
PROSE = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]


def is_environment(node):
    return isinstance(node, ast.Attribute) and node.attr == "environ"


def keys(path):
    """Return the variables that a module reads from its environment or sets there."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and is_environment(node.value):
            key = node.slice
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and (is_environment(node.func.value) or node.func.attr == "getenv")
        ):
            key = node.args[0]
        else:
            continue
        if isinstance(key, ast.Constant):
            yield key.value
        else:  # a constant of the module, or this fails
            yield getattr(importlib.import_module(module), ast.unparse(key))


def read_by_code():
    return {key: path for path in CODE if path != HANDS_ON for key in keys(path)}


def test_the_code_reads_what_the_table_says_and_nothing_else():
    found = {key: str(path.relative_to(ROOT)) for key, path in read_by_code().items()}
    assert found == {name: reader for name, reader in TABLE.items() if reader.startswith("geo/")}


def test_no_module_asks_its_environment_in_another_way():
    for path in CODE:
        if path == HANDS_ON:
            continue
        text = path.read_text(encoding="utf-8")
        assert len(re.findall(r"\benviron\b|\bgetenv\b", text)) == len(list(keys(path))), path


@pytest.mark.parametrize(
    "path", [*CODE, *SCRIPTS, *PROSE], ids=lambda path: str(path.relative_to(ROOT))
)
def test_every_variable_that_is_named_is_in_the_table(path):
    assert set(NAMED.findall(path.read_text(encoding="utf-8"))) - OUR_CONSTANTS <= set(TABLE)


def test_the_table_names_what_make_takes():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert set(re.findall(r"^(\w+) \?=", makefile, re.M)) == {
        name for name, reader in TABLE.items() if reader == "Makefile"
    }


@pytest.mark.parametrize("name", TABLE)
def test_whoever_is_said_to_read_a_variable_does(name):
    reader = TABLE[name]
    if reader == "Streamlit":
        assert name in {option.env_var for option in config.get_config_options().values()}
    elif reader == "Uvicorn":
        assert name in {f"UVICORN_{one.name.upper()}" for one in uvicorn.main.params}
    elif reader in OTHERS:
        assert re.fullmatch(OTHERS[reader], name)
    else:
        assert re.search(rf"\b{name}\b", (ROOT / reader).read_text(encoding="utf-8"))


def test_every_variable_of_others_in_the_table_is_one_that_we_set():
    ours = "".join(path.read_text(encoding="utf-8") for path in SCRIPTS)
    for name, reader in TABLE.items():
        if reader in {"Streamlit", "Uvicorn", *OTHERS}:
            assert name in ours


def test_every_program_that_the_tests_can_demand_is_in_the_table():
    texts = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    demanded = set(re.findall(r"\"(REQUIRE_[A-Z]+)\"", texts))
    assert demanded == {name for name in TABLE if name.startswith("REQUIRE_")}
