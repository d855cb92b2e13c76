# SPDX-License-Identifier: Apache-2.0
"""Proposed package rules that a person has chosen, written into the entries they are for. Source: DESIGN 2, 8."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from zhengban.documents.suggestion import suggest
from zhengban.intake.drafting import Draft, require_none
from zhengban.ledger.ids import new_run_id
from zhengban.life.stating import require_files_settled, state_files
from zhengban.model.errors import InputError, Problem
from zhengban.model.record import PlannedEvent
from zhengban.policy.products import KEY
from zhengban.run.author import operator
from zhengban.run.workspace import Workspace

from .match import Matching, Proposal
from .source import find_sources

MATCHED = "packages_matched"
"""The kind of the event that says which package rules were taken over from proposals."""


def propose_packages(workspace: Workspace, *, now: dt.datetime) -> tuple[Matching, tuple[Proposal, ...]]:
    """Proposals for every entry without package rules, from the facts of all computers in use.

    Raises:
        InputError: no facts are stored.
        FactsError: a document is none.
        LedgerError: the ledger cannot be read.
    """
    matching = Matching(workspace.policy)
    for source in find_sources(workspace, ()):
        matching.see(source.name, source.read())
    return matching, matching.propose(workspace.history(now).held_on)


def choose(proposals: Iterable[Proposal], wanted: Iterable[str]) -> tuple[Proposal, ...]:
    """The proposals that are meant: ``NUMBER=MANAGER:NAME`` is that one, ``NUMBER`` all of high confidence.

    Raises:
        InputError: with every text that means none.
    """
    proposals = tuple(proposals)
    chosen: dict[tuple[str, str], Proposal] = {}
    problems: list[Problem] = []
    for text in wanted:
        number, equals, package = text.partition("=")
        found = [
            item
            for item in proposals
            if item.number == number and (item.package == package if equals else item.confidence == "high")
        ]
        if found:
            chosen |= {(item.number, item.package): item for item in found}
        else:
            known = [f"{item.number}={item.package}" for item in proposals]
            what = f"is no proposal: {text!r}" if equals else f"no proposal for {number!r} is of high confidence"
            own = [name for name in known if name.startswith(f"{number}=")]
            problems.append(Problem(file="--write", message=what, hint=suggest(text, own or known)))
    if problems:
        raise InputError(problems)
    return tuple(chosen.values())


def write_rules(
    workspace: Workspace, chosen: Iterable[Proposal], *, now: dt.datetime
) -> tuple[tuple[str, str, str], ...]:
    """Write package rules into the entries they are for; every other line stays as it is.

    Returns:
        (path, before, after) of the files.

    Raises:
        InputError: with them the policy would be wrong, two entries for one package for instance; nothing was written.
        Busy, Refused, LedgerError: nothing was written, or ``zhengban ledger recover`` goes on with it.
    """
    chosen = tuple(chosen)
    with workspace.ledger.lock_workspace():
        workspace = Workspace(workspace.root)
        draft = Draft(workspace)
        for number in dict.fromkeys(item.number for item in chosen):
            place = workspace.policy.product_by_number[number].place
            rules = [item.rule for item in chosen if item.number == number]
            draft.append(place.file, (KEY, draft.entry_at(place), "packages"), rules)
        require_none(draft.problems(workspace.register))
        files = draft.edits()
        require_files_settled(workspace, files)
        taken = [{"number": item.number, **item.rule} for item in chosen]
        event = PlannedEvent(kind=MATCHED, data={"by": operator(), "rules": taken})
        state_files(workspace, files, event, run=new_run_id(now), evidence=f"attested:{operator()}", now=now)
    return draft.texts
