"""Fix the columns of every table: what a cell must be, whether it may be blank, what it is called.

A column of a record stands here and nowhere else: its cells are read, stored, edited, checked,
exported and read back by this one line.
"""

from __future__ import annotations

from geo.data.tables import Column, between, choice, code, day, number, several, text, whole, yes
from geo.data.vocabulary import (
    APPROACHES,
    CONFIDENCE,
    MODES,
    PRECISIONS,
    PUBLIC,
    STATUSES,
)

NAN = float("nan")
WIDE_AREAS = ("nation", "prefecture")

MUNICIPALITY_COLUMNS = {
    "code": Column(code),
    "name": Column(text),
    "kana": Column(text),
    "romaji": Column(text),
    "subprefecture": Column(text),
    "secondary_medical_area": Column(text),
    "area_km2": Column(number),
    "population_2020": Column(whole),
    "male_2020": Column(whole),
    "female_2020": Column(whole),
    "general_households_2020": Column(whole),
    "pop_65plus_2020": Column(whole),
    "single_person_households_2020": Column(whole),
    "elderly_single_households_2020": Column(whole),
    "office_lat": Column(between(41, 46)),
    "office_lon": Column(between(139, 149)),
    "pop_under15_2020": Column(whole),
    "pop_15to64_2020": Column(whole),
    "population_2015": Column(whole),
    "ipss_pop_65plus_2020": Column(whole),
    **{f"ipss_pop_{year}": Column(whole) for year in (2030, 2040, 2050)},
    **{f"ipss_pop_65plus_{year}": Column(whole) for year in (2030, 2040, 2050)},
}
FIELD_COLUMNS = {
    "field": Column(text),
    "name": Column(text),
    "population": Column(text),
    "population_label": Column(text),
    "icon": Column(text),
    "family": Column(text),
    "judged_by": Column(several(text), required=False, blank=()),
    "same_desks_as": Column(text, required=False),
}
NEED_COLUMNS = {
    "need": Column(text),
    "words": Column(text),
    "fields": Column(several(text)),
}
LAYER_COLUMNS = {
    "layer": Column(text),
    "name": Column(text),
    "official_total": Column(whole, required=False, blank=None),
    "official_total_source": Column(text, required=False),
    "complete": Column(yes),
    "complete_for": Column(text, required=False),
    "staffed_by_people": Column(yes),
    "count_column": Column(text, required=False),
    "kinds": Column(several(text), required=False, blank=()),
    "publisher": Column(text, required=False),
    "official_url": Column(text, required=False),
    "how": Column(text, required=False),
    "minutes": Column(whole, required=False, blank=None),
    "note": Column(text, required=False),
}
ORGANISATION_COLUMNS = {
    "organisation": Column(text, label="記録番号"),
    "name": Column(text, label="名称"),
    "operator": Column(text, required=False, label="運営者(法人・団体)", header="団体名"),
    "municipality_code": Column(
        code, required=False, label="市町村", header="所在地_全国地方公共団体コード"
    ),
    "postal_code": Column(text, required=False, label="郵便番号"),
    "address": Column(text, required=False, label="住所", header="所在地_連結表記"),
    "lat": Column(between(41, 46), required=False, blank=NAN, label="緯度", unit="度"),
    "lon": Column(between(139, 149), required=False, blank=NAN, label="経度", unit="度"),
    "precision": Column(choice(PRECISIONS), required=False, label="位置の精度", words=PRECISIONS),
    "phone": Column(text, required=False, label="電話番号"),
    "hours": Column(text, required=False, label="利用できる時間", header="利用可能日時特記事項"),
    "url": Column(text, required=False, label="ウェブのアドレス", header="URL"),
    "location_public": Column(yes, label="所在地の公開", words=PUBLIC),
    "layer": Column(text, label="台帳の層"),
    "source": Column(text, label="出典", header="団体の出典"),
    "source_date": Column(text, label="出典の日付", header="団体の出典の日付"),
    "checked_on": Column(day, label="確認日"),
    "confidence": Column(choice(CONFIDENCE), label="確度", header="団体の確度"),
    "note": Column(text, required=False, label="備考"),
}
SERVICE_COLUMNS = {
    "service": Column(text, label="支援の番号"),
    "organisation": Column(text, label=ORGANISATION_COLUMNS["organisation"].label),
    "field": Column(text, label="分野", header="支援の分野"),
    "kind": Column(text, required=False, label="支援の種類"),
    "approaches": Column(several(choice(APPROACHES)), blank=(), label="アプローチ"),
    "modes": Column(several(choice(MODES)), blank=(), label="提供方法"),
    "target": Column(text, required=False, label="対象者"),
    "service_area": Column(several(text), required=False, blank=(), label="対象地域"),
    "service_area_note": Column(text, required=False, label="対象地域の説明"),
    "capacity": Column(number, required=False, blank=NAN, label="定員", unit="人"),
    "source": Column(text, label="出典"),
    "source_date": Column(text, label="出典の日付"),
    "confidence": Column(choice(CONFIDENCE), label="確度"),
}
# What the store keeps of a record beside: only what is active ships and is counted.
STATUS = Column(choice(STATUSES), label="状態", words=STATUSES)
# The two kinds of record, as they are stored, edited and given back; what each is called.
RECORD_COLUMNS = {
    "organisations": ORGANISATION_COLUMNS,
    "services": SERVICE_COLUMNS | {"status": STATUS},
}
RECORD_NAMES = {"organisations": "団体", "services": "支援"}
FERRY_COLUMNS = {
    "from_code": Column(code),
    "to_code": Column(code),
    "route": Column(text),
    "minutes": Column(between(1, 1440)),
    "operator": Column(text),
    "source": Column(text),
    "checked_on": Column(day),
    "note": Column(text, required=False),
}
MEASURED_COLUMNS = {
    "from_code": Column(code),
    "to_code": Column(code),
    "minutes": Column(between(0, 10_000)),
    "km": Column(between(0, 10_000)),
    "source": Column(text),
}
SURVEY_COLUMNS = {
    "municipality_code": Column(code),
    "field": Column(text),
    "surveyed_on": Column(day),
    "by": Column(text),
    "source": Column(text),
}
STATISTICS_COLUMNS = {
    "code": Column(code),
    **dict.fromkeys(
        (
            "foreign_residents_2020",
            "pop_75plus_2020",
            "employed_2020",
            "unemployed_2020",
            "divorces_2023",
            "births_2023",
            "deaths_2023",
            "general_hospitals_2023",
            "clinics_2023",
            "doctors_2022",
            "nurseries_2023",
            "kindergartens_2024",
            "elementary_schools_2024",
            "junior_high_schools_2024",
            "compulsory_schools_2024",
            "high_schools_2024",
            "community_halls_2021",
            "libraries_2021",
            "medical_welfare_establishments_2021",
            "medical_welfare_employees_2021",
            "municipal_staff_2024",
            "welfare_spending_2022_thousand_yen",
        ),
        Column(whole),
    ),
}
STATISTICS_ITEM_COLUMNS = {
    "column": Column(text),
    "label": Column(text),
    "item": Column(text),
    "year": Column(whole),
    "unit": Column(text),
    "caveat": Column(text, required=False),
    "source": Column(text),
}
DESK_COLUMNS = {
    "desk": Column(text),
    "name": Column(text),
    "layer": Column(text),
    "field": Column(text),
    "approaches": Column(several(choice(APPROACHES))),
    "modes": Column(several(choice(MODES))),
    "law": Column(text, required=False),
    "source": Column(text),
    "source_date": Column(text),
    "confidence": Column(choice(CONFIDENCE)),
    "note": Column(text, required=False),
}
OFFICE_COLUMNS = {
    "code": Column(code),
    "name": Column(text),
    "postal_code": Column(text, required=False),
    "address": Column(text, required=False),
    "phone": Column(text, required=False),
    "url": Column(text, required=False),
    "address_source": Column(text, required=False),
    "address_date": Column(text, required=False),
    "phone_source": Column(text, required=False),
    "phone_date": Column(text, required=False),
    "url_source": Column(text, required=False),
    "url_date": Column(text, required=False),
}
INTERVIEW_COLUMNS = {
    "item": Column(text),
    "field": Column(text, required=False),  # blank: of every field
    "question": Column(text),
    "source": Column(text),
}
COUNTED_COSTS = {"towns": "対象市町村", "contacts": "聞く相手", "venues": "会場", "one": "一式"}
COST_COLUMNS = {
    "cost": Column(text),
    "name": Column(text),
    "unit": Column(text),
    "counted": Column(choice(COUNTED_COSTS), required=False),  # what of a plan gives the quantity
    "price": Column(whole, required=False, blank=None),  # yen; blank until somebody knows one
    "note": Column(text, required=False),
    "source": Column(text),
}
# Emptied at the door for a record whose location is not public: what is not in memory cannot leak.
LOCATION_COLUMNS = {
    "municipality_code": "",
    "postal_code": "",
    "address": "",
    "lat": NAN,
    "lon": NAN,
    "precision": "",
}

TABLES: dict[str, tuple[dict[str, Column], str | None]] = {
    "municipalities": (MUNICIPALITY_COLUMNS, "code"),
    "fields": (FIELD_COLUMNS, "field"),
    "needs": (NEED_COLUMNS, "need"),
    "layers": (LAYER_COLUMNS, "layer"),
    "organisations": (ORGANISATION_COLUMNS, "organisation"),
    "services": (SERVICE_COLUMNS, "service"),
    "ferries": (FERRY_COLUMNS, None),
    "surveys": (SURVEY_COLUMNS, None),
    "statistics": (STATISTICS_COLUMNS, "code"),
    "statistics_items": (STATISTICS_ITEM_COLUMNS, "column"),
    "desks_by_law": (DESK_COLUMNS, "desk"),
    "municipal_offices": (OFFICE_COLUMNS, "code"),
    "interview_items": (INTERVIEW_COLUMNS, "item"),
    "cost_items": (COST_COLUMNS, "cost"),
}
