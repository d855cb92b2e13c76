# SPDX-License-Identifier: Apache-2.0
"""An impact as lines for a terminal and as Markdown for a merge request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from zhengban.model.plan import SimulationRequest
from zhengban.plan.describe import SIGN

from .impact import Impact, Move, SoftwareChange

# A merge request that lists thousands of computers is not read; the JSON has them all.
SHOWN = 5
SHOWN_LINES = 50

_TITLES = {
    "loses": "Software that is no longer allowed 不再允许的软件",
    "gains": "Software that becomes allowed 新增允许的软件",
    "changes": "Other changes of standing 其他变化",
}


def summarise(impact: Impact) -> Iterator[str]:
    """The sentences to read first, the same in both forms."""
    yield f"{impact.old} -> {impact.new}: {_count(impact.judged, 'computer')} judged of {impact.computers} in use"
    if impact.without_facts:
        yield f"unread, so not judged: {_some(impact.without_facts)}"
    lost = [change for change in impact.software if change.direction == "loses"]
    yield (
        f"{_installs(lost)} no longer allowed, "
        f"{_installs([change for change in impact.software if change.direction == 'gains'])} newly allowed"
    )
    yield f"{_moves(impact.arms, 'enforce')} armed"
    if any(move.mode == "audit" for move in impact.arms):
        yield f"{_moves(impact.arms, 'audit')} only planned: their computers are audited"
    if impact.spares:
        yield f"{_count(len(impact.spares), 'action')} of the old policy no longer planned"


def describe_impact(impact: Impact) -> Iterator[str]:
    """The whole impact as lines of text."""
    yield from summarise(impact)
    for verdict in impact.verdicts:
        yield f"verdict {_named(verdict.old)} -> {_named(verdict.new)}: {_computers(verdict.computers)}"
    for direction, changes in groupby(impact.software, key=lambda change: change.direction):
        yield ""
        yield f"{_TITLES[direction]}:"
        yield from _at_most(
            [
                f"  {_title(change)}: {_named(change.old)} -> {_named(change.new)} on {_computers(change.computers)}"
                for change in changes
            ]
        )
    for title, moves in (("The edit arms", impact.arms), ("The edit no longer plans", impact.spares)):
        if moves:
            yield ""
            yield f"{title}:"
            yield from _at_most([f"  {_move(move)}" for move in moves])
    if impact.not_simulated:
        yield ""
        yield "Not simulated; the hosts would be asked:"
        yield from _at_most([f"  {item.computer}: {_request(item.request)}" for item in impact.not_simulated])
    if impact.limits:
        yield ""
        yield "All that the new policy arms would be stopped in one run:"
        yield from (f"  {reason}" for reason in impact.limits)


def describe_as_markdown(impact: Impact) -> Iterator[str]:
    """The whole impact as GitHub-flavoured Markdown; no text of a host or a file can become markup."""
    yield "## Policy impact 策略变更影响"
    yield ""
    yield from (f"- {_escape(sentence)}" for sentence in summarise(impact))
    yield from _table(
        "Verdicts 判定变化",
        ("old", "new", "computers"),
        [(_named(item.old), _named(item.new), _computers(item.computers)) for item in impact.verdicts],
    )
    for direction, changes in groupby(impact.software, key=lambda change: change.direction):
        yield from _table(
            _TITLES[direction],
            ("software", "product", "old", "new", "computers"),
            [
                (item.software, item.product, _named(item.old), _named(item.new), _computers(item.computers))
                for item in changes
            ],
        )
    for title, moves in (
        ("Actions the edit arms 新增待执行动作", impact.arms),
        ("Actions the edit no longer plans 不再执行的动作", impact.spares),
    ):
        yield from _table(
            title,
            ("computer", "action", "package", "version", "why", "mode", "from", "simulated"),
            [
                (
                    move.computer,
                    move.kind,
                    f"{move.package} (replaces {move.replaces})" if move.replaces else move.package,
                    move.version,
                    move.code,
                    move.mode,
                    move.due.isoformat(),
                    "yes" if move.simulated else "no",
                )
                for move in moves
            ],
        )
    yield from _table(
        "Not simulated 未模拟",
        ("computer", "its host would be asked for"),
        [(item.computer, _request(item.request)) for item in impact.not_simulated],
    )
    if impact.limits:
        yield ""
        yield "### Limits that would stop one run of it all 触发的上限"
        yield ""
        yield from (f"- {_escape(reason)}" for reason in impact.limits)


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if not rows:
        return
    yield ""
    yield f"### {title}"
    yield ""
    yield f"| {' | '.join(columns)} |"
    yield f"|{' --- |' * len(columns)}"
    yield from _at_most([f"| {' | '.join(_escape(cell) for cell in row)} |" for row in rows], form="\n{} more".format)


def _escape(text: str) -> str:
    """Text as itself: punctuation that means something is escaped, no name becomes a mention, a reference or a link."""
    plain = re.sub(r"([\\`*_{}\[\]<>()|~!&$])", r"\\\1", text)
    return re.sub(r"([@#]|:(?=//)|www(?=\.))", r"\1<!-- -->", plain)


def _move(move: Move) -> str:
    what = " ".join(part for part in (SIGN[move.kind], move.package, move.version) if part)
    notes = [note for note in (move.code, move.role if move.role != "named" else "") if note]
    if move.replaces:
        notes.append(f"replaces {move.replaces}")
    notes.append(move.mode if move.mode == "audit" else f"from {move.due}")
    if not move.simulated:
        notes.append("not simulated")
    return f"{move.computer} {what} ({', '.join(notes)})"


def _request(request: SimulationRequest) -> str:
    wants = [
        f"{sign} {want.name} {want.versions}".rstrip()
        for sign, listed in (("^", request.upgrade), ("+", request.install))
        for want in listed
    ]
    return ", ".join([*(f"- {name}" for name in request.remove), *wants])


def _moves(moves: tuple[Move, ...], mode: str) -> str:
    parts = []
    for kind, noun in (("remove", "removal"), ("upgrade", "upgrade"), ("install", "install")):
        found = [move for move in moves if move.kind == kind and move.mode == mode]
        if found or kind == "remove":
            where = len({move.computer for move in found})
            parts.append(_count(len(found), noun) + (f" on {_count(where, 'computer')}" if found else ""))
    return ", ".join(parts)


def _installs(changes: Sequence[SoftwareChange]) -> str:
    if not changes:
        return "0 installs"
    where = {computer for change in changes for computer in change.computers}
    return f"{_count(sum(len(change.computers) for change in changes), 'install')} on {_count(len(where), 'computer')}"


def _title(change: SoftwareChange) -> str:
    return f"{change.software} ({change.product})" if change.product else change.software


def _named(standing: str) -> str:
    return standing or "nothing"


def _computers(computers: tuple[str, ...]) -> str:
    return f"{_count(len(computers), 'computer')}: {_some(computers)}"


def _some(computers: tuple[str, ...]) -> str:
    more = len(computers) - SHOWN
    return ", ".join(computers[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _at_most(lines: list[str], *, form: Callable[[int], str] = "  … and {} more".format) -> Iterator[str]:
    yield from lines[:SHOWN_LINES]
    if len(lines) > SHOWN_LINES:
        yield form(len(lines) - SHOWN_LINES)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
