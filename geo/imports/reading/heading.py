"""Find the header of a table: in which row or rows it stands, or that there is none.

A header over several rows is joined: 所在地 over 郵便番号 and 住所 gives 所在地/郵便番号 and
所在地/住所. Equal labels are told apart by the block that they stand in: 住所(申請者), 住所(事業所).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from geo.imports.reading.headers import FORMATS, plain_header
from geo.imports.reading.table import Table

HEADER_ROWS = 40  # descriptions, titles and blank rows stand above a header, never more than this
MINIMUM_HEADERS = 2
MOST_TIERS = 3
LONGEST_HEADER = 1_000  # characters; what is longer is a remark, whose beginning tells as much
LONGEST_LABEL = 40  # characters; a longer cell is a text and no label
DATA_RE = re.compile(
    r"[\d,.\-()/:〒 年月日]*\d[\d,.\-()/:〒 年月日時分]*|.*@.*\..*|https?://.*|www\..*"
    r"|.*(?:丁目|番地|\d+番|条通|\d-\d).*|.*[都道府県市区町村郡].*\d.*|[○◯×✕有無]",
    re.IGNORECASE | re.DOTALL,
)
# Words by which people call a column, beside the headers of the published forms.
SYNONYMS = {
    "name": ("団体名", "事業所名", "施設名", "名称", "機関名", "窓口名", "店名", "相談窓口", "活動名", "名前", "事業所", "施設", "団体", "クラブ名", "食堂名", "医療機関名", "園名", "施設・場所名"),
    "operator": ("運営", "法人", "設置者", "実施主体", "運営団体", "主催", "申請者", "開設者", "届出者", "事業者", "法人名", "運営法人", "事業者名"),
    "address": ("住所", "所在地", "場所", "開催場所", "会場", "所在"),
    "town": ("市町村", "市区町村", "市町村名"),
    "postal": ("郵便番号", "〒"),
    "phone": ("電話", "連絡先", "tel", "電話番号"),
    "url": ("url", "ホームページ", "hp", "webサイト", "リンク"),
    "kind": ("種別", "種類", "分類", "区分", "サービス", "事業種別", "カテゴリ", "サービス種類", "サービス種別"),
    "field": ("分野", "支援の分野"),
    "capacity": ("定員", "定数"),
    "target": ("対象", "対象者", "利用者"),
    "days": ("曜日", "日時", "営業時間", "開所時間", "利用時間", "開催日"),
    "note": ("備考", "説明", "内容", "活動内容", "概要", "メモ"),
    "lat": ("緯度", "lat", "latitude", "北緯", "y"),
    "lon": ("経度", "lon", "lng", "longitude", "東経", "x"),
    "updated": ("更新日", "確認日", "作成日", "時点"),
    "status": ("状態", "現況", "休止"),
    "id": ("番号", "id", "管理番号", "no"),
}  # fmt: skip
# Labels that are a column's, whatever is made of it: a row of them is a header.
OTHER_LABELS = ("メール", "メールアドレス", "fax", "fax番号", "ふりがな", "フリガナ", "代表者", "管理者", "指定年月日", "開設年月日", "廃止年月日", "休止年月日", "担当者", "診療科目", "洪水", "地震", "津波")  # fmt: skip


@dataclass(frozen=True)
class Chosen:
    """Where a person says that the table stands: a sheet, the first and last row of its header.

    rows: as a spreadsheet shows them, None for what is proposed. none: there is no header. by_hand:
    the columns are matched by hand, though the form is known.
    """

    sheet: str = ""
    rows: tuple[int, int] | None = None
    none: bool = False
    by_hand: bool = False


@dataclass(frozen=True)
class Head:
    """One way to read the header of a table.

    top: position of its first row in the frame. tiers: how many rows it has, 0 for no header.
    labels: one for each column, told apart, '' for a column without a cell.
    """

    top: int
    tiers: int
    labels: tuple[str, ...]

    @property
    def below(self) -> int:
        """Return the position of the first row under the header."""
        return self.top + self.tiers


def heads(table: Table, chosen: Chosen | None = None) -> Iterator[Head]:
    """Yield the ways to read a table's header, each row alone first, then several rows joined."""
    if chosen is not None and chosen.none:
        yield _without(table)
        return
    if chosen is not None and chosen.rows is not None:
        first, last = chosen.rows
        rows = table.rows.tolist()
        if first in rows and last in rows and first <= last:
            yield _head(table, rows.index(first), last - first + 1)
        return
    for row in header_rows(table):
        yield _head(table, row, 1)
        if table.kind in ("json", "geojson"):
            return  # the names of its properties
        for tiers in range(2, MOST_TIERS + 1):
            if row + tiers < len(table.frame) and _is_joined(table, row, tiers):
                yield _head(table, row, tiers)


