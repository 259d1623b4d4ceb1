"""Keep a page's controls in the session and in its address, so that a link reopens the view.

Streamlit's own bind="query-params" writes an option's label into the address: a link would hold
登別市 and not 012301, and break once a field is called otherwise. Here the address holds codes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from geo.data.dataset import Dataset
from geo.data.vocabulary import CONFIDENCE

PLAIN = re.compile(r"[A-Za-z0-9]{1,40}")
PAGE = "_page"  # the address of the page that is drawn
FIRST_TOWN = "012301"  # 登別市, the municipality that asked for this product
# Area units by their parameter: label, and column of the municipalities.
UNITS = {
    "subprefecture": ("振興局", "subprefecture"),
    "area": ("二次医療圏", "secondary_medical_area"),
}


def turn_to(page: str) -> None:
    """Note which page is drawn from now on. page: its address, '' for the first one."""
    st.session_state[PAGE] = page


def take(key: str, read: Callable[[str], Any]) -> None:
    """Take what the address asks of a control into the session, whether or not it is shown.

    read: turns the parameter's text into a value, raising ValueError for one that does not fit
    (it then leaves the address).
    """
    asked = st.query_params.get(key)
    if asked is not None and asked != st.session_state.get(f"_{key}_written"):
        try:
            st.session_state[key] = read(asked)
        except ValueError:
            st.query_params.pop(key, None)
            said = asked if PLAIN.fullmatch(asked) else ""  # text of an address is data
            st.warning(f"アドレスの {key}={said} は使えません。はじめの設定で表示しています。")


def linked(
    key: str,
    default: Any,
    show: Callable[..., Any],
    *,
    read: Callable[[str], Any],
    write: Callable[[Any], str] = str,
    always: bool = False,
) -> Any:
    """Show a control whose value is also the query parameter `key`, and return the value.

    An address that someone opened wins over the session once; the default leaves the address,
    unless the view is to be named `always`. read: as for `take`. show: is called with the session
    key.
    """
    take(key, read)
    # A control that stands on two pages is drawn anew on a page switch, at its first option; said
    # again, the value goes to the browser with it.
    page, seen = st.session_state.get(PAGE, ""), f"_{key}_page"
    if st.session_state.get(seen) != page or key not in st.session_state:
        st.session_state[seen] = page
        st.session_state[key] = st.session_state.get(key, default)
    value = show(key)
    address = None if value == default and not always else write(value)
    st.session_state[f"_{key}_written"] = address
    if address is None:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != address:
        st.query_params[key] = address
    return value


def one_of(options: Sequence[Any]) -> Callable[[str], Any]:
    """Make a reader that gives back the option whose text was asked for."""
    by_text = {str(option): option for option in options}

    def read(text: str) -> Any:
        if text not in by_text:
            msg = f"not an option: {text!r}"
            raise ValueError(msg)
        return by_text[text]

    return read


def some_of(options: Sequence[str]) -> Callable[[str], list[str]]:
    """Make a reader of comma-separated options; unknown ones are left out."""
    return lambda text: [part for part in text.split(",") if part in options]


def is_on(text: str) -> bool:
    """Read a toggle."""
    return text == "1"


def select(
    label: str,
    options: Sequence[Any],
    key: str,
    *,
    default: Any,
    format_func: Callable[[Any], str] = str,
    help: str | None = None,  # noqa: A002 (streamlit's word)
    always: bool = False,
) -> Any:
    """Show a linked selectbox."""
    return linked(
        key,
        default,
        lambda k: st.selectbox(
            label, options, format_func=format_func, key=k, help=help, persist_state="session"
        ),
        read=one_of(options),
        always=always,
    )


def multiselect(
    label: str,
    options: Sequence[str],
    key: str,
    *,
    format_func: Callable[[Any], str] = str,
    placeholder: str = "すべて",
    help: str | None = None,  # noqa: A002
) -> tuple[str, ...]:
    """Show a linked multiselect; nothing chosen means all."""
    chosen = linked(
        key,
        [],
        lambda k: st.multiselect(
            label,
            options,
            format_func=format_func,
            key=k,
            placeholder=placeholder,
            help=help,
            persist_state="session",
        ),
        read=some_of(options),
        write=",".join,
    )
    return tuple(chosen)


def town(
    data: Dataset,
    key: str,
    label: str = "市町村",
    *,
    default: str = FIRST_TOWN,
    codes: Sequence[str] | None = None,
    also: Mapping[str, str] | None = None,
    where: bool = False,
    always: bool = False,
) -> str:
    """Show a linked choice of a municipality, and return its code.

    codes: what can be chosen, every municipality by default. also: the words of options that are
    no municipality; they stand first unless codes say where. where: whether to name the
    subprefecture, too.
    """
    towns, words = data.municipalities, also or {}

    def said(code: str) -> str:
        if code in words:
            return words[code]
        area = f"({towns.at[code, 'subprefecture']})" if where else ""
        return f"{towns.at[code, 'name']}{area}"

    options = [*words, *towns.index] if codes is None else codes
    chosen: str = select(label, options, key, default=default, format_func=said, always=always)
    return chosen


def towns(
    data: Dataset,
    key: str,
    label: str,
    *,
    placeholder: str,
    help: str | None = None,  # noqa: A002
) -> tuple[str, ...]:
    """Show a linked choice of municipalities, and return their codes."""
    names = data.municipalities["name"]
    return multiselect(
        label,
        list(names.index),
        key,
        format_func=names.__getitem__,
        placeholder=placeholder,
        help=help,
    )


def field(
    data: Dataset,
    key: str,
    label: str = "分野",
    *,
    default: str = "poverty",
    also: Mapping[str, str] | None = None,
) -> str:
    """Show a linked choice of a field, and return its key; also: as for `town`."""
    words = dict(also or {}) | dict(data.fields["name"])
    chosen: str = select(label, list(words), key, default=default, format_func=words.__getitem__)
    return chosen


def fields(
    data: Dataset, key: str, label: str = "分野", *, placeholder: str = "すべて"
) -> tuple[str, ...]:
    """Show a linked choice of fields, and return their keys."""
    names = data.fields["name"]
    return multiselect(
        label, list(names.index), key, format_func=names.__getitem__, placeholder=placeholder
    )


def areas(data: Dataset, key: str) -> tuple[str, ...]:
    """Show a linked choice of areas, and return their names. key: of UNITS."""
    label, column = UNITS[key]
    return multiselect(label, list(data.municipalities[column].unique()), key)


def grades(placeholder: str = "すべて") -> tuple[str, ...]:
    """Show a linked choice of grades of confidence."""
    return multiselect(
        "確度",
        list(CONFIDENCE),
        "confidence",
        format_func=lambda grade: f"{grade} {CONFIDENCE[grade]}",
        placeholder=placeholder,
    )


def toggle(label: str, key: str, *, help: str | None = None) -> bool:  # noqa: A002
    """Show a linked toggle that is off by default."""
    on: bool = linked(
        key,
        False,
        lambda k: st.toggle(label, key=k, help=help, persist_state="session"),
        read=is_on,
        write=lambda _: "1",
    )
    return on


def text(label: str, key: str, *, placeholder: str = "") -> str:
    """Show a linked text input."""
    written: str = linked(
        key,
        "",
        lambda k: st.text_input(label, key=k, placeholder=placeholder, persist_state="session"),
        read=str,
    )
    return written
