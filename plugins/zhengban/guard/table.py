# SPDX-License-Identifier: Apache-2.0
"""The guard's table ``zhengban.guard/1``: the policy for one computer in the words of its host.

The host decides with it by ``zhengban.host.guard_decide``, with the matching code the judge uses. Source: DESIGN 10.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from zhengban.host.guard_table import FORMAT, write_table
from zhengban.model.policy import ExceptionRule, PlatformBase, Product
from zhengban.model.record import History
from zhengban.model.register import Computer
from zhengban.model.settings import Mode
from zhengban.policy.compile import CompiledPolicy, Rule
from zhengban.policy.on_record import product_on_record

# What a host with doors of ours is asked about; the platform says which bases count.
MANAGERS = ("dpkg", "rpm", "platform")


class TableRule(msgspec.Struct, frozen=True, kw_only=True):
    """One selector of one product, decided for this computer.

    ``fits`` is the verdict about a package that meets it, ``misfits`` about one whose version does not; empty: the rule
    is not about that package. ``edition`` is the label of commercial software, which nobody changes on their own.
    """

    manager: str
    name: str
    versions: str
    publisher: str
    signer: str
    fits: str
    misfits: str
    is_required: bool
    label: str
    edition: str
    numbers: tuple[str, ...]


class TableBase(msgspec.Struct, frozen=True, kw_only=True):
    """The packages of an operating system, by its software number."""

    number: str
    manager: str
    names: tuple[str, ...]
    globs: tuple[str, ...]
    signers: tuple[str, ...]
    publishers: tuple[str, ...]


class TableException(msgspec.Struct, frozen=True, kw_only=True):
    """An exception for this computer; it holds before ``ends_at``, seconds UTC."""

    manager: str
    name: str
    versions: str
    number: str
    ends_at: int


class TableRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An install on record, which nobody removes on their own; ``edition`` as in :class:`TableRule`."""

    package: str
    number: str
    label: str
    edition: str


class GuardTable(msgspec.Struct, frozen=True, kw_only=True):
    """The document. ``policy`` is :func:`digest_policy` of what it was made from, ``written_at`` seconds UTC."""

    format: str = FORMAT
    computer: str
    mode: Mode
    message: str
    policy: str
    written_at: int
    protected: tuple[str, ...]
    rules: tuple[TableRule, ...]
    bases: tuple[TableBase, ...]
    exceptions: tuple[TableException, ...]
    recorded: tuple[TableRecord, ...]


def compile_table(compiled: CompiledPolicy, computer: Computer, history: History, *, now: dt.datetime) -> GuardTable:
    """Write down what one computer's guard has to know.

    Args:
        compiled: the policy as it applies to this computer.
        computer: one that was not adopted is only audited, whatever the policy says (DESIGN 4).
        history: its ``holdings`` are what may not be removed.
        now: an aware moment; exceptions that have ended by then are left out.

    Returns:
        The table: rules strictest first, as the judge prefers them, everything else sorted. Two tables of the same
        policy, books and exceptions differ in ``written_at`` alone.
    """
    shared = _shared(compiled)
    exceptions = tuple(rule for rule in shared.exceptions if now.timestamp() < rule.ends_at)
    return GuardTable(
        computer=computer.number,
        mode=guard_mode(compiled, computer),
        message=compiled.policy.baseline.guard.message,
        policy=digest_policy(compiled, computer, history),
        written_at=int(now.timestamp()),
        protected=shared.protected,
        rules=shared.rules,
        bases=shared.bases,
        exceptions=exceptions,
        recorded=tuple(_recorded(compiled, computer, history)),
    )


def digest_policy(compiled: CompiledPolicy, computer: Computer, history: History) -> str:
    """The SHA-256 of everything in policy, register and books that a computer's table depends on.

    A table with another one was made before something of that changed. Time changes nothing: a host ends exceptions by
    its own clock.
    """
    parts = (
        _shared(compiled).digest,
        computer.number,
        guard_mode(compiled, computer),
        tuple(_recorded(compiled, computer, history)),
    )
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


def encode_table(table: GuardTable) -> str:
    """The table as the host reads it."""
    return write_table(msgspec.to_builtins(table))


