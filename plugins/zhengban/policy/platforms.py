# SPDX-License-Identifier: Apache-2.0
"""What belongs to an operating system: the platforms file and the lists it draws on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from zhengban.documents.document import Document
from zhengban.documents.suggestion import suggest
from zhengban.model.errors import Problem
from zhengban.model.policy import PlatformBase, Product

KEY = "platforms"


def read_platforms(
    document: Document, lists: Mapping[str, Document | None]
) -> tuple[tuple[PlatformBase, ...], tuple[Problem, ...]]:
    """Build the platform bases of one document.

    Args:
        document: ``platforms.yml``.
        lists: the base lists by their path below ``policies/``; ``None`` for one that could not be read.

    Returns:
        The bases in the order written; and what is wrong: a list that is not there, a platform twice.

    Source: DESIGN 2 (``platforms.yml``).
    """
    bases = []
    problems: list[Problem] = []
    seen: dict[tuple[str, str], int] = {}
    for index, entry in document.items(KEY):
        path = (KEY, index)
        key = (entry["number"], entry["manager"])
        if key in seen:
            message = f"{entry['number']!r} with {entry['manager']} is written twice, first in {KEY}[{seen[key]}]"
            problems.append(document.problem(path, message, "put the names into one entry"))
        seen.setdefault(key, index)
        source = entry["base"].get("from")
        if source is None and "names" not in entry["base"]:
            message = "origins, signers and publishers narrow names, they approve nothing by themselves"
            problems.append(document.problem((*path, "base"), message, 'add from or names ("*" is every name)'))
        if source is not None and source not in lists:
            message = f"there is no file {source!r} below policies/"
            problems.append(document.problem((*path, "base", "from"), message, suggest(source, lists)))
        bases.append(_base(entry, lists.get(source), document.place(path)))
    return tuple(bases), tuple(problems)


def platform_number_problems(document: Document, products: Iterable[Product]) -> tuple[Problem, ...]:
    """Find platforms whose number is not that of an operating system.

    Args:
        document: ``platforms.yml``.
        products: every product of the policy.
    """
    categories = {number: product.category for product in products for number in product.numbers}
    systems = [number for number, category in categories.items() if category == "os"]
    problems = []
    for index, entry in document.items(KEY):
        number = entry["number"]
        category = categories.get(number)
        if category != "os":
            what = f"is in category {category}, not os" if category else "is not the number of any software"
            problems.append(document.problem((KEY, index, "number"), f"{number!r} {what}", suggest(number, systems)))
    return tuple(problems)


def _base(entry: dict[str, Any], listed: Document | None, place: Any) -> PlatformBase:
    names = set(listed.plain["base"]["names"]) if listed is not None and not listed.problems else set()
    globs = []
    for name in entry["base"].get("names", ()):
        if "*" in name or "?" in name:
            globs.append(name)
        else:
            names.add(name)
    return PlatformBase(
        number=entry["number"],
        manager=entry["manager"],
        names=frozenset(names),
        globs=tuple(globs),
        origins=tuple(entry["base"].get("origins", ())),
        signers=tuple(entry["base"].get("signers", ())),
        publishers=tuple(entry["base"].get("publishers", ())),
        place=place,
    )
