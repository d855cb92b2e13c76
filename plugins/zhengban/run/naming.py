# SPDX-License-Identifier: Apache-2.0
"""Packages that a person names: whether there can be such a package on a computer. Source: DESIGN 4, 6."""

from __future__ import annotations

from typing import get_args

from zhengban.documents.suggestion import suggest
from zhengban.host import match
from zhengban.model.errors import Problem
from zhengban.model.policy import Manager, Product
from zhengban.model.record import History
from zhengban.model.register import Computer

from .facts import stored_facts
from .workspace import Workspace


def package_problem(
    workspace: Workspace, computer: Computer, package: str, *, number: str, history: History
) -> Problem | None:
    """What is wrong with ``manager:name:arch`` as what is installed on a computer under a number.

    It is known when the computer's stored facts have it, the books have it on any computer, or a selector of the
    software with that number names it. A slip of the pen would otherwise be on record for good.
    """
    facts = stored_facts(workspace, computer.number)
    seen = {known for _computer, known in history.holdings} | {row.ref for row in (facts.packages if facts else ())}
    if package in seen:
        return None
    manager, _colon, rest = package.partition(":")
    name, _colon, arch = rest.rpartition(":")
    # Names of software for Windows have spaces; no other manager's have.
    has_spaces = " " in arch or (" " in name and manager != "windows")
    if manager not in get_args(Manager) or not name or not arch or has_spaces or not package.isprintable():
        message = f"{package!r} is not manager:name:arch"
        return Problem(file="--package", message=message, hint="such as dpkg:wps-office:amd64")
    named = _named(workspace.policy.product_by_number.get(number))
    if any(own == manager and match.name_matches(glob, name, manager == "windows") for own, glob in named):
        return None
    message = f"no facts of {computer.number}, no book and no entry of {number} have {package!r}"
    hint = suggest(package, seen | {f"{own}:{text}:{arch}" for own, text in named})
    return Problem(file="--package", message=message, hint=hint)


def _named(product: Product | None) -> frozenset[tuple[str, str]]:
    """Managers and names, or patterns of names, of a product."""
    return frozenset((selector.manager, selector.name) for selector in product.packages) if product else frozenset()
