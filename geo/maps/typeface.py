"""Give the one Japanese typeface of pictures and documents, and measure and trim text in it.

IPAex Gothic (IPA Font License 1.0, which allows embedding) comes in `matplotlib-fontja`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

from fontTools.ttLib import TTFont
from matplotlib import font_manager

GETA = "〓"  # the printers' sign for a character that the typeface lacks
ELLIPSIS = "…"
# Readable without the face that is missing.
MISSING_NOTE = "No Japanese typeface was found: 日本語の書体が見つかりません。"
SYSTEM_FAMILIES = ("Noto Sans CJK JP", "Noto Sans JP", "IPAexGothic", "IPAGothic", "Yu Gothic")


@dataclass(frozen=True)
class Typeface:
    """A face: its file (None when no Japanese one was found), family, and advance widths.

    widths: advance of each character code, in ems. line: height of a line that holds any glyph.
    """

    path: Path | None
    family: str
    widths: dict[int, float]

    @property
    def embedded(self) -> bool:
        """Whether the face can go into a document."""
        return self.path is not None

    def printable(self, text: str) -> str:
        """Return a text with 〓 for every character that would be a box, controls left out."""
        kept = []
        for character in unicodedata.normalize("NFC", text):
            if unicodedata.category(character) in {"Cc", "Cf", "Cs"} or "︀" <= character <= "️":
                kept.append(" " if character in "\n\t\r" else "")
            elif self.widths and ord(character) not in self.widths:
                kept.append(GETA)
            else:
                kept.append(character)
        return "".join(kept)

    def width(self, text: str, size: float) -> float:
        """Return the width of a text in the unit of size (points of type give points)."""
        return size * sum(self.widths.get(ord(character), 1.0) for character in text)

    def lines(self, text: str, size: float, width: float) -> list[str]:
        """Return a text broken into lines of at most a width; no line starts with 、 or 。."""
        lines = [""]
        for character in self.printable(text):
            if self.width(lines[-1] + character, size) <= width or not lines[-1]:
                lines[-1] += character
            elif character in "、。,.)」』】・ー〜%":
                lines.append(lines[-1][-1] + character)
                lines[-2] = lines[-2][:-1]
            else:
                lines.append(character.lstrip())
        return [line.rstrip() for line in lines]

    def shorten(self, text: str, size: float, width: float) -> str:
        """Return a text that fits a width, its end replaced by … where it does not."""
        text = self.printable(text)
        if self.width(text, size) <= width:
            return text
        while text and self.width(text + ELLIPSIS, size) > width:
            text = text[:-1]
        return text.rstrip() + ELLIPSIS

    def fit(
        self, text: str, size: float, width: float, *, smallest: float, rows: int = 1
    ) -> tuple[list[str], float]:
        """Return (lines, size): a text in at most some rows, first smaller, then shortened.

        size, smallest: points of type; width in points.
        """
        while True:
            lines = self.lines(text, size, width)
            if len(lines) <= rows:
                return lines, size
            if size <= smallest:
                rest = "".join(lines[rows - 1 :])
                return [*lines[: rows - 1], self.shorten(rest, size, width)], size
            size = max(smallest, size - 0.25)


@lru_cache(maxsize=1)
def typeface() -> Typeface:
    """Return the Japanese face that ships, else one of the machine's, else none that embeds."""
    for path in (shipped(), *_installed()):
        if path is not None and path.is_file():
            return read(path)
    return Typeface(None, "sans-serif", {})


def read(path: Path) -> Typeface:
    """Return the face of a TrueType file, made known to matplotlib."""
    with TTFont(path, fontNumber=0, lazy=True) as font:
        metrics, em = font["hmtx"].metrics, font["head"].unitsPerEm
        widths = {code: metrics[glyph][0] / em for code, glyph in font.getBestCmap().items()}
    font_manager.fontManager.addfont(path)
    return Typeface(path, font_manager.FontProperties(fname=path).get_name(), widths)


def shipped() -> Path | None:
    """Return the file of the face that the package carries, without running the package."""
    found: Callable[[str], ModuleSpec | None] = find_spec
    package = found("matplotlib_fontja")
    if package is None or not package.submodule_search_locations:
        return None
    return Path(package.submodule_search_locations[0]) / "fonts" / "ipaexg.ttf"


def _installed() -> list[Path]:
    families = {entry.name: Path(entry.fname) for entry in font_manager.fontManager.ttflist}
    return [families[name] for name in SYSTEM_FAMILIES if name in families]
