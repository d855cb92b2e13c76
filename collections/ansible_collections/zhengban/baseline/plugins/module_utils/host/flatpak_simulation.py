# SPDX-License-Identifier: Apache-2.0
"""What flatpak would do, worked out from its own answers. Source: DESIGN 5; flatpak(1).

flatpak has no simulation. What a request means is said here instead, strictly: an install brings the app and the
runtime it names, nothing else; a removal takes what is named, and refuses while something that stays needs it.
"""

from typing import Any, Dict, Iterable, Sequence

from .changer import ManagerError
from .choice import Choice, work_out
from .command import Run
from .flatpak_database import Deployed, read_deployed
from .flatpak_offers import Offer, best_offer, is_ref, native_arch, read_offers, why_not
from .offers import fits
from .steps import make_step
from .version import compare


def simulate(request: Dict[str, Any], root: str, run: Run) -> Dict[str, Any]:
    """What a request would do, as :func:`.changers.simulate` says."""

    def start() -> Choice:
        is_asked = request["install"] or request["upgrade"]
        return _FlatpakChoice(read_deployed(root), read_offers(root, run) if is_asked else [])

    return work_out(request, start)


class _FlatpakChoice(Choice):
    def __init__(self, deployed: Sequence[Deployed], offers: Sequence[Offer]) -> None:
        super().__init__()
        self.deployed = deployed
        self.offers = offers

    def install(self, want: Dict[str, str]) -> None:
        """An app or runtime by its id, in the highest version in range; the usual branch among equals."""
        name, versions = want["name"], want["versions"]
        present = [one for one in self.deployed if one.name == name and not one.installation.label]
        fitting = [one for one in present if fits("flatpak", one.version, versions)]
        offered = [offer for offer in self.offers if offer.name == name and offer.arch == native_arch()]
        if fitting:
            self.miss(want, "already installed in version {}".format(fitting[0].version))
            return
        # Another branch of it is an app of its own; the same one is an upgrade.
        branches = {one.row_arch for one in present}
        best = best_offer([offer for offer in offered if offer.row_arch not in branches], versions)
        if best:
            self.add(make_step("install", name, best.row_arch, "", best.version))
            self._bring_runtime(best)
        elif present:
            self._upgrade_one(want, present[0], offered)
        else:
            self.miss(want, why_not(offered))

    def upgrade(self, want: Dict[str, str]) -> None:
        """What is installed for all under that id, each on its branch."""
        present = [one for one in self.deployed if one.name == want["name"] and not one.installation.label]
        if not present:
            is_users = any(one.name == want["name"] for one in self.deployed)
            self.miss(want, "only people have it for themselves, and upgrade it" if is_users else "not installed")
        for one in present:
            self._upgrade_one(want, one, self.offers)

    def remove(self, ref: str) -> None:
        """Exactly the one that is named."""
        name, _colon, arch = ref.rpartition(":")
        one = next((one for one in self.deployed if (one.name, one.row_arch) == (name, arch)), None)
        if one is None:
            self.miss_removal(ref, "not installed")
        elif one.held:
            self.miss_removal(ref, "held in version {}".format(one.version))
        else:
            self.add(make_step("remove", one.name, one.row_arch, one.version, ""))

    def check(self) -> None:
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
            self.miss(want, "held in version {}".format(one.version))
            return
        same = [offer for offer in offers if offer.ref == one.ref and offer.remote == one.origin]
        best = best_offer(same, want["versions"])
        if best is None:
            self.miss(want, why_not(same))
        elif compare("flatpak", best.version, one.version) <= 0:
            self.miss(want, "only lower versions than the installed {}: {}".format(one.version, best.version))
        else:
            self.add(make_step("upgrade", one.name, one.row_arch, one.version, best.version))
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
        self.add(make_step("install", own[0].name, own[0].row_arch, "", own[0].version))
        self.brings.append([offer.name, own[0].name])
