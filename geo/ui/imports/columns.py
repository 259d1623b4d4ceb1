"""Keep what the page of imports has read, and let an unknown file's columns be matched by hand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st
from sqlalchemy import Engine

from geo.data.dataset import Dataset
from geo.errors import DataError
from geo.imports import read
from geo.imports.reading.headers import ROLES
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
KEPT_FILES = 4  # as many as a session holds at once
NONE = "(なし)"
USUAL = ("name", "address", "town", "phone", "kind", "operator", "url", "note")


def incoming(
    engine: Engine, data: Dataset, name: str, content: bytes, match: Mapping[str, Any] | None = None
) -> Incoming:
    """Read a dropped file, or give back what was made of the same bytes a moment ago.

    A refusal is kept as well, so that no run of the page spends the budget once more.
    """
    kept: dict[str, Incoming | DataError] = st.session_state.setdefault(KEPT, {})
    key = hashlib.sha256(content).hexdigest() + json.dumps([name, match], sort_keys=True)
    found = kept.get(key)
    if found is None:
        with st.spinner(f"{frame.plain(name)} を読んでいます"):
            try:
                found = read.read_upload(engine, data, content, name, match)
            except UnknownFormatError:
                raise  # a match may be kept for it before the next run
            except DataError as error:
                found = error
        kept[key] = found
        for older in list(kept)[:-KEPT_FILES]:
            del kept[older]
    if isinstance(found, DataError):
        raise found
    return found


def forget() -> None:
    """Let go of the files that were read."""
    st.session_state.pop(KEPT, None)


def match_columns(
    engine: Engine, name: str, error: UnknownFormatError, who: Person
) -> dict[str, Any] | None:
    """Let the columns of an unknown table be matched; return the match once it is given.

    The proposals stand in the controls. The match is kept for the next file with these headers
    where the person may change what concerns everybody, else for this session.
    """
    kept = f"_match_{read.signature(error.header)}"
    if kept in st.session_state:
        given: dict[str, Any] = st.session_state[kept]
        return given
    st.subheader(f"{frame.plain(name)}: 列の対応を決める")
    row = error.header_row
    st.caption(
        f"知らない形式の表です({row}行目を見出しと見ました)。どの列が何かを選んでください。"
        "見出しと中身から見当をつけてあります。決めた対応は、同じ見出しのファイルで次から使います。"
    )
    sample = error.sample.head(5).copy()
    sample.columns = _distinct(error.header, sample.shape[1])
    frame.table(sample)
    labels = [label for label in dict.fromkeys(error.header) if label]
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
        )
    except DataError as wrong:
        st.error(frame.plain(str(wrong)))
        return None
    if who.edits_all:
        read.keep_match(engine, error.header, made, match["name"], who)
    st.session_state[kept] = made
    return made


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
