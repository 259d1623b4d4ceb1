"""Write a municipality's fields and contacts as HTML tables, every text of the data escaped."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import quote, urlsplit

import pandas as pd

from geo.data.telephone import numbers
from geo.data.vocabulary import CLASSES, MODES
from geo.documents.sheet import Partner
from geo.maps.colours import CLASS_COLOURS, ink_on
from geo.methods.analysis import Analysis
from geo.methods.partners import REACH, nearest_outside, services_for

SHOWN = 6
LISTED = 8  # records of one field in a town; the rest is one press away


def finding_html(sentence: str) -> str:
    """Return a sheet's finding (from `sheet.finding`) with its numbers of fields in bold."""
    return re.sub(r"(?<![全\d])\d+分野", r"<b>\g<0></b>", escape(sentence))


def chip(klass: str, *, provisional: bool = False) -> str:
    """Return a coverage class as a coloured label."""
    hatch = (
        "background-image:repeating-linear-gradient(135deg,transparent 0 4px,"
        "rgba(255,255,255,.6) 4px 6px);"
        if provisional or klass == "unknown"
        else ""
    )
    words = CLASSES[klass] + ("・暫定" if provisional and klass != "unknown" else "")
    style = f"background-color:{CLASS_COLOURS[klass]};{hatch}color:{ink_on(klass)}"
    return f'<span class="chip" style="{style}">{words}</span>'


def fields_html(rows: pd.DataFrame) -> str:
    """Return the fields of a municipality (from `karte.field_rows`) as a table."""
    body = []
    for row in rows.to_dict("records"):
        second = _minutes(row["second_minutes"])
        body.append(
            "<tr>"
            f"<td>{escape(row['name'])}</td>"
            f"<td>{chip(row['class'], provisional=row['provisional'])}</td>"
            f"<td class='n'>{row['count']}件</td>"
            f"<td>{_place(row['nearest'], row['nearest_municipality'], row['minutes'])}"
            f"{f'<br><small>2番目まで{second}</small>' if second else ''}</td>"
            f"<td>{_place(row['outside'], row['outside_municipality'], row['outside_minutes'])}</td>"
            f"<td class='n'>{row['remote']}件</td>"
            "</tr>"
        )
    return (
        '<table class="plain"><thead><tr><th>分野</th><th>区分</th><th class="n line">地域内'
        "<br>(公表分)</th><th>来所できる最寄り</th><th>地元以外の最寄り</th>"
        f'<th class="n line">遠隔で<br>届く</th></tr></thead><tbody>{"".join(body)}</tbody></table>'
    )


def contacts_html(analysis: Analysis, code: str, field: str) -> str:
    """Return whom to ask about a field: in reach, remote, farther away, outside the town."""
    services = services_for(analysis, code, field)
    outside = nearest_outside(analysis, code, field)
    parts = [
        _contacts(f"{label}", services[services["kind"] == kind])
        for kind, label in REACH.items()
        if kind != "farther" or not (services["kind"] == "reach").any()
    ]
    home = analysis.dataset.municipalities["name"][code]
    if len(outside) and (services["kind"] == "here").any():
        parts.append(_contacts(f"{home}の外", outside))
    found = "".join(parts)
    if found:
        return found
    return (
        "<p>公表された窓口が見つかっていません。まず"
        f"{escape(home)}の福祉担当窓口と社会福祉協議会に、知っている支援者がいないか尋ねてください"
        "(掘り起こしの対象)。</p>"
    )


def _contacts(title: str, services: pd.DataFrame) -> str:
    if services.empty:
        return ""
    rows = []
    for row in services.head(SHOWN).to_dict("records"):
        modes = "・".join(MODES[mode] for mode in row["modes"])
        phone = f"電話 {telephone(row['phone'])}" if row["phone"] else "番号は未確認"
        rows.append(
            "<tr>"
            f"<td>{link(row['name'], row['url'])}<br><small>{escape(row['operator'])}</small></td>"
            f"<td>{escape(row['municipality']) or '所在の公表なし'}"
            f"{'<br>' + _minutes(row['minutes']) if _minutes(row['minutes']) else ''}</td>"
            f"<td>{phone}<br><small>{modes}</small></td>"
            f"<td><small>{escape(row['service_area_note'])}</small></td>"
            f"<td><small>確度{row['confidence']}・{row['checked_on']}確認</small></td>"
            "</tr>"
        )
    rest = len(services) - SHOWN
    more = f"<p><small>ほか{rest}件は団体台帳で見られます。</small></p>" if rest > 0 else ""
    return (
        f"<p><b>{escape(title)}</b>({len(services)}件)</p>"
        '<table class="plain"><thead><tr><th>名称</th><th>所在</th><th>連絡</th><th>対象地域</th>'
        f"<th>確認</th></tr></thead><tbody>{''.join(rows)}</tbody></table>{more}"
    )


