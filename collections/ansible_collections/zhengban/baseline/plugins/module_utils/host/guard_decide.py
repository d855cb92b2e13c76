# SPDX-License-Identifier: Apache-2.0
"""The guard's one decision: may these packages come and those leave? The same for every door. Source: DESIGN 10.

What comes is judged as if it were installed: a package passes exactly when the judge would have nothing to say about it
afterwards. What leaves must be neither required nor recorded nor protected.
"""

from typing import Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Set, Tuple

from .guard_recovery import is_recovery
from .guard_table import APPROVED, Ruling, System

_CODES = {"version": "version_not_allowed"}


class Coming(NamedTuple):
    """A package that comes; ``old`` is the version it replaces, empty when it is new.

    ``multi_arch`` is dpkg's, ``publisher`` as in facts.
    """

    name: str
    version: str
    arch: str
    old: str = ""
    multi_arch: str = ""
    publisher: Optional[str] = None


class Leaving(NamedTuple):
    """A package that leaves and does not come back in the same transaction."""

    name: str
    version: str
    arch: str


class Row(NamedTuple):
    """A package there would be afterwards."""

    name: str
    version: str
    arch: str
    publisher: Optional[str] = None


class After(NamedTuple):
    """What there would be afterwards.

    ``rows``: all packages of the manager, what comes included. ``needs``: given a row number and names, the numbers of
    the rows with such names that the row needs by their real name; others may be among them.
    """

    rows: Sequence[Row]
    needs: Callable[[int, Set[str]], Iterable[int]]


class Transaction(NamedTuple):
    """What a package manager is about to do; ``after`` is worked out only where a dependency has to be looked for."""

    manager: str
    comes: Tuple[Coming, ...]
    leaves: Tuple[Leaving, ...]
    after: Callable[[], After]


class Reason(NamedTuple):
    """Why a transaction is blocked. ``code`` is one of the judge's, or required, recorded or protected."""

    code: str
    package: str
    version: str
    label: str = ""


def decide(
    system: System, transaction: Transaction, protected: Iterable[str], now: float, recovery: Iterable[str] = ()
) -> Tuple[Reason, ...]:
    """Decide about a transaction.

    Args:
        system: the table on this operating system.
        transaction: what would happen.
        protected: ``manager:name:arch`` of what must stay, among what leaves.
        now: seconds UTC, for exceptions.
        recovery: further names that always may come, as :func:`is_recovery`.

    Returns:
        Why it is blocked, sorted by (package, code); () when it may go on.
    """
    manager, known = transaction.manager, frozenset(recovery)
    reasons: List[Reason] = []
    open_questions: List[Tuple[Coming, Ruling]] = []
    for coming in transaction.comes:
        ruling = system.rule(manager, coming.name, coming.version, coming.publisher)
        if ruling.verdict in APPROVED or system.table.is_excused(ruling, manager, coming.name, coming.version, now):
            if _changes_edition(system, manager, coming, ruling) and not is_recovery(manager, coming.name, known):
                reasons.append(_reason("private_upgrade", coming, ruling))
        elif not is_recovery(manager, coming.name, known):
            open_questions.append((coming, ruling))
    if any(ruling.verdict in ("unlisted", "out_of_scope") for _coming, ruling in open_questions):
        vouched = _needed(system, manager, transaction.after(), now, known)
        open_questions = [
            (coming, ruling)
            for coming, ruling in open_questions
            if (coming.name, coming.version, coming.arch) not in vouched
        ]
    for coming, ruling in open_questions:
        reasons.append(_reason(_CODES.get(ruling.verdict, ruling.verdict), coming, ruling))
    reasons += _kept(system, transaction, frozenset(protected), now)
    return tuple(sorted(set(reasons), key=lambda reason: (reason.package, reason.code, reason.version)))


def _reason(code: str, package: Coming, ruling: Ruling) -> Reason:
    label = ruling.rule["label"] if ruling.rule else ""
    return Reason(code, "{}:{}".format(package.name, package.arch), package.version, label)


def _changes_edition(system: System, manager: str, coming: Coming, ruling: Ruling) -> bool:
    """Whether commercial software on record would become another edition: an upgrade nobody asked for (S4, L4)."""
    recorded = system.table.recorded.get("{}:{}:{}".format(manager, coming.name, coming.arch))
    edition = ruling.rule["edition"] if ruling.rule else ""
    return bool(recorded and recorded["edition"] and edition and recorded["edition"] != edition)


def _needed(
    system: System, manager: str, after: After, now: float, recovery: Iterable[str]
) -> Set[Tuple[str, str, str]]:
    """(name, version, arch) of the unlisted and out-of-scope packages that something which may stay needs."""
    rulings: Dict[int, Ruling] = {}
    waiting: List[int] = []
    for number, row in enumerate(after.rows):
        ruling = system.rule(manager, row.name, row.version, row.publisher)
        # A product in a version that is not allowed stays until it is upgraded, and so does what it needs.
        if (
            ruling.verdict in (*APPROVED, "version")
            or is_recovery(manager, row.name, recovery)
            or system.table.is_excused(ruling, manager, row.name, row.version, now)
        ):
            waiting.append(number)
        elif ruling.verdict in ("unlisted", "out_of_scope"):
            rulings[number] = ruling
    names = {after.rows[number].name for number in rulings}
    found: Set[Tuple[str, str, str]] = set()
    while waiting and rulings:
        for needed in after.needs(waiting.pop(), names):
            if needed in rulings:
                del rulings[needed]
                waiting.append(needed)
                row = after.rows[needed]
                found.add((row.name, row.version, row.arch))
    return found


def _kept(system: System, transaction: Transaction, protected: Iterable[str], now: float) -> Iterable[Reason]:
    """Why what leaves must stay."""
    manager = transaction.manager
    for leaving in transaction.leaves:
        ref = "{}:{}".format(leaving.name, leaving.arch)
        package = "{}:{}".format(manager, ref)
        recorded = system.table.recorded.get(package)
        found = system.table.choose(manager, leaving.name, leaving.version, None)
        # A look-alike with a wrong publisher is not the product.
        rule = found[0] if found and found[1] in ("", "version") and found[0]["is_required"] else None
        if package in protected:
            yield Reason("protected", ref, leaving.version)
        elif recorded:
            yield Reason("recorded", ref, leaving.version, recorded["label"] or recorded["number"])
        elif rule and not system.table.is_excused(Ruling("missing_required", rule), manager, leaving.name, "", now):
            yield Reason("required", ref, leaving.version, rule["label"])
