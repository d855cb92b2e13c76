# SPDX-License-Identifier: Apache-2.0
"""How software comes to and leaves a host that has no repositories, as a policy says it. Source: DESIGN 2."""

from __future__ import annotations

from typing import Literal

import msgspec


class Installation(msgspec.Struct, frozen=True, kw_only=True):
    """Where an install comes from on a host without repositories: a file of the workspace, relative to it.

    What is there afterwards has ``name`` (empty: the selector's), ``version`` and ``arch``.
    """

    source: str
    sha256: str
    arguments: tuple[str, ...] = ()
    name: str = ""
    version: str
    arch: Literal["x64", "x86", "arm64"] = "x64"


class Uninstallation(msgspec.Struct, frozen=True, kw_only=True):
    """How a package leaves where its own entry is not enough: a file of the workspace, or only its own arguments."""

    source: str = ""
    sha256: str = ""
    arguments: tuple[str, ...] = ()
