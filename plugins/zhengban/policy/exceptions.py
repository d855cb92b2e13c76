# SPDX-License-Identifier: Apache-2.0
"""The exceptions file: what is excused where, until when and by whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from zhengban.documents.document import Document
from zhengban.documents.suggestion import suggest
from zhengban.host.version import VersionError, parse_range
from zhengban.model.errors import Problem
from zhengban.model.policy import ExceptionRule, Place, Product, Scope
from zhengban.model.register import Register

from .scope_names import ScopeNames

KEY = "exceptions"

_Path = tuple[str | int, ...]


def read_exceptions(
    document: Document, scopes: ScopeNames, register: Register | None, products: Iterable[Product] | None
) -> tuple[tuple[ExceptionRule, ...], tuple[Problem, ...]]:
    """Build the exceptions of one document.

    Args:
        document: ``exceptions.yml``.
        scopes: resolves the names of departments and computers.
        register: who may approve; None when it has problems of its own, then people are not checked.
        products: every product, for the numbers; None when not all of them could be read.

    Returns:
        The exceptions in the order written; and what is wrong with them.

    Source: DESIGN 2 (``exceptions.yml``), DOMAIN I1.
    """
    numbers = None if products is None else {number for product in products for number in product.numbers}
    rules = []
    problems: list[Problem] = []
    for index, entry in document.items(KEY):
        path = (KEY, index)
        found = (
            *_choice_problems(entry, path, document),
            *_package_problems(entry, path, document, numbers),
            *(_approval_problems(entry, path, document, register) if register else ()),
        )
        problems += found
        scope = scopes.resolve(entry.get("for"), (*path, "for"), document)
        if "computers" in entry:
            scope = scopes.resolve({"computers": entry["computers"]}, path, document)
        if not found:
            rules.append(_rule(entry, scope, document.place(path)))
    return tuple(rules), tuple(problems)


def _rule(entry: dict[str, Any], scope: Scope, place: Place) -> ExceptionRule:
    package = entry.get("package", {})
    return ExceptionRule(
        manager=package.get("manager"),
        name=package.get("name", ""),
        versions=package.get("versions", ""),
        number=entry.get("number", ""),
        scope=scope,
        until=dt.date.fromisoformat(entry["until"]),
        reason=entry["reason"],
        approved_by=entry["approved_by"],
        request=entry.get("request", ""),
        place=place,
    )


def _choice_problems(entry: dict[str, Any], path: _Path, document: Document) -> Iterator[Problem]:
    for one, other, what in (
        ("package", "number", "what is excused"),
        ("computers", "for", "on which computers"),
    ):
        if one in entry and other in entry:
            message = f"{one} and {other} both say {what}"
            yield document.problem((*path, other), message, "keep one of them", at_key=True)
        elif one not in entry and other not in entry:
            yield document.problem(path, f"nothing says {what}", f"add {one} or {other}")


def _package_problems(
    entry: dict[str, Any], path: _Path, document: Document, numbers: set[str] | None
) -> Iterator[Problem]:
    package = entry.get("package")
    if package is not None:
        try:
            parse_range(package["manager"], package.get("versions", ""))
        except VersionError as err:
            place = (*path, "package", "versions")
            yield document.problem(place, f"not a version range: {err}", 'write bounds such as ">=4, <5"')
    number = entry.get("number")
    if number is not None and numbers is not None and number not in numbers:
        message = f"{number!r} is not the number of any software"
        yield document.problem((*path, "number"), message, suggest(number, numbers))


def _approval_problems(entry: dict[str, Any], path: _Path, document: Document, register: Register) -> Iterator[Problem]:
    person, place = entry["approved_by"], (*path, "approved_by")
    approvers = register.organisation.approvers.get("it", ())
    if person not in register.person_by_id:
        known = approvers or register.person_by_id
        yield document.problem(place, f"no person has the id {person!r}", suggest(person, known))
    elif approvers and person not in approvers:
        message = f"{person!r} does not approve for IT (I1)"
        yield document.problem(place, message, f"organisation.approvers.it names {', '.join(approvers)}")
