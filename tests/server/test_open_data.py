import csv
import gzip
import io
import json
import re
import uuid
from dataclasses import replace
from datetime import date

import httpx
import jsonschema
import pytest
from starlette.applications import Starlette

from geo.data.sources import CAVEAT
from geo.imports import importing
from geo.imports.reading import own_export
from geo.imports.reading.files import open_tables
from geo.records import addresses
from geo.server import app, open_data
from geo.store import snapshot
from geo.store.errors import StoreUnreachableError
from geo.store.sandbox import open_sandbox
from tests.generated import WRITER, incoming, office, service
from tests.own_loop import run

ADDRESSES = [*open_data.FILES, "services", "services/{one}"]
UUID = {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}
TEXT = {"type": "string", "minLength": 1}
URI = {"type": "string", "pattern": r"^https?://\S+$"}
COUNT = {"type": "integer", "minimum": 0}
DAY = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}
MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$"}


def thing(required, **properties):
    """Return the schema of an object with an id, that has nothing but these properties."""
    return {
        "type": "object",
        "required": ["id", *required],
        "properties": {"id": UUID, **properties},
        "additionalProperties": False,
    }


def many(item):
    return {"type": "array", "items": item}


# What HSDS 3.1 asks of the parts that we write: required fields, formats and closed lists.
ADDRESS = thing(
    ["address_1", "city", "state_province", "postal_code", "country", "address_type"],
    location_id=UUID,
    address_1={"type": "string"},
    city=TEXT,
    state_province=TEXT,
    postal_code={"type": "string"},
    country={"type": "string", "minLength": 2, "maxLength": 2},
    address_type={"enum": ["physical", "postal", "virtual"]},
)
LOCATION = thing(
    ["location_type"],
    location_type={"enum": ["physical", "postal", "virtual"]},
    name=TEXT,
    latitude={"type": "number", "minimum": -90, "maximum": 90},
    longitude={"type": "number", "minimum": -180, "maximum": 180},
    addresses=many(ADDRESS),
)
SERVICE = thing(
    ["name", "status", "organization"],
    name=TEXT,
    description=TEXT,
    url=URI,
    status={"enum": ["active", "inactive", "defunct", "temporarily closed"]},
    eligibility_description=TEXT,
    assured_date=DAY,
    last_modified=MOMENT,
    organization=thing(["name", "description"], name=TEXT, description=TEXT, website=URI),
    phones=many(thing(["number"], service_id=UUID, number=TEXT)),
    service_areas=many(thing([], service_id=UUID, name=TEXT, description=TEXT)),
    service_at_locations=many(
        thing([], service_id=UUID, location_id=UUID, location=LOCATION),
    ),
    attributes=many(
        thing(
            ["link_id", "link_entity"],
            link_id=UUID,
            link_entity={"const": "service"},
            link_type=TEXT,
            label=TEXT,
            value={"type": "string"},
        )
    ),
)
PAGE = {
    "type": "object",
    "required": [
        *("total_items", "total_pages", "page_number", "size"),
        *("first_page", "last_page", "empty", "contents"),
    ],
    "properties": {
        **dict.fromkeys(("total_items", "total_pages", "page_number", "size"), COUNT),
        **{name: {"type": "boolean"} for name in ("first_page", "last_page", "empty")},
        "contents": many(SERVICE),
    },
}


@pytest.fixture
def base(monkeypatch):
    """Serve below /base, as server.baseUrlPath says."""
    monkeypatch.setattr(app.st, "get_option", lambda _: "base")
    return "/base"


def ask(path, method="GET", prefix="", **options):
    """Return the server's answer to one request below open-data/."""

    async def asking():
        transport = httpx.ASGITransport(app=Starlette(routes=app.routes()))
        async with httpx.AsyncClient(transport=transport, base_url="http://open.example") as one:
            return await one.request(method, f"{prefix}/open-data/{path}", **options)

    return run(asking())


def body(path, **options):
    answer = ask(path, **options)
    assert answer.status_code == 200
    return answer.content


def first_id():
    return json.loads(body("services?per_page=1"))["contents"][0]["id"]


def rows(blob):
    return list(csv.DictReader(io.StringIO(blob.decode("utf-8-sig"))))


def test_every_address_tells_licence_date_version_and_may_be_read_from_any_site():
    data = snapshot.current()
    one = first_id()
    for path in ADDRESSES:
        answer = ask(path.format(one=one))
        assert answer.status_code == 200, path
        assert answer.headers["link"] == '</status>; rel="license"'
        assert answer.headers["x-data-date"] == date.today().isoformat()
        assert answer.headers["x-data-version"] == data.version
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cache-control"] == "public, no-cache"
        assert "access-control-allow-credentials" not in answer.headers


def test_every_address_that_the_page_names_is_served():
    named = re.findall(r"\]\(open-data/(\S+)\)", addresses.listing())
    assert set(named) == {*open_data.FILES, "services"}
    assert [ask(path).status_code for path in named] == [200] * len(named)


