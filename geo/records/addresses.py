"""Name the addresses at which the server gives open data, for the server and for who reads of them."""

FOLDER = "open-data"
SERVICES = "services"  # by page, and services/{id}: Open Referral
# What stands at each address, in words for a reader.
FILES = {
    "services.csv": "団体と支援のすべて(自治体標準の列名)",
    "services.json": "団体と支援のすべて(HSDS 3.1)",
    "coverage.csv": "市町村と分野ごとの充足区分(既定の条件)",
    "municipalities.geojson": "市町村の境界と、既定の条件での不足度・区分",
}
PAGED = "団体と支援を1ページずつ(Open Referral の /services。`page` と `per_page`)"


def listing() -> str:
    """Return every address with what stands there, as a list in Markdown with relative links."""
    lines = {**FILES, SERVICES: PAGED}
    return "\n".join(
        f"- [`/{FOLDER}/{name}`]({FOLDER}/{name}) {words}" for name, words in lines.items()
    )
