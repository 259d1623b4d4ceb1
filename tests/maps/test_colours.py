import re
import tomllib

import pytest

from geo.assets import ASSETS
from geo.data.vocabulary import CLASSES
from geo.maps import colours
from geo.maps.colours import CLASS_COLOURS, INK, WHITE, ink_on, rrggbb
from tests import ROOT

# As a style sheet writes a colour, as an Office file does, and as one channel of it.
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|[\"'](?!\d{6}[\"'])[0-9A-F]{6}[\"']|RGBColor\(0x")
NAMED = re.compile(r"#[0-9A-Fa-f]{6}\b|#[0-9A-Fa-f]{3}\b")
PHONE = re.compile(r"#8891\b")  # 孤独・孤立相談ダイヤル


def modules():
    own = ROOT / "geo" / "maps" / "colours.py"
    for folder in ("geo", "pages"):
        yield from (path for path in sorted((ROOT / folder).rglob("*.py")) if path != own)


def test_no_module_spells_a_colour_of_its_own():
    spelt = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in modules()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if COLOUR.search(PHONE.sub("", line))
    ]
    assert spelt == []


@pytest.mark.parametrize(
    "line", ['"#1B2733"', "'#fff'", 'RULE = "C9CFD6"', "RGBColor(0x1B, 0x27, 0x33)", '"#FFFFFFD9"']
)
def test_a_colour_is_seen_however_it_is_spelt(line):
    assert COLOUR.search(line)


@pytest.mark.parametrize("line", ['SAPPORO = "011002"', "# a comment", '"#measure"'])
def test_a_code_is_no_colour(line):
    assert not COLOUR.search(line)


def named(value: object) -> set[str]:
    if isinstance(value, str):
        return {value.upper()} if NAMED.fullmatch(value) else set()
    if isinstance(value, dict):
        value = tuple(value.values())
    return set().union(*map(named, value)) if isinstance(value, tuple) else set()


def six_digits(colour: str) -> str:
    short = colour.upper()
    return short if len(short) == 7 else "#" + "".join(2 * digit for digit in short[1:])


@pytest.mark.parametrize(
    "path",
    [*sorted(ASSETS.glob("*.*")), ROOT / ".streamlit" / "config.toml"],
    ids=lambda path: path.name,
)
def test_what_cannot_ask_the_module_spells_its_colours(path):
    known = set().union(*(named(value) for value in vars(colours).values()))
    spelt = {six_digits(found) for found in NAMED.findall(path.read_text(encoding="utf-8"))}
    assert spelt - known == set()


def test_theme_is_the_paper_and_ink_of_the_map():
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
    assert theme["textColor"] == INK
    assert theme["backgroundColor"] == WHITE
    assert theme["primaryColor"] == theme["linkColor"] == colours.ACCENT


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG 2 measures it, 1 to 21."""

    def light(colour: str) -> float:
        parts = [int(rrggbb(colour)[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    brighter, darker = sorted((light(one), light(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("klass", list(CLASSES))
def test_words_on_a_class_can_be_read(klass):
    assert contrast(ink_on(klass), CLASS_COLOURS[klass]) >= 4.5
