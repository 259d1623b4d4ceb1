"""Make files of the published shapes, and read them; every office in them is generated."""

import csv
import io
import json
from functools import lru_cache

import openpyxl

from geo.data.dataset import Dataset, load
from geo.imports.reading import published
from geo.imports.reading.files import open_tables

KAIGO = [
    "都道府県コード又は市町村コード",
    "No",
    "都道府県名",
    "市区町村名",
    "事業所名",
    "事業所名カナ",
    "サービスの種類",
    "住所",
    "方書（ビル名等）",
    "緯度",
    "経度",
    "電話番号",
    "FAX番号",
    "法人番号",
    "法人の名称",
    "事業所番号",
    "利用可能曜日",
    "利用可能曜日特記事項",
    "定員",
    "URL",
    "高齢者の方と障害者の方が同時一体的に利用できるサービス",
    "介護保険の通常の指定基準を満たしている",
    "障害福祉の通常の指定基準を満たしている",
    "備考",
]
WAM = [
    "都道府県コード又は市区町村コード",
    "NO（※システム内の固有の番号、連番）",
    "指定機関名",
    "法人の名称",
    "法人の名称_かな",
    "法人番号",
    "法人住所（市区町村）",
    "法人住所（番地以降）",
    "法人電話番号",
    "法人FAX番号",
    "法人URL",
    "サービス種別",
    "事業所の名称",
    "事業所の名称_かな",
    "事業所番号",
    "事業所住所（市区町村）",
    "事業所住所（番地以降）",
    "事業所電話番号",
    "事業所FAX番号",
    "事業所URL",
    "事業所緯度",
    "事業所経度",
    "利用可能な時間帯（平日）",
    "利用可能な時間帯（土曜）",
    "利用可能な時間帯（日曜）",
    "利用可能な時間帯（祝日）",
    "定休日",
    "利用可能曜日特記事項（留意事項）",
    "定員",
]
MEDICAL = [
    "都道府県コード又は市区町村コード",
    "No",
    "都道府県名",
    "振興局",
    "市町村",
    "名称",
    "名称_カナ",
    "医療機関の種類",
    "郵便番号",
    "所在地",
    "方書",
    "緯度",
    "経度",
    "電話番号",
    "内線番号",
    "FAX番号",
    "法人番号",
    "開設者氏名",
    "管理者氏名",
    "指定年月日",
    "登録理由",
    "指定期間開始",
    "医療機関コード",
    "診療曜日",
    "診療開始時間",
    "診療終了時間",
    "診療日時特記事項",
    "時間外における対応",
    "診療科目",
    "病床数",
    "療養病床",
    "特定機能",
    "現存・休止",
    "URL",
    "備考",
    "緯度経度出典",
    "データ作成日",
]
STANDARD = [
    "全国地方公共団体コード",
    "ID",
    "地方公共団体名",
    "名称",
    "名称_カナ",
    "名称_英字",
    "種別",
    "所在地_全国地方公共団体コード",
    "町字ID",
    "所在地_連結表記",
    "所在地_都道府県",
    "所在地_市区町村",
    "所在地_町字",
    "所在地_番地以下",
    "建物名等(方書)",
    "緯度",
    "経度",
    "電話番号",
    "内線番号",
    "法人番号",
    "団体名",
    "利用可能曜日",
    "開始時間",
    "終了時間",
    "利用可能日時特記事項",
]
STANDARD_CHILD = [
    *STANDARD,
    "許可等年月日",
    "収容定員",
    "受入年齢",
    "一時預かりの有無",
    "URL",
    "備考",
]
STANDARD_PUBLIC = [*STANDARD, "POIコード", "説明", "URL", "備考"]
RECOMMENDED_CARE = [
    "都道府県コード又は市区町村コード",
    "NO",
    "都道府県名",
    "市区町村名",
    "介護サービス事業所名称",
    "介護サービス事業所名称_カナ",
    "実施サービス",
    "住所",
    "方書",
    "緯度",
    "経度",
    "電話番号",
    "内線番号",
    "FAX番号",
    "法人番号",
    "法人の名称",
    "事業所番号",
    "利用可能曜日",
    "利用可能曜日特記事項",
    "定員",
    "URL",
    "備考",
]
RECOMMENDED_MEDICAL = [
    *("都道府県コード又は市区町村コード", "NO", "都道府県名", "市区町村名", "名称", "名称_カナ"),
    *(
        "医療機関の種類",
        "住所",
        "方書",
        "緯度",
        "経度",
        "電話番号",
        "内線番号",
        "FAX番号",
        "法人番号",
    ),
    *(
        "法人の名称",
        "医療機関コード",
        "診療曜日",
        "診療開始時間",
        "診療終了時間",
        "診療日時特記事項",
    ),
    *("時間外における対応", "診療科目", "病床数", "URL", "備考"),
]
RECOMMENDED_PUBLIC = [
    "都道府県コード又は市区町村コード",
    "NO",
    "都道府県名",
    "市区町村名",
    "名称",
    "名称_カナ",
    "名称_通称",
    "POIコード",
    "住所",
    "方書",
    "緯度",
    "経度",
    "電話番号",
    "内線番号",
    "法人番号",
    "団体名",
    "利用可能曜日",
    "開始時間",
    "終了時間",
    "利用可能日時特記事項",
    "説明",
    "バリアフリー情報",
    "URL",
    "備考",
]
PROGRAM = [
    "制度番号",
    "全国地方公共団体コード",
    "法人番号",
    "元制度番号",
    "制度変更区分",
    "タイトル（制度名）",
    "サブタイトル（通称）",
    "対象者",
    "用途・対象物",
    "対象地域",
    "対象地域群",
    "概要",
    "内容",
    "利用・申請方法",
    "受付開始日",
    "受付終了日",
    "受付備考",
    "根拠法令",
    "詳細参照先",
    "実施組織・支援機関",
    "お問い合わせ先",
    "電子申請URL",
    "（個人対象）お困りごと分類",
    "キーワード",
    "公開日",
]
ROW = {
    "kaigo": {
        "都道府県コード又は市町村コード": "012301", "都道府県名": "北海道", "市区町村名": "登別市",
        "事業所名": "生成訪問介護ステーション", "サービスの種類": "訪問介護",
        "住所": "北海道登別市中央町6丁目11番地", "緯度": "42.4128", "経度": "141.1066",
        "電話番号": "0143-00-0000", "法人の名称": "生成法人", "事業所番号": "0173300001",
        "定員": "0", "URL": "http://kaigo.example.jp/",
    },
    "wam": {
        "都道府県コード又は市区町村コード": "01000", "NO（※システム内の固有の番号、連番）": "A0000000001",
        "指定機関名": "北海道", "法人の名称": "生成法人", "サービス種別": "就労継続支援B型",
        "事業所の名称": "生成作業所", "事業所番号": "0113300001",
        "事業所住所（市区町村）": "北海道登別市", "事業所住所（番地以降）": "中央町6丁目11番地",
        "事業所緯度": "42.4128", "事業所経度": "141.1066", "定員": "20",
    },
    "medical": {
        "都道府県コード又は市区町村コード": "010006", "都道府県名": "北海道", "振興局": "胆振",
        "市町村": "登別市", "名称": "生成診療所", "医療機関の種類": "診療所",
        "所在地": "登別市中央町6丁目11番地", "電話番号": "0143-00-0000", "開設者氏名": "生成法人",
        "医療機関コード": "0112345", "指定年月日": "昭32. 7. 1", "現存・休止": "現存",
        "データ作成日": "2026-04-01",
    },
    "child": {
        "全国地方公共団体コード": "012301", "ID": "0123010000001", "地方公共団体名": "北海道登別市",
        "名称": "生成保育所", "種別": "認可保育所", "所在地_全国地方公共団体コード": "012301",
        "所在地_連結表記": "北海道登別市中央町6丁目11番地", "緯度": "42.4128", "経度": "141.1066",
    },
    "public": {
        "全国地方公共団体コード": "012301", "ID": "0123010000001", "地方公共団体名": "北海道登別市",
        "名称": "生成児童館", "所在地_連結表記": "北海道登別市中央町6丁目11番地",
    },
    "care": {
        "都道府県コード又は市区町村コード": "012301", "NO": "1", "都道府県名": "北海道",
        "市区町村名": "登別市", "介護サービス事業所名称": "生成事業所",
        "実施サービス": "訪問介護;居宅介護支援", "住所": "登別市中央町6丁目11番地",
    },
    "clinic": {
        "都道府県コード又は市区町村コード": "012301", "NO": "1", "都道府県名": "北海道",
        "市区町村名": "登別市", "名称": "生成診療所", "医療機関の種類": "無床診療所",
        "住所": "登別市中央町6丁目11番地", "電話番号": "0143-00-0000",
    },
    "program": {
        "制度番号": "0000000001", "全国地方公共団体コード": "012301", "タイトル（制度名）": "生成家賃補助",
        "実施組織・支援機関": "生成福祉課", "（個人対象）お困りごと分類": "住まい", "対象地域": "北海道",
        "対象地域群": "登別市",
    },
}  # fmt: skip
HEADERS = {
    "kaigo": KAIGO,
    "wam": WAM,
    "medical": MEDICAL,
    "child": STANDARD_CHILD,
    "public": STANDARD_PUBLIC,
    "care": RECOMMENDED_CARE,
    "program": PROGRAM,
    "clinic": RECOMMENDED_MEDICAL,
}


