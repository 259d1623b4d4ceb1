"""Keep what was computed from a dataset, and let go of it when newer data takes its place."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from threading import RLock
from typing import Any, ParamSpec, TypeVar
from weakref import WeakSet

from geo.data.dataset import Dataset

KEPT_TRIALS = 4  # results of the sandboxes, which must not push out what everybody looks at

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")

one_trial = RLock()  # held by who computes for a sandbox; what is kept asks for more that is kept
_shared: list[Any] = []
_of_trials: list[Any] = []
_outdated: WeakSet[Dataset] = WeakSet()


def kept(
    maxsize: int, *, trials: int = KEPT_TRIALS
) -> Callable[[Callable[Asked, Answer]], Callable[Asked, Answer]]:
    """Keep the last answers of a function of a dataset, or of something that has a `dataset`.

    maxsize: how many answers; trials: how many about sandboxes, beside those. Arguments must be
    hashable, answers are shared and nobody may change them. Nothing that rests on data which
    `succeed` has replaced is kept, even where it was still being computed then.
    """

    def remembering(function: Callable[Asked, Answer]) -> Callable[Asked, Answer]:
        shared, of_trials = lru_cache(maxsize)(function), lru_cache(trials)(function)
        _shared.append(shared)
        _of_trials.append(of_trials)

        @wraps(function)
        def remembered(*args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
            data = _dataset(args)
            if data in _outdated:
                return function(*args, **kwargs)
            found: Answer
            if data.trial:
                # Sandboxes compute one after the other: together they take as much of this
                # process from everybody else as one of them.
                with one_trial:
                    memory: Any = of_trials
                    found = memory(*args, **kwargs)
            else:
                memory = shared
                found = memory(*args, **kwargs)
            if data in _outdated:  # replaced meanwhile
                memory.cache_clear()
            return found

        return remembered

    return remembering


def succeed(old: Dataset | None, new: Dataset) -> None:
    """Let go of all that rests on a dataset whose place another has taken; None was before none.

    Whoever still reads the old one may go on: nothing about it is kept any more.
    """
    _outdated.discard(new)
    if old is None or old is new:
        return
    _outdated.add(old)
    for memory in _of_trials if old.trial else _shared:
        memory.cache_clear()


def _dataset(args: tuple[object, ...]) -> Dataset:
    for argument in args:
        data = getattr(argument, "dataset", argument)
        if isinstance(data, Dataset):
            return data
    message = "what is kept must be asked about a dataset"
    raise TypeError(message)
