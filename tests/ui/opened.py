"""Open a page of the app without a browser, and read what it draws."""

from streamlit.testing.v1 import AppTest

from tests import ROOT

APP = str(ROOT / "app.py")
PAGES = [
    "overview",
    "gaps",
    "karte",
    "plan",
    "directory",
    "meeting",
    "reports",
    "editing",
    "imports",
    "status",
    "methods",
    "members",
]


def open_page(page: str, **query: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=60).run()
    if page != "overview":
        app.switch_page(f"pages/{page}.py")
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def html(app: AppTest) -> str:
    return "".join(element.proto.body for element in app.get("html"))