def header_rows(table: Table) -> Iterator[int]:
    """Yield the positions of the rows that could be a header."""
    for row, cells in enumerate(table.frame.head(HEADER_ROWS).itertuples(index=False)):
        if sum(1 for cell in cells if cell.strip()) >= MINIMUM_HEADERS:
            yield row


def likely(table: Table, chosen: Chosen | None = None) -> Head | None:
    """Return the way in which an unknown table is most probably meant, None for no table.

    What stands far below the first row of labels is the header of a second table.
    """
    found = list(heads(table, chosen))
    if not found:
        return None
    if chosen is not None and (chosen.rows is not None or chosen.none):
        return found[0]
    first = next((head.top for head in found if _is_certain(head, table)), None)
    if first is not None:
        found = [head for head in found if head.top <= first + MOST_TIERS - 1]
    scored = [(_score(head, table), -number, head) for number, head in enumerate(found)]
    score, _, best = max(scored, key=lambda each: each[:2])
    return best if score > 0 else _without(table)


def _is_certain(head: Head, table: Table) -> bool:
    """Tell whether a row holds labels that are known, mostly, and no value."""
    cells = [cell for cell in table.frame.iloc[head.top].tolist() if cell.strip()]
    known = sum(plain_header(cell) in known_labels() for cell in cells)
    return known >= 2 and known >= 0.6 * len(cells) and not any(map(looks_like_data, cells))


def of_labels(table: Table, wanted: set[str], chosen: Chosen | None = None) -> Head | None:
    """Return the header that has all these labels in one spelling, None where none has."""
    for head in heads(table, chosen):
        if {plain_header(label) for label in head.labels} >= wanted:
            return head
    return None


def without_header(table: Table) -> Head:
    """Return the head of a table that has none: its columns are numbered."""
    return _without(table)


def parts_of(label: str) -> tuple[str, str]:
    """Return (block, what is in it) of a label that was joined or told apart."""
    if label.endswith(")") and "(" in label:
        leaf, _, block = label[:-1].rpartition("(")
        return (block, leaf) if leaf else ("", label)
    block, slash, leaf = label.rpartition("/")
    return (block, leaf) if slash and block and leaf else ("", label)


def looks_like_data(cell: str) -> bool:
    """Tell whether a cell holds a value rather than a label."""
    plain = unicodedata.normalize("NFKC", cell).strip()
    return bool(plain) and (len(plain) > LONGEST_LABEL or bool(DATA_RE.fullmatch(plain)))


@lru_cache(maxsize=1)
def known_labels() -> frozenset[str]:
    """Return, in one spelling, the labels that columns of such lists have."""
    words = {plain_header(word) for several in SYNONYMS.values() for word in several}
    words |= {plain_header(word) for word in OTHER_LABELS}
    for kind in FORMATS:
        words |= {name for names in kind.headers.values() for name in names}
    return frozenset(words - {""})


def is_second_head(cells: list[str]) -> bool:
    """Tell whether a row below a header is one itself: three labels and more, and no value."""
    filled = [cell for cell in cells if cell.strip()]
    known = sum(plain_header(cell) in known_labels() for cell in filled)
    return known >= 3 and known >= 0.6 * len(filled) and not any(map(looks_like_data, filled))


def _score(head: Head, table: Table) -> float:
    if not head.tiers:
        return 0.5
    labels = [label for label in head.labels if label and not label.endswith("列目")]
    leaves = [parts_of(label)[1] for label in labels]
    known = sum(
        plain_header(label) in known_labels() or plain_header(leaf) in known_labels()
        or _holds_word(plain_header(leaf))
        for label, leaf in zip(labels, leaves, strict=True)
    )  # fmt: skip
    cells = table.frame.iloc[head.top : head.below].to_numpy().ravel().tolist()
    values = sum(looks_like_data(cell) for cell in cells)
    # A row of values is no header for one word in it, and rows of values above are a table's.
    certain = sum(plain_header(leaf) in known_labels() for leaf in leaves)
    if (values and certain < 2) or (certain < 3 and _has_values_above(head, table)):
        return -1.0
    nameless = sum(1 for label in head.labels if label.endswith("列目"))
    strange = len(labels) if not known else 0
    if strange and not values and _has_values_below(head, table):
        strange -= 1  # labels that nobody knows, over rows of values
    return 3 * known + len(set(labels)) - 4 * values - nameless - strange


