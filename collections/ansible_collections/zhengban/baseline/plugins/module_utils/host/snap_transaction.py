# SPDX-License-Identifier: Apache-2.0
"""What snapd would do, worked out from its own answers, and doing that through its client. Source: DESIGN 5; snap(8).

snapd has no simulation. An install is taken to bring the snap in its default channel, its base, and snapd where neither
it nor core is there; content snaps that a snap asks for are known only once it is there, and show in the next reading.
"""

from typing import Any, Dict, List, Optional, Sequence

from .changer import ManagerError
from .choice import Choice, work_out
from .offers import fits
from .snap_database import NAME, field, native_arch, read_snaps
from .snapd import NotFound, ask
from .steps import Step, make_step
from .version import compare

_ODD = "it cannot be passed to snapd: no snap is called that"


def simulate(request: Dict[str, Any], root: str) -> Dict[str, Any]:
    """What a request would do, as :func:`.changers.simulate` says."""
    return work_out(request, lambda: _SnapChoice(root))


def commands(steps: Sequence[Step], root: str) -> List[List[str]]:
    """The client's commands for these steps: what comes, what is upgraded, what leaves.

    Raises:
        DatabaseError, ManagerError: snapd does not answer, or a name is none.
    """
    names: Dict[str, List[str]] = {"install": [], "upgrade": [], "remove": []}
    for step in steps:
        if not NAME.match(step["name"]):
            raise ManagerError("{!r}: {}".format(step["name"], _ODD))
        names[step["kind"]].append(step["name"])
    classic = [name for name in names["install"] if field(_offer(root, name) or {}, "confinement") == "classic"]
    confined = [name for name in names["install"] if name not in classic]
    found = [["snap", "install", *confined]] if confined else []
    # One whose publisher does without confinement is installed alone, and only when told so.
    found += [["snap", "install", "--classic", name] for name in classic]
    found += [["snap", "refresh", *names["upgrade"]]] if names["upgrade"] else []
    found += [["snap", "remove", *names["remove"]]] if names["remove"] else []
    return found


class _SnapChoice(Choice):
    def __init__(self, root: str) -> None:
        super().__init__()
        self.root = root
        self.snaps = {snap.name: snap for snap in read_snaps(root)}

    def install(self, want: Dict[str, str]) -> None:
        present = self.snaps.get(want["name"])
        if not NAME.match(want["name"]):
            self.miss(want, _ODD)
        elif present is None:
            self._install_new(want)
        elif fits("snap", present.version, want["versions"]):
            self.miss(want, "already installed in version {}".format(present.version))
        else:
            self.upgrade(want)

    def upgrade(self, want: Dict[str, str]) -> None:
        """To what snapd would refresh it to, in the channel it tracks."""
        present = self.snaps.get(want["name"])
        if present is None:
            self.miss(want, "not installed")
        elif present.held:
            self.miss(want, "held in version {}".format(present.version))
        else:
            offered = ask(self.root, "/v2/find", {"select": "refresh"})
            versions = [field(entry, "version") for entry in offered or () if entry.get("name") == present.name]
            if not versions:
                self.miss(want, "snapd has no refresh for it in the channel it tracks ({})".format(present.channel))
            elif not fits("snap", versions[0], want["versions"]):
                self.miss(want, "no version in range: {}".format(versions[0]))
            elif compare("snap", versions[0], present.version) <= 0:
                self.miss(want, "only lower versions than the installed {}: {}".format(present.version, versions[0]))
            else:
                self.add(make_step("upgrade", present.name, native_arch(), present.version, versions[0]))

    def remove(self, ref: str) -> None:
        name, _colon, arch = ref.rpartition(":")
        present = self.snaps.get(name) if arch == native_arch() else None
        if present is None:
            self.miss_removal(ref, "not installed")
        elif present.held:
            self.miss_removal(ref, "held in version {}".format(present.version))
        else:
            self.add(make_step("remove", name, arch, present.version, ""))

    def check(self) -> None:
        """A base or content does not leave while a snap that stays needs it."""
        leaving = {step["name"] for step in self.steps if step["kind"] == "remove"}
        for snap in self.snaps.values():
            needed = sorted(leaving.intersection(snap.needs))
            if needed and snap.name not in leaving:
                raise ManagerError("{} is needed by {}".format(needed[0], snap.name))

    def _install_new(self, want: Dict[str, str]) -> None:
        name = want["name"]
        offer = _offer(self.root, name)
        if offer is None:
            self.miss(want, "the store does not offer it")
        elif field(offer, "confinement") == "devmode":
            self.miss(want, "it is published for developers only (devmode)")
        elif not fits("snap", field(offer, "version"), want["versions"]):
            self.miss(want, "no version in range: {}".format(field(offer, "version")))
        else:
            self._step_for(offer)
            needed = [field(offer, "base") or "core"]
            if "core" not in (*self.snaps, *needed):
                needed.append("snapd")
            for other in needed:
                self._bring(name, other)

    def _bring(self, name: str, needed: str) -> None:
        if needed in self.snaps or not NAME.match(needed):
            return
        offer = _offer(self.root, needed)
        if offer is None:
            raise ManagerError("{} needs {}, which the store does not offer".format(name, needed))
        self._step_for(offer)
        self.brings.append([name, needed])

    def _step_for(self, offer: Dict[str, Any]) -> None:
        self.add(make_step("install", field(offer, "name"), native_arch(), "", field(offer, "version")))


def _offer(root: str, name: str) -> Optional[Dict[str, Any]]:
    """What the store has under exactly this name; None: nothing."""
    try:
        found = ask(root, "/v2/find", {"name": name})
    except NotFound:
        return None
    entries = [entry for entry in found or () if isinstance(entry, dict) and entry.get("name") == name]
    return entries[0] if entries and field(entries[0], "version") else None
