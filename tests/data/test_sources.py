import dataclasses

from geo.data.sources import footer_lines, imported_sources
from tests.ui.opened import html, open_page


def test_imported_data_is_credited_in_the_footer_and_what_ships_is_not(shipped):
    assert imported_sources(shipped) == []
    source = "厚生労働省「介護サービス情報公表システム オープンデータ」"
    organisations = shipped.organisations.copy()
    organisations.iloc[:3, organisations.columns.get_loc("source")] = source
    changed = dataclasses.replace(shipped, organisations=organisations)
    assert imported_sources(changed) == [source]
    assert any(source in line for line in footer_lines(changed))


def test_name_of_a_field_is_text_on_the_page(copied, monkeypatch):
    path = copied / "fields.csv"
    marked = path.read_text(encoding="utf-8").replace("生活困窮", "<i>生活困窮</i>")
    path.write_text(marked, encoding="utf-8")
    monkeypatch.setenv("SHIGEN_DATA", str(copied))
    for page in ("gaps", "karte", "overview"):
        app = open_page(page)
        assert not app.exception
        assert "<i>" not in html(app)
    assert "&lt;i&gt;生活困窮" in html(open_page("gaps"))
