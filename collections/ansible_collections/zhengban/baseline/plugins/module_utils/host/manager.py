# SPDX-License-Identifier: Apache-2.0
"""A package manager as facts see it; each has a file that implements this. Source: DESIGN 3.

Ansible's modules are compiled anew each time with all that they import, wherever that is written: what changes packages
is another class in other files (:mod:`.changer`), and those here import where it is used what one system alone needs.
"""

from typing import Collection, Sequence

from .database import Reading


class Manager:
    """One package manager of this machine."""

    name = ""
    """As in facts and policies."""
    is_systems = True
    """Whether the operating system is made of its packages: then its word for the architecture is the machine's."""

    def is_here(self, root: str) -> bool:
        """Whether it manages the system below ``root``, judged by its database: an empty one is none."""
        raise NotImplementedError

    def read(self, root: str) -> Reading:
        """Its packages. Raises DatabaseError."""
        raise NotImplementedError

    def owned_paths(self, root: str, folders: Sequence[str]) -> Collection[str]:
        """What its packages own, folders included, of paths that begin like one of ``folders``; none begins with ``/``.

        Raises:
            DatabaseError: it cannot say.
        """
        raise NotImplementedError
