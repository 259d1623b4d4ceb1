"""Show the records of a municipality to who edits them: choose one, its history, its contact."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import date
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
from sqlalchemy import Engine

from geo.data.dataset import Dataset
from geo.data.dates import in_japan
from geo.data.schema import RECORD_NAMES
from geo.data.vocabulary import STATUSES
from geo.errors import GeoError
from geo.people import history
from geo.people.permissions import Person
from geo.records import contacts, drafts, editing, hiding
from geo.records.cells import TYPED
from geo.records.contacts import Contact
from geo.records.drafts import STATES
from geo.records.editing import EditConflictError
from geo.store.database import reading
from geo.store.tables import RECORDS
from geo.ui import controls, frame, reversing
from geo.ui.records import form
from geo.ui.records.words import BLANK, differences, shown
from geo.ui.reversing import undo_of_undo

ACTIONS = {"new": "登録", "removed": "取り消し", "restored": "元に戻す", "unlisted": "掲載なし"}


def choose(data: Dataset, engine: Engine, who: Person) -> None:
    """Let an editor choose a record of a municipality, or begin a new one."""
    names = data.municipalities["name"]
    towns = [*names.index, form.NOWHERE] if who.edits_all else sorted(who.municipalities)
    left, right = st.columns([1, 2], gap="large")
    with left:
        town = controls.town(
            data,
            "town",
            default=controls.FIRST_TOWN if controls.FIRST_TOWN in towns else towns[0],
            codes=towns,
            also={form.NOWHERE: "所在の市町村がない団体"},
            always=True,
        )
    code = "" if town == form.NOWHERE else town
    table = editing.list_records(engine, code, who)
    offices = table.drop_duplicates("organisation").set_index("organisation")
    with right:
        one = _office(offices)
    first, *_ = st.columns([2, 5])
    first.button(
        "新しい団体を登録",
        icon=":material/add:",
        on_click=form.open_draft,
        args=(engine, partial(editing.new_organisation, code, date.today(), who), who),
        width="stretch",
    )
    if one is None:
        st.info("この市町村の団体はまだ登録されていません。知っている団体を登録してください。")
        return
    _record(data, engine, who, one, table[table["organisation"] == one].dropna(subset="service"))


def _office(offices: pd.DataFrame) -> str | None:
    if offices.empty:
        return None

    def label(key: str) -> str:
        row = offices.loc[key]
        marks = "" if row["location_public"] else " 🔒所在地は非公開"
        return f"{row['name']}{marks}{'' if row['listed'] else '(掲載なし)'}"

    chosen: str = controls.select(
        f"団体({len(offices):,}件)",
        list(offices.index),
        "record",
        default=offices.index[0],
        format_func=label,
    )
    return chosen


def _record(
    data: Dataset, engine: Engine, who: Person, organisation: str, offers: pd.DataFrame
) -> None:
    """Show what can be edited of one organisation: itself, its services, contact and history."""
    opening = partial(editing.open_edit, engine)
    buttons = st.columns([2, 2, 3])
    buttons[0].button(
        "この団体を編集",
        type="primary",
        icon=":material/edit:",
        on_click=form.open_draft,
        args=(engine, partial(opening, "organisations", organisation, who), who),
        width="stretch",
    )
    buttons[1].button(
        "支援を追加",
        icon=":material/add:",
        on_click=form.open_draft,
        args=(engine, partial(editing.new_service, organisation, date.today(), who), who),
        width="stretch",
    )
    for row in offers.to_dict("records"):
        name, button, _ = st.columns([3, 1, 4], vertical_alignment="center")
        status = "" if row["status"] == "active" else f"({STATUSES[row['status']]})"
        name.markdown(f"支援: **{data.fields['name'].get(row['field'], row['field'])}**{status}")
        button.button(
            "編集",
            key=f"service_{row['service']}",
            on_click=form.open_draft,
            args=(engine, partial(opening, "services", row["service"], who), who),
            width="stretch",
        )
    _contact(engine, who, organisation)
    _history(data, engine, who, [("organisations", organisation), *_keys(offers)])


def _keys(offers: pd.DataFrame) -> list[tuple[str, str]]:
    return [("services", key) for key in offers["service"]]


def _contact(engine: Engine, who: Person, organisation: str) -> None:
    with st.expander("非公開の連絡先", icon=":material/contact_phone:"):
        st.caption(
            "担当者や直通の番号。この市町村と道の編集者だけが見られ、公開の画面・地図・"
            "書き出しには出ません。"
        )
        now = contacts.read_contact(engine, organisation, who)
        with st.form(f"contact_{organisation}"):
            left, middle, right = st.columns(3)
            contact = Contact(
                person=left.text_input("担当", now.person, max_chars=100),
                phone=middle.text_input("電話", now.phone, max_chars=40),
                email=right.text_input("メール", now.email, max_chars=254),
                note=st.text_input("メモ", now.note, max_chars=500),
            )
            if st.form_submit_button("連絡先を保存"):
                try:
                    contacts.set_contact(engine, organisation, contact, who)
                except GeoError as error:
                    st.error(f"{frame.plain(str(error))}。")
                else:
                    st.success("連絡先を保存しました。", icon=":material/check:")


def _history(data: Dataset, engine: Engine, who: Person, keys: list[tuple[str, str]]) -> None:
    with reading(engine) as connection:
        found = pd.concat(
            [
                history.of_record(connection, RECORDS[kind], key).assign(kind=kind)
                for kind, key in keys
            ]
        ).sort_values("id", ascending=False, kind="stable")
    with st.expander(f"この団体の履歴({len(found)}件)", icon=":material/history:"):
        if found.empty:
            st.caption("まだ何も変わっていません。")
            return
        table = pd.DataFrame(
            [
                {
                    "番号": row["id"],
                    "日時": in_japan(row["at"]),
                    "だれが": row["by_whom"],
                    "内容": row["title"],
                    "前の値": _before(data, row),
                    "取り消し": ""
                    if pd.isna(row["undone_by"])
                    else f"変更{int(row['undone_by'])}で取り消し",
                }
                for row in found.to_dict("records")
            ]
        )
        frame.table(table)
        frame.downloads({"履歴": table}, "履歴", data)
        undoable = (table["取り消し"] == "") & (found["change"] != "seed").to_numpy()
        standing = table.assign(取り消しの取り消し=undo_of_undo(found).to_numpy())
        standing = standing[undoable].drop_duplicates("番号")
        if standing.empty:
            return
        if done := reversing.panel(engine, who, standing, "record"):
            st.session_state[form.DONE] = ("success", done)
            st.rerun()


def _before(data: Dataset, row: Mapping[Hashable, Any]) -> str:
    """Return in Japanese what a record's cells were before a change."""
    if row["before"] is None:
        return ACTIONS.get(row["action"], "登録")
    columns = TYPED[row["kind"]]
    cells = [
        f"{columns[name].asked}: {_cell(data, name, value) or BLANK}"
        for name, value in row["before"].items()
        if name in columns
    ]
    return "、".join(cells) or ACTIONS.get(row["action"], "")


