"""Check the 6-digit codes of Japanese local governments (全国地方公共団体コード)."""

from __future__ import annotations


def check_digit(code5: str) -> str:
    """Return the check digit of the first five digits.

    Formula: c = 11 - (6 a1 + 5 a2 + 4 a3 + 3 a4 + 2 a5) mod 11, its last digit.
    Source: 総務省「全国地方公共団体コード仕様」.
    """
    total = sum(int(digit) * weight for digit, weight in zip(code5, range(6, 1, -1), strict=True))
    return str(11 - total % 11)[-1]


def is_code(code: str) -> bool:
    """Tell whether a text is six digits whose last one is the right check digit."""
    return len(code) == 6 and code.isascii() and code.isdigit() and check_digit(code[:5]) == code[5]
