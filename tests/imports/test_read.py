from datetime import date
from pathlib import Path

import pytest

from geo.data.dataset import Dataset
from geo.data.vocabulary import PUBLIC
from geo.imports import read
from geo.records.open_data import export
from geo.store.database import reading
from tests.generated_files import csv_of, rows_of


@pytest.fixture
def openings(monkeypatch) -> list[Path]:
    """Return the paths that are opened from now on, one entry for each time."""
    seen, plain = [], Path.open

    def counted(path, *arguments, **options):
        seen.append(path)
        return plain(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", counted)
    return seen


def ours(data: Dataset) -> bytes:
    return export(data, "csv", {}, date(2026, 11, 24))


def spoilt(data: Dataset) -> bytes:
    return ours(data).replace(PUBLIC["yes"].encode(), "ひみつ".encode(), 1)


@pytest.mark.parametrize(
    ("content", "refused"),
    [(ours, 0), (spoilt, 0), (lambda _: csv_of(rows_of("kaigo", [{}, {"事業所名": ""}])), 1)],
)
def test_a_file_is_opened_once_whatever_it_turns_out_to_be(
    engine, shipped, tmp_path, openings, content, refused
):
    path = tmp_path / "list.csv"
    path.write_bytes(content(shipped))
    openings.clear()
    with reading(engine) as connection:
        found = read.read(connection, shipped, path, path.name)
    assert openings.count(path) == 1
    assert len(found.refused) == refused


def test_an_export_with_a_spoilt_cell_is_read_row_by_row(engine, shipped):
    with reading(engine) as connection:
        whole = read.read(connection, shipped, ours(shipped), "x.csv")
        mended = read.read(connection, shipped, spoilt(shipped), "x.csv")
    assert whole.format == mended.format == "shigen"
    assert whole.rows_read == mended.rows_read
    assert whole.source != mended.source  # the second was read as a published list
