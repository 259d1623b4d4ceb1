"""A ZIP from outside is read or refused with its reason, whatever is in it, and by a child."""

import io
import random
import zipfile
from contextlib import suppress

import pytest

from geo.errors import DataError
from geo.imports.reading import answers
from geo.imports.reading.files import open_tables
from geo.imports.reading.shapes import read_shapes
from geo.records import loading

CSV = "名称,住所,緯度,経度\n生成団体,登別市中央町,42.4,141.1\n".encode() * 40
METHODS = {
    "stored": zipfile.ZIP_STORED,
    "deflate": zipfile.ZIP_DEFLATED,
    "bzip2": zipfile.ZIP_BZIP2,
    "lzma": zipfile.ZIP_LZMA,
}


def zipped(content, method=zipfile.ZIP_DEFLATED, parts=1):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for number in range(parts):
            archive.writestr(f"{number}.csv", content)
    return stream.getvalue()


def doors(data):
    return {
        "answers": lambda blob: answers.unpacked(blob, "x.zip"),
        "table": lambda blob: open_tables(blob, "x.zip"),
        "layers": lambda blob: read_shapes(data, blob, "x.zip"),
    }


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
@pytest.mark.parametrize("door", ["answers", "table", "layers"])
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")
def test_a_torn_archive_is_refused_at_every_door(door, method, shipped):
    whole, chance = zipped(CSV, method), random.Random(11)
    read = doors(shipped)[door]
    for _ in range(15):
        torn = bytearray(whole)
        for _ in range(chance.choice((1, 1, 3))):
            torn[chance.randrange(4, len(torn))] = chance.randrange(256)
        with suppress(DataError):  # whatever else is raised fails
            read(bytes(torn[: chance.choice((None, chance.randrange(4, len(torn))))]))


def test_answers_that_grow_as_no_table_does_are_not_unpacked():
    bomb = zipped(bytes(2_000_000), parts=3)
    assert len(bomb) < 10_000
    with pytest.raises(DataError, match="圧縮の率"):
        answers.unpacked(bomb, "x.zip")


@pytest.mark.serial
def test_answers_of_a_visitor_are_unpacked_in_a_child(shipped, monkeypatch):
    seen = []
    ran = loading.worker.run

    def noted(work, *args, **more):
        seen.append(work)
        return ran(work, *args, **more)

    monkeypatch.setattr(loading.worker, "run", noted)
    loading.read_files([("x.zip", zipped(CSV))], shipped, apart=True)
    assert [work.__name__ for work in seen] == ["unpacked", "read_answer"]


def test_what_is_left_when_the_time_for_all_is_over_is_refused_by_name(shipped, monkeypatch):
    monkeypatch.setattr(loading, "LOAD_SECONDS", 0.0)
    found, refused = loading.read_files([("a.csv", CSV), ("b.csv", CSV)], shipped, apart=True)
    assert found == []
    assert [name for name, _ in refused] == ["a.csv", "b.csv"]
    assert all("分けて" in why for _, why in refused)
