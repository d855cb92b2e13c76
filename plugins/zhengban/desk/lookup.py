# SPDX-License-Identifier: Apache-2.0
"""Which package of a computer, or of the lists, a person means."""

from __future__ import annotations

from typing import get_args

import msgspec

from zhengban.documents.suggestion import suggest
from zhengban.model.errors import InputError, Problem
from zhengban.model.facts import Facts
from zhengban.model.policy import Manager
from zhengban.policy.compile import CompiledPolicy, Rule

from .entry import fits_name

MANAGERS: tuple[str, ...] = get_args(Manager)


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """``name``, ``manager:name`` or ``manager:name:arch``, taken apart; the architecture is still part of ``name``."""

    text: str
    manager: str
    name: str

    def means(self, manager: str, name: str, arch: str = "") -> bool:
        if self.manager and self.manager != manager:
            return False
        wanted, names = self.name, (name, f"{name}:{arch}")
        if manager == "windows":
            return wanted.lower() in (each.lower() for each in names)
        return wanted in names


def read_query(text: str) -> Query:
    """Take a person's words apart; a text before the first colon that is no manager belongs to the name."""
    manager, _colon, rest = text.partition(":")
    if rest and manager in MANAGERS:
        return Query(text=text, manager=manager, name=rest)
    return Query(text=text, manager="", name=text)


def installed_rows(query: Query, facts: Facts) -> tuple[int, ...]:
    """The rows that are meant, ascending; a name without manager or architecture may mean several."""
    return tuple(
        row for row, package in enumerate(facts.packages) if query.means(package.manager, package.name, package.arch)
    )


def means_platform(query: Query, facts: Facts) -> bool:
    """Whether the operating system itself is meant."""
    return query.means("platform", facts.platform.id)


def rules_about(query: Query, compiled: CompiledPolicy) -> tuple[Rule, ...]:
    """The rules about a package that is not installed: its name fits, or the product's name or number is meant."""
    name = query.name
    if ":" in name and query.manager == "dpkg":
        name = name.partition(":")[0]
    return tuple(
        rule
        for rule in compiled.rules
        if query.manager in ("", rule.selector.manager)
        if fits_name(rule.selector, rule.selector.manager, name)
        or query.text in (rule.product.name, rule.product.label, *rule.product.numbers)
    )


def nothing_found(query: Query, computer: str, facts: Facts, compiled: CompiledPolicy) -> InputError:
    """What to say when a text means nothing here."""
    listed = {rule.selector.name for rule in compiled.rules if not rule.selector.is_glob}
    listed.update(package.name for package in facts.packages)
    shown = f"{query.manager} package" if query.manager else "package"
    message = f"{computer} has no {shown} {query.name!r}, and no entry is about one"
    near = suggest(query.name, listed)
    # A list of what else is installed helps nobody.
    hint = (
        near
        if near.endswith("?")
        else "`name`, `manager:name` or `manager:name:arch` of an installed or listed package"
    )
    return InputError([Problem(file="policies", message=message, hint=hint)])
