# SPDX-License-Identifier: Apache-2.0
"""Rules between the entries of a policy: numbers used twice, and products that claim the same package."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from zhengban.host.match import name_matches
from zhengban.host.version import ranges_overlap
from zhengban.model.errors import Problem
from zhengban.model.policy import Product, Selector
from zhengban.model.record import UNASSIGNED, UNLISTED

# A number becomes a file name, percent-encoded; file systems take 255 bytes and the ledger adds a suffix.
_LONGEST_FILE_NAME = 200

# Each two entries about one name are compared, and each two patterns that begin alike; seven hundred of a kind pass.
MAX_COMPARISONS = 500_000

_Claim = tuple[int, Selector]


def check_products(products: Iterable[Product]) -> tuple[Problem, ...]:
    """Find what is wrong between products that are each right by themselves.

    Args:
        products: every product of the policy, in the order of (file, line).

    Returns:
        Problems at the later of two entries, naming the earlier one.

    Source: DOMAIN N1, N2, N4, N6, N7, S3; DESIGN 4 (two products that match one package equally are an error).
    """
    listed = tuple(products)
    return (*_number_problems(listed), *_name_problems(listed), *_claim_problems(listed))


def _problem(product: Product, message: str, hint: str) -> Problem:
    return Problem(
        file=product.place.file,
        line=product.place.line,
        column=1,
        path=product.label,
        message=message,
        hint=hint,
    )


def _number_problems(products: tuple[Product, ...]) -> Iterator[Problem]:
    owners: dict[str, Product] = {}
    for product in products:
        clause = {"commercial": "N1", "oem": "N4", "free": "N6"}[product.type]
        for number, uses in Counter(product.numbers).items():
            if uses > 1:
                message = f"{uses} lots have the number {number!r} (N2)"
                yield _problem(product, message, "give each purchase its own")
            owner = owners.setdefault(number, product)
            if owner is not product:
                message = f"the number {number!r} belongs to {owner.label!r} already, {owner.place} ({clause})"
                yield _problem(product, message, "give it a number of its own")
            if number in (UNLISTED, UNASSIGNED):
                yield _problem(product, f"{number!r} is a book of the ledger itself", "choose another number")
            elif len(quote(number, safe="")) > _LONGEST_FILE_NAME:
                yield _problem(product, f"the number {number!r} is too long for a file name", "choose a shorter one")


def _name_problems(products: tuple[Product, ...]) -> Iterator[Problem]:
    entries: dict[tuple[str, str, str], Product] = {}
    for product in products:
        first = entries.setdefault((product.type, product.name, product.version), product)
        if first is product:
            continue
        if product.type == "free":
            message = f"{product.name!r} is listed already, {first.place}; one name is one number (N6, N7)"
            yield _problem(product, message, "put the packages of all versions into one entry")
        else:
            clause = "N1" if product.type == "commercial" else "N4"
            message = f"{product.label!r} is listed already, {first.place} ({clause})"
            yield _problem(product, message, "one name and version is one entry; put the purchases into its lots")


def _claim_problems(products: tuple[Product, ...]) -> Iterator[Problem]:
    """Exact names beat globs, so only two exact names or two globs can tie."""
    claims: dict[tuple[str, bool, str], list[_Claim]] = {}
    for index, product in enumerate(products):
        for selector in product.packages:
            claims.setdefault((selector.manager, selector.is_glob, _head(selector)), []).append((index, selector))
    reported = set()
    compared = 0
    for (manager, is_glob, head), here in claims.items():
        # A glob's head ends before its first wildcard: whatever it covers has a head that starts with it.
        starts = [head[:length] for length in range(len(head) + 1)] if is_glob else [head]
        rivals = [claim for start in starts for claim in claims.get((manager, is_glob, start), ())]
        for index, selector in here:
            compared += len(rivals)
            if compared > MAX_COMPARISONS:
                message = f"too many entries are about packages like {manager} {selector.name!r} to compare them all"
                yield _problem(products[index], message, "name packages exactly, and put versions into one entry")
                return
            for other, rival in rivals:
                first, second = sorted((index, other))
                if first != second and (first, second) not in reported and _tie(rival, selector):
                    reported.add((first, second))
                    earlier = products[first]
                    message = f"{earlier.label!r}, {earlier.place}, matches {manager} {selector.name!r} equally (S3)"
                    yield _problem(products[second], message, "tell them apart by name, versions, publisher or signer")


def _head(selector: Selector) -> str:
    name = selector.name.lower() if selector.manager == "windows" else selector.name
    return name[: min((at for at in (name.find("*"), name.find("?")) if at >= 0), default=len(name))]


def _tie(wide: Selector, narrow: Selector) -> bool:
    """Whether the first one matches the second one's pattern as a name, and nothing else keeps them apart.

    A name spelt like the pattern is one that both match, so what is reported is always a real tie; globs that
    only meet half-way (``a*`` and ``*b``) are left to the judge, who sees whether such a package exists.
    """
    ignore_case = wide.manager == "windows"
    return (
        name_matches(wide.name, narrow.name, ignore_case)
        and _may_share(wide.publisher, narrow.publisher, ignore_case)
        and _may_share(wide.signer, narrow.signer, ignore_case)
        and ranges_overlap(wide.manager, wide.versions, narrow.versions)
    )


def _may_share(a: str, b: str, ignore_case: bool) -> bool:
    return not a or not b or name_matches(a, b, ignore_case) or name_matches(b, a, ignore_case)
