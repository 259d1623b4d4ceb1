"""Check the 6-digit codes of Japanese local governments (全国地方公共団体コード)."""

from __future__ import annotations

import unicodedata


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


def possible_codes(cell: str) -> tuple[str, ...]:
    """Return the 6-digit codes that a cell may stand for, the proven one first.

    A spreadsheet drops the leading zero (012301 becomes 12301), which the check digit proves; a
    5-digit code lacks its check digit, which can be added but proves nothing. Where both are
    possible the caller must ask the municipality's name.
    """
    digits = unicodedata.normalize("NFKC", cell).strip().removesuffix(".0")
    if not (digits.isascii() and digits.isdigit()):
        return ()
    found = [code for code in (digits, digits.zfill(6)) if is_code(code)]
    if len(digits) in (4, 5):
        first = digits.zfill(5)
        found.append(first + check_digit(first))
    return tuple(dict.fromkeys(found))
