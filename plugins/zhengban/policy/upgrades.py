# SPDX-License-Identifier: Apache-2.0
"""The upgrades file: from what to what, and in which steps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from zhengban.documents.document import Document
from zhengban.documents.suggestion import suggest
from zhengban.host.version import VersionError, parse_range, ranges_overlap
from zhengban.model.errors import Problem
from zhengban.model.policy import Product, RolloutStep, Upgrade

from .rollout import sides_of
from .scope_names import ScopeNames

KEY = "upgrades"

_Path = tuple[str | int, ...]


def read_upgrades(
    document: Document, scopes: ScopeNames, products: tuple[Product, ...] | None
) -> tuple[tuple[Upgrade, ...], tuple[Problem, ...]]:
    """Build the upgrades of one document.

    Args:
        document: ``upgrades.yml``.
        scopes: resolves the names of departments and computers.
        products: every product; None when not all of them could be read, then entries are not looked up.

    Returns:
        The upgrades in the order written; and what is wrong with them.

    Source: DESIGN 2 (``upgrades.yml``), DOMAIN I4, N1, N8.
    """
    upgrades = []
    problems: list[Problem] = []
    first: dict[tuple[str, str], int] = {}
    for index, entry in document.items(KEY):
        path = (KEY, index)
        found = [*_kind_problems(entry, path, document), *_rollout_problems(entry, path, document)]
        start = (entry["software"], entry.get("from", ""))
        if first.setdefault(start, index) != index:
            message = f"{' '.join(start).strip()!r} is upgraded already in {KEY}[{first[start]}]"
            found.append(document.problem(path, message, "one entry leads to one version; put the steps into it"))
        upgrade = _upgrade(entry, path, document, scopes)
        if not found and products is not None:
            found += _entry_problems(upgrade, products, path, document)
        upgrades.append(upgrade)
        problems += found
    return tuple(upgrades), tuple(problems)


def _upgrade(entry: dict[str, Any], path: _Path, document: Document, scopes: ScopeNames) -> Upgrade:
    return Upgrade(
        software=entry["software"],
        source=entry.get("from", ""),
        target=entry.get("to", ""),
        to_version=entry.get("to_version", ""),
        request=entry.get("request", ""),
        rollout=tuple(
            RolloutStep(
                scope=scopes.resolve(step["for"], (*path, "rollout", at, "for"), document) if "for" in step else None,
                percent=step.get("percent"),
                start=dt.date.fromisoformat(step["from"]),
                failures=step.get("failures", 10),
            )
            for at, step in enumerate(entry["rollout"])
        ),
        place=document.place(path),
    )


def _kind_problems(entry: dict[str, Any], path: _Path, document: Document) -> Iterator[Problem]:
    labels = [key for key in ("from", "to") if key in entry]
    if "to_version" in entry and labels:
        message = f"{labels[0]} is a version label, and free software has none (N8)"
        yield document.problem((*path, labels[0]), message, "keep either to_version, or from and to", at_key=True)
    elif "to_version" not in entry and len(labels) < 2:
        message = "nothing says from which version to which"
        yield document.problem(path, message, "add from and to, or to_version for free software")
    elif labels and entry["from"] == entry["to"]:
        yield document.problem((*path, "to"), f"{entry['to']!r} is where it starts", "write the version after")


def _rollout_problems(entry: dict[str, Any], path: _Path, document: Document) -> Iterator[Problem]:
    latest, largest = "", 0
    for at, step in enumerate(entry["rollout"]):
        place = (*path, "rollout", at)
        if ("for" in step) == ("percent" in step):
            yield document.problem(place, "a step is for a scope, or for a percentage", "write one of for and percent")
        if step["from"] < latest:
            message = f"begins on {step['from']}, before the step above it ({latest})"
            yield document.problem((*place, "from"), message, "order the steps by their days")
        percent = step.get("percent")
        if percent is not None and percent <= largest:
            message = f"{percent} % is no more than the step above it ({largest} %)"
            yield document.problem((*place, "percent"), message, "shares grow to at most 100")
        latest, largest = max(latest, step["from"]), max(largest, percent or 0)


def _entry_problems(
    upgrade: Upgrade, products: tuple[Product, ...], path: _Path, document: Document
) -> Iterator[Problem]:
    named = [product for product in products if product.name == upgrade.software]
    sides = sides_of(upgrade, products)
    if not named:
        names = {product.name for product in products}
        message = f"no software is called {upgrade.software!r}"
        yield document.problem((*path, "software"), message, suggest(upgrade.software, names))
    elif sides is None:
        yield from _side_problems(upgrade, named, path, document)
    else:
        source, target = sides
        to = (*path, "to_version" if upgrade.to_version else "to")
        if source.state == "forbidden":
            message = f"{source.label} is forbidden: it is removed, not upgraded"
            yield document.problem((*path, "software"), message, "remove the upgrade")
        elif target.state not in ("allowed", "required"):
            message = f"{target.label} is {target.state}"
            yield document.problem(to, message, "upgrade to something that is allowed or required")
        if not target.packages:
            message = f"nothing says what {target.label} is on a host, {target.place}"
            yield document.problem(to, message, "add packages to its entry")
        if target.type == "commercial" and not _is_licensed(target, products):
            message = f"no lot may be used for {target.label} (S3, N1)"
            yield document.problem(to, message, "enter its purchase, or usable_versions of a lot")
        if upgrade.to_version and target.packages:
            yield from _range_problems(upgrade, target, to, document)


def _side_problems(upgrade: Upgrade, named: list[Product], path: _Path, document: Document) -> Iterator[Problem]:
    labels = {product.version for product in named if product.type != "free"}
    if upgrade.to_version:
        message = f"{upgrade.software!r} is {named[0].type} software, it has version labels (N1, N4)"
        yield document.problem((*path, "to_version"), message, "write from and to", at_key=True)
    elif not labels:
        message = f"{upgrade.software!r} is free software, it has no version labels (N8)"
        yield document.problem((*path, "from"), message, "write to_version", at_key=True)
    else:
        for key, label in (("from", upgrade.source), ("to", upgrade.target)):
            if label not in labels:
                message = f"there is no version {label!r} of {upgrade.software!r}"
                yield document.problem((*path, key), message, suggest(label, labels))


def _is_licensed(target: Product, products: tuple[Product, ...]) -> bool:
    return any(
        target.version in (lot.usable_versions or (other.version,))
        for other in products
        if other.type == "commercial" and other.name == target.name
        for lot in other.lots
        if lot.disposed is None
    )


def _range_problems(upgrade: Upgrade, product: Product, place: _Path, document: Document) -> Iterator[Problem]:
    try:
        bounds = [part for item in product.packages for part in parse_range(item.manager, upgrade.to_version)]
    except VersionError as err:
        yield document.problem(place, f"not a version range: {err}", 'write bounds such as ">=23.01"')
        return
    if not any(operator.startswith((">", "=")) for operator, _version in bounds):
        yield document.problem(place, "nothing is below a range without a lower bound", 'write one such as ">=23.01"')
    elif not any(ranges_overlap(item.manager, item.versions, upgrade.to_version) for item in product.packages):
        message = f"{upgrade.to_version!r} is outside what {product.label} is approved as, {product.place}"
        yield document.problem(place, message, "extend the versions of its packages first")
