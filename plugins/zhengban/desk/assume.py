# SPDX-License-Identifier: Apache-2.0
"""What a host would probably answer to a question nobody has asked it yet."""

from __future__ import annotations

from zhengban.host.version import in_range, parse_range
from zhengban.model.facts import Facts
from zhengban.model.plan import Simulation, SimulationRequest, Step, Unavailable, Want

# What makes of a version one a little higher and one a little lower.
_NEIGHBOURS = {"dpkg": ("", "+", "~"), "rpm": ("", "^", "~")}


def assume_simulation(request: SimulationRequest, facts: Facts) -> Simulation:
    """Assume that a host would do exactly what it is asked for and nothing beside.

    The versions that come are only some in the range: good for counting what would be armed, never for a plan that is
    carried out.

    Returns:
        Steps sorted as a host's; what has no version in its range is unavailable.
    """
    steps: list[Step] = []
    unavailable: list[Unavailable] = []
    manager = request.manager
    for ref in request.remove:
        name, _colon, arch = ref.rpartition(":")
        steps.append(Step(kind="remove", name=name, arch=arch, old=_installed(facts, manager, name).get(arch, "")))
    for kind, wants in (("install", request.install), ("upgrade", request.upgrade)):
        for want in wants:
            version = _some_version(manager, want)
            if not version:
                reason = "its range holds no version"
                unavailable.append(Unavailable(name=want.name, versions=want.versions, reason=reason))
            elif kind == "install":
                steps.append(Step(kind="install", name=want.name, arch=facts.native_arch(manager), new=version))
            else:
                steps += (
                    Step(kind="upgrade", name=want.name, arch=arch, old=old, new=version)
                    for arch, old in _installed(facts, manager, want.name).items()
                )
    return Simulation(request=request, steps=tuple(sorted(steps)), unavailable=tuple(sorted(unavailable)))


def _installed(facts: Facts, manager: str, name: str) -> dict[str, str]:
    """Version by architecture."""
    return {item.arch: item.version for item in facts.packages if item.manager == manager and item.name == name}


def _some_version(manager: str, want: Want) -> str:
    bounds = [version for _operator, version in parse_range(manager, want.versions)]
    # Beside a bound lie its next higher and next lower neighbours: one of them is in every range that holds any.
    tried = [version + ending for version in bounds for ending in _NEIGHBOURS.get(manager, ("", ".0.1"))] or ["0"]
    return next((version for version in tried if in_range(manager, version, want.versions)), "")
