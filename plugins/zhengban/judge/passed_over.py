# SPDX-License-Identifier: Apache-2.0
"""What was there when a computer was adopted and was not recorded: parts of the system and of approved software.

The dates of a host are its own word, and move with every update; this list is ours. What is seen to be gone is taken
out of it: if it comes back, somebody has installed it. Source: DESIGN 4, 8.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from functools import lru_cache

LEFT = "passed_over_left"
"""The kind of the event that says what is gone; its ``packages`` are a list as here."""

# 32 bits: the whole list of 10,000 computers is read by every command, and by chance one package in six million that
# somebody installs is found on a list of 700.
_LENGTH = 6


def list_packages(packages: Iterable[str]) -> str:
    """The list of these packages (``manager:name:arch``), by name alone: 6 characters for each name, sorted."""
    return "".join(sorted({_mark(package) for package in packages}))


def is_listed(package: str, listed: str) -> bool:
    """Whether a list of :func:`list_packages` has a package, be it of another architecture."""
    mark = _mark(package)
    return any(item == mark for item in _marks(listed))


def list_missing(listed: str, there: Iterable[str]) -> str:
    """The part of a list that none of the packages that are there stands for, as a list."""
    known = {_mark(package) for package in there}
    return "".join(mark for mark in _marks(listed) if mark not in known)


def take_out(listed: str, gone: str) -> str:
    """A list without another."""
    taken = set(_marks(gone))
    return "".join(mark for mark in _marks(listed) if mark not in taken)


def _marks(listed: str) -> Iterator[str]:
    return (listed[place : place + _LENGTH] for place in range(0, len(listed), _LENGTH))


# The computers of a fleet have mostly the same packages.
@lru_cache(maxsize=1 << 16)
def _mark(package: str) -> str:
    name = package.rpartition(":")[0]
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).digest()
    return base64.urlsafe_b64encode(digest)[:_LENGTH].decode()
