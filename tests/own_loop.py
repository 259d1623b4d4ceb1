"""Run a coroutine in a thread of its own: Playwright's loop runs in the tests' thread all along."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    with ThreadPoolExecutor(max_workers=1) as own:
        return own.submit(asyncio.run, coroutine).result()
