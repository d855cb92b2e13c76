# SPDX-License-Identifier: Apache-2.0
"""The permission of a whole run: every reason to refuse it, and the arithmetic of its limits. Source: DESIGN 5."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from zhengban.model.errors import Refused
from zhengban.model.policy import Policy
from zhengban.model.record import History, Holding, Loss
from zhengban.model.settings import Limits
from zhengban.model.waiver import LimitRaise, UrgentRemoval
from zhengban.plan import Armed, Offer, arm
from zhengban.policy.compile import PolicyCompiler

from .armoury import NOW, make_compiler, make_plan, offer

RUN = "20261123T093000Z-abc123"


def arm_now(compiler: PolicyCompiler, *offers: Offer, history: History | None = None) -> Armed:
    return arm(offers, compiler=compiler, history=history or History(), run=RUN, now=NOW)


def reasons(compiler: PolicyCompiler, *offers: Offer, history: History | None = None) -> tuple[str, ...]:
    with pytest.raises(Refused) as caught:
        arm_now(compiler, *offers, history=history)
    return caught.value.reasons


def lost(*computers: str, run: str = "earlier") -> History:
    return History(losses=tuple(Loss(at=NOW, computer=computer, run=run) for computer in computers))


def test_armed() -> None:
    compiler = make_compiler(spare=1)
    loses = make_plan(compiler, "PC-2", removes=1)
    gains = make_plan(compiler, "PC-1", installs="COM-0001")
    idle = make_plan(compiler, "PC-3")
    audited = make_plan(compiler, "PC-4", removes=9, mode="audit")

    armed = arm_now(compiler, offer(loses), offer(gains), offer(None), offer(idle), offer(audited))

    assert armed.run == RUN
    assert armed.at == NOW
    assert armed.expires == NOW + dt.timedelta(hours=4)
    assert armed.targets == ("away", "pc-1", "pc-2", "pc-3", "pc-4")
    assert armed.computers == {"PC-1": gains.hash, "PC-2": loses.hash}
    assert armed.losing == ("PC-2",)
    assert armed.unread == ("away",)
    assert armed.audit_only == ("PC-4",)
    assert armed.register_size == 9


def test_the_order_of_offers_does_not_matter() -> None:
    compiler = make_compiler()
    offers = [offer(make_plan(compiler, f"PC-{index}", installs="COM-0001")) for index in (3, 1, 2)]

    assert arm_now(compiler, *offers) == arm_now(compiler, *reversed(offers))


def test_no_targets() -> None:
    assert reasons(make_compiler()) == ("the run has no targets",)


def test_empty_policy() -> None:
    compiler = make_compiler()
    empty = PolicyCompiler(Policy(baseline=compiler.policy.baseline, products=()), compiler.register)

    assert reasons(empty, offer(None)) == (
        "the policy lists no software: with an empty policy everything would be unlisted",
    )


@pytest.mark.parametrize(("before", "refused"), [(7, False), (8, False), (9, True)])
def test_shrunken_register(before: int, *, refused: bool) -> None:
    compiler = make_compiler(in_use=7, spare=1)
    history = History(register_size=before)
    if refused:
        (reason,) = reasons(compiler, offer(None), history=history)
        assert reason.startswith("the register holds 8 computers, at the last arming it held 9")
    else:
        assert arm_now(compiler, offer(None), history=history).register_size == 8


def test_two_hosts_of_one_computer() -> None:
    compiler = make_compiler()
    plan = make_plan(compiler, "PC-1")

    assert reasons(compiler, offer(plan, "b"), offer(plan, "a")) == (
        "the hosts a, b all say they are PC-1: one computer, one host",
    )


def test_computer_that_left_the_register() -> None:
    compiler = make_compiler()
    plan = make_plan(compiler, "PC-8", removes=1)
    smaller = make_compiler(in_use=7)

    assert reasons(smaller, offer(plan)) == ("PC-8 is not in the register any more: plan again",)


def test_policy_that_changed_since() -> None:
    plan = make_plan(make_compiler(), "PC-1", removes=1)

    assert reasons(make_compiler(removals_per_computer=6), offer(plan)) == (
        "the policy for PC-1 has changed since its plan was made: plan again",
    )


def test_policy_that_only_audits_now() -> None:
    plan = make_plan(make_compiler(), "PC-1", removes=1)

    assert reasons(make_compiler(mode="audit"), offer(plan)) == ("the policy only audits PC-1 now: plan again",)


def test_deployment_under_an_auditing_policy() -> None:
    compiler = make_compiler(mode="audit")
    plan = make_plan(compiler, "PC-1", removes=1, code="deployment", notice="2026-031")

    armed = arm_now(compiler, offer(plan))
    assert armed.computers == {"PC-1": plan.hash}
    (notice,) = armed.notices
    assert (notice.notice, notice.computers, notice.numbers) == ("2026-031", ("PC-1",), ("UNLISTED",))


def test_i2_deployment_without_a_notice() -> None:
    compiler = make_compiler()
    plan = make_plan(compiler, "PC-1", removes=1, code="deployment")

    assert reasons(compiler, offer(plan)) == (
        "the deployment on PC-1 names no notice: the departments concerned are told first (I2)",
    )


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (dt.datetime(2026, 11, 23, 15, 59, tzinfo=dt.UTC), "2026-11-23"),
        # Midnight in Shanghai.
        (dt.datetime(2026, 11, 23, 16, 0, tzinfo=dt.UTC), "2026-11-24"),
    ],
)
def test_date_that_changed(now: dt.datetime, day: str) -> None:
    compiler = make_compiler()
    plan = make_plan(compiler, "PC-1", removes=1)
    if day == "2026-11-23":
        assert arm([offer(plan)], compiler=compiler, history=History(), run=RUN, now=now).losing == ("PC-1",)
    else:
        with pytest.raises(Refused, match="the plan of PC-1 is of 2026-11-23, today is 2026-11-24: plan again"):
            arm([offer(plan)], compiler=compiler, history=History(), run=RUN, now=now)


def test_plan_without_a_hash() -> None:
    compiler = make_compiler()
    plan = msgspec.structs.replace(make_plan(compiler, "PC-1", removes=1), hash="")

    assert reasons(compiler, offer(plan)) == ("the plan of PC-1 was not simulated: plan it against the host",)


def test_stale_plans_with_nothing_to_do_are_no_obstacle() -> None:
    compiler = make_compiler()
    plan = make_plan(compiler, "PC-1", as_of=dt.date(2026, 1, 1))

    assert arm_now(compiler, offer(plan)).computers == {}


@pytest.mark.parametrize(
    ("text", "in_use", "allowed"),
    [
        ("20%", 8, 2),
        ("20%", 10, 2),
        ("20%", 11, 3),
        ("20%", 1, 1),
        ("20%", 0, 1),
        ("0%", 8, 1),
        ("100%", 8, 8),
        ("3", 8, 3),
        ("0", 8, 0),
        ("50", 8, 50),
    ],
)
def test_computers_allowed(text: str, in_use: int, allowed: int) -> None:
    assert Limits(computers_per_run=text).computers_allowed(in_use) == allowed


@pytest.mark.parametrize(("losing", "refused"), [(2, False), (3, True)])
def test_computers_per_run(losing: int, *, refused: bool) -> None:
    compiler = make_compiler(in_use=8, spare=12)
    offers = [offer(make_plan(compiler, f"PC-{index}", removes=index)) for index in range(1, losing + 1)]
    if refused:
        assert reasons(compiler, *offers) == (
            "3 computers would lose software, the limit is 2 (baseline.limits.computers_per_run 20%); "
            "most: game0 on 3, game1 on 2, game2 on 1; a person may raise it: zhengban limit raise",
        )
    else:
        assert arm_now(compiler, *offers).losing == ("PC-1", "PC-2")


def test_a_raised_limit_counts_until_it_ends() -> None:
    compiler = make_compiler(in_use=8)
    offers = [offer(make_plan(compiler, f"PC-{index}", removes=1)) for index in (1, 2, 3, 4)]
    until = NOW + dt.timedelta(hours=4)
    history = History(raised=(LimitRaise(computers=3, until=until, reason="放行", approved_by="E0001"),))

    assert arm_now(compiler, *offers[:3], history=history).losing == ("PC-1", "PC-2", "PC-3")
    (reason,) = reasons(compiler, *offers, history=history)
    assert reason.startswith(
        "4 computers would lose software, the limit is 3 (raised until 2026-11-23 13:30 UTC by E0001); most: game0 on 4"
    )


def test_urgent_removals_have_a_limit_of_their_own() -> None:
    compiler = make_compiler(computers_per_run="0", removals_per_computer=0)
    urgent = UrgentRemoval(
        id="URG-1", packages=("dpkg:game0",), computers=2, reason="漏洞", approved_by="E0001", opened=NOW.date()
    )
    offers = [offer(make_plan(compiler, f"PC-{index}", removes=1, urgent="URG-1")) for index in (1, 2, 3)]
    history = History(urgent={"URG-1": urgent}, urgent_uses=frozenset({("URG-1", "PC-1"), ("URG-2", "PC-9")}))

    armed = arm_now(compiler, *offers[:2], history=history)

    assert armed.losing == ()
    assert armed.urgent == {"PC-1": ("URG-1",), "PC-2": ("URG-1",)}
    assert reasons(compiler, *offers, history=history) == (
        "the urgent removal URG-1 would reach 3 computers, 1 of them before, it was decided for 2: "
        "close it and open one for more (zhengban urgent)",
    )
    assert reasons(compiler, *offers[:1]) == ("the urgent removal URG-1 is not open any more: plan again",)


def test_computers_per_run_as_a_number() -> None:
    compiler = make_compiler(computers_per_run="0")

    (reason,) = reasons(compiler, offer(make_plan(compiler, "PC-1", removes=1)))

    assert reason.startswith("1 computers would lose software, the limit is 0 ")
    assert arm_now(compiler, offer(make_plan(compiler, "PC-1", installs="COM-0001"))).losing == ()


def test_followers_make_a_computer_lose() -> None:
    compiler = make_compiler(computers_per_run="0")

    assert len(reasons(compiler, offer(make_plan(compiler, "PC-1", follows=1)))) == 1


def test_losses_of_the_window_count_once_per_computer() -> None:
    compiler = make_compiler()
    history = History(losses=(*lost("PC-1").losses, *lost("PC-1", "PC-2", run="other").losses))
    again = offer(make_plan(compiler, "PC-1", removes=1))
    another = offer(make_plan(compiler, "PC-3", removes=1))

    assert arm_now(compiler, again, history=history).losing == ("PC-1",)
    (reason,) = reasons(compiler, again, another, history=history)
    assert reason.startswith("3 computers would lose software, 2 of them within the last 24 h, the limit is 2 ")


def test_a_full_window_does_not_stop_what_loses_nothing() -> None:
    compiler = make_compiler()
    plan = make_plan(compiler, "PC-1", installs="COM-0001")

    assert arm_now(compiler, offer(plan), history=lost("PC-5", "PC-6", "PC-7")).computers == {"PC-1": plan.hash}


@pytest.mark.parametrize(("removes", "follows", "refused"), [(5, 40, False), (6, 0, True)])
def test_removals_per_computer(removes: int, follows: int, *, refused: bool) -> None:
    compiler = make_compiler()
    plan = make_plan(compiler, "PC-1", removes=removes, follows=follows)
    if refused:
        assert reasons(compiler, offer(plan)) == (
            "PC-1 would lose 6 packages, the limit is 5 (baseline.limits.removals_per_computer)",
        )
    else:
        assert arm_now(compiler, offer(plan)).losing == ("PC-1",)


def test_seats_are_shared_by_the_run() -> None:
    """S3: one computer without a seat was once enough to refuse the whole run."""
    compiler = make_compiler(seats=3)
    held = Holding(number="COM-0001")
    history = History(holdings={("PC-8", "dpkg:wps:amd64"): held, ("PC-1", "dpkg:wps:amd64"): held})
    plans = [make_plan(compiler, f"PC-{index}", installs="COM-0001", removes=index == 3) for index in (1, 3, 2)]

    armed = arm_now(compiler, *map(offer, plans), history=history)

    # PC-1 has its seat already.
    assert set(armed.computers) == {"PC-1", "PC-2"}
    assert armed.seats == (("COM-0001", "PC-1"), ("COM-0001", "PC-2"))
    assert armed.without_seat == {"PC-3": "no seat is left in COM-0001 (3 of 3 taken): buy seats, or free some"}
    # All of its plan stays undone, so it loses nothing, and the limits on losses do not count it.
    assert armed.losing == ()


def test_limits_count_only_who_has_a_seat() -> None:
    compiler = make_compiler(seats=1, computers_per_run="1")
    offers = [offer(make_plan(compiler, f"PC-{index}", installs="COM-0001", removes=1)) for index in (1, 2)]

    assert arm_now(compiler, *offers).losing == ("PC-1",)


def test_a_stale_plan_without_a_seat_still_refuses() -> None:
    compiler = make_compiler(seats=0)
    plan = make_plan(compiler, "PC-1", installs="COM-0001", as_of=dt.date(2026, 11, 22))

    assert reasons(compiler, offer(plan)) == ("the plan of PC-1 is of 2026-11-22, today is 2026-11-23: plan again",)


def test_unlimited_seats() -> None:
    compiler = make_compiler(seats=None)
    offers = [offer(make_plan(compiler, f"PC-{index}", installs="COM-0001")) for index in range(1, 9)]

    assert len(arm_now(compiler, *offers).computers) == 8


def test_every_reason_is_given() -> None:
    compiler = make_compiler()
    plans = [make_plan(compiler, f"PC-{index}", removes=6) for index in (1, 2, 3)]

    found = reasons(compiler, *map(offer, plans), history=History(register_size=99))

    assert [reason.split(" ")[0] for reason in found] == ["the", "PC-1", "PC-2", "PC-3", "3"]
