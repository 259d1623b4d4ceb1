import io
from dataclasses import replace

import numpy as np
import pypdf
import pytest
from lxml import etree
from PIL import Image

from geo.maps.colours import CLASS_COLOURS
from geo.maps.measures import measure_view
from geo.maps.picture import picture
from geo.maps.typeface import MISSING_NOTE, typeface
from geo.maps.view import LegendEntry
from geo.methods.analysis import Analysis

SIZE = (6.0, 4.0)


def shares(png: bytes, colours: list[str]) -> list[float]:
    with Image.open(io.BytesIO(png)) as image:
        pixels = np.asarray(image.convert("RGB")).reshape(-1, 3)
    wanted = [tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5)) for colour in colours]
    return [float((pixels == colour).all(axis=1).mean()) for colour in wanted]


def test_png_has_the_size_and_the_colours_of_its_classes(analysis: Analysis):
    view = measure_view(analysis, "class", "poverty", 2020, show_points=False)
    png = picture(analysis.dataset, view, size=SIZE, dpi=100)
    with Image.open(io.BytesIO(png)) as image:
        assert image.size == (600, 400)
    seen = dict(zip(CLASS_COLOURS, shares(png, list(CLASS_COLOURS.values())), strict=True))
    for key in ("local", "neighbour", "remote"):
        assert (analysis.klass[:, 1] == key).any()
        assert seen[key] > 0.01
    # Classes that no town has stand in the legend only, in their exact colour.
    assert 0 < seen["none"] < 0.005


def test_unknown_is_hatched(analysis: Analysis):
    view = measure_view(analysis, "class", "disability", 2020, show_points=False)
    plain = replace(view, hatched=np.zeros(179, bool))
    hatched, flat = (
        picture(analysis.dataset, v, size=SIZE, dpi=100, title="") for v in (view, plain)
    )
    grey = [CLASS_COLOURS["unknown"]]
    assert shares(hatched, grey)[0] < 0.95 * shares(flat, grey)[0]


def test_pdf_embeds_the_typeface_and_keeps_its_text(analysis: Analysis):
    view = measure_view(analysis, "scarcity", "", 2020, show_points=False)
    pdf = picture(analysis.dataset, view, "pdf", size=SIZE, sources=("出典: 国勢調査",))
    page = pypdf.PdfReader(io.BytesIO(pdf)).pages[0]
    text = page.extract_text()
    for words in ("社会資源の不足度", "資源少数区域(太い線)", "出典: 国勢調査"):
        assert words in text
    fonts = page["/Resources"]["/Font"].values()
    for font in fonts:
        descriptor = font["/DescendantFonts"][0]["/FontDescriptor"]
        assert "/FontFile2" in descriptor


def test_svg_needs_no_typeface_and_nothing_from_outside(analysis: Analysis):
    view = measure_view(analysis, "both", "", 2020)
    svg = picture(analysis.dataset, view, "svg", size=SIZE)
    root = etree.fromstring(svg)
    assert not root.findall(".//{http://www.w3.org/2000/svg}text")
    links = [value for node in root.iter() for name, value in node.items() if name.endswith("href")]
    assert links
    assert all(link.startswith("#") for link in links)


def test_same_view_gives_the_same_file(analysis: Analysis):
    view = measure_view(analysis, "scarcity", "", 2020)
    for kind in ("png", "svg", "pdf"):
        first, second = (picture(analysis.dataset, view, kind, size=SIZE) for _ in range(2))
        assert first == second


def test_very_long_title_and_legend_do_not_crash(analysis: Analysis):
    view = measure_view(analysis, "scarcity", "", 2020)
    entries = (*view.legend, LegendEntry("#123456", "長い区分" * 60))
    long = replace(view, title="長い題" * 80, measure="測り方" * 60, legend=entries)
    for focus in (None, "014702"):
        png = picture(analysis.dataset, replace(long, focus=focus), size=SIZE, dpi=60)
        # The map is still there.
        assert shares(png, ["#EAF1F6"])[0] > 0.05


def test_unknown_kind_is_refused(analysis: Analysis):
    view = measure_view(analysis, "scarcity", "", 2020)
    with pytest.raises(ValueError, match="png"):
        picture(analysis.dataset, view, "gif")


@pytest.mark.filterwarnings("ignore:Glyph")
def test_missing_typeface_is_said_and_does_not_crash(analysis: Analysis, monkeypatch):
    monkeypatch.setattr("geo.maps.typeface.shipped", lambda: None)
    monkeypatch.setattr("geo.maps.typeface._installed", list)
    typeface.cache_clear()
    try:
        assert not typeface().embedded
        view = measure_view(analysis, "scarcity", "", 2020, show_points=False)
        pdf = picture(analysis.dataset, view, "pdf", size=SIZE)
        assert MISSING_NOTE[:20] in pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    finally:
        typeface.cache_clear()
