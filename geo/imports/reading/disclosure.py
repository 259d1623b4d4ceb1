"""Decide which rows may show where they stand: only a clear yes, or nothing that hints at a refuge.

Who flees violence is found through one wrong reading, so whatever is not understood hides. A list
that was not written for this app cannot know what its yes would publish: beside a name or a kind
that hints at a refuge it hides all the same, and says so.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

import numpy as np
import pandas as pd

from geo.data.names import KATAKANA_TO_HIRAGANA
from geo.imports.reading.headers import Format
from geo.imports.reading.incoming import Account
from geo.imports.reading.keys import Kinds

ROLE = "location_public"
# They ask for the word, and say what it does; of HSDS only our own export has it.
OWN_FORMS = frozenset(("shigen", "template", "hsds"))
NAMING = ("name", "kana", "kind")  # what may hint at a refuge
SMALL_KANA = str.maketrans("ぁぃぅぇぉゃゅょっゎゕゖ", "あいうえおやゆよつわかけ")
# Marks mean something where a word is asked for; in a name they are only in the way.
MARKS = str.maketrans(dict.fromkeys("〇◯⭕◎", "○") | dict.fromkeys("✓✔☑🗹✅", "レ"))
FORMS_OF_YES = (
    "公開", "公開する", "公開します", "公開可", "公開可能", "公開可です", "公開してよい", "公開中",
    "公開済", "公開済み", "公表", "公表する", "公表します", "公表可", "公表可能", "可", "可能", "可です",
    "はい", "有", "有り", "あり", "よい", "良い", "掲載", "掲載可", "掲載する", "yes", "y", "true", "t",
    "1", "1.0", "on", "ok", "public", "○", "レ",
)  # fmt: skip
FORMS_OF_NO = (
    "非公開", "未公開", "不公開", "公開しない", "公開しません", "公開不可", "公開不可能", "公開できない",
    "公開できません", "公開せず", "非公表", "公表しない", "公表しません", "公表不可", "不可", "不可能",
    "不可です", "いいえ", "否", "無", "無し", "なし", "だめ", "秘密", "秘匿", "極秘", "非掲載", "掲載不可",
    "掲載しない", "no", "n", "false", "f", "0", "0.0", "off", "ng", "private", "hidden", "secret",
    "×", "✕", "✖", "✗", "✘", "❌", "╳", "☓", "x",
)  # fmt: skip
# As `_compared` spells them. A town's office for families alone in need is no refuge.
REFUGES = (
    "シェルター", "ドメスティックバイオレンス", "デートバイオレンス", "配偶者暴力", "母子寮", "母子生活支援",
    "一時保護", "緊急保護", "女性保護", "女性自立支援施設", "婦人保護", "婦人相談所", "女性相談支援センター",
    "女性相談援助センター", "駆け込み寺", "駆込み寺", "駆込寺", "かけこみ寺", "ステップハウス", "避難所DV",
    "被害者保護", "自立援助ホーム", "緊急避難先", "secret house", "shelter", "refuge", "women's house",
)  # fmt: skip


def publishes(cell: str) -> bool | None:
    """Return whether a cell says that a location is public: True, False, None for neither."""
    word = _said(cell)
    return True if word in _YES else False if word in _NO else None


def hints_at_refuge(name: str) -> bool:
    """Tell whether a name or a kind could be that of a place where people hide."""
    compared = _compared(name)
    return bool(_REFUGE_RE.search(compared))


def hide_rows(cells: Mapping[str, pd.Series], kinds: Kinds, kind: Format, account: Account) -> None:
    """Find the rows that must not show where they are, and note those of which that was not clear.

    Only a clear yes publishes, or a blank beside names that hint at nothing. The rows are marked as
    secret in the account before anything is noted, so that no note shows what stands in them.
    """
    said = cells[ROLE]
    answers = {cell: publishes(cell) for cell in said.unique()}
    answer = said.map(answers)
    yes = (answer == True).to_numpy(dtype=bool)  # noqa: E712 (None is neither)
    no = (answer == False).to_numpy(dtype=bool)  # noqa: E712
    blank = said.map(_said).eq("").to_numpy(dtype=bool)
    hinted = np.zeros(len(said), dtype=bool)
    for role in NAMING:
        known = {cell: hints_at_refuge(cell) for cell in cells[role].unique()}
        hinted |= cells[role].map(known).to_numpy(dtype=bool)
    by_kind = np.zeros(len(said), dtype=bool)
    public = kinds.types[ROLE].to_numpy(dtype=bool)
    secret = (kinds.found["type"] >= 0) & ~public[kinds.found["type"]]
    by_kind[kinds.found["row"][secret]] = True

    own = kind.key in OWN_FORMS
    unread = ~(yes | no | blank)
    refuge = hinted | by_kind
    account.secret = no | unread | (refuge & ~(yes & own))
    account.mend(
        unread,
        ROLE,
        said,
        "「所在地の公開」が読めないので、所在地を非公開とした。公開か非公開と書いてください",
    )
    asked = account.secret & ~no & ~unread & ((hinted & ~by_kind) | yes)
    account.mend(
        asked,
        ROLE,
        said,
        "名称か種別がシェルターなどを思わせるので、所在地を非公開とした。公開してよいか確かめてください",
    )


def _said(cell: str) -> str:
    """Return a cell's word in one spelling: width, case, kana, no blanks, brackets or stops."""
    plain = unicodedata.normalize("NFKC", cell.translate(MARKS)).casefold().translate(MARKS)
    plain = plain.translate(KATAKANA_TO_HIRAGANA)
    return re.sub(
        r"[\s\u200b-\u200f\u2060\ufe0e\ufe0f\ufeff()\[\]「」【】『』<>。、,:;'\"!*]", "", plain
    )


def _compared(name: str) -> str:
    """Return a name in one spelling: width, case, kana with small ones large, letters alone."""
    plain = unicodedata.normalize("NFKC", name).casefold().translate(KATAKANA_TO_HIRAGANA)
    plain = plain.translate(SMALL_KANA)
    # The long vowel is written with any dash; none of them tells two names apart here.
    return "".join(sign for sign in plain if sign.isalnum() and sign != "ー")


_YES = frozenset(map(_said, FORMS_OF_YES))
_NO = frozenset(map(_said, FORMS_OF_NO))
_REFUGE_RE = re.compile(
    "|".join([*map(re.escape, map(_compared, REFUGES)), "(?<![a-z])dv(?![a-z])"])
)
