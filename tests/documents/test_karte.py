import io
import zipfile
from dataclasses import replace

import pandas as pd
import pypdf
import pytest
from docx import Document

from geo.data.dataset import Dataset
from geo.documents.karte_pdf import A4, BOLD, Page, karte_pdf, zipped
from geo.documents.karte_word import karte_word
from geo.documents.sheet import NO_PHONE, compose, finding
from geo.errors import UnknownCodeError
from geo.maps.typeface import ELLIPSIS, typeface
from geo.methods.analysis import Analysis, analyse
from geo.methods.desks import desks
from geo.methods.karte import field_rows
from geo.methods.partners import services_for
from geo.parameters import Parameters
from geo.ui.tables import scarcity_columns

BASE = "https://shigen.example.jp"
CHOSEN = ["011002", "012301", "014702", "013676", "015199"]
LONG = "特定非営利活動法人" * 12 + "\U0001f600<script>"


def text_of(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def test_one_page_a_town_with_its_name_and_everything_it_must_say(analysis: Analysis):
    pages = text_of(karte_pdf(analysis, CHOSEN, base=BASE))
    assert len(pages) == len(CHOSEN)
    for code, text in zip(CHOSEN, pages, strict=True):
        town = analysis.dataset.municipalities.loc[code]
        for words in (town["name"], town["subprefecture"], "確認日", "機械的に用いない"):
            assert words in text
        for field in analysis.dataset.fields["name"]:
            assert field in text


def test_numbers_of_the_sheet_are_those_of_the_pages(analysis: Analysis):
    table = scarcity_columns(analysis).set_index("市町村コード")
    for code in analysis.dataset.municipalities.index[::20]:
        figures = {figure.label: figure.number for figure in compose(analysis, code).figures}
        row = table.loc[code]
        assert figures["不足度"] == f"{row['不足度(0〜100)']:.1f}"
        assert figures["人口"] == f"{row['人口(人)']:,}人"
        assert figures["判定に入った分野"] == str(row["判定できた分野(数)"])
        assert figures["必要度(現在)"] == f"{analysis.need[2020][code]:.0f}"
        assert figures["65歳以上"] == f"{row['65歳以上(%)']:.1f}%"


def test_sentence_counts_every_field_once(analysis: Analysis):
    rows = field_rows(analysis, "012301")
    counted = [int(part.split("分野")[0][-2:].strip("はにの")) for part in _parts(finding(rows))]
    assert sum(counted) == len(rows)


def _parts(sentence: str) -> list[str]:
    return sentence.split("(全")[0].split("、")


def test_every_missing_field_has_a_partner_that_serves_the_town(analysis: Analysis):
    sheet = compose(analysis, "013676")
    lacking = sheet.rows[sheet.rows["class"] != "local"]
    assert [partner.field for partner in sheet.partners] == lacking["name"].tolist()
    for partner, field in zip(sheet.partners, lacking["field"], strict=True):
        services = services_for(analysis, "013676", field)
        assert partner.name in services["name"].tolist() or services.empty


def test_qr_and_link_only_where_the_address_is_known(analysis: Analysis):
    (page,) = pypdf.PdfReader(io.BytesIO(karte_pdf(analysis, ["012301"], base=BASE))).pages
    links = [note.get_object()["/A"]["/URI"] for note in page["/Annots"]]
    assert links == [f"{BASE}/karte?code=012301"]
    (bare,) = text_of(karte_pdf(analysis, ["012301"]))
    assert "SHIGEN_URL" not in bare


def test_sheet_begins_with_whom_to_call_and_cuts_no_name(analysis: Analysis, written):
    codes = ["012301", "013676", "014877"]
    pages = text_of(karte_pdf(analysis, codes, base=BASE))
    for code, text in zip(codes, pages, strict=True):
        first = desks(analysis.dataset, code).iloc[0]
        assert text.index(f"{first['name']} {first['phone']}") < text.index("不足度")
        assert compose(analysis, code).level[:15] in text
    assert not [words for *_, words in written if ELLIPSIS in words]


def test_sheet_names_the_layer_of_a_reason_so_that_it_agrees_with_the_nearest_office(
    analysis: Analysis,
):
    sheet = compose(analysis, "012301")
    mental = sheet.rows.set_index("field").loc["mental"]
    assert mental["minutes"] < 60
    assert "最寄りの精神保健福祉センターまで121分" in sheet.reason


def test_of_partners_that_come_by_telephone_one_with_a_number_is_first(analysis: Analysis):
    for code in analysis.dataset.municipalities.index[::30]:
        for partner in compose(analysis, code).partners:
            assert "None" not in partner.detail
            if partner.contact == NO_PHONE and partner.place.endswith("で届く"):
                field = analysis.dataset.fields.index[
                    analysis.dataset.fields["name"] == partner.field
                ][0]
                services = services_for(analysis, code, field)
                assert (services.loc[services["kind"] == "remote", "phone"] == "").all()


def spoilt(shipped: Dataset) -> Dataset:
    """Return the dataset with absurdly long names everywhere."""
    towns = shipped.municipalities.copy()
    towns.loc["014702", ["name", "kana", "subprefecture"]] = LONG
    organisations = shipped.organisations.copy()
    organisations["name"] = LONG
    organisations["phone"] = "011-000-0000 " * 12
    fields = shipped.fields.copy()
    fields["name"] = [f"{number}{LONG}" for number in range(len(fields))]
    return replace(shipped, municipalities=towns, organisations=organisations, fields=fields)


@pytest.fixture
def written(monkeypatch) -> list[tuple[float, float, float, str]]:
    """Collect (left, right, baseline, text) in millimetres of all that a page writes."""
    found = []
    plain = Page.text

    def text(self, x, y, words, size, **options):
        width = options.get("width")
        fitted = [words]
        if width is not None:
            smallest = options.get("smallest") or size
            fitted, size = self.face.fit(words, size, width * 72 / 25.4, smallest=smallest)
        long = self.face.width(self.face.printable(fitted[0]), size) * 25.4 / 72
        left = x - {"left": 0, "right": long, "centre": long / 2}[options.get("align", "left")]
        found.append((left, left + long, y, fitted[0]))
        plain(self, x, y, words, size, **options)

    monkeypatch.setattr(Page, "text", text)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("long", [False, True])
def test_nothing_leaves_the_page(shipped: Dataset, written, long):
    analysis = analyse(spoilt(shipped) if long else shipped, Parameters())
    assert len(text_of(karte_pdf(analysis, ["014702", "012301"], base=BASE))) == 2
    assert BOLD < 0.1
    for left, right, y, words in written:
        assert left >= 12.5, words
        assert right <= 197.6, words
        assert 5 < y < A4[1] / 72 * 25.4 - 4, words
    if long:
        assert sum(words.endswith(ELLIPSIS) for *_, words in written) > 20
        assert any(typeface().printable("\U0001f600") in words for *_, words in written)


def test_no_two_texts_of_a_page_lie_over_each_other(analysis: Analysis, written):
    karte_pdf(analysis, ["012301"], base=BASE)
    lines = [line for line in written if line[3].strip()]
    for number, (left, right, y, words) in enumerate(lines):
        for other_left, other_right, other_y, other in lines[number + 1 :]:
            if abs(y - other_y) < 1.2 and words != other:
                assert right <= other_left + 0.3 or other_right <= left + 0.3, (words, other)


def test_hidden_location_is_on_no_sheet(shipped: Dataset):
    analysis = analyse(shipped, Parameters())
    hidden = shipped.organisations[~shipped.organisations["location_public"]]
    assert len(hidden)
    for code in ("011002", "012301"):
        sheet = compose(analysis, code)
        named = [partner for partner in sheet.partners if partner.name in set(hidden["name"])]
        for partner in named:
            assert not any(town in partner.place for town in shipped.municipalities["name"])
        rows = sheet.rows
        assert not rows["nearest"].isin(hidden["name"]).any()
        assert not rows["outside"].isin(hidden["name"]).any()


def test_grade_c_counts_only_when_asked(shipped: Dataset):
    grade_c = set(
        shipped.organisations.loc[
            shipped.services.loc[shipped.services["confidence"] == "C", "organisation"], "name"
        ]
    ) - set(
        shipped.organisations.loc[
            shipped.services.loc[shipped.services["confidence"] != "C", "organisation"], "name"
        ]
    )
    assert grade_c
    seen = {}
    for grades in (("A", "B"), ("A", "B", "C")):
        analysis = analyse(shipped, Parameters(confidence=grades))
        rows = pd.concat([compose(analysis, code).rows for code in ("012025", "011002", "012301")])
        seen[grades] = set(rows["nearest"]) | set(rows["outside"])
    assert not seen["A", "B"] & grade_c
    assert seen["A", "B", "C"] & grade_c


def test_unknown_town_is_named(analysis: Analysis):
    with pytest.raises(UnknownCodeError):
        karte_pdf(analysis, ["999999"])
    with pytest.raises(UnknownCodeError):
        karte_word(analysis, "999999")


def test_progress_and_zip(analysis: Analysis):
    steps = []
    body = zipped(
        lambda code: code.encode(),
        {"012301": "a.pdf", "014702": "b.pdf"},
        lambda done, total: steps.append((done, total)),
    )
    assert steps == [(1, 2), (2, 2)]
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.read("b.pdf") == b"014702"


@pytest.mark.parametrize("code", ["012301", "014702"])
def test_word_has_the_same_texts_and_rows_that_cannot_grow(shipped: Dataset, code):
    analysis = analyse(shipped, Parameters())
    sheet = compose(analysis, code)
    document = Document(io.BytesIO(karte_word(analysis, code, base=BASE)))
    text = "\n".join(
        node.text or "" for node in document.element.body.iter() if node.tag.endswith("}t")
    )
    for words in (sheet.name, sheet.finding[:20], *(figure.number for figure in sheet.figures)):
        assert words in text
    for table in document.tables:
        for row in table.rows:
            assert row.height is not None
    heights = sum(row.height for table in document.tables for row in table.rows)
    section = document.sections[0]
    room = section.page_height - section.top_margin - section.bottom_margin
    assert heights < 0.93 * room


def test_word_takes_absurd_names(shipped: Dataset):
    assert karte_word(analyse(spoilt(shipped), Parameters()), "014702")
