# SPDX-License-Identifier: Apache-2.0
"""One line of the software lists as it concerns one computer, and why it does not fit a package that is like it."""

from __future__ import annotations

import difflib

import msgspec

from zhengban.host import match as host_match
from zhengban.model.facts import Package
from zhengban.model.policy import Place, Scope, Selector
from zhengban.model.register import Register
from zhengban.policy.compile import CompiledPolicy, Rule

# Below this two names are different names; "wps-ofice" and "wps-office" are at 0.95.
_ALIKE = 0.85


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry and the selector of it that is about the package; ``scope`` says in words whom it is for."""

    label: str
    numbers: tuple[str, ...]
    state: str
    selector: str
    scope: str
    in_scope: bool
    place: Place


class NearMiss(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that does not decide about the package, and why, as the end of a sentence."""

    entry: Entry
    why: str


def entry_of(rule: Rule, register: Register) -> Entry:
    product = rule.product
    return Entry(
        label=product.label,
        numbers=product.numbers,
        state=product.state,
        selector=show_selector(rule.selector),
        scope=show_scope(product.scope, register),
        in_scope=rule.in_scope,
        place=product.place,
    )


def find_near_misses(
    compiled: CompiledPolicy, package: Package, decided: Rule | None, register: Register
) -> tuple[NearMiss, ...]:
    """The entries that are like a package and do not decide about it, in the order of the lists.

    Like it are those whose name fits, the same name under another manager, and, for a package no entry is about, a
    name that differs in a letter or two.
    """
    found: list[NearMiss] = []
    for rule in compiled.rules:
        why = "" if rule is decided else _why_not(rule, package, decided)
        if why:
            found.append(NearMiss(entry=entry_of(rule, register), why=why))
    return tuple(found)


def fits_name(selector: Selector, manager: str, name: str) -> bool:
    return selector.manager == manager and host_match.name_matches(selector.name, name, manager == "windows")


def show_selector(selector: Selector) -> str:
    """``dpkg wps-office >=11.1, <12``, with the publisher or signer it asks for."""
    words = [selector.manager, selector.name, selector.versions]
    words += (
        f"{what} {value}" for what, value in (("publisher", selector.publisher), ("signer", selector.signer)) if value
    )
    return " ".join(word for word in words if word)


def show_scope(scope: Scope, register: Register) -> str:
    """``departments 财务处; kinds desktop, laptop``; everyone when nothing is named."""
    departments = register.department_by_id
    parts = (
        ("departments", tuple(departments[key].name if key in departments else key for key in scope.departments)),
        ("kinds", scope.kinds),
        ("computers", scope.computers),
    )
    return "; ".join(f"{what} {', '.join(names)}" for what, names in parts if names) or "everyone"


def _why_not(rule: Rule, package: Package, decided: Rule | None) -> str:
    selector = rule.selector
    if fits_name(selector, package.manager, package.name):
        return _why_not_this(rule, package, decided)
    if selector.manager != package.manager:
        same = selector.name.casefold() == package.name.casefold()
        return f"it is about packages of {selector.manager}, not of {package.manager}" if same else ""
    if decided is None and not selector.is_glob:
        alike = difflib.SequenceMatcher(None, selector.name, package.name)
        if alike.quick_ratio() >= _ALIKE and alike.ratio() >= _ALIKE:
            return f"its name is {selector.name!r}, not {package.name!r}"
    return ""


def _why_not_this(rule: Rule, package: Package, decided: Rule | None) -> str:
    selector, state = rule.selector, rule.product.state
    misfit = host_match.misfit(
        package.manager,
        selector.versions,
        selector.publisher,
        selector.signer,
        package.version,
        package.publisher,
    )
    if misfit == "version":
        return f"the version {package.version!r} is not in {selector.versions!r}"
    if misfit:
        return f"the {misfit} is {package.publisher!r}, not {getattr(selector, misfit)!r}"
    if not rule.in_scope:
        return f"it is {state} for other computers"
    if decided is not None and selector.is_glob and not decided.selector.is_glob:
        return "an exact name beats a pattern"
    return "a stricter entry decides"
