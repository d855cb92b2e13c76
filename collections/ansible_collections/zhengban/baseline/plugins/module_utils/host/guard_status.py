# SPDX-License-Identifier: Apache-2.0
"""Which doors of this host are shut, from what lies on its disk; cheap enough for every reading of facts."""

import os
import time
from typing import Dict

from .guard_hooks import HOOK
from .guard_open import read_opening
from .guard_places import find_hooks
from .guard_spool import printable
from .guard_table import FILE, TableError, load_table

# Of several Pythons that dnf is there for, the worst counts.
_WORST_FIRST = ("broken", "absent", "shut")


def read_doors(state_dir: str, now: float, root: str = "/") -> Dict[str, str]:
    """The guard of this host as texts; ``{}`` when nothing of it is there.

    Each door of :func:`guard_places.find_hooks` (``apt``, ``dpkg``, ``dnf``, ``dnf5``): ``shut``, ``recorded`` (audit
    mode), ``open`` (for the moment), ``broken`` (the hook is not what was written, or what runs it or what it calls is
    gone), ``absent``, or ``unread`` for somebody who may not read the table.
    ``table``: ``ok``, its error code, or ``unread``. With a table ``mode``, ``policy`` (its digest) and
    ``written_at``; while it is open ``open_until`` and ``open_reason``.
    """
    hooks: Dict[str, str] = {}
    for hook in find_hooks(root):
        state = _state(os.path.join(root, hook.path.lstrip("/")), hook.content)
        state = state if state != "shut" or hook.has_runner(root) else "broken"
        hooks[hook.door] = min(state, hooks.get(hook.door, "shut"), key=_WORST_FIRST.index)
    if set(hooks.values()) <= {"absent"} and not os.path.exists(os.path.join(state_dir, FILE)):
        return {}
    report: Dict[str, str] = {"table": "ok"}
    try:
        plain = load_table(state_dir).plain
        report.update(mode=plain["mode"], policy=plain["policy"], written_at=_moment(plain["written_at"]))
    except TableError as err:
        is_hidden = os.path.isdir(state_dir) and not os.access(state_dir, os.X_OK)
        report["table"] = "unread" if is_hidden else err.code
    opening = read_opening(state_dir, now)
    if opening:
        report.update(open_until=_moment(now + opening["seconds_left"]), open_reason=printable(opening["reason"]))
    works = os.access(os.path.join(root, HOOK.lstrip("/")), os.X_OK)
    standing = "open" if opening else "recorded" if report.get("mode") == "audit" else "shut"
    if report["table"] == "unread":
        standing = "unread"
    for door, state in hooks.items():
        report[door] = state if state != "shut" else standing if works else "broken"
    return report


def _state(path: str, text: str) -> str:
    try:
        with open(path, "rb") as file:
            return "shut" if file.read().decode("utf-8", "replace") == text else "broken"
    except FileNotFoundError:
        return "absent"
    except OSError:
        return "broken"


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
