"""Compare the answers of a survey round with the store: what they confirm, change, add and ask."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import SequenceMatcher

import pandas as pd
from sqlalchemy import Connection

from geo.data.dataset import Dataset
from geo.data.dates import read_date
from geo.data.names import near, phone_digits, plain_name, same_by_phone
from geo.imports import importing
from geo.imports.preview import Preview
from geo.imports.reading import answers as reader
from geo.imports.reading.answers import Answer, Checked, Looked
from geo.imports.reading.incoming import Incoming, Refusal
from geo.people.permissions import Person
from geo.store.queries import rows
from geo.store.rounds import Round, all_rounds, towns
from geo.store.tables import organisations, services, surveys

SAME, DIFFERENT = "same", "different"  # of decisions
NOT_HERE = "鍵の記録が、この市町村の台帳に見つかりません"
LISTED_NOWHERE = "「ある」ですが、その分野の団体が台帳にも「新しい団体」にもありません"
LISTED_YET = "「調べたが無い」ですが、その分野の団体が台帳か「新しい団体」にあります"


@dataclass(frozen=True)
class Change:
    """One cell that an answer corrects."""

    kind: str
    record: str
    name: str
    column: str
    old: str
    new: str


@dataclass(frozen=True)
class Double:
    """A new organisation that may be one of the store: both, to be looked at beside each other.

    key: under which a decision is given (SAME or DIFFERENT). existing: its id.
    """

    key: str
    code: str
    name: str
    phone: str
    address: str
    existing: str
    existing_name: str
    existing_phone: str
    existing_address: str
    reason: str


@dataclass(eq=False)
class TownPlan:
    """What the answers of one municipality would do; nothing of it has been written.

    confirmed, closed: service ids. found: names of organisations that are new. already: names that
    the store has. known, empty: what was looked for, and is there or not. questions: to be asked back.
    unanswered: rows that say neither 「この通り」 nor anything else.
    """

    round: str
    code: str
    files: list[tuple[str, str]] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    already: list[str] = field(default_factory=list)
    known: list[Looked] = field(default_factory=list)
    empty: list[Looked] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    lost: list[Refusal] = field(default_factory=list)
    unanswered: int = 0


@dataclass(frozen=True, eq=False)
class Plan:
    """What a load of answers would do. towns: by (round, code). added: the records that are new.

    refused: (file, why) of files that nothing is taken of. again: files that were loaded before.
    """

    towns: dict[tuple[str, str], TownPlan]
    added: Preview | None
    doubles: tuple[Double, ...]
    refused: tuple[tuple[str, str], ...]
    again: tuple[str, ...]
    held: dict[str, pd.DataFrame]

    @property
    def changes_nothing(self) -> bool:
        """Tell whether there is nothing to write."""
        return not self.towns


def plan(
    connection: Connection,
    asked: Round,
    answers: Sequence[Answer],
    dataset: Dataset,
    who: Person,
    today: date,
    decisions: Mapping[str, str] | None = None,
) -> Plan:
    """Return what answers would do, seen from an open transaction.

    asked: the round of what carries no key. who: as the store confirms it. decisions: by the key of
    a Double, SAME or DIFFERENT; without one, neither is written and it is asked back.
    """
    rounds = {one.id: one for one in all_rounds(connection)} | {asked.id: asked}
    states = {key: towns(connection, key) for key in {a.round or asked.id for a in answers} & rounds.keys()}  # fmt: skip
    table = {
        "organisations": rows(connection, organisations),
        "services": rows(connection, services),
    }
    found: dict[tuple[str, str], TownPlan] = {}
    refused, again, taken = [], [], []
    seen: set[tuple[str, str]] = set()
    for answer in answers:
        key = answer.round or asked.id
        name = dataset.municipalities["name"].get(answer.code, answer.code)
        if key not in rounds:
            refused.append((answer.file, f"調査回 {key} はこの台帳にありません"))
        elif answer.code not in states[key]:
            refused.append((answer.file, f"{name}は、調査回「{rounds[key].name}」の範囲の外です"))
        elif answer.sha256 in states[key][answer.code].answer.files or (answer.sha256, answer.code) in seen:  # fmt: skip
            again.append(answer.file)
        else:
            seen.add((answer.sha256, answer.code))
            taken.append(answer)
            here = found.setdefault((key, answer.code), TownPlan(key, answer.code))
            here.files.append((answer.file, answer.sha256))
            here.lost += answer.lost
            if key != asked.id:
                here.questions.append(
                    f"{answer.file}: 前の調査回「{rounds[key].name}」への回答です"
                )
    for (key, code), town in found.items():
        mine = [one for one in taken if (one.round or asked.id, one.code) == (key, code)]
        if len(mine) > 1:
            files = "、".join(one.file for one in mine)
            town.questions.append(f"同じ市町村から{len(mine)}つの回答があります: {files}")
        _check(town, mine, table, dataset)
    label = asked.name if who.edits_all else f"{asked.name}({who.name})"
    incoming, places, lost = reader.added_records(taken, dataset, f"調査回「{label}」の回答")
    for place, one in lost:
        found[taken[place].round or asked.id, taken[place].code].lost.append(one)
    added: Preview | None = None
    doubles: tuple[Double, ...] = ()
    if incoming is not None:
        owner = {one: found[taken[p].round or asked.id, taken[p].code] for one, p in places.items()}
        incoming, doubles = _single(incoming, owner, table, decisions or {})
        if len(incoming.organisations):
            added = importing.plan(connection, incoming, dataset, who)
            _account(added, incoming, owner)
    asked_on = rows(connection, surveys).set_index(["municipality_code", "field"])["surveyed_on"]
    for (_, code), town in found.items():
        mine = [one for one in taken if one.code == code and (one.round or asked.id) == town.round]
        listed = _listed(town, table, incoming, places, taken)
        _look(town, mine, dataset, listed, asked_on, today)
    return Plan(found, added, doubles, tuple(refused), tuple(again), table)


def _check(
    town: TownPlan, mine: Iterable[Answer], table: Mapping[str, pd.DataFrame], dataset: Dataset
) -> None:
    """Sort what the answers say of the records of the municipality."""
    offices = table["organisations"]
    offices = offices[offices["location_public"].astype(bool) & (offices["municipality_code"] == town.code)]  # fmt: skip
    offered = table["services"]
    offered = offered[offered["organisation"].isin(offices.index)]
    verdicts: dict[str, str] = {}
    cells: dict[tuple[str, str, str], Change] = {}
    for answer in mine:
        for row in answer.checked:
            where = f"{answer.file} {row.row}行目"
            service = row.service or _by_name(row, offices, offered, dataset)
            if service not in offered.index:
                reason = NOT_HERE if row.service else "台帳に同じ名称の記録が見つかりません"
                lost = Refusal(answer.file, row.row, "名称", row.cells.get("name", ""), reason)
                town.lost.append(lost)
                continue
            office = str(offered.at[service, "organisation"])
            name = str(offices.at[office, "name"])
            if row.remark:
                town.questions.append(f"「{name}」の連絡欄: {row.remark}")
            now = {c: str(offices.at[office, c] or "") for c in reader.ORGANISATION}
            now |= {c: str(offered.at[service, c] or "") for c in reader.SERVICE}
            corrected, asked = _corrected(row, now)
            town.questions += [f"{where}「{name}」: {words}" for words in asked]
            verdict = row.verdict or (reader.MENDED if corrected else "")
            if not verdict:
                town.unanswered += 1
                continue
            before = verdicts.setdefault(service, verdict)
            if (before == reader.STOPPED) != (verdict == reader.STOPPED):
                town.questions.append(
                    f"「{name}」: 「{before}」と「{verdict}」の2つの答えがあります"
                )
                verdicts[service] = "?"
                continue
            for column, new in corrected.items():
                kind = "services" if column in reader.SERVICE else "organisations"
                record = service if kind == "services" else office
                change = Change(kind, record, name, column, now[column], new)
                other = cells.setdefault((kind, record, column), change)
                if other.new != new:
                    words = f"「{name}」の{reader.EDITED[column]}: 「{other.new}」と「{new}」の2つの答えがあります"
                    town.questions.append(words)
                    cells[kind, record, column] = replace(other, new=other.old)
    town.changes = [one for one in cells.values() if one.new != one.old]
    town.closed = [one for one, verdict in verdicts.items() if verdict == reader.STOPPED]
    town.confirmed = [one for one, v in verdicts.items() if v in (reader.SAME, reader.MENDED)]


def _corrected(row: Checked, now: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the cells that a row corrects, and what has to be asked of it."""
    if row.verdict == reader.STOPPED:
        return {}, []
    base = row.base or now
    found, asked = {}, []
    for column, cell in row.cells.items():
        said, label = str(base.get(column, "")), reader.EDITED[column]
        if _same(cell, said) or _same(cell, now[column]):
            continue
        if not cell and (column == "name" or row.verdict != reader.MENDED):
            asked.append(f"{label}が空欄になっています(元は「{said}」)")
        elif said != now[column]:
            asked.append(
                f"{label}が、送ったあとに台帳でも変わっています(回答「{cell}」、台帳「{now[column]}」)"
            )
        else:
            found[column] = cell
    if row.verdict == reader.MENDED and not (found or asked or row.remark):
        asked.append("「直す」ですが、直したところがありません")
    return found, asked


