# SPDX-License-Identifier: Apache-2.0
"""Everything that can go wrong, in one tree that the edges convert once."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


class Problem(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One thing wrong with an input, as a value, so that all problems of a run are reported together.

    ``file`` is relative to the workspace where it lies in one; ``line`` and ``column`` count from 1, 0 means the
    whole file. ``path`` is the place inside the document (``software[3].versions``), ``hint`` what to do about it.
    """

    file: str
    line: int = 0
    column: int = 0
    path: str = ""
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        text = ": ".join(part for part in (place, self.path, self.message) if part)
        return f"{text}; {self.hint}" if self.hint else text


class ZhengbanError(Exception):
    """Anything this package reports to a person: the text says what, where and what to do."""


class InputError(ZhengbanError):
    """Files people wrote cannot be used; ``problems`` holds every one found, sorted by place."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Refused(ZhengbanError):
    """The request is understood and will not be carried out; ``reasons`` says why, one sentence each."""

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons: tuple[str, ...] = tuple(reasons)
        super().__init__("; ".join(self.reasons))


class Busy(Refused):
    """Somebody else holds the lock; nothing is wrong and nothing was changed."""


class FactsError(ZhengbanError):
    """A facts document, or any other answer of a host, that is not what the format says."""


class LedgerError(ZhengbanError):
    """The ledger's files are not what the ledger wrote; nothing was changed."""
