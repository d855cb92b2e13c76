# SPDX-License-Identifier: Apache-2.0
"""Why a package is, or is not, as decided on one computer. Source: DESIGN 2, 4, 5."""

from __future__ import annotations

import datetime as dt

import msgspec

from zhengban.judge.approve import Ruling, rule_packages
from zhengban.judge.excuse import exception_for
from zhengban.model.errors import InputError, Problem
from zhengban.model.facts import Facts
from zhengban.model.finding import Finding
from zhengban.model.policy import ExceptionRule, Place
from zhengban.model.register import Computer
from zhengban.model.settings import Mode
from zhengban.plan.circumstances import Circumstances
from zhengban.plan.leave import dependants
from zhengban.policy.compile import CompiledPolicy, Rule
from zhengban.run.facts import stored_facts, stored_simulations
from zhengban.run.workspace import Workspace

from .entry import Entry, NearMiss, entry_of, find_near_misses
from .lookup import Query, installed_rows, means_platform, nothing_found, read_query, rules_about
from .replay import Replay, replay_computer
from .ways import ways_to_comply


class BaseEntry(msgspec.Struct, frozen=True, kw_only=True):
    """The operating system a package belongs to: its software number, and where its base is written."""

    number: str
    place: Place


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One package of the chain that approves another; ``entry`` is that of the root."""

    package: str
    version: str
    standing: str
    entry: Entry | None = None


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that bears on one package of one computer.

    ``standing`` is the judge's ruling, ``platform`` for the operating system, ``not_installed`` for a package the
    lists are about. ``chain`` runs from the approved root to the package; ``needed_by`` are the packages that need it,
    approved or not. ``finding`` is the worst one that stands, ``excused`` one that an exception covers; ``exception``
    covers it, or used to. ``first_seen`` is the finding's day, ``due`` the first on which ``action`` can remove it
    where ``mode`` is enforce. ``planned`` says in words what a run would do.
    """

    computer: str
    package: str
    version: str = ""
    standing: str
    approved: bool = False
    decided_by: Entry | None = None
    near_misses: tuple[NearMiss, ...] = ()
    base: BaseEntry | None = None
    chain: tuple[Link, ...] = ()
    needed_by: tuple[str, ...] = ()
    finding: Finding | None = None
    excused: Finding | None = None
    exception: ExceptionRule | None = None
    compliant_by: tuple[str, ...] = ()
    mode: Mode = "audit"
    action: str = ""
    first_seen: dt.date | None = None
    due: dt.date | None = None
    planned: str = ""


def explain_package(
    workspace: Workspace, computer: Computer, package: str, *, now: dt.datetime
) -> tuple[Explanation, ...]:
    """Explain what a person's text means on one computer, from what is stored.

    Args:
        package: ``name``, ``manager:name`` or ``manager:name:arch``; a product's name or number for what is not
            installed.

    Returns:
        One for each installed package that is meant, in the order of the facts; else one for each entry about it.

    Raises:
        InputError: the computer has no stored facts, or the text means nothing there.
    """
    facts = stored_facts(workspace, computer.number)
    if facts is None:
        hint = "collect them: ansible-playbook -i inventories/hosts.yml zhengban.baseline.collect"
        file = workspace.facts_file(computer.number).relative_to(workspace.root).as_posix()
        raise InputError([Problem(file=file, message=f"{computer.number} has no stored facts", hint=hint)])
    history, today = workspace.history(now), workspace.register.organisation.today(now)
    compiled = workspace.compiler.for_computer(computer)
    replay = replay_computer(
        compiled,
        computer,
        facts,
        history=history,
        today=today,
        simulations=stored_simulations(workspace, computer.number, facts),
    )
    where = Circumstances(
        compiled=compiled,
        computer=computer.number,
        facts=facts,
        assessment=replay.assessment,
        history=history,
        today=today,
    )
    return _Explaining(workspace, where, replay).explain(read_query(package))


