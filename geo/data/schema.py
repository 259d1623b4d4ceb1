"""Fix the columns of every table: what a cell must be, and whether it may be blank."""

from __future__ import annotations

from geo.data.tables import Column, between, choice, code, day, number, several, text, whole, yes
from geo.data.vocabulary import APPROACHES, CONFIDENCE, MODES, PRECISIONS

WIDE_AREAS = ("nation", "prefecture")

MUNICIPALITY_COLUMNS = {
    "code": Column(code),
    "name": Column(text),
    "kana": Column(text),
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
    "note": Column(text, required=False),
}
ORGANISATION_COLUMNS = {
    "organisation": Column(text),
    "name": Column(text),
    "operator": Column(text, required=False),
    "municipality_code": Column(code, required=False),
    "address": Column(text, required=False),
    "lat": Column(between(41, 46), required=False, blank=float("nan")),
    "lon": Column(between(139, 149), required=False, blank=float("nan")),
    "precision": Column(choice(PRECISIONS), required=False),
    "phone": Column(text, required=False),
    "url": Column(text, required=False),
    "location_public": Column(yes),
    "layer": Column(text),
    "source": Column(text),
    "source_date": Column(text),
    "checked_on": Column(day),
    "confidence": Column(choice(CONFIDENCE)),
    "note": Column(text, required=False),
}
SERVICE_COLUMNS = {
    "service": Column(text),
    "organisation": Column(text),
    "field": Column(text),
    "approaches": Column(several(choice(APPROACHES))),
    "modes": Column(several(choice(MODES))),
    "target": Column(text, required=False),
    "service_area": Column(several(text), required=False, blank=()),
    "service_area_note": Column(text, required=False),
    "capacity": Column(number, required=False, blank=float("nan")),
    "source": Column(text),
    "source_date": Column(text),
    "confidence": Column(choice(CONFIDENCE)),
}
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
# Emptied at the door for a record whose location is not public: what is not in memory cannot leak.
LOCATION_COLUMNS = {
    "municipality_code": "",
    "address": "",
    "lat": float("nan"),
    "lon": float("nan"),
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
}
