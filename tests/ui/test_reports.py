import pytest

from tests.ui.opened import html, open_page


def texts(app) -> str:
    return "\n".join(element.value for element in (*app.text, *app.markdown, *app.caption))


def test_presenter_picks_and_orders_the_screens():
    app = open_page("meeting", screens="ask,today", code="012301")
    assert not app.exception
    words = texts(app)
    assert words.index("会員の皆さんへのお願い") < words.index("北海道の今")
    assert "選んだ地域" not in [line.lstrip("*12. ") for line in words.splitlines()]
    assert "登別市" in html(app)


def test_reports_say_that_no_address_is_set(monkeypatch):
    monkeypatch.delenv("SHIGEN_URL", raising=False)
    app = open_page("reports")
    assert "SHIGEN_URL" in texts(app)


def test_links_carry_the_filters_of_the_session(monkeypatch):
    monkeypatch.setenv("SHIGEN_URL", "https://shigen.example.jp")
    app = open_page("reports", t="90", code="014702", document="リンクとQRコード")
    links = [element.value for element in app.code]
    assert "https://shigen.example.jp/karte?code=014702&t=90" in links
    assert "https://shigen.example.jp/gaps?t=90" in links


@pytest.mark.parametrize("text", ["javascript:alert(1)", "shigen"])
def test_address_that_is_none_is_named(text):
    app = open_page("reports")
    app.text_input(key="base").set_value(text).run()
    assert not app.exception
    assert "https" in app.error[0].value


def test_slides_are_made_and_offered():
    app = open_page("reports", screens="ask", document="スライドと配布資料")
    app.button(key="make_slides").click().run()
    assert not app.exception
    assert not app.error
    assert any("保存する" in button.label for button in app.get("download_button"))
