from geo.server import app
from geo.store import queries
from geo.store.database import writing
from tests.own_loop import run
from tests.ui.opened import open_page


def answers(count):
    async def ask():
        return [(await app._data_version(None)).body for _ in range(count)]

    return run(ask())


def test_many_pages_ask_and_the_store_is_asked_once(engine, monkeypatch):
    asked = []
    monkeypatch.setattr(app, "VERSION_SECONDS", 3600)  # whatever else this machine does meanwhile
    monkeypatch.setattr(app, "_seen_at", -float("inf"))
    monkeypatch.setattr(queries, "version", lambda: asked.append(1) or 7)
    assert answers(50) == [b"7"] * 50
    assert len(asked) == 1


def test_answer_follows_the_store_once_it_is_old(engine, monkeypatch):
    monkeypatch.setattr(app, "VERSION_SECONDS", 0)
    monkeypatch.setattr(app, "_seen_at", -float("inf"))
    before = int(answers(1)[0])
    with writing(engine) as connection:
        queries.next_version(connection)
    assert int(answers(1)[0]) == before + 1


def test_page_tells_the_browser_what_it_was_drawn_with(engine):
    with writing(engine) as connection:
        queries.next_version(connection)
    followers = [
        one.proto.json
        for one in open_page("methods").get("bidi_component")
        if one.proto.component_name == "follow"
    ]
    assert len(followers) == 1
    assert f'"version": {queries.version()}' in followers[0]
