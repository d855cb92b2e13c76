# SPDX-License-Identifier: Apache-2.0
"""The three verbs: installs, removals and upgrades nobody recorded. Source: DESIGN 4, DOMAIN S4, I1, L3, L4.

They close by a request, by undoing or by a correction of the books; being seen again closes nothing, as only the books
are compared with.
"""

from __future__ import annotations

import datetime as dt
import shlex
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from zhengban.model.facts import Facts, Package, moment_of
from zhengban.model.finding import Finding
from zhengban.model.policy import NOWHERE, Product
from zhengban.model.record import UNASSIGNED, UNLISTED, History, Holding
from zhengban.model.register import Computer
from zhengban.policy.compile import CompiledPolicy
from zhengban.policy.on_record import manager_and_name, product_on_record

from .approve import Ruling, unmet_condition
from .computer import answers_for
from .passed_over import is_listed


class _OnRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An install on record: ``product`` by its recorded version, or, when no entry has that, by its number.

    ``is_known``: the version decided, so the product's label is that of the install. ``is_gone``: no package of this
    name is there, and its manager was read, which that of a platform never is.
    """

    package: str
    holding: Holding
    product: Product | None
    is_known: bool
    is_gone: bool


def judge_private(
    compiled: CompiledPolicy,
    computer: Computer,
    facts: Facts,
    rulings: tuple[Ruling, ...],
    recognised: Mapping[int, int],
    history: History,
) -> Iterator[Finding]:
    """What differs between an adopted computer and its books.

    Args:
        rulings: one for each row of the facts.
        recognised: the row that gives a product's version, by the product's ``id()``.
        history: its ``adopted`` says for which computers the books are complete, ``holdings`` what they hold,
            ``passed_over`` what was there besides.

    A package that came with the operating system or that other approved software needs is not a private install, and
    neither is what was there at the adoption; the host's dates decide nothing. A new build within one version label is
    no upgrade (DESIGN 4).
    """
    if computer.number not in history.adopted or not answers_for(computer, facts):
        return
    held = history.held_on.get(computer.number, {})
    if _agree(facts, rulings, recognised, held):
        return
    records = tuple(_on_record(compiled, facts, held))
    replaced: set[str] = set()
    present: set[int] = set()
    for row in recognised.values():
        ruling, package = rulings[row], facts.packages[row]
        if ruling.match is None:
            continue
        product = ruling.match.rule.product
        present.add(id(product))
        before = _predecessor(product, package, records) if not ruling.match.misfit else None
        if before is not None:
            replaced.add(before.package)
            yield _upgrade(compiled, computer, product, package, before)
        elif ruling.verdict == "product" and package.ref not in held and not _is_on_record(product, records):
            was_there = is_listed(package.ref, history.passed_over.get(computer.number, ""))
            if not was_there and not _came_along(compiled, facts, rulings, row):
                yield _install(computer, product, package, day_of(compiled, package.installed_at))
    for record in records:
        is_present = record.product is not None and id(record.product) in present
        if record.is_gone and _is_numbered(record.holding) and not is_present and record.package not in replaced:
            yield _removal(compiled, computer, facts, record)


def day_of(compiled: CompiledPolicy, moment: str | None) -> dt.date | None:
    """The day of a moment of the facts where the organisation is; None when it is unknown."""
    known = moment_of(moment)
    return compiled.register.organisation.today(known) if known is not None else None


def _agree(
    facts: Facts, rulings: tuple[Ruling, ...], recognised: Mapping[int, int], held: Mapping[str, Holding]
) -> bool:
    """Whether nothing can differ, so that most of a fleet costs no look at any rule: what is listed is on record,
    commercial software in this version, and what has a number is there.
    """
    here: set[str] = set()
    for row in recognised.values():
        package, found = facts.packages[row], rulings[row].match
        holding = held.get(package.ref)
        if holding is None or found is None:
            return False
        if found.rule.product.type == "commercial" and holding.version != package.version:
            return False
        here.add(package.ref)
    return all(
        package in here or not holding.quantity or not _is_numbered(holding) or package.startswith("platform:")
        for package, holding in held.items()
    )


def _is_numbered(holding: Holding) -> bool:
    return holding.number not in (UNLISTED, UNASSIGNED)


def _on_record(compiled: CompiledPolicy, facts: Facts, held: Mapping[str, Holding]) -> Iterator[_OnRecord]:
    there = {(package.manager, package.name) for package in facts.packages}
    for package, holding in sorted(held.items()):
        # What came with something else goes with it too.
        if not holding.quantity:
            continue
        manager, name = manager_and_name(package)
        product, is_known = product_on_record(compiled, package, holding)
        yield _OnRecord(
            package=package,
            holding=holding,
            product=product,
            is_known=is_known,
            is_gone=manager in facts.managers and not facts.why_unread(package) and (manager, name) not in there,
        )


def _predecessor(product: Product, package: Package, records: Iterable[_OnRecord]) -> _OnRecord | None:
    """The install of another version label of the same commercial product that this one stands in the place of."""
    if product.type != "commercial":
        return None
    named = [
        record
        for record in records
        if record.product is not None and record.product.type == "commercial" and record.product.name == product.name
    ]
    own = next((record for record in named if record.package == package.ref), None)
    if own is not None:
        return own if own.is_known and own.product is not product else None
    if any(record.product is product or not record.is_known for record in named):
        return None
    return next((record for record in named if record.is_gone), None)


def _is_on_record(product: Product, records: Iterable[_OnRecord]) -> bool:
    """Whether the books have it, be it by another of its packages."""
    return any(
        record.product is product
        or (not record.is_known and record.product is not None and record.product.name == product.name)
        for record in records
    )


def _came_along(compiled: CompiledPolicy, facts: Facts, rulings: tuple[Ruling, ...], row: int) -> bool:
    """Whether it would be there without anybody installing it: the system's, or needed by other approved software."""
    package, found = facts.packages[row], rulings[row].match
    named = compiled.names_on(facts.platform)[package.manager, package.name]
    if any(unmet_condition(base, package) is None for base in named.bases):
        return True
    return any(
        row in other.needs and ruling.is_approved and (ruling.match is None or ruling.match.rule.product is not product)
        for product in ((found.rule.product if found else None),)
        for other, ruling in zip(facts.packages, rulings, strict=True)
    )


