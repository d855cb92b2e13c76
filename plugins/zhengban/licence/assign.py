# SPDX-License-Identifier: Apache-2.0
"""Installs to lots, for the whole fleet. Source: DESIGN 7, DOMAIN S3, S5, N1, N2, D9."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from zhengban.model.policy import Lot, Policy, Product
from zhengban.model.record import UNASSIGNED
from zhengban.policy.compile import CompiledPolicy, PolicyCompiler

from .choose import candidate_lots, why_invalid
from .flow import Flow


class LicensedInstall(msgspec.Struct, frozen=True, kw_only=True):
    """A package of a product on a computer; ``on_record`` is the book that has it, empty when none has."""

    computer: str
    package: str
    product: Product
    on_record: str = ""


class Assigned(msgspec.Struct, frozen=True, kw_only=True):
    """The number an install should be recorded under, UNASSIGNED when no lot covers it, and why that one."""

    computer: str
    package: str
    label: str
    on_record: str
    number: str
    reason: str


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """Which install goes where.

    ``assigned`` sort by (computer, package). ``shortage`` counts computers without a seat by product label, ``unused``
    are the lots that may be used today and no install goes to (bought but unused, 未真装真用), ``expired`` counts
    computers on record in lots that are over, not begun or disposed of. All sort by label or number.
    """

    assigned: tuple[Assigned, ...]
    shortage: dict[str, int]
    unused: tuple[str, ...]
    expired: dict[str, int]


class _Unit(msgspec.Struct, frozen=True, kw_only=True):
    """All packages of one product on one computer: they share a seat."""

    computer: str
    installs: tuple[LicensedInstall, ...]
    lots: tuple[str, ...]

    @property
    def label(self) -> str:
        return self.installs[0].product.label

    @property
    def on_record(self) -> str:
        books = [install.on_record for install in self.installs]
        return next((book for book in books if book in self.lots), books[0])


def assign_installs(
    compiler: PolicyCompiler,
    installs: Iterable[LicensedInstall],
    *,
    today: dt.date,
    taken: Mapping[str, int] | None = None,
    keep: bool = False,
) -> Assignment:
    """Cover as many installs as the lots allow; of the ways to do that prefer site licences, then the lot on record,
    then the lot that ends first.

    Adoption calls it once with all that is new and ``taken=history.seats_taken``: nothing on record moves for it.

    Args:
        compiler: today's policy and register; they say which lots are for which computer.
        installs: of computers in the register, any order. OEM and free software keeps its one number.
        today: the as-of date, for licence terms.
        taken: seats by number that are not to be given: on record for others, or reserved.
        keep: what its lot on record covers stays there before anything moves for a site licence; where another install
            can only be covered so, it still makes room.

    Two products on one computer take a seat each, also in one lot.
    """
    rows = sorted(installs, key=lambda install: (install.computer, install.package))
    policy = compiler.policy
    units = tuple(_units(compiler, rows, today))
    lots = {lot.number: lot for lot in policy.lot_by_number.values() if not why_invalid(lot, today)}
    numbers = _distribute(units, lots, taken or {}, keep=keep)
    assigned = [
        Assigned(
            computer=install.computer,
            package=install.package,
            label=install.product.label,
            on_record=install.on_record,
            number=number or UNASSIGNED,
            reason=_reason(policy, install, number, unit.lots, today),
        )
        for unit, number in zip(units, numbers, strict=True)
        for install in unit.installs
    ]
    assigned += [
        Assigned(
            computer=install.computer,
            package=install.package,
            label=install.product.label,
            on_record=install.on_record,
            number=install.product.number,
            reason=f"{install.product.type} software has one number",
        )
        for install in rows
        if install.product.type != "commercial"
    ]
    used = set(numbers) | {number for number, count in (taken or {}).items() if count}
    return Assignment(
        assigned=tuple(sorted(assigned, key=lambda item: (item.computer, item.package))),
        shortage=_count(unit.label for unit, number in zip(units, numbers, strict=True) if not number),
        unused=tuple(sorted(number for number, lot in lots.items() if lot.quantity != 0 and number not in used)),
        expired=_count(
            unit.on_record for unit in units if unit.on_record in policy.lot_by_number and unit.on_record not in lots
        ),
    )


def _count(names: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items()))


def _units(compiler: PolicyCompiler, rows: Iterable[LicensedInstall], today: dt.date) -> Iterator[_Unit]:
    """The commercial installs by computer, in the order of the computers' numbers."""
    together: dict[tuple[str, str, str], list[LicensedInstall]] = {}
    for install in rows:
        product = install.product
        if product.type == "commercial":
            together.setdefault((install.computer, product.name, product.version), []).append(install)
    known: dict[tuple[CompiledPolicy, str, str], tuple[str, ...]] = {}
    for (number, name, version), installs in together.items():
        compiled = compiler.for_computer(compiler.register.computer_by_number[number])
        key = (compiled, name, version)
        if key not in known:
            known[key] = candidate_lots(compiled, installs[0].product, on_record="", today=today)
        yield _Unit(computer=number, installs=tuple(installs), lots=known[key])


