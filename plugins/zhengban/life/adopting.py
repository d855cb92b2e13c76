# SPDX-License-Identifier: Apache-2.0
"""Taking computers over into the ledger: who they are and what is on them, from their stored facts.

Source: DESIGN 8, DOMAIN L3, L5, C9.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from zhengban.judge.passed_over import is_listed
from zhengban.ledger.ids import new_run_id
from zhengban.licence.assign import LicensedInstall, assign_installs
from zhengban.model.errors import InputError, Problem, Refused
from zhengban.model.policy import Product
from zhengban.model.record import UNASSIGNED, UNLISTED, BookedRecord, History, Intent, PlannedEvent
from zhengban.model.register import Computer
from zhengban.policy.on_record import product_on_record
from zhengban.register.load import read_register
from zhengban.run.author import Author
from zhengban.run.examining import Examined, clashes, examine_computers
from zhengban.run.people import require_person
from zhengban.run.presence import Present
from zhengban.run.workspace import Workspace

from .joining import stated_by_form
from .rows import COMPUTERS_FILE, ComputerRows
from .statements import join_stated, move_to_book, state_install
from .stating import Statement, draft_unit, state_units

# What the commit line of a computer's adoption says, and the kind of the event that has its day.
ADOPTED = "adopted"

# How many computers are under way at once: a kill leaves no more units open than that.
BATCH = 64

Numbers = Mapping[tuple[str, str], str]


class Adopted(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one computer: taken over now, looked at again with or without a change, or refused and why."""

    computer: str
    state: Literal["adopted", "reconciled", "unchanged", "refused"]
    reason: str = ""
    records: tuple[BookedRecord, ...] = ()


def adopt_computers(
    root: Workspace, computers: Iterable[Computer], *, by: str = "", now: dt.datetime
) -> Iterator[Adopted]:
    """Adopt computers, each as one unit of its register row and its records; what is adopted already is reconciled. The
    register is written once for each :data:`BATCH` of them.

    Reconciling invents nothing: what has come since the adoption is private and is not recorded. What the books have in
    UNLISTED or UNASSIGNED moves where the policy of today has a number for it, and what was there at the adoption, then
    only as a part of something else, and is listed now is recorded.

    Args:
        computers: of the register.
        by: the person who attests it; empty: the facts, which the host was read for, are the evidence.
        now: aware.

    Yields:
        One answer for each computer, by number, when it is on disk.

    Raises:
        InputError: the person, the register or the policy is wrong; nothing was written.
        Busy: another run is arming or editing.
        LedgerError: somebody edits the register meanwhile, or the ledger is damaged; what was yielded stands.
    """
    with root.ledger.lock_workspace():
        if by:
            require_person(root.register, by, option="--by", today=root.register.organisation.today(now))
        asked = sorted(computer.number for computer in computers)
        settled = {number: _settle(root, number, now=now) for number in asked}
        # A unit that was cut off may just have changed the register.
        workspace = Workspace(root.root)
        today = workspace.register.organisation.today(now)
        history = workspace.history(now)
        known = workspace.register.computer_by_number
        examined = tuple(examine_computers(workspace, (known[number] for number in asked), history=history, now=now))
        refused = {item.computer.number: item.reason for item in examined if item.reason}
        refused |= clashes(workspace.register, examined)
        refused |= {number: reason for number, reason in settled.items() if reason}
        taking = tuple(item for item in examined if item.computer.number not in refused)
        adoption = _Adoption(workspace, history, _numbers(workspace, history, taking, today), by=by, now=now)
        adoption.require_register(taking)
        for start in range(0, len(examined), BATCH):
            batch = examined[start : start + BATCH]
            taken = adoption.take([item for item in batch if item.computer.number not in refused])
            for item in batch:
                number = item.computer.number
                if number in refused:
                    yield Adopted(computer=number, state="refused", reason=refused[number])
                else:
                    yield taken[number]


def _settle(workspace: Workspace, number: str, *, now: dt.datetime) -> str:
    """Go on with a unit that was cut off; why it cannot be, if so. What a host has to be asked about stays open."""
    if workspace.ledger.pending_of(number) is None:
        return ""
    try:
        with workspace.ledger.lock_computer(number):
            intent = workspace.ledger.pending_of(number)
            if intent is not None and intent.is_stated:
                workspace.ledger.settle_stated(intent, at=now)
    except Refused as err:
        return _reason(number, err)
    return ""


def _reason(number: str, err: Refused) -> str:
    return "; ".join(reason.removeprefix(f"{number}: ") for reason in err.reasons)


def _numbers(workspace: Workspace, history: History, taking: Iterable[Examined], today: dt.date) -> Numbers:
    """The number of every commercial install that gets one now, by (computer, package); of all computers together, so
    that the lots cover as many as they can.
    """
    installs = [
        LicensedInstall(computer=item.computer.number, package=present.package, product=product, on_record=on_record)
        for item in taking
        for present in item.present
        for on_record in (history.number_of(item.computer.number, present.package),)
        if on_record in ("", UNLISTED, UNASSIGNED)
        for product in (_product(workspace, history, item.computer, present),)
        if product is not None and product.type == "commercial"
        # A form says which lot that is.
        if not stated_by_form(history.held_on.get(item.computer.number, {}), product)
    ]
    assigned = assign_installs(workspace.compiler, installs, today=today, taken=history.seats_taken).assigned
    return {(item.computer, item.package): item.number for item in assigned}


