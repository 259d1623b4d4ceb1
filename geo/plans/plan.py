"""Hold a study plan as a frozen value: what the planner chose, and the figures it rests on."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import pandas as pd

from geo.data.dataset import Dataset
from geo.errors import GeoError, ImpossibleError
from geo.methods.what_if import Change, change_from_row, change_to_row, codes_of
from geo.parameters import Parameters, describe

FORMAT = 1  # of the JSON
LONGEST_JSON = 2_000_000  # characters; a plan of all 179 municipalities has fewer
Cell = str | int | float | bool | None

TODAYS_VALUE, MEASURED_LATER = "今日の値", "測り直した値"  # columns of the indicators

DEFAULT_TITLE = "道内各地における官民連携体制の構築に向けた調査研究"
DEFAULT_AIMS = (
    "社会資源の偏在が見られる地域において、支援に携わる方を掘り起こし、"
    "地域にない社会資源との連携と活用を含めて、官民の連携体制を検討する。"
)


class PlanError(ImpossibleError):
    """Raised when a text is no plan, with the reason in Japanese."""


@dataclass(frozen=True)
class Area:
    """A municipality of the study, with the planner's note."""

    code: str
    note: str = ""


@dataclass(frozen=True)
class Contact:
    """A service to hear for a municipality's field, with the planner's note."""

    code: str
    field: str
    service: str
    note: str = ""


@dataclass(frozen=True)
class VenueAsk:
    """What was asked of the venues: how many (None = as few as reach all), within what minutes.

    counted: a key of geo.methods.venues.COUNTED. everywhere: whether any municipal office of Hokkaido may
    be a venue, or only those of the study's areas. fixed: codes that are venues already.
    """

    k: int | None = 2
    minutes: float = 60.0
    counted: str = "people"
    everywhere: bool = False
    fixed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """A line of the schedule."""

    when: str
    what: str


DEFAULT_SCHEDULE = (
    Step("1か月目", "計画の確認、市町村・社会福祉協議会への説明"),
    Step("2〜3か月目", "未確認の分野の聞き取り(掘り起こし)、連携候補への聞き取り"),
    Step("4か月目", "会場での意見交換会"),
    Step("5〜6か月目", "連携のしかたのまとめ、指標の測り直し、報告"),
)


@dataclass(frozen=True)
class Table:
    """A table of figures as they were: a title, named columns, rows of plain values."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def frame(self) -> pd.DataFrame:
        """Return the table as a frame."""
        return pd.DataFrame(list(self.rows), columns=list(self.columns))

    @staticmethod
    def of(title: str, frame: pd.DataFrame) -> Table:
        """Make a table of a frame; NaN becomes None."""
        rows = json.loads(frame.to_json(orient="values", force_ascii=False, double_precision=6))
        return Table(title, tuple(map(str, frame.columns)), tuple(tuple(row) for row in rows))


@dataclass(frozen=True)
class Plan:
    """A study plan; equal plans make equal documents.

    The first part is what the planner chose; office, drafter and drafted_on head the 伺い, begins_on
    is the day from which the schedule counts its months (ISO days, blank for not said). data_version, made_on and the rest are what it
    rested on when it was computed: tables and sentences, kept so that the same document comes
    again even when the data has moved.
    """

    title: str = DEFAULT_TITLE
    aims: str = DEFAULT_AIMS
    areas: tuple[Area, ...] = ()
    fields: tuple[str, ...] = ()
    contacts: tuple[Contact, ...] = ()
    blocks: tuple[tuple[str, ...], ...] = ()
    venues: VenueAsk | None = None
    changes: tuple[Change, ...] = ()
    schedule: tuple[Step, ...] = DEFAULT_SCHEDULE
    office: str = ""
    drafter: str = ""
    drafted_on: str = ""
    begins_on: str = ""
    parameters: Parameters = field(default_factory=Parameters)
    data_version: str = ""
    made_on: str = ""
    tables: tuple[Table, ...] = ()
    sentences: tuple[tuple[str, str], ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the areas."""
        return tuple(area.code for area in self.areas)

    def table(self, title: str) -> Table | None:
        """Return a table by its title, None when the plan has none."""
        return next((table for table in self.tables if table.title == title), None)

    def sentence(self, key: str) -> str:
        """Return a sentence by its key, blank when the plan has none."""
        return dict(self.sentences).get(key, "")


