"""Keep what the page of imports has read, and let an unknown file's columns be matched by hand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pandas as pd
import streamlit as st
from openpyxl.utils import get_column_letter
from sqlalchemy import Engine

from geo.data.dataset import Dataset
from geo.errors import DataError
from geo.imports import importing, meant, read
from geo.imports.importing import EDITING_FORMATS
from geo.imports.preview import Preview
from geo.imports.reading.headers import ROLES
from geo.imports.reading.heading import Chosen
from geo.imports.reading.incoming import Incoming
from geo.imports.reading.matching import PROPOSED, make_match
from geo.imports.reading.recognise import UnknownFormatError
from geo.imports.reading.service_types import SCHEMES
from geo.people import history
from geo.people.permissions import Person
from geo.store.database import reading
from geo.ui import frame
from geo.ui.reversing import undo_of_undo

KEPT = "_read_files"
KEPT_ROWS = 400_000  # of files that a session holds at once: no run of the page reads one again
PLANS = "_planned_files"
ANSWERS = "_same_offices"
NONE = "(なし)"
USUAL = ("name", "address", "town", "phone", "kind", "operator", "url", "note")


def incoming(
    engine: Engine,
    data: Dataset,
    name: str,
    content: bytes,
    match: Mapping[str, Any] | None = None,
    chosen: Chosen | None = None,
) -> Incoming:
    """Read a dropped file, or give back what was made of the same bytes a moment ago.

    A refusal is kept as well, so that no run of the page spends the budget once more.
    """
    kept: dict[str, Incoming | DataError] = st.session_state.setdefault(KEPT, {})
    key = _key(name, content) + json.dumps([match, repr(chosen)], sort_keys=True)
    found = kept.pop(key, None)
    if found is None:
        with st.spinner(f"{frame.plain(name)} を読んでいます"):
            try:
                found = read.read_upload(engine, data, content, name, match, chosen)
            except DataError as error:
                found = error
    kept[key] = found  # the last that was used stands last
    rows = 0
    for older in reversed(list(kept)):
        one = kept[older]
        rows += one.rows_read if isinstance(one, Incoming) else 0
        if rows > KEPT_ROWS and older != key:
            del kept[older]
    if isinstance(found, DataError):
        raise found
    return found


def forget() -> None:
    """Let go of the files that were read."""
    st.session_state.pop(KEPT, None)


def settled(
    engine: Engine, data: Dataset, name: str, content: bytes, who: Person, *, few: bool = True
) -> Incoming | None:
    """Return what a dropped file brings, None where a person has to say more, or it is refused.

    What is asked and why it is refused is shown. few: of so few files that each can have a button.
    """
    mark = _key(name, content)[:16]
    given: dict[str, Any] | None = st.session_state.get(f"_match_{mark}")
    chosen: Chosen | None = st.session_state.get(f"_chosen_{mark}")
    try:
        found = incoming(engine, data, name, content, given, chosen)
    except UnknownFormatError as error:
        st.subheader(f"{frame.plain(name)}: 列の対応を決める")
        made = _match_columns(engine, name, error, who, mark)
        if made is None:
            return None
        st.session_state[f"_match_{mark}"] = made
        st.rerun()
    except DataError as error:
        st.error(f"取り込めないファイルです。\n\n{frame.plain(str(error))}")
        if (given or chosen) and st.button("はじめから読み直す", key=f"_again_{mark}"):
            _ask_again(mark)
        return None
    offered = not (given or chosen) and few and found.format not in EDITING_FORMATS
    if offered and st.button(
        f"{frame.plain(name)}: 見出しと列の対応を自分で決める",
        key=f"_by_hand_{mark}",
        icon=":material/table_rows:",
        type="tertiary",
    ):
        st.session_state[f"_chosen_{mark}"] = Chosen(by_hand=True)
        st.rerun()
    if (given or chosen) and st.button(
        f"{frame.plain(name)}: 見出しと列の対応を決め直す",
        key=f"_again_{mark}",
        icon=":material/edit:",
    ):
        _ask_again(mark)
    return found


def _ask_again(mark: str) -> None:
    for key in (f"_match_{mark}", f"_chosen_{mark}"):
        st.session_state.pop(key, None)
    st.rerun()


def _key(name: str, content: bytes) -> str:
    return hashlib.sha256(content + name.encode("utf-8", "replace")).hexdigest()


def _choose_head(error: UnknownFormatError, mark: str) -> None:
    """Show the first rows as they stand, and let the sheet and the header be chosen."""
    sight, head = error.sight, error.sight.head
    rows = [int(row) for row in sight.first.index]
    if error.header_row == 0:  # the names of properties; there is nothing to choose
        return
    shown = sight.first.copy()
    shown.columns = [get_column_letter(n + 1) for n in range(shown.shape[1])]
    header = rows[head.top : head.below]
    marks = [
        "見出し" if row in header else "上の行" if header and row < header[0] else ""
        for row in rows
    ]
    shown.insert(0, "行", rows)
    shown.insert(1, "読み方", marks)
    st.caption("ファイルの最初の行です。見出しの行が違うときは、選び直してください。")
    frame.table(shown)
    joined = list(pairwise(rows))
    joined += [(row, after) for row, after in zip(rows, rows[2:], strict=False)]
    choices = [None, *((row, row) for row in rows), *joined]
    now = (header[0], header[-1]) if header else None
    if now not in choices:
        choices.append(now)
    left, right = st.columns(2)
    sheets = [name for name in sight.sheets if name]
    sheet = sight.sheet
    if len(sheets) > 1:
        sheet = left.selectbox("シート", sheets, sheets.index(sight.sheet), key=f"_sheet_{mark}")
    picked = right.selectbox(
        "見出しの行",
        choices,
        choices.index(now),
        format_func=lambda one: (
            "見出しなし(列に番号を付けて読む)"
            if one is None
            else f"{one[0]}行目"
            if one[0] == one[1]
            else f"{one[0]}〜{one[1]}行目(重ねて読む)"
        ),
        key=f"_head_{mark}",
    )
    if sheet != sight.sheet or picked != now:
        other = sheet != sight.sheet
        st.session_state[f"_chosen_{mark}"] = Chosen(
            sheet if len(sheets) > 1 else "",
            None if other else picked,
            none=not other and picked is None,
            by_hand=True,
        )
        for key in (f"_sheet_{mark}", f"_head_{mark}"):
            st.session_state.pop(key, None)
        st.rerun()


def _kept_match(error: UnknownFormatError, mark: str) -> dict[str, Any] | None:
    """Show the match that was kept for these headers; return it once it is said to be of this list."""
    kept = error.kept
    if kept is None:
        return None
    said = [
        f"公表者: {kept.get('publisher') or '(なし)'}",
        f"種別: {kept.get('kind') or '(列による)'}",
        *(f"{ROLES.get(role, role)}={label}" for role, label in kept["columns"].items()),
    ]
    st.warning(
        f"見出しは、前に読んだ一覧「{frame.plain(str(kept['name']))}」と同じですが、ファイルの名前か表題が"
        f"違います。同じ一覧の新しい版ですか。\n\n{frame.plain('、'.join(said))}",
        icon=":material/help:",
    )
    if st.button(f"同じ一覧「{frame.plain(str(kept['name']))}」として読む", key=f"_same_{mark}"):
        return dict(kept)
    st.caption("別の一覧なら、下で対応と種別を決めてください。")
    return None


def _match_columns(
    engine: Engine, name: str, error: UnknownFormatError, who: Person, mark: str
) -> dict[str, Any] | None:
    """Let the columns of an unknown table be matched; return the match once it is given.

    The proposals stand in the controls. The match is kept for the next edition of this file where
    the person may change what concerns everybody, else for this session.
    """
    if (same := _kept_match(error, mark)) is not None:
        return same
    _choose_head(error, mark)
    st.caption(
        "知らない形式の表です。どの列が何かを選んでください。見出しと中身から見当をつけてあります。"
        "決めた対応は、同じ名前・同じ見出しのファイルで次から使います。"
    )
    sample = error.sample.head(5).copy()
    sample.columns = _distinct(error.header, sample.shape[1])
    frame.table(sample)
    labels = [label for label in dict.fromkeys(error.header) if label]
    kept = f"_match_{mark}_{hashlib.sha256(repr(error.header).encode()).hexdigest()[:8]}"
    with st.form(f"form{kept}"):
        columns = {}
        places = st.columns(4)
        rest = st.expander("ほかの列", icon=":material/more_horiz:").columns(4)
        common = [*USUAL, *(role for role in error.proposals if role not in USUAL)]
        for roles, shown in ((common, places), ([r for r in PROPOSED if r not in common], rest)):
            for position, role in enumerate(roles):
                proposal = error.proposals.get(role)
                chosen = shown[position % 4].selectbox(
                    ROLES[role],
                    [NONE, *labels],
                    index=labels.index(proposal) + 1 if proposal in labels else 0,
                    key=f"{kept}_{role}",
                )
                if chosen != NONE:
                    columns[role] = chosen
        title, publisher, licence, kind = st.columns(4)
        match = {
            "name": title.text_input("一覧の名前", name.rsplit(".", 1)[0]),
            "publisher": publisher.text_input("公表者", placeholder="例: 登別市"),
            "licence": licence.text_input("ライセンス", placeholder="例: CC BY 4.0"),
            "kind": kind.text_input("どの行も同じ種別なら、その種別", placeholder="例: 子ども食堂"),
        }
        schemes = list(SCHEMES)
        scheme = st.selectbox(
            "種別の体系",
            schemes,
            index=schemes.index("any"),
            format_func=lambda key: SCHEMES[key],
        )
        if not st.form_submit_button("この対応で読む", type="primary"):
            return None
    try:
        made = make_match(
            match["name"],
            error.header,
            columns,
            publisher=match["publisher"],
            licence=match["licence"],
            kind=match["kind"],
            scheme=scheme,
            none=error.sight.head.tiers == 0,
            file=name,
            heading=error.sight.title,
        )
    except DataError as wrong:
        st.error(frame.plain(str(wrong)))
        return None
    if who.edits_all:
        read.keep_match(engine, error.header, made, match["name"], who)
    return made


def previews(
    engine: Engine, incomings: list[Incoming], data: Dataset, who: Person
) -> list[Preview]:
    """Return what each file would do to the store, made anew only when something has changed.

    A file that seems to be another part of its list asks whether it is the whole.
    """
    whole = {one.sha256 for one in incomings if st.session_state.get(f"_whole_{one.sha256}")}
    answers = given_answers()
    asked = (
        tuple(map(id, incomings)),
        data.number,
        repr(who),
        frozenset(whole),
        frozenset(answers.items()),
    )
    held = st.session_state.get(PLANS)
    if held is None or held[0] != asked:
        with st.spinner("台帳と比べています"):
            plans = [
                importing.preview(
                    engine, one, data, who, whole=one.sha256 in whole, answers=answers
                )
                for one in incomings
            ]
        # The files are held with their plans, so that no other object gets the identity of one.
        held = st.session_state[PLANS] = (asked, plans, incomings)
    made: list[Preview] = held[1]
    return made


def given_answers() -> dict[str, str]:
    """Return which record each office of a form is said to be, by the keys of the questions."""
    held = st.session_state.get(ANSWERS, {})
    return {key: answer for key, answer in held.items() if answer is not None}


def ask_which(plan: Preview) -> None:
    """Ask of each office of a form that may be one of the store which it is."""
    if plan.questions:
        st.warning(
            f"{frame.plain(plan.incoming.file)}: 台帳に似た団体があります。同じ団体かどうかを選ぶと取り込めます。",
            icon=":material/help:",
        )
    for one in plan.questions:
        labels = {key: f"台帳の「{name}」と同じ(変更にする)" for key, name in one.candidates}
        labels[meant.NEW] = "別の団体(新しく入れる)"
        chosen = st.selectbox(
            f"{one.row}行目「{frame.plain(one.name)}」",
            list(labels),
            index=None,
            format_func=labels.__getitem__,
            placeholder="選んでください(選ぶまで取り込みません)",
            key=f"_which_{one.key}",
        )
        if chosen is not None:
            st.session_state.setdefault(ANSWERS, {})[one.key] = chosen
            st.rerun()


def ask_whole(plan: Preview) -> None:
    """Ask whether a file that names few of its source's records is the whole list."""
    key = f"_whole_{plan.incoming.sha256}"
    if plan.spared or st.session_state.get(key):
        st.warning(
            f"{frame.plain(plan.incoming.file)}: 前に「{frame.plain(plan.incoming.source)}」から取り込んだ"
            f"{plan.spared or len(plan.unlisted['organisations']):,}件が、このファイルにありません。"
            "同じ一覧の別の部分とみて、そのままにします。",
            icon=":material/help:",
        )
        st.checkbox("このファイルが一覧の全部です(載っていないものを「掲載なし」にする)", key=key)


