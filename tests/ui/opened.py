"""Open a page of the app without a browser, and read what it draws."""

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from tests import ROOT

APP = str(ROOT / "app.py")
PAGES = [
    "overview",
    "gaps",
    "karte",
    "plan",
    "directory",
    "survey",
    "layers",
    "meeting",
    "reports",
    "editing",
    "imports",
    "status",
    "methods",
    "members",
]


def open_page(page: str, **query: str) -> AppTest:
    """Open a page by its address.

    AppTest itself only switches to a page from another that was drawn first; an address names a
    page by the hash of its path, in Streamlit 1.67 and before.
    """
    app = AppTest.from_file(APP, default_timeout=60)
    if page != "overview":
        app._page_hash = calc_hash(page)
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def html(app: AppTest) -> str:
    """Return all that a page writes as HTML of its own."""
    return "".join(element.proto.body for element in app.get("html"))
