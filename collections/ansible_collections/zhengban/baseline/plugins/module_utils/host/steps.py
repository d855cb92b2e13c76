# SPDX-License-Identifier: Apache-2.0
"""The lines of a transaction of any manager, in the shape of ``zhengban.model.plan.Step``. Source: DESIGN 5."""

from typing import Any, Dict, FrozenSet, Iterable, List, Tuple

STEP_KEYS = ("kind", "name", "arch", "old", "new")

Step = Dict[str, str]


def make_step(kind: str, name: str, arch: str, old: str, new: str) -> Step:
    """One line: ``old`` is empty for an install, ``new`` for a removal."""
    return {"kind": kind, "name": name, "arch": arch, "old": old, "new": new}


def sort_steps(steps: Iterable[Step]) -> List[Step]:
    """Steps in the one order they are written, compared and hashed in: (kind, name, arch, old, new)."""
    return sorted(steps, key=as_tuple)


def as_tuple(step: Step) -> Tuple[str, ...]:
    """(kind, name, arch, old, new)."""
    return tuple(step[key] for key in STEP_KEYS)


def as_set(steps: Iterable[Step]) -> FrozenSet[Any]:
    """Steps to compare, whatever their order."""
    return frozenset(as_tuple(step) for step in steps)