def _same(one: str, other: str) -> bool:
    return (
        unicodedata.normalize("NFKC", one).strip() == unicodedata.normalize("NFKC", other).strip()
    )


def _by_name(row: Checked, offices: pd.DataFrame, offered: pd.DataFrame, dataset: Dataset) -> str:
    """Return the only support that a row without a key can mean, '' for none or several."""
    wanted = plain_name(row.cells.get("name", ""))
    here = [one for one, name in offices["name"].items() if wanted and plain_name(name) == wanted]
    found = offered[offered["organisation"].isin(here)]
    named = dataset.fields.index[dataset.fields["name"] == row.field]
    if len(named) and len(found) > 1:
        found = found[found["field"] == named[0]]
    return str(found.index[0]) if len(found) == 1 else ""


def _single(
    incoming: Incoming,
    owner: Mapping[str, TownPlan],
    table: Mapping[str, pd.DataFrame],
    decisions: Mapping[str, str],
) -> tuple[Incoming, tuple[Double, ...]]:
    """Leave out what the store or another answer has already, and what may be a double.

    A record whose place is hidden is compared with none, and none with it.
    """
    held = table["organisations"]
    held = held[held["location_public"].astype(bool) & held["same_as"].isna()]
    there: dict[str, list[tuple[str, str, str, str, str]]] = {}
    for row in held.reset_index().itertuples():
        at = there.setdefault(row.municipality_code, [])
        at.append(
            (row.organisation, row.name, plain_name(row.name), phone_digits(row.phone), row.address)
        )
    left, doubles = [], []
    for key, new in incoming.organisations.iterrows():
        town = owner[str(key)]
        if not new["location_public"]:
            continue
        name, phone = plain_name(new["name"]), phone_digits(new["phone"])
        for one, their_name, theirs, number, address in there.get(new["municipality_code"], []):
            alike = SequenceMatcher(None, name, theirs).ratio()
            one_phone = bool(phone) and phone == number
            if name == theirs and (one_phone or not phone or not number or one not in held.index):
                town.already.append(new["name"])
                left.append(key)
                break
            if one not in held.index:  # of the same load: whoever wrote it knows them apart
                continue
            if name == theirs or same_by_phone(alike, phone, number) or near(alike):
                reason = "名称が同じで、電話番号が違います" if name == theirs else "電話番号が同じで、名称が似ています" if one_phone else "名称がよく似ています"  # fmt: skip
                mark = f"{town.code}:{name}:{one}"
                said = held.loc[one]
                if decisions.get(mark) != DIFFERENT:
                    left.append(key)
                if mark not in decisions:
                    town.questions.append(
                        f"「{new['name']}」は台帳の「{their_name}」と同じ団体ですか({reason})"
                    )
                elif decisions[mark] == SAME:
                    town.already.append(new["name"])
                doubles.append(Double(mark, town.code, new["name"], new["phone"], new["address"],
                    one, their_name, str(said["phone"]), address, reason))  # fmt: skip
                break
        if key not in left:
            at = there.setdefault(new["municipality_code"], [])
            at.append((str(key), new["name"], name, phone, new["address"]))
    offices = incoming.organisations.drop(index=left)
    offered = incoming.services[incoming.services["organisation"].isin(offices.index)]
    return replace(incoming, organisations=offices, services=offered), tuple(doubles)


