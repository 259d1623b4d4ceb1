import json
import re
from dataclasses import replace
from datetime import date

import httpx
import pytest
from starlette.applications import Starlette

from geo.imports import importing
from geo.maps import payload, served
from geo.people import reversal
from geo.records import editing
from geo.server import app
from geo.store import snapshot
from tests import ROOT
from tests.generated import WRITER, incoming, office
from tests.own_loop import run

DAY = date(2026, 11, 25)


@pytest.fixture
def before(engine, shipped):
    """Return the map data of a store in which the generated office `a` is public."""
    importing.apply(engine, [incoming([office("a"), office("b")])], shipped, WRITER)
    made = payload.of(snapshot.current())
    served.offer(made)
    return made


def ask(version, name="organisations.json", **headers):
    async def asking():
        transport = httpx.ASGITransport(app=Starlette(routes=app.routes()))
        async with httpx.AsyncClient(transport=transport, base_url="http://map.example") as one:
            return await one.get(f"/map/{version}/{name}", headers=headers)

    return run(asking())


def hide(engine, key="a"):
    edit = editing.open_edit(engine, "organisations", key, WRITER)
    hidden = replace(edit, cells=edit.cells | {"location_public": "no"})
    return editing.save(engine, snapshot.current(), hidden, WRITER, DAY)


def test_a_record_that_becomes_hidden_is_gone_from_every_version(engine, before):
    assert "生成事業所a" in ask(before.version).text
    hide(engine)
    # Asked of a process that nobody has told yet.
    answer = ask(before.version)
    assert answer.status_code == 410
    assert answer.headers["cache-control"] == "no-store"
    assert not answer.content
    assert ask(before.version, **{"if-none-match": "*"}).status_code == 410
    now = payload.of(snapshot.current())
    found = json.loads(ask(now.version).text)["name"]
    assert "生成事業所b" in found
    assert "生成事業所a" not in found


def test_a_record_hidden_by_taking_a_change_back_is_gone_too(engine, before):
    hidden = hide(engine)
    shown = reversal.undo(engine, hidden, WRITER)
    again = payload.of(snapshot.current())
    assert "生成事業所a" in ask(again.version).text
    reversal.undo(engine, shown, WRITER)
    assert ask(again.version).status_code == 410


def test_only_what_holds_no_record_may_be_kept_without_asking(before):
    records, lines = ask(before.version), ask(before.version, "boundaries.json")
    assert records.headers["cache-control"] == "private, no-cache"
    assert "immutable" in lines.headers["cache-control"]
    tag = records.headers["etag"]
    assert ask(before.version, **{"if-none-match": tag}).status_code == 304


@pytest.mark.parametrize("version", ["..", "x", "0" * 11, "0" * 13, "試し書き"])
def test_what_is_no_version_is_not_found(before, version):
    assert ask(version).status_code == 404


def test_the_proxy_keeps_no_file_that_holds_records():
    conf = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    keeping = re.findall(r"location ~ (\S+) \{(?:(?!\n    \}).)*proxy_cache +shigen;", conf, re.S)
    assert len(keeping) == 1
    for prefix in ("", "/base"):
        assert re.search(keeping[0], f"{prefix}/map/0123456789ab/boundaries.json")
        assert re.search(keeping[0], f"{prefix}/assets/map/0123456789ab/map.js")
        for path in ("map/0123456789ab/organisations.json", "open-data/services.csv", "map/a/b"):
            assert not re.search(keeping[0], f"{prefix}/{path}")
