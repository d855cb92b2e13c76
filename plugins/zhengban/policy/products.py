# SPDX-License-Identifier: Apache-2.0
"""Software entries as products, and the rules each entry has to keep by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from zhengban.documents.document import Document
from zhengban.host.version import VersionError, parse_range
from zhengban.model.errors import Problem
from zhengban.model.policy import Lot, Product, Selector, Term

from .means import means_problems
from .scope_names import ScopeNames

KEY = "software"

_COPIED = (
    "name",
    "version",
    "type",
    "category",
    "vendor",
    "vendor_contact",
    "source",
    "reason",
    "registration",
    "made_in",
    "number",
    "state",
)


def read_products(document: Document, scopes: ScopeNames) -> tuple[tuple[Product, ...], tuple[Problem, ...]]:
    """Build the products of one document from its entries that the schema accepts.

    Returns:
        The products in the order written; and what is wrong with them. Unknown scope names are left with
        ``scopes``.

    Source: DESIGN 2 (``software``), DOMAIN N2, N3, N5, N8, S3.
    """
    products = []
    problems: list[Problem] = []
    for index, entry in document.items(KEY):
        found = tuple(_entry_problems(entry, (KEY, index), document))
        problems += found
        if not found:
            product = _product(entry, (KEY, index), document, scopes)
            problems += _equal_lots(product, (KEY, index), document)
            products.append(product)
    return tuple(products), tuple(problems)


def _product(entry: dict[str, Any], path: tuple[str | int, ...], document: Document, scopes: ScopeNames) -> Product:
    return Product(
        **{key: entry[key] for key in _COPIED if key in entry},
        listed_versions=tuple(entry.get("listed_versions", ())),
        lots=tuple(
            _lot(lot, (*path, "lots", index), document, scopes) for index, lot in enumerate(entry.get("lots", ()))
        ),
        packages=msgspec.convert(entry.get("packages", ()), tuple[Selector, ...]),
        scope=scopes.resolve(entry.get("for"), (*path, "for"), document),
        place=document.place(path),
    )


def _lot(lot: dict[str, Any], path: tuple[str | int, ...], document: Document, scopes: ScopeNames) -> Lot:
    quantity, term = lot.get("quantity"), lot.get("term")
    rest = {key: value for key, value in lot.items() if key not in ("for", "quantity", "term")}
    return msgspec.structs.replace(
        msgspec.convert(rest, Lot),
        quantity=quantity if isinstance(quantity, int) else None,
        term=msgspec.convert(term, Term) if isinstance(term, dict) else None,
        scope=scopes.resolve(lot.get("for"), (*path, "for"), document),
    )


def _entry_problems(entry: dict[str, Any], path: tuple[str | int, ...], document: Document) -> Iterator[Problem]:
    yield from _number_problems(entry, path, document)
    for index, lot in enumerate(entry.get("lots", ())):
        yield from _lot_problems(lot, (*path, "lots", index), document)
    for index, selector in enumerate(entry.get("packages", ())):
        try:
            parse_range(selector["manager"], selector.get("versions", ""))
        except VersionError as err:
            place = (*path, "packages", index, "versions")
            yield document.problem(place, f"not a version range: {err}", 'write bounds such as ">=11.1, <12"')
        else:
            yield from means_problems(selector, (*path, "packages", index), document)
    if entry.get("state") == "required" and not entry.get("packages"):
        yield document.problem(path, "required, but nothing says what it is on a host", "add packages")


def _number_problems(entry: dict[str, Any], path: tuple[str | int, ...], document: Document) -> Iterator[Problem]:
    kind = entry["type"]
    forbidden = entry.get("state") == "forbidden"
    if kind == "commercial":
        if "number" in entry:
            message = "each licence purchase of commercial software has its own number (N1, N2)"
            yield document.problem((*path, "number"), message, "move it into an entry of lots", at_key=True)
        elif "lots" not in entry and not forbidden:
            yield document.problem(
                path, "commercial software needs lots, one for each purchase (S3, N1, N2)", "add lots"
            )
        if "listed_versions" in entry:
            message = "listed versions belong to the list of free software (form 6)"
            yield document.problem((*path, "listed_versions"), message, "use version", at_key=True)
        return
    clause = "N5" if kind == "oem" else "N8"
    if "lots" in entry:
        message = f"{kind} software has no purchase, quantity or term ({clause})"
        yield document.problem((*path, "lots"), message, "remove lots, give the entry a number", at_key=True)
    if "number" not in entry and not forbidden:
        clause = "N4" if kind == "oem" else "N6"
        yield document.problem(path, f"{kind} software needs a number ({clause})", "add number")
    if kind == "free" and "version" in entry:
        message = "free software keeps one number over all versions, it has no version here (N7, N8)"
        yield document.problem((*path, "version"), message, "use listed_versions for form 6", at_key=True)


def _equal_lots(product: Product, path: tuple[str | int, ...], document: Document) -> Iterator[Problem]:
    first: dict[Lot, str] = {}
    for index, lot in enumerate(product.lots):
        number = first.setdefault(msgspec.structs.replace(lot, number=""), lot.number)
        if number != lot.number:
            message = f"the lots {number!r} and {lot.number!r} are equal in everything else (N2)"
            yield document.problem((*path, "lots", index), message, "one purchase is one number; write what differs")


def _lot_problems(lot: dict[str, Any], path: tuple[str | int, ...], document: Document) -> Iterator[Problem]:
    if lot.get("acquired", "purchase") != "purchase":
        for key in ("purchased_on", "amount"):
            if key in lot:
                message = f"software acquired by {lot['acquired']} has no {key} (N3)"
                yield document.problem((*path, key), message, "remove it", at_key=True)
    amount = lot.get("amount")
    if amount is not None and amount != round(amount, 2):
        yield document.problem((*path, "amount"), f"{amount} has more than two decimals", "write yuan and fen")
    term = lot.get("term")
    if isinstance(term, dict) and term["until"] < term["from"]:
        message = f"the term ends on {term['until']}, before it starts on {term['from']}"
        yield document.problem((*path, "term", "until"), message, "correct one of the days")
