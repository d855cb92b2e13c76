# SPDX-License-Identifier: Apache-2.0
"""A simulation worked out here, for managers that have none: what each part of a request would do. Source: DESIGN 5."""

from typing import Any, Callable, Dict, List

from .changer import ManagerError
from .database import DatabaseError
from .offers import sort_unavailable, unavailable
from .steps import Step, sort_steps
from .version import VersionError


class Choice:
    """The steps of one request, found by a manager's own rules; its methods raise what :func:`work_out` knows."""

    def __init__(self) -> None:
        self.steps: List[Step] = []
        self.brings: List[List[str]] = []
        self.missing: List[Dict[str, str]] = []

    def install(self, want: Dict[str, str]) -> None:
        """Add what an install takes, or what is missing for it."""
        raise NotImplementedError

    def upgrade(self, want: Dict[str, str]) -> None:
        """Add what an upgrade takes, or what is missing for it."""
        raise NotImplementedError

    def remove(self, ref: str) -> None:
        """Add a removal of ``name:arch``, or what is missing for it."""
        raise NotImplementedError

    def check(self) -> None:
        """Refuse all the steps together: what stays may need what leaves."""
        raise NotImplementedError

    def miss(self, want: Dict[str, str], reason: str) -> None:
        """Note why something cannot be had."""
        self.missing.append(unavailable(want, reason))

    def miss_removal(self, ref: str, reason: str) -> None:
        """Note why something cannot leave."""
        self.missing.append(unavailable({"name": ref, "versions": ""}, reason))

    def add(self, step: Step) -> None:
        """Add a step, unless it is there already."""
        if step not in self.steps:
            self.steps.append(step)


def work_out(request: Dict[str, Any], start: Callable[[], Choice]) -> Dict[str, Any]:
    """The answer to a request, as :func:`.changers.simulate` says. ``start`` may raise what a choice may."""
    answer: Dict[str, Any] = {"request": request, "steps": [], "brings": [], "unavailable": [], "error": ""}
    try:
        choice = start()
        for want in request["install"]:
            choice.install(want)
        for want in request["upgrade"]:
            choice.upgrade(want)
        for ref in request["remove"]:
            choice.remove(ref)
        answer["unavailable"] = sort_unavailable(choice.missing)
        if not choice.missing:
            choice.check()
            answer["steps"] = sort_steps(choice.steps)
            answer["brings"] = sorted(choice.brings)
    except (DatabaseError, ManagerError, VersionError) as err:
        answer["error"] = str(err)
    return answer
