# SPDX-License-Identifier: Apache-2.0
"""Wishes that put back what a run removed or upgraded, as far as the policy allows it today. Source: DESIGN 5."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from zhengban.model.plan import Refusal, split_package
from zhengban.model.policy import Product
from zhengban.model.record import Holding
from zhengban.model.restoration import Restoration, Taken
from zhengban.policy.on_record import product_on_record

from .arrivals import install_wish, onward_wish
from .circumstances import Circumstances, Wish
from .wishes import why_unavailable

CODE = "restore"


def wishes_of_taken(where: Circumstances, restoration: Restoration) -> Iterator[Wish | Refusal]:
    """One wish for each package that can come back in its old version, else why it cannot."""
    for taken in restoration.taken:
        because = f"run {restoration.run} took away version {taken.version}"
        yield _put_back(where, taken, restoration.cause, because)


def _put_back(where: Circumstances, taken: Taken, cause: str, because: str) -> Wish | Refusal:
    product = _allowed(where, taken)
    if isinstance(product, Refusal):
        return product
    name, _arch = split_package(taken.package)
    # The very package, in the very version.
    packages = tuple(
        msgspec.structs.replace(selector, name=name, versions=f"={taken.version}")
        for selector in product.packages
        if selector.manager == taken.package.partition(":")[0]
    )
    product = msgspec.structs.replace(product, packages=packages)
    if not taken.now:
        return install_wish(where, product, cause=cause, code=CODE, because=because)
    row = where.facts.rows_by_ref.get(taken.now)
    if row is None or where.facts.packages[row].version != taken.now_version:
        found = where.facts.packages[row].version if row is not None else "nothing"
        return _refuse(taken, f"{taken.now} {taken.now_version} came in its place, and {found} is there now")
    if not taken.package.startswith("dpkg:"):
        return _refuse(taken, "only apt is asked to go back to a lower version: install it by hand")
    held = where.held_number(taken.now, None)
    wish = Wish(
        kind="upgrade",
        package=taken.now,
        name=where.facts.packages[row].name,
        row=row,
        number=held,
        cause=cause,
        code=CODE,
        because=because,
    )
    back = onward_wish(where, wish, product)
    return msgspec.structs.replace(back, back=True) if isinstance(back, Wish) else back


def _allowed(where: Circumstances, taken: Taken) -> Product | Refusal:
    """The product of what was taken, if the policy allows it on this computer in this version."""
    product, is_by_version = product_on_record(
        where.compiled, taken.package, Holding(number=taken.number, version=taken.version)
    )
    if taken.package in where.facts.rows_by_ref and not taken.now:
        return _refuse(taken, "it is there")
    if product is None:
        return _refuse(taken, "no software list names it: put it on one first, or leave it away")
    if reason := why_unavailable(where, product):
        return _refuse(taken, reason)
    if not is_by_version:
        return _refuse(taken, f"{product.label} is not approved in version {taken.version}")
    return product


def _refuse(taken: Taken, reason: str) -> Refusal:
    return Refusal(package=taken.package, code=CODE, reason=f"version {taken.version} does not come back: {reason}")
