import ast
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from geo.data.dataset import Dataset
from geo.data.memory import kept, succeed
from geo.methods.analysis import Analysis, analyse
from geo.parameters import Parameters
from tests import ROOT


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def of(asked):
    """Return a kept function of a dataset, which notes in `asked` when it has to compute."""

    @kept(2)
    def answer(data: Dataset, word: str) -> list[str]:
        asked.append(word)
        return [word]

    return answer


def test_same_question_is_answered_once(shipped, of, asked):
    assert of(shipped, "a") is of(shipped, "a")
    assert of(shipped, "b") == ["b"]
    assert asked == ["a", "b"]


def test_only_the_last_answers_are_kept(shipped, of, asked):
    for word in ("a", "b", "c", "b", "a"):
        of(shipped, word)
    assert asked == ["a", "b", "c", "a"]


def test_sandboxes_push_nobody_else_out(shipped, of, asked):
    of(shipped, "shown to all")
    for number in range(9):
        of(replace(shipped, trial=True), f"{number}")
    of(shipped, "shown to all")
    assert asked.count("shown to all") == 1


def test_nothing_is_kept_of_data_that_was_replaced(shipped, of, asked):
    old, new = replace(shipped, number=1), replace(shipped, number=2)
    of(old, "a")
    succeed(old, new)
    of(old, "a")
    of(old, "a")
    assert asked == ["a", "a", "a"]
    of(new, "b")
    of(new, "b")
    assert asked.count("b") == 1
    succeed(new, old)  # as where a store is taken back to what ships
    of(old, "c")
    of(old, "c")
    assert asked.count("c") == 1


def test_answer_that_came_too_late_is_not_kept(shipped):
    old, new = replace(shipped, number=1), replace(shipped, number=2)
    times = []

    @kept(2)
    def slow(data: Dataset) -> object:
        times.append(data.number)
        if len(times) == 1:
            succeed(old, new)
        return object()

    assert slow(old) is not slow(old)
    assert times == [1, 1]


def test_data_that_succeeds_itself_stays(shipped, of, asked):
    of(shipped, "a")
    succeed(shipped, shipped)
    of(shipped, "a")
    assert asked == ["a"]


def test_analysis_of_a_sandbox_is_kept_apart(shipped):
    trial = replace(shipped, trial=True)
    assert analyse(trial, Parameters()) is analyse(trial, Parameters())
    assert analyse(trial, Parameters()) is not analyse(shipped, Parameters())


def test_sandboxes_compute_one_after_the_other_and_nobody_waits_for_them(shipped):
    inside, most = [], []
    busy, go = threading.Event(), threading.Event()

    @kept(8)
    def inner(data):
        return object()

    @kept(8)
    def slow(data):
        if data.trial:
            inside.append(data)
            most.append(len(inside))
            busy.set()
            go.wait(20)
            inside.remove(data)
        return inner(data)

    trials = [replace(shipped, trial=True) for _ in range(4)]
    threads = [threading.Thread(target=slow, args=(trial,)) for trial in trials]
    for thread in threads:
        thread.start()
    assert busy.wait(20)
    assert slow(shipped) is slow(shipped)  # while a sandbox computes
    assert inside
    go.set()
    for thread in threads:
        thread.join(20)
    assert most == [1, 1, 1, 1]


def test_what_is_kept_is_about_a_dataset(of):
    with pytest.raises(TypeError, match="dataset"):
        of("012301", "a")


def plainly_cached(path: Path) -> Iterator[str]:
    """Yield the functions of a module with a cache of Python's own that are given a dataset."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.FunctionDef):
            continue
        decorators = " ".join(ast.unparse(one) for one in node.decorator_list)
        given = {ast.unparse(a.annotation) for a in node.args.args if a.annotation is not None}
        if "cache" in decorators and given & {Dataset.__name__, Analysis.__name__}:
            yield f"{path.relative_to(ROOT)}: {node.name}"


def test_no_cache_of_a_dataset_forgets_to_forget():
    paths = [*(ROOT / "geo").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]
    assert [name for path in paths for name in plainly_cached(path)] == []
