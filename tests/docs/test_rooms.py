import re

import grimp

from docs import draw_rooms
from tests import ROOT

PICTURE = draw_rooms.PICTURE.read_text(encoding="utf-8")


def shown():
    return {tuple(pair.split()) for pair in re.findall(r'data-arrow="([^"]+)"', PICTURE)}


def test_the_picture_is_what_the_code_imports_today():
    again = "it is drawn anew by: python docs/draw_rooms.py"
    assert shown() == draw_rooms.reduced(draw_rooms.arrows()), again
    assert draw_rooms.draw() == PICTURE, again


def test_every_package_has_a_box():
    boxes = set(re.findall(r'data-package="(\w+)"', PICTURE))
    assert boxes == {path.parent.name for path in (ROOT / "geo").glob("*/__init__.py")} - {"assets"}


def test_an_import_that_runs_across_is_in_an_arrow_or_on_a_way_over_several():
    graph = grimp.build_graph("geo", cache_dir=None)
    direct = {
        (module.split(".")[1], used.split(".")[1])
        for module in graph.modules
        for used in graph.find_modules_directly_imported_by(module)
        if module.count(".") > 1 and used.count(".") > 1
    }
    ways = shown()
    while longer := {(a, d) for a, b in ways for c, d in ways if b == c} - ways:
        ways |= longer
    assert {pair for pair in direct if pair[0] != pair[1]} <= ways
    assert not {pair for pair in ways if pair[0] == pair[1]}


def test_what_other_arrows_say_already_is_left_out():
    every = {("a", "b"), ("b", "c"), ("a", "c"), ("c", "d"), ("a", "d"), ("e", "d")}
    assert draw_rooms.reduced(every) == {("a", "b"), ("b", "c"), ("c", "d"), ("e", "d")}