def _install(computer: Computer, product: Product, package: Package, came: dt.date | None) -> Finding:
    return Finding(
        code="private_install",
        computer=computer.number,
        package=package.ref,
        version=package.version,
        number=product.numbers[0] if product.numbers else "",
        clauses=("S4", "I1", "L3"),
        place=product.place,
        message=f"{product.label} is installed{_on(came)} and no book has it",
        remedy=f"have a request for it approved (form 10), or remove it, or {_correction(computer, package.ref)}",
    )


def _upgrade(
    compiled: CompiledPolicy, computer: Computer, product: Product, package: Package, before: _OnRecord
) -> Finding:
    assert before.product is not None
    came = day_of(compiled, package.installed_at)
    return Finding(
        code="private_upgrade",
        computer=computer.number,
        package=package.ref,
        version=package.version,
        number=before.holding.number,
        clauses=("S4", "I1", "L4"),
        place=product.place,
        message=f"{product.label} is installed{_on(came)} and {_recorded(before)}",
        remedy="have a request for the upgrade approved (form 10), or go back to the version on record, or "
        f"{_correction(computer, before.package)}",
    )


def _removal(compiled: CompiledPolicy, computer: Computer, facts: Facts, record: _OnRecord) -> Finding:
    left = next((day_of(compiled, row.removed_at) for row in facts.removed if row.ref == record.package), None)
    # A removal from before the record is another one.
    is_later = left is not None and (record.holding.date is None or left >= record.holding.date)
    return Finding(
        code="private_removal",
        computer=computer.number,
        package=record.package,
        version=record.holding.version,
        number=record.holding.number,
        clauses=("S4", "I1", "L3"),
        place=record.product.place if record.product else NOWHERE,
        message=f"{_recorded(record)} and is not there any more{f'; it was removed on {left}' if is_later else ''}",
        remedy=f"have a request for the removal approved (form 10), or restore it, or "
        f"{_correction(computer, record.package)}",
    )


def _recorded(record: _OnRecord) -> str:
    name = record.product.label if record.product is not None and record.is_known else record.package
    since = f" since {record.holding.date}" if record.holding.date else ""
    return f"{name} {record.holding.version} is on record in book {record.holding.number}{since}"


def _on(day: dt.date | None) -> str:
    return f" since {day}" if day else ""


def _correction(computer: Computer, package: str) -> str:
    # It will be pasted into a shell, and a package may be called anything.
    place = f"--computer {shlex.quote(computer.number)} --package {shlex.quote(package)}"
    return f"correct the books: zhengban ledger correct {place} …"
