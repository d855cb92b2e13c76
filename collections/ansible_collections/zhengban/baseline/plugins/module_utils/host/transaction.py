# SPDX-License-Identifier: Apache-2.0
"""One armed order on one host: checked, simulated again, carried out, verified, journalled.

Orders and results are plain dicts. An order holds ``intent`` (``<run>/<computer>``), ``plan`` (its hash),
``facts_digest``, ``identity`` (``serial_number``, ``machine_id``), ``protect`` (names), and ``request`` and ``steps``
in the shapes of ``zhengban.model.plan``. Source: DESIGN 5 and 6.
"""

import os
import time
from typing import Any, Dict, List, Optional

from .apt import STEP_KEYS, AptError, Step, System, read_system, simulate
from .command import Run, run_command
from .execute import Executed, Prepared, execute, ignoring_hangups, prepare
from .facts import collect
from .hook import describe_difference
from .journal import Journal, JournalError
from .lock import Lock, LockedByAnother
from .protect import protected_refs

STATE_DIR = "/var/lib/zhengban"
_POLL_SECONDS = 0.2


class RefusedOrder(Exception):
    """The order is not carried out and nothing was changed; the text is the reason."""


def apply(order: Dict[str, Any], state_dir: str = STATE_DIR, root: str = "/", run: Run = run_command) -> Dict[str, Any]:
    """Carry out an order, or refuse it.

    Args:
        order: see the module; ``steps`` is everything that may happen.
        state_dir: where lock and journal live; made for root alone.
        root: where the databases lie; apt is always that of the running system.
        run: runs a command, as :func:`run_command` does.

    Returns:
        ``{"state", "reason", "output", "outcomes", "facts"}``.

        * ``state``: ``refused`` (nothing was changed, ``reason`` says why), ``done``, or ``failed`` (apt failed, or
          something is not as ordered afterwards).
        * ``output``: the end of apt's.
        * ``outcomes``: one ``{"package", "state", "version", "reason"}`` a step, in the order of the steps, from what
          was read afterwards. Empty when the order was refused before apt ran, and when nothing could be read
          afterwards, which leaves the journal open.
        * ``facts``: the document read last, None when a refusal came before any was read.
    """
    facts: Optional[Dict[str, Any]] = None
    try:
        if os.geteuid() != 0:
            raise RefusedOrder("only root can change packages; run this task as root")
        with Lock(state_dir) as lock, ignoring_hangups():
            journal = Journal(state_dir)
            _check_intent(order["intent"], journal)
            facts = collect(root)
            _check_host(order, facts)
            system = read_system(root)
            _check_simulation(order, simulate(order["request"], root, run))
            prepared = prepare(order["steps"], order["request"], system, state_dir)
            journal.append({"intent": order["intent"], "state": "started", "plan": order["plan"]})
            return _carry_out(order, prepared, system, journal, root, run, lock.descriptor)
    except (RefusedOrder, LockedByAnother, JournalError, AptError, OSError) as err:
        return _result("refused", _reason(err, state_dir), "", [], facts)


def _reason(err: Exception, state_dir: str) -> str:
    if isinstance(err, OSError) and err.strerror:
        return "{}: {}; make it writable and plan again".format(err.filename or state_dir, err.strerror)
    return str(err)


def settle(intent: str, wait_seconds: float, state_dir: str = STATE_DIR, root: str = "/") -> Dict[str, Any]:
    """Say what became of an intent, waiting for a transaction that still runs.

    Returns:
        ``{"state": "busy"}`` when one still runs after ``wait_seconds``. Else ``state`` and ``facts``, read now. Asking
        again gives the same state.

        * ``done``: with the ``outcomes`` verified then.
        * ``interrupted``: it was started and nobody saw the end.
        * ``never``: it was not started and, from now on, will be refused.

    Raises:
        JournalError: the journal cannot be believed.
        OSError: the state directory cannot be used (not root, no space).
    """
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            with Lock(state_dir):
                journal = Journal(state_dir)
                entry = journal.find(intent)
                if not entry:
                    journal.append({"intent": intent, "state": "settled"})
                facts = collect(root)
                if entry.get("state") == "done":
                    return {"state": "done", "outcomes": entry["outcomes"], "facts": facts}
                return {"state": "interrupted" if entry.get("state") == "started" else "never", "facts": facts}
        except LockedByAnother:
            if time.monotonic() >= deadline:
                return {"state": "busy"}
        time.sleep(_POLL_SECONDS)


