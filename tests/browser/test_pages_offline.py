import pytest

from tests.processes import serving
from tests.ui.opened import PAGES

ADDRESSES = ["", *PAGES[1:]]
MAPS = ["", "karte", "plan"]


@pytest.mark.parametrize("page", ADDRESSES)
def test_page_draws_with_the_network_cut_and_asks_nobody_outside(address, open_view, outside, page):
    view = open_view(f"{address}/{page}")
    if page in MAPS:
        view.wait_for_selector("[data-drawn]", timeout=30_000)
    view.wait_for_timeout(500)
    assert view.locator("[data-testid=stException]").count() == 0
    assert view.locator("h1").count() == 1
    assert outside == []


def test_first_visitor_of_a_fresh_server_may_begin_on_any_page(open_view, tmp_path):
    with serving(tmp_path / "log.txt") as fresh:
        view = open_view(f"{fresh}/gaps")
        assert view.title() == "ほっかいどう社会資源マップ"
        view.get_by_role("button", name="見る・調べる").click()
        assert view.get_by_role("menuitem", name="市町村カルテ").count() == 1
        assert view.get_by_text("overview").count() == 0


def test_japanese_is_whole(address, open_view):
    """A missing glyph is drawn as one and the same box, so two different characters look alike."""
    view = open_view(f"{address}/methods")
    same = view.evaluate(
        """() => {
            const draw = (text) => {
                const canvas = document.createElement('canvas');
                canvas.width = canvas.height = 40;
                const pen = canvas.getContext('2d');
                pen.font = `32px ${getComputedStyle(document.querySelector('h1')).fontFamily}`;
                pen.fillText(text, 2, 32);
                return canvas.toDataURL();
            };
            return draw('登') === draw('別');
        }"""
    )
    assert not same


def test_noboribetsu_reads_what_it_lacks_and_the_nearest_place(address, open_view):
    view = open_view(f"{address}/karte")
    table = view.locator("table.plain").filter(has_text="地元以外の最寄り").first
    row = table.locator("tr", has_text="子ども・子育て・学習")
    assert "近隣にあり" in row.inner_text()
    assert "室蘭市" in row.inner_text()
    lacking = view.get_by_text("障がい(未確認)")
    lacking.first.click()
    assert view.locator("text=福祉担当窓口").count() >= 1


def test_address_reopens_the_view(address, open_view):
    view = open_view(f"{address}/gaps?t=30&subprefecture=胆振,日高")
    assert "到達圏30分" in view.locator(".source").inner_text()
    assert view.get_by_text("胆振", exact=True).count() >= 1


def test_card_of_a_town_leads_to_its_karte(address, open_view):
    view = open_view(f"{address}/karte?code=014702")
    assert view.locator("h1").inner_text() == "音威子府村 市町村カルテ"


@pytest.mark.parametrize("minutes", [60, 90])
def test_settings_go_along_from_page_to_page(address, open_view, minutes):
    view = open_view(f"{address}/?t={minutes}")
    for label, heading in (("偏在・空白", "偏在・空白"), ("市町村カルテ", "登別市 市町村カルテ")):
        view.get_by_role("button", name="見る・調べる").click()
        view.get_by_role("menuitem", name=label).click()
        view.wait_for_selector(f"h1:has-text('{heading}')", timeout=20_000)
        view.wait_for_timeout(1500)
        assert f"到達圏{minutes}分" in view.locator(".source").inner_text()
        assert ("t=90" in view.url) == (minutes == 90)


def test_legend_begins_folded_on_a_telephone_and_opens_by_its_title(address, open_view):
    view = open_view(address, width=390, height=844)
    view.wait_for_selector("[data-drawn]", timeout=30_000)
    folded = view.locator(".hk-legend details")
    assert not folded.evaluate("box => box.open")
    folded.locator("summary").press("Enter")
    assert folded.evaluate("box => box.open")
    wide = open_view(address)
    wide.wait_for_selector("[data-drawn]", timeout=30_000)
    assert wide.locator(".hk-legend details").evaluate("box => box.open")
