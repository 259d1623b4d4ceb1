import ast
import re

from geo.data.schema import ORGANISATION_COLUMNS, SERVICE_COLUMNS
from geo.imports import layers
from geo.imports.reading.headers import FORMATS
from geo.methods.analysis import Analysis
from geo.records.cells import TYPED
from geo.ui.records.form import ORDER
from tests import ROOT
from tests.ui.opened import PAGES

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
SOURCES = (ROOT / "data" / "SOURCES.md").read_text(encoding="utf-8")
NO_KIND_OF_OFFICE = {"minutes", "other"}  # where a record stands that belongs to no list


def test_every_test_that_a_recipe_names_exists():
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    existing = set(re.findall(r"^def (test_\w+)", source, re.M))
    named = set(re.findall(r"`(test_\w+)`", CONTRIBUTING))
    assert len(named) > 15
    assert named - existing == set()


def test_every_command_that_is_named_is_one_of_make():
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    for text in (CONTRIBUTING, README):
        named = set(re.findall(r"(?:^    |`)(?:\w+=\S+ )?make ([\w-]+)", text, re.M))
        assert {"run", "test", "lint"} <= named <= targets


def test_every_page_is_in_the_navigation_the_readme_and_the_tests():
    files = {path.stem for path in (ROOT / "pages").glob("*.py")}
    entries = re.findall(r'\("(\w+)", "(\S+)", "\w+"\)', (ROOT / "app.py").read_text("utf-8"))
    assert {name for name, _ in entries} == files == set(PAGES)
    table = re.search(r"^\| page \|.*?\n\n", README, re.M | re.S)[0]
    shown = {title for name, title in entries if name != "members"}  # for who is signed in alone
    assert set(re.findall(r"^\| ([^\s|-]\S+) \|", table, re.M)) - {"page"} == shown


def test_the_form_asks_for_every_column_of_a_record():
    for kind, columns in TYPED.items():
        asked = {name for row in ORDER[kind] for name in row}
        assert asked == set(columns) - {"organisation"}  # a service stands under its organisation


def test_every_column_of_a_record_is_described():
    for columns in (ORGANISATION_COLUMNS, SERVICE_COLUMNS):
        assert [name for name in columns if f"`{name}`" not in SOURCES] == []


def test_every_field_answers_to_a_need(shipped):
    answered = {field for fields in shipped.needs["fields"] for field in fields}
    assert set(shipped.fields.index) == answered


def test_every_layer_is_described(shipped):
    named = shipped.layers["name"].drop(list(NO_KIND_OF_OFFICE))
    table = re.search(r"^\| 層 \|.*?\n\n", SOURCES, re.M | re.S)[0]
    assert [name for name in named if name not in table] == []


def test_what_completes_a_layer_is_a_form_that_is_read(shipped):
    table = layers.table()
    assert set(table.index) <= {form.key for form in FORMATS}
    assert set(table["layer"]) <= set(shipped.layers.index)


def test_the_counts_of_fields_in_the_documents_are_todays(analysis: Analysis):
    names = analysis.dataset.fields["name"]
    judged = names[analysis.entered.all(axis=0)]
    for page in ("README.md", "docs/methods.md"):
        text = " ".join((ROOT / page).read_text(encoding="utf-8").split())
        assert f"{len(judged)} of {len(names)}" in text, page


def test_every_document_is_searched_for_a_hidden_place():
    source = (ROOT / "tests" / "browser" / "test_shelter.py").read_text(encoding="utf-8")
    searched = {
        node.module.rpartition(".")[2]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("geo.documents.")
    }
    writers = {
        path.stem
        for path in (ROOT / "geo" / "documents").glob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and {each.arg for each in node.args.args} & {"analysis", "plan", "data"}
        and ast.unparse(node.returns or ast.Constant(None)) == "bytes"
    }
    assert len(writers) > 4
    assert writers <= searched
