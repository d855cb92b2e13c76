# SPDX-License-Identifier: Apache-2.0
"""The policy's own files: checked on the controller, copied by the connection, checked again on the host.

A copy goes as base64 text through standard input and ``certutil -decode``, in parts, so that no PowerShell, no share
and no network of the host is needed; ``certutil -hashfile`` says whether what arrived is the file the policy names.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from zhengban.model.errors import ZhengbanError
from zhengban.model.plan import Means

from .reading import Programs
from .removal import host_path
from .shell import Shell, run

# certutil decodes in memory, and fails above some tens of megabytes.
_PART = 16 << 20
_LINE = 76
# find.exe lets through the lines that hold a blank; base64 may have blanks where its lines end.
_END = b" \r\n"
_SECONDS = 600
_DIGEST = re.compile(r"(?:[0-9a-f]{2} ?){32}\Z")


class CopyError(ZhengbanError):
    """A file did not arrive as it is; nothing was started."""


def local_problem(workspace: Path, means: Means) -> str:
    """What is wrong with the file of the policy in the workspace; empty when it is the one the policy names."""
    try:
        with (workspace / means.source).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as err:
        return f"{means.source} cannot be read in the workspace ({err.strerror})"
    return "" if digest == means.sha256 else f"{means.source} has the sha256 {digest}, the policy says {means.sha256}"


def copy_source(shell: Shell, programs: Programs, workspace: Path, means: Means) -> str:
    """Have a file of the policy on the host; returns its path there.

    Raises:
        CopyError: it is not the file of the policy, here or there.
    """
    if problem := local_problem(workspace, means):
        raise CopyError(problem)
    target = host_path(means, programs)
    parts = []
    with (workspace / means.source).open("rb") as file:
        for number, part in enumerate(iter(lambda: file.read(_PART), b"")):
            parts.append(f"{target}.{number}")
            _copy_part(shell, programs, part, parts[-1])
    joined = "+".join(f'"{part}"' for part in parts)
    used = " ".join(f'"{part}" "{part}.txt"' for part in parts)
    run(shell, f'copy /b /y {joined} "{target}" & del /q {used}', through_cmd=True, seconds=_SECONDS)
    if digest_on_host(shell, programs, target) != means.sha256:
        raise CopyError(f"{means.source} did not arrive as it is at {target}: is there room for it?")
    return target


def remove_copies(shell: Shell, paths: Iterable[str]) -> None:
    """Remove what :func:`copy_source` has brought."""
    if quoted := " ".join(f'"{path}"' for path in paths):
        run(shell, f"del /q {quoted}", through_cmd=True)


def digest_on_host(shell: Shell, programs: Programs, path: str) -> str:
    """The SHA-256 of a file on the host, from the line that is one in every language; empty when there is none."""
    ran = run(shell, f'{programs.certutil} -hashfile "{path}" SHA256', seconds=_SECONDS)
    lines = (line.strip().lower() for line in ran.output.splitlines())
    return next((line.replace(" ", "") for line in lines if _DIGEST.match(line)), "")


def _copy_part(shell: Shell, programs: Programs, part: bytes, target: str) -> None:
    text = base64.b64encode(part)
    lines = b"".join(text[place : place + _LINE] + _END for place in range(0, len(text), _LINE))
    folder = target.rpartition("\\")[0]
    # mkdir complains where the folder is there already; what could not be written shows in the digest.
    line = f'mkdir "{folder}" & {programs.find} " " > "{target}.txt"'
    run(shell, line, through_cmd=True, stdin=lines, seconds=_SECONDS)
    run(shell, f'{programs.certutil} -f -decode "{target}.txt" "{target}"', seconds=_SECONDS)
