"""Name what is wrong with an input, down to its file, row and column."""

from __future__ import annotations

from dataclasses import dataclass

SHOWN_PROBLEMS = 20


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a table: file name, spreadsheet row (1 = header), column, reason."""

    file: str
    row: int | None
    column: str | None
    reason: str

    def __str__(self) -> str:
        place = self.file
        if self.row is not None:
            place += f" {self.row}行目"
        if self.column is not None:
            place += f" 「{self.column}」列"
        return f"{place}: {self.reason}"


class DataError(ValueError):
    """Raised when a table cannot be used; `problems` lists every place to mend."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.file, p.row or 0)))
        lines = [str(problem) for problem in self.problems[:SHOWN_PROBLEMS]]
        rest = len(self.problems) - SHOWN_PROBLEMS
        if rest > 0:
            lines.append(f"ほか{rest}件")
        super().__init__("\n".join(lines))


class UnknownCodeError(KeyError):
    """Raised when a code or a name is not in the tables: of a municipality, a field, a record."""

    def __init__(self, kind: str, code: str) -> None:
        self.kind = kind
        self.code = code
        super().__init__(code)

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
