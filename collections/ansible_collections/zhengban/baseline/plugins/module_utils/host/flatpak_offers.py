# SPDX-License-Identifier: Apache-2.0
"""What the remotes of the system offer, as flatpak's client lists it. Source: flatpak-remote-ls(1)."""

import os
import platform
from typing import List, NamedTuple, Optional, Sequence

from .changer import ManagerError
from .command import Run, last_lines
from .flatpak_database import ARCH, BRANCH, ID, SYSTEM
from .offers import fits
from .version import compare

USUAL_BRANCH = "stable"
_LIST = ("flatpak", "remote-ls", "--system", "--all", "--columns=ref,version,runtime,origin")
_MACHINES = {"i486": "i386", "i586": "i386", "i686": "i386", "armv7l": "arm", "armv6l": "arm"}


class Offer(NamedTuple):
    """What a remote of the system has; ``version`` is empty where nobody knows it."""

    kind: str
    name: str
    arch: str
    branch: str
    version: str
    runtime: str
    remote: str

    @property
    def ref(self) -> str:
        return "{}/{}/{}/{}".format(self.kind, self.name, self.arch, self.branch)

    @property
    def row_arch(self) -> str:
        return "{}/{}".format(self.arch, self.branch)


def native_arch() -> str:
    """This machine's architecture, as flatpak writes it."""
    machine = platform.machine()
    return _MACHINES.get(machine, machine)


def read_offers(root: str, run: Run) -> List[Offer]:
    """What the remotes of the system offer.

    Raises:
        ManagerError: flatpak is not there, or a remote does not answer.
    """
    done = run(_LIST)
    if done.returncode:
        raise ManagerError("flatpak remote-ls: {}".format(last_lines(done.stdout + done.stderr)))
    offers = []
    for line in done.stdout.split("\n"):
        columns = line.split("\t")
        parts = columns[0].split("/")
        if len(columns) != 4 or len(parts) != 4 or not is_ref(parts):
            continue
        kind, name, arch, branch = parts
        remote = columns[3]
        # Only the application data of a remote says versions; without it none is known, with it some have none.
        knows = os.path.exists(os.path.join(root, SYSTEM, "appstream", remote, arch, "active"))
        offers.append(Offer(kind, name, arch, branch, columns[1] or (branch if knows else ""), columns[2], remote))
    return offers


def best_offer(offers: Sequence[Offer], versions: str) -> Optional[Offer]:
    """The highest in range; among equals the usual branch, then the first remote."""
    best = None
    for offer in offers:
        if not offer.version or not fits("flatpak", offer.version, versions):
            continue
        order = compare("flatpak", offer.version, best.version) if best else 1
        if best is None or order > 0 or (order == 0 and offer.branch == USUAL_BRANCH != best.branch):
            best = offer
    return best


def why_not(offers: Sequence[Offer]) -> str:
    """Why none of the offers of one app can be had."""
    if not offers:
        return "no remote of this computer offers it"
    unknown = sorted({offer.remote for offer in offers if not offer.version})
    if unknown:
        return "{} does not say its version; run: flatpak update --appstream".format(", ".join(unknown))
    return "no version in range: {}".format(", ".join(offer.version for offer in offers))


def is_ref(parts: Sequence[str]) -> bool:
    """Whether these are kind, id, architecture and branch: nothing of them can be an option."""
    return (
        len(parts) == 4
        and parts[0] in ("app", "runtime")
        and bool(ID.match(parts[1]) and ARCH.match(parts[2]) and BRANCH.match(parts[3]))
    )
