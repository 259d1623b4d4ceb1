"""What the pages reach of Streamlit's own page, looked for in what the installed version sends."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest
import streamlit

from geo.ui import parts
from tests import ROOT

SENT = Path(streamlit.__file__).parent / "static"
# Of a selector: the value of an attribute, or a class.
NAME = re.compile(r'="([^"]+)"\]|\.(st\w+)')


@pytest.fixture(scope="module")
def sent():
    return "".join(path.read_text("utf-8") for path in sorted(SENT.rglob("*.js")))


def named(text):
    return {one or other for one, other in NAME.findall(text)}


REACHED = named("".join(value for value in vars(parts).values() if isinstance(value, str)))


def test_parts_were_seen_in_the_installed_version():
    assert version("streamlit") == parts.SEEN_IN


def test_form_dialog_and_uploader_are_among_the_parts():
    assert {"stForm", "stDialog", "stFileUploaderDropzone", "Download as CSV"} <= REACHED


@pytest.mark.parametrize("name", sorted(REACHED))
def test_streamlit_sends_the_part(name, sent):
    assert f'"{name}"' in sent or f"`{name}`" in sent


def test_a_part_that_is_none_is_not_found(sent):
    assert '"stNothingOfTheKind"' not in sent
    assert "`stNothingOfTheKind`" not in sent


def test_no_other_file_reaches_into_streamlits_page():
    reaching = [
        str(path.relative_to(ROOT))
        for folder in ("geo", "pages")
        for path in sorted((ROOT / folder).rglob("*.*"))
        if path.suffix in {".py", ".mjs", ".js", ".css", ".html"}
        and re.search(r"data-testid|\bst[A-Z]\w+", path.read_text("utf-8"))
    ]
    assert reaching == ["geo/ui/parts.py"]
