"""Name everything that can go wrong here, each in Japanese words for whoever waits.

The root and its branches stand in this module, the rest where they are raised. Who shows errors
catches GeoError, or the branch that it can do something about; everything else is a fault of ours.

    GeoError                            whatever a person is to be told
        DataError                       a table cannot be used: every place to mend
            UnknownFormatError          imports.reading.recognise
            GoneError                   imports.publisher
        MissingError                    what was named is not there, or not any more
            UnknownCodeError
            PlanMissingError            plans.saved
            RoundMissingError           store.rounds
            DraftGoneError              records.drafts
            RecordGoneError             records.editing
        ConflictError                   somebody else, or another window, was first
            PlanConflictError           plans.saved
            DraftMovedError             records.drafts
            EditConflictError           records.editing
        ImpossibleError                 what was asked cannot be done
            ChangeError                 methods.what_if
            VenueError                  methods.venues
            UndoError                   people.reversal
            PlanError                   plans.plan
        NotAllowedError                 who asks may not do or see it
            ReviewNeededError           people.ownership
        SignInError                     a sign-in is not accepted
            SignInSettingsError         people.sign_in
            ForeignSignInError          people.sign_in
            IncompleteSignInError       people.sign_in
            SignInTooOldError           people.sign_in
            SignInInFutureError         people.sign_in
        StoreError                      the store does not do what was asked, and nothing was written
            StoreUnreachableError       store.errors
                OutcomeUnknownError     store.errors
            StoreBusyError              store.errors
            StoreFullError              store.errors
            StoreReadOnlyError          store.errors
            NotLaidOutError             store.errors
            StoreNewerError             store.errors
            UnstorableTextError         store.errors
            AddressUnreadableError      store.errors
            DriverMissingError          store.errors
            UnknownRevisionError        store.migrate
            MoveError                   store.move
            SandboxFullError            store.sandbox
        EndlessRedirectsError           imports.resolver
        RefusedAddressError             imports.resolver
        _FailingError                   imports.publisher, which tries again and lets it out to nobody
        _ForbiddenError                 records.link_checks, which notes it and lets it out to nobody
        _RefusedError                   server.open_data, which answers with it
        _StaleError                     imports.fetch, which asks again and lets it out to nobody
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SHOWN_PROBLEMS = 20


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a table: file name, spreadsheet row (1 = header), column, reason.

    sheet: of a workbook, '' for a file of one table.
    """

    file: str
    row: int | None
    column: str | None
    reason: str
    sheet: str = ""

    def __str__(self) -> str:
        place = f"{self.file} シート「{self.sheet}」" if self.sheet else self.file
        if self.row is not None:
            place += f" {self.row}行目"
        if self.column is not None:
            place += f" 「{self.column}」列"
        return f"{place}: {self.reason}"


class GeoError(Exception):
    """Whatever a person is to be told; its text is Japanese and says what to do."""


class DataError(GeoError):
    """Raised when a table cannot be used; `problems` lists every place to mend."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.file, p.row or 0)))
        lines = [str(problem) for problem in self.problems[:SHOWN_PROBLEMS]]
        rest = len(self.problems) - SHOWN_PROBLEMS
        if rest > 0:
            lines.append(f"ほか{rest}件")
        super().__init__("\n".join(lines))

    def __reduce__(self) -> tuple[Any, ...]:
        """Come whole out of another process."""
        return type(self), (list(self.problems),)


class MissingError(GeoError):
    """Raised when what was named is not there, or not any more."""


class ConflictError(GeoError):
    """Raised when somebody else, or another window, was first; nothing was written."""


class ImpossibleError(GeoError):
    """Raised when what was asked cannot be done; the message says what stands in the way."""


class NotAllowedError(GeoError):
    """Raised when somebody may not do or see something; the message says why."""


class SignInError(GeoError):
    """Raised when a sign-in is not accepted; the message says why."""


class StoreError(GeoError):
    """Raised when the store does not do what was asked; nothing of it was written."""

    words = "台帳の保存先を使えません"

    def __init__(self, words: str = "") -> None:
        super().__init__(words or self.words)


class UnknownCodeError(MissingError):
    """Raised when a code or a name is not in the tables: of a municipality, a field, a record."""

    def __init__(self, kind: str, code: str) -> None:
        self.kind = kind
        self.code = code
        super().__init__(code)

    def __reduce__(self) -> tuple[Any, ...]:
        """Come whole out of another process."""
        return type(self), (self.kind, self.code)

    @classmethod
    def town(cls, code: str) -> UnknownCodeError:
        """Return the error of a municipality that is not in the tables."""
        return cls("市町村コード", code)

    @classmethod
    def field(cls, field: str) -> UnknownCodeError:
        """Return the error of a field that is not in the tables."""
        return cls("分野", field)

    @classmethod
    def organisation(cls, organisation: str) -> UnknownCodeError:
        """Return the error of an organisation that is not in the tables."""
        return cls("団体", organisation)

    @classmethod
    def of(cls, code: str, kind: str) -> UnknownCodeError:
        """Return the error of anything else; kind: what it is, in Japanese."""
        return cls(kind, code)

    def __str__(self) -> str:
        return f"{self.kind} {self.code!r} は台帳にありません"