COMPARED = ("対象地域", "指標", "市町村ごとの指標")  # tables whose cells tell plans apart
DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d)")
HEAD = ("office", "drafter", "drafted_on", "begins_on")  # a plan saved before has none of them
COMPUTED = ("data_version", "made_on", "tables", "sentences")
LABELS = {
    "title": "題名",
    "aims": "目的",
    "areas": "対象地域",
    "fields": "分野",
    "contacts": "聞く相手",
    "blocks": "連携ブロック",
    "venues": "会場の条件",
    "changes": "もし…なら",
    "schedule": "日程",
    "office": "所管",
    "drafter": "起案者",
    "drafted_on": "起案日",
    "begins_on": "着手日",
    "parameters": "計算の条件",
    "data_version": "データ版",
    "made_on": "計算した日",
}


def choices(plan: Plan) -> Plan:
    """Return a plan without what was computed: only what the planner chose."""
    return replace(plan, **{name: getattr(BLANK, name) for name in COMPUTED})


BLANK = Plan()


def fitting(plan: Plan, dataset: Dataset) -> tuple[Plan, tuple[str, ...]]:
    """Return the plan without what the data does not have, and the keys that were left out.

    A plan outlives its data: a service may be gone, or the plan may come from elsewhere.
    """
    towns, fields = set(dataset.municipalities.index), set(dataset.fields.index)
    services = set(dataset.services.index)
    left_out: list[str] = []

    def known(key: str, keys: set[str]) -> bool:
        if key not in keys:
            left_out.append(key)
        return key in keys

    ask = plan.venues
    kept = replace(
        plan,
        areas=tuple(area for area in plan.areas if known(area.code, towns)),
        fields=tuple(key for key in plan.fields if known(key, fields)),
        contacts=tuple(
            one
            for one in plan.contacts
            if known(one.service, services) and known(one.field, fields) and known(one.code, towns)
        ),
        blocks=tuple(block for block in plan.blocks if all(known(code, towns) for code in block)),
        changes=tuple(
            one
            for one in plan.changes
            if known(one.service, services) and all(known(code, towns) for code in codes_of(one))
        ),
        venues=ask and replace(ask, fixed=tuple(code for code in ask.fixed if known(code, towns))),
    )
    return kept, tuple(dict.fromkeys(left_out))


def to_json(plan: Plan) -> str:
    """Return a plan as JSON, the same text for the same plan."""
    content = asdict(replace(plan, changes=()))
    content["changes"] = [change_to_row(change) for change in plan.changes]
    content["format"] = FORMAT
    return json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1)


def from_json(text: str) -> Plan:
    """Return the plan that a JSON text stands for; raise PlanError for one that is none."""
    if len(text) > LONGEST_JSON:
        reason = f"計画として読めません: {LONGEST_JSON:,}文字までの計画を読みます"
        raise PlanError(reason)
    try:
        content = json.loads(text)
        json.dumps(content, ensure_ascii=False).encode()  # half a pair of a character is no text
    except RecursionError:
        reason = "計画として読めません(JSON): 入れ子が深すぎます"
        raise PlanError(reason) from None
    except ValueError as error:
        reason = f"計画として読めません(JSON): {error}"
        raise PlanError(reason) from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        reason = "計画として読めません: 形式の番号が違います"
        raise PlanError(reason)
    try:
        return _plan(content)
    except (RecursionError, OverflowError, AttributeError):
        reason = "計画として読めません: 項目の形が違います"
        raise PlanError(reason) from None
    except (KeyError, TypeError, ValueError, GeoError) as error:
        reason = f"計画として読めません: {error}"
        raise PlanError(reason) from None


def compare(one: Plan, other: Plan) -> pd.DataFrame:
    """Return what differs between two plans: columns item, one, other, in Japanese words.

    First the choices; then, cell by cell, the figures of the municipalities that both have.
    """
    rows = [
        {
            "item": LABELS[name],
            "one": _words(one, name),
            "other": _words(other, name),
        }
        for name in LABELS
        if getattr(one, name) != getattr(other, name)
    ]
    for table in one.tables:
        twin = other.table(table.title) if table.title in COMPARED else None
        if twin is None or twin.columns != table.columns or twin == table:
            continue
        rows += _cells(table, twin)
    return pd.DataFrame(rows, columns=["item", "one", "other"])


def _cells(table: Table, twin: Table) -> list[dict[str, str]]:
    """Return the cells that differ in rows that both tables have, by their first column."""
    there = {row[0]: row for row in twin.rows}
    return [
        {
            "item": f"{table.title} {row[0]} {column}",
            "one": _text(cell),
            "other": _text(there[row[0]][position]),
        }
        for row in table.rows
        if row[0] in there
        for position, (column, cell) in enumerate(zip(table.columns, row, strict=True))
        if cell != there[row[0]][position]
    ]


