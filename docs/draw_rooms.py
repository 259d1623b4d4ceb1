"""Draw the packages of geo and who uses whom, as the code imports today: python docs/draw_rooms.py

Needs what `make lint` installs. A package stands on its floor; an arrow leads to a package that it
uses, where no way through others says the same (the transitive reduction).
"""

from __future__ import annotations

import ast
import sys
import tomllib
from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import escape

import grimp

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "rooms.svg"
Arrows = set[tuple[str, str]]
Point = tuple[float, float]
Places = dict[str, Point]
Ways = dict[tuple[str, str], list[Point]]

WIDTH, FLOOR, MARGIN = 920, 118, 24
BOX, LINE = (292, 74), 42  # width and height of a package; letters in a line of its question
SPREAD, LANE = 26, 14  # pixels between the ends of arrows at one box, and between arrows in one gap
ASIDE = 30  # pixels from the outer boxes to an arrow that passes them
INK, QUIET, ACCENT, PAPER, RULE = "#1B2733", "#53606C", "#0B5C8A", "#F6F8FA", "#C9D2DA"


def floors() -> list[list[str]]:
    """Return the packages of each floor, the highest first, as the contract of the linter says.

    The last is what stands below all packages, drawn as one.
    """
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    found = [[name.strip().removeprefix("geo.") for name in layer.split("|")] for layer in layers]
    above = found.index(["data"]) + 1
    ground = [name for floor in found[above:] for name in floor]
    return [*(floor for floor in found[:above] if floor != ["__main__"]), ground]


def arrows() -> Arrows:
    """Return (user, used) for every import from one package into another, by grimp."""
    graph = grimp.build_graph("geo", cache_dir=None)
    packages = {name for floor in floors()[:-1] for name in floor}
    found = set()
    for module in graph.modules:
        for used in graph.find_modules_directly_imported_by(module):
            pair = _package(module), _package(used)
            if pair[0] != pair[1] and packages.issuperset(pair):
                found.add(pair)
    return found


def reduced(every: Arrows) -> Arrows:
    """Return the arrows that no way over other packages replaces; there must be no circle."""
    return {
        (user, used)
        for user, used in every
        if not any(used in _reached(every, other) for a, other in every if a == user != other)
    }


def draw() -> str:
    """Return the picture as SVG."""
    places = _places()
    height = MARGIN * 2 + FLOOR * len(floors()) - (FLOOR - BOX[1])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" font-family="sans-serif">',
        "<title>The packages of geo, and who uses whom</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
        f'markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="{ACCENT}"/></marker></defs>',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
    ]
    for (user, used), points in _ways(places).items():
        parts.append(
            f'<path data-arrow="{user} {used}" d="{_curve(points)}" fill="none" '
            f'stroke="{ACCENT}" stroke-width="1.6" marker-end="url(#tip)"/>'
        )
    parts += [_box(name, *place) for name, place in places.items()]
    ground = floors()[-1]
    top = MARGIN + FLOOR * (len(floors()) - 1)
    parts.append(_panel("", MARGIN, top, WIDTH - 2 * MARGIN))
    parts.append(_text(WIDTH / 2, top + 32, ", ".join(ground), INK, 17, bold=True))
    parts.append(
        _text(WIDTH / 2, top + 54, "every package may use these; they use no package", QUIET, 13)
    )
    return "\n".join([*parts, "</svg>", ""])


def _package(module: str) -> str:
    return [*module.split("."), ""][1]


def _reached(every: Arrows, start: str) -> set[str]:
    reached, waiting = set(), [start]
    while waiting:
        here = waiting.pop()
        found = {used for user, used in every if user == here} - reached
        reached |= found
        waiting += found
    return reached


def _places() -> Places:
    """Return the left upper corner of each package's box."""
    places = {}
    for level, floor in enumerate(floors()[:-1]):
        for at, name in enumerate(floor):
            middle = WIDTH * (0.5 if len(floor) == 1 else 0.28 + 0.44 * at)
            places[name] = (middle - BOX[0] / 2, MARGIN + FLOOR * level)
    return places


