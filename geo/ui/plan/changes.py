"""Show step 4 of a study plan: what if a service came further."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from geo.data.dataset import Dataset, column_of
from geo.data.vocabulary import CLASSES
from geo.documents.plan import CHANGE_NOTE
from geo.errors import UnknownCodeError
from geo.methods.analysis import Analysis
from geo.methods.what_if import (
    KIND_WORDS,
    Change,
    ChangeError,
    Extend,
    Online,
    Outpost,
    after,
    describe_change,
    difference,
)
from geo.plans.figures import difference_columns
from geo.plans.maps import change_view
from geo.plans.plan import Plan
from geo.ui import controls, frame
from geo.ui.components import hokkaido_map


def show(data: Dataset, analysis: Analysis, plan: Plan) -> None:
    """Show the form for a change, the changes so far, and before and after."""
    st.markdown(
        "ある支援が対象地域を広げたら、出張所を開いたら、オンラインを始めたら、"
        "何が変わるかを試します。台帳の記録は変わりません。"
    )
    _form(data, analysis, plan)
    for position, change in enumerate(plan.changes):
        left, right = st.columns([6, 1])
        left.markdown(f"**仮定{position + 1}** {describe_change(data, change)}")
        right.button("外す", key=f"drop_{position}", on_click=_drop, args=(position,))
    if not plan.changes:
        st.info("仮定はまだありません。上で支援と市町村を選び、「仮定を加える」を押してください。")
        return
    try:
        with st.spinner("仮定の下で計算し直しています"):
            then = after(analysis, plan.changes)
    except (ChangeError, UnknownCodeError) as error:
        st.error(f"{error}。この仮定を外してください。")
        return
    _result(data, analysis, then, plan)


def _form(data: Dataset, analysis: Analysis, plan: Plan) -> None:
    one, two, three = st.columns([1, 1, 2])
    with one:
        kind = controls.select(
            "何を", list(KIND_WORDS), "kind", default="outpost", format_func=KIND_WORDS.__getitem__
        )
    with two:
        field = controls.field(data, "if_field")
    options = _services(data, analysis, field, plan, outpost=kind == "outpost")
    with three:
        if not options:
            st.info("この分野には、仮定を置ける支援がありません。")
            return
        service = controls.select(
            "支援",
            list(options),
            f"if_service_{field}",
            default=next(iter(options)),
            format_func=options.__getitem__,
        )
    if kind == "outpost":
        first = plan.codes[0] if plan.codes else controls.FIRST_TOWN
        where = [controls.town(data, "if_where", "開く市町村", default=first)]
    else:
        label = "市町村(選ばなければ対象地域のすべて)"
        towns = controls.towns(data, "if_towns", label, placeholder="対象地域のすべて")
        where = list(towns) or list(plan.codes)
    st.button(
        "仮定を加える",
        on_click=_add,
        args=(_change(kind, service, where),) if where else None,
        disabled=not where,
        type="primary",
        icon=":material/add:",
        key="add_change",
    )


def _change(kind: str, service: str, codes: list[str]) -> Change:
    if kind == "outpost":
        return Outpost(service, codes[0])
    return (Extend if kind == "extend" else Online)(service, tuple(codes))


def _services(
    data: Dataset, analysis: Analysis, field: str, plan: Plan, *, outpost: bool
) -> dict[str, str]:
    """Return the services of a field that count, by id, those nearest to the areas first."""
    part = analysis.arrays.slices[column_of(data, field)]
    ids = analysis.arrays.services[part]
    rows = data.municipalities.index.get_indexer(list(plan.codes)) if plan.codes else slice(None)
    minutes = analysis.arrays.minutes[rows, part].min(axis=0, initial=np.inf)
    offices = data.organisations.loc[data.services.loc[ids, "organisation"]]
    places = offices["municipality_code"].map(data.municipalities["name"]).fillna("所在なし")
    public = offices["location_public"].to_numpy(bool)
    order = np.argsort(minutes, kind="stable")
    return {
        str(ids[i]): f"{offices['name'].iloc[i]}({places.iloc[i]})"
        for i in order
        if public[i] or not outpost
    }


def _result(data: Dataset, before: Analysis, then: Analysis, plan: Plan) -> None:
    table = difference(before, then)
    less = int((table["change"] < 0).sum())
    people = int(table.loc[table["change"] < 0, "population"].sum())
    more = int((table["change"] > 0).sum())
    classes = int((before.klass != then.klass).any(axis=1).sum())
    frame.figures(
        [
            ("不足度が下がる", f"{less}", f"市町村({people:,}人)"),
            ("不足度が上がる(分け合う分)", f"{more}", "市町村"),
            ("充足区分が変わる", f"{classes}", "市町村"),
            (
                "資源少数区域",
                f"{(before.flag == 'few').sum()} → {(then.flag == 'few').sum()}",
                "市町村",
            ),
            ("候補地域", f"{before.candidate.sum()} → {then.candidate.sum()}", "市町村"),
        ]
    )
    unjudged = _unjudged(data, before, plan)
    if unjudged:
        st.info(
            f"{unjudged}は台帳が完成していないため、不足度には入りません。充足区分だけが変わります。"
        )
    shown, classes_table = difference_columns(table), _classes(before, then)
    left, right = st.columns([3, 2], gap="large")
    with left:
        if table.empty:
            st.info("不足度も充足区分も変わりません。すでに届いている可能性があります。")
        else:
            frame.table(shown, rows=10, thousands=True)
        st.markdown("**充足区分の数(市町村×分野)**")
        frame.table(classes_table, thousands=True)
    with right:
        hokkaido_map(
            before.dataset, change_view(before, then, plan.codes), key="plan_if", height="30rem"
        )
    frame.downloads(
        {"前と後": shown, "充足区分の数": classes_table}, "もし…なら", data, before.parameters
    )
    st.caption(CHANGE_NOTE)


def _unjudged(data: Dataset, analysis: Analysis, plan: Plan) -> str:
    fields = dict.fromkeys(data.services.at[change.service, "field"] for change in plan.changes)
    places = [column_of(data, field) for field in fields]
    return "・".join(
        data.fields["name"].iloc[c] for c in places if not analysis.entered[:, c].any()
    )


def _classes(before: Analysis, then: Analysis) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "充足区分": list(CLASSES.values()),
            "今": [int((before.klass == key).sum()) for key in CLASSES],
            "仮定": [int((then.klass == key).sum()) for key in CLASSES],
        }
    )


def _add(change: Change) -> None:
    if change not in st.session_state["plan_changes"]:
        st.session_state["plan_changes"] = (*st.session_state["plan_changes"], change)


def _drop(position: int) -> None:
    changes = st.session_state["plan_changes"]
    st.session_state["plan_changes"] = changes[:position] + changes[position + 1 :]
