from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import load
from benchmarks.start import ROOT, server
from benchmarks.visitor import VisitError, Visitor
from tests.own_loop import run

pytestmark = [pytest.mark.slow, pytest.mark.serial]

BROKEN = """import streamlit as st

if __name__ == "__main__":
    st.error("生成した誤り")
else:
    app = st.App(__file__)
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    store = f"sqlite:///{tmp_path_factory.mktemp('load') / 'store.sqlite3'}"
    with server(ROOT / "app.py", environment={"DATABASE_URL": store}) as (found, _):
        yield found


def test_every_visitor_opens_the_map_and_sees_it_follow_the_filters(address, monkeypatch):
    monkeypatch.setattr(load, "PERIOD", 1.0)
    monkeypatch.setattr(load, "SETTLE", 0.0)
    result = run(load.steady([address], 5, 4, []))
    assert result.errors == []
    assert len(result.opened) == 5
    assert len(result.reruns) >= 5


def test_burst_opens_the_map_for_all(address, monkeypatch):
    monkeypatch.setattr(load, "ARRIVAL", 1.0)
    result = run(load.burst([address], 5, None, []))
    assert result.errors == []
    assert len(result.opened) == 5


def test_map_that_stays_as_it_was_is_an_error(address):
    async def run_again_without_a_change() -> None:
        visitor = Visitor(address)
        await visitor.open()
        try:
            await visitor._run(changes_map=True)
        finally:
            await visitor.close()

    with pytest.raises(VisitError, match="the map stayed"):
        run(run_again_without_a_change())


def test_page_with_an_error_is_an_error(tmp_path: Path):
    script = tmp_path / "broken.py"
    script.write_text(BROKEN, encoding="utf-8")
    with server(script) as (found, _), pytest.raises(VisitError, match="生成した誤り"):
        run(Visitor(found).open())
