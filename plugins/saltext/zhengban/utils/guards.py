# SPDX-License-Identifier: Apache-2.0
"""The guards of many minions: one table each, compiled here and ordered there. Source: DESIGN 9, 10."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from zhengban.model.errors import FactsError
from zhengban.model.facts import Text

from .look import FAILED, FINDINGS, OK

_MANY = 500


class GuardLook(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one minion's guard.

    ``state``: unread (no answer that can be used), refused, unchanged, planned (test=True), done. ``mode``: that of the
    table it was given, empty where the guard was taken away. ``changes``: files; ``doors``: as facts have them.
    """

    computer: str
    minion: str
    state: Literal["unread", "refused", "unchanged", "planned", "done"]
    reason: str = ""
    mode: str = ""
    changes: tuple[str, ...] = ()
    doors: Mapping[str, str] = {}


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a minion's ``zhengban.guard`` returns."""

    refused: Text
    test: bool
    changed: bool = False
    changes: Annotated[tuple[Text, ...], msgspec.Meta(max_length=_MANY)] = ()
    doors: dict[str, Text] = {}


def read_answer(computer: str, minion: str, answer: object, *, mode: str) -> GuardLook:
    """A minion's answer to an order.

    Raises:
        FactsError: it is none.
    """
    try:
        said = msgspec.convert(answer, _Answer)
    except msgspec.ValidationError as err:
        raise FactsError(f"the minion {minion} gave no answer about its guard: {err}") from err
    if said.refused:
        return GuardLook(computer=computer, minion=minion, state="refused", reason=said.refused)
    return GuardLook(
        computer=computer,
        minion=minion,
        state="unchanged" if not said.changed else "planned" if said.test else "done",
        mode=mode,
        changes=said.changes,
        doors=said.doors,
    )


def guards_answer(looks: tuple[GuardLook, ...], *, test: bool, unknown: tuple[str, ...]) -> dict[str, Any]:
    """The runner's answer: plain values, in the order of the looks."""
    states = {look.state for look in looks}
    return {
        "retcode": FAILED if "refused" in states else FINDINGS if unknown or "unread" in states else OK,
        "test": test,
        "unknown": list(unknown),
        "computers": {look.computer: _plain(look) for look in looks},
    }


def _plain(look: GuardLook) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(look))
    del plain["computer"]
    return plain
