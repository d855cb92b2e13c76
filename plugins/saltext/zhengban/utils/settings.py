# SPDX-License-Identifier: Apache-2.0
"""What the master's configuration says about us: the mapping ``zhengban``. Source: DESIGN 9."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from zhengban.model.errors import InputError, Problem

_Count = Annotated[int, msgspec.Meta(ge=1)]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The organisation's directory, and how to ask its minions.

    ``timeout_seconds`` without an answer make a minion silent, unless it is still at work; ``batch`` minions are asked
    or changed side by side. ``winrm`` is the file that says how Windows computers without a minion are reached, which
    only its owner may read, or ansible-vault has encrypted; empty for none.
    """

    workspace: str
    timeout_seconds: _Count = 15
    batch: _Count = 20
    winrm: str = ""


def read_settings(opts: Mapping[str, Any]) -> Settings:
    """The settings of this master.

    Raises:
        InputError: there are none, or they are wrong.
    """
    given = opts.get("zhengban")
    if given is None:
        message, hint = "is not set", "write {zhengban: {workspace: DIR}} to a file in master.d/"
        raise InputError([Problem(file="the master's configuration", path="zhengban", message=message, hint=hint)])
    try:
        return msgspec.convert(given, Settings)
    except msgspec.ValidationError as err:
        hint = f"known are {', '.join(Settings.__struct_fields__)}"
        problem = Problem(file="the master's configuration", path="zhengban", message=str(err), hint=hint)
        raise InputError([problem]) from err
