# SPDX-License-Identifier: Apache-2.0
"""The books against what is on the computers, row by row, writing nothing. Source: DESIGN 8 (``adopt --diff``)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from zhengban.model.record import UNLISTED, History
from zhengban.model.register import Computer
from zhengban.run.examining import Examined, clashes, examine_computers
from zhengban.run.presence import Present
from zhengban.run.workspace import Workspace

from .joining import stated_by_form


class Difference(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One row. ``only_books``: on record, or preinstalled by the register, and not there; ``only_host``: there and in
    no book; ``version``: both, in versions that differ.

    ``book`` of what is only on the host is a number it could go to; ``package`` is empty for preinstalled software.
    """

    computer: str
    package: str
    book: str
    difference: Literal["only_books", "only_host", "version"]
    product: str = ""
    recorded: str = ""
    installed: str = ""


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One computer: its differences, sorted by package, or the reason why it could not be compared."""

    computer: str
    reason: str = ""
    differences: tuple[Difference, ...] = ()


def compare_computers(workspace: Workspace, computers: Iterable[Computer], *, now: dt.datetime) -> tuple[Compared, ...]:
    """Compare the books and the register with the stored facts of computers, in the order given; none is asked.

    What came with something else (quantity 0) may come and go, and a package that only the operating system's base or
    a dependency approves need not be in a book.
    """
    history = workspace.history(now)
    examined = tuple(examine_computers(workspace, computers, history=history, now=now))
    clashing = clashes(workspace.register, examined)
    return tuple(
        Compared(computer=item.computer.number, reason=reason)
        if (reason := item.reason or clashing.get(item.computer.number, ""))
        else Compared(computer=item.computer.number, differences=tuple(sorted(_differences(workspace, history, item))))
        for item in examined
    )


def _differences(workspace: Workspace, history: History, item: Examined) -> Iterator[Difference]:
    number = item.computer.number
    held = history.held_on.get(number, {})
    # What a form states is compared with the first package of its product.
    stated: dict[str, Present] = {}
    for present in item.present:
        if present.package not in held and (package := stated_by_form(held, present.product)):
            stated.setdefault(package, present)
    for package, holding in held.items():
        installed = stated[package].version if package in stated else item.versions.get(package)
        if holding.quantity and installed != holding.version:
            yield Difference(
                computer=number,
                package=package,
                book=holding.number,
                difference="only_books" if installed is None else "version",
                product=_label(workspace, holding.number),
                recorded=holding.version,
                installed=installed or "",
            )
    for present in item.present:
        if present.package not in held and present not in stated.values():
            product = present.product
            yield Difference(
                computer=number,
                package=present.package,
                book=product.numbers[0] if product is not None and product.numbers else UNLISTED,
                difference="only_host",
                product=product.label if product is not None else "",
                installed=present.version,
            )
    there = {id(present.product) for present in item.present}
    for oem in item.computer.oem:
        product = workspace.policy.product_by_number.get(oem)
        # Of an entry without packages nobody can say whether it is there.
        if product is None or (product.packages and id(product) not in there):
            label, version = (product.label, product.version) if product is not None else ("", "")
            yield Difference(
                computer=number, package="", book=oem, difference="only_books", product=label, recorded=version
            )


def _label(workspace: Workspace, number: str) -> str:
    product = workspace.policy.product_by_number.get(number)
    return product.label if product is not None else ""
