"""Reach into Streamlit's own page: every selector of a part that is not ours stands here.

Streamlit documents none of them. Seen in the version SEEN_IN; tests/ui/test_parts.py looks for each
in the files that the installed version sends to browsers.
"""

from __future__ import annotations

from geo.maps.colours import ACCENT, SECONDARY

SEEN_IN = "1.67.0"


def _part(name: str) -> str:
    return f'[data-testid="{name}"]'


# A form that is being filled in and a dialog; what follows the store waits for both.
FORM, SUBMIT, DIALOG = _part("stForm"), _part("stFormSubmitButton"), _part("stDialog")
# The table's own CSV would carry cells that a spreadsheet runs; ours below it do not.
TABLE_CSV = f'{_part("stElementToolbarButton")}:has(button[aria-label="Download as CSV"])'
CONTENT = ".stMainBlockContainer"
DROPZONE, DROPZONE_WORDS = (
    _part("stFileUploaderDropzone"),
    _part("stFileUploaderDropzoneInstructions"),
)
CAPTION = _part("stCaptionContainer")
PAGE_LINK = _part("stPageLink-NavLink")
DROPZONE_BUTTON = f"{DROPZONE} button {_part('stMarkdownContainer')} p"

STYLE = f"""
{CONTENT} {{ padding: 4.2rem 2.5rem 2rem 2.5rem; max-width: 1680px; }}
{CONTENT} a {{ color: {ACCENT}; }}
{CAPTION} {{ color: {SECONDARY}; opacity: 1; }}
{PAGE_LINK} p {{ white-space: normal; color: {ACCENT}; }}
{TABLE_CSV} {{ display: none; }}
"""


def uploader_style(button: str, place: str) -> str:
    """Return CSS that says an uploader's words in Japanese; it says its own in English.

    button, place: the words on its button and beside it, without a sign that CSS reads.
    """
    return f"""
{DROPZONE_BUTTON} {{ font-size: 0; }}
{DROPZONE_BUTTON}::after {{ content: "{button}"; font-size: .9rem; }}
{DROPZONE_WORDS} > * {{ display: none; }}
{DROPZONE_WORDS}::after {{ content: "{place}"; color: {SECONDARY}; font-size: .9rem; }}
"""


# Every uploader says Japanese words; a page that says more of its files lets its own follow.
STYLE += uploader_style("ファイルを選ぶ", "ここに置いても読めます(100MBまで)")
