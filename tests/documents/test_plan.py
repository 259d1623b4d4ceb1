import io
import json
import time
import zipfile
from dataclasses import replace

import pytest
from docx import Document
from docx.oxml.ns import qn
from openpyxl import load_workbook

from geo.data.dataset import Dataset
from geo.documents.plan import to_docx, to_xlsx
from geo.methods.analysis import Analysis
from geo.plans.estimate import cost_table, dated_steps
from geo.plans.figures import computed
from geo.plans.maps import plan_picture, plan_view
from geo.plans.plan import HEAD, Area, Plan, Step, from_json, to_json
from tests.plans.hidaka import DAY, hidaka_plan


@pytest.fixture(scope="module")
def plan(analysis: Analysis) -> Plan:
    return computed(hidaka_plan(analysis), analysis, DAY)


def words_of(content: bytes) -> str:
    document = Document(io.BytesIO(content))
    cells = [c.text for t in document.tables for r in t.rows for c in r.cells]
    return "\n".join([p.text for p in document.paragraphs] + cells)


@pytest.mark.slow
@pytest.mark.parametrize("write", [to_docx, to_xlsx])
def test_same_plan_gives_the_same_bytes_at_another_time(plan: Plan, write):
    first = write(plan)
    time.sleep(2.1)  # a ZIP counts in steps of two seconds
    assert write(from_json(to_json(plan))) == first
    assert write(replace(plan, title="別の題")) != first


def test_map_in_word_is_that_of_the_plan_and_the_same_again(plan: Plan, shipped: Dataset):
    picture = plan_picture(plan, shipped)
    assert picture is not None
    assert plan_picture(from_json(to_json(plan)), shipped) == picture
    content = to_docx(plan, picture)
    assert len(Document(io.BytesIO(content)).inline_shapes) == 1
    view = plan_view(plan, shipped)
    towns = shipped.municipalities
    assert towns["name"][view.outlined].tolist() == ["新ひだか町"]
    assert [v for v in view.values if v] == [
        f"{row:.1f}" for row in plan.table("対象地域").frame()["不足度(0〜100)"]
    ]
    assert plan_picture(Plan(), shipped) is None


def test_word_holds_every_part_with_sources_date_and_caveats(plan: Plan):
    words = words_of(to_docx(plan))
    for part in (
        "伺　い",
        "日高の調査の実施について",
        "1 目的",
        "2 対象地域と選定理由",
        "3 仮説",
        "4 調査方法",
        "5 聞き取り項目",
        "6 体制",
        "7 工程",
        "8 概算",
        "9 成果物",
        "10 個人情報の扱い",
        "11 添付",
        "別紙1 聞く相手と、連携ブロック",
        "別紙2 会場",
        "別紙3 もし…なら",
        "別紙4 指標(今日の値)",
        "別紙5 前提と出典",
        "2026年11月24日",
        "日高町に出張所を開く",
        "機械的に用いないでください",
        "国勢調査",
        "到達圏60分",
        plan.data_version,
        "聞き取り",
        "要確認",
    ):
        assert part in words, part
    for row in plan.table("対象地域").frame()["理由"]:
        assert row in words


def test_word_is_a_request_that_needs_no_retyping(plan: Plan, shipped: Dataset):
    asked = replace(
        plan,
        office="生成課",
        drafter="生成 起案者",
        drafted_on="2026-12-01",
        begins_on="2026-12-10",
        schedule=(Step("2〜3か月目", "聞き取り"), Step("春", "報告")),
    )
    words = words_of(to_docx(asked))
    for part in ("生成課", "生成 起案者", "2026年12月1日", "2027年1月〜2027年2月", "未確認の"):
        assert part in words, part
    assert dated_steps(asked)[1] == ("春", "", "報告")
    questions = plan.table("聞き取り項目").frame()
    assert set(questions["分野"]) == {"全分野", shipped.fields.at["poverty", "name"]}
    for question in questions["聞き取り項目"]:
        assert question in words
    for column in ("単価(円)", "金額(円)"):  # blank, and still there to be filled in
        assert column in words
    costs = plan.table("概算").frame().set_index("費目")
    assert costs["単価(円)"].isna().all()  # no price is made up
    assert costs.at["旅費(対象市町村への聞き取り)", "数量"] == len(plan.areas)
    assert costs.at["会場の使用料", "数量"] == 1
    priced = shipped.cost_items.assign(price=1000)
    known = cost_table(plan, replace(shipped, cost_items=priced)).frame().set_index("費目")
    assert known.at["会場の使用料", "金額(円)"] == 1000


def test_plan_that_was_saved_before_it_had_a_head_still_opens(plan: Plan):
    content = json.loads(to_json(plan))
    for name in HEAD:
        del content[name]
    assert from_json(json.dumps(content)) == plan


def test_word_names_a_japanese_face_and_repeats_table_headers(plan: Plan):
    document = Document(io.BytesIO(to_docx(plan)))
    fonts = document.styles["Normal"].element.rPr.rFonts
    assert fonts.get(qn("w:eastAsia")) == "Yu Gothic"
    assert fonts.get(qn("w:eastAsiaTheme")) is None
    for table in document.tables[1:]:  # the first is the head of the 伺い, of label and words
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None


def test_excel_holds_the_tables_and_the_sources_last(plan: Plan):
    book = load_workbook(io.BytesIO(to_xlsx(plan)))
    assert book.sheetnames[0] == "計画"
    assert book.sheetnames[-1] == "出典"
    areas = [[cell.value for cell in row] for row in book["対象地域"].iter_rows()]
    assert areas[0][0] == "市町村"
    assert len(areas) == 1 + len(plan.areas)
    assert book["指標"]["E1"].value == "測り直した値"
    assert any("国勢調査" in str(row[0].value) for row in book["出典"].iter_rows())


def test_plan_with_nothing_chosen_still_makes_both(analysis: Analysis):
    blank = computed(Plan(), analysis, DAY)
    assert "この計画では選んでいません" in words_of(to_docx(blank))
    assert "計画" in load_workbook(io.BytesIO(to_xlsx(blank))).sheetnames


def test_text_is_data_in_both(analysis: Analysis):
    nasty = '=HYPERLINK("http://x","a")\x0b<w:br/>'
    plan = computed(
        Plan(title=nasty, areas=(Area("016012", nasty),), schedule=(Step("=1+1", nasty),)),
        analysis,
        DAY,
    )
    book = load_workbook(io.BytesIO(to_xlsx(plan)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert not [cell for cell in cells if str(cell.value).startswith("=")]
    content = to_docx(plan)
    assert '=HYPERLINK("http://x","a")<w:br/>' in words_of(content)
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert b"\x0b" not in parts.read("word/document.xml")
