# SPDX-License-Identifier: Apache-2.0
"""What a controller asks of this machine through Ansible, by name. Source: DESIGN 1, 5.

Each function imports what it needs: the code comes with every question and is compiled anew.
"""

import os
from typing import Any, Callable, Dict


class NoAnswer(Exception):
    """A question has no answer; the text says why."""


def answer(question: str, arguments: Dict[str, Any], check: bool = False) -> Dict[str, Any]:
    """Answer one question as plain values.

    Args:
        question: one of :data:`QUESTIONS`.
        arguments: as the function below of that name takes them.
        check: change nothing; a guard says what would change.

    Raises:
        NoAnswer: it was refused, or could not be carried out.
    """
    return QUESTIONS[question](check, **arguments)


def _facts(_check: bool, known_digest: str, outside: Any) -> Dict[str, Any]:
    from .facts import collect

    return collect(known_digest=known_digest, outside=outside)


def _simulate(_check: bool, request: Dict[str, Any]) -> Dict[str, Any]:
    """``result`` as :func:`.changers.simulate`; ``is_root`` whether the asker could have done it too."""
    from .changers import simulate

    return {"result": simulate(request), "is_root": os.geteuid() == 0}


def _apply(check: bool, order: Dict[str, Any]) -> Dict[str, Any]:
    from .transaction import apply

    _require_real("apply", check)
    return _journalled("apply", lambda: apply(order))


def _settle(check: bool, intent: str, wait_seconds: int) -> Dict[str, Any]:
    from .transaction import settle

    _require_real("settle", check)
    return _journalled("settle", lambda: settle(intent, wait_seconds))


def _guard(check: bool, **order: Any) -> Dict[str, Any]:
    from .guard_order import OrderError, carry_out
    from .transaction import STATE_DIR

    try:
        return carry_out(order, STATE_DIR, check)
    except OrderError as err:
        raise NoAnswer(str(err)) from err


def _doors(check: bool, **order: Any) -> Dict[str, Any]:
    from .guard_order import OrderError, carry_out_door_test
    from .transaction import STATE_DIR

    _require_real("doors", check)
    try:
        return carry_out_door_test(order, STATE_DIR)
    except OrderError as err:
        raise NoAnswer(str(err)) from err


def _journalled(question: str, work: Callable[[], Dict[str, Any]]) -> Dict[str, Any]:
    from .journal import JournalError

    try:
        return work()
    except (JournalError, OSError) as err:
        raise NoAnswer("{}: {}".format(question, err)) from err


def _require_real(question: str, check: bool) -> None:
    if check:
        raise NoAnswer("{} does nothing in check mode".format(question))


QUESTIONS: Dict[str, Callable[..., Dict[str, Any]]] = {
    "apply": _apply,
    "doors": _doors,
    "facts": _facts,
    "guard": _guard,
    "settle": _settle,
    "simulate": _simulate,
}
