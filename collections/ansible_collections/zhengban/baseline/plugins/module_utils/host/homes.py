# SPDX-License-Identifier: Apache-2.0
"""The people's home folders on this machine, and how to look into them: whatever lies there, they put it there."""

import os
import re
import stat
from typing import Dict, List, NamedTuple, Optional

MAX_HOMES = 2000
_HOMES = "home"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]*\Z")


class Home(NamedTuple):
    """``user`` is empty where the folder belongs to nobody in ``passwd``, as those of a directory service do."""

    path: str
    user: str
    label: str


def find_homes(root: str) -> List[Home]:
    """The folders that ``passwd`` names and those below ``/home``, sorted by label, at most :data:`MAX_HOMES`.

    ``label`` tells them apart: the name of the user, else the path of the folder.
    """
    found: Dict[str, str] = {}
    for line in (read_small(os.path.join(root, "etc/passwd")) or "").split("\n"):
        fields = line.split(":")
        if len(fields) == 7 and fields[5].startswith("/") and _NAME.match(fields[0]):
            found.setdefault(os.path.normpath(fields[5]).lstrip("/"), fields[0])
    try:
        for name in sorted(os.listdir(os.path.join(root, _HOMES))):
            found.setdefault("{}/{}".format(_HOMES, name), "")
    except OSError:
        pass
    homes = [
        Home(os.path.join(root, path), user, user or re.sub(r"[^A-Za-z0-9_.@-]", "_", path))
        for path, user in found.items()
        # The root of the file system is home to those who have none.
        if path
    ]
    return sorted(homes, key=lambda home: (home.label, home.path))[:MAX_HOMES]


def read_small(path: str, most: int = 1 << 20) -> Optional[str]:
    """The text of a plain file of at most ``most`` bytes, None for everything else: a link, a pipe, a larger one."""
    content = read_bytes(path, most)
    return None if content is None else content.decode("utf-8", "backslashreplace")


def read_head(path: str, most: int) -> bytes:
    """The first bytes of a plain file, at most ``most``; empty for everything else."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return b""
    with open(descriptor, "rb") as file:
        try:
            return file.read(most) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
        except OSError:
            return b""


def read_bytes(path: str, most: int = 1 << 20) -> Optional[bytes]:
    """As :func:`read_small`, undecoded."""
    try:
        is_file = stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return None
    content = read_head(path, most + 1) if is_file else b""
    return content if is_file and len(content) <= most else None
