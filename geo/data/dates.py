"""Read dates as Japanese tables write them, and show moments as clocks in Japan do."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

# (letter, name, first day, last day); source: 元号を改める政令. Before Meiji 6 the calendar differs.
ERAS = (
    ("R", "令和", date(2019, 5, 1), date.max),
    ("H", "平成", date(1989, 1, 8), date(2019, 4, 30)),
    ("S", "昭和", date(1926, 12, 25), date(1989, 1, 7)),
    ("T", "大正", date(1912, 7, 30), date(1926, 12, 24)),
    ("M", "明治", date(1873, 1, 1), date(1912, 7, 29)),
)
EXCEL_EPOCH = date(1899, 12, 30)  # makes serial 61 and later right; Excel counts a 1900-02-29
JAPAN = ZoneInfo("Asia/Tokyo")
SERIALS = (10_000, 80_000)  # 1927 to 2119: smaller numbers are no dates of a living record

WESTERN = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T].*)?")
COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
JAPANESE = re.compile(
    r"(令和?|平成?|昭和?|大正?|明治?|[RHSTM])\s*(元|\d{1,2})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*"
    r"(\d{1,2})\s*日?"
)
MONTH = re.compile(r"((?:19|20)\d{2})\s*[-/.年]\s*(\d{1,2})\s*月?")
JAPANESE_MONTH = re.compile(
    r"(令和?|平成?|昭和?|大正?|明治?|[RHSTM])\s*(元|\d{1,2})\s*[-/.年]\s*(\d{1,2})\s*月?"
)
AROUND = re.compile(
    r"^(?:最終)?(?:更新日?|確認日?|作成日?|時点)\s*[::]?\s*|\s*[(]?(?:現在|時点|更新|作成|改定|改訂|付け?|確認|調べ)[)]?$"
)
WEEKDAY = re.compile(r"\s*[(][日月火水木金土][)]")
SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
YEARS = re.compile(r"(?<!\d)((?:19|20)\d{2})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2}))?)?(?!\d)")
ERA_YEARS = re.compile(r"(令和|平成|昭和)(元|\d{1,2})年")
LOOKED_AT = re.compile(r"[(（][^()（）]*参照[^()（）]*[)）]")


def read_date(text: str) -> date | None:
    """Return the day a cell names, or None when it names none.

    A day that the calendar or the era does not have (2月30日, 平成40年) is None, never moved. What
    stands around it (現在, 時点, 更新) says nothing else; a month stands for its first day, which no
    later day of it can contradict.
    """
    cell = " ".join(unicodedata.normalize("NFKC", text).upper().split())
    cell = AROUND.sub("", cell).strip()
    cell = WEEKDAY.sub("", cell).strip()
    try:
        if match := MONTH.fullmatch(cell):
            return date(int(match[1]), int(match[2]), 1)
        if match := JAPANESE_MONTH.fullmatch(cell):
            return _in_era(match[1], match[2], match[3], "1")
        if match := WESTERN.fullmatch(cell) or COMPACT.fullmatch(cell):
            return date(*(int(part) for part in match.groups()[:3]))
        if match := JAPANESE.fullmatch(cell):
            return _in_era(*match.groups())
        if (match := SERIAL.fullmatch(cell)) and SERIALS[0] <= int(match[1]) <= SERIALS[1]:
            return EXCEL_EPOCH + timedelta(days=int(match[1]))
    except ValueError:
        return None
    return None


def _in_era(era: str, year: str, month: str, day: str) -> date | None:
    number = 1 if year == "元" else int(year)
    for letter, name, first, last in ERAS:
        if era in (letter, name, name[0]):
            found = date(first.year + number - 1, int(month), int(day))
            return found if number >= 1 and first <= found <= last else None
    return None


def in_japan(moment: datetime) -> str:
    """Return a moment as a clock in Japan shows it, to the minute."""
    return f"{moment.astimezone(JAPAN):%Y-%m-%d %H:%M}"


def source_day(text: str) -> date | None:
    """Return the last day that the date of a source speaks of, None where it names no date.

    A year or a month stands for its last day; of several dates the newest counts. The day on
    which a page was looked at (参照) is no date of the source.
    """
    cell = unicodedata.normalize("NFKC", LOOKED_AT.sub("", text))
    days = [_last_day(int(y), m and int(m), d and int(d)) for y, m, d in YEARS.findall(cell)]
    for era, year in ERA_YEARS.findall(cell):
        first = next(first for _, name, first, _ in ERAS if name == era)
        days.append(_last_day(first.year + (1 if year == "元" else int(year)) - 1, "", ""))
    return max((day for day in days if day is not None), default=None)


def _last_day(year: int, month: int | str, day: int | str) -> date | None:
    try:
        if day:
            return date(year, int(month), int(day))
        month = int(month) if month else 12
        return date(year, month, monthrange(year, month)[1])
    except ValueError:
        return None
