"""Write geo/assets/worked.ja.md, the worked examples of the methods, from the specifications in tests/spec.

    python docs/write_examples.py

The page 方法と出典 shows the file; a test fails when it is not what the specifications say.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "geo" / "assets" / "worked.ja.md"
HEAD = """# 計算の例

方法ごとに、手で計算した小さな例です。同じ表をプログラムが読み、同じ答えになることを試験で確かめています。
この文書は `tests/spec/` から作ります(`python docs/write_examples.py`)。
"""


def examples() -> str:
    """Return all specifications as one document, their headings one level down."""
    paths = sorted((ROOT / "tests" / "spec").glob("*.md"))
    texts = [
        re.sub(r"^(#+ )", r"#\1", path.read_text(encoding="utf-8"), flags=re.M) for path in paths
    ]
    return "\n".join([HEAD, *texts])


if __name__ == "__main__":
    TARGET.write_text(examples(), encoding="utf-8")
