# SPDX-License-Identifier: Apache-2.0
"""Which file systems a ledger may live on. Source: DESIGN 6."""

from __future__ import annotations

import re
from pathlib import Path, PurePath

from zhengban.model.errors import LedgerError

MOUNTINFO = Path("/proc/self/mountinfo")

# Locks, renames or fsync on these do not promise across machines what the ledger's order of writing needs.
_REMOTE = re.compile(r"nfs\d?|cifs|smb\w*|fuse.*|9p|afs|ceph|lustre", re.ASCII)
_OCTAL = re.compile(r"\\([0-7]{3})")


def read_mountinfo() -> str:
    """The kernel's table of mounts; empty where there is none to read."""
    try:
        return MOUNTINFO.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


def refuse_remote(path: Path, mountinfo: str) -> None:
    """Refuse a ledger on a network or user-space file system.

    Args:
        path: the ledger, absolute and resolved; it need not exist yet.
        mountinfo: the text of ``/proc/self/mountinfo``; the last mount on the longest matching point counts.

    Raises:
        LedgerError: the file system is NFS, CIFS, FUSE or another that locks cannot be trusted on.

    Source: proc_pid_mountinfo(5).
    """
    place, kind, depth = "", "", 0
    for line in mountinfo.splitlines():
        before, separator, after = line.partition(" - ")
        fields = before.split(" ")
        if not separator or len(fields) < 5:
            continue
        point = _OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[4])
        parts = len(PurePath(point).parts)
        if parts >= depth and path.is_relative_to(point):
            place, kind, depth = point, after.split(" ")[0], parts
    if _REMOTE.fullmatch(kind):
        raise LedgerError(
            f"{path}: the ledger cannot be kept on {kind} (mounted at {place}): locks and renames there "
            "do not hold against other machines; keep the workspace on a local disk"
        )
