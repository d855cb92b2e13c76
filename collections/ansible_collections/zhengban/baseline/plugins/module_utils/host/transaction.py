# SPDX-License-Identifier: Apache-2.0
"""One armed order on one host: checked, simulated again, carried out, verified, journalled.

Orders and results are plain dicts. An order holds ``intent`` (``<run>/<computer>``), ``plan`` (its hash),
``facts_digest``, ``identity`` (``serial_number``, ``machine_id``), ``protect`` (names), and ``transactions``: for each
manager one ``{"request", "steps"}`` in the shapes of ``zhengban.model.plan``. They are carried out in their order;
after one that failed, the later ones are not started. Source: DESIGN 5 and 6.
"""

import os
import time
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence

from .changer import Changer, Executed, Find, ManagerError, Start
from .changers import get_changer
from .command import Run, run_command
from .database import DatabaseError
from .facts import collect
from .hangups import ignoring_hangups
from .hook import describe_difference
from .journal import Journal, JournalError
from .lock import Lock, LockedByAnother
from .rightful import object_to_order
from .steps import Step, as_set

STATE_DIR = "/var/lib/zhengban"
_POLL_SECONDS = 0.2


class RefusedOrder(Exception):
    """The order is not carried out and nothing was changed; the text is the reason."""


class _Ready(NamedTuple):
    """One transaction of an order, prepared."""

    changer: Changer
    steps: List[Step]
    start: Start


class _Ended(NamedTuple):
    """How one transaction ended; ``reason`` is empty when everything is as ordered."""

    executed: Executed
    reason: str
    outcomes: List[Dict[str, str]]


def apply(order: Dict[str, Any], state_dir: str = STATE_DIR, root: str = "/", run: Run = run_command) -> Dict[str, Any]:
    """Carry out an order, or refuse it.

    Args:
        order: see the module; its steps are everything that may happen.
        state_dir: where lock and journal live; made for root alone.
        root: where the databases lie; the managers' programs are always those of the running system.
        run: runs a command, as :func:`run_command` does.

    Returns:
        ``{"state", "reason", "output", "outcomes", "facts"}``.

        * ``state``: ``refused`` (nothing was changed, ``reason`` says why), ``done``, or ``failed`` (a manager failed,
          or something is not as ordered afterwards).
        * ``output``: the end of what the managers printed.
        * ``outcomes``: one ``{"package", "state", "version", "reason"}`` a step, in the order of the steps, from what
          was read afterwards. Empty when the order was refused before a manager ran, and when nothing could be read
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
            objection = object_to_order(order, facts)
            if objection:
                raise RefusedOrder(objection)
            ready = [_prepare(transaction, state_dir, root, run) for transaction in order["transactions"]]
            if not ready:
                raise RefusedOrder("the order has no transactions")
            journal.append({"intent": order["intent"], "state": "started", "plan": order["plan"]})
            return _carry_out(order["intent"], ready, journal, root, run, lock.descriptor)
    except (RefusedOrder, LockedByAnother, JournalError, DatabaseError, ManagerError, OSError) as err:
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


def _prepare(transaction: Dict[str, Any], state_dir: str, root: str, run: Run) -> _Ready:
    """Simulate again, and get ready exactly what was planned."""
    request, steps = transaction["request"], transaction["steps"]
    changer = get_changer(request["manager"])
    if changer is None:
        raise RefusedOrder("changes through {} are not carried out on this computer".format(request["manager"]))
    answer = changer.simulate(request, root, run)
    if answer["error"]:
        raise RefusedOrder("{} would not do this now: {}".format(changer.program, answer["error"]))
    if answer["unavailable"]:
        named = ["{}: {}".format(one["name"], one["reason"]) for one in answer["unavailable"]]
        raise RefusedOrder("not to be had any more: {}".format("; ".join(named)))
    planned, actual = as_set(steps), as_set(answer["steps"])
    if planned != actual:
        difference = describe_difference(planned, actual)
        raise RefusedOrder("{} would do something else now: {}".format(changer.program, difference))
    if not planned:
        raise RefusedOrder("the order has no steps for {}".format(changer.program))
    return _Ready(changer, steps, changer.prepare(steps, request, state_dir, root))


def _carry_out(
    intent: str, ready: Sequence[_Ready], journal: Journal, root: str, run: Run, lock_descriptor: int
) -> Dict[str, Any]:
    ended: List[_Ended] = []
    for transaction in ready:
        failed = next((ready[number].changer for number, one in enumerate(ended) if one.reason), None)
        executed = Executed("", "", "") if failed else transaction.start(run, (lock_descriptor,))
        try:
            find = transaction.changer.finder(root)
        except (DatabaseError, ManagerError) as err:
            output = _output([*(one.executed for one in ended), executed])
            reason = "what happened cannot be read: {}; {}".format(err, executed.problem)
            return _result("failed", reason, output, [], collect(root))
        if failed:
            reason = "not started, because the changes through {} failed".format(failed.program)
            outcomes = [_outcome(transaction.changer, step, find, reason) for step in transaction.steps]
        else:
            outcomes = [_outcome(transaction.changer, step, find) for step in transaction.steps]
        ended.append(_end(executed, outcomes))
    facts = collect(root)
    outcomes = [outcome for one in ended for outcome in one.outcomes]
    reasons = [one.reason for one in ended if one.reason]
    try:
        journal.append({"intent": intent, "state": "done", "outcomes": outcomes, "digest": facts["digest"]})
    except (OSError, JournalError) as err:
        reasons.insert(0, "the journal was not written: {}".format(err))
    # What a check stopped has changed nothing; should the packages say otherwise, they are believed.
    is_refused = bool(ended[0].executed.refused) and all(outcome["state"] == "not_done" for outcome in outcomes)
    state = "refused" if is_refused else "failed" if reasons else "done"
    return _result(state, "; ".join(reasons), _output(one.executed for one in ended), outcomes, facts)


def _end(executed: Executed, outcomes: List[Dict[str, str]]) -> _Ended:
    missing = ["{}: {}".format(one["package"], one["reason"]) for one in outcomes if one["state"] == "not_done"]
    return _Ended(executed, executed.refused or executed.problem or "; ".join(missing), outcomes)


def _output(executed: Iterable[Executed]) -> str:
    return "\n".join(one.output for one in executed if one.output)


def _outcome(changer: Changer, step: Step, find: Find, not_started: str = "") -> Dict[str, str]:
    """What became of one step."""
    present = find(step["name"], step["arch"])
    version = present.version if present else ""
    if not_started:
        reason = not_started
    elif step["kind"] == "remove":
        reason = "still installed" if present else ""
    else:
        reason = "" if version == step["new"] else "installed is {}".format(version or "nothing")
    state = "not_done" if reason else "done"
    if present and present.remark:
        reason = "; ".join(part for part in (reason, present.remark) if part)
    return {"package": _package(changer.name, step), "state": state, "version": version, "reason": reason}


def _package(manager: str, step: Step) -> str:
    return "{}:{}:{}".format(manager, step["name"], step["arch"])


def _result(
    state: str, reason: str, output: str, outcomes: List[Dict[str, str]], facts: Optional[Dict[str, Any]]
) -> Dict[str, Any]:
    return {"state": state, "reason": reason, "output": output, "outcomes": outcomes, "facts": facts}
