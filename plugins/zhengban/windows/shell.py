# SPDX-License-Identifier: Apache-2.0
"""What a connection to a Windows host must be able to do, whatever it is made of."""

from __future__ import annotations

from typing import Protocol

import msgspec

from zhengban.model.errors import ZhengbanError


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """A command that has ended: its whole exit code (0 to 2^32 - 1) and its output as text."""

    code: int
    output: str = ""
    errors: str = ""

    @property
    def ending(self) -> str:
        """How it ended, for a message."""
        said = (self.errors or self.output).strip()
        return f"ended with {self.code}{f': {said}' if said else ' and said nothing'}"


class NoSuchCommand(ZhengbanError):
    """The host does not know that command any more: nobody started it, or its shell was ended."""


class Shell(Protocol):
    """Commands on one host. What is raised for a lost connection passes through unchanged.

    A *handle* names a running command so that another connection can wait for it; one that ends in ``/`` names the
    place commands of this connection run in.
    """

    @property
    def place(self) -> str:
        """Where this connection's commands run."""

    def start(self, line: str, *, through_cmd: bool = False, stdin: bytes = b"") -> str:
        """Start a command line and give its handle.

        It is started as it is; only with ``through_cmd`` cmd.exe reads it, and expands ``%…%``.
        """

    def wait(self, handle: str, seconds: float) -> Ran | None:
        """What became of a command, None when it still runs after so long.

        Raises:
            NoSuchCommand: the host does not know it any more.
        """

    def end(self, handle: str) -> None:
        """End a command, or everything in a place; what is gone already is fine."""


def run(shell: Shell, line: str, *, through_cmd: bool = False, stdin: bytes = b"", seconds: float = 120) -> Ran:
    """Run a command of our own, which ends soon.

    Raises:
        CommandTimeout: it did not end in time, and was ended.
    """
    handle = shell.start(line, through_cmd=through_cmd, stdin=stdin)
    ran = shell.wait(handle, seconds)
    shell.end(handle)
    if ran is None:
        raise CommandTimeout(f"{line.split(maxsplit=1)[0]} did not end within {seconds:.0f} s")
    return ran


class CommandTimeout(ZhengbanError):
    """A command of our own that should end at once did not: the host is not well."""
