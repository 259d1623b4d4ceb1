"""Keep the plan that a planner is making in the session, open it from a link, and save it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from html import escape

import pandas as pd
import streamlit as st

from geo.data.dataset import Dataset
from geo.data.memory import kept
from geo.errors import GeoError
from geo.methods.analysis import Analysis
from geo.methods.venues import COUNTED
from geo.parameters import CATCHMENT_CHOICES, ROAD_SPEED, VENUE_MOST, WINTER_SPEED
from geo.plans import saved
from geo.plans.figures import computed
from geo.plans.plan import (
    DEFAULT_AIMS,
    DEFAULT_SCHEDULE,
    DEFAULT_TITLE,
    HEAD,
    Area,
    Plan,
    PlanError,
    Step,
    VenueAsk,
    choices,
    fitting,
)
from geo.plans.round import of_areas
from geo.plans.saved import PlanMissingError
from geo.store.database import reading
from geo.ui import frame, session

STEPS = {
    "areas": "1 候補地域",
    "partners": "2 連携候補",
    "venues": "3 会場",
    "what_if": "4 もし…なら",
    "document": "5 計画書",
    "saved": "保存した計画",
}
NAMES_SHOWN = 6
LINK = "plan"  # the query parameter that names a saved plan


@dataclass(frozen=True)
class Opened:
    """The saved plan that is open: its id, lock, and what it was when it was saved."""

    id: str
    lock: int
    plan: Plan


DEFAULTS: dict[str, object] = {
    "plan_title": DEFAULT_TITLE,
    "plan_aims": DEFAULT_AIMS,
    "plan_notes": {},
    "plan_contacts": (),
    "plan_blocks": (),
    "plan_ask": None,
    "plan_changes": (),
    "plan_schedule": DEFAULT_SCHEDULE,
    **{f"plan_{name}": "" for name in HEAD},
    "plan_opened": None,
    "plan_said": None,  # what the planner must know of the plan that was opened
    "plan_editor": 0,  # part of the keys of the tables that can be edited; a new number empties them
}


def begin() -> None:
    """Fill the session with a blank plan where it has none, and open the plan of the address."""
    for key, value in DEFAULTS.items():
        st.session_state.setdefault(key, value)
    asked = st.query_params.get(LINK)
    opened = st.session_state["plan_opened"]
    if asked and (opened is None or opened.id != asked):
        try:
            found = saved.open_plan(session.store(), asked)
        except (PlanMissingError, PlanError) as error:
            st.query_params.pop(LINK, None)
            st.warning(f"{frame.plain(str(error))}。新しい計画として始めます。")
        else:
            put(found.plan, Opened(found.id, found.lock, found.plan))
    elif opened is not None:
        st.query_params[LINK] = opened.id
    said: str | None = st.session_state["plan_said"]
    if said is not None:
        st.warning(f"{frame.plain(str(said))}。")


def put(plan: Plan, opened: Opened | None) -> None:
    """Put a plan into the session and its controls; to be called before they are drawn."""
    plan, left_out = fitting(plan, session.dataset())
    state = st.session_state
    words = "、".join(left_out)
    state["plan_said"] = f"今のデータにないため、計画から外しました: {words}" if words else None
    state["areas"], state["fields"] = list(plan.codes), list(plan.fields)
    state["plan_title"], state["plan_aims"] = plan.title, plan.aims
    state["plan_notes"] = {area.code: area.note for area in plan.areas}
    state["plan_contacts"], state["plan_blocks"] = plan.contacts, plan.blocks
    state["plan_changes"], state["plan_schedule"] = plan.changes, plan.schedule
    for name in HEAD:
        state[f"plan_{name}"] = getattr(plan, name)
    state["plan_ask"], state["plan_opened"] = plan.venues, opened
    state["plan_editor"] += 1
    state["plan_refresh"] = False
    if plan.venues is not None:
        number = 0 if plan.venues.k is None else plan.venues.k
        state["k"] = min(number, int(VENUE_MOST))
        state["within"] = _choice(plan.venues.minutes, CATCHMENT_CHOICES)
        state["counted"] = plan.venues.counted if plan.venues.counted in COUNTED else "people"
        state["everywhere"], state["fixed"] = plan.venues.everywhere, list(plan.venues.fixed)
        state["venues_in"] = True
    settings = plan.parameters
    state["t"] = _choice(settings.minutes, CATCHMENT_CHOICES)
    state["speed"] = _choice(settings.speed, (int(ROAD_SPEED), int(WINTER_SPEED)))
    state["partial"] = settings.partial
    state["c"], state["field_weights"] = "C" in settings.confidence, dict(settings.weights)
    if opened is None:
        st.query_params.pop(LINK, None)
    else:
        st.query_params[LINK] = opened.id


def _choice(value: float, choices: Sequence[float]) -> float:
    """Return the choice of a control that comes nearest to a plan's value."""
    return min(choices, key=lambda one: abs(one - value))


def start_anew() -> None:
    """Leave the plan that is open and begin a blank one under the same settings."""
    kept = st.session_state["plan_opened"]
    settings = Plan() if kept is None else replace(Plan(), parameters=kept.plan.parameters)
    put(settings, None)
    st.session_state["areas"] = []


