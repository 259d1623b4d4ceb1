"""Give the code, styles and pictures that a browser loads."""

from pathlib import Path

ASSETS = Path(__file__).resolve().parent
