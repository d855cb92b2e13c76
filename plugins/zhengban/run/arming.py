# SPDX-License-Identifier: Apache-2.0
"""Arm one run: judged by :func:`zhengban.plan.arm`, written down before any host is touched. Source: DESIGN 5."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import msgspec

from zhengban.model.errors import Refused
from zhengban.model.plan import Plan
from zhengban.plan import Armed, Offer, arm
from zhengban.plan.hash import with_hash

from .workspace import Workspace, write_cache


def arm_run(
    workspace: Workspace, offered: Mapping[str, Plan | None], *, run: str, now: dt.datetime, check: bool
) -> Armed:
    """Arm a run for all its targets, or refuse it.

    Args:
        offered: the plan of every target host, None for those that could not be read.
        check: judge only; nothing is written.

    Returns:
        What was armed; with nothing to do nothing is written.

    Raises:
        Refused: limits, freshness or a plan that is not what its hash says.
        Busy: another run is being armed.
    """
    if check:
        return _judge(workspace, offered, run=run, now=now)
    with workspace.ledger.lock_workspace():
        armed = _judge(workspace, offered, run=run, now=now)
        if armed.computers:
            data = {
                "targets": list(armed.targets),
                "computers": armed.computers,
                "losing": list(armed.losing),
                "register_size": armed.register_size,
                "expires": armed.expires.isoformat(),
            }
            workspace.ledger.append_events([("armed", run, "", data)], at=now)
            write_cache(workspace.armed_dir / f"{run}.json", msgspec.json.encode(armed))
        return armed


def _judge(workspace: Workspace, offered: Mapping[str, Plan | None], *, run: str, now: dt.datetime) -> Armed:
    altered = tuple(
        f"the plan of {plan.computer} is not the one its hash {plan.hash[:12]} was made of: plan again"
        for _host, plan in sorted(offered.items())
        if plan is not None and plan.hash and not is_intact(workspace, plan)
    )
    if altered:
        raise Refused(altered)
    return arm(
        (Offer(host=host, plan=plan) for host, plan in offered.items()),
        compiler=workspace.compiler,
        history=workspace.history(now),
        run=run,
        now=now,
    )


def is_intact(workspace: Workspace, plan: Plan) -> bool:
    """Whether a plan, with today's register row of its computer, still has its hash."""
    computer = workspace.register.computer_by_number.get(plan.computer)
    return computer is None or with_hash(plan, computer).hash == plan.hash


def take_armed(workspace: Workspace, run: str) -> Armed:
    """What a run was armed for.

    Raises:
        Refused: the run was never armed.
    """
    path = workspace.armed_dir / f"{run}.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Armed)
    except FileNotFoundError as err:
        raise Refused([f"run {run} is not armed: plan and arm first"]) from err
    except msgspec.DecodeError as err:
        raise Refused([f"{path}: not an armed run: {err}; plan and arm again"]) from err
