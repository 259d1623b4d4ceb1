"""Compare names as people write them: width, case, kana, legal forms and signs tell nobody apart."""

from __future__ import annotations

import re
import unicodedata

from geo.parameters import NAMES_ALIKE, NAMES_NEAR, PHONE_DIGITS

KATAKANA_TO_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}
NOT_LETTERS_RE = re.compile(r"[\W_]+")
LEGAL_FORMS_RE = re.compile(
    r"社会福祉法人|医療法人(?:社団|財団)?|(?:特定非営利活動|npo)法人|"
    r"(?:公益|一般)(?:社団|財団)法人|株式会社|有限会社|合同会社|学校法人|生活協同組合"
)


def fold(text: str) -> str:
    """Return a text as it is compared: NFKC, lower case, hiragana for katakana, no spaces."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(KATAKANA_TO_HIRAGANA)
    return "".join(folded.split())


def plain_name(name: str) -> str:
    """Return an organisation's name as it is compared: without legal form, spaces and signs."""
    return NOT_LETTERS_RE.sub("", LEGAL_FORMS_RE.sub("", fold(name)))


def phone_digits(cell: str) -> str:
    """Return the digits of a telephone cell, '' where they are too few to tell anybody apart."""
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", cell or ""))
    return digits if len(digits) >= int(PHONE_DIGITS) else ""


def same_by_phone(alike: float, phone: str, other: str) -> bool:
    """Tell whether two offices of one town are one by their telephone and a name that is alike.

    alike: the share of characters that the names have in common, 0 to 1. phone, other: of
    `phone_digits`. One telephone is often that of a town hall with many desks.
    """
    return bool(phone) and phone == other and alike >= float(NAMES_ALIKE)


def near(alike: float) -> bool:
    """Tell whether two names of one town are near enough to ask a person."""
    return alike >= float(NAMES_NEAR)
