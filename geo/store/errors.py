"""Name what keeps the store from being read or written, in words for whoever waits for it."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from geo.errors import StoreError

if TYPE_CHECKING:  # the app's first lines import this, and the server is to answer soon
    from sqlalchemy.engine.interfaces import ExceptionContext


class StoreUnreachableError(StoreError):
    """Raised when the database or the file cannot be reached, or the connection to it was lost."""

    words = (
        "台帳の保存先につながりません(何も保存していません)。"
        "しばらくしてから、もう一度試してください"
    )


class OutcomeUnknownError(StoreUnreachableError):
    """Raised when the connection was lost at the very end: it may have been written, or not."""

    words = (
        "保存の最後に台帳との接続が切れ、保存できたかどうか分かりません。"
        "もう一度保存する前に、変更の履歴を確かめてください"
    )


class StoreBusyError(StoreError):
    """Raised when others held the store for longer than a writer or a reader waits."""

    words = (
        "台帳がほかの処理で使われています(何も保存していません)。"
        "しばらくしてから、もう一度試してください"
    )


class StoreFullError(StoreError):
    """Raised when the disk of the store is full."""

    words = "台帳の保存先の容量がいっぱいです(何も保存していません)。管理者に知らせてください"


class StoreReadOnlyError(StoreError):
    """Raised when the disk or the server of the store takes no writing."""

    words = "台帳の保存先が読み取り専用です(何も保存していません)。管理者に知らせてください"


class NotLaidOutError(StoreError):
    """Raised when the store has not the tables of this version of the code."""

    words = "台帳の表がまだ作られていません。アプリを起動し直すか、python -m geo migrate を実行してください"


class StoreNewerError(StoreError):
    """Raised when a newer version of the code has changed the tables."""

    words = "台帳はこのプログラムより新しい版で作られています。プログラムを新しくしてください"


class UnstorableTextError(StoreError):
    """Raised when a text holds a character that no database takes."""

    words = "保存できない文字(NUL)が含まれています。取り除いてから、もう一度保存してください"


class AddressUnreadableError(StoreError):
    """Raised when DATABASE_URL is none; it is not repeated, since it may hold a password."""

    words = "データベースのURLとして読めません"


class DriverMissingError(StoreError):
    """Raised when the driver of the database that the URL names is not installed."""

    words = (
        "このデータベースのドライバーがありません"
        " (the driver is not installed: pip install -r requirements-server.txt)"
    )


# By the beginning of SQLite's name of an error; https://www.sqlite.org/rescode.html
SQLITE_ERRORS: dict[str, type[StoreError]] = {
    "SQLITE_BUSY": StoreBusyError,
    "SQLITE_LOCKED": StoreBusyError,
    "SQLITE_FULL": StoreFullError,
    "SQLITE_READONLY": StoreReadOnlyError,
    "SQLITE_CANTOPEN": StoreUnreachableError,
    "SQLITE_IOERR": StoreUnreachableError,
    "SQLITE_CORRUPT": StoreUnreachableError,
    "SQLITE_NOTADB": StoreUnreachableError,
}
# By the beginning of SQLSTATE; https://www.postgresql.org/docs/current/errcodes-appendix.html
POSTGRESQL_ERRORS: dict[str, type[StoreError]] = {
    "08": StoreUnreachableError,  # connection
    "28": StoreUnreachableError,  # user or password
    "3D000": StoreUnreachableError,  # no such database
    "53100": StoreFullError,
    "53300": StoreUnreachableError,  # too many connections
    "58030": StoreUnreachableError,  # input or output
    "57P": StoreUnreachableError,  # shut down, crashed, starting, database dropped
    "57014": StoreBusyError,  # statement_timeout
    "55P03": StoreBusyError,  # lock_timeout
    "40": StoreBusyError,  # deadlock, serialisation
    "25P03": StoreUnreachableError,  # idle_in_transaction_session_timeout
    "25006": StoreReadOnlyError,
    "42P01": NotLaidOutError,  # no such table
    "42703": NotLaidOutError,  # no such column
}
MISSING_IN_SQLITE = ("no such table", "no such column")


def named(context: ExceptionContext) -> StoreError | None:
    """Return what a driver's error means for the store, None where it is not the store's fault.

    A listener of SQLAlchemy's `handle_error`: what it returns is raised in the error's place.
    """
    if context.is_pre_ping:  # the pool connects anew by itself
        return None
    found = _kind(context.original_exception)
    if found is None and (context.is_disconnect or context.connection is None):
        found = StoreUnreachableError  # lost on the way, or never reached
    return None if found is None else found()


def _kind(error: BaseException) -> type[StoreError] | None:
    if isinstance(error, sqlite3.Error):
        if str(error).startswith(MISSING_IN_SQLITE):
            return NotLaidOutError
        return _starting(SQLITE_ERRORS, getattr(error, "sqlite_errorname", None))
    if "NUL" in str(error) and "0x00" in str(error):  # psycopg says so before it asks the server
        return UnstorableTextError
    return _starting(POSTGRESQL_ERRORS, getattr(error, "sqlstate", None))


def _starting(kinds: dict[str, type[StoreError]], code: str | None) -> type[StoreError] | None:
    if code is None:
        return None
    return next((kind for start, kind in kinds.items() if code.startswith(start)), None)
