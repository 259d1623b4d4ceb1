"""Put code and data into one HTML file that asks nobody for anything."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from pathlib import Path

from geo.assets import ASSETS

IMPORT = re.compile(r'(?<=from )"\./(\w+)\.js"')
# Nothing in the file may ask the network for anything.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' data:; style-src 'unsafe-inline'; img-src data:"
)


def module(name: str) -> str:
    """Return one of our modules whose neighbours are named as the import map names them."""
    return IMPORT.sub(r'"map/\1.js"', text_of(ASSETS / name))


def import_map(names: Iterable[str]) -> str:
    """Return the import map that holds our modules whole, as JSON to stand in a page."""
    modules = {f"map/{name}.js": _address(module(f"{name}.js")) for name in names}
    return inert(json.dumps({"imports": modules}))


def _address(code: str) -> str:
    return f"data:text/javascript;base64,{base64.b64encode(code.encode()).decode()}"


def inside(script: str) -> str:
    """Return a script that cannot end the element it stands in."""
    return script.replace("</", "<\\/").replace("<!--", "<\\!--")


def inert(text: str) -> str:
    """Return JSON that holds no markup, whatever its texts say."""
    return text.replace("<", "\\u003c")


def text_of(path: Path) -> str:
    """Return the text of a file that ships."""
    return path.read_text(encoding="utf-8")
