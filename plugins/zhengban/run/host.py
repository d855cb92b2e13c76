# SPDX-License-Identifier: Apache-2.0
"""A managed host as the core sees it: four questions, answered over whatever connection the front end has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, Protocol

import msgspec

from zhengban.model.errors import FactsError
from zhengban.model.facts import NEUTRAL_ARCH, Facts, facts_from_plain
from zhengban.model.plan import Outcome, Simulation, SimulationRequest, Step
from zhengban.model.record import Intent


class Host(Protocol):
    """The host code behind a connection. Every answer is the plain document of ``zhengban.host``.

    Raises:
        FactsError: an answer that says the host code failed. What a front end raises for a lost connection passes
            through the core unchanged: what became of the question is then unknown, and an open intent stays open.
    """

    def software_info(self, known_digest: str, outside: Mapping[str, Any] | None) -> Mapping[str, Any]: ...

    def simulate(self, request: Mapping[str, Any]) -> Mapping[str, Any]: ...

    def apply(self, order: Mapping[str, Any]) -> Mapping[str, Any]: ...

    def settle(self, intent: str) -> Mapping[str, Any]: ...


class HostAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a host says about a transaction.

    ``state``: done, failed (something is not as ordered), refused (nothing was started), interrupted (started and cut
    off), never (not started, and it never will be), busy (still at work). ``needs_restart``: what was changed is whole
    only after the host has been restarted.
    """

    state: Literal["done", "failed", "refused", "interrupted", "never", "busy"]
    reason: str = ""
    output: str = ""
    outcomes: tuple[Outcome, ...] = ()
    facts: Facts | None = None
    needs_restart: bool = False


def read_answer(answer: Mapping[str, Any], *, source: str) -> HostAnswer:
    """Check a transaction's answer; a host that answers something else is a :class:`FactsError`."""
    plain = {key: answer[key] for key in ("state", "reason", "output", "outcomes", "needs_restart") if key in answer}
    try:
        read = msgspec.convert(plain, HostAnswer)
    except msgspec.ValidationError as err:
        raise FactsError(f"{source}: not the answer of a transaction: {err}") from err
    facts = answer.get("facts")
    return msgspec.structs.replace(read, facts=facts_from_plain(facts, source=source)) if facts else read


def read_simulation(answer: Mapping[str, Any], request: SimulationRequest, *, source: str) -> Simulation:
    """Check a simulation's answer and that it is for this request; steps come back sorted."""
    try:
        read = msgspec.convert(answer, Simulation)
    except msgspec.ValidationError as err:
        raise FactsError(f"{source}: not a simulation: {err}") from err
    if read.request != request:
        raise FactsError(f"{source}: the simulation answers another request")
    return msgspec.structs.replace(read, steps=tuple(sorted(read.steps)))


def readable_facts(answer: HostAnswer, intent: Intent, *, source: str) -> Facts:
    """The packages read after the changes of an intent.

    Raises:
        FactsError: they could not be read, so what the host did is unknown and the change has to stay open.
    """
    packages = (package for change in intent.changes for package in (change.package, change.old_package))
    unread = dict.fromkeys(why for package in packages if answer.facts for why in answer.facts.why_unread(package))
    if answer.facts is None or unread or (answer.state == "failed" and not answer.outcomes):
        why = "; ".join([*([answer.reason] if answer.reason else []), *unread])
        raise FactsError(
            f"{source}: its packages could not be read afterwards{f' ({why})' if why else ''}; the change stays open "
            "until the host can be read"
        )
    return answer.facts


def outcome_of(steps: Iterable[Step], package: str, facts: Facts) -> Outcome:
    """What became of one change, from the packages read after it: the only judge of success.

    Args:
        steps: the lines of the transaction it was made of.
        package: ``manager:name:arch`` of what it is about.
        facts: read after the transaction.

    Returns:
        Done only if every step is (L4: both or neither); ``version`` is that of ``package`` now.
    """
    manager = package.split(":", 1)[0]
    seen = {f"{manager}:{step.name}:{step.arch}": _seen(step, manager, facts) for step in steps}
    failed = next((outcome for outcome in seen.values() if outcome.state == "not_done"), None)
    if failed is None:
        return seen[package]
    return msgspec.structs.replace(failed, package=package, version=seen[package].version)


def _seen(step: Step, manager: str, facts: Facts) -> Outcome:
    package = f"{manager}:{step.name}:{step.arch}"
    rows = (facts.rows_by_ref.get(f"{manager}:{step.name}:{arch}") for arch in _arches_now(step.arch, manager, facts))
    version = next((facts.packages[row].version for row in rows if row is not None), "")
    done = version == step.new
    reason = "" if done else f"expected {step.new or 'absent'}, found {version or 'absent'}"
    return Outcome(package=package, state="done" if done else "not_done", version=version, reason=reason)


def _arches_now(arch: str, manager: str, facts: Facts) -> list[str]:
    """A new version may be for all architectures where the old one was for one, or the other way round."""
    native, neutral = facts.native_arch(manager), NEUTRAL_ARCH.get(manager, "")
    return sorted({arch, native, neutral} if arch in (native, neutral) else {arch})
