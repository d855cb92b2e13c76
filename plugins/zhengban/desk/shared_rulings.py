# SPDX-License-Identifier: Apache-2.0
"""What is decided about packages, looked up once for all computers that have the same ones."""

from __future__ import annotations

from collections import OrderedDict

import msgspec

from zhengban.judge.approve import Ruling, rule_packages
from zhengban.model.facts import Facts, Package, PlatformFacts
from zhengban.policy.compile import CompiledPolicy

# A fleet is made of a few images; more are remembered than the two policies need for them, and memory stays flat.
_REMEMBERED = 64

_Key = tuple[int, str, str, PlatformFacts]


class SharedRulings:
    """:func:`zhengban.judge.approve.rule_packages` with a memory of the last few sets of packages.

    Groups of computers that one policy treats alike share as well. It knows policies only by identity, so it must not
    outlive them.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[_Key, tuple[tuple[Package, ...], tuple[Ruling, ...]]] = OrderedDict()

    def of(self, compiled: CompiledPolicy, facts: Facts) -> tuple[Ruling, ...]:
        """The rulings of these facts, n for n packages."""
        key = (id(compiled.policy), compiled.digest, facts.digest, facts.platform)
        known = self._known.get(key)
        if known is None or not _decided_alike(known[0], facts.packages):
            known = (facts.packages, rule_packages(compiled, facts))
            self._known[key] = known
        self._known.move_to_end(key)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return known[1]


def _decided_alike(one: tuple[Package, ...], other: tuple[Package, ...]) -> bool:
    """Whether two sets of packages differ at most in when they were installed; the digest leaves more out than that."""
    return len(one) == len(other) and all(
        a == b or msgspec.structs.replace(a, installed_at=b.installed_at) == b for a, b in zip(one, other, strict=True)
    )
