"""Take the screenshots of the README and the guide from the running app.

Run: make run, then python docs/take_screenshots.py [http://localhost:8501]
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

VIEWS = {
    "overview": "",
    "gaps": "gaps",
    "karte": "karte",
    "directory": "directory?need=food",
    "layers": "layers?over=scarcity&fields=place&reach=children&drawn=c42.2500,142.7500,45000",
    "editing": "editing",
}
MAPS = {"overview", "karte"}
IMAGES = Path(__file__).parent / "images"


def main(address: str) -> None:
    """Open each view at 1440 × 900 and write its picture."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="ja-JP")
        for name, view in VIEWS.items():
            page.goto(f"{address}/{view}")
            page.wait_for_selector(".source")
            if name in MAPS:
                page.wait_for_selector("[data-drawn]")
            if name == "layers":
                page.frame_locator("iframe[title*='st_folium']").locator("[data-drawn]").wait_for()
            if name == "editing":
                page.get_by_label("編集する人").fill("登別市 社会福祉グループ")
                page.keyboard.press("Enter")
                page.get_by_role("button", name="この団体を編集").click()
                page.get_by_label("電話番号").wait_for()
            page.wait_for_timeout(2000)
            page.screenshot(path=IMAGES / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8501")
