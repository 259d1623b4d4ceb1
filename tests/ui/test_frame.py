import re

import pytest

from geo.maps.picture import KINDS
from geo.records.open_data import SUFFIXES
from geo.ui import frame
from tests import ROOT

# One way each: what a page calls of Streamlit itself, and the one module that may.
WAYS = {
    r"\.dataframe\(": "geo/ui/frame.py",
    r"\.download_button\(": "geo/ui/frame.py",
    r"openxmlformats": "geo/ui/frame.py",
    r"components\.v2": "geo/ui/components.py",
    r"get_script_run_ctx": None,
}


def modules():
    for folder in ("geo/ui", "pages"):
        yield from sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("call", WAYS)
def test_there_is_one_way_to_do_a_thing(call):
    doing = [
        str(path.relative_to(ROOT))
        for path in modules()
        if re.search(call, path.read_text(encoding="utf-8"))
    ]
    assert doing == ([] if WAYS[call] is None else [WAYS[call]])


@pytest.mark.parametrize("suffix", [*KINDS, *SUFFIXES.values()])
def test_every_kind_of_file_that_is_offered_has_its_media_type(suffix):
    assert frame.MEDIA_TYPES[f".{suffix}"]
