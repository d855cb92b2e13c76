# SPDX-License-Identifier: Apache-2.0
"""What the stored facts of all computers say about each line of the software lists. Source: DESIGN 3, 4."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property

import msgspec

from zhengban.host.match import misfit, name_matches
from zhengban.host.protect import protected_refs
from zhengban.model.facts import Facts, Package
from zhengban.model.policy import PACKAGE_MANAGERS, Policy, Selector
from zhengban.model.register import Computer
from zhengban.policy.compile import CompiledPolicy, PolicyCompiler
from zhengban.policy.scope import in_scope

from .sightings import Key

_Row = tuple[str, str, str, str | None]
_EXAMPLES = 3


class Use:
    """What became of one package line on the computers its entry is for; every count is of computers.

    ``named`` have a package whose name fits, ``fits`` one that fits in all, ``decides`` one about which this line has
    the last word. ``misfits`` counts (what, the value seen), ``beaten_by`` the entries that had the last word instead.
    """

    def __init__(self) -> None:
        self.named = 0
        self.fits = 0
        self.decides = 0
        self.misfits: Counter[tuple[str, str]] = Counter()
        self.beaten_by: Counter[int] = Counter()


class Reach:
    """The computers one entry is for, of those with facts: how many, how many with which manager that was read.

    ``without`` counts those that have none of the managers of its packages; ``examples`` are some of their numbers.
    """

    def __init__(self) -> None:
        self.computers = 0
        self.managers: Counter[str] = Counter()
        self.without = 0
        self.examples: list[str] = []


class Excuse:
    """The computers of one exception that have facts from its manager, and those of them that have what it names."""

    def __init__(self) -> None:
        self.computers = 0
        self.named = 0


class _Group:
    """Computers that the policy treats alike and that have the same managers."""

    def __init__(self) -> None:
        self.computers = 0
        self.examples: list[str] = []


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    product: int
    line: int
    selector: Selector


class Census:
    """Counts over computers, added one by one; it grows with what there is to install, not with the computers.

    ``uses`` is indexed as ``policy.products`` and their ``packages``, ``excuses`` as ``policy.exceptions``.
    """

    def __init__(self, policy: Policy, compiler: PolicyCompiler) -> None:
        self.policy = policy
        self.computers = 0
        self.read = 0
        self.managers: Counter[str] = Counter()
        self.uses = tuple(tuple(Use() for _selector in product.packages) for product in policy.products)
        self.excuses = tuple(Excuse() for _exception in policy.exceptions)
        self._compiler = compiler
        self._inside: dict[CompiledPolicy, frozenset[int]] = {}
        self._groups: dict[tuple[CompiledPolicy, frozenset[str]], _Group] = {}
        self._lines: dict[_Row, tuple[tuple[_Line, str], ...]] = {}
        self._kernels: set[str] = set()
        self._rows: set[tuple[str, str, bool]] = set()
        self._exact: dict[Key, list[_Line]] = {}
        self._globs: dict[str, list[_Line]] = {}
        self._owner: dict[int, int] = {}
        for index, product in enumerate(policy.products):
            for line, selector in enumerate(product.packages):
                self._owner[id(selector)] = index
                entry = _Line(product=index, line=line, selector=selector)
                if selector.is_glob:
                    self._globs.setdefault(selector.manager, []).append(entry)
                else:
                    self._exact.setdefault(_key(selector.manager, selector.name), []).append(entry)

    def add(self, computer: Computer, facts: Facts | None) -> None:
        """Count one computer; None when nothing is stored about it."""
        self.computers += 1
        if facts is None:
            return
        self.read += 1
        managers = frozenset(name for name, state in facts.managers.items() if state.read)
        self.managers.update(managers)
        self._kernels.add(facts.platform.kernel)
        compiled = self._compiler.for_computer(computer)
        group = self._groups.setdefault((compiled, managers), _Group())
        group.computers += 1
        if len(group.examples) < _EXAMPLES:
            group.examples.append(computer.number)
        platform: _Row = ("platform", facts.platform.id, facts.platform.version, None)
        hits = [(platform, *hit) for hit in self._candidates(platform)]
        for package in facts.packages:
            row = (package.manager, package.name, package.version, package.publisher)
            found = self._lines.get(row)
            if found is None:
                found = self._learn(row, package)
            hits += [(row, *hit) for hit in found]
        self._count(compiled, self._products_for(compiled, computer), hits)
        self._count_excuses(computer, facts, managers, {line.product for _row, line, _misfit in hits})

    @property
    def names(self) -> Iterator[Key]:
        """Every (manager, name) seen, any order, some of them several times."""
        return ((row[0], row[1]) for row in self._lines)

    @cached_property
    def protected(self) -> frozenset[Key]:
        """What no run takes from a host, of what was seen, of the base lists and of ``protect``; ask when complete."""
        listed = {(base.manager, name, False) for base in self.policy.platforms for name in base.names}
        rows = [
            (manager, name, "", "", None, None, False, essential)
            for manager, name, essential in sorted(self._rows | listed)
        ]
        refs = {ref for kernel in self._kernels | {""} for ref in protected_refs(rows, kernel, ())}
        named = {(manager, name) for manager in PACKAGE_MANAGERS for name in self.policy.baseline.protect}
        parts = (ref.rpartition(":")[0].partition(":") for ref in refs)
        return frozenset((manager, name) for manager, _colon, name in parts) | named

    @cached_property
    def reaches(self) -> tuple[Reach, ...]:
        """Whom each product is for, in the order of the policy; ask when complete."""
        reaches = tuple(Reach() for _product in self.policy.products)
        for (compiled, managers), group in self._groups.items():
            for index in self._inside[compiled]:
                reach = reaches[index]
                reach.computers += group.computers
                reach.managers.update(dict.fromkeys(managers, group.computers))
                if managers.isdisjoint(selector.manager for selector in self.policy.products[index].packages):
                    reach.without += group.computers
                    reach.examples = sorted([*reach.examples, *group.examples])[:_EXAMPLES]
        return reaches

    def _products_for(self, compiled: CompiledPolicy, computer: Computer) -> frozenset[int]:
        if compiled not in self._inside:
            self._inside[compiled] = frozenset(
                index
                for index, product in enumerate(self.policy.products)
                if in_scope(product.scope, computer, self._compiler.register)
            )
        return self._inside[compiled]

    def _learn(self, row: _Row, package: Package) -> tuple[tuple[_Line, str], ...]:
        self._rows.add((package.manager, package.name, package.essential))
        return self._candidates(row)

    def _candidates(self, row: _Row) -> tuple[tuple[_Line, str], ...]:
        """The lines whose name fits a package, each with what else does not."""
        if row not in self._lines:
            manager, name, version, publisher = row
            lines = [
                *self._exact.get(_key(manager, name), ()),
                *(
                    line
                    for line in self._globs.get(manager, ())
                    if name_matches(line.selector.name, name, manager == "windows")
                ),
            ]
            self._lines[row] = tuple(
                (line, misfit(manager, wanted.versions, wanted.publisher, wanted.signer, version, publisher))
                for line in lines
                for wanted in (line.selector,)
            )
        return self._lines[row]

    def _count(self, compiled: CompiledPolicy, inside: frozenset[int], hits: Iterable[tuple[_Row, _Line, str]]) -> None:
        named: set[tuple[int, int]] = set()
        fits: set[tuple[int, int]] = set()
        decides: set[tuple[int, int]] = set()
        misfits: set[tuple[int, int, str, str]] = set()
        beaten: set[tuple[int, int, int]] = set()
        for row, line, wrong in hits:
            if line.product not in inside:
                continue
            at = (line.product, line.line)
            named.add(at)
            if wrong:
                misfits.add((*at, wrong, (row[2] if wrong == "version" else row[3]) or ""))
                continue
            fits.add(at)
            decision = compiled.match(*row)
            winner = self._owner[id(decision.rule.selector)] if decision is not None else line.product
            if winner == line.product:
                decides.add(at)
            else:
                beaten.add((*at, winner))
        for index, number in named:
            self.uses[index][number].named += 1
        for index, number in fits:
            self.uses[index][number].fits += 1
        for index, number in decides:
            self.uses[index][number].decides += 1
        for index, number, what, value in misfits:
            self.uses[index][number].misfits[what, value] += 1
        for index, number, winner in beaten:
            self.uses[index][number].beaten_by[winner] += 1

    def _count_excuses(self, computer: Computer, facts: Facts, managers: frozenset[str], products: set[int]) -> None:
        register = self._compiler.register
        for exception, excuse in zip(self.policy.exceptions, self.excuses, strict=True):
            if not in_scope(exception.scope, computer, register):
                continue
            if exception.number:
                excuse.computers += 1
                excuse.named += any(exception.number in self.policy.products[index].numbers for index in products)
            elif exception.manager in managers:
                excuse.computers += 1
                excuse.named += any(
                    package.manager == exception.manager
                    and name_matches(exception.name, package.name, package.manager == "windows")
                    for package in facts.packages
                )


def _key(manager: str, name: str) -> Key:
    return (manager, name.lower() if manager == "windows" else name)