def whole(incomings: list[Incoming]) -> list[str]:
    """Return the files that a person said to be the whole of their list."""
    return [one.sha256 for one in incomings if st.session_state.get(f"_whole_{one.sha256}")]


def changes(engine: Engine, who: Person) -> pd.DataFrame:
    """Return the newest changes of the store for reading."""
    with reading(engine) as connection:
        table = history.recent(connection, who)
    undone = table["undone_by"].map(lambda n: "" if pd.isna(n) else f"変更{int(n)}で取り消し")
    at = pd.to_datetime(table["at"], utc=True).dt.tz_convert("Asia/Tokyo")
    return pd.DataFrame(
        {
            "番号": table["id"],
            "日時": at.dt.strftime("%Y-%m-%d %H:%M"),
            "だれが": table["by_whom"],
            "種類": table["kind"].map(history.KINDS),
            "内容": table["title"],
            "記録(件)": table["records"],
            "取り消し": undone,
            "取り消しの取り消し": undo_of_undo(table),
        }
    )


def _distinct(header: tuple[str, ...], count: int) -> list[str]:
    """Return a different name for each column, for a table that shows a sample."""
    names: list[str] = []
    for position in range(count):
        label = header[position] if position < len(header) else ""
        names.append(label if label and label not in names else f"{label}({position + 1}列目)")
    return names