def in_session(data: Dataset, analysis: Analysis) -> Plan:
    """Return the plan as the session holds it, without its figures."""
    state = st.session_state
    notes: dict[str, str] = state["plan_notes"]
    codes = [code for code in state.get("areas", []) if code in data.municipalities.index]
    inside = set(codes)
    ask: VenueAsk | None = state["plan_ask"]
    return Plan(
        title=state["plan_title"].strip() or DEFAULT_TITLE,
        aims=state["plan_aims"].strip(),
        areas=tuple(Area(code, notes.get(code, "")) for code in codes),
        fields=tuple(state.get("fields", [])),
        contacts=tuple(one for one in state["plan_contacts"] if one.code in inside),
        blocks=tuple(block for block in state["plan_blocks"] if inside.intersection(block)),
        venues=ask if codes else None,
        changes=state["plan_changes"],
        schedule=tuple(step for step in state["plan_schedule"] if step.when or step.what),
        **{name: state[f"plan_{name}"].strip() for name in HEAD},
        parameters=analysis.parameters,
    )


def with_figures(plan: Plan, analysis: Analysis) -> Plan:
    """Return the plan with its figures of today, and how far the surveys of its areas are."""
    with reading(session.store()) as connection:
        told = of_areas(connection, analysis.dataset, plan.codes, date.today())
    return _computed(plan, analysis, told)


@kept(32)
def _computed(plan: Plan, analysis: Analysis, surveys: tuple[str, ...]) -> Plan:
    """Return `computed`; kept, since a page is drawn many times."""
    return computed(plan, analysis, surveys=surveys)


def current(plan: Plan, analysis: Analysis) -> Plan:
    """Return the plan with figures: those it was saved with while nothing was changed."""
    opened: Opened | None = st.session_state["plan_opened"]
    same = opened is not None and choices(opened.plan) == choices(plan) and opened.plan.tables
    if opened is not None and same and not st.session_state.get("plan_refresh"):
        return opened.plan
    return with_figures(plan, analysis)


def changed(plan: Plan) -> bool:
    """Tell whether the plan differs from what is saved."""
    opened: Opened | None = st.session_state["plan_opened"]
    if opened is None:
        return bool(plan.areas or plan.contacts or plan.changes)
    return bool(st.session_state.get("plan_refresh")) or choices(opened.plan) != choices(plan)


def summary(plan: Plan, names: pd.Series) -> str:
    """Return in HTML what the plan holds so far; names of the data are escaped."""
    shown = [escape(str(names[code])) for code in plan.codes[:NAMES_SHOWN]]
    rest = len(plan.codes) - len(shown)
    where = f"({'・'.join(shown)}{f'ほか{rest}' if rest else ''})" if shown else ""
    if plan.venues is None:
        venues = "未定"
    else:
        venues = "全市町村が入る最少の数" if plan.venues.k is None else f"{plan.venues.k}か所"
    return (
        f"対象は<b>{len(plan.codes)}市町村</b>{where}、"
        f"聞く相手は<b>{len({one.service for one in plan.contacts})}件</b>、"
        f"会場は<b>{venues}</b>、仮定は<b>{len(plan.changes)}件</b>。"
    )


def status(plan: Plan) -> str:
    """Return in Japanese whether the plan is saved."""
    opened: Opened | None = st.session_state["plan_opened"]
    if opened is None:
        return "まだ保存していません。保存すると、この画面のアドレスで開き直せます。"
    words = "変更があります(未保存)" if changed(plan) else "保存済み。アドレスで開き直せます"
    return f"「{opened.plan.title}」{words}。"


def save(plan: Plan, analysis: Analysis, *, copy: bool = False) -> bool:
    """Save the plan with its figures; return whether it was saved, else say why not."""
    opened: Opened | None = st.session_state["plan_opened"]
    whole = current(plan, analysis)
    store, who = session.store(), session.person()
    try:
        if opened is None or copy:
            title = f"{whole.title}(写し)" if copy else whole.title
            kept = saved.save(store, replace(whole, title=title), who)
        else:
            kept = saved.save(store, whole, who, key=opened.id, lock=opened.lock)
    except GeoError as error:
        st.error(f"{frame.plain(str(error))}。")
        return False
    st.session_state["plan_pending"] = Opened(kept.id, kept.lock, kept.plan)
    st.session_state["plan_refresh"] = False
    return True


def take_pending() -> None:
    """Put in what the run before has saved or read, before any control is drawn."""
    pending: Opened | None = st.session_state.pop("plan_pending", None)
    if pending is not None:
        put(pending.plan, pending)
    brought: Plan | None = st.session_state.pop("plan_brought", None)
    if brought is not None:
        put(brought, None)


def forget() -> None:
    """Keep the plan in the session, but no longer as a saved one."""
    st.session_state["plan_opened"] = None
    st.query_params.pop(LINK, None)


def set_areas(codes: list[str]) -> None:
    """Set the areas; a button's callback, which runs before the controls are drawn."""
    st.session_state["areas"] = list(dict.fromkeys(codes))


def add_areas(codes: list[str]) -> None:
    """Add areas, once each; a button's callback."""
    set_areas([*st.session_state.get("areas", []), *codes])


def steps_of(rows: list[dict[str, object]]) -> tuple[Step, ...]:
    """Return the schedule that an edited table holds, blank lines left out."""
    lines = [(str(row.get("時期") or ""), str(row.get("すること") or "")) for row in rows]
    return tuple(Step(when.strip(), what.strip()) for when, what in lines if when or what)
