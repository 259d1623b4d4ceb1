import hashlib
import json
from dataclasses import replace

import pytest

from geo.errors import DataError
from geo.imports.catalogue import SOURCES, open_licence
from geo.imports.fetch import SIDECAR, Patience, fetch, note_beside
from tests.generated_files import WAM, csv_of, read, rows_of
from tests.official_server import official_server

QUICK = Patience(connect=2, read=0.3, retry=0.01, pause=0)
PATH = "/content/jigyosho_110_all_20260709180342.csv"
LARGE = csv_of(rows_of("kaigo", [{"事業所名": f"生成{n}", "事業所番号": f"{173300000 + n:010d}"} for n in range(2000)]))  # fmt: skip


@pytest.fixture
def server():
    with official_server() as running:
        running.files[PATH] = LARGE
        running.files["/page"] = f'<a href="{PATH}">訪問介護</a>'.encode()
        yield running


def _digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def kaigo(server, **changes):
    fields = {"page": server.address("/page"), "hosts": (server.host,)} | changes
    return replace(SOURCES["kaigo"], **fields)


def test_a_download_is_whole_and_keeps_its_licence_and_edition(server, tmp_path):
    (file,) = fetch(kaigo(server), tmp_path, patience=QUICK)
    assert file.path.read_bytes() == LARGE
    assert (file.edition, file.fresh) == ("2026-06-30", True)
    noted = json.loads((tmp_path / "kaigo" / (file.path.name + SIDECAR)).read_text())
    assert noted["licence"] == "CC BY 4.0"
    assert "厚生労働省" in noted["attribution"]
    incoming = read(file.path, noted=note_beside(file.path, _digest(file.path)))
    assert note_beside(file.path, "of other content") == {}
    assert (incoming.licence, incoming.edition) == ("CC BY 4.0", "2026-06-30")
    assert len(incoming.organisations) == 2000


def test_the_newest_edition_of_a_page_is_taken_and_old_ones_are_left(server, tmp_path):
    old = "/content/jigyosho_110_all_20250106120000.csv"
    server.files["/page"] = f"<a href='{old}'>old</a><a href='{PATH}'>new</a>".encode()
    (file,) = fetch(kaigo(server), tmp_path, patience=QUICK)
    assert file.path.name == PATH.rpartition("/")[2]


def test_a_file_that_has_not_changed_is_not_brought_again(server, tmp_path):
    fetch(kaigo(server), tmp_path, patience=QUICK)
    (again,) = fetch(kaigo(server), tmp_path, patience=QUICK)
    assert not again.fresh
    server.files[PATH] = LARGE + b"\n"
    (changed,) = fetch(kaigo(server), tmp_path, patience=QUICK)
    assert changed.fresh
    assert changed.path.read_bytes() == LARGE + b"\n"


@pytest.mark.parametrize("fault", ["truncate", "stall"])
def test_a_broken_download_goes_on_where_it_stopped(server, tmp_path, fault):
    server.faults[PATH] = [fault]
    (file,) = fetch(kaigo(server), tmp_path, patience=QUICK)
    assert file.path.read_bytes() == LARGE
    ranges = [headers.get("Range") for path, headers in server.asked if path == PATH]
    assert ranges[0] is None
    assert ranges[1].startswith("bytes=")
    assert 0 < int(ranges[1].removeprefix("bytes=").rstrip("-")) < len(LARGE)


def test_a_file_that_changed_in_between_is_brought_from_the_start(server, tmp_path):
    server.faults[PATH] = ["truncate", "changed"]
    (file,) = fetch(kaigo(server), tmp_path, patience=QUICK)
    assert file.path.read_bytes() == LARGE


def test_a_server_that_fails_twice_is_asked_again(server, tmp_path):
    server.faults[PATH] = ["fail", "fail"]
    (file,) = fetch(kaigo(server), tmp_path, patience=QUICK)
    assert file.path.read_bytes() == LARGE


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        (["fail"] * 9, "4回試しました"),
        (["truncate"] * 9, "途中で切れました"),
        (["stall"] * 9, "途絶えました"),
        (["gone"], "404"),
        (["page"], "表ではなくページ"),
        (["huge"], "上限"),
        (["endless"], "上限"),
        (["redirect http://evil.example/jigyosho_110.csv"], "evil.example"),
        (["redirect /loop"] * 1, "404"),
    ],
)
def test_what_goes_wrong_is_said_and_leaves_no_half_file(server, tmp_path, faults, words):
    server.faults[PATH] = list(faults)
    with pytest.raises(DataError, match=words) as caught:
        fetch(kaigo(server, limit=5_000_000), tmp_path, patience=QUICK)
    assert "手でダウンロード" in str(caught.value)
    assert not list((tmp_path / "kaigo").glob("*.csv"))


