"""Time the documents of a meeting: sheets, slides, handout and one map.

Run: python -m benchmarks.report
Prints seconds and bytes of each, and how many of the 180 seconds that all 179 sheets may take.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from geo.data.dataset import load
from geo.documents.handout import handout
from geo.documents.karte_pdf import karte_pdf
from geo.documents.karte_word import karte_word
from geo.documents.meeting import screens
from geo.documents.slides import slides
from geo.maps.measures import measure_view
from geo.maps.picture import PICTURES, picture
from geo.methods.analysis import analyse
from geo.parameters import Parameters

LIMIT = 180.0  # seconds for all sheets on two cores


def main() -> None:
    """Make every document once and print the table."""
    data = load()
    analysis = analyse(data, Parameters())
    codes = list(data.municipalities.index)
    view = measure_view(analysis, "scarcity", "", 2020)
    works: dict[str, Callable[[], bytes]] = {
        **{f"map .{kind}": lambda kind=kind: picture(data, view, kind) for kind in PICTURES},
        "sheet .pdf": lambda: karte_pdf(analysis, codes[:1]),
        "sheet .docx": lambda: karte_word(analysis, codes[0]),
        "slides .pptx": lambda: slides(data, screens(analysis)),
        "handout .html": lambda: handout(analysis),
        "179 sheets .pdf": lambda: karte_pdf(analysis, codes),
    }
    print(f"{'document':<18}{'seconds':>9}{'bytes':>13}{'of limit':>10}")
    for name, work in works.items():
        start = time.perf_counter()
        size = len(work())
        seconds = time.perf_counter() - start
        ratio = f"{seconds / LIMIT:.0%}" if name.startswith("179") else ""
        print(f"{name:<18}{seconds:>9.2f}{size:>13,}{ratio:>10}")


if __name__ == "__main__":
    main()
