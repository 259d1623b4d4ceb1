"""Say who may write the store; every write asks here, so that no page can be a way around it."""

from __future__ import annotations

import os

WRITE_VARIABLE = "SHIGEN_WRITE"
HOW_TO_ALLOW = (
    "この画面は閲覧のみです。自分の端末で書き込むには、make run で起動してください"
    f"(または環境変数 {WRITE_VARIABLE}=1)。だれでも開けるサーバーでは、書き込みを許さないでください。"
)


class NotAllowedError(PermissionError):
    """Raised when the store is to be written by someone who may not."""

    def __init__(self) -> None:
        super().__init__(HOW_TO_ALLOW)


def may_write() -> bool:
    """Tell whether this process may write the store: only where SHIGEN_WRITE=1 says so.

    Without a sign-in the world can reach a served app, so that the default is read-only.
    """
    return os.environ.get(WRITE_VARIABLE) == "1"


def require_write() -> None:
    """Raise NotAllowedError unless the store may be written."""
    if not may_write():
        raise NotAllowedError


def allow_on_this_machine() -> None:
    """Let the commands of this process write: who runs them owns the file anyway.

    SHIGEN_WRITE=0 still forbids it.
    """
    os.environ.setdefault(WRITE_VARIABLE, "1")
