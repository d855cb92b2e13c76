# SPDX-License-Identifier: Apache-2.0
"""A base list from what computers have: every package name with its evidence, for a person to review.

Source: DESIGN 2 (``bases/*.yml``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from zhengban.documents.schemas import accepts_text, read_schema
from zhengban.documents.yamlline import comment, scalar
from zhengban.model.errors import InputError, Problem
from zhengban.model.facts import Facts
from zhengban.model.policy import Manager, Policy, Product

from .listed import ListedNames
from .sightings import Sightings
from .source import Source

# A platform, a virtual machine of a language or a store is no operating system's base.
_MANAGERS: tuple[Manager, ...] = ("dpkg", "rpm")


class BaseName(msgspec.Struct, frozen=True, kw_only=True):
    """One name of the list, the computers it was seen on, and its versions as text."""

    name: str
    computers: int
    versions: str


class BaseDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A base list to be reviewed.

    ``names`` are sorted; ``listed`` are those left out because a product names them, with that product; ``unusable``
    those that no base list can hold (a blank, ``*`` or ``?`` in a name).
    """

    platform: str
    manager: Manager
    sources: tuple[str, ...]
    names: tuple[BaseName, ...]
    listed: tuple[tuple[str, Product], ...]
    unusable: tuple[str, ...]


def draft_base(policy: Policy, sources: Iterable[Source]) -> BaseDraft:
    """Gather the names of all packages of computers of one platform, one document in memory at a time.

    Raises:
        InputError: no documents, or one that is of another platform or manager, or whose packages were not read.
        FactsError: a document is none.
    """
    listed = ListedNames(policy)
    sightings = Sightings()
    names: list[str] = []
    first: tuple[str, Manager] | None = None
    problems: list[Problem] = []
    for source in sources:
        facts = source.read()
        kind = _platform_and_manager(facts)
        if isinstance(kind, str):
            problems.append(Problem(file=source.name, message=kind))
            continue
        first = first or kind
        if kind != first:
            message = f"is {' with '.join(kind)}, {names[0]} is {' with '.join(first)}"
            problems.append(Problem(file=source.name, message=message, hint="make one base list for each platform"))
            continue
        names.append(source.name)
        sightings.see(package for package in facts.packages if package.manager == kind[1])
    if problems or first is None:
        raise InputError(problems or [Problem(file="--from", message="names no computer")])
    usable = _accepted_names()
    gathered = {name: seen for (_manager, name), seen in sightings.all().items()}
    kept = [name for name in gathered if listed.product(first[1], name) is None]
    return BaseDraft(
        platform=first[0],
        manager=first[1],
        sources=tuple(names),
        names=tuple(
            BaseName(name=name, computers=gathered[name].computers, versions=gathered[name].describe_versions())
            for name in kept
            if accepts_text(usable, name)
        ),
        listed=tuple((name, product) for name in gathered if (product := listed.product(first[1], name)) is not None),
        unusable=tuple(name for name in kept if not accepts_text(usable, name)),
    )


def write_base(draft: BaseDraft) -> str:
    """The list as the loader reads it, each name with its evidence behind it.

    Raises:
        InputError: no name is left, and a base list cannot be empty.
    """
    if not draft.names:
        message = f"no {draft.manager} package is left: the software lists name them all"
        raise InputError([Problem(file=", ".join(draft.sources), message=message)])
    return "".join(f"{line}\n" for line in _lines(draft))


def _lines(draft: BaseDraft) -> Iterator[str]:
    total = len(draft.sources)
    shown = ", ".join(draft.sources[:5]) + (f", … {total - 5} more" if total > 5 else "")
    yield f"# {draft.manager} packages 软件包: {len(draft.names)}; computers 计算机: {total} ({comment(shown)})"
    yield "# Review it: what stays here is approved on every computer of the platform. Delete what does not belong to"
    yield "# the operating system. 请逐行审核：保留的软件包在该平台的全部计算机上即为许可；不属于操作系统的请删除。"
    yield "# Behind each name: on how many of the computers, and which versions. 行尾为台数和版本。"
    yield '# Then name this file in policies/platforms.yml 并在 platforms.yml 中引用: base: {from: "bases/….yml"}'
    yield "base:"
    yield f"  platform: {scalar(draft.platform)}"
    yield "  names:"
    for line in draft.names:
        yield f"  - {scalar(line.name)}  # {line.computers}/{total}: {comment(line.versions)}"
    if draft.listed:
        yield "# Left out, the software lists name them 软件清单已列出:"
        for name, product in draft.listed:
            yield f"#   {comment(name)}: {comment(product.label)}, {product.place}"
    if draft.unusable:
        yield "# Left out, a base list cannot hold such a name 名称不可用:"
        for name in draft.unusable:
            yield f"#   {comment(name)}"


def _platform_and_manager(facts: Facts) -> tuple[str, Manager] | str:
    """``("debian-12", "dpkg")``, or what is wrong."""
    unread = [f"{name} was not read: {state.why}" for name, state in sorted(facts.managers.items()) if not state.read]
    if unread:
        return "; ".join(unread)
    managers = [manager for manager in _MANAGERS if manager in facts.managers]
    if len(managers) != 1:
        return (
            f"has {' and '.join(managers) or 'no'} package database; a base list is for one of {', '.join(_MANAGERS)}"
        )
    platform = f"{facts.platform.id}-{facts.platform.version}".strip("-")
    if not accepts_text(read_schema("base")["properties"]["base"]["properties"]["platform"], platform):
        return f"does not say which operating system it is: {platform!r}"
    return platform, managers[0]


def _accepted_names() -> dict[str, object]:
    accepted: dict[str, object] = read_schema("base")["properties"]["base"]["properties"]["names"]["items"]
    return accepted