def test_the_kind_of_each_file_is_told():
    kinds = {path: ask(path).headers["content-type"].partition(";")[0] for path in open_data.FILES}
    assert kinds == {
        "services.csv": "text/csv",
        "services.json": "application/json",
        "coverage.csv": "text/csv",
        "municipalities.geojson": "application/geo+json",
    }


def test_the_addresses_stand_below_the_base_path(base):
    answer = ask("services", prefix=base)
    assert answer.status_code == 200
    assert answer.headers["link"] == '</base/status>; rel="license"'
    assert ask("services").status_code == 404


@pytest.mark.parametrize("path", [*open_data.FILES, "services?page=2"])
def test_what_has_not_changed_is_not_sent_again_until_somebody_writes(engine, shipped, path):
    tag = ask(path).headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = ask(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
        assert again.headers["access-control-allow-origin"] == "*"
    assert ask(path, headers={"If-None-Match": '"other"'}).status_code == 200
    many_more = [office(f"more{number}") for number in range(60)]
    offers = [service(f"more{number}-1", f"more{number}") for number in range(60)]
    importing.apply(engine, [incoming(many_more, offers)], shipped, WRITER)
    assert ask(path, headers={"If-None-Match": tag}).status_code == 200


def test_one_version_of_the_data_is_made_once(engine, shipped, monkeypatch):
    importing.apply(engine, [incoming([office("fresh")])], shipped, WRITER)
    made = []
    pack = open_data.packed
    monkeypatch.setattr(open_data, "packed", lambda *one: made.append(one[0]) or pack(*one))
    for path in [*open_data.FILES] * 3:
        body(path)
    assert sorted(made) == sorted(open_data.FILES)


def test_whoever_takes_gzip_gets_it():
    plain = ask("coverage.csv", headers={"Accept-Encoding": "identity"})
    small = ask("coverage.csv", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert small.headers["content-encoding"] == "gzip"
    assert int(small.headers["content-length"]) < len(plain.content) / 10
    assert gzip.decompress(gzip.compress(plain.content)) == small.content


def test_other_sites_may_ask_first_and_nobody_may_write():
    first = ask("services", "OPTIONS")
    assert first.status_code == 204
    assert first.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    assert first.headers["access-control-allow-origin"] == "*"
    assert ask("services", "HEAD").status_code == 200
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert ask("services", method).status_code == 405


def test_the_services_are_valid_hsds_with_an_id_of_its_own_for_every_part(engine, shipped):
    # An organisation of which no service is known is written as well.
    importing.apply(engine, [incoming([office("lone"), office("alone")])], shipped, WRITER)
    services = json.loads(body("services.json"))
    jsonschema.validate(services, many(SERVICE))
    assert len(services) == len(shipped.services) + 2
    for part in ("phones", "service_areas", "service_at_locations", "attributes"):
        ids = [one["id"] for each in services for one in each[part]]
        assert len(set(ids)) == len(ids), part
    assert len({one["id"] for one in services}) == len(services)
    assert all(uuid.UUID(one["id"]) for one in services)


def test_the_schema_of_the_test_refuses_what_hsds_refuses():
    good = json.loads(body("services?per_page=1"))
    one = good["contents"][0]
    for bad in ({"status": "open"}, {"url": ""}, {"id": "1"}, {"assured_date": ""}, {"name": None}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(good | {"contents": [one | bad]}, PAGE)


def test_the_pages_hold_every_service_once(shipped):
    seen, number, last = [], 1, False
    while not last:
        found = json.loads(body(f"services?page={number}&per_page=200"))
        jsonschema.validate(found, PAGE)
        assert found["page_number"] == number
        assert found["size"] == len(found["contents"])
        assert found["first_page"] == (number == 1)
        assert not found["empty"]
        seen += [one["id"] for one in found["contents"]]
        number, last = number + 1, found["last_page"]
    assert found["total_pages"] == number - 1
    assert len(seen) == len(set(seen)) == found["total_items"] == len(shipped.services)
    beyond = json.loads(body(f"services?page={number}&per_page=200"))
    assert (beyond["empty"], beyond["contents"], beyond["last_page"]) == (True, [], True)


def test_one_service_is_what_the_page_shows_of_it():
    listed = json.loads(body("services?page=2&per_page=3"))["contents"]
    for one in listed:
        assert json.loads(body(f"services/{one['id']}")) == one


def test_a_service_that_is_not_there_is_said_in_japanese():
    for key in (str(uuid.uuid4()), "..%2f..%2fetc", "1"):
        answer = ask(f"services/{key}")
        assert answer.status_code == 404
    assert "ありません" in ask(f"services/{uuid.uuid4()}").json()["error"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("services?page=0", "page は1〜"),
        ("services?page=-1", "page は1〜"),
        ("services?page=x", "page は1〜"),
        ("services?page=", "page は1〜"),
        ("services?page=%EF%BC%91", "page は1〜"),
        ("services?page=" + "9" * 5000, "page は1〜"),
        ("services?per_page=501", "per_page は1〜500"),
        ("services?per_page=1.5", "per_page は1〜500"),
        ("services?page=1&page=2", "2回"),
        ("services?town=012301", "知らない条件です: town"),
        ("services.csv?page=1", "知らない条件です: page"),
        ("coverage.csv?minutes=30", "条件は付けられません"),
    ],
)
def test_a_condition_that_cannot_be_met_is_refused_in_japanese(path, words):
    answer = ask(path)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert words in answer.json()["error"]
    assert len(answer.content) < 500


def test_no_byte_tells_a_place_that_is_not_public(engine, shipped):
    hidden = office("hidden", location_public=False, address="植込町", lat=43.98765, lon=142.12345)
    offer = service("hidden-1", "hidden", modes=("phone",), service_area=("prefecture",))
    importing.apply(engine, [incoming([hidden], [offer])], shipped, WRITER)
    services = json.loads(body("services.json"))
    (key,) = [one["id"] for one in services if one["name"].startswith("生成事業所hidden")]
    assert not next(one for one in services if one["id"] == key)["service_at_locations"]
    for path in [*open_data.FILES, "services?per_page=500", "services?per_page=500&page=2"]:
        sent = body(path)
        for secret in ("植込町", "43.98765", "142.12345"):
            assert secret.encode() not in sent, path
            assert json.dumps(secret)[1:-1].encode() not in sent, path
    assert "植込町" not in body(f"services/{key}").decode()


def test_what_somebody_tries_in_a_sandbox_is_in_no_answer(engine, shipped):
    mine = open_sandbox(engine, snapshot.current())
    importing.apply(mine.engine, [incoming([office("tried")])], shipped, WRITER)
    assert "tried" in mine.dataset().organisations.index
    for path in [*open_data.FILES, "services?per_page=500&page=2"]:
        assert "生成事業所tried" not in body(path).decode("utf-8-sig"), path


@pytest.mark.parametrize("name", ["services.csv", "services.json"])
def test_what_is_served_can_be_imported_without_loss(engine, shipped, name):
    back = own_export.read(open_tables(body(name), name))
    plan = importing.preview(engine, back, snapshot.current(), WRITER)
    assert plan.refused == ()
    assert plan.changes_nothing


def test_the_coverage_says_on_every_row_what_it_was_compared_with_and_from_what(shipped):
    found = rows(body("coverage.csv"))
    assert len(found) == len(shipped.municipalities) * len(shipped.fields)
    for row in found:
        assert "179市町村" in row["比べた範囲"]
        assert "到達圏60分" in row["計算の条件"]
        assert "気象庁" in row["出典"]
        assert "国勢調査" in row["出典"]
        assert row["ライセンス"]
        assert row["作成日"] == date.today().isoformat()
        assert row["注意"] == CAVEAT
    assert {row["充足区分コード"] for row in found} <= {
        *("local", "neighbour", "remote", "none", "unknown")
    }


def test_the_boundaries_carry_scarcity_range_fields_and_caveat(shipped, analysis):
    found = json.loads(body("municipalities.geojson"))
    assert found["type"] == "FeatureCollection"
    assert found["caveat"] == CAVEAT
    assert found["date"] == date.today().isoformat()
    assert found["license"]
    assert any("気象庁" in line for line in found["sources"])
    assert "到達圏60分" in found["parameters"]
    assert found["fields"]
    scored = {one["id"]: one for one in found["features"]}
    assert set(scored) == {*shipped.municipalities.index, "hoppo"}
    assert scored["hoppo"]["properties"]["flag"] is None
    for position, code in enumerate(shipped.municipalities.index):
        told = scored[code]["properties"]
        assert told["scarcity"] == round(float(analysis.scarcity[position]), 1)
        assert told["flag"] == analysis.flag[position]
        assert "179市町村" in told["range"]
        assert set(told["fields"]) <= set(found["fields"])
    for one in found["features"]:
        assert one["geometry"]["type"] in ("Polygon", "MultiPolygon")
        longitude, latitude = re.findall(r"-?\d+\.\d+", json.dumps(one["geometry"]))[:2]
        assert 139 < float(longitude) < 150
        assert 41 < float(latitude) < 47


def test_a_municipality_without_a_score_has_none(shipped, analysis):
    from geo.records.open_data import municipalities

    blank = replace(analysis, entered=analysis.entered & False)
    found = json.loads(municipalities(blank, date(2026, 11, 25)))
    assert {one["properties"]["scarcity"] for one in found["features"]} == {None}
    assert {one["properties"]["flag"] for one in found["features"]} == {None}


def test_a_store_that_is_lost_is_said_and_no_half_file_is_sent(monkeypatch):
    def lost():
        raise StoreUnreachableError

    monkeypatch.setattr(open_data.snapshot, "current", lost)
    for path in ("services.csv", "services"):
        answer = ask(path)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "60"
        assert "もう一度" in answer.json()["error"]
