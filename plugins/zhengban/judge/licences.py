# SPDX-License-Identifier: Apache-2.0
"""Licences on record that do not carry their install. Source: DESIGN 4, 7, DOMAIN S3, N2, C6, C9."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from zhengban.licence.choose import carries, why_invalid
from zhengban.model.finding import Code, Finding
from zhengban.model.record import UNASSIGNED, History, Holding
from zhengban.model.register import Computer
from zhengban.policy.compile import CompiledPolicy
from zhengban.policy.on_record import product_on_record

_REMEDY = "buy seats (form 4), remove it by a request, or move it where a seat is free: zhengban licence assign"


def judge_licences(
    compiled: CompiledPolicy, computer: Computer, history: History, *, today: dt.date
) -> Iterator[Finding]:
    """Installs on record beyond the quantity, the term or the versions of their lot, or under none; only commercial
    software. A recorded version that no entry of the software lists has is not held against its lot.

    Who is beyond the quantity is decided by the order of the computers' numbers. Nothing is ever planned for these: a
    missing licence is for people to get, not a reason to take software away.
    """
    judged: set[str] = set()
    for package, holding in sorted(history.held_on.get(computer.number, {}).items()):
        if not holding.quantity:
            continue
        if holding.number == UNASSIGNED:
            message = "it is on record without a licence: no lot covers it"
            yield _finding("over_licensed", compiled, computer, package, holding, message)
        elif message := _why_uncarried(compiled, package, holding):
            yield _finding("over_licensed", compiled, computer, package, holding, message)
        elif holding.number in compiled.policy.lot_by_number and holding.number not in judged:
            # One seat carries all of its packages here.
            judged.add(holding.number)
            yield from _judge_lot(compiled, computer, package, holding, history, today)


def _why_uncarried(compiled: CompiledPolicy, package: str, holding: Holding) -> str:
    """Why a lot may not be used for the version on record in it; empty when it may, or when nobody knows."""
    lot = compiled.policy.lot_by_number.get(holding.number)
    if lot is None:
        return ""
    owner = compiled.policy.product_by_number[holding.number]
    product, is_known = product_on_record(compiled, package, holding)
    if product is None or not is_known or product.type != "commercial" or carries(owner, lot, product):
        return ""
    versions = ", ".join(lot.usable_versions or (owner.version,))
    return f"{lot.number} may be used for {owner.name} {versions}, and it is on record there as {product.label}"


def _judge_lot(
    compiled: CompiledPolicy,
    computer: Computer,
    package: str,
    holding: Holding,
    history: History,
    today: dt.date,
) -> Iterator[Finding]:
    lot = compiled.policy.lot_by_number[holding.number]
    if reason := why_invalid(lot, today):
        code: Code = "licence_expired" if lot.disposed is None else "over_licensed"
        yield _finding(code, compiled, computer, package, holding, f"its licence does not cover it: {reason}")
    elif lot.quantity is not None:
        holders = history.holders[lot.number]
        if len(holders) > lot.quantity and computer.number >= holders[lot.quantity]:
            message = (
                f"{lot.number} has {lot.quantity} seats and {len(holders)} computers hold it; by their numbers "
                "this one has none"
            )
            yield _finding("over_licensed", compiled, computer, package, holding, message)


def _finding(
    code: Code, compiled: CompiledPolicy, computer: Computer, package: str, holding: Holding, message: str
) -> Finding:
    product = compiled.policy.product_by_number.get(holding.number)
    return Finding(
        code=code,
        computer=computer.number,
        package=package,
        version=holding.version,
        number=holding.number,
        clauses=("S3", "N2"),
        **({"place": product.place} if product else {}),
        message=message,
        remedy=_REMEDY,
    )
