"""Log one JSON object a line where SHIGEN_LOG=json, with nothing in it that names a person.

What may be logged is listed, not what may not: our own fixed words and numbers, and of everybody
else's messages and of all errors only where in the code they arose and of which class they are.
An error's text can hold a record, an e-mail address, a password of the database or a token.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

VARIABLE = "SHIGEN_LOG"
OURS = "geo"
WITHHELD = "…"
_ALWAYS_THERE = frozenset(vars(logging.makeLogRecord({})))

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class SafeRecord(logging.LogRecord):
    """A record whose message is its JSON line, whichever handler of whichever library writes it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        failure = self.exc_info
        self._failure = failure[1] if isinstance(failure, tuple) else None
        # A formatter would write these out with all their text.
        self.exc_info = self.exc_text = self.stack_info = None

    def getMessage(self) -> str:  # noqa: N802 (the name of logging)
        """Return the line: time, level, logger, event or place, numbers, error."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(self.created, UTC).isoformat(timespec="milliseconds"),
            "level": self.levelname,
            "logger": self.name,
        }
        if self.name.split(".")[0] == OURS:
            line["event"] = _event(self.msg, self.args)
            line |= {
                name: value
                for name, value in vars(self).items()
                if name not in _ALWAYS_THERE and isinstance(value, int | float)
            }
        else:
            line["at"] = f"{_short(self.pathname)}:{self.lineno}"
        if self._failure is not None:
            line["error"] = [_described(error) for error in _chain(self._failure)]
        return json.dumps(line, ensure_ascii=False)


def configure() -> None:
    """Write JSON lines from now on, if SHIGEN_LOG=json; otherwise leave the logs as they are."""
    if os.environ.get(VARIABLE) != "json":
        return
    logging.setLogRecordFactory(SafeRecord)
    logging.captureWarnings(capture=True)
    plain = logging.Formatter("%(message)s")
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.StreamHandler(sys.stderr))
    logging.getLogger(OURS).setLevel(logging.INFO)
    for logger in [root, *map(logging.getLogger, list(root.manager.loggerDict))]:
        for handler in logger.handlers:
            handler.setFormatter(plain)
    sys.excepthook = _log_uncaught
    sys.unraisablehook = lambda failed: _log_failure(failed.exc_value)
    threading.excepthook = lambda failed: _log_failure(failed.exc_value)


def _event(words: object, values: Any) -> str:
    """Return our words with the numbers among their values, and the class of an error."""
    if not values:
        return str(words)
    many = values if isinstance(values, tuple) else (values,)
    return str(words) % tuple(_allowed(value) for value in many)


def _allowed(value: object) -> object:
    if isinstance(value, int | float):
        return value
    return type(value).__name__ if isinstance(value, BaseException) else WITHHELD


def _chain(error: BaseException) -> list[BaseException]:
    """Return an error and what caused it, the newest first."""
    found: list[BaseException] = []
    while error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__ or error
    return found


def _described(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "class": f"{type(error).__module__}.{type(error).__qualname__}",
        "at": [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames],
    }


def _short(path: str) -> str:
    return "/".join(Path(path).parts[-3:])


def _log_uncaught(
    kind: type[BaseException], error: BaseException, where: TracebackType | None
) -> None:
    logging.getLogger(OURS).critical("uncaught error", exc_info=(kind, error, where))


def _log_failure(error: BaseException | None) -> None:
    if error is not None:
        failure: ExcInfo = (type(error), error, error.__traceback__)
        logging.getLogger(OURS).error("uncaught error in a thread", exc_info=failure)
