# SPDX-License-Identifier: Apache-2.0
"""Disposing of purchased software (报废): marked in the policy, with an event. Source: DESIGN 7, DOMAIN C6, C9."""

from __future__ import annotations

import datetime as dt
from contextlib import nullcontext

import msgspec

from zhengban.ledger.ids import new_run_id
from zhengban.model.disposal import Disposal, Ground
from zhengban.model.errors import InputError, Problem, Refused
from zhengban.model.record import PlannedEvent
from zhengban.run.people import require_it
from zhengban.run.workspace import Workspace

from .lotfile import find_lot
from .stating import require_files_settled, state_files


class Disposed(msgspec.Struct, frozen=True, kw_only=True):
    """A disposal, and what becomes of the text of the lot's ``file``."""

    disposal: Disposal
    file: str
    before: str
    after: str


def dispose_lot(
    workspace: Workspace,
    number: str,
    *,
    ground: Ground,
    appraised_by: str,
    approval: str,
    now: dt.datetime,
    is_check: bool = False,
) -> Disposed:
    """Dispose of a lot that no computer holds; it stays in its file and covers nothing from then on. A check writes
    nothing.

    Args:
        ground: one of the three that C6 knows.
        appraised_by: a person of IT: an IT approver, or somebody of the responsible department.
        approval: what the asset-disposal approval is called.

    Raises:
        InputError: no such lot or person, or no approval.
        Refused: computers hold it, it was disposed of already, or the person is not of IT.
        Busy: a run is being armed.
        LedgerError: nothing was written, or ``zhengban ledger recover`` goes on with it.
    """
    if not approval.strip():
        hint = "name the asset-disposal approval (资产处置报批, C6)"
        raise InputError([Problem(file="--approval", message="is empty", hint=hint)])
    with nullcontext() if is_check else workspace.ledger.lock_workspace():
        require_it(workspace.register, appraised_by, why="which has to appraise what is disposed of (C6)")
        found = find_lot(workspace.root, workspace.policy, number)
        if found.lot.disposed is not None:
            raise Refused([f"{number} was disposed of on {found.lot.disposed.on} already"])
        holders = sorted(computer for book, computer in workspace.history(now).seats if book == number)
        if holders:
            raise Refused(
                [
                    f"{number} is held by {', '.join(holders)}: licences are not lost while they are used (C9); remove "
                    "the software there, or move it to another lot (zhengban licence assign, licence renew)"
                ]
            )
        today = workspace.register.organisation.today(now)
        disposal = Disposal(on=today, ground=ground, appraised_by=appraised_by, approval=approval.strip())
        row = msgspec.structs.asdict(disposal)
        edit, _policy = found.edit(workspace.register, found.with_value("disposed", row))
        event = PlannedEvent(kind="disposal", data={"number": number, **row})
        evidence = f"attested:{appraised_by}"
        require_files_settled(workspace, (edit,))
        if not is_check:
            state_files(workspace, (edit,), event, run=new_run_id(now), evidence=evidence, now=now)
    return Disposed(disposal=disposal, file=found.path, before=found.text, after=edit.text)
