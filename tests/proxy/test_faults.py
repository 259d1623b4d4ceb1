import urllib.error
import urllib.request

import pytest

UNTIL_DRAWN = 30_000


@pytest.fixture
def page(service, browser):
    context = browser.new_context(locale="ja-JP", viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(service.address)
    page.wait_for_selector("[data-drawn]", timeout=UNTIL_DRAWN)
    yield page
    context.close()


def works(page):
    """Change a condition of the page on screen, without loading it again, and see it take effect."""
    page.get_by_text("計算の条件", exact=True).click()
    changed = page.locator(".source", has_text="平均速度45km/h")
    # The other process knows nothing of this visitor and opens the view of the address first, so
    # that the first press is only its beginning.
    for _ in range(2):
        page.get_by_text("冬期 45 km/h").click()
        page.wait_for_timeout(3000)
        if changed.count():
            break
    assert changed.count() == 1
    page.wait_for_selector("[data-drawn]", timeout=UNTIL_DRAWN)


def test_a_visitor_of_a_process_that_dies_goes_on_with_the_other(service, page):
    (home,) = (port for port in service.ports if service.figure(port, "shigen_sessions") == 1)
    (other,) = (port for port in service.ports if port != home)
    service.kill(home)
    for _ in range(150):
        if service.figure(other, "shigen_sessions") == 1:
            break
        page.wait_for_timeout(200)
    assert service.figure(other, "shigen_sessions") == 1
    works(page)
    service.start(home)


def test_without_any_process_a_visitor_is_asked_to_wait_and_let_in_again(service, browser):
    for port in service.ports:
        service.kill(port)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(service.address, timeout=20)
    assert refused.value.code == 502
    assert refused.value.headers["Cache-Control"] == "no-store"
    assert "Content-Security-Policy" in refused.value.headers
    refused.value.close()
    context = browser.new_context(locale="ja-JP")
    page = context.new_page()
    page.goto(service.address)
    assert page.get_by_text("このままお待ちください").count() == 1
    service.start(service.ports[0])
    page.wait_for_selector("[data-drawn]", timeout=60_000)
    context.close()
    service.start(service.ports[1])
