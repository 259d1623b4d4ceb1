from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.data.dates import ERAS, read_date, source_day


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2026-11-24", date(2026, 11, 24)),
        ("2026/1/5", date(2026, 1, 5)),
        ("２０２６年１月５日", date(2026, 1, 5)),
        ("20260105", date(2026, 1, 5)),
        ("2026-01-05 09:00:00", date(2026, 1, 5)),
        ("46351", date(2026, 11, 25)),
        ("昭32. 7. 1", date(1957, 7, 1)),
        ("令和8年11月24日", date(2026, 11, 24)),
        ("R8.11.24", date(2026, 11, 24)),
        ("平成元年1月8日", date(1989, 1, 8)),
        ("昭和64年1月7日", date(1989, 1, 7)),
        ("昭和64年1月8日", None),
        ("平成40年1月1日", None),
        ("2026-02-30", None),
        ("令和8年", None),
        ("12", None),
        ("随時", None),
        ("", None),
    ],
)
def test_dates_as_offices_write_them(cell, day):
    assert read_date(cell) == day


@given(st.dates(date(1927, 6, 1), date(2099, 12, 31)))
def test_every_day_is_read_back_in_every_way_of_writing(day):
    era = next(each for each in ERAS if each[2] <= day <= each[3])
    year = day.year - era[2].year + 1
    serial = (day - date(1899, 12, 30)).days
    ways = [
        day.isoformat(),
        f"{day:%Y/%m/%d}",
        f"{day:%Y%m%d}",
        f"{era[1]}{'元' if year == 1 else year}年{day.month}月{day.day}日",
        f"{era[0]}{year}.{day.month}.{day.day}",
        str(serial),
    ]
    assert {read_date(way) for way in ways} == {day}


@given(st.text(max_size=20))
def test_no_text_breaks_it(cell):
    assert read_date(cell) is None or isinstance(read_date(cell), date)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-07-27", date(2026, 7, 27)),
        ("2023-08(令和4年11月時点の予定)", date(2023, 8, 31)),
        ("2014-04-24", date(2014, 4, 24)),
        ("2015-10-01(統計) / 2021-03-19", date(2021, 3, 19)),
        ("2018~2021年の配布先", date(2021, 12, 31)),
        ("平成16年度", date(2004, 12, 31)),
        ("令和元年5月", date(2019, 12, 31)),
        ("日付不明(2026-11-23参照)", None),
        ("現行告示の保存ページ(2026-11-23参照)", None),
        ("2026-13-45", None),
        ("", None),
    ],
)
def test_day_of_a_source_is_the_newest_it_names_and_never_the_day_of_looking(text, day):
    assert source_day(text) == day
