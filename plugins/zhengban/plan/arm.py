# SPDX-License-Identifier: Apache-2.0
"""The whole run's permission, given once, before any host is touched. Source: DESIGN 5."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from zhengban.model.errors import Refused
from zhengban.model.plan import Plan
from zhengban.model.record import History
from zhengban.model.settings import Limits
from zhengban.policy.compile import PolicyCompiler

from .notices import Notice, notices_of
from .seats import hand_out

VALID_HOURS = 4


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What one target brings to the arming: its plan, or None when it could not be read."""

    host: str
    plan: Plan | None


class Armed(msgspec.Struct, frozen=True, kw_only=True):
    """What may run: ``computers`` maps a number to the hash of its plan, all other targets stay untouched.

    ``urgent`` maps a computer to the urgent removals that take something from it, ``upgrades`` to the decided upgrades
    it makes; ``losing`` are those that lose software within the policy's limits. ``unread`` are targets without a plan,
    ``audit_only`` computers whose plan is not to be carried out. ``seats``, ``moved`` and ``without_seat`` are those of
    a :class:`HandOut`: a computer without a seat is left out of the run, all of its plan. ``requests`` are (request,
    computer) of what is done under a request, ``notices`` what is announced. Good until ``expires``.
    """

    format: str = "zhengban.armed/1"
    run: str
    at: dt.datetime
    expires: dt.datetime
    targets: tuple[str, ...]
    computers: dict[str, str]
    losing: tuple[str, ...] = ()
    urgent: dict[str, tuple[str, ...]] = {}
    upgrades: dict[str, tuple[str, ...]] = {}
    seats: tuple[tuple[str, str], ...] = ()
    moved: dict[str, dict[str, str]] = {}
    without_seat: dict[str, str] = {}
    unread: tuple[str, ...] = ()
    audit_only: tuple[str, ...] = ()
    register_size: int = 0
    requests: tuple[tuple[str, str], ...] = ()
    notices: tuple[Notice, ...] = ()


def arm(
    offers: Iterable[Offer],
    *,
    compiler: PolicyCompiler,
    history: History,
    run: str,
    now: dt.datetime,
) -> Armed:
    """Arm a run, or refuse all of it.

    Args:
        offers: one for each target of the run, failed and unreachable ones included, any order.
        compiler: today's policy and register; a plan that was made from others is refused.
        history: what the ledger knows, its ``losses`` reaching back over the policy's window.
        run: the run's id.
        now: the moment, with a time zone.

    Raises:
        Refused: with every reason. Nothing has been touched, and nothing of this run may be.

    Source: DESIGN 5; limits from ``baseline.limits``.
    """
    offers = tuple(sorted(offers, key=lambda offer: offer.host))
    plans = tuple(offer.plan for offer in offers if offer.plan is not None)
    acting = tuple(plan for plan in plans if plan.actions and plan.mode == "enforce")
    seats = hand_out(acting, compiler.policy, history)
    armed = tuple(plan for plan in acting if plan.computer not in seats.without_seat)
    reasons = (
        *_whole_run(offers, compiler, history),
        *_each_plan(acting, compiler, now),
        *_limits(armed, compiler, history),
    )
    if reasons:
        raise Refused(reasons)
    return Armed(
        run=run,
        at=now,
        expires=now + dt.timedelta(hours=VALID_HOURS),
        targets=tuple(offer.host for offer in offers),
        computers={plan.computer: plan.hash for plan in sorted(armed, key=lambda plan: plan.computer)},
        losing=_losing(armed),
        urgent={plan.computer: plan.urgent for plan in armed if plan.urgent},
        upgrades={plan.computer: plan.upgrades for plan in armed if plan.upgrades},
        seats=seats.seats,
        moved=seats.moved,
        without_seat=seats.without_seat,
        unread=tuple(offer.host for offer in offers if offer.plan is None),
        audit_only=tuple(sorted(plan.computer for plan in plans if plan.actions and plan.mode == "audit")),
        register_size=len(compiler.register.computers),
        requests=tuple(sorted((request, plan.computer) for plan in armed for request in plan.requests)),
        notices=notices_of(armed, compiler.register),
    )


def _whole_run(offers: tuple[Offer, ...], compiler: PolicyCompiler, history: History) -> Iterator[str]:
    if not offers:
        yield "the run has no targets"
    if not compiler.policy.products:
        yield "the policy lists no software: with an empty policy everything would be unlisted"
    size = len(compiler.register.computers)
    if size < history.register_size:
        yield (
            f"the register holds {size} computers, at the last arming it held {history.register_size}: "
            "computers are scrapped, never deleted (inventories/register/computers.yml)"
        )
    hosts: dict[str, list[str]] = {}
    for offer in offers:
        if offer.plan is not None:
            hosts.setdefault(offer.plan.computer, []).append(offer.host)
    for computer, names in sorted(hosts.items()):
        if len(names) > 1:
            yield f"the hosts {', '.join(names)} all say they are {computer}: one computer, one host"


