"""Find the point of a town block in 国土交通省 位置参照情報, as `fetch` brings it."""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from geo.errors import DataError, Problem
from geo.imports.places.addresses import resolve
from geo.imports.places.gazetteer import neighbourhood_key

BLOCK_HEADERS = {
    "市区町村名": "city",
    "大字・丁目名": "town",
    "大字町丁目名": "town",
    "街区符号・地番": "block",
    "緯度": "lat",
    "経度": "lon",
    "代表フラグ": "main",
}
NEEDED = {"city", "town", "lat", "lon"}
CROSSING_RE = re.compile(r"([東西南北])(\d+)条?([東西南北])(\d+)(?=-|丁目|番|$)(?:丁目)?-?")
FIRST_DASH_RE = re.compile(r"(?<=[^\d条])(\d+)-")


@dataclass(frozen=True, eq=False)
class Blocks:
    """Points of town blocks and of whole neighbourhoods.

    points: lat and lon by (code, town key, block), block '' for the whole neighbourhood.
    towns: the town keys of each municipality.
    """

    points: pd.DataFrame
    towns: dict[str, frozenset[str]]

    def find(self, codes: np.ndarray, rests: pd.Series) -> pd.DataFrame:
        """Return lat and lon for each (municipality, rest of the address), NaN where unknown."""
        wanted = pd.DataFrame(
            [self._split(code, rest) for code, rest in zip(codes, rests, strict=True)],
            columns=["code", "town", "block"],
        )
        exact = self._points(wanted)
        return exact.fillna(self._points(wanted.assign(block="")))

    def _points(self, wanted: pd.DataFrame) -> pd.DataFrame:
        return self.points.reindex(pd.MultiIndex.from_frame(wanted)).reset_index(drop=True)

    def _split(self, code: str, rest: str) -> tuple[str, str, str]:
        """Return code, the longest town key that the rest begins with, and the block after it."""
        towns = self.towns.get(code, frozenset())
        marks = neighbourhood_key(rest)
        best = ("", "")
        for spelling in dict.fromkeys(
            (
                marks,
                CROSSING_RE.sub(r"\1\2条\3\4丁目", marks),
                FIRST_DASH_RE.sub(r"\1丁目", marks, count=1),
            )
        ):
            for length in range(min(len(spelling), 24), len(best[0]), -1):
                if spelling[:length] in towns:
                    # 中央1 must not be taken for the beginning of 中央12丁目.
                    after = spelling[length:]
                    if spelling[length - 1].isdigit() and after[:1].isdigit():
                        continue
                    number = re.match(r"(\d+)", after)
                    best = (spelling[:length], number[1] if number else "")
                    break
        return code, best[0] or "-", best[1]


def read_blocks(paths: list[Path]) -> Blocks:
    """Read files of 位置参照情報 (CSV or ZIP, block or town level, CP932).

    Raises DataError when one is not such a file.
    """
    frames = [_read(path) for path in paths]
    table = pd.concat(frames, ignore_index=True)
    known: dict[str, str] = {}
    for city in table["city"].unique():
        known[city] = resolve("北海道" + city).code
    table["code"] = table["city"].map(known).astype("str")
    keys = {town: neighbourhood_key(town) for town in table["town"].unique()}
    table["town"] = table["town"].map(keys).astype("str")
    table = table[(table["code"] != "") & (table["town"] != "")]
    table = table.sort_values("main", ascending=False, kind="stable")
    by_block = table.drop_duplicates(["code", "town", "block"])
    whole = by_block[by_block["block"] == ""]
    rest = by_block[~by_block.set_index(["code", "town"]).index.isin(whole.set_index(["code", "town"]).index)]  # fmt: skip
    middle = rest.groupby(["code", "town"], as_index=False)[["lat", "lon"]].median()
    columns = ["code", "town", "block", "lat", "lon"]
    points = pd.concat([by_block[columns], middle.assign(block="")[columns]])
    towns: dict[str, set[str]] = defaultdict(set)
    for code, town in points[["code", "town"]].drop_duplicates().itertuples(index=False):
        towns[code].add(town)
    return Blocks(
        points.set_index(["code", "town", "block"])[["lat", "lon"]].sort_index(),
        {code: frozenset(names) for code, names in towns.items()},
    )


def _read(path: Path) -> pd.DataFrame:
    try:
        frame = pd.read_csv(
            path,
            dtype="str",
            keep_default_na=False,
            encoding="cp932",
            usecols=lambda name: name in BLOCK_HEADERS,
            compression="infer",
        ).rename(columns=BLOCK_HEADERS)
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        problem = Problem(path.name, None, None, "位置参照情報として読めません")
        raise DataError([problem]) from error
    missing = NEEDED - set(frame.columns)
    if missing:
        problem = Problem(path.name, 1, None, f"位置参照情報の列がありません: {sorted(missing)}")
        raise DataError([problem])
    for name in ("lat", "lon"):
        frame[name] = pd.to_numeric(frame[name], errors="coerce")
    if "block" not in frame:
        frame["block"] = ""
    if "main" not in frame:
        frame["main"] = "1"
    return frame.dropna(subset=["lat", "lon"])
