"""A reader of one cell takes about twice as long for a cell twice as long, and not four times."""

import time

import pandas as pd
import pytest

from geo.data.dates import read_date
from geo.data.names import fold, plain_name
from geo.data.spreadsheet import harmless
from geo.imports.places import addresses, gazetteer, points, postal, town_blocks
from geo.imports.reading import kinds, mending, published, records, service_types
from geo.imports.reading.headers import plain_header
from geo.imports.reading.matching import propose
from geo.imports.reading.own_export import _unquoted
from geo.imports.reading.table import MAX_CELL, clean

LONG = MAX_CELL  # signs: the longest cell that is read
TIMES_LONGER = 4
# 4 for what is linear, 16 for what is quadratic; the middle of both, on their scale.
MOST = 8
UNHEARD = 0.004  # s; below it the clock tells nothing, and no reader is quadratic

PIECES = (
    *(" ", "1", "a", "一", "(", "(", ")", "-", "http://", "http://a", "https://a.", "www.", "字"),
    *(
        "北海道",
        "登別市",
        "東1",
        "1-",
        "東1条",
        "市",
        "区",
        "郡",
        "支庁",
        "条",
        "の",
        "0",
        "1(",
        "、",
    ),
    *(";", ";a", "定員", "名", ".0", "令和", "1年", "N", "°", "必須", "(必須", "'", "=", "\\", "<"),
    *(
        "\t",
        "\n",
        " \n",
        "\r",
        "\u3000",
        "㍿",
        "ﷺ",
        "ゞ",
        "が",
        "株式会社",
        "〒",
        "0-",
        "廃止",
        "現在",
    ),
)


def column(reader):
    return lambda cell: reader(pd.Series([cell], dtype="str"))


BLOCKS = town_blocks.Blocks(
    pd.DataFrame({"lat": [], "lon": []}), {"01230": frozenset({"中央町", "東1条"})}
)

READERS = {
    "phone": mending.phone,
    "url": mending.url,
    "capacity": mending.capacity,
    "status": mending.status,
    "status of a remark": mending.status_of_remark,
    "brackets of a name": records.in_brackets,
    "service area": lambda cell: records._area(cell, "01230", TOWNS),
    "date": read_date,
    "address": addresses.resolve,
    "code": addresses.code_from_cell,
    "normal address": gazetteer.normal,
    "neighbourhood": gazetteer.neighbourhood_key,
    "postal code": gazetteer.codes_of_postal,
    "county": postal.without_county,
    "town block": lambda cell: BLOCKS._split("01230", cell),
    "header": plain_header.__wrapped__,
    "cleaning": column(clean),
    "coordinates": column(points._numbers),
    "kinds": column(kinds.split_kinds),
    "service type": service_types._plain,
    "columns by content": lambda cell: propose(["a"], pd.DataFrame({0: [cell] * 3})),
    "search": fold,
    "name of a double": plain_name,
    "quote of an export": _unquoted,
    "formula": harmless,
    "edition of a file's name": published.edition_of_name,
}
TOWNS = pd.DataFrame({"subprefecture": ["胆振"]}, index=["01230"])


def seconds(reader, cell):
    """Return the least processor time of three runs."""
    took = []
    for _ in range(3):
        start = time.process_time()
        reader(cell)
        took.append(time.process_time() - start)
    return min(took)


@pytest.mark.serial
@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_no_cell_costs_more_than_its_length(reader):
    reader("登別市中央町1")  # what is loaded once
    slow = {}
    for piece in PIECES:
        for head, tail in (("", ""), ("1", "x"), ("http://", " ")):
            middle = LONG - len(head) - len(tail)
            long = head + (piece * middle)[:middle] + tail
            short = head + (piece * middle)[: middle // TIMES_LONGER] + tail
            took = seconds(reader, long)
            if took < UNHEARD:
                continue
            ratio = took / seconds(reader, short)
            if ratio > MOST:
                slow[head + piece + tail] = (round(took, 4), round(ratio, 1))
    assert slow == {}
