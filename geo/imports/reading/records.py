"""Gather the rows of a file into organisations, one for each office, and their services."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from geo.data.dates import read_date
from geo.data.schema import ORGANISATION_COLUMNS, SERVICE_COLUMNS
from geo.data.tables import Column
from geo.data.vocabulary import APPROACHES, CONFIDENCE, MODES, PRECISIONS
from geo.imports.places.addresses import resolve
from geo.imports.places.gazetteer import normal
from geo.imports.reading import mending
from geo.imports.reading.closing import status_of, with_ends
from geo.imports.reading.headers import HERE
from geo.imports.reading.incoming import FRAME_COLUMNS, Account
from geo.imports.reading.keys import (
    Rows,
    give_keys,
    merged_offices,
    refuse_doubled,
    service_ids,
)

NO_DATE = frozenset(("", "-", "なし", "不明", "未定", "未確認", "0"))  # say that no day is known
# A capacity of people who are visited, called or sent something says nothing.
CAPACITY_MODES = "place"
KEYS = ("organisation", "service")  # given when all else of a row is known
WIDE = {
    "全国": ("nation",), "全道": ("prefecture",), "道内": ("prefecture",), "北海道": ("prefecture",),
    "nation": ("nation",), "prefecture": ("prefecture",),
}  # fmt: skip


def gather(rows: Rows, account: Account) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return organisations and services of the rows that are kept, typed as in a dataset."""
    offices = _offices(rows, account)
    offered = _offered(rows, account, offices)
    give_keys(rows, offices)
    refuse_doubled(rows, account, offices, offered)
    kept = account.kept & np.isin(np.arange(len(offices)), offered["row"])
    if not kept.any():
        return offices.iloc[:0], offered.iloc[:0]
    offices = offices[kept]
    offered = offered[account.kept[offered["row"]]]
    keys = offices["organisation"]
    services = offered.assign(organisation=keys.reindex(offered["row"]).to_numpy())
    services["service"] = service_ids(rows, services)
    services = services.drop_duplicates("service").set_index("service")
    notes = services.groupby("organisation", sort=False)["kind"].agg(lambda one: "、".join(dict.fromkeys(filter(None, one))))  # fmt: skip
    services["kind"] = _listed_kinds(rows, services)
    organisations = merged_offices(offices)
    if rows.format.key not in ("shigen", "template"):
        told = notes.reindex(organisations.index).fillna("")
        between = np.where((told != "") & (organisations["note"] != ""), "。", "")
        organisations["note"] = (told + between + organisations["note"]).str.slice(0, 500)
    return organisations[FRAME_COLUMNS["organisations"]], services[FRAME_COLUMNS["services"]]


def _listed_kinds(rows: Rows, services: pd.DataFrame) -> np.ndarray:
    """Return the kind of each service as a line of the service types, or as our own export says."""
    line = services["type"].to_numpy()
    own = rows.cells["service_kind"].to_numpy()[services["row"]]
    result: np.ndarray = np.where(line >= 0, rows.kinds.types["type"].to_numpy()[line], own)
    return result


