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
from .flow import Flow, Group


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
    """All packages of one product, of one version, on one computer."""

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

    One computer takes one seat of a lot, whatever it has under it: versions of one software may share it.
    """
    rows = sorted(installs, key=lambda install: (install.computer, install.package))
    policy = compiler.policy
    units = tuple(_units(compiler, rows, today))
    lots = {lot.number: lot for lot in policy.lot_by_number.values() if not why_invalid(lot, today)}
    numbers = _distribute(units, lots, taken or {}, keep=keep)
    if keep:
        # Who stays first may take the seat of one who then has to go; the other order now and then moves fewer.
        others = _distribute(units, lots, taken or {}, keep=False)
        numbers = max(numbers, others, key=lambda given: _staying(units, given))
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


class _Share(msgspec.Struct, frozen=True, kw_only=True):
    """Units (by their place in the list) of one computer that go into one lot together, on one seat.

    ``on_record`` is their book, which need not be one of the ``lots``.
    """

    units: tuple[int, ...]
    lots: tuple[str, ...]
    on_record: str


def _shares(units: tuple[_Unit, ...]) -> Iterator[_Share]:
    """Versions of one software on one computer share a seat where a lot carries them all and no lot on record has to be
    left for it.
    """
    together: dict[tuple[str, str], list[_Share]] = {}
    for place, unit in enumerate(units):
        alone = _alone(place, unit)
        shares = together.setdefault((unit.computer, unit.installs[0].product.name), [])
        for index, share in enumerate(shares):
            if joined := _joined(share, alone):
                shares[index] = joined
                break
        else:
            shares.append(alone)
    for shares in together.values():
        yield from shares


def _alone(place: int, unit: _Unit) -> _Share:
    return _Share(units=(place,), lots=unit.lots, on_record=unit.on_record)


def _joined(share: _Share, other: _Share) -> _Share | None:
    common = tuple(lot for lot in share.lots if lot in other.lots)
    books = {item.on_record for item in (share, other) if item.on_record in item.lots}
    if not common or len(books) > 1 or not books.issubset(common):
        return None
    return _Share(units=share.units + other.units, lots=common, on_record=next(iter(books), share.on_record))


def _distribute(
    units: tuple[_Unit, ...], lots: Mapping[str, Lot], taken: Mapping[str, int], *, keep: bool
) -> list[str]:
    """The number of each unit, empty for one that no lot covers.

    What may use the same lots is one group for the flow, so that a fleet is a handful. Filling never takes a seat from
    a lot again, so what the site lots hold after their turn stays the most they can hold.
    """
    flow = Flow(
        {number: None if lot.quantity is None else lot.quantity - taken.get(number, 0) for number, lot in lots.items()}
    )
    site = frozenset(number for number, lot in lots.items() if lot.licence_type == "site")
    shares = [(share, flow.add(share.lots)) for share in _shares(units)]
    _stay(flow, shares, frozenset(lots) if keep else site)
    flow.fill(site)
    if not keep:
        _stay(flow, shares, frozenset(lots) - site)
    flow.fill(frozenset(lots))
    numbers = _hand_round(flow, shares)
    pairs = tuple(zip(shares, numbers, strict=True))
    split = [(share, group) for (share, group), number in pairs if not number and len(share.units) > 1]
    if split:
        # No lot has a seat for all of them, but each may find one of its own.
        shares = [(share, group) for (share, group), number in pairs if number or len(share.units) == 1]
        for share, group in split:
            flow.drop(group)
            for place in share.units:
                alone = _alone(place, units[place])
                shares.append((alone, flow.add(alone.lots)))
        flow.fill(site)
        flow.fill(frozenset(lots))
        numbers = _hand_round(flow, shares)
    by_place = {place: number for (share, _g), number in zip(shares, numbers, strict=True) for place in share.units}
    return [by_place[place] for place in range(len(units))]


def _staying(units: tuple[_Unit, ...], numbers: list[str]) -> int:
    """How many installs keep the lot they are on record in."""
    pairs = zip(units, numbers, strict=True)
    return sum(install.on_record == number for unit, number in pairs if number for install in unit.installs)


def _stay(flow: Flow, shares: Iterable[tuple[_Share, Group]], lots: frozenset[str]) -> None:
    for share, group in shares:
        if share.on_record in lots:
            flow.place(group, share.on_record)


def _hand_round(flow: Flow, shares: list[tuple[_Share, Group]]) -> list[str]:
    """Who of a group gets which of its seats: first who has it on record, then in the order of the lots."""
    left = {group: flow.placed(group) for group in {group for _share, group in shares}}
    numbers = []
    for share, group in shares:
        stays = left[group].get(share.on_record, 0) > 0
        if stays:
            left[group][share.on_record] -= 1
        numbers.append(share.on_record if stays else "")
    rest = {group: (lot for lot, count in seats.items() for _seat in range(count)) for group, seats in left.items()}
    return [number or next(rest[group], "") for (_share, group), number in zip(shares, numbers, strict=True)]


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
