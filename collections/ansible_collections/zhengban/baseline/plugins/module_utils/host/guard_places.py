# SPDX-License-Identifier: Apache-2.0
"""The doors a host has by the package managers that are there, and the file that shuts each. Source: DESIGN 10."""

import glob
import inspect
import os
from functools import lru_cache
from typing import Iterator, List, NamedTuple

from . import guard_plugin
from .dpkg import has_database
from .guard_dnf5 import ACTIONS_FILE, ACTIONS_TEXT
from .guard_hooks import APT_FILE, APT_TEXT, DPKG_FILE, DPKG_TEXT
from .rpm import find_database

# Beside the package dnf, wherever its Python has it; that is where dnf 4 looks unless it is told otherwise.
_DNF = "usr/lib*/python3*/*-packages/dnf"


class Hook(NamedTuple):
    """What shuts a door: ``path`` with exactly this content, for packages of ``manager``."""

    door: str
    manager: str
    path: str
    content: str


def find_hooks(root: str = "/") -> List[Hook]:
    """The hooks of the doors that a host has, in the order in which they are put there."""
    return list(_hooks(root))


def _hooks(root: str) -> Iterator[Hook]:
    dpkg = (Hook("dpkg", "dpkg", DPKG_FILE, DPKG_TEXT), Hook("apt", "dpkg", APT_FILE, APT_TEXT))
    if has_database(root) or any(os.path.lexists(os.path.join(root, hook.path.lstrip("/"))) for hook in dpkg):
        yield from dpkg
    # dnf is there on Debian systems too, whose packages it has nothing to do with.
    if not find_database(root):
        return
    for place in sorted(glob.glob(os.path.join(glob.escape(root), _DNF, "__init__.py"))):
        folder = "/" + os.path.relpath(os.path.dirname(os.path.dirname(place)), root)
        yield Hook("dnf", "rpm", "{}/dnf-plugins/{}.py".format(folder, guard_plugin.NAME), plugin_text())
    if os.path.exists(os.path.join(root, "usr/bin/dnf5")):
        yield Hook("dnf5", "rpm", ACTIONS_FILE, ACTIONS_TEXT)


@lru_cache(maxsize=None)
def plugin_text() -> str:
    """The plugin as it is installed."""
    head = "# zhengban: keep this file; the playbook guard writes and removes it\n"
    tail = "\n\nimport dnf\nimport dnf.exceptions\n\nZhengbanGuard = make_plugin(dnf)\n"
    return head + inspect.getsource(guard_plugin) + tail
