"""Describe the published forms: which headers carry what, and which columns show the form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from geo.data.schema import RECORD_COLUMNS
from geo.data.vocabulary import APPROACHES, MODES

REMARK_RE = re.compile(r"[(【\[<]?(?:必須|任意|※必須)[)】\]>]?")
SIGNS_RE = re.compile(r"[\s_()\[\]【】「」『』*※・･/、,。.:;\"'\u200b-\u200f\ufeff]")


@lru_cache(maxsize=10_000)
def plain_header(cell: str) -> str:
    """Return a header in one spelling: width, kana, brackets, 標記, stars and remarks are evened."""
    plain = unicodedata.normalize("NFKC", cell).casefold()
    plain = SIGNS_RE.sub("", REMARK_RE.sub("", plain))
    return (
        plain.replace("標記", "表記")
        .replace("市町村コード", "市区町村コード")
        .replace("かな", "カナ")
    )


_COLUMNS = RECORD_COLUMNS["services"] | RECORD_COLUMNS["organisations"]
# Two columns of a record that published forms write in more than one way are read by other names.
_ROLE_OF = {
    "municipality_code": "place_code",
    "checked_on": "updated",
    "kind": "service_kind",  # the word a list writes is "kind"; ours is a line of service_types.csv
}
# What is said of a record itself stands last in our export, the service's word for it first.
_SAID = ("confidence", "checked_on", "source", "source_date", "note")
_TOWN = "所在地_市区町村"  # the name beside the code; no column of a record


def _exported() -> tuple[tuple[str, str], ...]:
    offices, offered = RECORD_COLUMNS["organisations"], RECORD_COLUMNS["services"]
    keys = ("organisation", "service")
    return (
        ("organisations", "organisation"),
        ("services", "service"),
        *(("organisations", name) for name in offices if name not in (*keys, *_SAID)),
        *(("services", name) for name in offered if name not in (*keys, *_SAID)),
        *(("services" if name in offered else "organisations", name) for name in _SAID),
        *(("organisations", name) for name in offices if name in offered and name not in keys),
    )


# (kind of record, column) of our export, in its order.
EXPORTED = _exported()


def _own_headers() -> dict[str, str]:
    found: dict[str, str] = {}
    for kind, name in EXPORTED:
        found.setdefault(_ROLE_OF.get(name, name), RECORD_COLUMNS[kind][name].header)
        if name == "municipality_code":
            found["town"] = _TOWN
    return found


# Role to header of our export; the second word for what an organisation and a service both say is
# read by own_export alone.
SHIGEN_HEADERS = _own_headers()
# What a column can hold, in the words of the column page. The key is used in Format.columns.
ROLES = {
    "name": _COLUMNS["name"].label,
    "kana": "名称のカナ",
    "operator": _COLUMNS["operator"].label,
    "address": "住所(1列にまとまったもの)",
    "prefecture": "都道府県名",
    "town": "市区町村名(所在地)",
    "address_city": "住所の前半(都道府県・市区町村)",
    "address_town": "住所の町字",
    "address_rest": "住所の番地以下",
    "building": "方書・建物名",
    "postal": "郵便番号",
    "place_code": "所在地の市区町村コード",
    "publisher": "公表者の名前",
    "publisher_code": "公表者の市区町村コード",
    "lat": _COLUMNS["lat"].label,
    "lon": _COLUMNS["lon"].label,
    "phone": _COLUMNS["phone"].label,
    "url": _COLUMNS["url"].label,
    "kind": "種類・種別",
    "id": "番号(ID)",
    "capacity": _COLUMNS["capacity"].label,
    "target": _COLUMNS["target"].label,
    "days": "利用できる曜日・時間",
    "status": "状態(休止・廃止)",
    "updated": "確認日・更新日",
    "note": "備考・説明",
    "keywords": "分類・キーワード",
}
ROLES |= {
    _ROLE_OF.get(name, name): column.label
    for name, column in _COLUMNS.items()
    if _ROLE_OF.get(name, name) not in ROLES
}
ROLES["example"] = "記入例"


@dataclass(frozen=True)
class Format:
    """One published form.

    columns: role to the headers that may carry it, best first. signature: roles that a table of
    this form always has. never: headers that show another form. scheme: a key of
    geo.imports.reading.service_types.SCHEMES. strict_town: the town column names the place; elsewhere it names the publisher, and only helps
    where the address does not. kind: what every row is, where no column says.
    """

    key: str
    title: str
    publisher: str
    licence: str
    scheme: str
    columns: Mapping[str, tuple[str, ...]]
    signature: tuple[str, ...]
    never: tuple[str, ...] = ()
    strict_town: bool = False
    kind: str = ""
    layer: str = "other"
    headers: dict[str, tuple[str, ...]] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        plain = {
            role: tuple(plain_header(name) for name in names)
            for role, names in self.columns.items()
        }
        object.__setattr__(self, "headers", plain)


_NAME_HEAD = ("名称", "施設名", "施設名称", "名前")
_STANDARD_PLACE: dict[str, tuple[str, ...]] = {
    "publisher_code": ("全国地方公共団体コード", "都道府県コード又は市区町村コード", "都道府県コード又は市町村コード", "市区町村コード"),
    "publisher": ("地方公共団体名", "市区町村名"),
    "id": ("ID",),
    "place_code": ("所在地_全国地方公共団体コード",),
    "prefecture": ("所在地_都道府県", "都道府県名"),
    "town": ("所在地_市区町村",),
    "address": ("所在地_連結表記", "住所", "所在地"),
    "address_town": ("所在地_町字",),
    "address_rest": ("所在地_番地以下",),
    "building": ("建物名等(方書)", "方書", "方書(ビル名等)"),
    "postal": ("郵便番号",),
    "lat": ("緯度",),
    "lon": ("経度",),
    "phone": ("電話番号",),
    "url": ("URL",),
    "days": ("利用可能曜日", "利用可能日時特記事項", "利用可能曜日特記事項"),
    "note": ("備考", "説明"),
    "updated": ("データ作成日", "最終更新日", "更新日"),
    "status": ("状態", "現存・休止"),
}  # fmt: skip
_STANDARD: dict[str, tuple[str, ...]] = {
    "name": _NAME_HEAD,
    "kana": ("名称_カナ", "名称_かな"),
    "operator": ("団体名", "法人の名称", "設置者", "運営者"),
    **_STANDARD_PLACE,
}
# Sets with the same head that list no support: an AED in a hall must not become a place to meet.
OTHER_SETS = (
    "AEDの種類", "設置位置", "災害種別_洪水", "想定収容人数", "SSID", "男性トイレ総数",
    "男性トイレ数_小便器", "車椅子使用者用トイレ有無", "文化財分類", "文化財指定日", "口径",
    "イベント名", "営業許可", "許可番号", "献立", "調達", "地域コード", "総人口", "小児対応設備の有無",
)  # fmt: skip

OWN = "shigen:"  # prefix of what HSDS has no place for
_SHIGEN = {role: (header,) for role, header in SHIGEN_HEADERS.items()}
# What the form says in plainer words than our export.
_PLAIN_HEADERS = {
    "example": ROLES["example"],
    "operator": "運営する団体",
    "town": _COLUMNS["municipality_code"].label,
    "address": _COLUMNS["address"].label,
    "postal": ROLES["postal"],
    **{f"mode_{mode}": name for mode, name in MODES.items()},
    **{f"approach_{number}": f"アプローチ{number}" for number in APPROACHES},
}
# The form a town fills in: what takes one of several words has a column for each word.
TEMPLATE_HEADERS = {
    role: _PLAIN_HEADERS.get(role) or SHIGEN_HEADERS[role]
    for role in (
        "example", "name", "operator", "field", "location_public", "town", "address", "postal",
        "phone", "url", *(f"mode_{mode}" for mode in MODES),
        *(f"approach_{number}" for number in APPROACHES), "target", "service_area", "capacity",
        "status", "updated", "source", "note", "lat", "lon",
    )
}  # fmt: skip
_TEMPLATE = {role: (header,) for role, header in TEMPLATE_HEADERS.items()}

HERE = "この市町村"

FORMATS = (
    Format(
        "shigen", "本製品の書き出し", "ほっかいどう社会資源マップ", "", "any", _SHIGEN,
        ("organisation", "service", "name", "field", "modes"), strict_town=True,
    ),
    Format(
        "template", "団体と支援の一覧(記入様式)", "", "", "any", _TEMPLATE,
        ("name", "field", "mode_place", "location_public"), never=("記録番号",), strict_town=True,
    ),
    Format(
        "wamnet", "障害福祉サービス等情報公表システム オープンデータ",
        "独立行政法人福祉医療機構 WAM NET", "オープンデータ(出典「WAM NET」を示して利用)", "wam",
        {
            "id": ("事業所番号",),
            "name": ("事業所の名称",),
            "kana": ("事業所の名称_かな",),
            "operator": ("法人の名称",),
            "address_city": ("事業所住所(市区町村)",),
            "address_rest": ("事業所住所(番地以降)",),
            "phone": ("事業所電話番号",),
            "url": ("事業所URL", "法人URL"),
            "kind": ("サービス種別",),
            "lat": ("事業所緯度",),
            "lon": ("事業所経度",),
            "days": ("利用可能曜日特記事項(留意事項)", "定休日"),
            "capacity": ("定員",),
        },
        ("name", "kind", "address_city", "id"), layer="shogai",
    ),
    Format(
        "kaigo", "介護サービス情報公表システム オープンデータ", "厚生労働省", "CC BY 4.0", "kaigo",
        {
            "id": ("事業所番号",),
            "name": ("事業所名", "事業所名称"),
            "kana": ("事業所名カナ",),
            "operator": ("法人の名称",),
            "kind": ("サービスの種類",),
            "place_code": ("都道府県コード又は市町村コード", "都道府県コード又は市区町村コード"),
            "prefecture": ("都道府県名",),
            "town": ("市区町村名", "市町村名"),
            "address": ("住所",),
            "building": ("方書(ビル名等)", "方書"),
            "lat": ("緯度",),
            "lon": ("経度",),
            "phone": ("電話番号",),
            "url": ("URL",),
            "days": ("利用可能曜日", "利用可能曜日特記事項"),
            "capacity": ("定員",),
            "note": ("備考",),
        },
        ("name", "kind", "address", "id"), strict_town=True, layer="kaigo",
    ),
    Format(
        "kokusen", "全国の消費生活センター等 一覧", "独立行政法人国民生活センター", "", "consumer",
        {
            "name": ("消費生活センター名",),
            "kind": ("消費生活センター区分", "区分"),
            "prefecture_code": ("都道府県コード(JIS X 0401)", "都道府県コード"),
            "postal": ("郵便番号",),
            "address_city": ("所在地1",),
            "address_rest": ("所在地2",),
            "phone": ("相談電話番号",),
            "url": ("消費生活センターURL",),
        },
        ("name", "kind", "address_city"),
    ),
    Format(
        "hokkaido_medical", "医療機関一覧", "北海道", "CC BY 4.0", "medical",
        {
            **_STANDARD,
            "id": ("医療機関コード",),
            "operator": ("開設者氏名",),
            "kind": ("医療機関の種類",),
            "town": ("市町村",),
            "prefecture": ("都道府県名",),
            "address": ("所在地", "住所"),
            "status": ("現存・休止",),
            "updated": ("データ作成日",),
            "bureau": ("振興局",),
        },
        ("name", "kind", "town", "bureau"), strict_town=True,
    ),
    Format(
        "standard_kaigo", "介護サービス事業所一覧", "", "", "kaigo",
        {
            **_STANDARD,
            "name": ("介護サービス事業所名称", "介護サービス事業所の名称", *_NAME_HEAD),
            "kana": ("介護サービス事業所名称_カナ", "名称_カナ"),
            "operator": ("法人の名称", "団体名"),
            "kind": ("実施サービス", "サービスの種類", "種別"),
            "id": ("事業所番号", "ID"),
            "capacity": ("定員",),
        },
        ("name", "kind", "place", "care"), never=OTHER_SETS, layer="kaigo",
    ),
    Format(
        "standard_medical", "医療機関一覧", "", "", "medical",
        {
            **_STANDARD,
            "kind": ("医療機関の種類",),
            "id": ("医療機関コード", "ID"),
            "days": ("診療曜日", "診療日時特記事項"),
        },
        ("name", "kind", "place"), never=(*OTHER_SETS, "振興局"),
    ),
    Format(
        "standard_child", "子育て施設一覧", "", "", "child",
        {**_STANDARD, "kind": ("種別", "施設種別"), "capacity": ("収容定員",), "target": ("受入年齢",)},
        ("name", "kind", "place", "childcare"), never=OTHER_SETS,
    ),
    Format(
        "standard_program", "支援制度(給付金)情報", "", "", "program",
        {
            "id": ("制度番号",),
            "name": ("タイトル(制度名)", "タイトル(制度名)*"),
            "operator": ("実施組織・支援機関", "実施組織支援機関"),
            "publisher_code": ("全国地方公共団体コード",),
            "target": ("対象者",),
            "note": ("概要", "内容"),
            "kind": ("(個人対象)お困りごと分類", "(個人対象)行政サービス分類", "(個人対象)ライフステージ分類"),
            "keywords": ("キーワード", "サブタイトル(通称)"),
            "service_area": ("対象地域群",),
            "prefecture_area": ("対象地域",),
            "url": ("詳細参照先", "電子申請URL"),
            "phone": ("お問い合わせ先",),
            "until": ("受付終了日", "公開終了日"),
            "updated": ("最終更新日", "公開日"),
        },
        ("name", "operator", "program"),
    ),
    Format(
        "standard_public", "公共施設一覧", "", "", "public",
        {**_STANDARD, "kind": ("POIコード", "種別", "施設種別", "施設分類")},
        ("name", "place", "head"),
        never=(*OTHER_SETS, "実施サービス", "医療機関の種類", "支援の分野", "事業所番号"),
    ),
)  # fmt: skip
# Roles that only recognise a form: any of these headers shows it.
MARKS = {
    "place": ("住所", "所在地_連結表記", "所在地", "所在地_番地以下", "緯度"),
    "care": ("介護サービス事業所名称", "介護サービス事業所の名称", "実施サービス"),
    "childcare": (
        "認可等年月日", "許可等年月日", "収容定員", "受入年齢", "一時預かりの有無", "病児保育の有無",
    ),
    "program": ("制度番号", "元制度番号", "制度変更区分", "対象地域群"),
    "head": (
        "全国地方公共団体コード", "都道府県コード又は市区町村コード", "POIコード", "所在地_連結表記",
    ),
    "bureau": ("振興局",),
}  # fmt: skip
