"""Read a specification: a method's world, its arithmetic and its answer, in tables a clerk reads.

A file is Markdown: a title; `方法:` with the functions it specifies; sections with a pipe table each; a
section 計算 with the arithmetic in words; a section 答え with the numbers that the method must give.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parent
BLANK = ("", "—", "なし")


@dataclass(frozen=True)
class Specification:
    """One world: functions specified, tables by section, arithmetic, expected table."""

    path: Path
    title: str
    methods: tuple[str, ...]
    settings: dict[str, float]
    tables: dict[str, pd.DataFrame]
    arithmetic: str
    expected: pd.DataFrame

    def numbers(self, section: str, column: str) -> np.ndarray:
        """Return a column of numbers; `—` is infinite."""
        return np.array([number(cell) for cell in self.tables[section][column]])

    def words(self, section: str, column: str) -> list[str]:
        return list(self.tables[section][column])

    def matrix(self, section: str) -> np.ndarray:
        """Return all columns but the first, as numbers; `—` is infinite."""
        table = self.tables[section]
        return np.array([[number(cell) for cell in row] for row in table.iloc[:, 1:].to_numpy()])

    def marks(self, section: str) -> np.ndarray:
        """Return all columns but the first, whether they are ○."""
        return self.tables[section].iloc[:, 1:].to_numpy() == "○"


def number(cell: str) -> float:
    plain = cell.replace(",", "").removesuffix("分").removesuffix("人").removesuffix("点").strip()
    if plain in BLANK:
        return np.inf
    if plain.endswith("%"):
        return float(plain[:-1]) / 100
    return float(plain)


def read(path: Path) -> Specification:
    text = path.read_text(encoding="utf-8")
    title = re.search(r"^# (.+)$", text, re.M)[1]
    methods = re.findall(r"`(geo\.[\w.]+)`", re.search(r"^方法: (.+)$", text, re.M)[1])
    settings = {
        name: float(value) for name, value in re.findall(r"^- ([^:\n]+): ([\d.]+)", text, re.M)
    }
    sections = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", text, re.M | re.S))
    tables = {name: table(body) for name, body in sections.items() if "|" in body}
    return Specification(
        path,
        title,
        tuple(methods),
        settings,
        {name: one for name, one in tables.items() if name != "答え"},
        sections["計算"].strip(),
        tables["答え"],
    )


def table(body: str) -> pd.DataFrame:
    rows = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in body.splitlines()
        if line.strip().startswith("|")
    ]
    return pd.DataFrame(rows[2:], columns=rows[0])


def specifications() -> list[Specification]:
    return [read(path) for path in sorted(FOLDER.glob("*.md"))]
