# SPDX-License-Identifier: Apache-2.0
"""A host that expects exactly the written questions, in order, and gives the written answers."""

from __future__ import annotations

from typing import Any

import msgspec

from zhengban.model.plan import Means, Simulation, SimulationRequest, Step, Unavailable, Want


class AnsweringHost:
    """``simulations.yml``: rows of ``asked`` and the answer.

    ``asked`` holds the ``manager`` (dpkg when absent), ``install``, ``upgrade`` (texts ``name RANGE``), ``remove`` and
    ``means``; the answer is ``steps`` (texts ``install NAME:ARCH NEW``, ``upgrade NAME:ARCH OLD NEW``,
    ``remove NAME:ARCH OLD``) with ``brings`` (pairs: package, what it needs), ``unavailable`` (rows of name, versions,
    reason) or ``error``.
    """

    def __init__(self, script: list[dict[str, Any]]) -> None:
        self._script = list(script)

    def simulate(self, request: SimulationRequest) -> Simulation:
        assert self._script, f"the host is asked once more: {request}"
        turn = self._script.pop(0)
        assert turn.keys() <= {"asked", "steps", "brings", "unavailable", "error"}
        assert request == _request(turn["asked"])
        return Simulation(
            request=request,
            steps=tuple(sorted(_step(text) for text in turn.get("steps", ()))),
            brings=tuple((package, needed) for package, needed in turn.get("brings", ())),
            unavailable=tuple(
                Unavailable(name=name, versions=versions, reason=reason)
                for name, versions, reason in turn.get("unavailable", ())
            ),
            error=turn.get("error", ""),
        )

    def assert_all_asked(self) -> None:
        assert not self._script, f"the host was never asked {self._script}"


def _request(asked: dict[str, Any]) -> SimulationRequest:
    assert asked.keys() <= {"manager", "install", "upgrade", "remove", "means"}
    return SimulationRequest(
        manager=asked.get("manager", "dpkg"),
        install=tuple(_want(text) for text in asked.get("install", ())),
        upgrade=tuple(_want(text) for text in asked.get("upgrade", ())),
        remove=tuple(asked.get("remove", ())),
        means=msgspec.convert(asked.get("means", ()), tuple[Means, ...]),
    )


def _want(text: str) -> Want:
    name, _space, versions = text.partition(" ")
    return Want(name=name, versions=versions)


def _step(text: str) -> Step:
    kind, ref, *versions = text.split()
    name, _colon, arch = ref.rpartition(":")
    old, new = {"install": ("", versions[-1]), "remove": (versions[0], "")}.get(kind, (versions[0], versions[-1]))
    return Step(kind=kind, name=name, arch=arch, old=old, new=new)  # type: ignore[arg-type]
