# SPDX-License-Identifier: Apache-2.0
"""From a transaction at a door to a verdict, with every way in which that can go wrong. Source: DESIGN 10.

Without a table that can be used, only what repairs this host passes; in audit mode everything does.
"""

import os
from typing import Callable, Collection, List, NamedTuple, Tuple

from .database import DatabaseError
from .guard_deb import FileError
from .guard_decide import Reason, Transaction, decide
from .guard_recovery import is_recovery
from .guard_table import TableError, load_table
from .os_release import read_os_release

# The first is what the hook reads where there is no Python.
RECOVERY_FILES = {"dpkg": "guard-recovery", "rpm": "guard-recovery-rpm"}


class Verdict(NamedTuple):
    """``word``: allowed, blocked, audit (would have been blocked) or open (the same, while the guard is open).

    ``message`` is whom to ask, ``computer`` its number; both empty without a table.
    """

    word: str
    reasons: Tuple[Reason, ...]
    message: str = ""
    computer: str = ""

    @property
    def is_allowed(self) -> bool:
        return self.word != "blocked"


def judge_transaction(
    transaction: Transaction,
    essential: Callable[[], Collection[Tuple[str, str]]],
    state_dir: str,
    now: float,
    objections: Tuple[Reason, ...] = (),
    is_signed: bool = True,
) -> Verdict:
    """Say whether a transaction may go on.

    Args:
        transaction: what would happen.
        essential: (name, arch) of packages that the manager itself says must stay. Raises DatabaseError.
        state_dir: where table, opening and recovery list lie.
        now: seconds UTC.
        objections: what the door itself found; they block whatever the table says.
        is_signed: who signed what comes is known; before that, only what no signature could approve is blocked.
    """
    recovery = read_recovery(state_dir, transaction.manager)
    mode, message, computer = "enforce", "", ""
    try:
        table = load_table(state_dir)
        table = table if is_signed else table.before_signatures()
        mode, message, computer = (table.plain[key] for key in ("mode", "message", "computer"))
        release = read_os_release("/")
        system = table.on_system(release["id"], release["version"])
        protected = _protected(transaction, essential, table.plain["protected"])
        reasons = objections + decide(system, transaction, protected, now, recovery)
    except (TableError, DatabaseError, FileError) as err:
        code = err.code if isinstance(err, TableError) else "unreadable"
        is_repair = all(is_recovery(transaction.manager, coming.name, recovery) for coming in transaction.comes)
        reasons = objections
        if transaction.leaves or not is_repair:
            reasons += (Reason(code, "", "", str(err)),)
    if not reasons:
        return Verdict("allowed", ())
    # Here, for what is allowed asks for no opening.
    from .guard_open import read_opening

    word = "open" if read_opening(state_dir, now) else "audit" if mode == "audit" else "blocked"
    return Verdict(word, reasons, message, computer)


def read_recovery(state_dir: str, manager: str) -> Tuple[str, ...]:
    """The names on the recovery list of this host; () where it was lost, the built-in names remain."""
    try:
        with open(os.path.join(state_dir, RECOVERY_FILES[manager]), "rb") as file:
            return tuple(file.read().decode("ascii", "replace").split("\n")[:-1])
    except OSError:
        return ()


def _protected(
    transaction: Transaction, essential: Callable[[], Collection[Tuple[str, str]]], extra: List[str]
) -> List[str]:
    if not transaction.leaves:
        return []
    # Here, for most transactions take nothing away.
    from .protect import protected_refs

    kept = essential()
    # As rows of facts: manager, name, version, arch, publisher, origin, manual, essential.
    rows = [[transaction.manager, *one, None, None, False, (one.name, one.arch) in kept] for one in transaction.leaves]
    return protected_refs(rows, os.uname().release, extra)
