# SPDX-License-Identifier: Apache-2.0
"""flatpak's apps and runtimes: facts from its folders, for the whole system or a user."""

from typing import Any, Collection, Dict, List, Sequence, Tuple

from .database import Reading
from .flatpak_database import Deployed, Installation, has_database, read_deployed
from .manager import Manager


class Flatpak(Manager):
    """A name is the app's or runtime's id; its architecture goes on with the branch, and whose it is if not all's."""

    name = "flatpak"
    is_systems = False

    def is_here(self, root: str) -> bool:
        return has_database(root)

    def read(self, root: str) -> Reading:
        from .flatpak_offers import USUAL_BRANCH, native_arch

        deployed = read_deployed(root)
        keys = [[self.name, one.name, one.version, one.row_arch, one.manual, one.held] for one in deployed]
        # Most apps have this one branch: it is what an install by name means.
        native = "{}/{}".format(native_arch(), USUAL_BRANCH)
        return Reading(keys, lambda: _rows(deployed), list, native)

    def owned_paths(self, _root: str, _folders: Sequence[str]) -> Collection[str]:
        # What it has lies in folders of its own.
        return ()


def _rows(deployed: List[Deployed]) -> List[List[Any]]:
    by_ref: Dict[str, List[int]] = {}
    below: Dict[Tuple[Installation, str], List[int]] = {}
    for number, one in enumerate(deployed):
        by_ref.setdefault(one.ref, []).append(number)
        if one.kind == "runtime":
            words = one.name.split(".")
            for count in range(1, len(words) + 1):
                below.setdefault((one.installation, ".".join(words[:count])), []).append(number)
    rows = []
    for number, one in enumerate(deployed):
        # A remote is what the people of an installation call it: in their own, a user may call any so.
        publisher = None if one.installation.is_users else one.origin
        core = ["flatpak", one.name, one.version, one.row_arch, publisher, one.origin, one.manual, False, "", one.held]
        extensions = {
            place
            for name, branches, takes_below in one.extensions
            for place in below.get((one.installation, name), ())
            if _extends(deployed[place], one, name if not takes_below else "", branches)
        }
        rows.append([*core, one.installed_at, _runtime(deployed, by_ref, one), [], sorted(extensions - {number})])
    return rows


def _runtime(deployed: List[Deployed], by_ref: Dict[str, List[int]], one: Deployed) -> List[int]:
    """What an app runs on: the runtime of its own installation, else one of the system's."""
    found = by_ref.get("runtime/{}".format(one.runtime), [])
    own = [number for number in found if deployed[number].installation == one.installation]
    return own or [number for number in found if not deployed[number].installation.is_users][:1]


def _extends(other: Deployed, one: Deployed, name: str, branches: Tuple[str, ...]) -> bool:
    """Whether a runtime is there for an app or runtime, at an extension point of this exact name, if one is given."""
    return other.arch == one.arch and other.branch in branches and name in ("", other.name)