def _has_values_above(head: Head, table: Table) -> bool:
    """Tell whether a row above a header holds values in two columns and more."""
    above = table.frame.iloc[: head.top].to_numpy().tolist()
    return any(sum(map(looks_like_data, row)) >= 2 for row in above)


def _has_values_below(head: Head, table: Table) -> bool:
    """Tell whether the row below a header holds a value."""
    below = table.frame.iloc[head.below : head.below + 1].to_numpy().ravel().tolist()
    return any(map(looks_like_data, below))


def _holds_word(header: str) -> bool:
    return any(
        len(word) >= 2 and word in header and len(header) <= len(word) + 8
        for several in SYNONYMS.values()
        for word in map(plain_header, several)
    )


def _without(table: Table) -> Head:
    filled = (table.frame != "").any(axis=0).to_numpy(dtype=bool)
    labels = tuple(f"{n}列目" if there else "" for n, there in enumerate(filled, start=1))
    return Head(0, 0, labels)


def _is_joined(table: Table, row: int, tiers: int) -> bool:
    """Tell whether rows below one another can be one header."""
    last = row + tiers - 1
    upper, lower = (table.frame.iloc[at].tolist() for at in (last - 1, last))
    if any(map(looks_like_data, [*upper, *lower])) or sum(map(bool, lower)) < MINIMUM_HEADERS:
        return False
    merged = [one for one in table.merged if row <= one[0] and one[2] <= last]
    across = any(left < right and top < last for top, left, _, right in merged)
    if table.merged:
        return across
    # Without a word on merging: a label that stands for the blank ones to its right.
    return any(not over.strip() and under.strip() for over, under in zip(upper, lower, strict=True)) and any(
        over.strip() and under.strip() for over, under in zip(upper, lower, strict=True)
    )  # fmt: skip


def _head(table: Table, top: int, tiers: int) -> Head:
    width = table.frame.shape[1]
    rows = [
        [" ".join(cell[:LONGEST_HEADER].split()) for cell in table.frame.iloc[top + tier]]
        for tier in range(tiers)
    ]
    for tier in range(tiers - 1):
        _fill_right(rows[tier], rows[tier + 1], table, top + tier)
    labels = ["/".join(dict.fromkeys(filter(None, parts))) for parts in zip(*rows, strict=True)]
    below = table.frame.iloc[top + tiers :]
    filled = (below != "").any(axis=0).to_numpy(dtype=bool)
    for column in range(width):
        if not labels[column] and filled[column]:
            labels[column] = f"{column + 1}列目"
    return Head(top, tiers, tuple(_told_apart(labels)))


def _fill_right(upper: list[str], lower: list[str], table: Table, row: int) -> None:
    """Write the label of a merged cell over all columns that it spans."""
    if table.merged:
        for top, left, bottom, right in table.merged:
            if top <= row <= bottom and left < len(upper):
                for column in range(left + 1, min(right, len(upper) - 1) + 1):
                    upper[column] = upper[column] or upper[left]
        return
    group = ""
    for column, label in enumerate(upper):
        if label:
            group = label if lower[column] else ""
        elif lower[column] and group:
            upper[column] = group


def _told_apart(labels: list[str]) -> list[str]:
    """Return labels of which no two are the same in one spelling."""
    plain = [plain_header(label) for label in labels]
    times = Counter(plain)
    named, leader = list(labels), ""
    blocks: dict[str, list[str]] = {}
    for column, label in enumerate(plain):
        if label and times[label] == 1:
            leader = labels[column]
        elif label:
            blocks.setdefault(label, []).append(leader)
    seen: Counter[str] = Counter()
    leader = ""
    for column, label in enumerate(plain):
        if label and times[label] == 1:
            leader = labels[column]
        elif label:
            seen[label] += 1
            if len(set(blocks[label])) == len(blocks[label]) and leader and all(blocks[label]):
                named[column] = f"{labels[column]}({leader})"
            elif seen[label] > 1:
                named[column] = f"{labels[column]}({column + 1}列目)"
    return named
