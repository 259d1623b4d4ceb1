"""What a session leaves with the server is bounded, and what all leave together."""

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from geo.server import uploads
from tests.own_loop import run

PIECE = 50
PATH = "/_stcore/upload_file/{session}/{file}"


@pytest.fixture
def keeper(monkeypatch):
    """Keep files as Streamlit does, in its own keeper, under small limits."""
    found = MemoryUploadedFileManager("/_stcore/upload_file")
    monkeypatch.setattr(uploads, "MOST_OF_SESSION", 300)
    monkeypatch.setattr(uploads, "MOST_OF_ALL", 1_000)
    monkeypatch.setattr(uploads, "MOST_FILES", 5)

    class Running:
        uploaded_file_mgr = found

    monkeypatch.setattr(uploads.runtime, "exists", lambda: True)
    monkeypatch.setattr(uploads.runtime, "get_instance", Running)
    return found


@pytest.fixture
def app(keeper):
    async def put(request: Request) -> Response:
        data = await request.body()
        path = request.path_params
        keeper.add_file(path["session"], UploadedFileRec(path["file"], "町.csv", "", data))
        return Response(status_code=204)

    return uploads.Bounded(Starlette(routes=[Route(PATH, put, methods=["PUT", "DELETE"])]))


async def send(app, session, file, size, *, method="PUT", pause=None):
    """Send a file in pieces; return the status of the answer."""
    left, statuses = size, []

    async def receive():
        nonlocal left
        if pause is not None:
            await pause()
        piece, left = min(left, PIECE), left - min(left, PIECE)
        return {"type": "http.request", "body": bytes(piece), "more_body": left > 0}

    async def answered(message):
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    path = PATH.format(session=session, file=file)
    scope = {"type": "http", "method": method, "path": path, "headers": [], "query_string": b""}
    await app(scope, receive, answered)
    return statuses[0]


def kept(keeper):
    return sum(len(one.data) for files in keeper.file_storage.values() for one in files.values())


def test_a_session_keeps_no_more_than_its_share_and_others_still_send(app, keeper):
    assert [run(send(app, "a", str(n), 100)) for n in range(4)] == [204, 204, 204, 413]
    assert kept(keeper) == 300
    assert run(send(app, "b", "0", 100)) == 204
    keeper.remove_file("a", "0")
    assert run(send(app, "a", "9", 100)) == 204


def test_all_sessions_together_keep_no_more_than_the_process_has_room_for(app, keeper):
    statuses = [run(send(app, f"s{n}", "0", 250)) for n in range(8)]
    assert statuses == [204] * 4 + [413] * 4
    assert kept(keeper) == 1_000


def test_files_that_arrive_at_the_same_time_are_counted_together(app, keeper):
    async def together():
        pause = lambda: asyncio.sleep(0)  # noqa: E731
        return await asyncio.gather(*(send(app, "a", str(n), 250, pause=pause) for n in range(5)))

    assert run(together()).count(204) <= 1
    assert kept(keeper) <= 300
    assert not app._arriving
    assert not app._open
    assert run(send(app, "b", "0", 250)) == 204


def test_files_without_a_byte_are_counted_too(app, keeper):
    assert [run(send(app, "a", str(n), 0)) for n in range(7)] == [204] * 5 + [413] * 2


def test_taking_a_file_away_is_never_refused(app, keeper):
    for n in range(4):
        run(send(app, "a", str(n), 100))
    assert run(send(app, "a", "0", 0, method="DELETE")) == 204