class _Shared(msgspec.Struct, frozen=True, kw_only=True):
    """What all computers that the policy treats alike have in common; exceptions also when they have ended."""

    digest: str
    protected: tuple[str, ...]
    rules: tuple[TableRule, ...]
    bases: tuple[TableBase, ...]
    exceptions: tuple[TableException, ...]


# A fleet has few groups that a policy treats alike, and many computers in each.
@lru_cache(maxsize=64)
def _shared(compiled: CompiledPolicy) -> _Shared:
    baseline = compiled.policy.baseline
    protected = tuple(sorted(baseline.protect))
    # Sorting keeps the order of one product's selectors, the first of which counts.
    rules = tuple(_rule(rule) for rule in sorted(compiled.rules, key=_strictness) if _matters(rule))
    bases = tuple(
        sorted((_base(base) for base in compiled.policy.platforms), key=lambda base: (base.number, base.manager))
    )
    exceptions = tuple(_exceptions(compiled))
    parts = msgspec.json.encode((FORMAT, baseline.guard.message, protected, rules, bases, exceptions))
    return _Shared(
        digest=hashlib.sha256(parts).hexdigest(), protected=protected, rules=rules, bases=bases, exceptions=exceptions
    )


def guard_mode(compiled: CompiledPolicy, computer: Computer) -> Mode:
    """What the guard of one computer does; one that was not adopted is only audited."""
    return compiled.policy.baseline.guard.mode if computer.is_adopted else "audit"


def _matters(rule: Rule) -> bool:
    return rule.selector.manager in MANAGERS and (rule.in_scope or rule.product.state != "forbidden")


def _strictness(rule: Rule) -> tuple[int, tuple[str, str, str]]:
    # The judge's order: what is decided for others comes last, also where it is strict.
    state = {"forbidden": 0, "retired": 1}.get(rule.product.state, 2) if rule.in_scope else 3
    return state, (rule.product.type, rule.product.name, rule.product.version)


def _rule(rule: Rule) -> TableRule:
    product, selector = rule.product, rule.selector
    is_wanted = product.state in ("required", "allowed")
    fits = "out_of_scope" if not rule.in_scope else "product" if is_wanted else product.state
    misfits = "" if not is_wanted else "version" if rule.in_scope else "out_of_scope"
    return TableRule(
        manager=selector.manager,
        name=selector.name,
        versions=selector.versions,
        publisher=selector.publisher,
        signer=selector.signer,
        fits=fits,
        misfits=misfits,
        is_required=rule.in_scope and product.state == "required",
        label=product.label,
        edition=_edition(product),
        numbers=product.numbers,
    )


def _edition(product: Product) -> str:
    return product.label if product.type == "commercial" else ""


def _base(base: PlatformBase) -> TableBase:
    return TableBase(
        number=base.number,
        manager=base.manager,
        names=tuple(sorted(base.names)),
        globs=base.globs,
        signers=base.signers,
        publishers=base.publishers,
    )


def _exceptions(compiled: CompiledPolicy) -> Iterator[TableException]:
    zone = ZoneInfo(compiled.register.organisation.timezone)
    for rule in sorted(compiled.exceptions, key=_exception_order):
        # The last day is the organisation's, to its end.
        ends_at = int(dt.datetime.combine(rule.until, dt.time(23, 59, 59), tzinfo=zone).timestamp()) + 1
        yield TableException(
            manager=rule.manager or "",
            name=rule.name,
            versions=rule.versions,
            number=rule.number,
            ends_at=ends_at,
        )


def _exception_order(rule: ExceptionRule) -> tuple[str, dt.date]:
    return rule.label, rule.until


def _recorded(compiled: CompiledPolicy, computer: Computer, history: History) -> Iterator[TableRecord]:
    for package, holding in sorted(history.held_on.get(computer.number, {}).items()):
        # What came with something else goes with it too.
        if not holding.quantity:
            continue
        product, is_known = product_on_record(compiled, package, holding)
        yield TableRecord(
            package=package,
            number=holding.number,
            label=product.label if product is not None and is_known else "",
            edition=_edition(product) if product is not None and is_known else "",
        )
