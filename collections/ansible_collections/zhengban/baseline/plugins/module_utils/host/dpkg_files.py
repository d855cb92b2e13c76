# SPDX-License-Identifier: Apache-2.0
"""Which files dpkg's packages own. Source: dpkg's ``info/*.list``."""

import os
from typing import Sequence, Set

from .database import DatabaseError
from .dpkg import DATABASE


def read_owned(root: str, folders: Sequence[str]) -> Set[str]:
    """The paths, without a leading ``/``, that begin like one of ``folders``.

    Raises:
        DatabaseError: a list cannot be read.
    """
    info = os.path.join(root, DATABASE, "info")
    beginnings = tuple("/{}".format(folder).encode("utf-8") for folder in folders)
    owned: Set[str] = set()
    try:
        for name in os.listdir(info):
            if name.endswith(".list"):
                with open(os.path.join(info, name), "rb") as file:
                    owned.update(
                        os.fsdecode(line[1:]) for line in file.read().split(b"\n") if line.startswith(beginnings)
                    )
    except OSError as err:
        raise DatabaseError("{}: {}".format(err.filename or info, err.strerror)) from err
    return owned