def here_html(analysis: Analysis, code: str, *, editable: bool) -> str:
    """Return all that stands in a municipality, field by field, each with its way to the records.

    editable: whether to offer the form of a record, too.
    """
    names, offices = analysis.dataset.fields["name"], analysis.dataset.organisations
    body = []
    for field in analysis.arrays.fields:
        services = services_for(analysis, code, field)
        found = services[services["kind"] == "here"].drop_duplicates("organisation")
        for number, row in enumerate(found.head(LISTED).to_dict("records")):
            key = quote(row["organisation"])
            ways = f"<a href='directory?id={key}' target='_self'>台帳</a>"
            if editable:
                ways += f"・<a href='editing?town={code}&amp;record={key}' target='_self'>編集</a>"
            head = f"{escape(names[field])}<br><small>{len(found)}件</small>" if not number else ""
            hours = offices.at[row["organisation"], "hours"]
            body.append(
                f"<tr><td>{head}</td>"
                f"<td>{link(row['name'], row['url'])}<br><small>{escape(row['operator'])}</small></td>"
                f"<td>{telephone(row['phone']) or '<small>番号は未確認</small>'}{_below(hours)}</td>"
                f"<td><small>{ways}</small></td></tr>"
            )
        if len(found) > LISTED:
            way = f"directory?town={code}&amp;fields={quote(field)}"
            body.append(
                f"<tr><td></td><td colspan='3'><a href='{way}' target='_self'>"
                f"ほか{len(found) - LISTED}件を団体台帳で見る</a></td></tr>"
            )
    if not body:
        return ""
    return (
        '<table class="plain"><thead><tr><th>分野</th><th>団体</th><th>電話・時間</th><th>記録</th>'
        f"</tr></thead><tbody>{''.join(body)}</tbody></table>"
    )


def shared_columns(
    shared: Mapping[str, tuple[str, ...]], partners: Sequence[Partner], rows: pd.DataFrame
) -> pd.DataFrame:
    """Return the fields without an office here, the neighbours that have none, and whom to link with.

    shared: of `collaboration.shared_gaps`; partners: of `sheet.partners`; rows: of `karte.field_rows`.
    """
    keys = dict(zip(rows["name"], rows["field"], strict=True))
    return pd.DataFrame(
        [
            {
                "分野": one.field,
                "区分": CLASSES[one.klass],
                "窓口が地域内に見つからない隣": "、".join(shared[keys[one.field]]) or "なし",
                "まず組める相手": one.name,
                "所在・連絡": one.detail,
            }
            for one in partners
        ]
    )


def telephone(text: str) -> str:
    """Return a telephone cell in which each whole number can be pressed."""
    return "".join(
        f'<a href="{address}" style="white-space:nowrap">{escape(words)}</a>'
        if address
        else escape(words)
        for words, address in numbers(text)
    )


def desks_html(found: pd.DataFrame) -> str:
    """Return whom to call (from `desks.desks`) as a table, the numbers to be pressed."""
    rows = [
        "<tr>"
        f"<td><b>{link(row['name'], row['url'])}</b><br><small>{escape(row['fields'])}</small></td>"
        f"<td style='font-size:1.05rem'>{telephone(row['phone'])}"
        f"{_below(row['hours'] or '時間は未確認')}</td>"
        f"<td>{escape(row['address'] or row['municipality'])}</td>"
        f"<td><small>確度{row['confidence']}・{escape(row['source_date'])}</small></td>"
        "</tr>"
        for row in found.to_dict("records")
    ]
    return (
        '<table class="plain"><thead><tr><th>窓口</th><th>電話・時間</th><th>所在</th>'
        f"<th>出典の日付</th></tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def law_html(found: pd.DataFrame, site: str) -> str:
    """Return the desks by law (from `desks.desks_by_law`) as a list; site: of the municipality."""
    rows = [
        f"<li>{escape(row['name'])} <small>({escape(row['field'])}。"
        f"{escape(row['law'] or row['source'])})</small></li>"
        for row in found.to_dict("records")
    ]
    where = f"番号は{link('市町村のサイト', site)}で確かめられます。" if site else ""
    return f"<ul>{''.join(rows)}</ul><p><small>{where}</small></p>"


def _below(text: str) -> str:
    return f"<br><small>{escape(text)}</small>" if text else ""


def link(words: str, url: str) -> str:
    """Return a text as a link when its address is one of the web, else as plain text."""
    if urlsplit(url).scheme in {"http", "https"}:
        address = escape(url, quote=True)
        return f'<a href="{address}" target="_blank" rel="noopener noreferrer">{escape(words)}</a>'
    return escape(words)


def _place(name: str, municipality: str, minutes: float) -> str:
    if not name:
        return "<small>見つかっていません(公表分)</small>"
    return f"{escape(name)}<br><small>{escape(municipality)} {_minutes(minutes)}</small>"


def _minutes(minutes: float) -> str:
    if math.isnan(minutes):
        return ""
    return "地域内" if minutes == 0 else f"約{minutes:.0f}分"
