# SPDX-License-Identifier: Apache-2.0
"""How an installed product is uninstalled without a window and without a person: its own way, or the policy's.

A command line that a user can write is never run as the administrator; that would give every user an administrator's
rights. Source: DESIGN 9, 11.
"""

from __future__ import annotations

import msgspec

from zhengban.model.plan import Means

from .cmdline import expand, join_line, split_line
from .entry import Entry, has_unseen
from .reading import Programs


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One program to run: its words, and whether its exit codes are Windows Installer's."""

    words: tuple[str, ...]
    is_msi: bool = False

    @property
    def line(self) -> str:
        return join_line(self.words)


class NoWay(msgspec.Struct, frozen=True, kw_only=True):
    """Why a product cannot be uninstalled unattended, and what would help."""

    reason: str


def removal_of(entry: Entry, means: Means | None, programs: Programs, *, profiles_folder: str) -> Job | NoWay:
    """How to uninstall one product.

    Args:
        entry: what the registry says of it.
        means: what the policy says; a ``source`` of it is where :func:`host_path` puts it.
        programs: of this host.
        profiles_folder: below which users may write.

    Returns:
        In this order: the policy's own program; Windows Installer, by product code; the product's uninstaller with the
        policy's arguments; the product's own quiet way.
    """
    arguments = means.arguments if means is not None else ()
    if means is not None and means.source:
        return job_of_source(means, programs, verb="/x")
    if entry.is_of_one_user:
        return NoWay(
            reason="it is installed for one user, whose files the administrator does not run; have that user remove "
            "it, or write uninstall.source"
        )
    if entry.product_code:
        return _msi(programs, "/x", entry.product_code, arguments)
    words = split_line(entry.uninstall or entry.quiet_uninstall)[:1] if arguments else split_line(entry.quiet_uninstall)
    if not words:
        reason = (
            "it names no uninstaller for the policy's arguments" if arguments else "it says no way without a window"
        )
        better = "source" if arguments else "arguments"
        return NoWay(reason=f"{reason}; write uninstall.{better}, or an exception")
    return _checked((*words, *arguments), programs, profiles_folder)


def job_of_source(means: Means, programs: Programs, *, verb: str) -> Job:
    """The policy's own file, once it lies on the host; a Windows Installer package is installed or removed by it."""
    path = host_path(means, programs)
    if path.lower().endswith(".msi"):
        return _msi(programs, verb, path, means.arguments)
    return Job(words=(path, *means.arguments))


def host_path(means: Means, programs: Programs) -> str:
    """Where a file of the policy lies on the host: by its digest, in a folder that only administrators can write."""
    suffix = means.source[means.source.rfind(".") :].lower()
    return rf"{programs.program_files}\zhengban\{means.sha256}{suffix}"


def _msi(programs: Programs, verb: str, what: str, arguments: tuple[str, ...]) -> Job:
    given = {argument.lower() for argument in arguments}
    silent = () if given & {"/quiet", "/qn", "/q"} else ("/qn",)
    restart = () if given & {"/norestart", "/promptrestart", "/forcerestart"} else ("/norestart",)
    return Job(words=(programs.msiexec, verb, what, *arguments, *silent, *restart), is_msi=True)


def _checked(words: tuple[str, ...], programs: Programs, profiles_folder: str) -> Job | NoWay:
    program = words[0]
    if has_unseen("".join(words)):
        return NoWay(reason="its uninstall command holds characters nobody sees; write uninstall.source")
    if program.lower() in ("msiexec", "msiexec.exe"):
        return Job(words=(programs.msiexec, *words[1:]), is_msi=True)
    if program[1:3] != ":\\" or ".." in program.split("\\"):
        return NoWay(reason=f"its uninstaller {program!r} has no full path; write uninstall.source")
    below = f"{expand(profiles_folder, programs.environment).rstrip(chr(92))}\\".lower()
    if profiles_folder and program.lower().startswith(below):
        return NoWay(
            reason=f"its uninstaller {program!r} lies in a user's folder, where the administrator runs nothing; write "
            "uninstall.source"
        )
    return Job(words=words)
