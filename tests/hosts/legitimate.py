# SPDX-License-Identifier: Apache-2.0
"""What people may do all day on a host with the guard: transactions of approved software, drawn from a seed.

Kits are approved, in versions from 1 to below 2. Parts are not listed: they may come with the kits that need them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from tests.lab.repository import Deb

KITS, PARTS = 16, 12
VERSIONS = ("1.0", "1.1", "1.2")
POLICY = """\
- {name: Kit, number: FREE-0006, type: free, category: other, vendor: Lab, made_in: domestic,
   packages: [{manager: dpkg, name: "kit*", versions: ">=1, <2"}]}
"""
_APT = "apt-get -qq -y -o DPkg::Use-Pty=0 --allow-downgrades"


def make_debs(seed: int) -> tuple[Deb, ...]:
    """The kits in three versions each, and what they need: shared parts, parts of their own, kits that provide."""
    draw = random.Random(seed)
    debs = []
    for number in range(PARTS):
        needs = [f"part{needed}" for needed in draw.sample(range(number), min(number, draw.randrange(3)))]
        arch = draw.choice(("all", "amd64"))
        for version in VERSIONS[:2]:
            debs.append(_deb(f"part{number}", version, arch, Depends=needs))
    for number in range(KITS):
        shared = draw.sample(range(PARTS), draw.randrange(1, 4))
        needs = [
            f"part{part}" if draw.random() < 0.5 else f"part{part} | part{draw.randrange(PARTS)}" for part in shared
        ]
        before = [f"part{draw.randrange(PARTS)}"] if draw.random() < 0.4 else []
        if number and draw.random() < 0.3:
            needs.append("kit-service")
        arch = draw.choice(("all", "amd64"))
        for version in VERSIONS:
            own = f"own{number}"
            debs.append(_deb(own, version, "all"))
            relations = {"Depends": [*needs, f"{own} (= {version})"], "Pre-Depends": before}
            debs.append(
                _deb(f"kit{number}", version, arch, **relations, Provides=["kit-service"] if not number else [])
            )
    return tuple(debs)


def draw_transactions(seed: int, count: int) -> Iterator[str]:
    """Shell commands, each of which succeeds whatever was done before it."""
    draw = random.Random(seed)
    debs = [deb for deb in make_debs(seed) if deb.name.startswith("kit")]
    # apt repairs with the newest versions alone: after dpkg has put an older kit there, its own part of that version
    # would be missing for good.
    newest = [deb for deb in debs if deb.version == VERSIONS[-1]]
    for _number in range(count):
        # The first kit provides what some others need: it cannot leave while one of them comes.
        number = draw.randrange(KITS)
        kit, other = f"kit{number}", f"kit{draw.choice([one for one in range(1, KITS) if one != number])}"
        version, deb = draw.choice(VERSIONS), draw.choice(debs)
        path = f"/srv/repo/{draw.choice(newest).file_name}"
        # apt takes a version that is not the newest only where it is named.
        owns = [name.replace("kit", "own") for name in (kit, deb.name)]
        older, with_own = f"{kit}={version} {owns[0]}={version}", f"/srv/repo/{deb.file_name} {owns[1]}={deb.version}"
        # What was named is kept for its own sake, and an upgrade of unlisted software alone is no legitimate one.
        automatic = f"apt-mark auto {' '.join(owns)}"
        yield draw.choice(
            (
                f"{_APT} install {kit}",
                f"{_APT} install {kit} {other}",
                f"{_APT} install {older}; code=$?; {automatic}; [ $code = 0 ]",
                f"{_APT} install {with_own}; code=$?; {automatic}; [ $code = 0 ]",
                f"{_APT} install {older} {other}-; code=$?; {automatic}; [ $code = 0 ]",
                f"{_APT} install {kit} && {_APT} install --reinstall {kit}",
                f"{_APT} remove {kit}",
                f"{_APT} purge {kit} {other}",
                # Which kits go with a part, or take another, apt cannot always say; then there is no transaction.
                "if {0} -s remove {1}; then {0} remove {1}; fi".format(_APT, f"part{draw.randrange(PARTS)}"),
                f"{_APT} autoremove",
                f"{_APT} remove {kit} && {_APT} autoremove --purge",
                f"{_APT} autoremove && {_APT} upgrade",
                f"{_APT} autoremove && {_APT} dist-upgrade",
                f"dpkg -i {path} || {_APT} -f install",
                f"dpkg --unpack {path}; dpkg --configure -a || {_APT} -f install",
                f"dpkg --force-depends -i {path}; {_APT} -f install",
                f"{_APT} install {kit} && dpkg --force-depends -r {kit} && {_APT} -f install",
                f"{_APT} install {kit} && dpkg --force-depends -P {kit} && {_APT} -f install",
                "dpkg --configure -a",
                "dpkg --triggers-only -a",
                f"{_APT} -f install",
                f"{_APT} install {kit} && apt-mark auto {kit} && {_APT} autoremove",
                f"{_APT} install {kit} && {_APT} autoremove && apt-mark hold {kit} && {_APT} upgrade; code=$?;"
                f" apt-mark unhold {kit}; [ $code = 0 ]",
                f"{_APT} -s install {kit}",
                f"{_APT} check",
            )
        )


def _deb(name: str, version: str, architecture: str, **relations: list[str]) -> Deb:
    fields = {field: ", ".join(names) for field, names in relations.items()}
    return Deb(
        name=name,
        version=version,
        architecture=architecture,
        relations={field: text for field, text in fields.items() if text},
    )