def _product(workspace: Workspace, history: History, computer: Computer, present: Present) -> Product | None:
    """What an install is recorded as: what it is now, or, once it is on record, what the record says."""
    holding = history.held_on.get(computer.number, {}).get(present.package)
    if holding is None:
        return present.product
    return product_on_record(workspace.compiler.for_computer(computer), present.package, holding)[0]


class _Draft(msgspec.Struct, frozen=True, kw_only=True):
    """The unit of one computer, None where nothing changes, and the rows of the register behind it."""

    item: Examined
    rows: ComputerRows
    unit: Intent | None = None


class _Adoption:
    """One command over one workspace, which nobody else arms or edits meanwhile."""

    def __init__(self, workspace: Workspace, history: History, numbers: Numbers, *, by: str, now: dt.datetime) -> None:
        self._workspace = workspace
        self._history = history
        self._numbers = numbers
        self._now = now
        self._today = workspace.register.organisation.today(now)
        self._run = new_run_id(now)
        self._evidence = f"attested:{by}" if by else "verified"
        self._rows = ComputerRows.read(workspace)

    def require_register(self, taking: Iterable[Examined]) -> None:
        """Check, before anything is written, that the register with all identities is as it is to be.

        Raises:
            InputError: it would not be.
        """
        rows, meant = self._rows, dict(self._workspace.register.computer_by_number)
        for item in taking:
            if not item.computer.is_adopted:
                rows = rows.with_identity(item.computer.number, item.identity)
                meant[item.computer.number] = msgspec.structs.replace(item.computer, identity=item.identity)
        if meant != self._workspace.register.computer_by_number:
            register, problems = read_register(self._workspace.root, edited={"computers": rows.text})
            if register is not None and register.computer_by_number != meant:
                message = "with the identities of these computers it would not say what it is to say"
                problems = (Problem(file=COMPUTERS_FILE, message=message, hint="write them in by hand"),)
            if problems:
                raise InputError(problems)

    def take(self, items: Sequence[Examined]) -> dict[str, Adopted]:
        """Adopt or reconcile computers; the register is written once for all of them, where each has a row of its own.

        Returns:
            What became of each, by number.
        """
        self._rows.require_unchanged()
        rows, drafts = self._rows, list[_Draft]()
        for item in items:
            draft = self._draft(item, rows)
            rows = draft.rows
            drafts.append(draft)
        edits = [edit for draft in drafts for edit in (draft.unit.files if draft.unit else ())]
        if len(items) > 1 and not {edit.part for edit in edits} <= set(self._rows.parts):
            # Rows that cannot be edited by themselves: one computer after the other.
            return {number: taken for item in items for number, taken in self.take([item]).items()}
        return self._write(drafts)

    def _draft(self, item: Examined, rows: ComputerRows) -> _Draft:
        """The unit that adopts one computer, with the register as it leaves it."""
        number = item.computer.number
        is_new = number not in self._history.adopted
        statements = tuple(self._statements(item))
        after = rows if item.computer.is_adopted else rows.with_identity(number, item.identity)
        files = rows.edits_to(after)
        if not (is_new or statements or files):
            return _Draft(item=item, rows=after)
        data = {"date": self._today.isoformat(), "records": len(statements), "passed_over": item.passed_over}
        unit = draft_unit(
            Author.of(self._workspace.register, item.computer, run=self._run, day=self._today),
            statements,
            what=ADOPTED if is_new else "reconciled",
            evidence=self._evidence,
            now=self._now,
            files=files,
            event=PlannedEvent(kind=ADOPTED, computer=number, data=data) if is_new else None,
        )
        return _Draft(item=item, rows=after, unit=unit)

    def _write(self, drafts: Sequence[_Draft]) -> dict[str, Adopted]:
        units = [draft.unit for draft in drafts if draft.unit is not None]
        written = dict(
            zip(
                (unit.computer for unit in units),
                state_units(self._workspace, units, known=self._history, now=self._now),
                strict=True,
            )
        )
        taken = {}
        for draft in drafts:
            number = draft.item.computer.number
            answer = written.get(number)
            if isinstance(answer, Refused):
                taken[number] = Adopted(computer=number, state="refused", reason=_reason(number, answer))
                continue
            if not draft.item.computer.is_adopted:
                self._rows = self._rows.with_identity(number, draft.item.identity)
            if answer is None or draft.unit is None:
                taken[number] = Adopted(computer=number, state="unchanged")
            else:
                state: Literal["adopted", "reconciled"] = "adopted" if draft.unit.plan == ADOPTED else "reconciled"
                taken[number] = Adopted(computer=number, state=state, records=answer)
        return taken

    def _statements(self, item: Examined) -> Iterator[Statement]:
        number = item.computer.number
        held = self._history.held_on.get(number, {})
        is_new = number not in self._history.adopted
        passed_over = self._history.passed_over.get(number, "")
        joined: set[str] = set()
        for present in item.present:
            product = _product(self._workspace, self._history, item.computer, present)
            book = self._book(number, present.package, product)
            holding = held.get(present.package)
            stated = stated_by_form(held, product)
            if holding is not None:
                yield from move_to_book(present, holding, book)
            elif stated and stated not in joined and is_new:
                joined.add(stated)
                yield from join_stated(present, stated, held[stated])
            elif is_new or (present.is_approved and is_listed(present.package, passed_over)):
                # A host's clock may be ahead.
                day = min(present.came or self._today, self._today)
                yield state_install("install", book, present, present.version, present.quantity, "adopted", day=day)

    def _book(self, number: str, package: str, product: Product | None) -> str:
        if product is None:
            return UNLISTED
        if product.type == "commercial":
            return self._numbers.get((number, package), UNASSIGNED)
        return product.number or UNLISTED