def _cell(data: Dataset, name: str, value: object) -> str:
    if value is None:
        return ""
    text = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    return shown(data, name, text)


def my_drafts(data: Dataset, engine: Engine, who: Person) -> None:
    """List an editor's drafts that are not in the records yet."""
    found = drafts.mine(engine, who)
    if not found:
        st.info("下書きはありません。「記録を編集」で団体を選ぶと始まります。")
    for draft in found:
        name, button = st.columns([5, 1], vertical_alignment="center")
        name.markdown(_line(data, draft))
        button.button(
            "開く", key=f"open_{draft.id}", on_click=_open, args=(draft.id,), width="stretch"
        )


def review(data: Dataset, engine: Engine, who: Person) -> None:
    """Let the prefecture accept or give back what waits for it."""
    found = drafts.waiting(engine, who)
    if not found:
        st.success("審査を待つ下書きはありません。", icon=":material/check_circle:")
    for draft in found:
        with st.container(border=True):
            st.markdown(f"{_line(data, draft)} — {frame.plain(draft.author_name)}")
            frame.table(differences(data, draft.edit))
            note, accept, back = st.columns([4, 1, 1], vertical_alignment="bottom")
            words = note.text_input("差し戻すときの理由", key=f"note_{draft.id}")
            if accept.button(
                "受け入れる", type="primary", key=f"accept_{draft.id}", width="stretch"
            ):
                _accept(data, engine, draft, who)
            if back.button("差し戻す", key=f"back_{draft.id}", width="stretch"):
                _send_back(engine, draft, words, who)


def _accept(data: Dataset, engine: Engine, draft: drafts.Draft, who: Person) -> None:
    """Write a draft of somebody else into the records, or say why that cannot be."""
    try:
        change = drafts.publish(engine, data, draft, who, date.today())
    except EditConflictError as conflict:
        st.error(
            f"{frame.plain(conflict.by)}が先にこの記録を変えました。差し戻すと、"
            "書いた人がいまの台帳にのせ直せます。"
        )
    except GeoError as error:
        st.error(f"{frame.plain(str(error))}。")
    else:
        told = frame.plain(hiding.told(engine, [change]))
        form.leave("success", f"受け入れました(変更の番号 {change})。{told}")


def _send_back(engine: Engine, draft: drafts.Draft, note: str, who: Person) -> None:
    """Give a draft back to its author."""
    try:
        drafts.send_back(engine, draft, note, who)
    except GeoError as error:
        st.error(f"{frame.plain(str(error))}。")
    else:
        form.leave("info", "差し戻しました。書いた人の「下書き」に理由が出ます。")


def _line(data: Dataset, draft: drafts.Draft) -> str:
    cells = draft.edit.cells
    name = cells.get("name") or data.fields["name"].get(cells.get("field", ""), "")
    if draft.edit.kind == "services":
        name = f"{data.organisations['name'].get(cells['organisation'], '')} {name}"
    doing = "登録" if draft.edit.base_revision is None else "編集"
    return (
        f"**{frame.plain(name.strip() or '(名称なし)')}** "
        f"{RECORD_NAMES[draft.edit.kind]}の{doing}・{STATES[draft.state]}・"
        f"{in_japan(draft.updated_at)}"
    )


def _open(key: str) -> None:
    st.query_params[form.LINK] = key