class _Explaining:
    def __init__(self, workspace: Workspace, where: Circumstances, replay: Replay) -> None:
        self._register = workspace.register
        self._where = where
        self._facts: Facts = where.facts
        self._compiled: CompiledPolicy = where.compiled
        self._replay = replay

    def explain(self, query: Query) -> tuple[Explanation, ...]:
        rows = installed_rows(query, self._facts)
        if rows:
            rulings = rule_packages(self._compiled, self._facts)
            return tuple(self._installed(row, rulings) for row in rows)
        if means_platform(query, self._facts):
            return (self._platform(),)
        rules = rules_about(query, self._compiled)
        if not rules:
            raise nothing_found(query, self._where.computer, self._facts, self._compiled)
        return tuple(self._absent(rule) for rule in rules)

    def _installed(self, row: int, rulings: tuple[Ruling, ...]) -> Explanation:
        package, ruling = self._facts.packages[row], rulings[row]
        decided = ruling.match.rule if ruling.match is not None else None
        fits = ruling.match is not None and (not ruling.match.misfit or ruling.verdict == "version")
        # A look-alike with a wrong publisher is a near miss: nothing has decided about this package.
        decider = decided if fits and ruling.verdict not in ("base", "dependency") else None
        return self._complete(
            Explanation(
                computer=self._where.computer,
                package=package.ref,
                version=package.version,
                standing=ruling.verdict,
                approved=ruling.is_approved,
                decided_by=self._entry(decider),
                near_misses=find_near_misses(self._compiled, package, decider, self._register),
                base=BaseEntry(number=ruling.base.number, place=ruling.base.place) if ruling.base is not None else None,
                chain=self._chain(row, rulings),
                needed_by=tuple(
                    self._facts.packages[other].ref for other in dependants(self._facts.packages).get(row, ())
                ),
            )
        )

    def _platform(self) -> Explanation:
        platform = self._facts.platform
        found = self._compiled.match("platform", platform.id, platform.version, None)
        ref = f"platform:{platform.id}:"
        return self._complete(
            Explanation(
                computer=self._where.computer,
                package=ref,
                version=platform.version,
                standing="platform",
                approved=not self._findings(ref),
                decided_by=self._entry(found.rule if found is not None else None),
            )
        )

    def _absent(self, rule: Rule) -> Explanation:
        ref = f"{rule.selector.manager}:{rule.selector.name}:"
        return self._complete(
            Explanation(
                computer=self._where.computer, package=ref, standing="not_installed", decided_by=self._entry(rule)
            )
        )

    def _complete(self, bare: Explanation) -> Explanation:
        """Add what follows from the judgement and the plan."""
        findings = self._findings(bare.package)
        finding = findings[0] if findings else None
        excused = next((item for item in self._replay.assessment.excused if item.package == bare.package), None)
        covered = finding or excused
        actions = self._compiled.policy.baseline.actions
        action = getattr(actions, finding.code, "report") if finding is not None else ""
        return msgspec.structs.replace(
            bare,
            finding=finding,
            excused=excused,
            exception=exception_for(self._compiled, covered) if covered is not None else None,
            compliant_by=ways_to_comply(finding, bare.decided_by, bare.near_misses),
            mode=self._replay.plan.mode,
            action=action,
            first_seen=self._where.first_seen(finding) if finding is not None else None,
            due=self._where.due_day(finding) if finding is not None and action == "remove" else None,
            planned=self._planned(bare.package),
        )

    def _findings(self, ref: str) -> tuple[Finding, ...]:
        """The worst first: what an action can be taken about, by how strict it is."""
        order = ("forbidden", "retired", "out_of_scope", "version_not_allowed", "unlisted")
        found = [item for item in self._replay.assessment.findings if item.package == ref]
        return tuple(sorted(found, key=lambda item: order.index(item.code) if item.code in order else len(order)))

    def _entry(self, rule: Rule | None) -> Entry | None:
        return entry_of(rule, self._register) if rule is not None else None

    def _chain(self, row: int, rulings: tuple[Ruling, ...]) -> tuple[Link, ...]:
        """From the root to the package itself; nothing for what stands by itself."""
        links: list[Link] = []
        following: int | None = row
        while following is not None:
            package, ruling = self._facts.packages[following], rulings[following]
            root = ruling.needed_by is None and ruling.match is not None and ruling.verdict != "base"
            rule = ruling.match.rule if root and ruling.match is not None else None
            links.append(
                Link(
                    package=package.ref,
                    version=package.version,
                    standing=ruling.verdict,
                    entry=self._entry(rule),
                )
            )
            following = ruling.needed_by
        return tuple(reversed(links)) if len(links) > 1 else ()

    def _planned(self, ref: str) -> str:
        plan = self._replay.plan
        simulated = "" if self._replay.asked is None else ", not simulated yet"
        for action in plan.actions:
            # Which architecture an install gets is the host's to say.
            if ref in (action.package, action.old_package, f"{action.manager}:{action.name}:"):
                day = self._replay.due.get(action.package, plan.as_of)
                would = f"{action.kind} from {day}" if plan.mode == "enforce" else f"{action.kind}, if it were enforced"
                return f"{would}{simulated}"
        return next((f"stays as it is: {item.reason}" for item in plan.refusals if item.package == ref), "")
