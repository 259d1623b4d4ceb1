"""Make a plan for a subprefecture of the shipped data, with something in each of its parts."""

from datetime import date

from geo.methods.analysis import Analysis
from geo.methods.venues import areas_of
from geo.methods.what_if import Outpost
from geo.plans.contacts import nearest_contacts
from geo.plans.plan import Area, Plan, Step, VenueAsk
from tests.shipped_ids import today

DAY = date(2026, 11, 24)
OFFICE = today("jiritsu-016071-1-poverty")  # in 浦河町, for the towns of 日高


def hidaka_plan(analysis: Analysis) -> Plan:
    codes = analysis.dataset.municipalities.index[areas_of(analysis.dataset, ["日高"])]
    return Plan(
        title="日高の調査",
        areas=tuple(Area(code, "要確認" if code == "016012" else "") for code in codes),
        fields=("poverty",),
        contacts=nearest_contacts(analysis, codes, ["poverty"]),
        blocks=(("016071", "016080"),),
        venues=VenueAsk(k=1, minutes=60.0),
        changes=(Outpost(OFFICE, "016012"),),
        schedule=(Step("4月", "聞き取り"),),
    )
