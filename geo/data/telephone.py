"""Find the numbers in a telephone cell, so that they can be pressed."""

from __future__ import annotations

import re
import unicodedata

# 0 and 9 to 10 more digits, grouped as one likes; or a sign and four digits, as the DV line has.
NUMBER = re.compile(r"(?<![\d#-])(?:0(?:-?\d){9,10}|#\d{4})(?![\d-])")
SHORT = re.compile(r"1\d{2}")


def numbers(text: str) -> list[tuple[str, str]]:
    """Return the parts of a telephone cell in order: (words, address to press, "" for none).

    The parts together are the text. Only what is a whole number of Japan can be pressed: one without
    its area code would lead somebody elsewhere.
    """
    plain = unicodedata.normalize("NFKC", text)
    if SHORT.fullmatch(plain.strip()):
        return [(text, f"tel:{plain.strip()}")]
    found, last = [], 0
    for match in NUMBER.finditer(plain):
        if match.start() > last:
            found.append((plain[last : match.start()], ""))
        found.append((match[0], f"tel:{match[0].replace('-', '').replace('#', '%23')}"))
        last = match.end()
    if last < len(plain):
        found.append((plain[last:], ""))
    return found


def callable_numbers(text: str) -> list[str]:
    """Return the numbers of a cell that can be pressed, as they are written."""
    return [words for words, address in numbers(text) if address]
