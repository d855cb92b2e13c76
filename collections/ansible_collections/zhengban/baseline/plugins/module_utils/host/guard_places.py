# SPDX-License-Identifier: Apache-2.0
"""The doors a host has by the package managers that are there, and the file that shuts each. Source: DESIGN 10."""

import glob
import inspect
import os
from functools import lru_cache
from typing import Iterator, List, NamedTuple, Tuple

from . import guard_plugin
from .dpkg import has_database
from .guard_dnf5 import ACTIONS_FILE, ACTIONS_TEXT, PLUGINS, PROGRAM
from .guard_hooks import APT_FILE, APT_TEXT, DPKG_FILE, DPKG_TEXT
from .rpm import find_database

# Beside the package dnf, wherever its Python has it; that is where dnf 4 looks unless it is told otherwise.
_DNF = "usr/lib*/python3*/*-packages/dnf"


class Hook(NamedTuple):
    """What shuts a door: ``path`` with exactly this content, for packages of ``manager``.

    ``runners``: where what reads it may be, as patterns; () where that comes with the package manager.
    """

    door: str
    manager: str
    path: str
    content: str
    runners: Tuple[str, ...] = ()

    def has_runner(self, root: str) -> bool:
        places = (os.path.join(glob.escape(root), pattern) for pattern in self.runners)
        return not self.runners or any(map(glob.glob, places))


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
    if any(os.path.lexists(os.path.join(root, path.lstrip("/"))) for path in (PROGRAM, ACTIONS_FILE)):
        yield Hook("dnf5", "rpm", ACTIONS_FILE, ACTIONS_TEXT, PLUGINS)


@lru_cache(maxsize=None)
def plugin_text() -> str:
    """The plugin as it is installed."""
    head = "# zhengban: keep this file; the playbook guard writes and removes it\n"
    tail = "\n\nimport dnf\nimport dnf.exceptions\n\nZhengbanGuard = make_plugin(dnf)\n"
    return head + inspect.getsource(guard_plugin) + tail