def _words(plan: Plan, name: str) -> str:
    value = getattr(plan, name)
    names = _names(plan)
    if name == "areas":
        return "、".join(
            names.get(area.code, area.code) + (f"({area.note})" if area.note else "")
            for area in value
        )
    if name == "contacts":
        return "、".join(
            f"{names.get(contact.service, contact.service)}"
            f"({names.get(contact.code, contact.code)})"
            for contact in value
        )
    if name == "blocks":
        return "、".join("・".join(names.get(code, code) for code in block) for block in value)
    if name == "schedule":
        return "、".join(f"{step.when} {step.what}" for step in value)
    if name == "venues":
        return _venue_words(value, names)
    if name == "parameters":
        return describe(value)
    if name == "changes":
        return "、".join(
            str(row[0]) for row in getattr(plan.table("もし…なら"), "rows", ())
        ) or "、".join(change.service for change in value)
    if name == "fields":
        return "、".join(names.get(key, key) for key in value)
    return str(value)


def _venue_words(ask: VenueAsk | None, names: Mapping[str, str]) -> str:
    if ask is None:
        return "なし"
    count = "全市町村が入る最少の数" if ask.k is None else f"{ask.k}か所"
    fixed = "・".join(names.get(code, code) for code in ask.fixed)
    return f"{count}、{ask.minutes:g}分" + (f"、{fixed}は固定" if fixed else "")


def _names(plan: Plan) -> dict[str, str]:
    """Return Japanese names by code, from the plan's own table of names."""
    table = plan.table("名前")
    return {} if table is None else {str(row[0]): str(row[1]) for row in table.rows}


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell)


def _plan(content: dict[str, Any]) -> Plan:
    known = {one.name for one in fields(Plan)} | {"format"}
    content = dict.fromkeys(HEAD, "") | content
    if set(content) != known:
        reason = f"項目が合いません: {'・'.join(sorted(set(content) ^ known))}"
        raise PlanError(reason)
    for name in ("title", "aims", "data_version", "made_on", *HEAD):
        _check(isinstance(content[name], str), name)
    for name in ("drafted_on", "begins_on"):
        _check(not content[name] or DAY.fullmatch(content[name]) is not None, name)
    settings = dict(content["parameters"])
    settings["weights"] = tuple((str(key), float(value)) for key, value in settings["weights"])
    settings["confidence"] = tuple(map(str, settings["confidence"]))
    ask = content["venues"]
    return Plan(
        title=content["title"],
        aims=content["aims"],
        areas=tuple(Area(str(row["code"]), str(row["note"])) for row in content["areas"]),
        fields=tuple(map(str, content["fields"])),
        contacts=tuple(
            Contact(str(row["code"]), str(row["field"]), str(row["service"]), str(row["note"]))
            for row in content["contacts"]
        ),
        blocks=tuple(tuple(map(str, block)) for block in content["blocks"]),
        venues=None
        if ask is None
        else VenueAsk(
            k=None if ask["k"] is None else int(ask["k"]),
            minutes=float(ask["minutes"]),
            counted=str(ask["counted"]),
            everywhere=bool(ask["everywhere"]),
            fixed=tuple(map(str, ask["fixed"])),
        ),
        changes=tuple(change_from_row(row) for row in content["changes"]),
        **{name: content[name] for name in HEAD},
        schedule=tuple(Step(str(row["when"]), str(row["what"])) for row in content["schedule"]),
        parameters=Parameters(**settings),
        data_version=content["data_version"],
        made_on=content["made_on"],
        tables=tuple(
            Table(
                str(table["title"]),
                tuple(map(str, table["columns"])),
                tuple(_row(row, len(table["columns"])) for row in table["rows"]),
            )
            for table in content["tables"]
        ),
        sentences=tuple((str(key), str(words)) for key, words in content["sentences"]),
    )


def _row(row: list[Any], width: int) -> tuple[Cell, ...]:
    good = len(row) == width and all(
        cell is None or isinstance(cell, (str, int, float, bool)) for cell in row
    )
    _check(good, "tables")
    return tuple(row)


def _check(good: bool, name: str) -> None:
    if not good:
        reason = f"「{LABELS.get(name, name)}」の形が違います"
        raise PlanError(reason)
