import io

from docx import Document

from tests.processes import serving


def test_planner_gets_a_word_plan_for_iburi_and_hidaka_and_its_link_reopens_it(
    open_view, outside, tmp_path
):
    with serving(tmp_path / "log.txt", SHIGEN_WRITE="1") as address:
        view = open_view(f"{address}/plan?subprefecture=胆振,日高&list=all")
        view.get_by_role("button", name="この一覧の18市町村を加える").click()
        view.get_by_text("この計画の対象地域(18市町村)").wait_for()
        view.get_by_text("3 会場", exact=True).click()
        view.get_by_text("登別市・新ひだか町の2か所で").first.wait_for(timeout=60_000)
        view.get_by_text("5 計画書", exact=True).click()
        view.get_by_role("button", name="Word の伺い").wait_for(timeout=60_000)
        view.get_by_role("button", name="保存", exact=True).click()
        view.get_by_text("保存済み。アドレスで開き直せます").wait_for(timeout=60_000)
        with view.expect_download() as caught:
            view.get_by_role("button", name="Word の伺い").click()
        content = caught.value.path().read_bytes()
        words = "\n".join(p.text for p in Document(io.BytesIO(content)).paragraphs)
        assert "登別市・新ひだか町の2か所で" in words
        assert "対象の18市町村(" in words

        key = view.url.split("plan=")[1].split("&")[0]
        again = open_view(f"{address}/plan?plan={key}&step=document")
        with again.expect_download() as caught:
            again.get_by_role("button", name="Word の伺い").click()
        assert caught.value.path().read_bytes() == content
        assert outside == []
