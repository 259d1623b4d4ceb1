"""Fix every colour: classes, measures, kinds of field, ink, paper and rules.

The code in `assets/` and Streamlit's theme, which cannot ask Python, spell the same values.
"""

from __future__ import annotations

INK, SECONDARY, WHITE, BLACK = "#1B2733", "#5B6875", "#FFFFFF", "#000000"
ACCENT, ACCENT_PRESSED = "#0B5C8A", "#084A70"
PANEL, TABLE_HEAD, EXAMPLE = "#F6F8FA", "#E9EFF4", "#EDEFF2"  # grounds, from light to dark
# Lines: between rows, below a head, around a control, and marks that are not the one meant.
RULE, HEAD_RULE, CONTROL_RULE, MUTED = "#E3E8ED", "#C9CFD6", "#CBD3DB", "#B9C7D3"

CLASS_COLOURS = {
    "local": "#2166AC",
    "neighbour": "#92C5DE",
    "remote": "#FDB863",
    "none": "#B2182B",
    "unknown": "#C9CFD6",
}
DARK = frozenset({"local", "none"})  # classes on whose colour words are white
UNKNOWN = CLASS_COLOURS["unknown"]

OTHER_FAMILY_COLOUR = SECONDARY
FAMILY_COLOURS = {
    "相談": "#4B2E83",
    "くらし": "#B8860B",
    "こころ": "#A3367A",
    "つながり": "#1B7F4B",
    "こども・家族": "#D95F0E",
    "からだ・介護": "#0B6FA8",
    "権利": "#6B4A2B",
}

SCALE = ("#FFF7DC", "#FEE08B", "#FDB24C", "#E8722A", "#9E3B0C")
NEED_SCALE = ("#F3F0F7", "#D5CCE5", "#AC9CCB", "#7F66AB", "#4F3283")
SCARCITY, NEED = SCALE[3], NEED_SCALE[3]  # of a bar, where one shade stands for the measure
RELATIVE_SCALE = ("#9E3B0C", "#E8722A", "#FDD49E", "#B7D7E8", "#4393C3")
# From the lowest need (rows) and the lowest scarcity (columns); need purple, scarcity brown.
BIVARIATE = (
    *("#F2F0EC", "#F3CFA0", "#DE8F3F"),
    *("#CFC6DE", "#CBA893", "#AF6A3A"),
    *("#9A86BD", "#8A6480", "#6B2D2F"),
)

# Of a layer of one's own, apart from the scales and the classes.
LAYER_COLOURS = {
    "青": ACCENT,
    "赤": "#B2182B",
    "緑": "#1B7F4B",
    "紫": "#4B2E83",
    "茶": "#6B4A2B",
    "橙": "#D95F0E",
    "桃": "#A3367A",
    "墨": INK,
}
VENUE = LAYER_COLOURS["赤"]
# Of several catchments: none that a measure's scale has.
CATCHMENTS = tuple(LAYER_COLOURS[name] for name in ("青", "緑", "桃", "墨"))

OUTLINE = INK
SEA, NORTHERN = "#EAF1F6", "#E7EAED"
NEAR_SCALE = ("#0B5C8A", "#4393C3", "#92C5DE", "#D1E5F0")  # quarters of T, nearest first
LEFT_OUT, OUTSIDE = "#B2182B", "#EEF1F4"
# How far an answer is: by geo.store.rounds.STATES.
ANSWER_COLOURS = {
    "questions": "#FDB863",
    "answered": "#0B5C8A",
    "overdue": "#B2182B",
    "sent": "#92C5DE",
    "unsent": "#C9CFD6",
}
GAIN_SCALE = ("#1B7F4B", "#7DBF94", "#D5ECD9", OUTSIDE, "#FDB863")


def ink_on(klass: str) -> str:
    """Return the colour of words on the colour of a coverage class."""
    return WHITE if klass in DARK else INK


def rrggbb(colour: str) -> str:
    """Return a colour as Office files write it, RRGGBB."""
    return colour.removeprefix("#")
