"""Show the form of one record: checks while one types, a draft that is kept, and the conflict."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
from sqlalchemy import Engine

from geo.data.dataset import Dataset
from geo.data.dates import in_japan
from geo.data.schema import RECORD_NAMES, WIDE_AREAS
from geo.data.vocabulary import APPROACHES, CONFIDENCE, MODES, STATUSES
from geo.errors import GeoError, NotAllowedError, StoreError
from geo.people.ownership import ReviewNeededError
from geo.people.permissions import Person
from geo.records import drafts, editing, hiding
from geo.records.cells import TYPED, Cells, check
from geo.records.drafts import STATES, Draft, DraftGoneError
from geo.records.editing import EditConflictError
from geo.ui import frame, session
from geo.ui.records.words import differences, say_what_is_public, shown, words

LINK = "draft"  # the query parameter that names the draft that is open
DONE = "_edited"  # what to say after a record was written
CONFLICT = "_edit_conflict"  # (draft, conflict): of one draft, not of the next that is opened
WAITED = "_edit_waited"  # the draft that could not be read in the run before
NOWHERE = "none"  # in the address, for organisations that stand in no municipality
TYPING = "500ms"  # how long a pause is before the form checks what was typed
ORDER = {
    "organisations": (
        ("name", "operator"),
        ("municipality_code", "postal_code", "address"),
        ("location_public", "lat", "lon"),
        ("phone", "hours", "url"),
        ("layer", "confidence"),
        ("source", "source_date", "checked_on"),
        ("note",),
    ),
    "services": (
        ("field", "kind", "status"),
        ("approaches", "modes"),
        ("service_area", "service_area_note"),
        ("target", "capacity"),
        ("source", "source_date", "confidence"),
    ),
}


def open_draft(engine: Engine, make: Callable[[], editing.Edit], who: Person) -> None:
    """Begin an edit and open its draft; a button's callback."""
    try:
        st.query_params[LINK] = drafts.start(engine, make(), who).id
    except GeoError as error:
        st.session_state[DONE] = ("error", str(error))


def form(data: Dataset, key: str) -> None:
    """Show the draft of a key with its controls, and keep what is typed."""
    session.outlast_runs()
    _form(data, key)


@st.fragment
def _form(data: Dataset, key: str) -> None:
    try:
        engine, who = session.store(), session.person()
        draft = drafts.read(engine, key, who)
    except StoreError as error:
        _wait(key, error)
        return
    except (DraftGoneError, NotAllowedError) as error:
        st.warning(f"{frame.plain(str(error))}。", icon=":material/lock:")
        st.button("一覧に戻る", on_click=close)
        return
    if st.session_state.pop(WAITED, None) == key:
        _say_again(key)
    new = draft.edit.base_revision is None
    kind = RECORD_NAMES[draft.edit.kind]
    st.subheader(f"{kind}の{'登録' if new else '編集'}")
    if draft.edit.kind == "services":
        owner = str(draft.edit.cells.get("organisation") or "")
        st.markdown(f"団体: **{frame.plain(str(data.organisations['name'].get(owner, owner)))}**")
    if draft.state not in drafts.OPEN:
        _read_only(data, draft)
        return
    if draft.note:
        st.info(f"道からの差し戻し: {frame.plain(draft.note)}", icon=":material/reply:")
    cells = _cells(draft)
    wrong = check(draft.edit.kind, cells, data, date.today())
    _controls(data, draft, cells, wrong, who)
    kept = _kept(engine, draft, cells, who)
    if kept is None:
        return
    of, conflict = st.session_state.get(CONFLICT, (None, None))
    if of == key:
        _conflict(data, engine, kept, conflict, who)
        return
    _decide(data, engine, kept, wrong, who)


def _wait(key: str, error: StoreError) -> None:
    """Say that the draft cannot be read now, and hold what was typed until it can."""
    _say_again(key)
    st.session_state[WAITED] = key
    st.error(
        f"{frame.plain(str(error))}。入力はこの画面に残っています。", icon=":material/cloud_off:"
    )
    st.button("もう一度試す", icon=":material/refresh:")


def _say_again(key: str) -> None:
    """Set each control's value once more.

    So it outlives a run in which the control is not drawn, and goes to the browser in a run in
    which it is drawn again: the browser has forgotten it, and would send back an empty one.
    """
    for name in st.session_state:
        if str(name).startswith(_prefix(key)):
            st.session_state[name] = st.session_state[name]


def close() -> None:
    """Close the draft that is open; a button's callback."""
    st.query_params.pop(LINK, None)
    st.session_state.pop(CONFLICT, None)