def _distribute(
    units: tuple[_Unit, ...], lots: Mapping[str, Lot], taken: Mapping[str, int], *, keep: bool
) -> list[str]:
    """The number of each unit, empty for one that no lot covers.

    Units that may use the same lots are one group for the flow, so that a fleet is a handful. Filling never takes a
    seat from a lot again, so what the site lots hold after their turn stays the most they can hold.
    """
    flow = Flow(
        {number: None if lot.quantity is None else lot.quantity - taken.get(number, 0) for number, lot in lots.items()}
    )
    site = frozenset(number for number, lot in lots.items() if lot.licence_type == "site")
    for unit in units:
        flow.add(unit.lots)
    _stay(flow, units, frozenset(lots) if keep else site)
    flow.fill(site)
    if not keep:
        _stay(flow, units, frozenset(lots) - site)
    flow.fill(frozenset(lots))
    return _hand_round(units, flow)


def _stay(flow: Flow, units: tuple[_Unit, ...], lots: frozenset[str]) -> None:
    for unit in units:
        if unit.on_record in lots and unit.on_record in unit.lots:
            flow.place(unit.lots, unit.on_record)


def _hand_round(units: tuple[_Unit, ...], flow: Flow) -> list[str]:
    """Who of a group gets which of its seats: first who has it on record, then in the order of the lots."""
    numbers = []
    for unit in units:
        stays = flow.placed(unit.lots, unit.on_record)
        numbers.append(unit.on_record if stays else "")
        if stays:
            flow.take(unit.lots, unit.on_record)
    for index, unit in enumerate(units):
        if not numbers[index]:
            found = next((lot for lot in unit.lots if flow.placed(unit.lots, lot)), "")
            if found:
                flow.take(unit.lots, found)
            numbers[index] = found
    return numbers


def _reason(policy: Policy, install: LicensedInstall, number: str, lots: tuple[str, ...], today: dt.date) -> str:
    if number and number == install.on_record:
        return "stays in its lot"
    if not number:
        label = install.product.label
        return f"every lot of {label} for it is full" if lots else f"no lot covers {label} on it"
    lot = policy.lot_by_number[number]
    good = f"covered until {lot.term.until}" if lot.term else "perpetual"
    parts = (
        _why_left(policy, install.on_record, lots, today),
        "site licence (S5)" if lot.licence_type == "site" else good,
    )
    return "; ".join(filter(None, parts))


def _why_left(policy: Policy, number: str, lots: tuple[str, ...], today: dt.date) -> str:
    lot = policy.lot_by_number.get(number)
    if lot is None:
        return ""
    if number in lots:
        return f"{number} gives its seat to another"
    return why_invalid(lot, today) or f"{number} is not for it"
