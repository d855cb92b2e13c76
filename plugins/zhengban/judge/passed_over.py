# SPDX-License-Identifier: Apache-2.0
"""What was there when a computer was adopted and was not recorded: parts of the system and of approved software.

The dates of a host are its own word, and move with every update; this list is ours. Source: DESIGN 4, 8.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable

# 32 bits: the whole list of 10,000 computers is read by every command, and by chance one package in six million that
# somebody installs is found on a list of 700.
_LENGTH = 6


def list_packages(packages: Iterable[str]) -> str:
    """The list of these packages (``manager:name:arch``), by name alone: 6 characters for each name, sorted."""
    return "".join(sorted({_mark(package) for package in packages}))


def is_listed(package: str, listed: str) -> bool:
    """Whether a list of :func:`list_packages` has a package, be it of another architecture."""
    mark = _mark(package)
    return any(listed[place : place + _LENGTH] == mark for place in range(0, len(listed), _LENGTH))


def _mark(package: str) -> str:
    name = package.rpartition(":")[0]
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).digest()
    return base64.urlsafe_b64encode(digest)[:_LENGTH].decode()