def _cells(draft: Draft) -> Cells:
    """Return the cells as the controls hold them now, as the draft does where they hold none."""
    cells = dict(draft.edit.cells)
    for name in (name for row in ORDER[draft.edit.kind] for name in row):
        key = _key(draft, name)
        if key not in st.session_state:
            st.session_state[key] = _value(name, cells.get(name, ""))
        cells[name] = _cell(st.session_state[key])
    return cells


def _controls(
    data: Dataset, draft: Draft, cells: Cells, wrong: dict[str, str], who: Person
) -> None:
    for row in ORDER[draft.edit.kind]:
        for place, name in zip(st.columns(len(row)), row, strict=True):
            with place:
                _control(data, draft, name, who)
                # An empty new form is no list of faults: what is wrong is said where one was.
                if name in wrong and (cells[name] or draft.edit.base_revision is not None):
                    st.markdown(f":red[:material/error: {frame.plain(wrong[name])}]")
    say_what_is_public(data, draft.edit.kind, cells)


def _control(data: Dataset, draft: Draft, name: str, who: Person) -> None:
    label, key = TYPED[draft.edit.kind][name].asked, _key(draft, name)
    say: Callable[[str], str] = words(data).get(name, str)
    choices: dict[str, list[str]] = {
        "municipality_code": _towns(data, who, st.session_state[key]),
        "location_public": ["yes", "no"],
        "layer": list(data.layers.index),
        "confidence": list(CONFIDENCE),
        "field": ["", *data.fields.index],
        "status": list(STATUSES),
        "approaches": list(APPROACHES),
        "modes": list(MODES),
        "service_area": [*WIDE_AREAS, *data.municipalities.index],
    }
    if name in ("approaches", "modes", "service_area"):
        st.multiselect(label, choices[name], key=key, format_func=say, placeholder="選ぶ")
    elif name == "location_public":
        st.radio(label, choices[name], key=key, format_func=say, horizontal=True)
    elif name in choices:
        st.selectbox(label, choices[name], key=key, format_func=lambda word: say(word) or "選ぶ")
    elif name == "note":
        st.text_area(label, key=key, height=90)
    else:
        st.text_input(label, key=key, live=TYPING, help=HELP.get(name))


HELP = {
    "source_date": "出典の日付(例: 2026-11-01)",
    "checked_on": "内容を確かめた日(例: 2026-11-01)",
    "source": "だれが、何で確かめたか。公表ページなら https:// で始まるアドレス",
    "lat": "空欄でもかまいません(市町村の役場の位置に示します)",
}


def _kept(engine: Engine, draft: Draft, cells: Cells, who: Person) -> Draft | None:
    """Keep the cells when they are not those of the draft; None when that failed, and say so."""
    if cells == draft.edit.cells:
        return draft
    try:
        return drafts.keep(engine, draft, drafts.with_cells(draft, cells).edit, who)
    except GeoError as error:
        st.error(
            f"{frame.plain(str(error))}。入力はこの画面に残っています。",
            icon=":material/cloud_off:",
        )
        return None


def _decide(
    data: Dataset, engine: Engine, draft: Draft, wrong: dict[str, str], who: Person
) -> None:
    st.caption(
        f":material/save: 下書きは自動で保存しています({in_japan(draft.updated_at)})。"
        "このアドレスで開き直せます。"
    )
    if wrong:
        names = "・".join(TYPED[draft.edit.kind][name].asked for name in wrong)
        st.caption(f"反映するには、直す項目が{len(wrong)}つあります: {names}")
    row = st.container(horizontal=True)
    if not who.reviewed and row.button(
        "台帳に反映する", type="primary", icon=":material/check:", disabled=bool(wrong)
    ):
        _publish(data, engine, draft, who)
    if who.role == "municipal" and row.button(
        "道の審査に出す", icon=":material/send:", disabled=bool(wrong)
    ):
        try:
            drafts.submit(engine, draft, who)
        except EditConflictError as conflict:
            st.session_state[CONFLICT] = (draft.id, conflict)
            st.rerun()
        except GeoError as error:
            st.error(f"{frame.plain(str(error))}。")
        else:
            leave("success", "道の審査に出しました。結果はこのページの「下書き」に出ます。")
    row.button("閉じる", on_click=close, help="下書きは残ります")
    if row.button("下書きを捨てる", icon=":material/delete:"):
        _drop(engine, draft, who, "台帳は変わっていません")


