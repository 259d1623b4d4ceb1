"""Say the cells of a record in the words of the pages."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from geo.data.dataset import Dataset
from geo.data.vocabulary import APPROACHES, CONFIDENCE, MODES, STATUSES
from geo.imports.reading.disclosure import hints_at_refuge
from geo.records import hiding
from geo.records.cells import TYPED, Cells
from geo.records.directory import area_text
from geo.records.editing import Edit
from geo.ui import frame

BLANK = "(空欄)"


def words(data: Dataset) -> dict[str, Callable[[str], str]]:
    """Return, by column of choices, what says one of them."""
    return {
        "municipality_code": lambda code: data.municipalities["name"].get(code, code) or "なし",
        "location_public": lambda word: "公開する" if word == "yes" else "公開しない",
        "layer": lambda word: data.layers["name"].get(word, word),
        "confidence": lambda word: f"{word} {CONFIDENCE.get(word, '')}",
        "field": lambda word: data.fields["name"].get(word, word),
        "status": lambda word: STATUSES.get(word, word),
        "approaches": lambda word: f"{word} {APPROACHES.get(word, '')}",
        "modes": lambda word: MODES.get(word, word),
        "service_area": lambda word: area_text(data, (word,)),
    }


def shown(data: Dataset, name: str, cell: str | None) -> str:
    """Return a cell as a page says it, '' for an empty one."""
    if not cell:
        return ""
    say = words(data).get(name)
    return cell if say is None else "・".join(say(part) for part in cell.split(";") if part)


def differences(data: Dataset, edit: Edit) -> pd.DataFrame:
    """Return what an edit changes, for reading: 項目, 前, 後."""
    rows = [
        (
            TYPED[edit.kind][name].asked,
            *(shown(data, name, one) or BLANK for one in (edit.base.get(name), cell)),
        )
        for name, cell in edit.cells.items()
        if cell != edit.base.get(name, "")
    ]
    return pd.DataFrame(rows, columns=["項目", "前", "後"])


def say_what_is_public(data: Dataset, kind: str, cells: Cells) -> None:
    """Say before anything is saved what everybody will see of it."""
    if kind == "services":
        public = data.organisations["location_public"]
        if public.get(cells["organisation"], True):
            st.caption(":material/public: 反映すると、この支援の内容はすべて公開されます。")
            return
        st.info(
            "所在地を公開しない団体の支援です。対象地域とその説明、対象、定員、実施の形は公開されます。"
            "出典は、市町村が分かるものを除いて公開されます。",
            icon=":material/visibility_off:",
        )
        return
    if cells["location_public"] == "yes":
        st.caption(
            ":material/public: 反映すると、住所・地図の点・電話・出典・備考まで、この内容はすべて公開されます。"
        )
        if hints_at_refuge(cells["name"]):
            st.warning(
                "名称がシェルターなどを思わせます。所在地を公開してよい団体か、確かめてください。",
                icon=":material/visibility:",
            )
        return
    st.info(
        "公開しない所在地は、この町と道の編集者だけが見られます。"
        "地図・書き出し・公開の画面には、市町村も含めて出ません。",
        icon=":material/visibility_off:",
    )
    public = hiding.public_cells(cells, data)
    frame.table(
        pd.DataFrame(
            [
                {
                    "項目": TYPED[kind][name].asked,
                    "だれにでも見えるもの": shown(data, name, public[name]) or "(出さない)",
                }
                for name in TYPED[kind]
                if cells.get(name)
            ]
        )
    )
    st.caption(
        "町が分かる言葉(町の名、役場のアドレス、市外局番)は除きます。番号を公開する電話は、"
        "番号のうしろに(公開)と書くと出ます。"
    )
    if hiding.names_a_town(cells["name"], data):
        st.warning(
            "名称は公開されます。名称に市町村の名があるので、どこにあるかが分かります。",
            icon=":material/visibility:",
        )