def rows_of(kind, changes=({},)):
    """Return the header and one row for each set of changed cells of a published shape."""
    header = HEADERS[kind]
    lines = [{**ROW[kind], **each} for each in changes]
    unknown = {name for line in lines for name in line} - set(header)
    assert not unknown, unknown
    return [header, *([line.get(name, "") for name in header] for line in lines)]


def csv_of(rows, encoding="utf-8-sig", **options):
    """Return rows as the bytes of a CSV."""
    stream = io.StringIO(newline="")
    csv.writer(stream, **options).writerows(rows)
    return stream.getvalue().encode(encoding)


def excel_of(rows, title="一覧", more=()):
    """Return rows as the bytes of a workbook; more: (title, rows) of further sheets."""
    book = openpyxl.Workbook()
    sheets = [(title, rows), *more]
    book.remove(book.active)
    for name, lines in sheets:
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(line)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def geojson_of(rows):
    """Return rows as GeoJSON points, without the columns of the coordinates."""
    header, *lines = rows
    features = []
    for line in lines:
        cells = dict(zip(header, line, strict=True))
        point = [float(cells.pop("経度")), float(cells.pop("緯度"))]
        geometry = {"type": "Point", "coordinates": point}
        features.append({"type": "Feature", "properties": cells, "geometry": geometry})
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def care_list(towns, **change):
    """Return a generated list of care services with an office in every municipality."""
    rows = rows_of(
        "kaigo",
        [
            {
                "都道府県コード又は市町村コード": code,
                "市区町村名": town["name"],
                "事業所名": f"生成通所介護{code}",
                "サービスの種類": "通所介護",
                "事業所番号": f"01{code}99",
                "住所": f"北海道{town['name']}",
                "緯度": str(town.office_lat),
                "経度": str(town.office_lon),
                **change,
            }
            for code, town in towns.iterrows()
        ],
    )
    return csv_of(rows)


def read(source, name="", **options):
    """Read a file as a published list, with the words of the data that ship."""
    return published.read(open_tables(source, name), _words(), **options)


@lru_cache(maxsize=1)
def _words() -> Dataset:
    return load()