def _publish(data: Dataset, engine: Engine, draft: Draft, who: Person) -> None:
    try:
        change = drafts.publish(engine, data, draft, who, date.today())
    except EditConflictError as conflict:
        st.session_state[CONFLICT] = (draft.id, conflict)
        st.rerun()
    except ReviewNeededError as error:
        st.warning(f"{frame.plain(str(error))}。", icon=":material/rate_review:")
    except GeoError as error:
        st.error(f"{frame.plain(str(error))}。入力は下書きに残っています。")
    else:
        told = f"台帳に反映しました(変更の番号 {change})。地図と区分に反映しています。"
        if draft.edit.kind == "organisations":
            st.query_params["town"] = draft.edit.cells["municipality_code"] or NOWHERE
            st.query_params["record"] = draft.edit.record
            if draft.edit.base_revision is None:
                told = (
                    f"団体を登録しました(変更の番号 {change})。続けて「支援を追加」で分野を"
                    "登録すると、地図と区分に数えられます。"
                )
        leave("success", f"{told}{frame.plain(hiding.told(engine, [change]))}")


def _conflict(
    data: Dataset, engine: Engine, draft: Draft, conflict: EditConflictError, who: Person
) -> None:
    """Show both versions; let the editor lay their own over the other's."""
    merged, both = editing.merge(draft.edit, conflict.theirs)
    at = "" if conflict.at is None else f"({in_japan(conflict.at)})"
    st.error(
        f"**{frame.plain(conflict.by)}**{at}が、先にこの記録を変えました。"
        "あなたの入力は下書きに残っています。",
        icon=":material/group:",
    )
    say = partial(shown, data)
    table = pd.DataFrame(
        [
            {
                "項目": TYPED[draft.edit.kind][name].asked,
                "開いたとき": say(name, draft.edit.base.get(name, "")),
                "あなた": say(name, draft.edit.cells.get(name, "")),
                "いまの台帳": say(name, conflict.theirs.get(name, "")),
                "続けると": say(name, merged[name]),
                "": "両方が変えた" if name in both else "",
            }
            for name in merged
            if draft.edit.base.get(name, "") != conflict.theirs.get(name, "")
            or draft.edit.cells.get(name, "") != draft.edit.base.get(name, "")
        ]
    )
    frame.table(table)
    onto, away, _ = st.columns([2, 2, 3])
    if onto.button("いまの台帳にのせて続ける", type="primary", icon=":material/merge:"):
        _rebase(engine, draft, editing.rebase(draft.edit, conflict), who)
    if away.button("いまの台帳のままにする(下書きを捨てる)"):
        _drop(engine, draft, who, "台帳はほかの人が変えたままです")


def _drop(engine: Engine, draft: Draft, who: Person, records: str) -> None:
    """Give a draft up; records: what is said of them then."""
    try:
        drafts.drop(engine, draft, who)
    except GeoError as error:
        st.error(f"{frame.plain(str(error))}。")
        return
    leave("info", f"下書きを捨てました。{records}。")


def _rebase(engine: Engine, draft: Draft, edit: editing.Edit, who: Person) -> None:
    try:
        drafts.keep(engine, draft, edit, who)
    except GeoError as error:
        st.error(f"{frame.plain(str(error))}。")
        return
    for name in edit.cells:
        st.session_state.pop(_key(draft, name), None)
    st.session_state.pop(CONFLICT, None)
    st.rerun()


def _read_only(data: Dataset, draft: Draft) -> None:
    st.info(f"この下書きは「{STATES[draft.state]}」です。", icon=":material/hourglass_top:")
    frame.table(differences(data, draft.edit))
    st.button("閉じる", on_click=close)


def leave(kind: str, told: str) -> None:
    """Close the draft, and say on the page what became of it."""
    st.session_state[DONE] = (kind, told)
    close()
    st.rerun()


def _towns(data: Dataset, who: Person, now: str) -> list[str]:
    """Return the municipalities that a record may be put into, and where it is."""
    towns = ["", *data.municipalities.index] if who.edits_all else sorted(who.municipalities)
    return towns if now in towns else [*towns, now]


def _key(draft: Draft, name: str) -> str:
    return f"{_prefix(draft.id)}{name}"


def _prefix(draft: str) -> str:
    return f"edit_{draft}_"


def _value(name: str, cell: str) -> Any:
    if name in ("approaches", "modes", "service_area"):
        return [part for part in cell.split(";") if part]
    return cell


def _cell(value: Any) -> str:
    return ";".join(value) if isinstance(value, list) else str(value or "")