def test_redirects_within_the_publisher_are_followed_but_not_for_ever(server, tmp_path):
    server.faults[PATH] = ["redirect /moved.csv"]
    server.files["/moved.csv"] = LARGE
    (file,) = fetch(kaigo(server), tmp_path, patience=QUICK)
    assert file.path.read_bytes() == LARGE
    other = "/content/jigyosho_120_all_20260709180342.csv"
    server.files["/page"] = f'<a href="{other}">x</a>'.encode()
    server.faults[other] = [f"redirect {other}"] * 20
    with pytest.raises(DataError, match="何度も"):
        fetch(kaigo(server), tmp_path, patience=QUICK)


def test_without_a_network_the_message_says_so(tmp_path, server):
    source = kaigo(server, page="http://127.0.0.1:9/page", hosts=("127.0.0.1:9",))
    with pytest.raises(DataError, match="インターネットにつながらない"):
        fetch(source, tmp_path, patience=QUICK)


def test_a_page_without_links_is_not_taken_for_an_empty_edition(server, tmp_path):
    server.files["/page"] = "<p>準備中</p>".encode()
    with pytest.raises(DataError, match="配布の形が変わった"):
        fetch(kaigo(server), tmp_path, patience=QUICK)


def test_wam_net_comes_as_zip_and_is_read_as_such(server, tmp_path):
    import io
    import zipfile

    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("csvdownload046.csv", csv_of(rows_of("wam"), "cp932"))
    path = "/content/files/sfkopendata_202609_46.zip"
    server.files[path] = stream.getvalue()
    server.files["/page"] = f'<a href="{path}">B型</a>'.encode("cp932")
    source = replace(SOURCES["wamnet"], page=server.address("/page"), hosts=(server.host,))
    (file,) = fetch(source, tmp_path, patience=QUICK)
    incoming = read(file.path, noted=note_beside(file.path, _digest(file.path)))
    assert len(WAM) == 29
    assert (incoming.format, incoming.edition) == ("wamnet", "2026-09-30")


def test_a_search_takes_only_tables_with_an_open_licence(server, tmp_path):
    def package(licence, name):
        resource = {"url": f"/data/{name}.csv", "name": "医療機関"}
        return {"title": "医療機関一覧", "license_id": licence, "resources": [resource]}

    packages = [package("cc-by", "good"), package("CC BY-NC 4.0", "closed"), package("", "unknown")]
    server.files["/api"] = json.dumps({"success": True, "result": {"results": packages}}).encode()
    server.files["/data/good.csv"] = csv_of(rows_of("medical"))
    source = replace(
        SOURCES["hokkaido"],
        page=server.address("/"),
        search=server.address("/api"),
        hosts=(server.host,),
    )
    (file,) = fetch(source, tmp_path, patience=QUICK)
    assert file.path.name == "good.csv"


@pytest.mark.parametrize(
    ("words", "is_open"),
    [
        ("cc-by", True), ("CC BY 4.0", True), ("CC_BY_4.0", True), ("cc-zero", True), ("PDL 1.0", True),
        ("公共データ利用規約(第1.0版)", True),
        ("CC BY-NC 4.0", False), ("cc-by-nd", False), ("notspecified", False), ("", False),
        ("非営利のみ", False),
    ],
)  # fmt: skip
def test_a_licence_that_forbids_use_or_change_is_not_open(words, is_open):
    assert open_licence(words) is is_open


def test_every_source_names_publisher_licence_and_only_its_own_hosts():
    for source in SOURCES.values():
        assert source.publisher
        assert source.licence
        assert source.page.startswith("https://")
        for address in (source.page, *source.files, *([source.search] if source.search else [])):
            assert address.split("/")[2] in source.hosts
