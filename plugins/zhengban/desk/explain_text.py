# SPDX-License-Identifier: Apache-2.0
"""An explanation as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from .entry import Entry
from .explain import Explanation

_STANDINGS = {
    "product": "approved: it is in the lists",
    "base": "approved: it belongs to the operating system",
    "dependency": "approved: approved software needs it",
    "forbidden": "forbidden",
    "retired": "retired",
    "out_of_scope": "not approved for this computer",
    "version": "approved, but not in this version",
    "origin": "approved, but not from where it comes",
    "unlisted": "unlisted",
    "platform": "the operating system",
    "not_installed": "not installed",
}


_SHOWN = 5


def describe_explanation(explanation: Explanation) -> Iterator[str]:
    """The answer first, then what it rests on, then what can be done."""
    what = " ".join(part for part in (explanation.package, explanation.version) if part)
    yield f"{what} on {explanation.computer}: {_STANDINGS.get(explanation.standing, explanation.standing)}"
    if explanation.decided_by is not None:
        yield from _entry("decided by", explanation.decided_by)
    if explanation.base is not None:
        yield f"  base of    {explanation.base.number} ({explanation.base.place})"
    for miss in explanation.near_misses:
        yield f"  not by     {miss.entry.label} ({miss.entry.place}) {miss.entry.selector}: {miss.why}"
    if explanation.chain:
        yield f"  chain      {' -> '.join(link.package for link in explanation.chain)}"
        root = explanation.chain[0].entry
        if root is not None:
            yield f"             {explanation.chain[0].package} is {root.label} ({root.place})"
    elif explanation.needed_by:
        more = len(explanation.needed_by) - _SHOWN
        listed = ", ".join(explanation.needed_by[:_SHOWN])
        yield f"  needed by  {listed}" + (f" and {more} more" if more > 0 else "")
    for title, finding in (("finding", explanation.finding), ("excused", explanation.excused)):
        if finding is not None:
            clauses = f" ({', '.join(finding.clauses)})" if finding.clauses else ""
            yield f"  {title:<10} {finding.code}{clauses}: {finding.message}"
    rule = explanation.exception
    if rule is not None:
        yield f"  exception  {rule.label} until {rule.until} ({rule.place}): {rule.reason}"
        yield f"             approved by {rule.approved_by}" + (f", {rule.request}" if rule.request else "")
    if explanation.finding is not None:
        action = f"{explanation.action} (baseline.actions.{explanation.finding.code}), mode {explanation.mode}"
        grace = f", grace ends {explanation.due}" if explanation.due is not None else ""
        yield f"  action     {action}; first seen {explanation.first_seen}{grace}"
    if explanation.planned:
        yield f"  planned    {explanation.planned}"
    for index, way in enumerate(explanation.compliant_by):
        yield f"  {'to comply' if index == 0 else '       or':<10} {way}"


def _entry(title: str, entry: Entry) -> Iterator[str]:
    numbers = f" {', '.join(entry.numbers)}" if entry.numbers else ""
    yield f"  {title:<10} {entry.label}{numbers} ({entry.place}): {entry.state}, {entry.selector}"
    yield f"  for        {entry.scope}" + ("" if entry.in_scope else ", so not for this computer")
