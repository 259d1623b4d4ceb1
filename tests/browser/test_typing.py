"""A word that is typed right after the form came arrives, whatever the run before still does."""

from pathlib import Path

from playwright.sync_api import expect

from tests import ROOT
from tests.processes import serving

LATE = Path(__file__).with_name("late_end.py")


def test_a_word_typed_while_the_run_before_ends_arrives(open_view, tmp_path):
    with serving(tmp_path / "log.txt", script=LATE, PYTHONPATH=str(ROOT)) as address:
        page = open_view(f"{address}/editing")
        page.get_by_role("button", name="試し書きを始める").click()
        expect(page.get_by_text("試し書き中")).to_be_visible()
        # At once: the run that drew this button has not ended.
        page.get_by_role("button", name="新しい団体を登録").click()
        page.get_by_label("名称").fill("生成の試し")
        page.get_by_role("button", name="台帳に反映する").click(timeout=10_000)
        expect(page.get_by_text("団体を登録しました")).to_be_visible()