def _offices(rows: Rows, account: Account) -> pd.DataFrame:
    cells, places = rows.cells, rows.places
    hidden = account.secret
    ours = rows.format.key == "shigen"
    phone, url = cells["phone"], cells["url"]
    if not ours:
        phone, phone_notes = mending.mapped(phone, mending.phone)
        account.mend((phone_notes != "").to_numpy(), "phone", cells["phone"], phone_notes)
        url, url_notes = mending.mapped(url, mending.url)
        account.mend((url_notes != "").to_numpy(), "url", cells["url"], url_notes)
    checked, dated = _dates(rows, account)
    days = cells["days"]
    note = cells["note"] + np.where((cells["note"] != "") & (days != ""), "。", "") + days
    frame = pd.DataFrame(
        {
            "name": cells["name"],
            "operator": cells["operator"],
            "municipality_code": places["code"].where(~hidden, ""),
            "address": places["address"].where(~hidden, ""),
            "lat": places["lat"].where(~hidden, np.nan),
            "lon": places["lon"].where(~hidden, np.nan),
            "precision": places["precision"].where(~hidden, ""),
            "phone": phone,
            "url": url,
            "location_public": ~hidden,
            "layer": rows.format.layer,
            "source": rows.source,
            "source_date": dated,
            "checked_on": checked,
            "confidence": "A",
            "note": with_ends(note, rows, account) if not ours else cells["note"],
            "file_row": account.rows,
            "sheet": account.sheets if account.sheets is not None else "",
        }
    )
    types = rows.kinds.found[rows.kinds.found["type"] >= 0].drop_duplicates("row")
    layers = rows.kinds.types["layer"].to_numpy()[types["type"]]
    frame.loc[types["row"].to_numpy(), "layer"] = layers
    if ours or rows.format.key == "template":
        _own_words(frame, rows)
    return _with_others(frame, ORGANISATION_COLUMNS, cells, np.arange(len(frame)), account)


def _own_words(frame: pd.DataFrame, rows: Rows) -> None:
    """Take over what only our own form says, where it is a word that is known."""
    cells, names = rows.cells, rows.dataset.layers["name"]
    layers = {**{name: code for code, name in names.items()}, **{code: code for code in names.index}}  # fmt: skip
    frame["layer"] = cells["layer"].map(layers).fillna("other").astype("str")
    for column, words in (("confidence", CONFIDENCE), ("precision", PRECISIONS)):
        known = {
            **{label: word for word, label in words.items() if word},
            **{w: w for w in words if w},
        }
        said = cells[column].map(known)
        if column == "precision":
            said = said.where(
                frame["lat"].isna()
                != cells[column].isin(["地点", "point", "街区・町丁目", "block"])
            )
            said = said.where(frame["location_public"])
        frame[column] = said.fillna(frame[column]).astype("str")
    if (cells["source"] != "").any():
        frame["source"] = cells["source"].where(cells["source"] != "", frame["source"])
    if (cells["source_date"] != "").any():
        frame["source_date"] = cells["source_date"].where(
            cells["source_date"] != "", frame["source_date"]
        )


def _dates(rows: Rows, account: Account) -> tuple[pd.Series, pd.Series]:
    """Return the day each row was confirmed and the date of its source.

    The day is the row's own, else the edition's, else the day of reading.
    """
    cells = rows.cells["updated"]
    edition = read_date(rows.edition) if rows.edition else None
    default = edition or rows.on
    days = {cell: read_date(cell) if cell not in NO_DATE else None for cell in cells.unique()}
    unread = cells.map(lambda cell: cell not in NO_DATE and days[cell] is None).to_numpy(dtype=bool)
    future = cells.map(lambda cell: (days[cell] or default) > rows.on).to_numpy(dtype=bool)
    # What cannot be read is not today: the oldest day that the list names is the best that is known.
    known = [day for day in days.values() if day is not None and day <= rows.on]
    oldest = edition or min(known, default=None)
    bad = unread | future
    if oldest is None:
        account.refuse(
            bad,
            "updated",
            cells,
            "日付として読めません。2026-04-01 や 令和8年4月1日 のように直してください",
        )
    words = "" if oldest is None else f"。{oldest}とした({'データの日付' if edition else '一覧の中で最も古い日付'})"  # fmt: skip
    account.mend(unread, "updated", cells, f"日付として読めない{words}")
    account.mend(future, "updated", cells, f"先の日付。使わない{words}")
    found, own = [], []
    for cell, wrong in zip(cells, bad, strict=True):
        day = None if wrong else days[cell]
        found.append(day or (oldest if wrong and oldest else default))
        own.append(
            day.isoformat()
            if day
            else rows.edition or (f"{oldest}(推定)" if wrong else f"{rows.on}に読み込み")
        )
    checked = pd.Series(found, dtype=object)
    return checked, pd.Series(own, dtype="str")