def _check_intent(intent: str, journal: Journal) -> None:
    entry = journal.find(intent)
    if entry:
        raise RefusedOrder(
            "the order {!r} is in this host's journal as {!r} at {}; plan again".format(
                intent, entry["state"], entry.get("at", "an unknown time")
            )
        )


def _check_host(order: Dict[str, Any], facts: Dict[str, Any]) -> None:
    """This machine, this state of it, and nothing protected leaves."""
    expected = {key: value for key, value in order["identity"].items() if value}
    if not expected:
        raise RefusedOrder("the order names no identity: adopt the computer first")
    for key, value in sorted(expected.items()):
        if facts["identity"].get(key, "") != value:
            raise RefusedOrder(
                "the order is for {} {!r}, this machine has {!r}".format(key, value, facts["identity"].get(key, ""))
            )
    if facts["digest"] != order["facts_digest"]:
        raise RefusedOrder("packages have changed since the plan was made; plan again")
    protected = set(protected_refs(facts["packages"], facts["platform"]["kernel"], order["protect"]))
    leaving = {"{}:{}".format(step["name"], step["arch"]) for step in order["steps"] if step["kind"] == "remove"}
    if leaving & protected:
        raise RefusedOrder("protected packages would be removed: {}".format(", ".join(sorted(leaving & protected))))


def _check_simulation(order: Dict[str, Any], answer: Dict[str, Any]) -> None:
    if answer["error"]:
        raise RefusedOrder("apt would not do this now: {}".format(answer["error"]))
    if answer["unavailable"]:
        named = ["{}: {}".format(one["name"], one["reason"]) for one in answer["unavailable"]]
        raise RefusedOrder("not to be had any more: {}".format("; ".join(named)))
    planned, actual = _as_set(order["steps"]), _as_set(answer["steps"])
    if planned != actual:
        raise RefusedOrder("apt would do something else now: {}".format(describe_difference(planned, actual)))
    if not planned:
        raise RefusedOrder("the order has no steps")


def _carry_out(
    order: Dict[str, Any],
    prepared: Prepared,
    system: System,
    journal: Journal,
    root: str,
    run: Run,
    lock_descriptor: int,
) -> Dict[str, Any]:
    executed = execute(prepared, system, run, inherited=(lock_descriptor,))
    facts = collect(root)
    try:
        outcomes = _outcomes(order["steps"], read_system(root))
    except AptError as err:
        reason = "what happened cannot be read: {}; {}".format(err, executed.problem)
        return _result("failed", reason, executed.output, [], facts)
    try:
        entry = {"intent": order["intent"], "state": "done", "outcomes": outcomes, "digest": facts["digest"]}
        journal.append(entry)
    except (OSError, JournalError) as err:
        executed = executed._replace(problem="the journal was not written: {}; {}".format(err, executed.problem))
    return _conclude(executed, outcomes, facts)


def _conclude(executed: Executed, outcomes: List[Dict[str, str]], facts: Dict[str, Any]) -> Dict[str, Any]:
    missing = ["{}: {}".format(one["package"], one["reason"]) for one in outcomes if one["state"] == "not_done"]
    if executed.refused:
        # What the hook stopped has changed nothing; should the packages say otherwise, they are believed.
        state = "refused" if len(missing) == len(outcomes) else "failed"
        return _result(state, executed.refused, executed.output, outcomes, facts)
    reason = executed.problem or "; ".join(missing)
    return _result("failed" if reason else "done", reason, executed.output, outcomes, facts)


def _outcomes(steps: List[Step], system: System) -> List[Dict[str, str]]:
    """What became of each step; a package dpkg has not finished is there, and says in which state."""
    outcomes = []
    for step in steps:
        row = system.find(step["name"], step["arch"])
        version = row.version if row else ""
        if step["kind"] == "remove":
            reason = "still installed" if row else ""
        else:
            reason = "" if version == step["new"] else "installed is {}".format(version or "nothing")
        state = "not_done" if reason else "done"
        if row and row.state != "installed":
            reason = "; ".join(part for part in (reason, "dpkg says {}".format(row.state)) if part)
        package = "dpkg:{}:{}".format(step["name"], step["arch"])
        outcomes.append({"package": package, "state": state, "version": version, "reason": reason})
    return outcomes


def _as_set(steps: List[Step]) -> Any:
    return {tuple(step[key] for key in STEP_KEYS) for step in steps}


def _result(
    state: str, reason: str, output: str, outcomes: List[Dict[str, str]], facts: Optional[Dict[str, Any]]
) -> Dict[str, Any]:
    return {"state": state, "reason": reason, "output": output, "outcomes": outcomes, "facts": facts}