def _each_plan(plans: tuple[Plan, ...], compiler: PolicyCompiler, now: dt.datetime) -> Iterator[str]:
    today = compiler.register.organisation.today(now)
    for plan in plans:
        computer = compiler.register.computer_by_number.get(plan.computer)
        if computer is None:
            yield f"{plan.computer} is not in the register any more: plan again"
        elif compiler.for_computer(computer).digest != plan.policy_digest:
            yield f"the policy for {plan.computer} has changed since its plan was made: plan again"
        elif not plan.is_deployment and compiler.for_computer(computer).mode == "audit":
            yield f"the policy only audits {plan.computer} now: plan again"
        elif plan.as_of != today:
            yield f"the plan of {plan.computer} is of {plan.as_of}, today is {today}: plan again"
        elif not plan.notice and any(action.code == "deployment" for action in plan.actions):
            yield f"the deployment on {plan.computer} names no notice: the departments concerned are told first (I2)"
        elif not plan.hash:
            yield f"the plan of {plan.computer} was not simulated: plan it against the host"


def exceeded_limits(plans: tuple[Plan, ...], compiler: PolicyCompiler, history: History) -> tuple[str, ...]:
    """What keeps plans that would be carried out from going together: limits they pass, computers they leave out.

    Args:
        plans: those with actions, of computers that are enforced, simulated or not.

    Returns:
        One sentence each; none when nothing does.
    """
    without_seat = hand_out(plans, compiler.policy, history).without_seat
    together = tuple(plan for plan in plans if plan.computer not in without_seat)
    left_out: dict[str, list[str]] = {}
    for computer, reason in without_seat.items():
        left_out.setdefault(reason, []).append(computer)
    return (
        *_limits(together, compiler, history),
        *(f"left out: {', '.join(computers)}: {reason}" for reason, computers in left_out.items()),
    )


def _losing(plans: tuple[Plan, ...]) -> tuple[str, ...]:
    return tuple(sorted(plan.computer for plan in plans if plan.limited_removals))


def _limits(plans: tuple[Plan, ...], compiler: PolicyCompiler, history: History) -> Iterator[str]:
    yield from _policy_limits(plans, compiler, history)
    yield from _urgent_limits(plans, history)


def _urgent_limits(plans: tuple[Plan, ...], history: History) -> Iterator[str]:
    for identity in sorted({identity for plan in plans for identity in plan.urgent}):
        urgent = history.urgent.get(identity)
        before = {computer for used, computer in history.urgent_uses if used == identity}
        together = before | {plan.computer for plan in plans if identity in plan.urgent}
        if urgent is None:
            yield f"the urgent removal {identity} is not open any more: plan again"
        elif len(together) > urgent.computers:
            earlier = f", {len(before)} of them before" if before else ""
            yield (
                f"the urgent removal {identity} would reach {len(together)} computers{earlier}, it was decided for "
                f"{urgent.computers}: close it and open one for more (zhengban urgent)"
            )


def _policy_limits(plans: tuple[Plan, ...], compiler: PolicyCompiler, history: History) -> Iterator[str]:
    limits = compiler.policy.baseline.limits
    losing = _losing(plans)
    for plan in plans:
        named = sum(1 for action in plan.limited_removals if action.role == "named")
        if named > limits.removals_per_computer:
            yield (
                f"{plan.computer} would lose {named} packages, the limit is {limits.removals_per_computer} "
                "(baseline.limits.removals_per_computer)"
            )
    in_use = len(compiler.register.in_use)
    allowed = max((limits.computers_allowed(in_use), *(item.computers for item in history.raised)))
    before = {loss.computer for loss in history.losses}
    together = before | set(losing)
    if losing and len(together) > allowed:
        earlier = f", {len(before)} of them within the last {limits.window_hours} h" if before else ""
        most = Counter(action.name for plan in plans for action in plan.limited_removals).most_common(3)
        names = ", ".join(f"{name} on {count}" for name, count in most)
        yield (
            f"{len(together)} computers would lose software{earlier}, the limit is {allowed} "
            f"({_origin_of_limit(limits, history)}); most: {names}; a person may raise it: zhengban limit raise"
        )


def _origin_of_limit(limits: Limits, history: History) -> str:
    raised = max(history.raised, key=lambda item: item.computers, default=None)
    if raised is None:
        return f"baseline.limits.computers_per_run {limits.computers_per_run}"
    return f"raised until {raised.until:%Y-%m-%d %H:%M} UTC by {raised.approved_by}"