def _offered(rows: Rows, account: Account, offices: pd.DataFrame) -> pd.DataFrame:
    """Return one line for each service of each row."""
    cells, found = rows.cells, rows.kinds.found
    at = found["row"].to_numpy()
    kind = found["type"].to_numpy()
    table = rows.kinds.types
    pick = {name: table[name].to_numpy(dtype=object)[kind] for name in ("field", "approaches", "modes", "target")}  # fmt: skip
    frame = pd.DataFrame({"row": at, "kind": found["kind"].to_numpy(), "type": kind})
    for name, values in pick.items():
        frame[name] = pd.Series(values, dtype=object)
    _named_fields(frame, kind < 0, rows, account)
    said = cells["target"].to_numpy()[at]
    kinds = frame["kind"].to_numpy()
    target = np.where(said != "", said, frame["target"])
    both = (kinds != "") & (target != "") & (kind >= 0)
    frame["target"] = np.where(
        both, kinds + "(" + target + ")", np.where(kind >= 0, kinds + target, said)
    )
    capacity, notes = mending.mapped(cells["capacity"], mending.capacity)
    account.mend((notes != "").to_numpy(), "capacity", cells["capacity"], notes)
    numbers = pd.to_numeric(capacity, errors="coerce").to_numpy()[at]
    visited = ~np.array([CAPACITY_MODES in modes for modes in frame["modes"]], dtype=bool)
    shared = frame["row"].duplicated(keep=False).to_numpy()  # one number for several services
    ours = rows.format.key in ("shigen", "template")
    frame["capacity"] = np.where((visited | shared) & (not ours), np.nan, numbers)
    areas, area_notes = _areas(rows, offices, account)
    frame["service_area"] = pd.Series([areas[row] for row in at], dtype=object)
    frame["service_area_note"] = np.array(area_notes, dtype=object)[at]
    for name in ("source", "source_date", "confidence", "file_row", "sheet"):
        frame[name] = offices[name].to_numpy()[at]
    frame["status"] = status_of(rows)[at]
    frame = frame.astype(dict.fromkeys(("field", "target", "service_area_note", "status"), "str"))
    return _with_others(frame, SERVICE_COLUMNS, cells, at, account)


def _with_others(
    frame: pd.DataFrame,
    columns: Mapping[str, Column],
    cells: Mapping[str, pd.Series],
    at: np.ndarray,
    account: Account,
) -> pd.DataFrame:
    """Return a frame with the columns of its kind that are read as they are written.

    at: the row of the file that each of the frame's rows is from. A cell that does not fit is blank.
    """
    for name in [name for name in columns if name not in frame and name not in KEYS]:
        column, written = columns[name], cells[name]
        values, notes = {}, {}
        for cell in written.unique():
            try:
                values[cell] = column.read_back(cell) if cell else column.blank
            except ValueError as error:
                values[cell], notes[cell] = column.blank, f"{error}。使わない"
        account.mend(written.isin(list(notes)).to_numpy(), name, written, written.map(notes))
        found = pd.Series([values[cell] for cell in written.tolist()], dtype=object).iloc[at]
        frame[name] = found.infer_objects().to_numpy()
    return frame


def _named_fields(frame: pd.DataFrame, direct: np.ndarray, rows: Rows, account: Account) -> None:
    """Fill field, approaches and modes of rows that name them; refuse unknown words."""
    if not direct.any():
        return
    cells, fields = rows.cells, rows.dataset.fields
    names = {name: code for code, name in fields["name"].items()}
    names |= {code: code for code in fields.index}
    table = rows.kinds.types
    usual = table[table["field"] != ""].groupby("field")[["approaches", "modes"]].agg(lambda one: one.mode().iloc[0])  # fmt: skip
    refused = np.zeros(len(account.rows), dtype=bool)
    assumed = np.zeros(len(account.rows), dtype=bool)
    words = _words(cells)
    for line in direct.nonzero()[0]:
        row = int(frame.at[line, "row"])
        code = names.get(cells["field"].iloc[row], "")
        if not code:
            refused[row] = True
            continue
        approaches, modes = words[row]
        if not (approaches and modes) and code in usual.index:
            assumed[row] = True
            approaches = approaches or usual.at[code, "approaches"]
            modes = modes or usual.at[code, "modes"]
        frame.at[line, "field"] = code
        frame.at[line, "approaches"] = approaches or ("2",)
        frame.at[line, "modes"] = modes or ("place",)
        frame.at[line, "target"] = ""
    field = cells["field"]
    account.refuse(refused & (field == "").to_numpy(), "field", field, "支援の分野が空欄です")
    account.refuse(refused, "field", field, "支援の分野の一覧にない言葉です")
    account.mend(assumed, "modes", field, "提供方法かアプローチが空欄なので、分野の標準とした")


