"""Fix every colour that means something: classes, measures, kinds of field, ink."""

from __future__ import annotations

CLASS_COLOURS = {
    "local": "#2166AC",
    "neighbour": "#92C5DE",
    "remote": "#FDB863",
    "none": "#B2182B",
    "unknown": "#C9CFD6",
}
OTHER_FAMILY_COLOUR = "#5B6875"
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
RELATIVE_SCALE = ("#9E3B0C", "#E8722A", "#FDD49E", "#B7D7E8", "#4393C3")
# From the lowest need (rows) and the lowest scarcity (columns); need purple, scarcity brown.
BIVARIATE = (
    *("#F2F0EC", "#F3CFA0", "#DE8F3F"),
    *("#CFC6DE", "#CBA893", "#AF6A3A"),
    *("#9A86BD", "#8A6480", "#6B2D2F"),
)
UNKNOWN = CLASS_COLOURS["unknown"]
OUTLINE = "#1B2733"
NEAR_SCALE = ("#0B5C8A", "#4393C3", "#92C5DE", "#D1E5F0")  # quarters of T, nearest first
LEFT_OUT, OUTSIDE = "#B2182B", "#EEF1F4"
GAIN_SCALE = ("#1B7F4B", "#7DBF94", "#D5ECD9", OUTSIDE, "#FDB863")
INK, SECONDARY, SEA, ACCENT, NORTHERN = "#1B2733", "#5B6875", "#EAF1F6", "#0B5C8A", "#E7EAED"
DARK = frozenset({"local", "none"})
RULE, MUTED = "#E3E8ED", "#B9C7D3"
WARM = "#E8A13A"  # neither one nor the other
