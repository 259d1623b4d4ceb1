"""Measure how many real Hokkaido addresses get their municipality, plain and as people write them.

The addresses are Japan Post's own: every neighbourhood of Hokkaido, and the large offices that have
a postal code of their own. The truth is the code in the same line. Each way of writing is applied
to every address; one that does not change an address does not count it.

    python -m benchmarks.addresses [--show]
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable

from geo.imports.places import postal
from geo.imports.places.addresses import resolve
from geo.imports.places.gazetteer import names_by_code

AIM = 0.995
HOKKAIDO = postal.HOKKAIDO
DASHES = ("－", "‐", "–", "—", "−", "ー", "?")


def without_county(address: str) -> str:
    """Return an address without its 郡."""
    return re.sub(r"^(北海道)?[^郡町村]{1,3}郡(?=.)", lambda match: match[1] or "", address)


def without_prefecture(address: str) -> str:
    """Return an address without 北海道."""
    return address.removeprefix(HOKKAIDO)


def with_aza(address: str) -> str:
    """Return an address with 字 before its neighbourhood."""
    return re.sub(r"^(北海道[^郡町村]{1,3}郡[^郡]{1,5}?[町村])(?=.)", r"\1字", address)


def dashed(sign: str) -> Callable[[str], str]:
    """Return a way of writing that puts another sign for each hyphen."""
    return lambda address: re.sub(r"(?<=\d)-(?=\d)", sign, address)


def wide(address: str) -> str:
    """Return an address in full-width digits and signs."""
    return address.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})


WAYS: dict[str, Callable[[str], str]] = {
    "そのまま": str,
    "北海道なし": without_prefecture,
    "郡なし": without_county,
    "北海道も郡もなし": lambda address: without_prefecture(without_county(address)),
    "字を入れる": with_aza,
    "北海道も郡もなく字を入れる": lambda a: without_prefecture(without_county(with_aza(a))),
    "全角": wide,
    "空白を入れる": lambda address: re.sub(
        r"([市区町村])(?=[^市区町村])", r"\1 ", address, count=2
    ),
    "〒を前に": lambda address: "〒060-0000 " + address,
    "二をニ": lambda address: address.replace("二", "ニ"),
    "ニを二": lambda address: address.replace("ニ", "二"),
    "ヶをケ": lambda address: address.replace("ヶ", "ケ"),
    "旧字": lambda address: address.translate(str.maketrans("沢広竜恵滝", "澤廣龍惠瀧")),
    "振興局を入れる": lambda address: address.replace(HOKKAIDO, HOKKAIDO + "石狩振興局管内"),
    **{f"「-」を「{sign}」": dashed(sign) for sign in DASHES},
}


def real_addresses() -> list[tuple[str, str]]:
    """Return (address, code) of Japan Post's lines within the 179 municipalities."""
    lines = [
        (f"{HOKKAIDO}{each.city}{each.neighbourhood}{number % 40 + 1}-{number % 9 + 1}", each.code)
        for number, each in enumerate(postal.hokkaido())
    ]
    lines += [(address, code) for code, address, _ in postal.offices()]
    known = names_by_code()
    return list(dict.fromkeys(line for line in lines if line[1] in known))


def foreign_addresses() -> list[str]:
    """Return Japan Post's lines of the other prefectures, without prefecture and 郡."""
    return [
        f"{postal.without_county(city)}{part}{len(part) + 1}-1"
        for city, part in postal.lines_elsewhere()
    ]


def measure(lines: list[tuple[str, str]], way: Callable[[str], str]) -> tuple[int, int, list, list]:
    """Return how many addresses a way changes and how many come out right; the refused; the wrong."""
    refused, wrong, count, right = [], [], 0, 0
    for address, code in lines:
        written = way(address)
        if written == address and way is not str:
            continue
        count += 1
        found = resolve(written)
        if found.code == code:
            right += 1
        elif found.code:
            wrong.append((written, code, found))
        else:
            refused.append((written, code, found))
    return count, right, refused, wrong


def main() -> int:
    """Print the table; return 1 where the aim is missed or an address is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--show", action="store_true", help="print what was refused or wrong")
    options = parser.parse_args()
    lines = real_addresses()
    start = time.perf_counter()
    resolve("札幌市")
    print(
        f"{len(lines):,} addresses of Japan Post; tables ready in {time.perf_counter() - start:.2f} s"
    )
    print(f"{'way of writing':<28}{'asked':>8}{'right':>8}{'refused':>9}{'wrong':>7}{'share':>10}")
    totals = [0, 0, 0, 0]
    start = time.perf_counter()
    for name, way in WAYS.items():
        count, right, refused, wrong = measure(lines, way)
        if not count:
            continue
        share = right / count
        print(f"{name:<28}{count:>8,}{right:>8,}{len(refused):>9,}{len(wrong):>7,}{share:>10.3%}")
        totals = [
            a + b for a, b in zip(totals, (count, right, len(refused), len(wrong)), strict=True)
        ]
        if options.show:
            for written, code, found in [*wrong, *refused][:12]:
                print(f"    {written} {code} {found}")
    seconds = time.perf_counter() - start
    foreign = foreign_addresses()
    taken = [(address, found) for address in foreign if (found := resolve(address)).code]
    share = totals[1] / totals[0]
    print(f"{'all':<28}{totals[0]:>8,}{totals[1]:>8,}{totals[2]:>9,}{totals[3]:>7,}{share:>10.3%}")
    print(f"{len(foreign):,} addresses of other prefectures, without prefecture and 郡: ", end="")
    print(f"{len(taken)} taken for Hokkaido")
    for address, found in taken[:12] if options.show else ():
        print(f"    {address} {found}")
    print(f"aim {AIM:.1%}, none wrong; {seconds / totals[0] * 1e6:.0f} µs an address")
    return int(share < AIM or totals[3] > 0 or len(taken) > 0)


if __name__ == "__main__":
    sys.exit(main())
