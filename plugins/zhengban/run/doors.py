# SPDX-License-Identifier: Apache-2.0
"""Door tests of computers: what they answered, kept until the next one. Source: DESIGN 10."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from zhengban.model.errors import FactsError
from zhengban.model.facts import Text

from .workspace import Workspace, write_cache

Result = Literal["shut", "open", "detected-only", "not applicable", "untested"]

# A host may say what it likes, but not fill the workspace with it.
_MANY = 500


class TriedWay(msgspec.Struct, frozen=True, kw_only=True):
    """One way past the guard. ``manager`` is empty where no package manager has a part in it."""

    way: Text
    manager: Text
    expected: Result
    result: Result
    reason: Text
    said: Text

    @property
    def is_as_expected(self) -> bool:
        return self.result in (self.expected, "not applicable")


class DoorTest(msgspec.Struct, frozen=True, kw_only=True):
    """A computer's answer; ``stored_at`` is the controller's moment, UTC. ``left`` could not be taken away again."""

    computer: str = ""
    stored_at: str = ""
    ways: Annotated[tuple[TriedWay, ...], msgspec.Meta(min_length=1, max_length=_MANY)]
    left: Annotated[tuple[Text, ...], msgspec.Meta(max_length=_MANY)] = ()

    @property
    def is_well(self) -> bool:
        return not self.left and all(way.is_as_expected for way in self.ways)

    def lines(self) -> Iterator[str]:
        """For people: each way with its result, and what was expected where it is another one."""
        for way in self.ways:
            expected = "" if way.is_as_expected else f" (expected: {way.expected})"
            yield f"{way.result}{expected}: {way.way}"
        if self.left:
            yield f"could not be taken away again: {', '.join(self.left)}"


def keep_door_test(workspace: Workspace, computer: str, answer: object, *, now: dt.datetime) -> DoorTest:
    """Keep what a host answered, in ``facts/doors/<computer>.json``.

    Raises:
        FactsError: that is no door test.
    """
    try:
        read = msgspec.convert(answer, DoorTest)
    except msgspec.ValidationError as err:
        raise FactsError(f"{computer}: not a door test: {err}; try again") from err
    moment = now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    test = msgspec.structs.replace(read, computer=computer, stored_at=moment)
    write_cache(workspace.doors_file(computer), msgspec.json.encode(test))
    return test


def stored_door_tests(workspace: Workspace, *, since: dt.datetime) -> tuple[DoorTest, ...]:
    """The tests kept at or after a moment, sorted by computer; a damaged file is none."""
    found = []
    for path in workspace.doors_file("").parent.glob("*.json"):
        try:
            test = msgspec.json.decode(path.read_bytes(), type=DoorTest)
            is_new = dt.datetime.fromisoformat(test.stored_at) >= since
        except (msgspec.DecodeError, ValueError):
            continue
        if is_new:
            found.append(test)
    return tuple(sorted(found, key=lambda test: test.computer))
