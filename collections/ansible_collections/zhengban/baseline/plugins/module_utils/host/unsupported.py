# SPDX-License-Identifier: Apache-2.0
"""Package managers of this machine that this version cannot read: what they hold is unread, never clean."""

import os
from typing import List


def find_unsupported(root: str = "/") -> List[str]:
    """The managers below ``root`` whose database holds packages, sorted. An empty database is none."""
    found = []
    if _may_hold(os.path.join(root, "var/lib/snapd/snaps"), ".snap"):
        found.append("snap")
    return found


def _may_hold(folder: str, suffix: str = "") -> bool:
    """Whether a folder has an entry with that ending; one that is there and cannot be listed may have."""
    try:
        return any(name.endswith(suffix) for name in os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