def _words(cells: Mapping[str, pd.Series]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return (approaches, modes) that each row names, in one cell or in a column for each word."""
    labels = {**{label: mode for mode, label in MODES.items()}, **{mode: mode for mode in MODES}}
    found = []
    for row, (first, second) in enumerate(zip(cells["approaches"], cells["modes"], strict=True)):
        said = [part.strip() for part in second.replace("、", ";").split(";")]
        modes = {labels[part] for part in said if part in labels}
        modes |= {mode for mode in MODES if cells[f"mode_{mode}"].iloc[row]}
        numbers = {part.strip()[:1] for part in normal(first).split(";")}
        numbers |= {number for number in APPROACHES if cells[f"approach_{number}"].iloc[row]}
        found.append(
            (tuple(n for n in APPROACHES if n in numbers), tuple(m for m in MODES if m in modes))
        )
    return found


def _areas(
    rows: Rows, offices: pd.DataFrame, account: Account
) -> tuple[list[tuple[str, ...]], list[str]]:
    """Return the service area of each row as codes, and what of it is no municipality's name."""
    cells = rows.cells["service_area"]
    notes = list(rows.cells["service_area_note"])
    program = rows.format.key == "standard_program"
    wide = rows.cells["prefecture_area"]
    areas: list[tuple[str, ...]] = []
    unread = np.zeros(len(cells), dtype=bool)
    codes = offices["municipality_code"].to_numpy()
    known: dict[tuple[str, str], tuple[tuple[str, ...], str]] = {}
    for row, cell in enumerate(cells):
        text = cell or ("全道" if program and not codes[row] and "北海道" in wide.iloc[row] else "")
        if not text:
            areas.append((codes[row],) if program and codes[row] else ())
            continue
        asked = (text, codes[row] if HERE in text else "")
        if asked not in known:
            known[asked] = _area(*asked, rows.dataset.municipalities)
        area, rest = known[asked]
        areas.append(area)
        if rest:
            unread[row] = True
            notes[row] = "。".join(filter(None, (notes[row], rest)))
    account.mend(
        unread, "service_area", cells, "市町村名として読めない部分は、対象地域の説明に移した"
    )
    return areas, notes


def _area(text: str, here: str, towns: pd.DataFrame) -> tuple[tuple[str, ...], str]:
    found: list[str] = []
    unread = []
    for part in filter(None, (each.strip() for each in text.replace("、", ";").replace(",", ";").split(";"))):  # fmt: skip
        bureau = part.removesuffix("管内").removesuffix("総合振興局").removesuffix("振興局")
        if part in WIDE:
            return WIDE[part], ""
        if part == HERE:
            found += [here] if here else []
        elif part in towns.index:
            found.append(part)
        elif code := resolve("北海道" + part).code:
            found.append(code)
        elif bureau != part and (towns["subprefecture"] == bureau).any():
            found += towns.index[towns["subprefecture"] == bureau].tolist()
        else:
            unread.append(part)
    return tuple(dict.fromkeys(found)), ";".join(unread)


NARROW = str.maketrans({0xFF08: "(", 0xFF09: ")"})


def in_brackets(name: str) -> str:
    """Return what stands in a name's first brackets, '' where none are closed."""
    _, opened, rest = name.translate(NARROW).partition("(")
    words, closed, _ = rest.partition(")")
    return words if opened and closed else ""
