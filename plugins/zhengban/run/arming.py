# SPDX-License-Identifier: Apache-2.0
"""Arm one run: judged by :func:`zhengban.plan.arm`, written down before any host is touched. Source: DESIGN 5."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import msgspec

from zhengban.model.errors import Refused
from zhengban.model.plan import Plan
from zhengban.model.record import History
from zhengban.plan import Armed, Offer, arm
from zhengban.plan.hash import with_hash

from .requests import object_to_plan
from .workspace import Workspace, prune, write_cache


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
        Refused: limits, freshness, a request that does not allow it, or a plan that is not what its hash says.
        Busy: another run is being armed.
    """
    if check:
        return _judge(workspace, offered, run=run, now=now)
    with workspace.ledger.lock_workspace():
        armed = _judge(workspace, offered, run=_free_run_id(workspace, run), now=now)
        missing = tuple(
            f"the plan {plan_hash[:12]} of {computer} is not in plans/: plan again"
            for computer, plan_hash in armed.computers.items()
            if not workspace.plan_file(computer, plan_hash).is_file()
        )
        if missing:
            raise Refused(missing)
        if armed.computers or armed.without_seat:
            data = {
                "targets": list(armed.targets),
                "computers": armed.computers,
                "losing": list(armed.losing),
                "urgent": armed.urgent,
                "upgrades": armed.upgrades,
                "moved": armed.moved,
                "without_seat": armed.without_seat,
                "register_size": armed.register_size,
                "requests": dict(armed.requests),
                "expires": armed.expires.isoformat(),
            }
            notices = [("notice", armed.run, "", msgspec.to_builtins(notice)) for notice in armed.notices]
            workspace.ledger.append_events([*notices, ("armed", armed.run, "", data)], at=now)
            prune(workspace.armed_dir, now=now)
            write_cache(workspace.armed_dir / f"{armed.run}.json", msgspec.json.encode(armed))
        return armed


def _free_run_id(workspace: Workspace, run: str) -> str:
    """The run's id, numbered for a second arming in one ansible-playbook run: intents are named by it."""
    taken = {path.stem for path in workspace.armed_dir.glob(f"{run}*.json")}
    if run not in taken:
        return run
    return next(f"{run}-{count}" for count in range(2, len(taken) + 3) if f"{run}-{count}" not in taken)


def _judge(workspace: Workspace, offered: Mapping[str, Plan | None], *, run: str, now: dt.datetime) -> Armed:
    altered = tuple(
        f"the plan of {plan.computer} is not the one its hash {plan.hash[:12]} was made of: plan again"
        for _host, plan in sorted(offered.items())
        if plan is not None and plan.hash and not is_intact(workspace, plan)
    )
    if altered:
        raise Refused(altered)
    history = workspace.history(now)
    plans = (plan for _host, plan in sorted(offered.items()) if plan is not None)
    objections = tuple(
        objection for plan in plans for objection in object_to_plan(workspace, plan, history=history, now=now)
    )
    if objections:
        raise Refused(objections)
    return arm(
        (Offer(host=host, plan=plan) for host, plan in offered.items()),
        compiler=workspace.compiler,
        history=history,
        run=run,
        now=now,
    )


def is_intact(workspace: Workspace, plan: Plan) -> bool:
    """Whether a plan still has its hash, with today's register row, and does what its simulation says and no more."""
    computer = workspace.register.computer_by_number.get(plan.computer)
    simulated = {(item.request.manager, step) for item in plan.simulations for step in item.steps}
    planned = {(action.manager, step) for action in plan.actions for step in action.steps}
    return computer is None or (with_hash(plan, computer).hash == plan.hash and planned == simulated)


def take_armed(workspace: Workspace, run: str, computer: str, plan_hash: str) -> Armed:
    """The latest arming of a run that holds this plan, or leaves its computer out for want of a seat.

    Raises:
        Refused: there is none.
    """
    paths = sorted(workspace.armed_dir.glob(f"{run}*.json"), key=lambda path: (len(path.stem), path.stem), reverse=True)
    for path in paths:
        try:
            armed = msgspec.json.decode(path.read_bytes(), type=Armed)
        except msgspec.DecodeError as err:
            raise Refused([f"{path}: not an armed run: {err}; plan and arm again"]) from err
        if armed.computers.get(computer) == plan_hash or computer in armed.without_seat:
            return armed
    raise Refused([f"the plan {plan_hash[:12]} of {computer} is not armed in run {run}: plan and arm first"])


def require_as_armed(armed: Armed, computer: str, plan_hash: str, history: History) -> None:
    """Check what the file of an armed run says about a computer against the ledger: the file is only a cache.

    Raises:
        Refused: the ledger has no such arming, or with another end, other lots or another reason.
    """
    reason = armed.without_seat.get(computer, "")
    said = history.armed.get((armed.run, computer, "" if reason else plan_hash))
    if said is None:
        raise Refused([f"the ledger has no record that the plan {plan_hash[:12]} of {computer} was armed"])
    if reason:
        differs = reason != said.without_seat
    else:
        differs = (armed.expires, armed.moved.get(computer, {})) != (said.expires, said.moved)
    if differs:
        raise Refused(
            [f"plans/armed/{armed.run}.json is not what the ledger says was armed for {computer}: plan and arm again"]
        )
