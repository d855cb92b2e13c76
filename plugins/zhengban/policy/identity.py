# SPDX-License-Identifier: Apache-2.0
"""What of a policy can change a judgement or a plan, as a digest. Source: DESIGN 5.

Most of it is the same for every computer and is written once for a policy: a thousand computers that scopes name are a
thousand compiled policies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import msgspec
import rfc8785

from zhengban.model.policy import ExceptionRule, Policy, Product

_BASE_PARTS = ("names", "globs", "origins", "signers", "publishers")

Title = tuple[str, str, str]


class PolicyIdentity:
    """Digests of one policy as it applies to some computers; file positions are not part of them."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def digest(
        self,
        *,
        in_scope: Iterable[Product],
        lots: Iterable[str],
        exceptions: Iterable[ExceptionRule],
        upgrades: Iterable[list[Any]],
    ) -> str:
        """The SHA-256 of the RFC 8785 form of the policy for computers that have these in common.

        Args:
            in_scope: the products that are for them and have packages.
            lots: the numbers of the lots they may use.
            exceptions: those that hold for them.
            upgrades: what of each rollout that may reach them can change a judgement or a plan.
        """
        titles = {title_of(product) for product in in_scope}
        # Sorted, so that the order of the files does not show.
        members = self._shared | {
            "exceptions": _array(sorted(rfc8785.dumps(_without_place(rule)) for rule in exceptions)),
            "in_scope": _array(self._titles[title] for title in sorted(titles)),
            "lots": rfc8785.dumps(sorted(lots)),
            "upgrades": _array(sorted(map(rfc8785.dumps, upgrades))),
        }
        # An object in RFC 8785's order of keys.
        parts = (rfc8785.dumps(key) + b":" + value for key, value in sorted(members.items()))
        return hashlib.sha256(b"{" + b",".join(parts) + b"}").hexdigest()

    @cached_property
    def _shared(self) -> dict[str, bytes]:
        """What is the same for every computer; a product's packages keep their order: the first one counts."""
        baseline = msgspec.to_builtins(self._policy.baseline)
        for unrelated in ("mode", "modes", "guard", "outside"):
            del baseline[unrelated]
        bases = sorted(
            [base.number, base.manager, *(sorted(getattr(base, part)) for part in _BASE_PARTS)]
            for base in self._policy.platforms
        )
        return {
            "baseline": rfc8785.dumps(baseline),
            "bases": rfc8785.dumps(bases),
            "products": _array(sorted(rfc8785.dumps(_without_place(product)) for product in self._policy.products)),
        }

    @cached_property
    def _titles(self) -> dict[Title, bytes]:
        return {title: rfc8785.dumps(title) for title in map(title_of, self._policy.products)}


def title_of(product: Product) -> Title:
    """What tells a product from others."""
    return (product.type, product.name, product.version)


def _without_place(entry: Product | ExceptionRule) -> dict[str, Any]:
    """An entry as plain values, without what no judgement and no plan depends on."""
    plain: dict[str, Any] = msgspec.to_builtins(entry)
    del plain["place"]
    for lot in plain.get("lots", ()):
        del lot["serials"]
    for selector in plain.get("packages", ()):
        # Only the guard reads them.
        del selector["programs"]
    return plain


def _array(items: Iterable[bytes]) -> bytes:
    return b"[" + b",".join(items) + b"]"