def _account(added: Preview, incoming: Incoming, owner: Mapping[str, TownPlan]) -> None:
    """Say in each municipality's plan what of the new records is new, known or refused."""
    by_row = {int(row): owner[str(key)] for key, row in incoming.organisations["file_row"].items()}
    for row, name, outcome in added.records["organisations"][["file_row", "name", "outcome"]].itertuples(index=False):  # fmt: skip
        (by_row[int(row)].found if outcome == "new" else by_row[int(row)].already).append(name)
    for one in added.refused[len(incoming.refused) :]:
        if one.row in by_row:
            town = by_row[one.row]
            town.lost.append(replace(one, file=town.files[0][0], row=None))


def _listed(
    town: TownPlan,
    table: Mapping[str, pd.DataFrame],
    incoming: Incoming | None,
    places: Mapping[str, int],
    taken: Sequence[Answer],
) -> set[str]:
    """Return the fields in which the municipality will have something listed."""
    offices, offered = table["organisations"], table["services"]
    offered = offered[(offered["status"] == "active") & ~offered.index.isin(town.closed)]
    public = offered["organisation"].map(offices["location_public"]).astype(bool)
    here = offered["organisation"].map(offices["municipality_code"]) == town.code
    names = offered["service_area"].map(lambda area: town.code in area.split(";"))
    listed = set(offered.loc[public & (here | names), "field"])
    if incoming is not None:
        mine = [one for one, place in places.items() if taken[place].code == town.code]
        new = incoming.services["organisation"].isin(mine)
        listed |= set(incoming.services.loc[new, "field"])
    return listed


