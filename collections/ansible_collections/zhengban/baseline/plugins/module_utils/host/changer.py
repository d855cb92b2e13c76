# SPDX-License-Identifier: Apache-2.0
"""A package manager as transactions see it; each has a file that implements this. Source: DESIGN 5."""

from typing import Any, Callable, Dict, NamedTuple, Optional, Sequence

from .command import Run
from .steps import Step


class ManagerError(Exception):
    """The manager cannot be asked, or its answer cannot be used; the text is for people."""


class Present(NamedTuple):
    """A package that is there; ``remark`` is what its manager has to say about it, usually nothing."""

    version: str
    remark: str = ""


Find = Callable[[str, str], Optional[Present]]


class Executed(NamedTuple):
    """How a transaction ended.

    ``refused`` is why it was stopped before anything changed; ``problem`` any other thing that went wrong; ``output``
    the end of what the manager printed.
    """

    refused: str
    problem: str
    output: str


Start = Callable[[Run, Sequence[int]], Executed]
"""Runs a prepared transaction to its end. The descriptors stay open in it. Never raises for what the manager does."""


class Changer:
    """What changes the packages of one manager. Documents are plain, in the shapes of ``zhengban.model.plan``."""

    name = ""
    """The manager's, as in facts and policies."""
    program = ""
    """What changes its packages, for messages."""

    def simulate(self, request: Dict[str, Any], root: str, run: Run) -> Dict[str, Any]:
        """What it would do, without root, without a lock, changing nothing: a Simulation document. Never raises."""
        raise NotImplementedError

    def finder(self, root: str) -> Find:
        """What is there now, by (name, arch) as steps name it. Raises DatabaseError or ManagerError."""
        raise NotImplementedError

    def prepare(self, steps: Sequence[Step], request: Dict[str, Any], state_dir: str, root: str) -> Start:
        """A transaction of exactly these steps, ready to run: everything that can be refused has been looked at.

        Args:
            steps: everything that may happen, as the simulation of ``request`` gave it.
            state_dir: of root alone; several managers prepare there before the first begins.

        Raises:
            DatabaseError, ManagerError, OSError.
        """
        raise NotImplementedError
