# SPDX-License-Identifier: Apache-2.0
"""Requests as they stand: read, judged with today's people and rules, their signatures verified. Source: DOMAIN I1."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, TypeVar

import msgspec

from zhengban.approval.canonical import NAMESPACE, approval_bytes
from zhengban.approval.state import Rules, fold_request, object_to_use
from zhengban.documents.suggestion import suggest
from zhengban.host import match
from zhengban.ledger.forks import CONTRADICTORY, WAY_OUT
from zhengban.ledger.papers import FOLDERS, PaperKind, kind_of
from zhengban.ledger.requests import PaperFile, RequestFile, count_noted, fold_notes
from zhengban.model.errors import InputError, LedgerError, Problem, Refused
from zhengban.model.plan import Plan
from zhengban.model.policy import Product
from zhengban.model.record import History
from zhengban.model.request import Application, Request, RequestEntry, Software
from zhengban.plan import Deployment

from .signatures import find_fault, find_signers
from .workspace import Workspace

# What nothing can happen to any more: whether its signatures hold is of no consequence.
_CLOSED = ("rejected", "withdrawn", "expired", "used")

File = TypeVar("File", bound=PaperFile[Any])


def rules_of(workspace: Workspace) -> Rules:
    """What decisions are measured by today."""
    return Rules(register=workspace.register, approvals=workspace.policy.baseline.approvals)


def request_file(workspace: Workspace, identity: str) -> RequestFile:
    """The file of a request.

    Raises:
        InputError: there is no such request.
        LedgerError: it is not as it was written.
    """
    known = workspace.ledger.request_ids()
    file = workspace.ledger.request(identity) if identity in known else None
    if file is None and identity in known:
        raise LedgerError(empty_file(identity))
    if file is None:
        message = f"there is no request {identity!r}" if identity else "no request is named"
        raise InputError([Problem(file="ledger/requests", message=message, hint=suggest(identity, known))])
    return file


def judge_file(
    workspace: Workspace,
    file: RequestFile,
    *,
    history: History,
    now: dt.datetime,
    but_for: tuple[str, str] | None = None,
    is_armed_used: bool = True,
) -> Request:
    """What a request is now.

    Args:
        history: :meth:`Workspace.history`, read before the file, for what used it and what its lines have to be.
        but_for: a (run, computer) whose own use does not count.
        is_armed_used: whether a run that is armed and has not begun uses it.

    Raises:
        LedgerError: the file's entries are not those the ledger noted.
        Refused: the trusted signers lie in the workspace, or ssh-keygen is missing.
    """
    # Each line of a contradictory one is noted where it was written, and none of them counts.
    noted = len(file.entries) if file.is_contradictory else noted_lines(workspace, file, history)
    rules = rules_of(workspace)
    today = workspace.register.organisation.today(now)
    uses, armed = (
        [place for place in known.get(file.id, ()) if place != but_for]
        for known in (history.runs_by_request, history.armed_by_request if is_armed_used else {})
    )

    def fold(faults: dict[int, str]) -> Request:
        return fold_request(
            file.id,
            file.entries,
            application_hash=file.hashes[0],
            rules=rules,
            today=today,
            noted=noted,
            uses=uses,
            armed=armed,
            signature_faults=faults,
        )

    request = fold({})
    if file.is_contradictory and request.state != "used":
        return msgspec.structs.replace(request, state="rejected", expires=None, void=f"{CONTRADICTORY}; {WAY_OUT}")
    if request.state in _CLOSED:
        return request
    faults = {
        entry.seq: fault
        for entry in file.entries
        if entry.signature and (fault := signature_fault(workspace, file, entry))
    }
    return fold(faults) if faults else request


def noted_lines(workspace: Workspace, file: PaperFile[Any], history: History) -> int:
    """How many of a paper's lines the ledger's events name, see ``requests.count_noted``."""
    notes = history.request_notes.get(file.id, {})
    if any(sha256 not in notes for sha256 in file.hashes):
        # Perhaps a decision that was taken between the reading of the two.
        notes = fold_notes(workspace.ledger.events()).get(file.id, {})
    return count_noted(file, notes)


def signature_fault(workspace: Workspace, file: RequestFile, entry: RequestEntry) -> str:
    """What is wrong with the signature of an approval of a request; empty when it holds."""
    if not entry.role or entry.expires is None:
        return "an approval has a role and a last day"
    return find_fault(
        signed_bytes(file, entry),
        entry.signature,
        signers=find_signers(workspace.root),
        person=entry.by,
        namespace=NAMESPACE,
    )


def signed_bytes(file: RequestFile, entry: RequestEntry) -> bytes:
    """The bytes the person of an approval signs."""
    assert entry.role and entry.expires is not None
    return approval_bytes(
        file.id,
        application_of(file),
        file.hashes[0],
        role=entry.role,
        approver=entry.by,
        expires=entry.expires,
    )


def application_of(file: RequestFile) -> Application:
    application = file.entries[0].application
    assert application is not None
    return application


def read_requests(workspace: Workspace, *, history: History, now: dt.datetime) -> tuple[Request, ...]:
    """Every request that is as it was written, as it is now, by id; for the others see :func:`find_unreadable`."""
    return tuple(
        judge_file(workspace, item, history=history, now=now)
        for item in _read_files(workspace, history)
        if isinstance(item, PaperFile)
    )


def find_unreadable(workspace: Workspace, *, history: History) -> tuple[str, ...]:
    """What is wrong with each request that is not as it was written, or not there any more, by id: one of them is no
    reason to stop the others.
    """
    missing = find_missing("REQ", workspace.ledger.request_ids(), history)
    return (*(item for item in _read_files(workspace, history) if isinstance(item, str)), *missing)


def find_missing(kind: PaperKind, known: Collection[str], history: History) -> Iterator[str]:
    """What to say of each paper of a kind that events name and that is not ``known`` to have a file, by id."""
    for identity in sorted(history.request_notes):
        if identity not in known and kind_of(identity) == kind:
            yield f"{identity}: its file ledger/{FOLDERS[kind]}/{identity}.yml is missing; see: zhengban ledger verify"


def empty_file(identity: str) -> str:
    """What to say of a paper in whose file nothing is left."""
    return (
        f"ledger/{FOLDERS[kind_of(identity)]}/{identity}.yml: nothing is left in the file; see: zhengban ledger verify"
    )


def _read_files(workspace: Workspace, history: History) -> Iterator[RequestFile | str]:
    ledger = workspace.ledger
    return read_files(workspace, ledger.request_ids(), ledger.request, history)


def read_files(
    workspace: Workspace, identities: Iterable[str], read: Callable[[str], File | None], history: History
) -> Iterator[File | str]:
    """Each paper as it was written, or what is wrong with it; what a full disk left of one nobody applied for is
    neither.
    """
    for identity in identities:
        try:
            file = read(identity)
            if file is not None and not file.is_contradictory:
                noted_lines(workspace, file, history)
        except LedgerError as err:
            yield str(err)
        else:
            if file is not None:
                yield file
            elif identity in history.request_notes:
                yield empty_file(identity)


def request_computer(workspace: Workspace, identity: str) -> str:
    """The number of the computer a request is about.

    Raises:
        InputError: there is no such request.
    """
    return application_of(request_file(workspace, identity)).computer


def order_of(workspace: Workspace, identity: str, computer: str, *, now: dt.datetime) -> Deployment:
    """What an approved request orders for a computer.

    Raises:
        Refused: it is not approved, used, no longer good, or about another computer.
        InputError: there is no such request.
    """
    history = workspace.history(now)
    request = judge_file(workspace, request_file(workspace, identity), history=history, now=now)
    if objection := object_to_use(request, computer=computer) or _object_to_meaning(workspace, request):
        raise Refused([objection])
    application = request.application
    before, after = _number(application.before), _number(application.after)
    return Deployment(
        install=after if application.kind == "install" else (),
        upgrade=before if application.kind == "upgrade" else (),
        remove=before if application.kind == "remove" else (),
        request=identity,
        target=after[0] if application.kind == "upgrade" and after else "",
    )


def _number(software: Software | None) -> tuple[str, ...]:
    return (software.number,) if software else ()


def object_to_plan(
    workspace: Workspace, plan: Plan, *, history: History, now: dt.datetime, run: str = ""
) -> tuple[str, ...]:
    """Why a plan may not be carried out under the requests it names; nothing for a plan that names none.

    Asked when a run is armed and once more when the change is made: files, people, signatures and the day are looked
    at anew each time.

    Args:
        run: the run it is armed in, whose own use of the request is no second one.
    """
    return tuple(_objections(workspace, plan, history=history, now=now, run=run))


def _objections(workspace: Workspace, plan: Plan, *, history: History, now: dt.datetime, run: str) -> list[str]:
    found = []
    for identity in plan.requests:
        if identity not in workspace.ledger.request_ids():
            found.append(f"the plan of {plan.computer} names the request {identity!r}, and there is none")
            continue
        file = request_file(workspace, identity)
        request = judge_file(workspace, file, history=history, now=now, but_for=(run, plan.computer))
        if objection := object_to_use(request, computer=plan.computer) or _object_to_meaning(workspace, request):
            found.append(objection)
        elif len(plan.requests) > 1 or not _is_asked_for(workspace, plan, request.application):
            found.append(f"the plan of {plan.computer} does something else than {identity} asks for: plan again")
    return found


def _object_to_meaning(workspace: Workspace, request: Request) -> str:
    """Why the numbers of a request are no longer what people approved; empty when they are: a number alone could come
    to stand for something else.
    """
    for software in filter(None, (request.application.before, request.application.after)):
        product = workspace.policy.product_by_number.get(software.number)
        if product is None or (product.name, product.version) != (software.name, software.version):
            now = f"{product.name} {product.version}".strip() if product else "nothing"
            return f"{request.id} asks for {software.label}, and {software.number} is {now} now: apply again"
    return ""


def _is_asked_for(workspace: Workspace, plan: Plan, application: Application) -> bool:
    """Whether the named changes of a plan are the one a request is about; what comes and goes along follows from it."""
    named = [action for action in plan.actions if action.role == "named"]
    software = application.after or application.before
    assert software is not None
    product = workspace.policy.product_by_number.get(software.number)
    return (
        all(action.code == "request" for action in plan.actions)
        and [action.kind for action in named] == [application.kind]
        and product is not None
        and all(_is_of(product, action.name) for action in named)
    )


def _is_of(product: Product, name: str) -> bool:
    return any(match.name_matches(selector.name, name) for selector in product.packages)