def _look(
    town: TownPlan,
    mine: Iterable[Answer],
    dataset: Dataset,
    listed: set[str],
    asked_on: pd.Series,
    today: date,
) -> None:
    """Sort what was found in the fields that somebody looked into."""
    done: dict[str, Looked | None] = {}
    for answer in mine:
        for one in answer.looked:
            name = dataset.fields.at[one.field, "name"]
            if one.result == reader.UNASKED:
                continue
            on = read_date(one.on)
            if on is None or on > today or not one.by.strip():
                column, value = (reader.BY, one.by) if on and on <= today else (reader.ON, one.on)
                reason = "空欄です" if not value.strip() else "日付ではないか、先の日付です"
                town.lost.append(Refusal(answer.file, one.row, column, value, f"{name}: {reason}"))
            elif one.result == reader.THERE and one.field not in listed:
                town.questions.append(f"{name}: {LISTED_NOWHERE}")
            elif one.result == reader.ABSENT and one.field in listed:
                town.questions.append(f"{name}: {LISTED_YET}")
            elif (later := asked_on.get((town.code, one.field))) is not None and later > on:
                town.questions.append(f"{name}: より新しい調査({later})があります")
            elif one.field in done and (other := done[one.field]) and other.result != one.result:
                town.questions.append(
                    f"{name}: 「{other.result}」と「{one.result}」の2つの答えがあります"
                )
                done[one.field] = None
            else:
                done.setdefault(one.field, replace(one, on=on.isoformat()))
    kept = [one for one in done.values() if one is not None]
    town.known = [one for one in kept if one.result == reader.THERE]
    town.empty = [one for one in kept if one.result == reader.ABSENT]