def _ways(places: Places) -> Ways:
    """Return the points that each arrow passes: between the boxes of the floors it crosses."""
    level = {name: at for at, floor in enumerate(floors()) for name in floor}
    gaps: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for user, used in sorted(reduced(arrows())):
        start, end = _middle(places, user), _middle(places, used)
        gaps[user, used] = []
        for crossed in range(level[user] + 1, level[used]):
            share = (crossed - level[user]) / (level[used] - level[user])
            straight = start + (end - start) * share
            gap = min(_gaps(places, crossed), key=lambda x, straight=straight: abs(x - straight))
            gaps[user, used].append((crossed, gap))
    ways = {}
    for pair, passed in gaps.items():
        points = [(_middle(places, pair[0]), places[pair[0]][1] + BOX[1])]
        for crossed, gap in passed:
            sharing = sorted(
                (other for other in gaps if (crossed, gap) in gaps[other]),
                key=lambda other: (_middle(places, other[1]), other),
            )
            x = gap + LANE * (sharing.index(pair) - (len(sharing) - 1) / 2)
            top = MARGIN + FLOOR * crossed
            points += [(x, top), (x, top + BOX[1])]
        ways[pair] = [*points, (_middle(places, pair[1]), places[pair[1]][1])]
    return _apart(ways)


def _gaps(places: Places, level: int) -> list[float]:
    """Return where an arrow can pass a floor: left of its boxes, between and right of them."""
    left = [places[name][0] for name in floors()[level]]
    between = [(x + BOX[0] + other) / 2 for x, other in pairwise(left)]
    return [left[0] - ASIDE, *between, left[-1] + BOX[0] + ASIDE]


def _apart(ways: Ways) -> Ways:
    """Part the ends of arrows that share the lower or the upper edge of a box."""
    for end, next_to in ((0, 1), (-1, -2)):
        for name in {pair[end] for pair in ways}:
            mine = sorted(
                (pair for pair in ways if pair[end] == name), key=lambda pair: ways[pair][next_to]
            )
            for at, pair in enumerate(mine):
                x, y = ways[pair][end]
                ways[pair][end] = (x + SPREAD * (at - (len(mine) - 1) / 2), y)
    return ways


def _middle(places: Places, name: str) -> float:
    return places[name][0] + BOX[0] / 2


def _curve(points: list[Point]) -> str:
    """Return an SVG path that leaves and enters every point straight down."""
    path = f"M{points[0][0]:.0f} {points[0][1]:.0f}"
    for (x, y), (to_x, to_y) in pairwise(points):
        half = (y + to_y) / 2
        path += f"C{x:.0f} {half:.0f} {to_x:.0f} {half:.0f} {to_x:.0f} {to_y:.0f}"
    return path


def _box(name: str, x: float, y: float) -> str:
    source = (ROOT / "geo" / name / "__init__.py").read_text(encoding="utf-8")
    lines, words = [""], (ast.get_docstring(ast.parse(source)) or "").split()
    for word in words:
        if len(lines[-1]) + len(word) > LINE:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    parts = [_panel(name, x, y, BOX[0])]
    parts.append(_text(x + BOX[0] / 2, y + 21, name, INK, 17, bold=True))
    for at, line in enumerate(lines):
        parts.append(_text(x + BOX[0] / 2, y + 38 + 14 * at, line, QUIET, 12))
    return "\n".join(parts)


def _panel(name: str, x: float, y: float, width: float) -> str:
    named = f' data-package="{name}"' if name else ""
    return (
        f'<rect{named} x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{BOX[1]}" rx="4" '
        f'fill="{PAPER}" stroke="{RULE}"/>'
    )


def _text(x: float, y: float, words: str, colour: str, size: int, *, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="middle" font-size="{size}"{weight} '
        f'fill="{colour}">{escape(words)}</text>'
    )


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    PICTURE.write_text(draw(), encoding="utf-8")
