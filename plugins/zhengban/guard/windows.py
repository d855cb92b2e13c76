# SPDX-License-Identifier: Apache-2.0
"""The guard of a Windows computer: the policy as AppLocker's rules and as settings of Windows Installer.

Windows itself decides by them, and knows neither versions of packages nor days: what may run is told by ``programs`` in
the policy, and an exception ends when the guard is put there again. Source: DESIGN 10.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from functools import lru_cache

import msgspec

from zhengban.host.match import name_matches
from zhengban.model.facts import WINDOWS
from zhengban.model.policy import ExceptionRule
from zhengban.model.programs import Programs
from zhengban.model.settings import Mode
from zhengban.policy.compile import CompiledPolicy
from zhengban.policy.compile import Rule as PolicyRule

from .applocker import (
    ADMINISTRATORS,
    AppLockerPolicy,
    AtPath,
    Condition,
    Enforcement,
    Rule,
    RuleCollection,
    SignedBy,
    WithDigest,
)

# Of these every computer has parts that nobody lists by their programs; they lie in Windows' own folder.
_OF_THE_SYSTEM = frozenset(("os", "component"))
# Folders of Windows in which everybody may write: a program put there is nobody's.
_WRITABLE = (
    r"%WINDIR%\Temp\*",
    r"%WINDIR%\Tasks\*",
    r"%WINDIR%\tracing\*",
    r"%SYSTEM32%\Tasks\*",
    r"%SYSTEM32%\spool\drivers\color\*",
    r"%SYSTEM32%\Microsoft\Crypto\RSA\MachineKeys\*",
)
_INSTALLER_SHUT = (("AlwaysInstallElevated", 0), ("DisableMSI", 1), ("DisableUserInstalls", 1))


class WindowsGuard(msgspec.Struct, frozen=True, kw_only=True):
    """What Windows is to be told.

    ``installer`` are settings of Windows Installer: that packages come from administrators alone, for the whole
    computer; there are none while it only records, for that it cannot. ``unnamed`` are products that may be there and
    whose programs the policy does not name: where the guard is enforced, they do not start.
    """

    mode: Mode
    applocker: AppLockerPolicy
    installer: tuple[tuple[str, int], ...]
    unnamed: tuple[str, ...]

    @property
    def digest(self) -> str:
        """The SHA-256 of what Windows is told."""
        return hashlib.sha256(msgspec.json.encode((self.mode, self.applocker, self.installer))).hexdigest()


# A fleet has few groups that a policy treats alike, and many computers in each.
@lru_cache(maxsize=64)
def compile_windows_guard(compiled: CompiledPolicy, mode: Mode, *, today: dt.date) -> WindowsGuard:
    """Write down what the guard of Windows computers is that a policy treats alike.

    Args:
        compiled: the policy as it applies to them.
        mode: as :func:`~.table.guard_mode` says of each, or a lower one.
        today: the day in the organisation's time zone; exceptions that have ended by then are none.

    Returns:
        Rules in a stable order. What is forbidden is an exception of every rule for everybody.
    """
    exceptions = tuple(rule for rule in compiled.exceptions if rule.until >= today)
    allowed: dict[Condition, str] = {}
    forbidden: dict[Condition, None] = {}
    unnamed: dict[str, bool] = {}
    for rule in sorted(compiled.rules, key=_order):
        if rule.selector.manager != WINDOWS:
            continue
        product = rule.product
        conditions = [_condition(programs) for programs in rule.selector.programs]
        if _is_excepted(rule, exceptions) or (rule.in_scope and product.state != "forbidden"):
            # Of two products with one condition the first gives it its name.
            for condition in conditions:
                allowed.setdefault(condition, product.label)
            was_unnamed = unnamed.get(product.label, product.category not in _OF_THE_SYSTEM)
            unnamed[product.label] = was_unnamed and not conditions
        elif rule.in_scope:
            forbidden.update(dict.fromkeys(conditions))
    rules = _rules(allowed, tuple(forbidden))
    enforcement: Enforcement = "Enabled" if mode == "enforce" else "AuditOnly"
    return WindowsGuard(
        mode=mode,
        applocker=AppLockerPolicy(
            collections=(
                RuleCollection(type="Exe", enforcement=enforcement, rules=rules),
                RuleCollection(type="Msi", enforcement=enforcement, rules=_INSTALLER_RULES),
            )
        ),
        installer=_INSTALLER_SHUT if mode == "enforce" else (),
        unnamed=tuple(sorted(label for label, is_unnamed in unnamed.items() if is_unnamed)),
    )


# Windows' own default also lets everybody start every signed package; with that nothing would be shut.
_INSTALLER_RULES = (
    Rule(name="Windows: packages installed already", condition=AtPath(path=r"%WINDIR%\Installer\*")),
    Rule(name="Administrators: every package", group=ADMINISTRATORS, condition=AtPath(path="*.*")),
)


def _rules(allowed: dict[Condition, str], forbidden: tuple[Condition, ...]) -> tuple[Rule, ...]:
    writable = tuple(AtPath(path=path) for path in _WRITABLE)
    windows = Rule(name="Windows", condition=AtPath(path=r"%WINDIR%\*"), exceptions=(*writable, *forbidden))
    administrators = Rule(name="Administrators: every program", group=ADMINISTRATORS, condition=AtPath(path="*"))
    products = (Rule(name=label, condition=condition, exceptions=forbidden) for condition, label in allowed.items())
    return (windows, administrators, *(rule for rule in products if rule.condition not in forbidden))


def _condition(programs: Programs) -> Condition:
    if programs.path:
        return AtPath(path=programs.path)
    if programs.sha256:
        return WithDigest(sha256=programs.sha256, file=programs.file)
    return SignedBy(
        publisher=programs.signed_by,
        product=programs.product or "*",
        file=programs.file or "*",
        lowest=programs.lowest or "*",
        highest=programs.highest or "*",
    )


def _is_excepted(rule: PolicyRule, exceptions: tuple[ExceptionRule, ...]) -> bool:
    return any(
        exception.number in rule.product.numbers
        if exception.number
        else exception.manager == WINDOWS and name_matches(rule.selector.name, exception.name, ignore_case=True)
        for exception in exceptions
    )


def _order(rule: PolicyRule) -> tuple[str, str, str]:
    product = rule.product
    return product.type, product.name, product.version
