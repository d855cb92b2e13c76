# SPDX-License-Identifier: Apache-2.0
"""One program on a Windows host, run to its end: a busy installer is waited for, a hanging one ended.

What is done is never taken from an exit code: the registry says it. Source: Microsoft, "Windows Installer error codes".
"""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from .removal import Job
from .shell import Ran, Shell

_UNKNOWN_PRODUCT, _BUSY = 1605, 1618
_RESTART = (1641, 3010)
_MEANINGS = {
    1601: "the Windows Installer service cannot be reached",
    1602: "it was cancelled by somebody at the computer",
    1603: "it failed; the computer's event log says why",
    _UNKNOWN_PRODUCT: "Windows Installer does not know the product",
    _BUSY: "another installation is running",
    1619: "the package cannot be opened",
    1620: "the package is not one of Windows Installer",
    1625: "a policy of the computer forbids it",
    1633: "the package is not for this kind of computer",
    1638: "another version of it is installed",
    1639: "its arguments are not understood",
    2: "the program is not there",
    5: "access is denied",
    740: "it needs an administrator",
    1223: "it was cancelled by somebody at the computer",
}


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    """How long to wait, in seconds.

    For one ``program``; for the ``registry`` after it; ``between_tries`` while another installation runs, and how many
    ``tries`` there are.
    """

    program: float = 1800
    registry: float = 120
    between_tries: float = 20
    tries: int = 15


class Executed(msgspec.Struct, frozen=True, kw_only=True):
    """How a program ended: what it said, what was wrong (empty: nothing), and whether Windows wants to be restarted."""

    output: str
    problem: str = ""
    needs_restart: bool = False


def execute(shell: Shell, job: Job, waits: Waits, *, started: Callable[[str], None]) -> Executed:
    """Run one program.

    Args:
        started: told the handle of the program as soon as it runs, so that another connection can wait for it.
    """
    attempt = 1
    while True:
        handle = shell.start(job.line)
        started(handle)
        ran = shell.wait(handle, waits.program)
        shell.end(handle)
        if ran is None:
            text = f"{job.words[0]} did not end within {waits.program:.0f} s and was ended; it may be asking something"
            return Executed(output=f"{job.line}\n{text}", problem=text)
        if not (job.is_msi and ran.code == _BUSY) or attempt == waits.tries:
            return _judged(job, ran)
        attempt += 1
        time.sleep(waits.between_tries)


def _judged(job: Job, ran: Ran) -> Executed:
    said = "\n".join(part.strip() for part in (ran.output, ran.errors) if part.strip())
    meaning = _MEANINGS.get(ran.code, "")
    shown = f"exit code {ran.code}{f': {meaning}' if meaning else ''}"
    output = "\n".join(part for part in (job.line, said, shown) if part)
    is_well = ran.code in (0, *_RESTART) or (job.is_msi and "/x" in job.words and ran.code == _UNKNOWN_PRODUCT)
    needs_restart = ran.code in _RESTART
    return Executed(output=output, problem="" if is_well else f"{job.words[0]}: {shown}", needs_restart=needs_restart)
