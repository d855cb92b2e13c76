# SPDX-License-Identifier: Apache-2.0
"""What flatpak would do, worked out from its own answers. Source: DESIGN 5; flatpak(1).

flatpak has no simulation. What a request means is said here instead, strictly: an install brings the app and the
runtime it names, nothing else; a removal takes what is named, and refuses while something that stays needs it.
"""

from typing import Any, Dict, Iterable, List, Sequence

from .command import Run
from .database import DatabaseError
from .flatpak_database import Deployed, read_deployed
from .flatpak_offers import Offer, best_offer, fits, is_ref, native_arch, read_offers, why_not
from .manager import ManagerError
from .steps import Step, make_step, sort_steps
from .version import VersionError, compare


def simulate(request: Dict[str, Any], root: str, run: Run) -> Dict[str, Any]:
    """What a request would do, as :func:`.managers.simulate` says."""
    answer: Dict[str, Any] = {"request": request, "steps": [], "brings": [], "unavailable": [], "error": ""}
    try:
        deployed = read_deployed(root)
        offers = read_offers(root, run) if request["install"] or request["upgrade"] else []
        chosen = _Chosen(deployed, offers)
        for want in request["install"]:
            chosen.install(want)
        for want in request["upgrade"]:
            chosen.upgrade(want)
        for ref in request["remove"]:
            chosen.remove(ref)
        answer["unavailable"] = sorted(
            chosen.unavailable, key=lambda one: (one["name"], one["versions"], one["reason"])
        )
        if not answer["unavailable"]:
            chosen.refuse_what_is_needed()
            answer["steps"] = sort_steps(chosen.steps)
            answer["brings"] = sorted(chosen.brings)
    except (DatabaseError, ManagerError, VersionError) as err:
        answer["error"] = str(err)
    return answer


class _Chosen:
    """The steps of one request, as they are found."""

    def __init__(self, deployed: Sequence[Deployed], offers: Sequence[Offer]) -> None:
        self.deployed = deployed
        self.offers = offers
        self.steps: List[Step] = []
        self.brings: List[List[str]] = []
        self.unavailable: List[Dict[str, str]] = []

    def install(self, want: Dict[str, str]) -> None:
        """An app or runtime by its id, in the highest version in range; the usual branch among equals."""
        name, versions = want["name"], want["versions"]
        present = [one for one in self.deployed if one.name == name and not one.installation.label]
        fitting = [one for one in present if fits(one.version, versions)]
        offered = [offer for offer in self.offers if offer.name == name and offer.arch == native_arch()]
        if fitting:
            self._miss(want, "already installed in version {}".format(fitting[0].version))
            return
        # Another branch of it is an app of its own; the same one is an upgrade.
        branches = {one.row_arch for one in present}
        best = best_offer([offer for offer in offered if offer.row_arch not in branches], versions)
        if best:
            self.steps.append(make_step("install", name, best.row_arch, "", best.version))
            self._bring_runtime(best)
        elif present:
            self._upgrade_one(want, present[0], offered)
        else:
            self._miss(want, why_not(offered))

    def upgrade(self, want: Dict[str, str]) -> None:
        """What is installed for all under that id, each on its branch."""
        present = [one for one in self.deployed if one.name == want["name"] and not one.installation.label]
        if not present:
            is_users = any(one.name == want["name"] for one in self.deployed)
            self._miss(want, "only people have it for themselves, and upgrade it" if is_users else "not installed")
        for one in present:
            self._upgrade_one(want, one, self.offers)

    def remove(self, ref: str) -> None:
        """Exactly the one that is named."""
        name, _colon, arch = ref.rpartition(":")
        one = next((one for one in self.deployed if (one.name, one.row_arch) == (name, arch)), None)
        if one is None:
            self.unavailable.append({"name": ref, "versions": "", "reason": "not installed"})
        elif one.held:
            self.unavailable.append({"name": ref, "versions": "", "reason": "held in version {}".format(one.version)})
        else:
            self.steps.append(make_step("remove", one.name, one.row_arch, one.version, ""))

    def refuse_what_is_needed(self) -> None:
        """A runtime does not leave while an app that stays runs on it."""
        leaving = {(step["name"], step["arch"]) for step in self.steps if step["kind"] == "remove"}
        gone = {one.ref[len("runtime/") :]: one for one in self.deployed if (one.name, one.row_arch) in leaving}
        for one in self.deployed:
            needed = gone.get(one.runtime)
            is_its = needed is not None and (needed.installation == one.installation or not needed.installation.label)
            if needed is not None and is_its and (one.name, one.row_arch) not in leaving:
                raise ManagerError("{} {} is needed by {}".format(needed.name, needed.row_arch, one.name))

    def _upgrade_one(self, want: Dict[str, str], one: Deployed, offers: Iterable[Offer]) -> None:
        if one.held:
            self._miss(want, "held in version {}".format(one.version))
            return
        same = [offer for offer in offers if offer.ref == one.ref and offer.remote == one.origin]
        best = best_offer(same, want["versions"])
        if best is None:
            self._miss(want, why_not(same))
        elif compare("flatpak", best.version, one.version) <= 0:
            self._miss(want, "only lower versions than the installed {}: {}".format(one.version, best.version))
        else:
            self.steps.append(make_step("upgrade", one.name, one.row_arch, one.version, best.version))
            self._bring_runtime(best)

    def _bring_runtime(self, offer: Offer) -> None:
        """The runtime an app names, unless all have it or it comes already; its own remote's, else any."""
        parts = ["runtime", *offer.runtime.split("/")]
        if offer.kind != "app" or not is_ref(parts):
            return
        ref = "/".join(parts)
        if any(one.ref == ref and not one.installation.label for one in self.deployed):
            return
        found = [other for other in self.offers if other.ref == ref]
        own = [other for other in found if other.remote == offer.remote] or found
        if not own:
            raise ManagerError("{} needs {}, which no remote of this computer offers".format(offer.name, offer.runtime))
        if not own[0].version:
            raise ManagerError("{} comes along, and {}".format(own[0].name, why_not(own)))
        step = make_step("install", own[0].name, own[0].row_arch, "", own[0].version)
        if step not in self.steps:
            self.steps.append(step)
        self.brings.append([offer.name, own[0].name])

    def _miss(self, want: Dict[str, str], reason: str) -> None:
        self.unavailable.append({"name": want["name"], "versions": want["versions"], "reason": reason})
