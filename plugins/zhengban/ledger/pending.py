# SPDX-License-Identifier: Apache-2.0
"""Intents in flight: at most one file per computer, there from before its host is touched until it is
settled. Source: DESIGN 6.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from zhengban.model.errors import LedgerError, Problem, Refused
from zhengban.model.record import Intent

from .files import names_in, remove_file, replace_file, reported
from .ids import file_stem
from .lines import encode_json

FOLDER = "pending"
_DECODER = msgspec.json.Decoder(Intent)


class Pending:
    """The folder of intents below a ledger; writing needs the computer's lock, held by the caller."""

    def __init__(self, root: Path) -> None:
        self._folder = root / FOLDER
        self._shown_as = f"{root.name}/{FOLDER}"

    def path(self, computer: str) -> Path:
        return self._folder / f"{file_stem(computer)}.json"

    def read(self, path: Path) -> Intent | None:
        """Read one intent; ``None`` when there is none (any more).

        Raises:
            LedgerError: the file is not an intent; what it stood for is unknown, so nothing is guessed.
        """
        found = self._look(path)
        if isinstance(found, Problem):
            raise LedgerError(str(found))
        return found

    def _look(self, path: Path) -> Intent | Problem | None:
        with reported(path, "read the file"):
            try:
                data = path.read_bytes()
            except FileNotFoundError:
                return None
        try:
            return _DECODER.decode(data)
        except ValueError as err:
            hint = "restore the file, or remove it once the computer was checked by hand"
            return Problem(file=f"{self._shown_as}/{path.name}", message=f"not an intent ({err})", hint=hint)

    def of(self, computer: str) -> Intent | None:
        return self.read(self.path(computer))

    def survey(self) -> tuple[tuple[Intent, ...], tuple[Problem, ...]]:
        """Every intent in flight and a problem for every file that is none, by file name.

        An intent that is settled while we read is left out.
        """
        intents: list[Intent] = []
        problems: list[Problem] = []
        for stem in names_in(self._folder, ".json"):
            if stem.startswith("."):
                continue
            path = self._folder / f"{stem}.json"
            try:
                found = self._look(path)
            except LedgerError as err:
                found = Problem(file=f"{self._shown_as}/{path.name}", message=str(err))
            if isinstance(found, Problem):
                problems.append(found)
            elif found is not None:
                intents.append(found)
        return tuple(intents), tuple(problems)

    def all(self) -> tuple[Intent, ...]:
        """Every intent in flight, by file name.

        Raises:
            LedgerError: a file is not an intent.
        """
        intents, problems = self.survey()
        if problems:
            raise LedgerError("\n".join(str(problem) for problem in problems))
        return intents

    def as_written(self, intent: Intent) -> Intent:
        """The intent as it reads back from disk: the form its records and every later reader have."""
        return _DECODER.decode(encode_json(intent))

    def write(self, intent: Intent) -> None:
        """Put an intent on disk.

        Raises:
            Refused: the computer has one already.
        """
        if (there := self.of(intent.computer)) is not None:
            raise Refused(
                [
                    f"{intent.computer}: the change {there.id} of {there.at:%Y-%m-%d %H:%M} UTC is "
                    "not settled yet; settle it first: zhengban ledger recover"
                ]
            )
        replace_file(self.path(intent.computer), encode_json(intent) + b"\n")

    def remove(self, computer: str) -> None:
        remove_file(self.path(computer))
